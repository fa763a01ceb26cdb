//! What a learner can be said to have done: one type of event each.

use crate::field::{self, FieldProblem};
use nexus_engine::catalog::grading::is_right;
use nexus_engine::event::Action;
use nexus_engine::learner::progress::Segment;
use nexus_engine::workspace::{ProposedAction, ProposedAnswer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The longest comment or response, in bytes.
const WORDS_BYTES_MAX: usize = 4_000;
/// The most segments of one video event.
const SEGMENTS_MAX: usize = 1_000;

/// The types of events.
const TYPES: &str = "enrolled, session_started, session_ended, activity_started, \
     activity_completed, activity_skipped, video_progressed, question_answered, quiz_completed, \
     feedback";

/// What a learner did; `type` says which.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LearnerAction {
    /// Joined the course.
    Enrolled,
    /// Began to learn.
    SessionStarted,
    /// Stopped learning for now.
    SessionEnded,
    /// Opened an activity.
    ActivityStarted(ActivityNamed),
    /// Finished an activity.
    ActivityCompleted(ActivityNamed),
    /// Left an activity on purpose.
    ActivitySkipped(ActivityNamed),
    /// Watched parts of a video.
    VideoProgressed(VideoProgressed),
    /// Answered a question.
    QuestionAnswered(QuestionAnswered),
    /// Finished a quiz.
    QuizCompleted(QuizCompleted),
    /// Said how an activity was.
    Feedback(ActivityRated),
}

/// The activity that something happened to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActivityNamed {
    /// Which activity.
    pub activity: String,
}

/// Watched parts of a video.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VideoProgressed {
    /// Which activity.
    pub activity: String,
    /// Parts as `[from, to]` in seconds from the beginning.
    #[schema(example = json!([[0.0, 30.5]]))]
    pub segments: Vec<[f64; 2]>,
}

/// One answer. One of `correct`, `grade`, or a `response` that the course can grade is needed.
/// `correct` means full marks: with a `grade` that says otherwise it is a `contradiction`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuestionAnswered {
    /// The activity it was asked in; that of the question when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<String>,
    /// The question.
    pub question: String,
    /// Whether it was right, by the site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct: Option<bool>,
    /// How right it was from 0 to 1, by the site; wins over `response`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<f64>,
    /// What was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u32>,
    /// How many hints were seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hints: Option<u16>,
    /// Which attempt it is, from 1; counted by Nexus when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub attempt: Option<u16>,
    /// Whether it answers the probe of a decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<bool>,
}

/// A quiz that was finished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuizCompleted {
    /// Which activity.
    pub activity: String,
    /// The site's mark from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<f64>,
}

/// How an activity was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActivityRated {
    /// Which activity.
    pub activity: String,
    /// From 1 (bad) to 5 (good).
    #[schema(minimum = 1, maximum = 5)]
    pub rating: u8,
    /// Free words, at most 4,000 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl LearnerAction {
    /// Reads the fields that belong to a type of event.
    pub(super) fn read(kind: &str, value: &Value) -> Result<Self, FieldProblem> {
        Ok(match kind {
            "enrolled" => Self::Enrolled,
            "session_started" => Self::SessionStarted,
            "session_ended" => Self::SessionEnded,
            "activity_started" => Self::ActivityStarted(field::read(value)?),
            "activity_completed" => Self::ActivityCompleted(field::read(value)?),
            "activity_skipped" => Self::ActivitySkipped(field::read(value)?),
            "video_progressed" => Self::VideoProgressed(field::read(value)?),
            "question_answered" => Self::QuestionAnswered(field::read(value)?),
            "quiz_completed" => Self::QuizCompleted(field::read(value)?),
            "feedback" => Self::Feedback(field::read(value)?),
            other => {
                let asked = field::shorten(other).chars().take(40).collect::<String>();
                let detail = format!("{asked:?} is no type of event; known: {TYPES}");
                return Err(FieldProblem::new("/type", "unknown_type", detail));
            }
        })
    }

    /// The same as the engine takes it.
    pub(super) fn proposed(&self) -> Result<ProposedAction, FieldProblem> {
        let named = |named: &ActivityNamed| field::activity_id(&named.activity, "/activity");
        Ok(ProposedAction::Plain(match self {
            Self::Enrolled => Action::Enrolled,
            Self::SessionStarted => Action::SessionStarted,
            Self::SessionEnded => Action::SessionEnded,
            Self::ActivityStarted(which) => Action::ActivityStarted { activity: named(which)? },
            Self::ActivityCompleted(which) => Action::ActivityCompleted { activity: named(which)? },
            Self::ActivitySkipped(which) => Action::ActivitySkipped { activity: named(which)? },
            Self::VideoProgressed(progress) => progress.action()?,
            Self::QuestionAnswered(answer) => {
                return answer.proposed().map(ProposedAction::Answered);
            }
            Self::QuizCompleted(quiz) => Action::QuizCompleted {
                activity: field::activity_id(&quiz.activity, "/activity")?,
                grade: quiz.grade,
            },
            Self::Feedback(rated) => Action::Feedback {
                activity: field::activity_id(&rated.activity, "/activity")?,
                rating: rated.rating,
                comment: words(rated.comment.as_deref(), "/comment")?,
            },
        }))
    }
}

impl VideoProgressed {
    fn action(&self) -> Result<Action, FieldProblem> {
        if self.segments.len() > SEGMENTS_MAX {
            let detail = format!("at most {SEGMENTS_MAX} segments");
            return Err(FieldProblem::new("/segments", "too_many", detail));
        }
        let segment = |[from_seconds, to_seconds]: &[f64; 2]| Segment {
            from_seconds: *from_seconds,
            to_seconds: *to_seconds,
        };
        Ok(Action::VideoProgressed {
            activity: field::activity_id(&self.activity, "/activity")?,
            segments: self.segments.iter().map(segment).collect(),
        })
    }
}

impl QuestionAnswered {
    fn proposed(&self) -> Result<ProposedAnswer, FieldProblem> {
        self.check()?;
        let activity = self.activity.as_deref();
        Ok(ProposedAnswer {
            activity: activity.map(|id| field::activity_id(id, "/activity")).transpose()?,
            question: field::question_id(&self.question, "/question")?,
            correct: self.correct,
            grade: self.grade,
            response: words(self.response.as_deref(), "/response")?,
            duration_ms: self.duration_ms,
            hints: self.hints.unwrap_or(0),
            attempt: self.attempt,
            probe: self.probe.unwrap_or(false),
        })
    }

    /// What needs no look at the course. A grade outside 0 to 1 is left to the engine.
    fn check(&self) -> Result<(), FieldProblem> {
        if self.attempt == Some(0) {
            let detail = "attempts are counted from 1; leave it out and Nexus counts";
            return Err(FieldProblem::new("/attempt", "attempt_out_of_range", detail));
        }
        match (self.correct, self.grade) {
            (Some(correct), Some(grade))
                if (0.0..=1.0).contains(&grade) && correct != is_right(grade) =>
            {
                let detail = format!(
                    "correct is {correct} and grade is {grade}; only grade 1 is correct, so send \
                     one of them or make them agree"
                );
                Err(FieldProblem::new("/grade", "contradiction", detail))
            }
            _ => Ok(()),
        }
    }
}

fn words(text: Option<&str>, pointer: &str) -> Result<Option<String>, FieldProblem> {
    match text {
        Some(text) if text.len() > WORDS_BYTES_MAX => {
            let detail = format!("at most {WORDS_BYTES_MAX} bytes");
            Err(FieldProblem::new(pointer, "too_long", detail))
        }
        text => Ok(text.map(str::to_owned)),
    }
}
