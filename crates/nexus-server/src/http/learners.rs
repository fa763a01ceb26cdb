//! `/v1/learners`: what one has done, what they seem to know, what happened.

use super::body::{Params, PathId};
use super::error::Failure;
use super::evidence::LatestAnswers;
use super::journal::{self, page_size};
use super::openapi::Erased;
use super::state::AppState;
use crate::auth::Caller;
use crate::node::Reader;
use axum::Json;
use axum::extract::State;
use nexus_api::closing_check::ClosingCheckBody;
use nexus_api::learners::evidence::ANSWERS_MAX;
use nexus_api::learners::{CourseMastery, HistoryBody, LearnerBody, MasteryBody, SkillSeen};
use nexus_api::placement::PlacementBody;
use nexus_api::reviews::ReviewsBody;
use nexus_api::text;
use nexus_api::time;
use nexus_engine::catalog::{Course, Skill};
use nexus_engine::event::Event;
use nexus_engine::ids::{LearnerId, SkillKey};
use nexus_engine::learner::mastery::SkillView;
use nexus_engine::learner::own_record::own_readings;
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::closing_check::closing_check;
use nexus_engine::workspace::{LearnerState, Refusal, SharedState};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LearnerParams {
    /// The id of the course.
    course: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PlacementParams {
    /// The id of the course.
    course: String,
}

/// Which course, and how much evidence.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MasteryParams {
    /// The id of the course.
    course: Option<String>,
    /// How many of the latest answers are listed a skill, from 0 to 10; 5 when absent. With 0 the
    /// journal is not read.
    #[param(minimum = 0, maximum = 10, default = 5)]
    evidence: Option<usize>,
}

/// Answers for each skill by default.
const EVIDENCE_DEFAULT: usize = 5;

/// Which part of a history.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryParams {
    /// Only entries before this place in the journal.
    before: Option<u64>,
    /// How many, at most 1,000; 100 when absent.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
}

/// Read a learner
///
/// What they have done, by course. A learner's token may read that learner only, and is not told of
/// decisions and experiments.
#[utoipa::path(get, path = "/v1/learners/{id}", tag = "learners",
    params(("id" = inline(text::LearnerId), Path, description = "The learner"), LearnerParams),
    responses((status = 200, description = "The learner", body = LearnerBody), Erased))]
pub(super) async fn get_learner(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Params(params): Params<LearnerParams>,
) -> Result<Json<LearnerBody>, Failure> {
    let learner = own_learner(&caller, &id)?;
    let known = known(&state, learner, params.course).await?;
    let course_of = |id: &str| known.courses.get(id).map(|course| &**course);
    let body = LearnerBody::new(&known.learner, course_of);
    Ok(Json(if caller.is_learner() { body.blinded() } else { body }))
}

/// Read what a learner seems to know
///
/// Skill by skill, now: recall fades with time. Each with the latest answers behind it and one
/// sentence for a teacher. Evidence is read from the learner's last 500 journal entries at most;
/// `evidence_cut` says when that was not enough.
#[utoipa::path(get, path = "/v1/learners/{id}/mastery", tag = "learners",
    params(("id" = inline(text::LearnerId), Path, description = "The learner"), MasteryParams),
    responses((status = 200, description = "Mastery and recall", body = MasteryBody), Erased))]
pub(super) async fn get_mastery(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Params(params): Params<MasteryParams>,
) -> Result<Json<MasteryBody>, Failure> {
    let learner = own_learner(&caller, &id)?;
    let shown = params.evidence.unwrap_or(EVIDENCE_DEFAULT);
    if shown > ANSWERS_MAX {
        let words = format!("evidence lies between 0 and {ANSWERS_MAX}, not {shown}");
        return Err(Failure::Query(words));
    }
    mastery_of(&state, &learner, params.course, shown).await.map(Json)
}

