//! `/v1/decisions`: what comes next, that it was shown, and the audit page of one choice.

use super::body::{JsonBody, OptionalJson, PathId};
use super::course_cache::{self, PublishedCourse};
use super::error::Failure;
use super::openapi::{Conflict, Erased, Unknown};
use super::state::AppState;
use crate::auth::{Caller, Identity};
use crate::node::{Decided, DecisionAsk, ExposureAsk, GuidanceReply, Reader, Receipt};
use axum::Json;
use axum::extract::State;
use nexus_api::constraints::ConstraintSummary;
use nexus_api::decisions::{
    BatchedAnswer, DecisionAnswer, DecisionAudit, DecisionBatch, DecisionBatchAnswer,
    DecisionRecord, DecisionRequest, ExplanationText, ExposureAnswer, ExposureRequest, NextAnswer,
    RestAnswer, RewardOutcome, RewardWeights, SEVERAL_MAX,
};
use nexus_api::text;
use nexus_api::{canonical, field, learners, time};
use nexus_engine::decision::Decision;
use nexus_engine::decision::explanation::{self, Explanation};
use nexus_engine::decision::rest::Rest;
use nexus_engine::event::{Entry, Event};
use nexus_engine::ids::{DecisionId, EventId, LearnerId};
use nexus_engine::workspace::Refusal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Instant;
use tokio::task::JoinSet;

/// Decide what comes next
///
/// `status` is `activity` with what to show, `rest` with the moment from which on there is
/// something to do, or `complete`. A decision is durable when it returns. With a `decision_id` made
/// by you, a retry gets the same decision. When
/// the disk is full the answer is 507 with `static_activity`, the next activity on the course's
/// own path: show it, so that the lesson goes on. With `count` the answer has a `slate`, for a site
/// that offers a choice. A learner's token may ask for that learner only, makes ids as `<learner>:`
/// and then a part without `:` (else 403 `foreign_id`), and is not told who decided or which side of
/// an experiment the learner is on.
#[utoipa::path(post, path = "/v1/decisions", tag = "learning", request_body = DecisionRequest,
    responses((status = 200, description = "What to show, or that there is nothing to do", body = NextAnswer), Unknown, Conflict, Erased))]
pub(super) async fn post_decision(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody { value, hash }: JsonBody<DecisionRequest>,
) -> Result<Json<NextAnswer>, Failure> {
    decide(&state, &caller, &value, hash).await.map(Json)
}

/// Decide what comes next for several learners
///
/// Each request is answered as if it were sent alone, those of one learner in the order in which they
/// came; one that is refused spoils no other. Retries are safe request by request.
#[utoipa::path(post, path = "/v1/decision-batches", tag = "learning", request_body = DecisionBatch,
    responses((status = 200, description = "An answer a request", body = DecisionBatchAnswer)))]
pub(super) async fn post_decision_batch(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody { value: DecisionBatch { decisions }, .. }: JsonBody<DecisionBatch>,
) -> Result<Json<DecisionBatchAnswer>, Failure> {
    require_several(decisions.len(), "/decisions")?;
    let mut by_learner: BTreeMap<String, Vec<(usize, Value)>> = BTreeMap::new();
    for (position, request) in decisions.into_iter().enumerate() {
        let learner = request.get("learner").and_then(Value::as_str).unwrap_or_default();
        by_learner.entry(learner.to_owned()).or_default().push((position, request));
    }
    let mut asked = JoinSet::new();
    for (_, requests) in by_learner {
        let (state, caller) = (state.clone(), caller.clone());
        // Learners side by side, so that one commit makes many decisions durable.
        asked.spawn(async move {
            let mut answers = Vec::with_capacity(requests.len());
            for (position, request) in requests {
                answers.push((position, decide_raw(&state, &caller, &request).await));
            }
            answers
        });
    }
    let mut answers: Vec<_> = asked.join_all().await.into_iter().flatten().collect();
    answers.sort_by_key(|(position, _)| *position);
    let told = answers.into_iter().map(|(_, answer)| match answer {
        Ok(next) => BatchedAnswer::answered(next),
        Err(failure) => {
            let static_activity = failure.static_activity();
            BatchedAnswer::refused(failure.in_short(), static_activity)
        }
    });
    Ok(Json(told.collect()))
}

async fn decide_raw(
    state: &AppState,
    caller: &Caller,
    request: &Value,
) -> Result<NextAnswer, Failure> {
    let read: DecisionRequest = field::read(request)?;
    decide(state, caller, &read, canonical::hash(request)).await
}

