//! The end of a learner in the fold.

use super::SharedState;
use crate::constraint::CourseConstraints;
use crate::erasure::{Erasure, ErasureMark, LearnerErased};
use crate::event::Entry;
use crate::ids::{CourseId, LearnerId};
use crate::learner::LearnerState;
use crate::learner::progress::CourseProgress;

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
        for (course, progress) in &learner.courses {
            self.close_erased(course, progress);
        }
        for known in self.constraints.values_mut() {
            known.forget(&learner.id);
        }
        let kept = Erasure { seq: entry.seq, at: entry.received_at };
        self.erasures.insert(erased.mark, kept);
        *learner = LearnerState::erased(erased.learner.clone(), learner.entries + 1);
    }

    /// Nobody waits any more for what an erased learner might have done.
    fn close_erased(&mut self, course: &CourseId, progress: &CourseProgress) {
        for open in &progress.open {
            self.pending.remove(&(open.ends_at, open.id.clone()));
        }
        let report = self.reports.entry(course.clone()).or_default();
        report.closed.erased += progress.open.len() as u64;
        if let Some(plan) = progress.plan.as_deref().filter(|plan| !plan.settled) {
            self.pending_plans.remove(&(plan.ends_at, plan.assigned.clone()));
            if let Some(known) = self.plans.get_mut(course) {
                known.missing += 1;
            }
        }
    }
}

impl CourseConstraints {
    /// Drops what was set for one learner alone.
    fn forget(&mut self, learner: &LearnerId) {
        self.own.remove(learner);
    }
}
