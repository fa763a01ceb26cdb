//! The one place where an answer row becomes an event of the API.

use super::{AnswerRow, IncomingAnswer};
use crate::rejection::Rejection;
use nexus_api::events::{LearnerAction, LearnerEvent, QuestionAnswered, UnreadEvent, read_raw};
use nexus_engine::workspace::Proposal;
use serde_json::value::RawValue;
use std::sync::Arc;

/// An answer row as the JSON of `POST /v1/events`.
///
/// Errors: when a number is not finite.
pub fn json(row: &AnswerRow, id: String, course: &str) -> Result<String, serde_json::Error> {
    serde_json::to_string(&LearnerEvent {
        id,
        v: None,
        learner: row.learner.clone(),
        course: course.to_owned(),
        course_version: None,
        occurred_at: Some(nexus_api::time::print(row.at)),
        decision_id: None,
        action: LearnerAction::QuestionAnswered(QuestionAnswered {
            question: row.question.clone(),
            correct: row.correct,
            grade: row.grade,
            response: row.response.clone(),
            duration_ms: row.duration_ms,
            hints: row.hints,
            attempt: row.attempt,
            ..QuestionAnswered::default()
        }),
    })
}

/// Reads the JSON of one event, exactly as the API reads it.
pub(crate) fn read(
    line: u64,
    json: String,
    original: &Arc<str>,
) -> Result<IncomingAnswer, Rejection> {
    let learner = || learner_of(&json);
    let rejected =
        |code: &str, reason: String| Rejection::new(line, code, reason, original).of(learner());
    let raw: &RawValue = serde_json::from_str(&json)
        .map_err(|error| rejected("malformed_json", error.to_string()))?;
    let event = read_raw(raw).map_err(|UnreadEvent { problem, .. }| {
        let place = if problem.pointer.is_empty() { "" } else { ": " };
        rejected(&problem.code, format!("{}{place}{}", problem.pointer, problem.detail))
    })?;
    Ok(IncomingAnswer { line, json, event, original: Arc::clone(original), dropped: 0 })
}

/// What the JSON of an event says, when it is one.
pub(super) fn proposal(json: &str) -> Option<Proposal> {
    let raw: &RawValue = serde_json::from_str(json).ok()?;
    read_raw(raw).ok().map(|event| event.proposal)
}

/// The learner that the JSON of an event names, whatever else is wrong with it. A key that is there
/// twice names no learner.
fn learner_of(json: &str) -> Option<String> {
    let raw: &RawValue = serde_json::from_str(json).ok()?;
    nexus_api::events::learner_of(raw)
}
