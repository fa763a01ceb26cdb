//! The learners in memory: loaded when they are asked for, kept while they are dirty.

use nexus_engine::ids::LearnerId;
use nexus_engine::workspace::LearnerState;
use nexus_store::fault::StoreFault;
use nexus_store::store::Store;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Learner states, with those that changed since the last checkpoint.
#[derive(Debug, Default)]
pub(super) struct Learners {
    states: BTreeMap<LearnerId, LearnerState>,
    dirty: BTreeSet<LearnerId>,
}

impl Learners {
    /// Makes sure that a learner is in memory; one of whom nothing is known is new.
    pub fn load(&mut self, store: &Store, id: &LearnerId) -> Result<(), StoreFault> {
        if !self.states.contains_key(id) {
            let state = store.load_learner(id)?;
            let state = state.unwrap_or_else(|| LearnerState::new(id.clone()));
            self.states.insert(id.clone(), state);
        }
        Ok(())
    }

    /// A learner in memory.
    pub fn get(&self, id: &LearnerId) -> Option<&LearnerState> {
        self.states.get(id)
    }

    /// A learner in memory, to change; [`Learners::mark_changed`] says when it was.
    pub fn get_mut(&mut self, id: &LearnerId) -> Option<&mut LearnerState> {
        self.states.get_mut(id)
    }

    /// A learner differs from the last checkpoint.
    pub fn mark_changed(&mut self, id: LearnerId) {
        self.dirty.insert(id);
    }

    /// A learner in memory, to change; it counts as changed from here on.
    pub fn change(&mut self, id: &LearnerId) -> &mut LearnerState {
        self.dirty.insert(id.clone());
        self.states.entry(id.clone()).or_insert_with(|| LearnerState::new(id.clone()))
    }

    /// Takes a learner out of memory.
    pub fn take(&mut self, id: &LearnerId) -> Option<LearnerState> {
        self.dirty.remove(id);
        self.states.remove(id)
    }

    /// Puts a changed learner into memory.
    pub fn put(&mut self, state: LearnerState) {
        self.dirty.insert(state.id.clone());
        self.states.insert(state.id.clone(), state);
    }

    /// The learners that changed since the last checkpoint.
    pub fn dirty(&self) -> impl Iterator<Item = &LearnerState> {
        self.dirty.iter().filter_map(|id| self.states.get(id))
    }

    /// At most `limit` of the ids of those after one of them, in order.
    pub fn dirty_after(&self, after: Option<&LearnerId>, limit: usize) -> Vec<LearnerId> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let ids = self.dirty.range::<LearnerId, _>((from, Bound::Unbounded));
        ids.take(limit).cloned().collect()
    }

    /// After a checkpoint: no learner is dirty, and at most `max` stay in memory.
    pub fn settle(&mut self, max: usize) {
        self.dirty.clear();
        // Everybody can be loaded again; starting anew is cheaper than remembering who was asked
        // for last.
        self.trim(max);
    }

    /// Drops a learner without events, so that requests for unknown ids cost no memory.
    pub fn forget_stranger(&mut self, id: &LearnerId) {
        if self.states.get(id).is_some_and(|state| state.entries == 0) {
            self.states.remove(id);
        }
    }

    /// Keeps at most `max` of those that can be loaded again, besides the dirty ones.
    pub fn trim(&mut self, max: usize) {
        if self.states.len() > max + self.dirty.len() {
            let dirty = &self.dirty;
            self.states.retain(|id, _| dirty.contains(id));
        }
    }

    /// Forgets everybody, after a failed commit.
    pub fn forget(&mut self) {
        self.states.clear();
        self.dirty.clear();
    }
}
