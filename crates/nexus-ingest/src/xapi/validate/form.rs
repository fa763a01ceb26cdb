//! Forms that texts of a statement must have: IRIs, UUIDs, mailboxes, tags of languages.

use super::super::place::{Checked, StatementPlace, short, text};
use serde_json::Value;

/// An IRI (RFC 3987): a scheme, a colon, and something behind it.
pub(in super::super) fn is_iri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let mut letters = scheme.chars();
    let begins = letters.next().is_some_and(|letter| letter.is_ascii_alphabetic());
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
    let barred = |letter: char| {
        letter.is_whitespace() || letter.is_control() || "<>\"{}|\\^`".contains(letter)
    };
    begins && letters.all(allowed) && !rest.is_empty() && !rest.contains(barred)
}

pub(super) fn iri<'a>(value: &'a Value, at: StatementPlace<'_>) -> Checked<&'a str> {
    let found = text(value, at)?;
    if is_iri(found) {
        return Ok(found);
    }
    let detail = format!("{:?} is no IRI, such as http://example.com/activity/1", short(found));
    Err(at.wrong("bad_iri", detail))
}

/// A UUID (RFC 4122) in its standard form.
pub fn is_uuid(text: &str) -> bool {
    let places = [8, 13, 18, 23];
    let fits = |(place, byte): (usize, u8)| match places.contains(&place) {
        true => byte == b'-',
        false => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

pub(super) fn uuid<'a>(value: &'a Value, at: StatementPlace<'_>) -> Checked<&'a str> {
    let found = text(value, at)?;
    if is_uuid(found) {
        return Ok(found);
    }
    let detail =
        format!("{:?} is no UUID, such as 6690e6c9-3ef0-4ed3-8b37-7f3964730bee", short(found));
    Err(at.wrong("bad_uuid", detail))
}

/// `mailto:` and an address.
pub(super) fn mailbox(value: &Value, at: StatementPlace<'_>) -> Checked {
    let found = text(value, at)?;
    let address = found.strip_prefix("mailto:").and_then(|address| address.split_once('@'));
    let said = |part: &str| !part.is_empty() && !part.contains([' ', '@', '<', '>', ',']);
    if is_iri(found) && address.is_some_and(|(who, place)| said(who) && said(place)) {
        return Ok(());
    }
    let detail = "an mbox is mailto: and an address, such as mailto:ada@example.com";
    Err(at.wrong("bad_mailbox", detail))
}

/// A language tag that is well formed by RFC 5646: its parts have the lengths and the order that
/// they may have, and no variant and no extension is there twice.
pub(in super::super) fn is_language(tag: &str) -> bool {
    const GRANDFATHERED: [&str; 17] = [
        "en-gb-oed",
        "i-ami",
        "i-bnn",
        "i-default",
        "i-enochian",
        "i-hak",
        "i-klingon",
        "i-lux",
        "i-mingo",
        "i-navajo",
        "i-pwn",
        "i-tao",
        "i-tay",
        "i-tsu",
        "sgn-be-fr",
        "sgn-be-nl",
        "sgn-ch-de",
    ];
    let lower = tag.to_ascii_lowercase();
    if GRANDFATHERED.contains(&lower.as_str()) {
        return true;
    }
    let parts: Vec<&str> = lower.split('-').collect();
    let sound = |part: &&str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|it| it.is_ascii_alphanumeric())
    };
    if !parts.iter().all(sound) {
        return false;
    }
    if parts[0] == "x" {
        return parts.len() > 1;
    }
    let alphabetic = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    if parts[0].len() < 2 || !alphabetic(parts[0]) {
        return false;
    }
    let mut rest = parts[1..].iter().copied().peekable();
    if parts[0].len() < 4 {
        for _ in 0..3 {
            rest.next_if(|part| part.len() == 3 && alphabetic(part));
        }
    }
    rest.next_if(|part| part.len() == 4 && alphabetic(part));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    rest.next_if(|part| (part.len() == 2 && alphabetic(part)) || (part.len() == 3 && digits(part)));
    let mut seen: Vec<&str> = Vec::new();
    let variant = |part: &&str| {
        part.len() >= 5 || (part.len() == 4 && part.starts_with(|it: char| it.is_ascii_digit()))
    };
    while let Some(part) = rest.next_if(variant) {
        if seen.contains(&part) {
            return false;
        }
        seen.push(part);
    }
    while let Some(singleton) = rest.next_if(|part| part.len() == 1) {
        if singleton != "x" && seen.contains(&singleton) {
            return false;
        }
        seen.push(singleton);
        let least = if singleton == "x" { 1 } else { 2 };
        let mut held = 0;
        while rest.next_if(|part| part.len() >= least).is_some() {
            held += 1;
        }
        if held == 0 {
            return false;
        }
    }
    rest.next().is_none()
}

