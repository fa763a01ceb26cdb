//! `/v1/courses/{id}/mastery`: what a group of learners seems to know, for teachers.
//!
//! Learners are measured on the node's thread, because only there all state is consistent, but in
//! slices of a few milliseconds with everything else in between, and one answer may take at most
//! [`PATIENCE`]. They are looked at where they lie: no learner is loaded into the node's memory for
//! this, so a walk over a large course evicts no other learner. What is in a slice is true of the
//! same moment `at`; an answer that arrives between two slices is seen by the later ones.

use super::body::{JsonBody, Params, PathId};
use super::error::Failure;
use super::state::AppState;
use crate::auth::{Caller, Identity};
use crate::node::{NodeFault, Reader};
use axum::Json;
use axum::extract::State;
use nexus_api::class::{ClassBody, ClassFold, ClassFrame, ClassRequest, LEARNERS_MAX};
use nexus_api::standing::ClassLearner;
use nexus_api::text;
use nexus_engine::catalog::Course;
use nexus_engine::ids::LearnerId;
use nexus_engine::learner::mastery::SkillView;
use nexus_engine::learner::own_record::own_readings;
use nexus_engine::time::{DAY_MICROS, Timestamp};
use nexus_engine::workspace::{LearnerState, Refusal, SharedState};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::SemaphorePermit;
use utoipa::IntoParams;

/// How long the node's thread is held at a time, about.
const SLICE: Duration = Duration::from_millis(2);
/// Ids that are listed at a time.
const LISTED: usize = 256;
/// How long a walk over a course may take before it answers with what it has.
const PATIENCE: Duration = Duration::from_secs(5);
/// Class views that are made at the same time; more wait.
pub(super) const AT_A_TIME: usize = 2;
/// How long a class view waits for its turn.
const TURN: Duration = Duration::from_secs(10);
/// The longest window that is asked for.
const ACTIVE_DAYS_MAX: u32 = 3_650;

/// Which part of a course's learners.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ClassParams {
    /// Only learners after this id; everybody from the first on when absent.
    #[param(value_type = Option<String>, min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9_.:~@/=-]+$")]
    after: Option<String>,
    /// How many learners, at most 1,000, which is also what is taken when absent.
    #[param(minimum = 1, maximum = 1000, default = 1000)]
    limit: Option<usize>,
    /// Only learners who answered within so many days; everybody when absent.
    #[param(minimum = 1, maximum = 3650)]
    active_days: Option<u32>,
}

/// Read what everybody in a course seems to know
///
/// Skill by skill: how many stand where, and who is stuck. At most 1,000 learners an answer, in the
/// order of their ids, and fewer when measuring them takes longer than a few seconds: `next` says
/// that there are more, and where to go on. Not for a learner's token.
#[utoipa::path(get, path = "/v1/courses/{id}/mastery", tag = "learners",
    params(("id" = inline(text::CourseId), Path, description = "The course"), ClassParams),
    responses((status = 200, description = "The class view", body = ClassBody)))]
pub(super) async fn get_class(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Params(params): Params<ClassParams>,
) -> Result<Json<ClassBody>, Failure> {
    let limit = params.limit.unwrap_or(LEARNERS_MAX);
    if !(1..=LEARNERS_MAX).contains(&limit) {
        let words = format!("limit lies between 1 and {LEARNERS_MAX}, not {limit}");
        return Err(Failure::Query(words));
    }
    let after = params.after.as_deref().map(LearnerId::new).transpose();
    let mut after = after.map_err(|refusal| Failure::Query(format!("after: {refusal}")))?;
    let active_days = days(params.active_days).map_err(Failure::Query)?;
    let (mut class, _turn) = Class::open(&state, &caller, id, active_days).await?;
    let began = Instant::now();
    loop {
        let (walked, ended) = class.walk(&state, after.take(), limit).await?;
        after = walked;
        if ended {
            return Ok(class.close(Vec::new(), None));
        }
        if class.fold.learners() >= limit || began.elapsed() >= PATIENCE {
            let next = after.map(|id| id.to_string());
            return Ok(class.close(Vec::new(), next));
        }
    }
}

/// Read what a group of learners seems to know
///
/// The same for up to 1,000 learners that the request names. Those whom the course has never seen
/// are listed as `unknown`. Not for a learner's token.
#[utoipa::path(post, path = "/v1/courses/{id}/mastery", tag = "learners",
    params(("id" = inline(text::CourseId), Path, description = "The course")), request_body = ClassRequest,
    responses((status = 200, description = "The class view", body = ClassBody)))]
pub(super) async fn post_class(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    JsonBody { value: request, .. }: JsonBody<ClassRequest>,
) -> Result<Json<ClassBody>, Failure> {
    let n = request.learners.len();
    if n > LEARNERS_MAX {
        let detail = format!("at most {LEARNERS_MAX} learners, not {n}");
        return Err(Failure::field("/learners", "too_many_learners", &detail));
    }
    let too_many = |detail: String| Failure::field("/active_days", "out_of_range", &detail);
    let active_days = days(request.active_days).map_err(too_many)?;
    let (mut class, _turn) = Class::open(&state, &caller, id, active_days).await?;
    let named: BTreeSet<String> = request.learners.into_iter().collect();
    let mut unknown = Vec::new();
    let mut wanted = Vec::new();
    for name in named {
        match LearnerId::new(&name) {
            Ok(id) => wanted.push(id),
            // No learner can have it.
            Err(_) => unknown.push(nexus_api::field::shorten(&name).to_owned()),
        }
    }
    let mut rest = wanted;
    while !rest.is_empty() {
        rest = class.measure(&state, rest, &mut unknown).await?;
    }
    unknown.sort_unstable();
    Ok(class.close(unknown, None))
}

