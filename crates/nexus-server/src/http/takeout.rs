//! `GET /v1/learners` and `GET /v1/learners/{id}/export`: who there is, and everything about one.

use super::body::{Params, PathId};
use super::error::Failure;
use super::journal::{EntriesRead, page_size};
use super::learners::{UNKNOWN, gone_or_unknown, known, mastery_of, own_learner, tells_no_side};
use super::openapi::Erased;
use super::state::AppState;
use crate::auth::{Caller, Identity};
use crate::node::Reader;
use axum::Json;
use axum::extract::State;
use nexus_api::journal::{JournalEntry, PAGE_MAX};
use nexus_api::learners::LearnerBody;
use nexus_api::standing::{ClassLearner, Standing};
use nexus_api::takeout::{LearnerExport, LearnerList, LearnerSummary};
use nexus_api::{text, time};
use nexus_engine::ids::LearnerId;
use nexus_engine::learner::own_record::own_readings;
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::{LearnerState, Refusal, SharedState};
use serde::Deserialize;
use std::time::{Duration, Instant};
use utoipa::IntoParams;

/// How long the node looks at learners at a time.
const SLICE: Duration = Duration::from_millis(2);
/// How long a page may take; then it ends early, and says where to go on.
const PATIENCE: Duration = Duration::from_secs(5);
/// Ids that are listed at a time.
const LISTED: usize = 256;

/// Which learners.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// Only learners of this course.
    course: Option<String>,
    /// Only learners of whom anything was seen at or after this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    active_since: Option<String>,
    /// Only learners who stand so in the course, which must be named.
    #[param(inline)]
    status: Option<Standing>,
    /// Only test learners, or none of them; both when absent.
    test: Option<bool>,
    /// Only learners after this id.
    after: Option<String>,
    /// How many, at most 1,000; 100 when absent.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
}

/// What fits, read from the parameters.
#[derive(Clone)]
struct Wanted {
    course: Option<String>,
    active_since: Option<Timestamp>,
    status: Option<Standing>,
    test: Option<bool>,
}

impl Wanted {
    /// The learner in short, when they fit.
    fn summary(
        &self,
        learner: &LearnerState,
        shared: &SharedState,
        at: Timestamp,
    ) -> Option<LearnerSummary> {
        if self.test.is_some_and(|test| test != learner.test)
            || self.active_since.is_some_and(|since| learner.last_at < since)
        {
            return None;
        }
        let Some(id) = &self.course else { return Some(LearnerSummary::new(learner, None)) };
        let (course, progress) = (shared.course(id)?, learner.progress(id)?);
        let tracing = &shared.tracing;
        let views = own_readings(course, Some(progress), &learner.belief, tracing, at);
        let standing = ClassLearner::new(course, &learner.id, &views, progress).standing;
        let fits = self.status.is_none_or(|wanted| wanted == standing);
        fits.then(|| LearnerSummary::new(learner, Some(standing)))
    }
}

/// List learners
///
/// In the order of their ids, of a course, seen since a moment, or standing so. Ask again with `after` =
/// `next` until `next` is absent; a page ends early when it has taken some seconds. Not for a learner's token.
#[utoipa::path(get, path = "/v1/learners", tag = "learners", params(ListParams),
    responses((status = 200, description = "A page of learners", body = LearnerList)))]
