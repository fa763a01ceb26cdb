//! What a learner can be said to have done: one type of event each.

use crate::field::{self, FieldProblem};
use crate::text::{self, WORDS_CHARS_MAX};
use nexus_engine::catalog::grading::{is_right, rounded};
use nexus_engine::event::Action;
use nexus_engine::learner::progress::Segment;
use nexus_engine::words;
use nexus_engine::workspace::{ProposedAction, ProposedAnswer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// The most segments of one video event.
const SEGMENTS_MAX: usize = 1_000;

/// The types of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// The learner joined the course.
    Enrolled,
    /// The learner began to learn.
    SessionStarted,
    /// The learner stopped learning for now.
    SessionEnded,
    /// The learner opened an activity.
    ActivityStarted,
    /// The learner finished an activity.
    ActivityCompleted,
    /// The learner left an activity on purpose.
    ActivitySkipped,
    /// The learner watched parts of a video.
    VideoProgressed,
    /// The learner answered a question.
    QuestionAnswered,
    /// The learner finished a quiz.
    QuizCompleted,
    /// The learner said how an activity was.
    Feedback,
}

words!(EventType {
    Enrolled => "enrolled",
    SessionStarted => "session_started",
    SessionEnded => "session_ended",
    ActivityStarted => "activity_started",
    ActivityCompleted => "activity_completed",
    ActivitySkipped => "activity_skipped",
    VideoProgressed => "video_progressed",
    QuestionAnswered => "question_answered",
    QuizCompleted => "quiz_completed",
    Feedback => "feedback",
});

/// What a learner did; `type` says which.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LearnerAction {
    /// The learner joined the course.
    Enrolled(LearnerEnrolled),
    /// The learner began a session.
    SessionStarted,
    /// Stopped learning for now.
    SessionEnded,
    /// The learner opened an activity.
    ActivityStarted(ActivityNamed),
    /// The learner finished an activity.
    ActivityCompleted(ActivityNamed),
    /// Left an activity on purpose.
    ActivitySkipped(ActivityNamed),
    /// Watched parts of a video.
    VideoProgressed(VideoProgressed),
    /// The learner answered a question.
    QuestionAnswered(QuestionAnswered),
    /// The learner finished a quiz.
    QuizCompleted(QuizCompleted),
    /// Said how an activity was.
    Feedback(ActivityRated),
}

/// How a learner joined the course.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LearnerEnrolled {
    /// Whether the learner only tries the site out. What a test learner does is kept and shown apart, and
    /// teaches nothing: no policy, no question, no experiment and no counter. Only the first event of a
    /// learner can say so, and it stays so in every course.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
}

/// The activity that something happened to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActivityNamed {
    /// The id of the activity.
    #[schema(value_type = text::ActivityId)]
    pub activity: String,
}

/// Watched parts of a video.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VideoProgressed {
    /// The id of the activity.
    #[schema(value_type = text::ActivityId)]
    pub activity: String,
    /// Parts as `[from, to]` in seconds from the beginning: `from` comes before `to`.
    #[schema(schema_with = segments_schema)]
    pub segments: Vec<[f64; 2]>,
}

/// One answer. One of `correct`, `grade`, or a `response` that the course can grade is needed.
/// `correct` means full marks: with a `grade` that says otherwise it is a `contradiction`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuestionAnswered {
    /// The activity it was asked in; that of the question when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::ActivityId>)]
    pub activity: Option<String>,
    /// The id of the question.
    #[schema(value_type = text::QuestionId)]
    pub question: String,
    /// Whether it was right, by the site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct: Option<bool>,
    /// How right it was from 0 to 1, by the site; wins over `response`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    pub grade: Option<f64>,
    /// What the learner answered, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4_000)]
    pub response: Option<String>,
    /// How long it took, in whole milliseconds. Here and in `hints`, `attempt` and `probe`, what cannot be
    /// used is rounded or left out, and the receipt says so.
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
    /// The id of the activity.
    #[schema(value_type = text::ActivityId)]
    pub activity: String,
    /// The site's mark from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    pub grade: Option<f64>,
}

/// How an activity was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActivityRated {
    /// The id of the activity.
    #[schema(value_type = text::ActivityId)]
    pub activity: String,
    /// From 1 (bad) to 5 (good).
    #[schema(minimum = 1, maximum = 5)]
    pub rating: u8,
    /// What the learner wrote, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4_000)]
    pub comment: Option<String>,
}

