//! Consent: whether chance may have a say in what a learner is shown.
//!
//! It is a learner's own, for all courses, and part of the fold. Without it policies go on
//! choosing, by what they think best alone; see `decision::exploration`.

use crate::ids::LearnerId;
use crate::time::Timestamp;

/// A statement whether a learner takes part in exploration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentChanged {
    pub learner: LearnerId,
    pub exploration: bool,
    /// The reason that the caller gave.
    pub reason: String,
    /// Who said it, in words.
    pub by: String,
}

/// What was said last about a learner's consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consent {
    pub exploration: bool,
    pub at: Timestamp,
    /// Place in the journal of the event that says so, by whom and why.
    pub seq: u64,
}
