//! Corrections: events that never happened, grades that were wrong, answer keys that were mended.

use crate::field::{self, FieldProblem};
use crate::{examples, text, words};
use nexus_engine::ids::{EventId, QuestionId};
use nexus_engine::workspace::corrections::RegradeCounts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Most events that one request corrects.
pub const CORRECTED_MAX: usize = 10_000;
/// Most learners of whom a receipt says what changes.
pub const CHANGES_MAX: usize = 200;

/// Voids events, or gives answers other grades; one of both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::correction)]
pub struct CorrectionRequest {
    /// Ids of events that never happened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<text::EventId>, max_items = 10_000)]
    pub void: Vec<String>,
    /// The grades that answers, or completed quizzes, really have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10_000)]
    pub grades: Vec<GradeCorrection>,
    /// The reason that the caller gave.
    #[schema(value_type = text::Reason)]
    pub reason: String,
    /// Only says what would change.
    #[serde(default)]
    pub dry_run: bool,
}

/// The grade that an answer, or a completed quiz, really has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GradeCorrection {
    /// The id of the event.
    #[schema(value_type = text::EventId)]
    pub event: String,
    /// From 0 to 1; only 1 is right.
    #[schema(minimum = 0, maximum = 1)]
    pub grade: f64,
}

/// Grades stored responses again, by the answer keys of the latest version of the course.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::regrade)]
pub struct RegradeRequest {
    /// Of these questions only; of all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<text::QuestionId>>)]
    pub questions: Option<Vec<String>>,
    /// The reason that the caller gave; that the key was mended, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::Reason>)]
    pub reason: Option<String>,
    /// Only says what would change.
    #[serde(default)]
    pub dry_run: bool,
}

/// That a correction is durable and everything follows it, or what it would change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CorrectionReceipt {
    /// What was corrected.
    pub correction: words::CorrectionKind,
    /// Whether this only says what would change.
    pub dry_run: bool,
    /// Whether nothing changes; then nothing was journaled.
    pub duplicate: bool,
    /// Place in the journal of the first entry that says so, one a learner; absent of a dry run and of
    /// what changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Learners for whom something changes.
    pub learners: u64,
    /// Events that were corrected.
    pub events: u64,
    /// Answers whose grade changes, those that were voided among them.
    pub answers: u64,
    /// Rewards of decisions whose value changes, or that come or go.
    pub rewards: u64,
    /// Earlier entries that count otherwise: those that were corrected, and what followed from them.
    pub entries: u64,
    /// What a regrade looked at and left as it is; absent of other corrections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regrade: Option<RegradeNumbers>,
    /// What changes for each learner, in the order of their ids: at most 200.
    pub changes: Vec<LearnerChange>,
}

/// What a correction changes for one learner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LearnerChange {
    /// The id of the learner.
    pub learner: String,
    /// Events that were corrected.
    pub events: u64,
    /// Answers whose grade changes.
    pub answers: u64,
    /// Rewards that change.
    pub rewards: u64,
    /// Answers that count, before and after.
    pub answered: [u32; 2],
    /// Right answers among them, before and after.
    pub right: [u32; 2],
}

/// Answers that a regrade looked at and left as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegradeNumbers {
    /// Answers to the questions that were asked for.
    pub seen: u64,
    /// The same mark by either key.
    pub same: u64,
    /// Without a response: nothing can be graded.
    pub without_response: u64,
    /// The mark is not what the key of their version says, so the site gave it.
    pub graded_by_site: u64,
    /// Somebody corrected their grade by hand.
    pub graded_by_hand: u64,
    /// The latest version does not ask the question, or cannot grade the response.
    pub not_gradable: u64,
}

impl From<RegradeCounts> for RegradeNumbers {
    fn from(counts: RegradeCounts) -> Self {
        let RegradeCounts {
            seen,
            same,
            without_response,
            graded_by_site,
            graded_by_hand,
            not_gradable,
        } = counts;
        Self { seen, same, without_response, graded_by_site, graded_by_hand, not_gradable }
    }
}

/// What a [`CorrectionRequest`] asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum EventsToCorrect {
    /// These never happened.
    Void(Vec<EventId>),
    /// These have these grades.
    Grade(Vec<(EventId, f64)>),
}

impl CorrectionRequest {
    /// What is asked for, and why.
    ///
    /// Errors: the first field that is not possible.
    pub fn read(self) -> Result<(EventsToCorrect, String), FieldProblem> {
        let Self { void, grades, reason, dry_run: _ } = self;
        let reason = field::reason(reason)?;
        let events = match (void.is_empty(), grades.is_empty()) {
            (true, true) => {
                let detail = "name events to void, or grades to correct";
                return Err(FieldProblem::new("/void", "missing", detail));
            }
            (false, false) => {
                let detail = "void events and correct grades in two requests: their order matters";
                return Err(FieldProblem::new("/grades", "contradiction", detail));
            }
            (false, true) => {
                too_many("/void", void.len())?;
                let ids = void.iter().enumerate();
                let ids = ids.map(|(place, id)| field::event_id(id, &format!("/void/{place}")));
                EventsToCorrect::Void(ids.collect::<Result<_, _>>()?)
            }
            (true, false) => {
                too_many("/grades", grades.len())?;
                let grades = grades.iter().enumerate().map(|(place, it)| {
                    let at = |name: &str| format!("/grades/{place}/{name}");
                    if !(0.0..=1.0).contains(&it.grade) {
                        let detail = "a grade lies between 0 and 1";
                        return Err(FieldProblem::new(at("grade"), "out_of_range", detail));
                    }
                    Ok((field::event_id(&it.event, &at("event"))?, it.grade))
                });
                EventsToCorrect::Grade(grades.collect::<Result<_, FieldProblem>>()?)
            }
        };
        Ok((events, reason))
    }
}

fn too_many(pointer: &str, len: usize) -> Result<(), FieldProblem> {
    let detail = || format!("at most {CORRECTED_MAX} events in one request, not {len}");
    match len > CORRECTED_MAX {
        true => Err(FieldProblem::new(pointer, "too_many", detail())),
        false => Ok(()),
    }
}

impl RegradeRequest {
    /// Which questions are meant, and why.
    ///
    /// Errors: the first field that is not possible.
    pub fn read(self) -> Result<(Option<BTreeSet<QuestionId>>, String), FieldProblem> {
        let Self { questions, reason, dry_run: _ } = self;
        let reason =
            reason.map_or_else(|| Ok("the answer key was mended".to_owned()), field::reason)?;
        let questions = questions.map(|questions| {
            let ids = questions.iter().enumerate();
            ids.map(|(place, id)| field::question_id(id, &format!("/questions/{place}"))).collect()
        });
        Ok((questions.transpose()?, reason))
    }
}
