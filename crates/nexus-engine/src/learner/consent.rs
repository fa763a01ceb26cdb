//! Consent: whether chance may have a say in what a learner is shown.
//!
//! It is a learner's own, for all courses, and part of the fold. Without it policies go on
//! choosing, by what they think best alone; see `decision::exploration`.

use super::LearnerState;
use crate::event::Entry;
use crate::ids::LearnerId;
use crate::time::Timestamp;
use crate::workspace::Refusal;

/// Somebody said whether a learner takes part in exploration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentChanged {
    /// Whose consent.
    pub learner: LearnerId,
    /// Given or withdrawn.
    pub exploration: bool,
    /// Why, in the words of whoever said it.
    pub reason: String,
    /// Who said it, in words.
    pub by: String,
}

/// What was said last about a learner's consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Given or withdrawn.
    pub exploration: bool,
    /// When.
    pub at: Timestamp,
    /// Place in the journal of the event that says so, by whom and why.
    pub seq: u64,
}

impl LearnerState {
    /// Whether the learner consents to exploration, given what holds for whoever said nothing.
    #[must_use]
    pub fn consents(&self, by_default: bool) -> bool {
        self.consent.map_or(by_default, |said| said.exploration)
    }

    /// Says whether consent may be changed so. `Ok(false)` when the same was said last: then there
    /// is nothing to journal.
    ///
    /// # Errors
    /// [`Refusal::ReasonMissing`].
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
