//! Consent: whether chance may have a say in what a learner is shown.
//!
//! It is a learner's own, for all courses, and part of the fold. Without it policies go on
//! choosing, by what they think best alone; see `decision::exploration`.

use crate::ids::LearnerId;
use crate::time::Timestamp;

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
