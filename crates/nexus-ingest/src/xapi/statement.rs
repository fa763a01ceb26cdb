//! Parts of a sound statement.

use super::moment::moment;
use super::place::{Checked, StatementPlace};
use crate::foreign::ActorKey;
use nexus_api::FieldProblem;
use nexus_engine::time::Timestamp;
use serde_json::Value;

/// The learner that an agent is; `None` when it has no identity.
#[must_use]
pub fn learner_of_agent(key: &ActorKey, agent: &Value) -> Option<String> {
    let text = |name: &str| agent.get(name).and_then(Value::as_str);
    if let Some(account) = agent.get("account") {
        let part = |name: &str| account.get(name).and_then(Value::as_str);
        return Some(key.of_account(part("homePage")?, part("name")?));
    }
    let mailbox = text("mbox").map(|mailto| key.of_mailbox(mailto));
    let mailbox = mailbox.or_else(|| text("mbox_sha1sum").map(|sum| key.of_mailbox_sum(sum)));
    mailbox.or_else(|| text("openid").map(|openid| key.of_openid(openid)))
}

/// The learner whose statement this is.
///
/// Errors: `group_actor`: a group is nobody whose knowledge could be followed.
pub fn actor_of(key: &ActorKey, statement: &Value) -> Result<String, FieldProblem> {
    let at = StatementPlace::Root;
    let at = at.key("actor");
    let actor = statement.get("actor").unwrap_or(&Value::Null);
    if actor.get("objectType").and_then(Value::as_str) == Some("Group") {
        let detail = "the actor is a group; only statements of one person are followed";
        return Err(at.wrong("group_actor", detail));
    }
    let nobody = || at.wrong("missing_identity", "the actor has no identity");
    learner_of_agent(key, actor).ok_or_else(nobody)
}

/// When it happened, or else when it was stored.
#[must_use]
pub fn happened_at(statement: &Value) -> Option<Timestamp> {
    let written = statement.get("timestamp").or_else(|| statement.get("stored"))?;
    moment(written.as_str()?, false)
}

/// The last word of the address of a verb, which is what its name is in every profile.
pub(super) fn verb_word(verb: &str) -> &str {
    verb.trim_end_matches('/').rsplit(['/', '#', ':']).next().unwrap_or(verb)
}

/// A text at a place, such as `["verb", "id"]`.
pub(super) fn at<'a>(value: &'a Value, steps: &[&str]) -> Option<&'a Value> {
    steps.iter().try_fold(value, |value, step| value.get(step))
}

/// Which sitting it belongs to: the session of a video player, or else the registration.
pub(super) fn session(statement: &Value) -> Option<&str> {
    const SESSION: &str = "https://w3id.org/xapi/video/extensions/session-id";
    let named = at(statement, &["context", "extensions", SESSION]).and_then(Value::as_str);
    named.or_else(|| at(statement, &["context", "registration"]).and_then(Value::as_str))
}

pub(super) fn refused<T>(pointer: &str, code: &str, detail: &str) -> Checked<T> {
    Err(FieldProblem::new(pointer, code, detail))
}