/// What a learner seems to know, with so many of the latest answers a skill.
pub(super) async fn mastery_of(
    state: &AppState,
    learner: &LearnerId,
    course: Option<String>,
    shown: usize,
) -> Result<MasteryBody, Failure> {
    let known = known(state, learner.clone(), course).await?;
    let attempts = known.views.iter().map(|(key, view)| (*key, view.attempts)).collect();
    let evidence = match shown {
        0 => LatestAnswers::default(),
        _ => LatestAnswers::read(state, learner, &attempts).await?,
    };
    let seen = |skill: &Skill| SkillSeen {
        view: known.views[&skill.key],
        answers: evidence.of(skill.key),
    };
    let course = |course: &Arc<Course>| {
        let seen: Vec<SkillSeen> = course.skills.iter().map(seen).collect();
        CourseMastery::new(course, &seen, shown, known.at)
    };
    Ok(MasteryBody {
        learner: learner.to_string(),
        at: time::print(known.at),
        courses: known.courses.values().map(course).collect(),
        entries_read: evidence.entries_read,
        evidence_cut: evidence.cut,
    })
}

/// A course, and a learner as known now: one without events is new to it.
///
/// Errors: when the learner is erased, or there is no such course.
fn in_course(
    reader: &mut dyn Reader,
    learner: LearnerId,
    course: &str,
) -> Result<(Arc<Course>, LearnerState), Failure> {
    if reader.is_erased(&learner) {
        return Err(Failure::Refused(Refusal::LearnerErased));
    }
    let unknown = Failure::NotFound { what: "course" };
    let course = Arc::clone(reader.state().course(course).ok_or(unknown)?);
    let learner = reader.learner(&learner).unwrap_or_else(|| LearnerState::new(learner));
    Ok((course, learner))
}

/// Read what a learner's placement asks next
///
/// Changes nothing: between two answers it gives the same question. Send the answer as
/// `question_answered` with `activity` set to the placement's; the answer that ends the placement
/// completes it. A learner without events is placed from the start.
#[utoipa::path(get, path = "/v1/learners/{id}/placement", tag = "learners",
    params(("id" = inline(text::LearnerId), Path, description = "The learner"), PlacementParams),
    responses((status = 200, description = "How the placement stands", body = PlacementBody), Erased))]
pub(super) async fn get_placement(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Params(params): Params<PlacementParams>,
) -> Result<Json<PlacementBody>, Failure> {
    let learner = own_learner(&caller, &id)?;
    let look = move |reader: &mut dyn Reader| {
        let (course, learner) = in_course(reader, learner, &params.course)?;
        let at = reader.now();
        let shared = reader.state();
        let known = views_of(&course, &learner, shared, at);
        // invariant: the readings are those of the skills of this course.
        let seen = |skill: &Skill| known[&skill.key];
        let placement = shared.placement(&course, &learner);
        Ok(PlacementBody::new(&id, &course, placement.as_ref(), seen, at))
    };
    state.look(look).await?.map(Json)
}

/// Read what a learner's closing check asks, and what came of it
///
/// Changes nothing: its questions are the same at every reading. Send each answer as
/// `question_answered` with `activity` set to the check's; the last one completes it. It is open
/// once everything required is completed, or the course has ended for the learner.
#[utoipa::path(get, path = "/v1/learners/{id}/check", tag = "learners",
    params(("id" = inline(text::LearnerId), Path, description = "The learner"), PlacementParams),
    responses((status = 200, description = "How the closing check stands", body = ClosingCheckBody), Erased))]
pub(super) async fn get_check(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Params(params): Params<PlacementParams>,
) -> Result<Json<ClosingCheckBody>, Failure> {
    let learner = own_learner(&caller, &id)?;
    let look = move |reader: &mut dyn Reader| {
        let (course, learner) = in_course(reader, learner, &params.course)?;
        let check = closing_check(&course, &learner, reader.now());
        Ok(ClosingCheckBody::new(&id, &course, check.as_ref()))
    };
    state.look(look).await?.map(Json)
}

/// Read what a learner should review, and when
///
/// The skills that the learner has mastered in a course, by when their recall falls so far that a
/// review is due; also after the course is complete. Changes nothing.
#[utoipa::path(get, path = "/v1/learners/{id}/reviews", tag = "learners",
    params(("id" = inline(text::LearnerId), Path, description = "The learner"), PlacementParams),
    responses((status = 200, description = "What is due when", body = ReviewsBody), Erased))]
pub(super) async fn get_reviews(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Params(params): Params<PlacementParams>,
) -> Result<Json<ReviewsBody>, Failure> {
    let learner = own_learner(&caller, &id)?;
    let look = move |reader: &mut dyn Reader| {
        let (course, learner) = in_course(reader, learner, &params.course)?;
        let now = reader.now();
        let (reviews, as_of) = reader.state().reviews(&course, &learner, now);
        Ok(ReviewsBody::new(&id, &course, &reviews, as_of))
    };
    state.look(look).await?.map(Json)
}