pub(super) fn language(value: &Value, at: StatementPlace<'_>) -> Checked {
    let found = text(value, at)?;
    if is_language(found) { Ok(()) } else { Err(not_a_language(found, at)) }
}

/// Texts by language.
pub(super) fn language_map(value: &Value, at: StatementPlace<'_>) -> Checked {
    let Value::Object(map) = value else {
        let detail = "a language map belongs here, such as {\"en\": \"answered\"}";
        return Err(at.wrong("wrong_type", detail));
    };
    for (tag, said) in map {
        let at = at.key(tag);
        if !is_language(tag) {
            return Err(not_a_language(tag, at));
        }
        text(said, at)?;
    }
    Ok(())
}

fn not_a_language(tag: &str, at: StatementPlace<'_>) -> nexus_api::FieldProblem {
    let detail = format!("{:?} is no language tag of RFC 5646, such as en or pt-BR", short(tag));
    at.wrong("bad_language", detail)
}

/// What a sender adds of its own: anything under IRIs.
pub(super) fn extensions(value: &Value, at: StatementPlace<'_>) -> Checked {
    let Value::Object(map) = value else {
        return Err(at.wrong("wrong_type", "extensions are an object whose keys are IRIs"));
    };
    match map.keys().find(|key| !is_iri(key)) {
        None => Ok(()),
        Some(key) => {
            let detail = format!("{:?} is no IRI; keys of extensions are IRIs", short(key));
            Err(at.key(key).wrong("bad_iri", detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iris_have_a_scheme() {
        for iri in [
            "http://example.com/1",
            "uuid://7d4f3c70-1e79-4243-9b7d-166076ce8bfb",
            "course-v1:FUN-MOOC+00002+session01",
            "mailto:a@b",
            "https://example.com/\u{e4}\u{f6}",
        ] {
            assert!(is_iri(iri), "{iri}");
        }
        for no in ["", "should fail", "ab=c://x", "http:", "1http://x", "http://a b", "a:<b>"] {
            assert!(!is_iri(no), "{no}");
        }
    }

    #[test]
    fn uuids_have_their_standard_form() {
        assert!(is_uuid("6690e6c9-3ef0-4ed3-8b37-7f3964730bee"));
        assert!(is_uuid("AA97B177-9383-4934-8543-0F91A7A02836"));
        for no in [
            "AA97B177-9383-4934-8543-0F91A7A028368",
            "MA97B177-9383-4934-8543-0F91A7A02836",
            "6690e6c93ef04ed38b377f3964730bee",
            "{6690e6c9-3ef0-4ed3-8b37-7f3964730b}",
            "",
        ] {
            assert!(!is_uuid(no), "{no}");
        }
    }

    /// Examples of RFC 5646, appendix A, and those that it calls invalid.
    #[test]
    fn language_tags_follow_rfc_5646() {
        for tag in [
            "de",
            "i-enochian",
            "zh-Hant",
            "sr-Latn-RS",
            "zh-cmn-Hans-CN",
            "sl-rozaj-biske",
            "de-CH-1901",
            "hy-Latn-IT-arevela",
            "es-419",
            "de-CH-x-phonebk",
            "x-whatever",
            "en-US-u-islamcal",
            "en-a-myext-b-another",
            "cmn",
            "tlh",
        ] {
            assert!(is_language(tag), "{tag}");
        }
        for no in [
            "de-419-DE",
            "a-DE",
            "ar-a-aaa-b-bbb-a-ccc",
            "something",
            "en-something-AU",
            "",
            "en-",
            "en-a",
            "en_US",
            "sl-rozaj-rozaj",
            "x",
        ] {
            assert!(!is_language(no), "{no}");
        }
    }
}
