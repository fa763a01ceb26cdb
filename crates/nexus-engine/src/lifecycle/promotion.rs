//! Promotion: a policy becomes what decides in a course whenever no experiment runs there.

use crate::ids::{CourseId, PolicyId};
use crate::time::Timestamp;

/// Someone promoted a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPromoted {
    /// In which course.
    pub course: CourseId,
    /// Which policy.
    pub policy: PolicyId,
    /// Why, in the words of whoever did it.
    pub reason: String,
    /// Who did it, in words.
    pub by: String,
}

/// The promotion that holds in a course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promotion {
    /// Which policy decides.
    pub policy: PolicyId,
    /// Place in the journal of the event that promoted it.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// Who did it.
    pub by: String,
}
