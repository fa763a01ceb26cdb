//! Automatic actions: what Nexus itself journals because of what it has seen. It stops a policy, or
//! lets an apprentice serve.

use super::SharedState;
use crate::catalog::CourseDraft;
use crate::event::Event;
use crate::ids::CourseId;
use crate::lifecycle::kill_switch::KillSwitchTurned;
use std::sync::Arc;

/// The name that automatic actions are journaled under.
pub const NEXUS: &str = "nexus";

impl SharedState {
    /// What must be journaled next about the policies of a course, if anything.
    /// [`SharedState::handle`] asks after every entry of the course; replay does not, because the
    /// journal has the answer.
    #[must_use]
    pub(crate) fn automatic_action(&self, course: &CourseId) -> Option<Event> {
        // Where no policy decides, none is stopped, and none begins to serve.
        if self.kill_switch(course).is_some() {
            return None;
        }
        if let Some(ended) = self.stage_to_end(course) {
            return Some(Event::PolicyPromoted(ended));
        }
        let life = self.lives.get(course);
        let mut policies = life.into_iter().flat_map(|life| life.policies.keys());
        let of_policy = policies.find_map(|policy| Some((policy, life?.cause(policy)?)));
        if let Some((policy, cause)) = of_policy {
            let reason = format!("policy {policy}: {cause}");
            return Some(Event::KillSwitchTurned(KillSwitchTurned {
                course: Some(course.clone()),
                thrown: true,
                reason,
                by: NEXUS.to_owned(),
            }));
        }
        self.graduate(course).map(Event::PolicyGraduated)
    }

    /// Makes a course as published. Where its reward is declared anew, rewards are on another scale
    /// from now on, and monitors begin anew: a teacher who edits a weight has stopped no policy.
    pub(crate) fn publish_again(&mut self, draft: &CourseDraft) {
        let declared = |state: &Self| state.course(&draft.id).map(|course| course.reward.clone());
        let before = declared(self);
        // The draft was valid when it was admitted, so later rules are not asked again.
        let _ = self.restore(Arc::new(draft.clone()));
        if let (Some(before), Some(now)) = (before, declared(self))
            && before != now
            && let Ok(course) = CourseId::new(&draft.id)
        {
            self.restart_monitors(Some(&course));
        }
    }

    /// Lets the monitors of a course begin anew, or those of all courses.
    pub(crate) fn restart_monitors(&mut self, course: Option<&CourseId>) {
        let of = |id: &CourseId| course.is_none_or(|course| course == id);
        let lives = self.lives.iter_mut().filter(|(id, _)| of(id));
        let policies = lives.flat_map(|(_, life)| life.policies.values_mut());
        policies.for_each(|life| life.monitor = Default::default());
        let strategies = self.strategies.iter_mut().filter(|(id, _)| of(id));
        strategies.for_each(|(_, known)| known.gains = Default::default());
    }
}
