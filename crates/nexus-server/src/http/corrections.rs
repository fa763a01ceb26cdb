//! Corrections of what the journal says: `/v1/corrections` and `/v1/courses/{id}/regrade`.

use super::body::{JsonBody, PathId};
use super::error::Failure;
use super::guard::caller_words;
use super::openapi::{Conflict, Unknown};
use super::state::AppState;
use crate::auth::{Caller, Identity};
use crate::node::{CorrectAsk, Corrected, CorrectionWanted, LearnerCorrected, NodeError};
use axum::Json;
use axum::extract::State;
use nexus_api::corrections::{
    CHANGES_MAX, CorrectionReceipt, CorrectionRequest, EventsToCorrect, LearnerChange,
    RegradeRequest,
};
use nexus_api::text;
use nexus_engine::ids::CourseId;
use nexus_engine::workspace::Refusal;

/// How long a correction is waited for: less than any request may take.
const CORRECT_SECONDS_MAX: u64 = 40;

/// Void events, or correct grades
///
/// The journal keeps what was said; from now on it counts otherwise. A voided event counts as if it had
/// never happened; an answer, or a completed quiz, counts with its other grade. What followed for the
/// learner is worked out again: later evidence, mastery, rewards, what policies and parameters learned
/// from them, experiments, reports. Decisions stay as they were drawn. All is rebuilt from the journal
/// meanwhile, and everybody else waits; when this takes longer than the answer may, the same request may
/// be sent again safely. With `dry_run` nothing changes. The reason must not say who.
#[utoipa::path(post, path = "/v1/corrections", tag = "corrections", request_body = CorrectionRequest,
    responses((status = 200, description = "It counts so, durably, or would", body = CorrectionReceipt), Unknown, Conflict))]
pub(super) async fn post_correction(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody { value, .. }: JsonBody<CorrectionRequest>,
) -> Result<Json<CorrectionReceipt>, Failure> {
    refuse_learners(&caller)?;
    let dry_run = value.dry_run;
    let (events, reason) = value.read()?;
    let wanted = match events {
        EventsToCorrect::Void(events) => CorrectionWanted::Void(events),
        EventsToCorrect::Grade(grades) => CorrectionWanted::Grade(grades),
    };
    correct(&state, CorrectAsk { wanted, reason, by: caller_words(&caller), dry_run }).await
}

/// Grade stored responses again
///
/// After an answer key was mended in a new version: what learners answered is graded by the latest
/// version, wherever the mark that counts is the one that the key of its own version gave. Marks of the
/// site, and grades that somebody corrected, stay. Otherwise as `POST /v1/corrections`. With `dry_run`
/// the answer says what would change, learner by learner.
#[utoipa::path(post, path = "/v1/courses/{id}/regrade", tag = "corrections",
    params(("id" = inline(text::CourseId), Path, description = "The course")), request_body = RegradeRequest,
    responses((status = 200, description = "They count so, durably, or would", body = CorrectionReceipt), Unknown, Conflict))]
pub(super) async fn post_regrade(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    JsonBody { value, .. }: JsonBody<RegradeRequest>,
) -> Result<Json<CorrectionReceipt>, Failure> {
    refuse_learners(&caller)?;
    let course = CourseId::new(&id)
        .map_err(|_| NodeError::Refused(Refusal::UnknownCourse { course: id }))?;
    let dry_run = value.dry_run;
    let (questions, reason) = value.read()?;
    let wanted = CorrectionWanted::Regrade { course, questions };
    correct(&state, CorrectAsk { wanted, reason, by: caller_words(&caller), dry_run }).await
}

/// A learner may be trusted with own grades, never with what counts of others.
fn refuse_learners(caller: &Caller) -> Result<(), Failure> {
    match caller.identity {
        Identity::Learner(_) => Err(Failure::ForeignLearner),
        _ => Ok(()),
    }
}

async fn correct(state: &AppState, ask: CorrectAsk) -> Result<Json<CorrectionReceipt>, Failure> {
    let corrected = state.ask_within(CORRECT_SECONDS_MAX, state.node.correct(ask)).await?;
    let Corrected { kind, dry_run, seq, learners, regrade } = corrected;
    let sum = |of: fn(&LearnerCorrected) -> u64| learners.iter().map(of).sum::<u64>();
    Ok(Json(CorrectionReceipt {
        correction: kind.into(),
        dry_run,
        duplicate: learners.is_empty(),
        seq,
        learners: learners.len() as u64,
        events: sum(|it| it.events),
        answers: sum(|it| it.answers),
        rewards: sum(|it| it.rewards),
        entries: sum(|it| it.entries),
        regrade: regrade.map(Into::into),
        changes: learners.iter().take(CHANGES_MAX).map(change).collect(),
    }))
}

fn change(corrected: &LearnerCorrected) -> LearnerChange {
    let LearnerCorrected { learner, events, answers, rewards, entries: _, answered, right } =
        corrected;
    LearnerChange {
        learner: learner.to_string(),
        events: *events,
        answers: *answers,
        rewards: *rewards,
        answered: *answered,
        right: *right,
    }
}