/// Errors: nothing was sent, or too much.
pub(super) fn require_several(n: usize, pointer: &str) -> Result<(), Failure> {
    if (1..=SEVERAL_MAX).contains(&n) {
        return Ok(());
    }
    let detail = format!("one call takes 1 to {SEVERAL_MAX}, not {n}");
    Err(Failure::field(pointer, "out_of_range", &detail))
}

async fn decide(
    state: &AppState,
    caller: &Caller,
    request: &DecisionRequest,
    hash: [u8; 16],
) -> Result<NextAnswer, Failure> {
    let began = Instant::now();
    let request = request.read()?;
    if !caller.may_act_for(&request.learner) {
        return Err(Failure::ForeignLearner);
    }
    if request.id.as_ref().is_some_and(|id| !caller.may_make_id(id.as_str())) {
        // Said before anybody looks whether the id is taken.
        return Err(Failure::ForeignId);
    }
    let ask = DecisionAsk {
        learner: request.learner,
        course: request.course,
        id: request.id,
        hash,
        filter: request.filter,
        facts: request.facts,
    };
    let is_learner = caller.is_learner();
    let Decided { decision, seq, duplicate } = match state.ask(state.node.decide(ask)).await? {
        GuidanceReply::Activity(decided) => decided,
        GuidanceReply::Rest(rest) => {
            let answer = rest_answer(state, &rest).await?;
            return Ok(NextAnswer::Rest(if is_learner { answer.blinded() } else { answer }));
        }
    };
    let published = published_course(state, &decision).await?;
    let words = explained(&published, &decision);
    let answer = DecisionAnswer::new(&decision, &published.course, &published.draft, words);
    let mut answer = answer.ok_or(Failure::Internal)?;
    if let Some(count) = request.count {
        answer = answer.with_slate(&decision, &published.course, count);
    }
    state.metrics.decided(&decision, began.elapsed());
    let answer = DecisionAnswer { seq, duplicate, ..answer };
    Ok(NextAnswer::Activity(Box::new(if is_learner { answer.blinded() } else { answer })))
}

async fn rest_answer(state: &AppState, rest: &Rest) -> Result<RestAnswer, Failure> {
    let (course, version) = (rest.course.as_str(), rest.course_version);
    let published = course_cache::published_course(state, course, version).await?;
    let published = published.ok_or(Failure::Internal)?;
    let words = text_of(explanation::explain_rest(&published.course, rest));
    Ok(RestAnswer::new(rest, &published.course, words))
}

/// Say that a decision's activity was shown
///
/// Only exposed learners are analysed in experiments. Opening the activity (`activity_started`)
/// says the same; this call is for sites that show a list first. The body may be left out.
#[utoipa::path(post, path = "/v1/decisions/{id}/exposure", tag = "learning",
    params(("id" = inline(text::DecisionId), Path, description = "The decision")),
    request_body = Option<ExposureRequest>,
    responses((status = 200, description = "It is durable", body = ExposureAnswer), Conflict, Erased))]
pub(super) async fn post_exposure(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    OptionalJson(body): OptionalJson<ExposureRequest>,
) -> Result<Json<ExposureAnswer>, Failure> {
    let occurred_at = body.value.occurred_at.as_deref();
    let occurred_at = occurred_at.map(|at| time::read(at, "/occurred_at")).transpose()?;
    let decision = DecisionId::new(&id).map_err(|_| UNKNOWN)?;
    if let Identity::Learner(own) = &caller.identity {
        require_own(&state, &decision, own).await?;
    }
    let event = EventId::derived("shown", &decision);
    let ask = ExposureAsk { id: event, hash: body.hash, decision, occurred_at };
    let (seq, duplicate) = match state.ask(state.node.expose(ask)).await? {
        Receipt::Accepted { seq, .. } => (seq, false),
        Receipt::Duplicate { seq, .. } => (seq, true),
        Receipt::Conflict => return Err(Failure::Conflict(id)),
        Receipt::Refused(refusal) => return Err(Failure::Refused(refusal)),
    };
    Ok(Json(ExposureAnswer { decision_id: id, seq, duplicate }))
}

/// Read the audit page of a decision
///
/// Candidates with their probabilities, what was excluded and why, what the policy saw, the seed,
/// and what came of it since.
#[utoipa::path(get, path = "/v1/decisions/{id}", tag = "learning",
    params(("id" = inline(text::DecisionId), Path, description = "The decision")),
    responses((status = 200, description = "The decision, complete", body = DecisionAudit), Erased))]
