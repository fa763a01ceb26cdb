//! Reads on the node's thread, between two commits: only durable state is ever shown.

use super::Node;
use super::handle::Reader;
use nexus_engine::event::Entry;
use nexus_engine::ids::{EventId, LearnerId};
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::corrections::Corrections;
use nexus_engine::workspace::{LearnerState, SharedState};
use nexus_store::fault::StoreFault;
use nexus_store::journal::Page;
use nexus_store::statements::{StatementFound, StatementQuery};

impl Reader for Node {
    fn state(&self) -> &SharedState {
        &self.state
    }

    fn is_erased(&mut self, id: &LearnerId) -> bool {
        let erased = self.is_blocked(id) || (self.load(id).is_ok() && self.names_an_erased(id));
        self.learners.forget_stranger(id);
        erased
    }

    fn learner(&mut self, id: &LearnerId) -> Option<LearnerState> {
        if self.load(id).is_err() && self.damaged {
            // Reads run between two commits, so memory can be rebuilt right here.
            self.rebuild().map_err(|fault| tracing::error!(%fault, "rebuilding failed")).ok()?;
            self.load(id).ok()?;
        }
        let known = self.learners.get(id).filter(|learner| is_present(learner)).cloned();
        self.learners.forget_stranger(id);
        known
    }

    fn peek(&mut self, id: &LearnerId, show: &mut dyn FnMut(&LearnerState, &SharedState)) -> bool {
        let stored;
        let known = match self.learners.get(id) {
            Some(known) => Some(known),
            None => {
                stored = self.store.load_learner(id);
                match &stored {
                    Ok(known) => known.as_ref(),
                    Err(fault) => {
                        tracing::error!(%fault, "a read failed");
                        // Reads run between two commits; memory is rebuilt after this one.
                        self.damaged |= matches!(fault, StoreFault::SnapshotDamaged { .. });
                        None
                    }
                }
            }
        };
        let known = known.filter(|learner| is_present(learner));
        known.map(|learner| show(learner, &self.state)).is_some()
    }

    fn learner_ids(&mut self, after: Option<&LearnerId>, limit: usize) -> Vec<LearnerId> {
        let saved = logged(self.store.learner_ids(after, limit), "list learners");
        let saved = saved.unwrap_or_default();
        // A learner who is not in the checkpoint yet is in memory, because they changed since.
        let changed = self.learners.dirty_after(after, limit);
        let mut ids: Vec<LearnerId> = saved.into_iter().chain(changed).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.truncate(limit);
        ids
    }

    fn entries(&mut self, after_seq: u64, limit: usize) -> Vec<Entry> {
        let entries = logged(self.store.entries(after_seq, limit), "read the journal");
        entries.unwrap_or_default().into_iter().map(|stored| stored.entry).collect()
    }

    fn statement(&mut self, id: &str) -> Option<StatementFound> {
        logged(self.store.statement(id), "read a statement")?
    }

    fn statements(&mut self, query: &StatementQuery) -> Vec<StatementFound> {
        logged(self.store.statements(query), "list statements").unwrap_or_default()
    }

    fn entries_of_kinds(&mut self, after_seq: u64, before_seq: u64, kinds: &[&str]) -> Vec<Entry> {
        let entries = self.store.entries_of_kinds(after_seq, before_seq, kinds);
        let entries = logged(entries, "read the journal").unwrap_or_default();
        entries.into_iter().map(|stored| stored.entry).collect()
    }

    fn entry(&mut self, id: &EventId) -> Option<Entry> {
        let entry = logged(self.store.entry_by_id(id), "read the journal")?;
        entry.map(|stored| stored.entry)
    }

    fn history(&mut self, learner: &LearnerId, before_seq: u64, limit: usize) -> Vec<Entry> {
        let page = Page::BeforeEntry(before_seq);
        let entries = self.store.entries_of_learner(learner, page, limit);
        let entries = logged(entries, "read a learner's history").unwrap_or_default();
        entries.into_iter().map(|stored| stored.entry).collect()
    }

    fn corrections(&mut self, learner: &LearnerId) -> Corrections {
        logged(self.store.corrections_of(learner), "read a learner's corrections")
            .unwrap_or_default()
    }

    fn now(&self) -> Timestamp {
        self.config.clock.now()
    }
}

/// Whether this is a learner with events who was not erased.
fn is_present(learner: &LearnerState) -> bool {
    learner.entries > 0 && !learner.erased
}

/// A read that fails shows nothing; the fault is logged once, here.
fn logged<T>(result: Result<T, StoreFault>, action: &str) -> Option<T> {
    result.map_err(|fault| tracing::error!(%fault, action, "a read failed")).ok()
}