/// A window in days, or what is wrong with it.
fn days(active_days: Option<u32>) -> Result<Option<u32>, String> {
    match active_days {
        Some(days) if !(1..=ACTIVE_DAYS_MAX).contains(&days) => {
            Err(format!("active_days lies between 1 and {ACTIVE_DAYS_MAX}, not {days}"))
        }
        _ => Ok(active_days),
    }
}

/// A class view while it is made.
struct Class {
    course: Arc<Course>,
    frame: ClassFrame,
    fold: ClassFold,
}

/// What a course has seen of a learner.
enum Seen {
    /// Skills and row.
    Learning(Vec<SkillView>, Box<ClassLearner>),
    Testing,
    Never,
}

type Row = (LearnerId, Seen);

impl Class {
    /// Waits for a turn and begins with an empty fold.
    async fn open<'a>(
        state: &'a AppState,
        caller: &Caller,
        id: String,
        active_days: Option<u32>,
    ) -> Result<(Self, SemaphorePermit<'a>), Failure> {
        if matches!(caller.identity, Identity::Learner(_)) {
            return Err(Failure::ForeignLearner);
        }
        let overloaded = || Failure::Fault { fault: NodeFault::Overloaded, static_activity: None };
        let turn = tokio::time::timeout(TURN, state.class_turns.acquire());
        let turn = turn.await.map_err(|_| overloaded())?.map_err(|_| overloaded())?;
        let wanted = id.clone();
        let look = move |reader: &mut dyn Reader| {
            let course = reader.state().course(&wanted).cloned()?;
            let report = reader.state().reports.get(&course.id);
            let learners = report.map_or(0, |report| report.learners);
            let seq = reader.state().head;
            let frame =
                ClassFrame { at: reader.now(), seq, course_learners: learners, active_days };
            Some((course, frame))
        };
        let unknown = || Failure::Refused(Refusal::UnknownCourse { course: id.clone() });
        let (course, frame) = state.look(look).await?.ok_or_else(unknown)?;
        let since = |days: u32| frame.at.plus_micros(-(i64::from(days) * DAY_MICROS));
        let fold = ClassFold::new(Arc::clone(&course), active_days.map(since));
        Ok((Self { course, frame, fold }, turn))
    }

    /// One slice of a walk over all learners: the last one looked at, and whether it was the last of all.
    async fn walk(
        &mut self,
        state: &AppState,
        after: Option<LearnerId>,
        limit: usize,
    ) -> Result<(Option<LearnerId>, bool), Failure> {
        let (course, at) = (Arc::clone(&self.course), self.frame.at);
        let room = limit - self.fold.learners();
        let look = move |reader: &mut dyn Reader| {
            let ids = reader.learner_ids(after.as_ref(), LISTED);
            let listed = ids.len();
            let (rows, rest) = slice(reader, &course, ids, at, room);
            let last = rows.last().map(|(id, _)| id.clone());
            (rows, last.or(after), rest.is_empty() && listed < LISTED)
        };
        let (rows, last, ended) = state.look(look).await?;
        self.add(rows, &mut Vec::new());
        Ok((last, ended))
    }

    /// One slice of the learners that are wanted; those that are still to be looked at.
    async fn measure(
        &mut self,
        state: &AppState,
        wanted: Vec<LearnerId>,
        unknown: &mut Vec<String>,
    ) -> Result<Vec<LearnerId>, Failure> {
        let (course, at) = (Arc::clone(&self.course), self.frame.at);
        let look = move |reader: &mut dyn Reader| slice(reader, &course, wanted, at, LEARNERS_MAX);
        let (rows, rest) = state.look(look).await?;
        self.add(rows, unknown);
        Ok(rest)
    }

    fn add(&mut self, rows: Vec<Row>, unknown: &mut Vec<String>) {
        for (id, views) in rows {
            match views {
                Seen::Learning(views, row) => self.fold.add(&views, *row),
                Seen::Testing => self.fold.add_test(id.to_string()),
                Seen::Never => unknown.push(id.to_string()),
            }
        }
    }

    fn close(self, unknown: Vec<String>, next: Option<String>) -> Json<ClassBody> {
        Json(self.fold.finish(&self.frame, unknown, next))
    }
}

/// Measures learners for as long as a slice lasts, at least one, and at most `room` of the course;
/// gives back those that are left.
fn slice(
    reader: &mut dyn Reader,
    course: &Course,
    ids: Vec<LearnerId>,
    at: Timestamp,
    room: usize,
) -> (Vec<Row>, Vec<LearnerId>) {
    let began = Instant::now();
    let mut ids = ids.into_iter();
    let mut rows: Vec<Row> = Vec::new();
    let mut found = 0;
    while found < room && (rows.is_empty() || began.elapsed() < SLICE) {
        let Some(id) = ids.next() else { break };
        let mut seen = Seen::Never;
        reader.peek(&id, &mut |learner, shared| seen = measured(learner, shared, course, at));
        found += usize::from(matches!(seen, Seen::Learning(..)));
        rows.push((id, seen));
    }
    (rows, ids.collect())
}

/// Every skill of a course and what was done in it, when the learner was ever seen there; the same
/// `view` as for one.
fn measured(learner: &LearnerState, shared: &SharedState, course: &Course, at: Timestamp) -> Seen {
    let Some(progress) = learner.progress(course.id.as_str()) else { return Seen::Never };
    if learner.test {
        return Seen::Testing;
    }
    let views = own_readings(course, Some(progress), &learner.belief, &shared.tracing, at);
    let row = ClassLearner::new(course, &learner.id, &views, progress);
    Seen::Learning(views, Box::new(row))
}
