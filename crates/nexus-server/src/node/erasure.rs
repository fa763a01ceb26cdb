//! Erasing a learner, and refusing the ids of erased learners.

use super::handle::Committed;
use super::messages::{EraseAsk, Erased, NodeError, NodeFault};
use super::start::StartFault;
use super::{Before, NO_HASH, Node, fault_of_store};
use nexus_engine::decision::Decision;
use nexus_engine::erasure::{ErasureMark, LearnerErased};
use nexus_engine::event::{Entry, Event};
use nexus_engine::ids::{DecisionId, EventId, LearnerId};
use nexus_engine::workspace::{LearnerState, Refusal};
use nexus_store::erase::Redacted;
use nexus_store::fault::{AppendFault, StoreFault};
use nexus_store::journal::NewRecord;
use std::sync::Arc;
use std::time::Instant;

/// A shorter id is not looked for in the words of a reason: it could be any word.
const NAMING_BYTES_MIN: usize = 4;

/// Why a learner was not erased.
pub(super) enum EraseFault {
    /// Nothing was done, and memory is as it was.
    Node(NodeError),
    /// The write failed: memory knows of an erasure that the journal does not, and must be rebuilt.
    Append(AppendFault),
}

impl From<NodeError> for EraseFault {
    fn from(error: NodeError) -> Self {
        Self::Node(error)
    }
}

impl From<Refusal> for EraseFault {
    fn from(refusal: Refusal) -> Self {
        Self::Node(refusal.into())
    }
}

impl From<NodeFault> for EraseFault {
    fn from(fault: NodeFault) -> Self {
        Self::Node(fault.into())
    }
}

impl From<StoreFault> for EraseFault {
    fn from(fault: StoreFault) -> Self {
        Self::Node(fault_of_store(&fault).into())
    }
}

/// An erasure that is durable, and what is told of it; nothing when it was so before.
type DurableErasure = (Erased, Option<Committed>);

impl Node {
    /// Erases a learner. The group must be empty: what waits in it is committed before. Old bytes
    /// are still in the files until the store has scrubbed them.
    pub(super) fn erase(&mut self, ask: EraseAsk) -> Result<DurableErasure, EraseFault> {
        let EraseAsk { learner, reason, by } = ask;
        let before = self.store.erasure_mark(&learner);
        if let Some(known) = before.and_then(|mark| self.state.erasure(&mark)) {
            let (seq, bytes_gone) = (known.seq, !self.store.scrub_due());
            return Ok((Erased { seq, entries: None, bytes_gone }, None));
        }
        self.load(&learner)?;
        if self.names_an_erased(&learner) {
            return Err(Refusal::LearnerErased.into());
        }
        let known = self.learners.get(&learner).is_some_and(|state| state.entries > 0);
        let told = self.store.is_in_statements(&learner)?;
        if !known && !told && !self.state.constrains(&learner) {
            self.learners.forget_stranger(&learner);
            return Err(Refusal::UnknownLearner.into());
        }
        if names(&reason, &learner) || names(&by, &learner) {
            return Err(Refusal::ReasonNamesLearner.into());
        }
        let mark = self.store.make_erasure_mark(&learner)?;
        self.end(Some(&learner), mark, reason, by)
    }

    /// After a start: a learner on the erasure list who is not erased in the journal is erased again,
    /// before anything is served. So an older database that was put back brings no learner back.
    pub(super) fn erase_again(&mut self) -> Result<(), StartFault> {
        let known: Vec<ErasureMark> = self.state.erasures.keys().copied().collect();
        let unknown = self.store.settle_erasures(known.into_iter())?;
        let found = self.store.learners_marked(&unknown)?;
        for mark in unknown {
            let is_theirs = |learner: &&LearnerId| self.store.erasure_mark(learner) == Some(mark);
            let learner = found.iter().find(is_theirs).cloned();
            tracing::warn!("an older journal was put back; a learner is erased from it again");
            let reason = "erased before, and in an older journal that was put back".to_owned();
            let by = "the erasure list".to_owned();
            if let Some(learner) = &learner {
                self.learners.load(&self.store, learner)?;
            }
            match self.end(learner.as_ref(), mark, reason, by) {
                Ok(_) => {}
                Err(EraseFault::Append(fault)) => return Err(fault.into()),
                Err(EraseFault::Node(error)) => return Err(StartFault::Erasure(error)),
            }
        }
        if self.store.scrub_due() {
            self.store.scrub()?;
        }
        self.erasures.set_remains(self.store.scrub_due());
        Ok(())
    }

