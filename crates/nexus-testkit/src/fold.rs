//! All state as the entries of a journal make it.

use nexus_engine::event::Entry;
use nexus_engine::ids::LearnerId;
use nexus_engine::workspace::corrections::Corrections;
use nexus_engine::workspace::{Applied, LearnerState, SharedState};
use std::collections::BTreeMap;

/// The shared state and every learner's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoldedState {
    pub shared: SharedState,
    pub learners: BTreeMap<LearnerId, LearnerState>,
}

impl FoldedState {
    /// The fold of a whole journal, with its corrections.
    pub fn of<'a>(journal: impl IntoIterator<Item = &'a Entry>) -> Self {
        let entries: Vec<_> = journal.into_iter().collect();
        let mut corrections = Corrections::default();
        entries.iter().for_each(|entry| corrections.read(entry));
        let mut fold = Self::default();
        for entry in entries {
            let learner = learner_of(&mut fold.learners, entry);
            corrections.apply(&mut fold.shared, learner, entry);
        }
        fold
    }

    /// Makes one more entry true.
    pub fn apply(&mut self, entry: &Entry) -> Applied {
        self.shared.apply(learner_of(&mut self.learners, entry), entry)
    }

    /// A learner's state; that of a new learner when nothing is known of them.
    #[must_use]
    pub fn learner(&self, id: &LearnerId) -> LearnerState {
        self.learners.get(id).cloned().unwrap_or_else(|| LearnerState::new(id.clone()))
    }
}

fn learner_of<'a>(
    learners: &'a mut BTreeMap<LearnerId, LearnerState>,
    entry: &Entry,
) -> Option<&'a mut LearnerState> {
    let id = entry.event.learner()?;
    Some(learners.entry(id.clone()).or_insert_with(|| LearnerState::new(id.clone())))
}
