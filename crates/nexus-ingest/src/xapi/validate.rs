//! Whether a statement is one: xAPI 1.0.3, Part Two, and 2.0 (IEEE 9274.1.1) where a sender says so.
//!
//! Every rule is a must of the standard. What it leaves open (verbs, types of activities,
//! extensions) is open here.

mod form;
mod identity;

pub use form::is_uuid;

use super::moment::{duration, moment};
use super::place::{
    Checked, StatementPlace, list, needed, number, object, short, text, truth, word,
};
use super::{VOIDED, XapiVersion};
use form::{extensions, iri, language, language_map, uuid};
use identity::{agent_or_group, group};
use nexus_api::FieldProblem;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const STATEMENT: [&str; 11] = [
    "id",
    "actor",
    "verb",
    "object",
    "result",
    "context",
    "timestamp",
    "stored",
    "authority",
    "version",
    "attachments",
];
const SUB_STATEMENT: [&str; 8] =
    ["objectType", "actor", "verb", "object", "result", "context", "timestamp", "attachments"];
const ACTIVITY: [&str; 3] = ["objectType", "id", "definition"];
const DEFINITION: [&str; 12] = [
    "name",
    "description",
    "type",
    "moreInfo",
    "extensions",
    "interactionType",
    "correctResponsesPattern",
    "choices",
    "scale",
    "source",
    "target",
    "steps",
];
/// Lists of things that an interaction is about.
const COMPONENTS: [&str; 5] = ["choices", "scale", "source", "target", "steps"];
const INTERACTIONS: [&str; 10] = [
    "true-false",
    "choice",
    "fill-in",
    "long-fill-in",
    "matching",
    "performance",
    "sequencing",
    "likert",
    "numeric",
    "other",
];
const RESULT: [&str; 6] = ["score", "success", "completion", "response", "duration", "extensions"];
const CONTEXT: [&str; 9] = [
    "registration",
    "instructor",
    "team",
    "contextActivities",
    "revision",
    "platform",
    "language",
    "statement",
    "extensions",
];
/// What version 2.0 added to a context.
const CONTEXT_2: [&str; 2] = ["contextAgents", "contextGroups"];
const ATTACHMENT: [&str; 7] =
    ["usageType", "display", "description", "contentType", "length", "sha2", "fileUrl"];

/// Checks a statement.
///
/// Errors: the first violation, with its place as a JSON pointer.
pub fn validate(statement: &Value, version: XapiVersion) -> Result<(), FieldProblem> {
    let at = StatementPlace::Root;
    let map = object(statement, at, &STATEMENT)?;
    no_nulls(statement, at)?;
    if let Some(id) = map.get("id") {
        uuid(id, at.key("id"))?;
    }
    check_body(map, at, version, false)?;
    if let Some(stored) = map.get("stored") {
        check_moment(stored, at.key("stored"), version)?;
    }
    if let Some(authority) = map.get("authority") {
        identity::authority(authority, at.key("authority"))?;
    }
    if let Some(written) = map.get("version") {
        let at = at.key("version");
        let written = text(written, at)?;
        if XapiVersion::of(written) != Some(version) {
            let detail = format!("{:?} is not the version {version}", short(written));
            return Err(at.wrong("bad_version", detail));
        }
    }
    Ok(())
}

/// `null` stands nowhere but in extensions.
fn no_nulls(value: &Value, at: StatementPlace<'_>) -> Checked {
    match value {
        Value::Null => Err(at.wrong("null_value", "null is no value here; leave the property out")),
        Value::Array(list) => {
            let mut all = list.iter().enumerate();
            all.try_for_each(|(position, part)| no_nulls(part, at.index(position)))
        }
        Value::Object(map) => {
            let mut all = map.iter().filter(|(key, _)| *key != "extensions");
            all.try_for_each(|(key, part)| no_nulls(part, at.key(key)))
        }
        _ => Ok(()),
    }
}

/// What a statement and a statement inside one have in common.
fn check_body(
    map: &Map<String, Value>,
    at: StatementPlace<'_>,
    version: XapiVersion,
    inside: bool,
) -> Checked {
    agent_or_group(needed(map, "actor", at)?, at.key("actor"))?;
    let verb = check_verb(needed(map, "verb", at)?, at.key("verb"))?;
    let kind = check_object(needed(map, "object", at)?, at.key("object"), version, inside)?;
    if verb == VOIDED && kind != "StatementRef" {
        let at = at.key("object");
        return Err(at.wrong("bad_void", "what is voided is named by a StatementRef"));
    }
    if let Some(result) = map.get("result") {
        check_result(result, at.key("result"))?;
    }
    if let Some(context) = map.get("context") {
        check_context(context, at.key("context"), kind, version)?;
    }
    if let Some(timestamp) = map.get("timestamp") {
        check_moment(timestamp, at.key("timestamp"), version)?;
    }
    if let Some(attachments) = map.get("attachments") {
        let at = at.key("attachments");
        for (position, attachment) in list(attachments, at)?.iter().enumerate() {
            check_attachment(attachment, at.index(position))?;
        }
    }
    Ok(())
}