    /// Erases a learner; without one, only the mark is recorded.
    fn end(
        &mut self,
        learner: Option<&LearnerId>,
        mark: ErasureMark,
        reason: String,
        by: String,
    ) -> Result<DurableErasure, EraseFault> {
        let seq = self.store.head().seq + 1;
        let id = EventId::derived("learner-erased", seq);
        if !matches!(self.before(&id, &NO_HASH)?, Before::No) {
            return Err(NodeError::Conflict { id: id.to_string() }.into());
        }
        let pseudonym = self.store.pseudonym()?;
        let redacted = match learner {
            Some(learner) => self.store.redact(learner, &pseudonym)?,
            None => Redacted::nothing(),
        };
        let event = Event::LearnerErased(Box::new(LearnerErased {
            learner: pseudonym.clone(),
            mark,
            entries: redacted.entries(),
            digest: redacted.digest(),
            reason,
            by,
        }));
        let entry = Entry { seq, id, received_at: self.config.clock.now(), event };
        let state = learner.and_then(|learner| self.learners.take(learner));
        let mut state = state.unwrap_or_else(|| LearnerState::new(pseudonym));
        let learner_seq = Some(state.entries);
        self.state.apply(Some(&mut state), &entry);
        self.learners.put(state);
        let record = NewRecord { entry, learner_seq, request_hash: NO_HASH };
        let written = self.store.erase(&redacted, &record, &self.state, self.learners.dirty());
        written.map_err(EraseFault::Append)?;
        // It came with a checkpoint.
        self.learners.settle(self.config.cached_learners_max);
        self.checkpoint_seq = seq;
        self.checkpoint_at = Instant::now();
        self.checkpoint_failed = false;
        self.erasures.set_remains(true);
        let erased = Erased { seq, entries: Some(redacted.entries()), bytes_gone: false };
        Ok((erased, Some(Committed { entry: record.entry, turns: Vec::new() })))
    }

    /// Whether an id is that of an erased learner.
    pub(super) fn is_blocked(&self, learner: &LearnerId) -> bool {
        let mark = self.store.erasure_mark(learner);
        mark.is_some_and(|mark| self.state.erasure(&mark).is_some())
    }

    /// Whether an id is the random name of an erased learner. They must be in memory.
    pub(super) fn names_an_erased(&self, learner: &LearnerId) -> bool {
        self.learners.get(learner).is_some_and(|state| state.erased)
    }

    /// Loads a learner, and says and counts whether nothing may happen to them any more.
    pub(super) fn is_erased(&mut self, learner: &LearnerId) -> Result<bool, NodeFault> {
        let mut erased = self.is_blocked(learner);
        if !erased {
            self.load(learner)?;
            erased = self.names_an_erased(learner);
        }
        if erased {
            self.erasures.refuse();
        }
        Ok(erased)
    }

    /// Loads a learner to whom something may happen.
    pub(super) fn refuse_erased(&mut self, learner: &LearnerId) -> Result<(), NodeError> {
        if self.is_erased(learner)? { Err(Refusal::LearnerErased.into()) } else { Ok(()) }
    }

    /// Refuses what comes for a decision of an erased learner, by the id that it had.
    pub(super) fn refuse_erased_decision(&self, decision: &DecisionId) -> Result<(), NodeError> {
        let found =
            self.store.find(&EventId::from(decision)).map_err(|fault| fault_of_store(&fault))?;
        if found.is_some_and(|found| found.erased) {
            self.erasures.refuse();
            return Err(Refusal::LearnerErased.into());
        }
        Ok(())
    }

    /// A decision that was made for a learner who is not erased; the learner is loaded.
    pub(super) fn living_decision(
        &mut self,
        decision: &DecisionId,
    ) -> Result<Arc<Decision>, NodeError> {
        let unknown = || Refusal::UnknownDecision { decision: decision.to_string() };
        let made = self.decision(decision)?.ok_or_else(unknown)?;
        self.refuse_erased(&made.learner)?;
        Ok(made)
    }
}

/// Whether words hold a learner's id.
pub(super) fn names(words: &str, learner: &LearnerId) -> bool {
    let id = learner.as_str();
    id.len() >= NAMING_BYTES_MIN && words.to_lowercase().contains(&id.to_lowercase())
}
