//! Recovery and checkpoints: memory is only a cache of the journal.

use super::messages::NodeFault;
use super::start::StartFault;
use super::{Node, fault_of_append};
use nexus_engine::workspace::SharedState;
use nexus_engine::workspace::corrections::Corrections;
use nexus_store::fault::{AppendFault, StoreFault};
use std::ops::ControlFlow;
use std::time::Instant;

impl Node {
    /// Rebuilds memory from the last checkpoint and the journal after it.
    pub fn recover(&mut self) -> Result<(), StartFault> {
        self.group.clear();
        self.group_statements.clear();
        self.group_turns.clear();
        self.group_ids.clear();
        self.group_decisions.clear();
        self.reload_positions()?;
        match self.store.load_checkpoint()? {
            // What was corrected changed the state of before, too.
            Some((seq, _)) if self.store.corrected_after(seq)? => self.rebuild(),
            Some((seq, state)) => match self.replay_from(seq, state, &Corrections::default()) {
                Err(StoreFault::SnapshotDamaged { reason, .. }) => {
                    tracing::warn!(reason, "a snapshot is damaged; replaying everything");
                    self.rebuild()
                }
                other => Ok(other?),
            },
            None => self.rebuild(),
        }
    }

    /// Rebuilds memory from the journal alone.
    pub fn rebuild(&mut self) -> Result<(), StartFault> {
        self.store.discard_checkpoint()?;
        let corrections = self.store.corrections()?;
        Ok(self.replay_from(0, SharedState::default(), &corrections)?)
    }

    /// Brings a state forward from an entry. From behind the latest correction, entries count as they are.
    fn replay_from(
        &mut self,
        seq: u64,
        state: SharedState,
        corrections: &Corrections,
    ) -> Result<(), StoreFault> {
        self.learners.forget();
        self.damaged = false;
        self.state = state;
        self.checkpoint_seq = seq;
        self.checkpoint_at = Instant::now();
        let mut failed = None;
        let (learners, state, store) = (&mut self.learners, &mut self.state, &self.store);
        store.replay(seq, |stored| {
            let learner = match stored.entry.event.learner() {
                None => None,
                Some(id) => match learners.load(store, id) {
                    Ok(()) => Some(learners.change(id)),
                    Err(fault) => {
                        failed = Some(fault);
                        return ControlFlow::Break(());
                    }
                },
            };
            corrections.apply(state, learner, &stored.entry);
            ControlFlow::Continue(())
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// Whether enough happened, or enough time passed, for a checkpoint.
    pub fn checkpoint_due(&self) -> bool {
        let entries = self.store.head().seq.saturating_sub(self.checkpoint_seq);
        let old = self.checkpoint_at.elapsed() >= self.config.checkpoint_interval;
        let many = entries >= self.config.checkpoint_entries && !self.checkpoint_failed;
        many || (old && entries > 0)
    }

    /// Writes a checkpoint of the committed state.
    pub fn checkpoint(&mut self) -> Result<(), AppendFault> {
        let seq = self.store.head().seq;
        self.checkpoint_at = Instant::now();
        if seq == 0 {
            return Ok(());
        }
        self.checkpoint_failed = true;
        self.store.save_checkpoint(seq, &self.state, self.learners.dirty())?;
        self.checkpoint_failed = false;
        self.learners.settle(self.config.cached_learners_max);
        self.checkpoint_seq = seq;
        Ok(())
    }

    /// Commits the group and writes a checkpoint on request.
    pub(super) fn checkpoint_now(&mut self) -> Result<u64, NodeFault> {
        if !self.group.is_empty() {
            // Those before in the group are answered first; what was asked comes with the next.
            return Err(NodeFault::Overloaded);
        }
        self.checkpoint().map_err(|fault| fault_of_append(&fault))?;
        Ok(self.checkpoint_seq)
    }
}
