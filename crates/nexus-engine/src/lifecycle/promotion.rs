//! Promotion: a policy becomes what decides in a course whenever no experiment runs there.

use crate::ids::{CourseId, PolicyId};
use crate::time::Timestamp;

/// Someone promoted a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPromoted {
    pub course: CourseId,
    pub policy: PolicyId,
    /// The reason that the caller gave.
    pub reason: String,
    /// Who did it, in words.
    pub by: String,
}

/// The promotion that holds in a course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promotion {
    pub policy: PolicyId,
    /// Place in the journal of the event that promoted it.
    pub seq: u64,
    pub at: Timestamp,
    pub reason: String,
    pub by: String,
}