/// Read what happened to a learner, newest first
///
/// To a learner's token only what the learner did, and what was said of consent and corrections.
#[utoipa::path(get, path = "/v1/learners/{id}/history", tag = "learners",
    params(("id" = inline(text::LearnerId), Path, description = "The learner"), HistoryParams),
    responses((status = 200, description = "Journal entries", body = HistoryBody), Erased))]
pub(super) async fn get_history(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Params(params): Params<HistoryParams>,
) -> Result<Json<HistoryBody>, Failure> {
    let learner = own_learner(&caller, &id)?;
    let limit = page_size(params.limit)?;
    // Without `before`, the node begins with the newest: the largest number means that.
    let before = params.before.unwrap_or(u64::MAX);
    let blinded = caller.is_learner();
    let look = move |reader: &mut dyn Reader| {
        if reader.learner(&learner).is_none() {
            return Err(gone_or_unknown(reader, &learner));
        }
        let mut entries = reader.history(&learner, before, limit);
        let last = entries.last().map(|entry| entry.seq);
        let next = last.filter(|_| entries.len() == limit);
        if blinded {
            entries.retain(|entry| tells_no_side(&entry.event));
        }
        Ok((journal::EntriesRead::new(reader, entries), next))
    };
    let (page, next) = state.look(look).await??;
    Ok(Json(HistoryBody { entries: page.bodies(), next }))
}

/// Whether an entry says nothing of who decided for its learner: what a learner's token may read.
pub(super) fn tells_no_side(event: &Event) -> bool {
    matches!(
        event,
        Event::Happened(_)
            | Event::ConsentChanged(_)
            | Event::Corrected(_)
            | Event::LearnerErased(_)
    )
}

pub(super) const UNKNOWN: Failure = Failure::NotFound { what: "learner" };

/// Why a learner cannot be shown.
pub(super) fn gone_or_unknown(reader: &mut dyn Reader, learner: &LearnerId) -> Failure {
    if reader.is_erased(learner) { Failure::Refused(Refusal::LearnerErased) } else { UNKNOWN }
}

/// A learner's token reads its own learner; an id that cannot be one is unknown.
pub(super) fn own_learner(caller: &Caller, id: &str) -> Result<LearnerId, Failure> {
    let learner = LearnerId::new(id).map_err(|_| UNKNOWN)?;
    if caller.may_act_for(&learner) { Ok(learner) } else { Err(Failure::ForeignLearner) }
}

pub(super) struct Known {
    pub(super) learner: LearnerState,
    pub(super) courses: BTreeMap<String, Arc<Course>>,
    views: BTreeMap<SkillKey, SkillView>,
    pub(super) at: Timestamp,
}

/// Every skill of a course, as the learner's own answers are read now.
fn views_of(
    course: &Course,
    learner: &LearnerState,
    shared: &SharedState,
    at: Timestamp,
) -> BTreeMap<SkillKey, SkillView> {
    let progress = learner.progress(course.id.as_str());
    let readings = own_readings(course, progress, &learner.belief, &shared.tracing, at);
    let skills = course.skills.iter().map(|skill| skill.key);
    skills.zip(readings).collect()
}

/// A learner with the latest versions of their courses, and every skill of those measured now.
pub(super) async fn known(
    state: &AppState,
    learner: LearnerId,
    only: Option<String>,
) -> Result<Known, Failure> {
    let look = move |reader: &mut dyn Reader| {
        let Some(learner) = reader.learner(&learner) else {
            return Err(gone_or_unknown(reader, &learner));
        };
        let at = reader.now();
        let shared = reader.state();
        let wanted = |id: &str| only.as_deref().is_none_or(|only| only == id);
        let ids = learner.courses.keys().filter(|id| wanted(id.as_str()));
        let courses: BTreeMap<_, _> = ids
            .filter_map(|id| Some((id.to_string(), Arc::clone(shared.course(id.as_str())?))))
            .collect();
        let views =
            courses.values().flat_map(|course| views_of(course, &learner, shared, at)).collect();
        Ok(Known { learner, courses, views, at })
    };
    state.look(look).await?
}