fn check_moment(value: &Value, at: StatementPlace<'_>, version: XapiVersion) -> Checked {
    let written = text(value, at)?;
    if moment(written, version == XapiVersion::V2).is_some() {
        return Ok(());
    }
    let detail = format!("{:?} is no moment, such as 2026-11-22T09:30:00Z", short(written));
    Err(at.wrong("bad_timestamp", detail))
}

fn check_verb<'a>(value: &'a Value, at: StatementPlace<'_>) -> Checked<&'a str> {
    let map = object(value, at, &["id", "display"])?;
    if let Some(display) = map.get("display") {
        language_map(display, at.key("display"))?;
    }
    iri(needed(map, "id", at)?, at.key("id"))
}

/// Checks what a statement is about, and gives its type.
fn check_object<'a>(
    value: &'a Value,
    at: StatementPlace<'_>,
    version: XapiVersion,
    inside: bool,
) -> Checked<&'a str> {
    let kinds = ["Activity", "Agent", "Group", "StatementRef", "SubStatement"];
    // A statement inside a statement holds no further one.
    let kinds = &kinds[..kinds.len() - usize::from(inside)];
    let kind = match value.get("objectType") {
        None => "Activity",
        Some(kind) => word(kind, at.key("objectType"), kinds)?,
    };
    match kind {
        "Activity" => check_activity(value, at)?,
        "StatementRef" => check_reference(value, at)?,
        "SubStatement" => {
            let map = object(value, at, &SUB_STATEMENT)?;
            check_body(map, at, version, true)?;
        }
        _ => agent_or_group(value, at)?,
    }
    Ok(kind)
}

fn check_reference(value: &Value, at: StatementPlace<'_>) -> Checked {
    let map = object(value, at, &["objectType", "id"])?;
    word(needed(map, "objectType", at)?, at.key("objectType"), &["StatementRef"])?;
    uuid(needed(map, "id", at)?, at.key("id")).map(|_| ())
}

fn check_activity(value: &Value, at: StatementPlace<'_>) -> Checked {
    let map = object(value, at, &ACTIVITY)?;
    if let Some(kind) = map.get("objectType") {
        word(kind, at.key("objectType"), &["Activity"])?;
    }
    iri(needed(map, "id", at)?, at.key("id"))?;
    match map.get("definition") {
        None => Ok(()),
        Some(definition) => check_definition(definition, at.key("definition")),
    }
}

fn check_definition(value: &Value, at: StatementPlace<'_>) -> Checked {
    let map = object(value, at, &DEFINITION)?;
    for (key, part) in map {
        let at = at.key(key);
        match key.as_str() {
            "name" | "description" => language_map(part, at)?,
            "type" | "moreInfo" => iri(part, at).map(|_| ())?,
            "extensions" => extensions(part, at)?,
            "interactionType" => word(part, at, &INTERACTIONS).map(|_| ())?,
            "correctResponsesPattern" => {
                for (position, pattern) in list(part, at)?.iter().enumerate() {
                    text(pattern, at.index(position))?;
                }
            }
            _ => check_components(part, at)?,
        }
    }
    let about = COMPONENTS.iter().chain(&["correctResponsesPattern"]);
    let about = about.copied().find(|key| map.contains_key(*key));
    match about {
        Some(key) if !map.contains_key("interactionType") => {
            let detail = format!("{key:?} belongs to an interaction: say its \"interactionType\"");
            Err(at.wrong("missing_property", detail))
        }
        _ => Ok(()),
    }
}

fn check_components(value: &Value, at: StatementPlace<'_>) -> Checked {
    let mut seen = BTreeSet::new();
    for (position, component) in list(value, at)?.iter().enumerate() {
        let at = at.index(position);
        let map = object(component, at, &["id", "description"])?;
        let id = text(needed(map, "id", at)?, at.key("id"))?;
        if !seen.insert(id) {
            let detail = format!("{:?} is there twice; ids differ in a list", short(id));
            return Err(at.key("id").wrong("duplicate_component", detail));
        }
        if let Some(description) = map.get("description") {
            language_map(description, at.key("description"))?;
        }
    }
    Ok(())
}

fn check_result(value: &Value, at: StatementPlace<'_>) -> Checked {
    for (key, part) in object(value, at, &RESULT)? {
        let at = at.key(key);
        match key.as_str() {
            "score" => check_score(part, at)?,
            "success" | "completion" => truth(part, at).map(|_| ())?,
            "response" => text(part, at).map(|_| ())?,
            "duration" => {
                let written = text(part, at)?;
                if duration(written).is_none() {
                    let detail = format!("{:?} is no duration, such as PT1M30S", short(written));
                    return Err(at.wrong("bad_duration", detail));
                }
            }
            _ => extensions(part, at)?,
        }
    }
    Ok(())
}

