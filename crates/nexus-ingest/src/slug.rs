//! Foreign names as ids of a course: lower-case letters, digits and `-`, at most 64.

use nexus_engine::catalog::validation::ID_CHARS_MAX;
use std::collections::BTreeSet;

/// What is left of a foreign name in the letters of an id; of two names it may be the same.
#[must_use]
fn slug(name: &str) -> String {
    let mut id = String::with_capacity(name.len().min(ID_CHARS_MAX));
    for letter in name.chars() {
        let letter = letter.to_ascii_lowercase();
        if letter.is_ascii_lowercase() || letter.is_ascii_digit() {
            id.push(letter);
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
        if id.len() == ID_CHARS_MAX {
            break;
        }
    }
    id.truncate(id.trim_end_matches('-').len());
    if id.is_empty() { "x".to_owned() } else { id }
}

/// A foreign name as an id that no other name gets: one that is an id already stays as it is, and
/// any other gets a mark made of its letters behind it.
#[must_use]
pub(crate) fn distinct(name: &str) -> String {
    let base = slug(name);
    if base == name {
        return base;
    }
    // FNV-1a: short, and for ever the same.
    let mix = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(16_777_619);
    let mark = format!("-{:08x}", name.bytes().fold(2_166_136_261, mix));
    base[..base.len().min(ID_CHARS_MAX - mark.len())].to_owned() + &mark
}

/// Makes ids that are unique among themselves. They depend on the names alone; only the second of two
/// equal names gets `-2`.
#[derive(Default)]
pub(crate) struct Slugs {
    taken: BTreeSet<String>,
}

impl Slugs {
    pub(crate) fn unique(&mut self, name: &str) -> String {
        let base = distinct(name);
        let mut id = base.clone();
        let mut number: u64 = 1;
        while !self.taken.insert(id.clone()) {
            number += 1;
            let suffix = format!("-{number}");
            id = base[..base.len().min(ID_CHARS_MAX - suffix.len())].to_owned() + &suffix;
        }
        id
    }
}

/// The beginning of a text, at most `chars_max` characters, with a mark when it was cut.
#[must_use]
pub(crate) fn shortened(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max.saturating_sub(3)).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_scripts_stay_apart() {
        let names = [
            "\u{6570}\u{5b66}",
            "\u{7269}\u{7406}",
            "\u{5206}\u{6570}",
            "\u{437}\u{430}\u{434}\u{430}\u{447}\u{430}",
            "\u{645}\u{62b}\u{627}\u{644}",
            "Br\u{fc}che",
            "Br che",
            "br-che",
            "BR-CHE",
            "C",
            "C++",
            "C#",
            "",
            "?",
            "!",
            "Algebra I",
            "algebra i",
            "\u{1f600}",
            "x",
        ];
        let ids: BTreeSet<String> = names.iter().map(|name| distinct(name)).collect();
        assert_eq!(ids.len(), names.len(), "{ids:?}");
        // Whatever else there is, and in which order, a name keeps its id.
        for count in 1..=names.len() {
            let mut slugs = Slugs::default();
            for name in names[..count].iter().rev() {
                assert_eq!(slugs.unique(name), distinct(name), "{name}");
            }
        }
    }

    #[test]
    fn names_become_ids() {
        assert_eq!(slug("simplify:_expressions"), "simplify-expressions");
        assert_eq!(slug("--Ünder 3!"), "nder-3");
        assert_eq!(slug("???"), "x");
        assert_eq!(distinct("item-7"), "item-7");
        assert_ne!(distinct("item_7"), distinct("Item-7"));
        assert_eq!(distinct("item_7"), "item-7-c52516e4");
        assert_eq!(slug(&"a_".repeat(80)).len(), 63);
        let mut slugs = Slugs::default();
        let long = "x".repeat(70);
        let made = [slugs.unique("a"), slugs.unique("a?"), slugs.unique("a"), slugs.unique("A")];
        assert_eq!(made, ["a", distinct("a?").as_str(), "a-2", distinct("A").as_str()]);
        slugs.unique(&long);
        assert_eq!(slugs.unique(&long).len(), 64);
    }
}
