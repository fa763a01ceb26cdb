//! `/v1/supports`: help with a question, and the audit page of one choice; and which help works for
//! which question of a course.

use super::body::{JsonBody, PathId};
use super::course_cache;
use super::error::Failure;
use super::openapi::{Conflict, Erased, Unknown};
use super::state::AppState;
use crate::auth::Caller;
use crate::node::{Reader, SupportAsk, Supported};
use axum::Json;
use axum::extract::State;
use nexus_api::supports::{SupportAnswer, SupportAudit, SupportRequest, SupportsReport};
use nexus_api::text;
use nexus_engine::event::{Entry, Event};
use nexus_engine::ids::EventId;
use nexus_engine::support::CourseSupports;
use nexus_engine::workspace::Refusal;

/// Help with a question
///
/// For a learner who asks for help, or has answered wrongly: one of the supports that the question
/// offers. What comes of it is read from the learner's next answers; nothing has to be reported. A
/// choice is durable when it returns. With a `support_id` made by you, a retry gets the same
/// support. A question without supports is `no_support`.
#[utoipa::path(post, path = "/v1/supports", tag = "learning", request_body = SupportRequest,
    responses((status = 200, description = "What to show", body = SupportAnswer), Unknown, Conflict, Erased))]
pub(super) async fn post_support(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody { value, hash }: JsonBody<SupportRequest>,
) -> Result<Json<SupportAnswer>, Failure> {
    let request = value.read()?;
    if !caller.may_act_for(&request.learner) {
        return Err(Failure::ForeignLearner);
    }
    if request.id.as_ref().is_some_and(|id| !caller.may_make_id(id.as_str())) {
        // Said before anybody looks whether the id is taken.
        return Err(Failure::ForeignId);
    }
    let ask = SupportAsk {
        id: request.id,
        hash,
        learner: request.learner,
        course: request.course,
        question: request.question,
        reason: request.reason,
        decision: request.decision,
    };
    let Supported { chosen, seq, duplicate } = state.ask(state.node.support(ask)).await?;
    let (course, version) = (chosen.course.as_str(), chosen.course_version);
    let published = course_cache::published_course(&state, course, version).await?;
    let published = published.ok_or(Failure::Internal)?;
    let answer = SupportAnswer::new(&chosen, &published.draft).ok_or(Failure::Internal)?;
    Ok(Json(SupportAnswer { seq, duplicate, ..answer }))
}

/// Read the audit page of a support
///
/// The candidates with their probabilities and estimates, the seed, and what came of it since.
#[utoipa::path(get, path = "/v1/supports/{id}", tag = "learning",
    params(("id" = inline(text::DecisionId), Path, description = "The choice")),
    responses((status = 200, description = "The choice, complete", body = SupportAudit), Erased))]
pub(super) async fn get_support(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<SupportAudit>, Failure> {
    let event = EventId::new(&id).map_err(|_| UNKNOWN)?;
    let look = move |reader: &mut dyn Reader| {
        let Some(Entry { seq, event: Event::SupportChosen(chosen), .. }) = reader.entry(&event)
        else {
            return Err(UNKNOWN);
        };
        if reader.is_erased(&chosen.learner) {
            return Err(Failure::Refused(Refusal::LearnerErased));
        }
        let corrections = reader.corrections(&chosen.learner);
        let settled = reader.entry(&EventId::derived("rwd", &chosen.id));
        let settled = settled.and_then(|entry| corrections.counted(entry));
        let settled = settled.and_then(|entry| match entry.event {
            Event::SupportRewarded(rewarded) => Some(rewarded),
            _ => None,
        });
        Ok(SupportAudit::new(seq, &chosen, settled.as_deref()))
    };
    state.look(look).await?.map(Json)
}

const UNKNOWN: Failure = Failure::NotFound { what: "support" };

/// Read which help works for which question
///
/// Of every question that offers supports: how often each was served, what learners answered after
/// it, what it is expected to be worth, and the chance that it is the best.
#[utoipa::path(get, path = "/v1/courses/{id}/supports", tag = "courses",
    params(("id" = inline(text::CourseId), Path, description = "The course")),
    responses((status = 200, description = "The supports", body = SupportsReport)))]
pub(super) async fn get_supports(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<SupportsReport>, Failure> {
    let wanted = id.clone();
    let look = move |reader: &mut dyn Reader| {
        let published = course_cache::find(reader.state(), &wanted, None)?;
        let learned = reader.state().supports.get(&published.course.id).cloned();
        Some((published, learned))
    };
    let found = state.look(look).await?;
    let unknown = || Failure::Refused(Refusal::UnknownCourse { course: id });
    let (published, learned) = found.ok_or_else(unknown)?;
    let learned = learned.unwrap_or_else(CourseSupports::default);
    Ok(Json(SupportsReport::new(&published.course, &published.draft, &learned)))
}
