//! All state as the entries of a journal make it.

use nexus_engine::event::Entry;
use nexus_engine::ids::LearnerId;
use nexus_engine::workspace::{Applied, LearnerState, SharedState};
use std::collections::BTreeMap;

/// The shared state and every learner's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoldedState {
    pub shared: SharedState,
    pub learners: BTreeMap<LearnerId, LearnerState>,
}

impl FoldedState {
    /// The fold of a whole journal.
    pub fn of<'a>(journal: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut fold = Self::default();
        for entry in journal {
            fold.apply(entry);
        }
        fold
    }

    /// Makes one more entry true.
    pub fn apply(&mut self, entry: &Entry) -> Applied {
        let learner = entry.event.learner().map(|id| {
            self.learners.entry(id.clone()).or_insert_with(|| LearnerState::new(id.clone()))
        });
        self.shared.apply(learner, entry)
    }

    /// A learner's state; that of a new learner when nothing is known of them.
    #[must_use]
    pub fn learner(&self, id: &LearnerId) -> LearnerState {
        self.learners.get(id).cloned().unwrap_or_else(|| LearnerState::new(id.clone()))
    }
}
