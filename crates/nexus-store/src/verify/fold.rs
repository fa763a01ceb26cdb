//! The fold of the journal from empty, and beside it the stored checkpoint brought forward.

use super::Problems;
use crate::codec;
use crate::fault::StoreFault;
use crate::journal::chain::{self, GENESIS, Walk};
use crate::journal::row::Row;
use crate::journal::{Head, StoredEntry};
use nexus_engine::event::Entry;
use nexus_engine::ids::LearnerId;
use nexus_engine::workspace::corrections::Corrections;
use nexus_engine::workspace::{LearnerState, SharedState};
use std::collections::BTreeMap;

/// All state at one entry.
#[derive(Default)]
pub(super) struct State {
    pub(super) shared: SharedState,
    pub(super) learners: BTreeMap<LearnerId, LearnerState>,
}

impl State {
    fn apply(&mut self, entry: &Entry, corrections: &Corrections) {
        let learner = entry.event.learner().map(|id| {
            self.learners.entry(id.clone()).or_insert_with(|| LearnerState::new(id.clone()))
        });
        corrections.apply(&mut self.shared, learner, entry);
    }

    pub(super) fn digest(&self) -> [u8; 32] {
        codec::state_digest(&self.shared, self.learners.values())
    }
}

/// The stored checkpoint, from its place on.
pub(super) struct Stored {
    pub(super) place: u64,
    pub(super) state: State,
}

/// Where the walk along the journal has come to.
pub(super) struct Fold {
    pub(super) walk: Walk,
    pub(super) replayed: State,
    pub(super) stored: Option<Stored>,
    corrections: Corrections,
    journal: blake3::Hasher,
}

impl Fold {
    /// Begins at the first entry of a journal with these corrections. A stored state from before
    /// one of them is not compared: nothing is served from it.
    pub(super) fn new(stored: Option<State>, corrections: Corrections) -> Self {
        let stored = stored.filter(|state| state.shared.head >= corrections.latest());
        Self {
            walk: Walk::from(Head { seq: 0, hash: GENESIS }),
            replayed: State::default(),
            stored: stored.map(|state| Stored { place: state.shared.head, state }),
            corrections,
            journal: blake3::Hasher::new(),
        }
    }

    pub(super) fn step(&mut self, row: Row, problems: &mut Problems) -> Result<(), StoreFault> {
        self.walk.step(&row)?;
        chain::columns(&mut self.journal, &row);
        let (kind, learner) = (row.kind.clone(), row.learner.clone());
        let StoredEntry { entry, learner_seq, .. } = row.decode()?;
        let id = entry.event.learner();
        if kind != entry.event.word() || learner.as_deref() != id.map(LearnerId::as_str) {
            problems.add(format!("entry {} says something else than its columns", entry.seq));
        }
        let known = id.and_then(|id| self.replayed.learners.get(id));
        let expected = id.map(|_| known.map_or(0, |learner| learner.entries));
        if learner_seq != expected {
            problems.add(format!("entry {} has the wrong place in its stream", entry.seq));
        }
        self.replayed.apply(&entry, &self.corrections);
        if let Some(stored) = &mut self.stored
            && entry.seq > stored.place
        {
            stored.state.apply(&entry, &self.corrections);
        }
        Ok(())
    }

    /// The last entry that was reached.
    pub(super) fn head(&self) -> Head {
        self.walk.head()
    }

    pub(super) fn journal_digest(&self) -> [u8; 32] {
        *self.journal.finalize().as_bytes()
    }

    /// Says where the stored state differs from the replayed one, and which counters do not add up.
    pub(super) fn compare(&self, problems: &mut Problems) {
        let shared = &self.replayed.shared;
        for checked in [shared.check_rewards(), shared.check_supports()] {
            if let Err(violation) = checked {
                problems.add(format!("{}: {}", violation.id, violation.seen));
            }
        }
        let Some(Stored { state, .. }) = &self.stored else { return };
        if codec::shared_digest(&state.shared) != codec::shared_digest(&self.replayed.shared) {
            problems.add("the stored shared state is not what the journal says".to_owned());
        }
        for (id, replayed) in &self.replayed.learners {
            match state.learners.get(id) {
                None => problems.add(format!("the snapshot of {id} is missing")),
                Some(stored)
                    if codec::learner_digest(stored) != codec::learner_digest(replayed) =>
                {
                    problems.add(format!("the snapshot of {id} is not what the journal says"));
                }
                Some(_) => {}
            }
        }
        let invented = state.learners.keys().filter(|id| !self.replayed.learners.contains_key(*id));
        invented.for_each(|id| problems.add(format!("the snapshot of {id} has no journal")));
    }
}
