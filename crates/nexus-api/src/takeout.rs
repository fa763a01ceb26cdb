//! Getting out: who there is, and everything about one learner.

use crate::journal::JournalEntry;
use crate::learners::{LearnerBody, MasteryBody};
use crate::standing::Standing;
use crate::time;
use nexus_engine::workspace::LearnerState;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Learners, in the order of their ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LearnerList {
    /// Those of this page that fit what was asked for.
    pub learners: Vec<LearnerSummary>,
    /// Ask `?after=` this for the next page; absent on the last one. A page may be empty and have a next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One learner, in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LearnerSummary {
    /// The id of the learner.
    pub learner: String,
    /// Journal entries about them.
    pub entries: u64,
    /// The latest moment seen in their events.
    #[schema(format = DateTime)]
    pub last_at: Option<String>,
    /// Answers that the learner gave.
    pub answers: u32,
    /// Answers that were right.
    pub right: u32,
    /// Whether the learner only tries the site out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
    /// The ids of their courses.
    pub courses: Vec<String>,
    /// Where the learner stands in the course that was asked for; absent when none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

impl LearnerSummary {
    /// A learner, with where they stand in a course.
    #[must_use]
    pub fn new(state: &LearnerState, standing: Option<Standing>) -> Self {
        Self {
            learner: state.id.to_string(),
            entries: state.entries,
            last_at: time::print_known(state.last_at),
            answers: state.belief.attempts,
            right: state.belief.wins,
            test: state.test,
            courses: state.courses.keys().map(ToString::to_string).collect(),
            standing,
        }
    }
}

/// Everything about one learner: what the General Data Protection Regulation calls access (article 15)
/// and portability (article 20).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LearnerExport {
    /// When it was made.
    #[schema(format = DateTime)]
    pub made_at: String,
    /// What they have done, by course.
    pub learner: LearnerBody,
    /// What they seem to know, by course, each with one sentence.
    pub mastery: MasteryBody,
    /// Every journal entry about them, the oldest first: what they did, what was decided for them and
    /// why, and what came of it.
    pub entries: Vec<JournalEntry>,
}
