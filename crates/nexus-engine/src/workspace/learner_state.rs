//! The state of one learner: what they have done, what they seem to know, and the decisions that
//! were made for them. The rooms below hold its parts.

use super::Refusal;
use crate::decision::reward::LearnerDecisions;
use crate::event::Entry;
use crate::experiment::exposure::ExposureRecord;
use crate::ids::{CourseId, LearnerId};
use crate::learner::belief::Belief;
use crate::learner::consent::{Consent, ConsentChanged};
use crate::learner::progress::CourseProgress;
use crate::learner::window::WindowCounter;
use crate::plan::LearnerPlan;
use crate::strategy::LearnerStrategy;
use crate::support::OpenSupport;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// The fold of one learner's events.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnerState {
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
    /// What the learner seems to know.
    pub belief: Belief,
    /// By course. Boxed, because a map keeps room for eleven and most learners are in one.
    pub courses: BTreeMap<CourseId, Box<LearnerCourse>>,
    /// Whether the learner was erased: then this is all that is left, under a random name.
    pub erased: bool,
    /// Whether the learner only tries the site out: what they do is kept and teaches nothing.
    pub test: bool,
}

/// One learner in one course.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LearnerCourse {
    /// What the learner has done.
    pub progress: CourseProgress,
    /// The decisions that were made.
    pub decisions: LearnerDecisions,
    /// What was shown under experiments, one record an experiment.
    pub exposures: Vec<ExposureRecord>,
    /// The strategy that was assigned last.
    pub strategy: Option<Box<LearnerStrategy>>,
    /// The whole plan that was drawn last.
    pub plan: Option<Box<LearnerPlan>>,
    /// The supports that wait for their outcome, oldest first.
    pub supports: Vec<OpenSupport>,
}

impl LearnerState {
    /// A learner of whom nothing is known yet.
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
            test: false,
        }
    }

    /// What is left of a learner who was erased: a random name, and how many entries stand under it.
    #[must_use]
    pub fn erased(pseudonym: LearnerId, entries: u64) -> Self {
        Self { entries, erased: true, ..Self::new(pseudonym) }
    }

    /// What the learner has done in a course, when there is anything.
    #[must_use]
    pub fn progress(&self, course: &str) -> Option<&CourseProgress> {
        self.courses.get(course).map(|course| &course.progress)
    }

    /// Says whether the learner may be enrolled as a test learner: only before anything else of them
    /// was told, because what they have taught is not taken back.
    ///
    /// Errors: [`Refusal::TestTooLate`].
    pub fn admit_enrolment(&self, test: bool) -> Result<(), Refusal> {
        if test && !self.test && self.entries > 0 {
            return Err(Refusal::TestTooLate);
        }
        Ok(())
    }

    /// Whether the learner consents to exploration, given what holds when nothing was said.
    #[must_use]
    pub fn consents(&self, by_default: bool) -> bool {
        self.consent.map_or(by_default, |said| said.exploration)
    }

    /// Says whether consent may be changed so. `Ok(false)` when the same was said last: then there
    /// is nothing to journal.
    ///
    /// Errors: [`Refusal::ReasonMissing`].
    pub fn admit_consent(&self, changed: &ConsentChanged) -> Result<bool, Refusal> {
        if changed.reason.trim().is_empty() {
            return Err(Refusal::ReasonMissing);
        }
        Ok(self.consent.is_none_or(|said| said.exploration != changed.exploration))
    }

    pub(crate) fn change_consent(&mut self, changed: &ConsentChanged, entry: &Entry) {
        let (exploration, at, seq) = (changed.exploration, entry.received_at, entry.seq);
        self.consent = Some(Consent { exploration, at, seq });
    }
}
