//! The kill switch: while it is thrown, for one course or for all, decisions serve the course's own
//! path and no policy is asked.
//!
//! It is part of the fold, so it is true from the very next decision, survives whatever the journal
//! survives, and who threw it and why can be read there. Experiments go on: a decision keeps its
//! assignment and the policy of its variant, and is analysed as intended; but what comes of it
//! teaches no policy, because no policy chose it.
//!
//! Nexus throws it as well, when a policy's monitor sees cause (`lifecycle::monitor`); only people
//! release it, and then the monitors begin anew.

use super::{Refusal, SharedState};
use crate::event::Entry;
use crate::ids::CourseId;
use crate::time::Timestamp;

/// Someone threw the kill switch, or released it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KillSwitchTurned {
    /// For which course; `None` for all, those included that are published later.
    pub course: Option<CourseId>,
    /// Thrown or released.
    pub thrown: bool,
    /// Why, in the words of whoever did it.
    pub reason: String,
    /// Who did it, in words.
    pub by: String,
}

/// A kill switch that is thrown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KillSwitch {
    /// Place in the journal of the event that threw it.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// Who did it.
    pub by: String,
}

impl SharedState {
    /// The kill switch that holds in a course: that of all courses, or else its own.
    #[must_use]
    pub fn kill_switch(&self, course: &CourseId) -> Option<&KillSwitch> {
        // Almost always there is none, and a decision pays nothing for asking.
        if self.kill_switches.is_empty() {
            return None;
        }
        let all = self.kill_switches.get(&None);
        all.or_else(|| self.kill_switches.get(&Some(course.clone())))
    }

    /// Says whether the kill switch may be turned. `Ok(false)` when it stands so already, for the
    /// same reason: then there is nothing to journal.
    ///
    /// # Errors
    /// [`Refusal::UnknownCourse`]; [`Refusal::ReasonMissing`].
    pub fn admit_kill_switch(&self, turned: &KillSwitchTurned) -> Result<bool, Refusal> {
        if let Some(course) = &turned.course
            && self.course(course.as_str()).is_none()
        {
            return Err(Refusal::UnknownCourse { course: course.to_string() });
        }
        if turned.reason.trim().is_empty() {
            return Err(Refusal::ReasonMissing);
        }
        let known = self.kill_switches.get(&turned.course);
        Ok(match (turned.thrown, known) {
            (true, Some(known)) => known.reason != turned.reason,
            (true, None) | (false, Some(_)) => true,
            (false, None) => false,
        })
    }

    pub(super) fn turn_kill_switch(&mut self, turned: &KillSwitchTurned, entry: &Entry) {
        if !turned.thrown {
            self.kill_switches.remove(&turned.course);
            self.restart_monitors(turned.course.as_ref());
            return;
        }
        let thrown = KillSwitch {
            seq: entry.seq,
            at: entry.received_at,
            reason: turned.reason.clone(),
            by: turned.by.clone(),
        };
        self.kill_switches.insert(turned.course.clone(), thrown);
    }
}
