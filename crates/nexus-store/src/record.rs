//! The JSON body of each journal event: what a person reads with any SQLite tool in ten years.
//!
//! The types in these rooms mirror the engine's and are converted by hand, so that the engine can
//! change without changing what is on disk. Every body carries `v`, the version of its schema; a
//! reader refuses a newer one. Conventions:
//!
//! * times (`at` and names that end in `_at`) are microseconds since 1970-01-01T00:00:00Z;
//! * floats round-trip exactly; what is not a finite number is written as a text;
//! * a candidate is `[activity, probability, estimate]`, `chosen` its position;
//! * the exclusions of a decision are one letter an activity in file order, with a count before it
//!   when several in a row are alike: `12pe` is twelve `p` and one `e`; see [`exclusions`];
//! * a support that could be chosen is `[support, kind, probability, estimate]`;
//! * the seed is sixteen hexadecimal digits, because many tools cannot hold 64-bit integers.

pub mod course;
pub mod exclusions;

mod belief;
mod consent;
mod constraint;
mod correction;
mod decision;
mod erasure;
mod experiment;
mod happening;
mod kill_switch;
mod lifecycle;
mod number;
mod reward;
mod schema;
mod site_context;
mod strategy;
mod support;
mod tracing;

use nexus_engine::event::Event;
use nexus_engine::ids::IdRefusal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::str::FromStr;
use thiserror::Error;

/// Version of the bodies that this program writes, and the newest it reads.
pub const VERSION: u32 = 1;

/// Every kind of event, as the `kind` column names it.
pub const KINDS: [&str; 35] = [
    "course_published",
    "experiment_started",
    "experiment_stopped",
    "experiment_changed",
    "enrolled",
    "session_started",
    "session_ended",
    "activity_started",
    "activity_completed",
    "activity_skipped",
    "video_progressed",
    "question_answered",
    "quiz_completed",
    "feedback",
    "decision_made",
    "decision_exposed",
    "reward_reported",
    "reward_joined",
    "reward_closed",
    "tracing_trained",
    "constraint_set",
    "constraint_lifted",
    "kill_switch_turned",
    "consent_changed",
    "policy_versioned",
    "policy_promoted",
    "policy_mode_set",
    "strategy_dealt",
    "strategy_rewarded",
    "policy_graduated",
    "holdout_set",
    "learner_erased",
    "support_chosen",
    "support_rewarded",
    "corrected",
];

