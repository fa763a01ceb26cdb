//! The kill switch: while it is on, for one course or for all, decisions serve the course's own
//! path and no policy is asked.
//!
//! It is part of the fold, so it is true from the very next decision, survives whatever the journal
//! survives, and who turned it on and why can be read there. Experiments go on: a decision keeps its
//! assignment and the policy of its variant, and is analysed as intended; but what comes of it
//! teaches no policy, because no policy chose it.
//!
//! Nexus turns it on as well, when a policy's monitor sees cause (`lifecycle::monitor`); only people
//! release it, and then the monitors begin anew.

use crate::ids::CourseId;
use crate::time::Timestamp;

/// The kill switch was turned on or off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KillSwitchTurned {
    /// For which course; `None` for all, those included that are published later.
    pub course: Option<CourseId>,
    pub thrown: bool,
    /// The reason that the caller gave.
    pub reason: String,
    /// Who did it, in words.
    pub by: String,
}

/// A kill switch that is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KillSwitch {
    /// Place in the journal of the event that turned it on.
    pub seq: u64,
    pub at: Timestamp,
    pub reason: String,
    pub by: String,
}