impl LearnerAction {
    /// Reads the fields that belong to a type of event.
    pub(super) fn read(word: &str, value: &Value) -> Result<Self, FieldProblem> {
        let Some(kind) = EventType::from_word(word) else {
            let asked = field::shorten(word).chars().take(40).collect::<String>();
            let known = EventType::ALL.map(EventType::word).join(", ");
            let detail = format!("{asked:?} is no type of event; known: {known}");
            return Err(FieldProblem::new("/type", "unknown_type", detail));
        };
        Ok(match kind {
            EventType::Enrolled => Self::Enrolled(field::read(value)?),
            EventType::SessionStarted => Self::SessionStarted,
            EventType::SessionEnded => Self::SessionEnded,
            EventType::ActivityStarted => Self::ActivityStarted(field::read(value)?),
            EventType::ActivityCompleted => Self::ActivityCompleted(field::read(value)?),
            EventType::ActivitySkipped => Self::ActivitySkipped(field::read(value)?),
            EventType::VideoProgressed => Self::VideoProgressed(field::read(value)?),
            EventType::QuestionAnswered => Self::QuestionAnswered(field::read(value)?),
            EventType::QuizCompleted => Self::QuizCompleted(field::read(value)?),
            EventType::Feedback => Self::Feedback(field::read(value)?),
        })
    }

    /// The same as the engine takes it.
    pub(super) fn proposed(&self) -> Result<ProposedAction, FieldProblem> {
        let named = |named: &ActivityNamed| field::activity_id(&named.activity, "/activity");
        Ok(ProposedAction::Plain(match self {
            Self::Enrolled(how) => Action::Enrolled { test: how.test },
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
            exact: true,
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
        match (self.correct, self.grade.map(rounded)) {
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
        Some(text) if text.chars().count() > WORDS_CHARS_MAX => {
            let detail = format!("at most {WORDS_CHARS_MAX} characters");
            Err(FieldProblem::new(pointer, "too_long", detail))
        }
        text => Ok(text.map(str::to_owned)),
    }
}

/// Parts of a video: pairs of seconds.
fn segments_schema() -> RefOr<Schema> {
    let seconds = ObjectBuilder::new().schema_type(SchemaType::new(Type::Number)).build();
    let pair = ArrayBuilder::new().items(seconds).min_items(Some(2)).max_items(Some(2));
    ArrayBuilder::new()
        .items(pair)
        .max_items(Some(SEGMENTS_MAX))
        .description(Some(
            "Parts as `[from, to]` in seconds from the beginning, `to` at most 30 seconds after the \
             video's end. An empty part is nothing, and one that is no stretch of the video costs no \
             other.",
        ))
        .into()
}

/// The fields that belong to a type of event, and what the type means.
pub(super) fn schema_of(kind: EventType) -> (Option<RefOr<Schema>>, &'static str) {
    match kind {
        EventType::Enrolled => (
            Some(LearnerEnrolled::schema()),
            "The learner joined the course; as the first event with `test`, as a test learner.",
        ),
        EventType::SessionStarted => (None, "The learner began to learn."),
        EventType::SessionEnded => (None, "The learner stopped learning for now."),
        EventType::ActivityStarted => {
            (Some(ActivityNamed::schema()), "The learner opened an activity.")
        }
        EventType::ActivityCompleted => {
            (Some(ActivityNamed::schema()), "The learner finished an activity.")
        }
        EventType::ActivitySkipped => {
            (Some(ActivityNamed::schema()), "The learner left an activity on purpose.")
        }
        EventType::VideoProgressed => {
            (Some(VideoProgressed::schema()), "The learner watched parts of a video.")
        }
        EventType::QuestionAnswered => (
            Some(QuestionAnswered::schema()),
            "The learner answered a question. One of `correct`, `grade`, or a `response` that the \
             course can grade is needed. `correct` means full marks: with a `grade` that says \
             otherwise it is a `contradiction`.",
        ),
        EventType::QuizCompleted => (Some(QuizCompleted::schema()), "The learner finished a quiz."),
        EventType::Feedback => {
            (Some(ActivityRated::schema()), "The learner said how an activity was.")
        }
    }
}