pub(super) async fn get_decision(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<DecisionAudit>, Failure> {
    let id = DecisionId::new(&id).map_err(|_| UNKNOWN)?;
    let (seq, decision) = decision_of(&state, &id).await?;
    let learner = decision.learner.clone();
    if state.look(move |reader| reader.is_erased(&learner)).await? {
        return Err(Failure::Refused(Refusal::LearnerErased));
    }
    let published = published_course(&state, &decision).await?;
    let came = came_of(&state, &decision).await?;
    let chosen = decision.chosen().activity.as_str();
    Ok(Json(DecisionAudit {
        seq,
        title: learners::activity_title(Some(&published.course), chosen),
        explanation: explained(&published, &decision),
        exposed_at: came.exposed_at,
        reward_weights: RewardWeights::from(&published.course.reward),
        reward: came.reward,
        constraints_in_full: constraints_of(&state, &decision).await?,
        record: DecisionRecord::new(&decision, Some(&published.course)),
    }))
}

pub(super) const UNKNOWN: Failure = Failure::NotFound { what: "decision" };

/// A decision is recorded under its own id.
async fn decision_of(state: &AppState, id: &DecisionId) -> Result<(u64, Box<Decision>), Failure> {
    let event = EventId::new(id.as_str()).map_err(|_| UNKNOWN)?;
    match state.look(move |reader| reader.entry(&event)).await? {
        Some(Entry { seq, event: Event::DecisionMade(decision), .. }) => Ok((seq, decision)),
        _ => Err(UNKNOWN),
    }
}

/// To a learner, the decisions of others do not exist.
pub(super) async fn require_own(
    state: &AppState,
    decision: &DecisionId,
    own: &LearnerId,
) -> Result<(), Failure> {
    let (_, decision) = decision_of(state, decision).await?;
    if decision.learner == *own { Ok(()) } else { Err(UNKNOWN) }
}

async fn published_course(
    state: &AppState,
    decision: &Decision,
) -> Result<PublishedCourse, Failure> {
    let published = course_cache::published_course(
        state,
        decision.course.as_str(),
        decision.origin.window.course_version,
    )
    .await?;
    published.ok_or(Failure::Internal)
}

fn explained(published: &PublishedCourse, decision: &Decision) -> ExplanationText {
    text_of(explanation::explain(&published.course, decision))
}

fn text_of(words: Explanation) -> ExplanationText {
    ExplanationText { learner: words.learner, teacher: words.teacher, scientist: words.scientist }
}

/// The constraints that had a say, as the journal has them: they may be lifted by now.
async fn constraints_of(
    state: &AppState,
    decision: &Decision,
) -> Result<Vec<ConstraintSummary>, Failure> {
    let ids = decision.rules.constraints.clone();
    let look = move |reader: &mut dyn Reader| {
        let set = ids.iter().filter_map(|id| reader.entry(&EventId::derived("constraint", id)));
        let full = set.filter_map(|entry| match entry.event {
            Event::ConstraintSet(constraint) => Some(ConstraintSummary::from(&*constraint)),
            _ => None,
        });
        full.collect()
    };
    state.look(look).await
}

struct CameOf {
    exposed_at: Option<String>,
    reward: RewardOutcome,
}

/// What came of a decision: its reward stands in the journal under an id that follows from the
/// decision's; until then the learner's state knows what was observed so far.
async fn came_of(state: &AppState, decision: &Decision) -> Result<CameOf, Failure> {
    let (id, learner, course) =
        (decision.origin.id.clone(), decision.learner.clone(), decision.course.clone());
    let look = move |reader: &mut dyn Reader| {
        let shown = match reader.entry(&EventId::derived("shown", &id)) {
            Some(Entry { event: Event::DecisionExposed { occurred_at, .. }, .. }) => {
                Some(occurred_at)
            }
            _ => None,
        };
        let corrections = reader.corrections(&learner);
        let settled = reader.entry(&EventId::derived("rwd", &id));
        let settled = settled.and_then(|entry| corrections.counted(entry));
        let (exposed_at, reward) = match settled.map(|entry| entry.event) {
            Some(Event::RewardJoined(joined)) => {
                (joined.exposed_at.or(shown), RewardOutcome::joined(&joined))
            }
            Some(Event::RewardClosed(closed)) => (shown, RewardOutcome::closed(&closed)),
            _ => {
                let learner = reader.learner(&learner);
                let known = learner.as_ref().and_then(|known| known.courses.get(&course));
                let mut open = known.iter().flat_map(|known| &known.decisions.open);
                let open = open.find(|open| open.origin.id == id);
                let exposed_at = shown.or(open.and_then(|open| open.run.exposed_at));
                (exposed_at, open.map(RewardOutcome::open).unwrap_or_default())
            }
        };
        CameOf { exposed_at: exposed_at.map(time::print), reward }
    };
    state.look(look).await
}