fn check_score(value: &Value, at: StatementPlace<'_>) -> Checked {
    let map = object(value, at, &["scaled", "raw", "min", "max"])?;
    let part = |key: &'static str| map.get(key).map(|it| number(it, at.key(key))).transpose();
    let (scaled, raw, min, max) = (part("scaled")?, part("raw")?, part("min")?, part("max")?);
    let outside =
        |key: &'static str, detail: String| Err(at.key(key).wrong("out_of_range", detail));
    if let Some(scaled) = scaled.filter(|scaled| !(-1.0..=1.0).contains(scaled)) {
        return outside("scaled", format!("{scaled} is outside -1 to 1"));
    }
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        return outside("min", format!("{min} is above the max, {max}"));
    }
    match (raw, min, max) {
        (Some(raw), Some(min), _) if raw < min => {
            outside("raw", format!("{raw} is below the min, {min}"))
        }
        (Some(raw), _, Some(max)) if raw > max => {
            outside("raw", format!("{raw} is above the max, {max}"))
        }
        _ => Ok(()),
    }
}

fn check_context(
    value: &Value,
    at: StatementPlace<'_>,
    kind: &str,
    version: XapiVersion,
) -> Checked {
    let mut known = CONTEXT.to_vec();
    if version == XapiVersion::V2 {
        known.extend(CONTEXT_2);
    }
    for (key, part) in object(value, at, &known)? {
        let at = at.key(key);
        match key.as_str() {
            "registration" => uuid(part, at).map(|_| ())?,
            "instructor" => agent_or_group(part, at)?,
            "team" => group(part, at)?,
            "contextActivities" => check_context_activities(part, at)?,
            "revision" | "platform" => {
                text(part, at)?;
                if kind != "Activity" {
                    let detail = format!("{key:?} is only for statements about an activity");
                    return Err(at.wrong("misplaced_property", detail));
                }
            }
            "language" => language(part, at)?,
            "statement" => check_reference(part, at)?,
            "contextAgents" => check_related(part, at, "agent")?,
            "contextGroups" => check_related(part, at, "group")?,
            _ => extensions(part, at)?,
        }
    }
    Ok(())
}

fn check_context_activities(value: &Value, at: StatementPlace<'_>) -> Checked {
    for (key, part) in object(value, at, &["parent", "grouping", "category", "other"])? {
        let at = at.key(key);
        match part {
            Value::Array(all) => {
                let mut all = all.iter().enumerate();
                all.try_for_each(|(position, one)| check_activity(one, at.index(position)))?;
            }
            one => check_activity(one, at)?,
        }
    }
    Ok(())
}

/// Agents or groups that a statement has to do with, since version 2.0.
fn check_related(value: &Value, at: StatementPlace<'_>, who: &'static str) -> Checked {
    let kind = if who == "agent" { "contextAgent" } else { "contextGroup" };
    for (position, related) in list(value, at)?.iter().enumerate() {
        let at = at.index(position);
        let map = object(related, at, &["objectType", who, "relevantTypes"])?;
        word(needed(map, "objectType", at)?, at.key("objectType"), &[kind])?;
        let named = needed(map, who, at)?;
        match who {
            "agent" => identity::agent(named, at.key(who))?,
            _ => group(named, at.key(who))?,
        }
        if let Some(types) = map.get("relevantTypes") {
            let at = at.key("relevantTypes");
            for (position, one) in list(types, at)?.iter().enumerate() {
                iri(one, at.index(position))?;
            }
        }
    }
    Ok(())
}

fn check_attachment(value: &Value, at: StatementPlace<'_>) -> Checked {
    let map = object(value, at, &ATTACHMENT)?;
    for key in ["usageType", "display", "contentType", "length", "sha2"] {
        needed(map, key, at)?;
    }
    for (key, part) in map {
        let at = at.key(key);
        match key.as_str() {
            "usageType" | "fileUrl" => iri(part, at).map(|_| ())?,
            "display" | "description" => language_map(part, at)?,
            "length" => {
                if part.as_u64().is_none() {
                    return Err(at.wrong("wrong_type", "a length is a whole number of bytes"));
                }
            }
            "sha2" => {
                let sum = text(part, at)?;
                if sum.is_empty() || !sum.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    let detail = "a SHA-2 sum is written in hexadecimal digits";
                    return Err(at.wrong("bad_sha2", detail));
                }
            }
            _ => {
                let kind = text(part, at)?;
                let sound = kind.split_once('/').is_some_and(|(one, other)| {
                    !one.is_empty() && !other.is_empty() && !one.contains(' ')
                });
                if !sound {
                    let detail = format!("{:?} is no media type, such as text/plain", short(kind));
                    return Err(at.wrong("bad_media_type", detail));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
