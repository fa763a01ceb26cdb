//! `/v1/learners/{id}/lesson`: an activity as a learner sees it.

use super::body::{Params, PathId};
use super::course_cache::{self, PublishedCourse};
use super::error::Failure;
use super::evidence::ENTRIES_MAX;
use super::learners::own_learner;
use super::openapi::Erased;
use super::state::AppState;
use crate::auth::Caller;
use crate::node::Reader;
use axum::Json;
use axum::extract::State;
use nexus_api::lessons::{LessonActivity, LessonBody, LessonProgress};
use nexus_api::text;
use nexus_engine::catalog::{Activity, ActivityKind, Course};
use nexus_engine::event::{Action, Answer, Entry, Event};
use nexus_engine::ids::LearnerId;
use nexus_engine::learner::closing_check::ClosingCheck;
use nexus_engine::workspace::closing_check::closing_check;
use nexus_engine::workspace::{LearnerState, Refusal};
use serde::Deserialize;
use utoipa::IntoParams;

/// Entries of a learner that are read at a time.
const PAGE: usize = 100;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LessonParams {
    /// The id of the course.
    course: String,
    /// The id of the activity; without it the answer is about the course alone.
    activity: Option<String>,
}

/// Read an activity as a learner sees it
///
/// The words of the activity, its questions without their answers, and what the learner has
/// answered since they last opened it: with whether it was right, what is right, and why. A
/// placement and a closing check show what they ask now, and say nothing of the answers. Changes
/// nothing. A learner's token may read it as that learner only.
#[utoipa::path(get, path = "/v1/learners/{id}/lesson", tag = "learners",
    params(("id" = inline(text::LearnerId), Path, description = "The learner"), LessonParams),
    responses((status = 200, description = "The lesson", body = LessonBody), Erased))]
pub(super) async fn get_lesson(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Params(params): Params<LessonParams>,
) -> Result<Json<LessonBody>, Failure> {
    let learner = own_learner(&caller, &id)?;
    let reading = learner.clone();
    let (course, wanted) = (params.course.clone(), params.activity.clone());
    let look = move |reader: &mut dyn Reader| {
        if reader.is_erased(&reading) {
            return Err(Failure::Refused(Refusal::LearnerErased));
        }
        let unknown = Failure::Refused(Refusal::UnknownCourse { course: course.clone() });
        let published = course_cache::find(reader.state(), &course, None).ok_or(unknown)?;
        let learner = reader.learner(&reading).unwrap_or_else(|| LearnerState::new(reading));
        let begun = learner.progress(&course).is_some();
        let progress = wanted.map(|wanted| measured(reader, &published, &learner, &wanted));
        Ok((published, begun, progress.transpose()?))
    };
    let (published, begun, progress) = state.look(look).await??;
    let (Some(activity), Some(mut progress)) = (params.activity, progress) else {
        return Ok(Json(LessonBody::new(&id, &published.draft, begun, None)));
    };
    if progress.asks.is_none() {
        progress.answers = answers(&state, &learner, &published.course, &activity).await?;
    }
    let PublishedCourse { course, draft } = &published;
    let lesson = LessonActivity::new(course, draft, &activity, &progress);
    Ok(Json(LessonBody::new(&id, draft, begun, Some(lesson.ok_or(Failure::Internal)?))))
}

/// What an activity asks now if it measures; nothing yet of the others.
fn measured(
    reader: &mut dyn Reader,
    published: &PublishedCourse,
    learner: &LearnerState,
    wanted: &str,
) -> Result<LessonProgress, Failure> {
    let course = &published.course;
    let activity = find(course, wanted)?;
    if !activity.kind.measures() {
        return Ok(LessonProgress::default());
    }
    let named = |position: usize| course.questions[position].id.to_string();
    let (asks, counts) = match activity.kind {
        ActivityKind::Placement => {
            let view = reader.state().placement(course, learner);
            let next = view.and_then(|view| view.next).map(|next| named(next.question));
            let most = activity.placement.map_or(0, |rules| rules.questions_max);
            (next.into_iter().collect(), (most, view.map_or(0, |view| view.asked)))
        }
        _ => {
            let view = closing_check(course, learner, reader.now());
            let begun = view.as_ref().and_then(|view| view.begun);
            let open = view.as_ref().map_or(&[][..], |view| &view.open);
            let answered = begun.map_or(0, ClosingCheck::answers);
            (open.iter().copied().map(named).collect(), (activity.check_questions, answered))
        }
    };
    Ok(LessonProgress { asks: Some(asks), counts: Some(counts), ..LessonProgress::default() })
}

fn find<'a>(course: &'a Course, wanted: &str) -> Result<&'a Activity, Failure> {
    course.activity(wanted).ok_or_else(|| {
        let course = course.id.to_string();
        Failure::Refused(Refusal::UnknownActivity { course, activity: wanted.to_owned() })
    })
}

/// The answers that a learner gave in an activity since they last opened it, the newest first;
/// of their latest entries only, so that no request waits for a long history.
async fn answers(
    state: &AppState,
    learner: &LearnerId,
    course: &Course,
    activity: &str,
) -> Result<Vec<(u64, Answer)>, Failure> {
    let (mut found, mut before, mut read) = (Vec::new(), u64::MAX, 0);
    while read < ENTRIES_MAX {
        let learner = learner.clone();
        let look = move |reader: &mut dyn Reader| {
            (reader.history(&learner, before, PAGE), reader.corrections(&learner))
        };
        let (page, corrections) = state.look(look).await?;
        let (entries, last) = (page.len(), page.last().map(|entry| entry.seq));
        for entry in page.into_iter().filter_map(|entry| corrections.counted(entry)) {
            match own(entry, course, activity) {
                Some(Own::Answer(seq, answer)) => found.push((seq, *answer)),
                Some(Own::Start) => return Ok(found),
                None => {}
            }
        }
        match last {
            Some(last) if entries == PAGE => (before, read) = (last, read + entries),
            _ => break,
        }
    }
    Ok(found)
}

/// What an entry has to do with an activity.
enum Own {
    Start,
    Answer(u64, Box<Answer>),
}

fn own(entry: Entry, course: &Course, activity: &str) -> Option<Own> {
    let Event::Happened(happening) = entry.event else { return None };
    if happening.course != course.id {
        return None;
    }
    match happening.action {
        Action::ActivityStarted { activity: it } if it.as_str() == activity => Some(Own::Start),
        // A probe is asked beside the activity, to measure.
        Action::QuestionAnswered(answer)
            if answer.activity.as_str() == activity && !answer.probe =>
        {
            Some(Own::Answer(entry.seq, Box::new(answer)))
        }
        _ => None,
    }
}