pub(super) async fn list_learners(
    State(state): State<AppState>,
    caller: Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<LearnerList>, Failure> {
    if matches!(caller.identity, Identity::Learner(_)) {
        return Err(Failure::ForeignLearner);
    }
    let limit = page_size(params.limit)?;
    let in_words = |problem: nexus_api::field::FieldProblem| Failure::Query(problem.detail);
    let active_since = params.active_since.as_deref();
    let active_since = active_since.map(|text| time::read(text, "/active_since"));
    let active_since = active_since.transpose().map_err(in_words)?;
    if params.status.is_some() && params.course.is_none() {
        let words = "status asks where learners stand in a course: name it with course";
        return Err(Failure::Query(words.to_owned()));
    }
    let after = params.after.as_deref().map(LearnerId::new).transpose();
    let mut after = after.map_err(|refusal| Failure::Query(format!("after: {refusal}")))?;
    let wanted =
        Wanted { course: params.course, active_since, status: params.status, test: params.test };
    if let Some(id) = wanted.course.clone() {
        let known = state.look(move |reader| reader.state().course(&id).is_some()).await?;
        if !known {
            let course = wanted.course.unwrap_or_default();
            return Err(Failure::Refused(Refusal::UnknownCourse { course }));
        }
    }
    let began = Instant::now();
    let mut learners = Vec::new();
    loop {
        let (wanted, room, from) = (wanted.clone(), limit - learners.len(), after.clone());
        let look = move |reader: &mut dyn Reader| slice(reader, &wanted, from.as_ref(), room);
        let (found, last, ended) = state.look(look).await?;
        learners.extend(found);
        after = last.or(after);
        if ended {
            return Ok(Json(LearnerList { learners, next: None }));
        }
        if learners.len() >= limit || began.elapsed() >= PATIENCE {
            let next = after.map(|id| id.to_string());
            return Ok(Json(LearnerList { learners, next }));
        }
    }
}

/// Learners that fit, for as long as a slice lasts: those, the last one looked at, and whether there is none
/// behind it.
fn slice(
    reader: &mut dyn Reader,
    wanted: &Wanted,
    after: Option<&LearnerId>,
    room: usize,
) -> (Vec<LearnerSummary>, Option<LearnerId>, bool) {
    let (began, at) = (Instant::now(), reader.now());
    let ids = reader.learner_ids(after, LISTED);
    let complete = ids.len() < LISTED;
    let (mut found, mut last, mut looked) = (Vec::new(), None, 0);
    let count = ids.len();
    for id in ids {
        if found.len() >= room || (looked > 0 && began.elapsed() >= SLICE) {
            break;
        }
        looked += 1;
        reader.peek(&id, &mut |learner, shared| {
            // What is left of an erased learner is nobody.
            found.extend((!learner.erased).then(|| wanted.summary(learner, shared, at)).flatten());
        });
        last = Some(id);
    }
    (found, last, complete && looked == count)
}

/// Read everything about a learner
///
/// What they have done, what they seem to know, and every entry of the journal about them, oldest first: for
/// people who ask what is kept of them, and to take it elsewhere. The same as `nexus export learner`. A
/// learner's token gets it without decisions and experiments, while these would tell the side the learner is on: the whole is asked
/// for with a key.
#[utoipa::path(get, path = "/v1/learners/{id}/export", tag = "learners",
    params(("id" = inline(text::LearnerId), Path, description = "The learner")),
    responses((status = 200, description = "Everything about the learner", body = LearnerExport), Erased))]
pub(super) async fn get_export(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<Json<LearnerExport>, Failure> {
    let learner = own_learner(&caller, &id)?;
    let mastery = mastery_of(&state, &learner, None, 0).await?;
    let known = known(&state, learner.clone(), None).await?;
    let course_of = |id: &str| known.courses.get(id).map(|course| &**course);
    let body = LearnerBody::new(&known.learner, course_of);
    let blinded = caller.is_learner();
    let body = if blinded { body.blinded() } else { body };
    let mut entries: Vec<JournalEntry> = Vec::new();
    let mut before = u64::MAX;
    loop {
        let whose = learner.clone();
        let look = move |reader: &mut dyn Reader| {
            if reader.learner(&whose).is_none() {
                return Err(gone_or_unknown(reader, &whose));
            }
            let mut entries = reader.history(&whose, before, PAGE_MAX);
            let last = entries.last().map(|entry| entry.seq);
            if blinded {
                entries.retain(|entry| tells_no_side(&entry.event));
            }
            Ok((EntriesRead::new(reader, entries), last))
        };
        let (page, last) = state.look(look).await??;
        let Some(last) = last else { break };
        entries.extend(page.bodies());
        before = last;
    }
    if entries.is_empty() {
        return Err(UNKNOWN);
    }
    entries.reverse();
    let made_at = time::print(known.at);
    Ok(Json(LearnerExport { made_at, learner: body, mastery, entries }))
}
