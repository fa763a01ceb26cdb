//! The end of a learner in the fold.

use super::{LearnerCourse, LearnerState, SharedState};
use crate::erasure::{Erasure, ErasureMark, LearnerErased};
use crate::event::Entry;
use crate::ids::{CourseId, LearnerId};

impl SharedState {
    /// What is kept of the erasure of an id, by its mark.
    #[must_use]
    pub fn erasure(&self, mark: &ErasureMark) -> Option<&Erasure> {
        self.erasures.get(mark)
    }

    /// Whether a constraint in some course was set for a learner alone.
    #[must_use]
    pub fn constrains(&self, learner: &LearnerId) -> bool {
        self.constraints.values().any(|known| known.own.contains_key(learner))
    }

    /// Ends a learner. `learner` may still be called by the id that they had, or, on replay, by the
    /// random name that stands in its place: what is taken out is found under either.
    pub(super) fn erase(
        &mut self,
        learner: &mut LearnerState,
        erased: &LearnerErased,
        entry: &Entry,
    ) {
        // What is open of a test learner was never counted.
        for (course, state) in learner.courses.iter().filter(|_| !learner.test) {
            self.close_erased(course, state);
        }
        for known in self.constraints.values_mut() {
            known.own.remove(&learner.id);
        }
        let kept = Erasure { seq: entry.seq, at: entry.received_at };
        self.erasures.insert(erased.mark, kept);
        *learner = LearnerState::erased(erased.learner.clone(), learner.entries + 1);
    }

    /// Nothing waits any more for what an erased learner might have done.
    fn close_erased(&mut self, course: &CourseId, state: &LearnerCourse) {
        for open in &state.decisions.open {
            self.pending.remove(&(open.origin.window.ends_at, open.origin.id.clone()));
        }
        let report = self.reports.entry(course.clone()).or_default();
        report.closed.erased += state.decisions.open.len() as u64;
        for open in &state.supports {
            self.pending_supports.remove(&(open.ends_at, open.choice.clone()));
            if let Some(known) = self.supports.get_mut(course) {
                known.missing += 1;
            }
        }
        if let Some(strategy) = state.strategy.as_deref().filter(|strategy| !strategy.settled) {
            self.pending_strategies.remove(&(strategy.ends_at, strategy.assigned.clone()));
            if let Some(known) = self.strategies.get_mut(course) {
                known.missing += 1;
            }
        }
    }
}
