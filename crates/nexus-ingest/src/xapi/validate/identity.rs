//! Who: agents and groups, each known by one thing.

use super::super::place::{Checked, StatementPlace, list, needed, object, short, text, word};
use super::form;
use serde_json::{Map, Value};

/// What may say who somebody is.
const IDENTITIES: [&str; 4] = ["mbox", "mbox_sha1sum", "openid", "account"];
const AGENT: [&str; 6] = ["objectType", "name", "mbox", "mbox_sha1sum", "openid", "account"];
const GROUP: [&str; 7] =
    ["objectType", "name", "mbox", "mbox_sha1sum", "openid", "account", "member"];

/// An agent, or a group of them.
pub(super) fn agent_or_group(value: &Value, at: StatementPlace<'_>) -> Checked {
    match object_type(value, at)? {
        "Group" => group(value, at),
        _ => agent(value, at),
    }
}

/// What an actor says it is: an agent, when it does not say.
fn object_type<'a>(value: &'a Value, at: StatementPlace<'_>) -> Checked<&'a str> {
    match value.get("objectType") {
        None => Ok("Agent"),
        Some(kind) => word(kind, at.key("objectType"), &["Agent", "Group"]),
    }
}

pub(super) fn agent(value: &Value, at: StatementPlace<'_>) -> Checked {
    let map = object(value, at, &AGENT)?;
    if let Some(kind) = map.get("objectType") {
        word(kind, at.key("objectType"), &["Agent"])?;
    }
    check(map, at)?;
    if identities(map).is_empty() {
        let detail = format!("an agent needs one of {}", IDENTITIES.join(", "));
        return Err(at.wrong("missing_identity", detail));
    }
    Ok(())
}

pub(super) fn group(value: &Value, at: StatementPlace<'_>) -> Checked {
    let map = object(value, at, &GROUP)?;
    word(needed(map, "objectType", at)?, at.key("objectType"), &["Group"])?;
    check(map, at)?;
    let Some(members) = map.get("member") else {
        if identities(map).is_empty() {
            let detail = "a group without an identity of its own needs its members";
            return Err(at.wrong("missing_property", detail));
        }
        return Ok(());
    };
    let at = at.key("member");
    for (position, member) in list(members, at)?.iter().enumerate() {
        agent(member, at.index(position))?;
    }
    Ok(())
}

/// Whose word a statement is: an agent, or an application and its user as an anonymous group.
pub(super) fn authority(value: &Value, at: StatementPlace<'_>) -> Checked {
    agent_or_group(value, at)?;
    if object_type(value, at)? != "Group" {
        return Ok(());
    }
    let named = value.as_object().is_some_and(|map| !identities(map).is_empty());
    let members = value.get("member").and_then(Value::as_array).map_or(0, Vec::len);
    if named || members != 2 {
        let detail = "an authority that is a group has no identity and exactly two members";
        return Err(at.wrong("bad_authority", detail));
    }
    Ok(())
}

fn identities(map: &Map<String, Value>) -> Vec<&'static str> {
    IDENTITIES.into_iter().filter(|identity| map.contains_key(*identity)).collect()
}

/// The name, and that there is at most one identity, which has its form.
fn check(map: &Map<String, Value>, at: StatementPlace<'_>) -> Checked {
    if let Some(name) = map.get("name") {
        text(name, at.key("name"))?;
    }
    if let [_, second, ..] = identities(map).as_slice() {
        let detail = format!("one of {} says who it is; remove the others", IDENTITIES.join(", "));
        return Err(at.key(second).wrong("two_identities", detail));
    }
    if let Some(mailbox) = map.get("mbox") {
        form::mailbox(mailbox, at.key("mbox"))?;
    }
    if let Some(sum) = map.get("mbox_sha1sum") {
        let at = at.key("mbox_sha1sum");
        let sum = text(sum, at)?;
        if sum.len() != 40 || !sum.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let detail = format!("{:?} is no SHA-1 sum of 40 hexadecimal digits", short(sum));
            return Err(at.wrong("bad_sha1", detail));
        }
    }
    if let Some(openid) = map.get("openid") {
        form::iri(openid, at.key("openid"))?;
    }
    if let Some(value) = map.get("account") {
        let at = at.key("account");
        let account = object(value, at, &["homePage", "name"])?;
        form::iri(needed(account, "homePage", at)?, at.key("homePage"))?;
        text(needed(account, "name", at)?, at.key("name"))?;
    }
    Ok(())
}
