//! `GET /v1/courses/{id}/teaching`: what each activity teaches, worked out from the journal when
//! somebody asks, and read on from there at the next question.

use super::body::PathId;
use super::error::Failure;
use super::state::AppState;
use crate::node::Reader;
use axum::Json;
use axum::extract::State;
use nexus_api::teaching::CourseTeachingBody;
use nexus_api::text;
use nexus_engine::ids::CourseId;
use nexus_engine::workspace::Refusal;
use nexus_engine::workspace::teaching::CourseTeaching;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Entries of one step on the node's thread.
const STEP: usize = 500;
/// How long one answer may read on.
const PATIENCE: Duration = Duration::from_secs(4);

/// What was read so far, by course. One reads on at a time.
#[derive(Debug, Default)]
pub struct TeachingBoard(StdMutex<BTreeMap<CourseId, Arc<Mutex<Option<CourseTeaching>>>>>);

impl TeachingBoard {
    fn of(&self, course: &CourseId) -> Arc<Mutex<Option<CourseTeaching>>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(course.clone()).or_default())
    }
}

/// Read what each activity teaches
///
/// Per activity: who began and finished it, minutes expected and real, success, and the learning
/// gain after it with its interval. The journal is read for it when it is first asked for: while
/// `through` is below `head`, ask again.
#[utoipa::path(get, path = "/v1/courses/{id}/teaching", tag = "courses",
    params(("id" = inline(text::CourseId), Path, description = "The course")),
    responses((status = 200, description = "What is known so far", body = CourseTeachingBody)))]
pub(super) async fn get_teaching(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<CourseTeachingBody>, Failure> {
    let unknown = || Failure::Refused(Refusal::UnknownCourse { course: id.clone() });
    let course = CourseId::new(&id).map_err(|_| unknown())?;
    let known = {
        let course = course.clone();
        state.look(move |reader| reader.state().course(course.as_str()).is_some()).await?
    };
    if !known {
        return Err(unknown());
    }
    let place = state.teaching.of(&course);
    let mut place = place.lock().await;
    let began = Instant::now();
    loop {
        // A request that ends here leaves nothing, and the next one reads from the beginning.
        let teaching = place.take().unwrap_or_else(|| CourseTeaching::new(course.clone()));
        let (teaching, body) = state.look(move |reader| step(reader, teaching)).await?;
        *place = Some(teaching);
        let body = body.ok_or_else(unknown)?;
        if body.through >= body.head || began.elapsed() > PATIENCE {
            return Ok(Json(body));
        }
    }
}

/// Reads a few entries on, and says what is known then.
fn step(
    reader: &mut dyn Reader,
    mut teaching: CourseTeaching,
) -> (CourseTeaching, Option<CourseTeachingBody>) {
    let Some(course) = reader.state().course(teaching.course.as_str()).cloned() else {
        return (teaching, None);
    };
    let entries = reader.entries(teaching.through, STEP);
    for entry in &entries {
        teaching.read(entry, &course);
        // After a correction it begins again, and these entries are not the next ones.
        if teaching.through != entry.seq {
            break;
        }
    }
    let shared = reader.state();
    let report = shared.reports.get(&course.id).cloned().unwrap_or_default();
    let body = CourseTeachingBody::new(&course, &report, &teaching, shared.head);
    (teaching, Some(body))
}
