//! The mode of a policy in a course: whether it serves, and whether it learns.

use super::has_reason;
use crate::ids::{CourseId, PolicyId};
use crate::workspace::{Refusal, SharedState};

/// Whether a policy serves and learns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It serves and learns.
    #[default]
    Live,
    /// It serves, and learns nothing.
    Frozen,
}

impl Mode {
    /// The word for it on the wire and in the journal.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Frozen => "frozen",
        }
    }
}

/// Someone set the mode of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyModeSet {
    /// In which course.
    pub course: CourseId,
    /// Of which policy.
    pub policy: PolicyId,
    /// The mode.
    pub mode: Mode,
    /// Why, in the words of whoever did it.
    pub reason: String,
    /// Who did it, in words.
    pub by: String,
}

impl SharedState {
    /// The mode of a policy in a course.
    #[must_use]
    pub fn mode(&self, course: &CourseId, policy: &PolicyId) -> Mode {
        self.life(course, policy).map_or(Mode::Live, |life| life.mode)
    }

    /// Says whether a mode may be set. `Ok(false)` when it is so already: then there is nothing to
    /// journal.
    ///
    /// # Errors
    /// A [`Refusal`]: an unknown course or policy, or no reason.
    pub fn admit_mode(&self, set: &PolicyModeSet) -> Result<bool, Refusal> {
        self.known_policy(&set.course, &set.policy)?;
        has_reason(&set.reason)?;
        Ok(self.mode(&set.course, &set.policy) != set.mode)
    }

    pub(crate) fn set_mode(&mut self, set: &PolicyModeSet) {
        self.life_mut(&set.course, &set.policy).mode = set.mode;
    }
}
