//! `/v1/courses`: published course versions, publishing one, and the counters of one.

use super::body::{JsonBody, Params, PathId};
use super::course_cache;
use super::error::Failure;
use super::openapi::Conflict;
use super::state::AppState;
use crate::node::Reader;
use axum::Json;
use axum::extract::State;
use nexus_api::course::{CourseFile, CourseList, CourseReceipt, CourseSummary};
use nexus_api::report::CourseNumbers;
use nexus_api::text;
use nexus_engine::catalog::CourseDraft;
use nexus_engine::workspace::Refusal;
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct VersionParams {
    /// This version; the latest when absent.
    version: Option<u32>,
}

/// List the courses
///
/// The latest version of each.
#[utoipa::path(get, path = "/v1/courses", tag = "courses",
    responses((status = 200, description = "The courses", body = CourseList)))]
pub(super) async fn get_courses(
    State(state): State<AppState>,
) -> Result<Json<CourseList>, Failure> {
    let look = |reader: &mut dyn Reader| {
        let courses = reader.state().courses.values();
        let latest = courses.filter_map(|versions| versions.values().next_back());
        latest.map(|course| CourseSummary::from(&**course)).collect()
    };
    Ok(Json(CourseList { courses: state.look(look).await? }))
}

/// Read a course
///
/// The file as its author published it, with its reward written in full and answers included: for
/// authors and learning sites, not for learners.
#[utoipa::path(get, path = "/v1/courses/{id}", tag = "courses",
    params(("id" = inline(text::CourseId), Path, description = "The course"), VersionParams),
    responses((status = 200, description = "The course file", body = CourseFile)))]
pub(super) async fn get_course(
    State(state): State<AppState>,
    PathId(id): PathId,
    Params(params): Params<VersionParams>,
) -> Result<Json<CourseFile>, Failure> {
    let wanted = id.clone();
    let look =
        move |reader: &mut dyn Reader| course_cache::find(reader.state(), &wanted, params.version);
    let published = state.look(look).await?.ok_or_else(|| unknown(id, params.version))?;
    Ok(Json(CourseFile::from((*published.draft).clone())))
}

/// Publish a course version
///
/// Validated whole, refused whole: every problem is listed with its place. A published version
/// never changes; the next one has the next number.
#[utoipa::path(put, path = "/v1/courses/{id}", tag = "courses",
    params(("id" = inline(text::CourseId), Path, description = "The course; the same as in the file")),
    request_body = CourseFile,
    responses((status = 200, description = "It is published and durable", body = CourseReceipt), Conflict))]
pub(super) async fn put_course(
    State(state): State<AppState>,
    PathId(id): PathId,
    JsonBody { value: file, .. }: JsonBody<CourseFile>,
) -> Result<Json<CourseReceipt>, Failure> {
    if file.id != id {
        let detail = "the id in the file is not the id in the address";
        return Err(Failure::field("/id", "id_mismatch", detail));
    }
    let published = state.ask(state.node.publish(CourseDraft::from(file))).await?;
    let cached =
        course_cache::published_course(&state, published.course.as_str(), published.version)
            .await?;
    let course = CourseSummary::from(&*cached.ok_or(Failure::Internal)?.course);
    Ok(Json(CourseReceipt { course, duplicate: published.duplicate }))
}

/// Read the counters of a course
///
/// Completions, grades and rewards of the course and of each activity, the most chosen first.
#[utoipa::path(get, path = "/v1/courses/{id}/report", tag = "courses",
    params(("id" = inline(text::CourseId), Path, description = "The course")),
    responses((status = 200, description = "The counters", body = CourseNumbers)))]
pub(super) async fn get_report(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<CourseNumbers>, Failure> {
    let wanted = id.clone();
    let look = move |reader: &mut dyn Reader| {
        let course = reader.state().course(&wanted)?;
        let report = reader.state().reports.get(&course.id)?;
        let waiting = reader.state().waiting().remove(&course.id).unwrap_or(0);
        Some(CourseNumbers::new(course, report, waiting, usize::MAX))
    };
    let numbers = state.look(look).await?;
    numbers.map(Json).ok_or_else(|| unknown(id, None))
}

fn unknown(course: String, version: Option<u32>) -> Failure {
    Failure::Refused(match version {
        Some(version) => Refusal::UnknownCourseVersion { course, version },
        None => Refusal::UnknownCourse { course },
    })
}
