//! The mode of a policy in a course: whether it serves, and whether it learns.

use super::apprentice::Apprenticeship;
use crate::ids::{CourseId, PolicyId};
use crate::words;

/// Whether a policy serves and learns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It serves and learns.
    #[default]
    Live,
    /// It serves, and learns nothing.
    Frozen,
    /// It decides beside the one that serves, and learns; see [`super::shadow`].
    Shadow,
    /// Its baseline serves in its place until it agrees, and it learns; see [`super::apprentice`].
    Apprentice,
}

words!(Mode {
    Live => "live",
    Frozen => "frozen",
    Shadow => "shadow",
    Apprentice => "apprentice",
});

/// Someone set the mode of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyModeSet {
    pub course: CourseId,
    pub policy: PolicyId,
    pub mode: Mode,
    /// The terms of an apprentice; the usual ones when absent, and nothing of any other mode.
    pub apprentice: Option<Apprenticeship>,
    /// The reason that the caller gave.
    pub reason: String,
    /// Who did it, in words.
    pub by: String,
}
