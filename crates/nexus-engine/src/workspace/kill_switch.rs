//! The kill switch in the fold: where it is on, and who may turn it.

use super::{Refusal, SharedState};
use crate::event::Entry;
use crate::ids::CourseId;
use crate::lifecycle::kill_switch::{KillSwitch, KillSwitchTurned};

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
    /// Errors: [`Refusal::UnknownCourse`]; [`Refusal::ReasonMissing`].
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
