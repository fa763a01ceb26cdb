//! What Nexus knows of one learner: what they have done, and what they seem to know.

pub mod belief;
pub mod consent;
pub mod influence;
pub mod mastery;
pub mod memory;
pub mod placement;
pub mod progress;
pub mod remedy;
pub mod results;
pub mod session;
pub mod tracing;
pub mod tracing_version;
pub mod training;
pub mod turn;

use crate::decision::exploration::WindowCounter;
use crate::ids::{CourseId, LearnerId};
use crate::time::Timestamp;
use belief::Belief;
use consent::Consent;
use progress::CourseProgress;
use std::collections::BTreeMap;

/// The fold of one learner's events.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnerState {
    /// Who.
    pub id: LearnerId,
    /// How many journal entries this state has absorbed; the next entry's `learner_seq`.
    pub entries: u64,
    /// The latest moment seen of this learner, by any clock. It never goes back.
    pub last_at: Timestamp,
    /// The latest moment that the learning site reported; what is earlier arrives late. Apart from
    /// `last_at`, because decisions carry the node's clock and the site's may lie behind.
    pub reported_at: Timestamp,
    /// What was said last about consent to exploration; `None` before anything was.
    pub consent: Option<Consent>,
    /// Exploratory decisions in the latest day that had any, over all courses.
    pub explored: WindowCounter,
    /// What they seem to know.
    pub belief: Belief,
    /// What they have done, by course. Boxed, because a map keeps room for eleven and most learners
    /// are in one.
    pub courses: BTreeMap<CourseId, Box<CourseProgress>>,
    /// Whether they were erased: then this is all that is left, under a random name.
    pub erased: bool,
}

impl LearnerState {
    /// Somebody of whom nothing is known yet.
    #[must_use]
    pub fn new(id: LearnerId) -> Self {
        Self {
            id,
            entries: 0,
            last_at: Timestamp(i64::MIN),
            reported_at: Timestamp(i64::MIN),
            consent: None,
            explored: WindowCounter::default(),
            belief: Belief::default(),
            courses: BTreeMap::new(),
            erased: false,
        }
    }

    /// What is left of somebody who was erased: a random name, and how many entries stand under it.
    #[must_use]
    pub fn erased(pseudonym: LearnerId, entries: u64) -> Self {
        Self { entries, erased: true, ..Self::new(pseudonym) }
    }
}