/// Why a body is not an event.
#[derive(Debug, Error)]
pub enum RecordFault {
    /// A newer program wrote it.
    #[error("the body has version {found}, this program knows {VERSION}")]
    Newer { found: u32 },
    /// The kind of event is unknown.
    #[error("there is no event of kind {kind:?}")]
    Kind { kind: String },
    /// It is not the JSON that this kind has.
    #[error("the body is not the JSON of its kind")]
    Json(#[from] serde_json::Error),
    /// A text is not an id.
    #[error("{field} is not an id")]
    Id {
        field: &'static str,
        #[source]
        source: IdRefusal,
    },
    /// A field is missing that this kind needs.
    #[error("{field} is missing")]
    Missing { field: &'static str },
    /// A field holds what it cannot mean.
    #[error("{field} holds something it cannot mean")]
    Meaning { field: &'static str },
}

/// The body of an event.
#[must_use]
pub fn encode(event: &Event) -> String {
    match event {
        Event::CoursePublished(draft) => course::encode(draft),
        Event::ExperimentStarted(definition) => experiment::encode_start(definition),
        Event::ExperimentStopped { experiment, reason } => {
            experiment::encode_stop(experiment, reason)
        }
        Event::ExperimentChanged(changed) => experiment::encode_change(changed),
        Event::TracingTrained(published) => tracing::encode(published),
        Event::ConstraintSet(constraint) => constraint::encode_set(constraint),
        Event::ConstraintLifted { course, constraint, reason, by } => {
            constraint::encode_lifted(course, constraint, reason, by)
        }
        Event::KillSwitchTurned(turned) => kill_switch::encode(turned),
        Event::ConsentChanged(changed) => consent::encode(changed),
        Event::PolicyVersioned(version) => lifecycle::encode_version(version),
        Event::PolicyPromoted(promoted) => lifecycle::encode_promoted(promoted),
        Event::PolicyModeSet(set) => lifecycle::encode_mode(set),
        Event::PolicyGraduated(graduated) => lifecycle::encode_graduated(graduated),
        Event::HoldoutSet(set) => lifecycle::encode_holdout(set),
        Event::Happened(happening) => happening::encode(happening),
        Event::DecisionMade(decision) => decision::encode(decision),
        Event::DecisionExposed { learner, course, decision, occurred_at } => {
            reward::encode_exposure(learner, course, decision, *occurred_at)
        }
        Event::RewardReported(reported) => reward::encode_reported(reported),
        Event::RewardJoined(joined) => reward::encode_joined(joined),
        Event::RewardClosed(closed) => reward::encode_closed(closed),
        Event::StrategyAssigned(assigned) => strategy::encode_assigned(assigned),
        Event::StrategyRewarded(rewarded) => strategy::encode_rewarded(rewarded),
        Event::SupportChosen(chosen) => support::encode_chosen(chosen),
        Event::SupportRewarded(rewarded) => support::encode_rewarded(rewarded),
        Event::Corrected(correction) => correction::encode(correction),
        Event::LearnerErased(erased) => erasure::encode(erased),
    }
}

/// An event from its kind and body.
///
/// Errors: [`RecordFault`] when the body is not exactly what that kind has.
pub fn decode(kind: &str, body: &str) -> Result<Event, RecordFault> {
    match kind {
        "course_published" => Ok(Event::CoursePublished(Box::new(course::decode(body)?))),
        "experiment_started" => experiment::decode_start(body),
        "experiment_stopped" => experiment::decode_stop(body),
        "experiment_changed" => experiment::decode_change(body),
        "decision_made" => decision::decode(body),
        "decision_exposed" => reward::decode_exposure(body),
        "reward_reported" => reward::decode_reported(body),
        "reward_joined" => reward::decode_joined(body),
        "reward_closed" => reward::decode_closed(body),
        "tracing_trained" => tracing::decode(body),
        "constraint_set" => constraint::decode_set(body),
        "constraint_lifted" => constraint::decode_lifted(body),
        "kill_switch_turned" => kill_switch::decode(body),
        "consent_changed" => consent::decode(body),
        "policy_versioned" => lifecycle::decode_version(body),
        "policy_promoted" => lifecycle::decode_promoted(body),
        "policy_mode_set" => lifecycle::decode_mode(body),
        "strategy_dealt" => strategy::decode_assigned(body),
        "strategy_rewarded" => strategy::decode_rewarded(body),
        "policy_graduated" => lifecycle::decode_graduated(body),
        "holdout_set" => lifecycle::decode_holdout(body),
        "support_chosen" => support::decode_chosen(body),
        "support_rewarded" => support::decode_rewarded(body),
        "corrected" => correction::decode(body),
        "learner_erased" => erasure::decode(body),
        _ => happening::decode(kind, body),
    }
}

/// A mirror as JSON. The mirrors hold texts, numbers, lists and structs only, which JSON can always say.
fn to_json<T: Serialize>(mirror: &T) -> String {
    match serde_json::to_string(mirror) {
        Ok(text) => text,
        Err(error) => unreachable!("a mirror that JSON cannot say: {error}"),
    }
}

/// A mirror that knows the version of the body it came from.
trait Versioned {
    fn version(&self) -> u32;
}

macro_rules! versioned {
    ($($mirror:ty),*) => {$(
        impl crate::record::Versioned for $mirror {
            fn version(&self) -> u32 {
                self.v
            }
        }
    )*};
}
use versioned;

fn from_json<T: DeserializeOwned + Versioned>(body: &str) -> Result<T, RecordFault> {
    let mirror = match serde_json::from_str::<T>(body) {
        Ok(mirror) => mirror,
        Err(error) => return Err(newer(body).unwrap_or(RecordFault::Json(error))),
    };
    match mirror.version() {
        VERSION => Ok(mirror),
        found => Err(RecordFault::Newer { found }),
    }
}

/// A body of a newer version often fails as JSON first: then the version is the better reason.
fn newer(body: &str) -> Option<RecordFault> {
    #[derive(serde::Deserialize)]
    struct VersionOnly {
        v: u32,
    }
    let VersionOnly { v } = serde_json::from_str(body).ok()?;
    (v > VERSION).then_some(RecordFault::Newer { found: v })
}

fn id<T: FromStr<Err = IdRefusal>>(field: &'static str, text: &str) -> Result<T, RecordFault> {
    text.parse().map_err(|source| RecordFault::Id { field, source })
}

fn needed<T>(field: &'static str, value: Option<T>) -> Result<T, RecordFault> {
    value.ok_or(RecordFault::Missing { field })
}

/// A digest as sixty-four hexadecimal digits.
pub(crate) fn hexadecimal(digest: &[u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digest that sixty-four hexadecimal digits say.
pub(crate) fn digest(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0_u8; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, digits) in digest.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
pub(crate) mod tests;
