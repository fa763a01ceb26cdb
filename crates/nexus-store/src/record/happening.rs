//! What a learner did.

use super::belief::EvidenceBody;
use super::number::Number;
use super::{RecordFault, VERSION, from_json, id, needed, to_json, versioned};
use nexus_engine::event::{Action, Answer, Event, Happening};
use nexus_engine::ids::ActivityId;
use nexus_engine::learner::placement::Stopped;
use nexus_engine::learner::progress::Segment;
use nexus_engine::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One body for all actions: what an action does not have is left out.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HappeningBody {
    v: u32,
    at: i64,
    learner: String,
    course: String,
    course_version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decision: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    activity: Option<String>,
    /// Watched parts of a video: seconds from and to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    segments: Option<Vec<(Number, Number)>>,
    /// Whether they count as they are; absent in entries of before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    exact: bool,
    /// Whether a test learner enrols; absent in entries of before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    test: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<AnswerBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grade: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rating: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerBody {
    question: String,
    grade: Number,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    response: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u32>,
    hints: u16,
    attempt: u16,
    probe: bool,
    evidence: EvidenceBody,
    /// Why the placement stops with this answer; absent of all other answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    placement_stopped: Option<String>,
}

versioned!(HappeningBody);

pub(super) fn encode(happening: &Happening) -> String {
    let mut body = HappeningBody {
        v: VERSION,
        at: happening.occurred_at.0,
        learner: happening.learner.to_string(),
        course: happening.course.to_string(),
        course_version: happening.course_version,
        decision: happening.decision.as_ref().map(ToString::to_string),
        activity: happening.action.activity().map(ToString::to_string),
        segments: None,
        exact: false,
        test: false,
        answer: None,
        grade: None,
        rating: None,
        comment: None,
    };
    match &happening.action {
        Action::Enrolled { test } => body.test = *test,
        Action::SessionStarted
        | Action::SessionEnded
        | Action::ActivityStarted { .. }
        | Action::ActivityCompleted { .. }
        | Action::ActivitySkipped { .. } => {}
        Action::VideoProgressed { segments, exact, .. } => {
            body.exact = *exact;
            let pairs = segments.iter().map(|s| (Number(s.from_seconds), Number(s.to_seconds)));
            body.segments = Some(pairs.collect());
        }
        Action::QuestionAnswered(answer) => body.answer = Some(AnswerBody::from(answer)),
        Action::QuizCompleted { grade, .. } => body.grade = grade.map(Number),
        Action::Feedback { rating, comment, .. } => {
            body.rating = Some(*rating);
            body.comment.clone_from(comment);
        }
    }
    to_json(&body)
}

pub(super) fn decode(kind: &str, body: &str) -> Result<Event, RecordFault> {
    let mut body: HappeningBody = from_json(body)?;
    let action = action(kind, &mut body)?;
    Ok(Event::Happened(Happening {
        learner: id("learner", &body.learner)?,
        course: id("course", &body.course)?,
        course_version: body.course_version,
        occurred_at: Timestamp(body.at),
        decision: body.decision.as_deref().map(|text| id("decision", text)).transpose()?,
        action,
    }))
}

fn action(kind: &str, body: &mut HappeningBody) -> Result<Action, RecordFault> {
    Ok(match kind {
        "enrolled" => Action::Enrolled { test: body.test },
        "session_started" => Action::SessionStarted,
        "session_ended" => Action::SessionEnded,
        "activity_started" => Action::ActivityStarted { activity: activity(body)? },
        "activity_completed" => Action::ActivityCompleted { activity: activity(body)? },
        "activity_skipped" => Action::ActivitySkipped { activity: activity(body)? },
        "video_progressed" => Action::VideoProgressed {
            activity: activity(body)?,
            segments: segments(needed("segments", body.segments.take())?),
            exact: body.exact,
        },
        "question_answered" => Action::QuestionAnswered(answer(
            activity(body)?,
            needed("answer", body.answer.take())?,
        )?),
        "quiz_completed" => Action::QuizCompleted {
            activity: activity(body)?,
            grade: body.grade.map(|number| number.0),
        },
        "feedback" => Action::Feedback {
            activity: activity(body)?,
            rating: needed("rating", body.rating)?,
            comment: body.comment.take(),
        },
        _ => return Err(RecordFault::Kind { kind: kind.to_owned() }),
    })
}

fn activity(body: &HappeningBody) -> Result<ActivityId, RecordFault> {
    id("activity", needed("activity", body.activity.as_deref())?)
}

fn segments(pairs: Vec<(Number, Number)>) -> Vec<Segment> {
    let segments = pairs.into_iter();
    segments.map(|(from, to)| Segment { from_seconds: from.0, to_seconds: to.0 }).collect()
}

impl From<&Answer> for AnswerBody {
    fn from(answer: &Answer) -> Self {
        Self {
            question: answer.question.to_string(),
            grade: Number(answer.grade),
            response: answer.response.clone(),
            duration_ms: answer.duration_ms,
            hints: answer.hints,
            attempt: answer.attempt,
            probe: answer.probe,
            evidence: EvidenceBody::from(answer.evidence),
            placement_stopped: answer.placement_stopped.map(|reason| reason.word().to_owned()),
        }
    }
}

fn answer(activity: ActivityId, body: AnswerBody) -> Result<Answer, RecordFault> {
    Ok(Answer {
        activity,
        question: id("question", &body.question)?,
        grade: body.grade.0,
        response: body.response,
        duration_ms: body.duration_ms,
        hints: body.hints,
        attempt: body.attempt,
        probe: body.probe,
        evidence: body.evidence.into(),
        placement_stopped: body.placement_stopped.as_deref().map(stopped).transpose()?,
    })
}

fn stopped(word: &str) -> Result<Stopped, RecordFault> {
    Stopped::from_word(word).ok_or(RecordFault::Meaning { field: "placement_stopped" })
}
