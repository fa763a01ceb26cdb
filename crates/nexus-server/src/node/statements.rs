//! Statements of other systems: kept as they were sent, in the commit of the events that they became.

use super::handle::Reader;
use super::messages::{Incoming, NodeError, NodeFault, Receipt};
use super::{Node, fault_of_store};
use nexus_api::events::ReceiptStatus;
use nexus_engine::event::Event;
use nexus_engine::ids::{EventId, LearnerId};
use nexus_engine::workspace::Refusal;
use nexus_store::statements::StatementKept;
use std::collections::BTreeSet;

/// A statement on its way in, with the events that it becomes.
#[derive(Clone, Debug)]
pub struct StatementIncoming {
    pub kept: StatementKept,
    pub events: Vec<Incoming>,
}

impl Node {
    /// Takes statements whole: all of them, or none. Answers with what became of the events of each; of
    /// one that is taken back in the same commit, by whichever came first, there are none.
    pub(super) fn take_statements(
        &mut self,
        batch: Vec<StatementIncoming>,
    ) -> Result<Vec<Vec<Receipt>>, NodeError> {
        for incoming in &batch {
            self.check_statement(&incoming.kept)?;
        }
        let of_batch = batch.iter().map(|incoming| &incoming.kept);
        let voids = of_batch.chain(&self.group_statements).filter_map(|kept| kept.voids.clone());
        let voids: BTreeSet<String> = voids.collect();
        let mut receipts = Vec::with_capacity(batch.len());
        for StatementIncoming { kept, mut events } in batch {
            if voids.contains(&kept.id) {
                events.clear();
            }
            let events: Result<_, _> =
                events.into_iter().map(|event| self.record_one(event)).collect();
            receipts.push(events?);
            self.group_statements.push(kept);
        }
        Ok(receipts)
    }

    /// Refuses a statement whose id is that of another one, and one that names somebody who was erased.
    fn check_statement(&mut self, kept: &StatementKept) -> Result<(), NodeError> {
        let in_group = self.group_statements.iter().find(|it| it.id == kept.id);
        let known = match in_group {
            Some(known) => Some(known.hash),
            None => {
                let found = self.store.statement(&kept.id);
                found.map_err(|fault| fault_of_store(&fault))?.map(|found| found.hash)
            }
        };
        if known.is_some_and(|hash| hash != kept.hash) {
            return Err(NodeError::Conflict { id: kept.id.clone() });
        }
        for person in &kept.people {
            // invariant: a keyed hash in hexadecimal digits is an id.
            let learner = LearnerId::new(person).map_err(|_| NodeFault::Internal)?;
            if self.is_erased(&learner)? {
                return Err(Refusal::LearnerErased.into());
            }
            self.learners.forget_stranger(&learner);
        }
        Ok(())
    }
}

/// What becomes of a void of a statement: of the event with its id, and of a second one that came of it;
/// and which of them are to be voided.
pub fn voidable(reader: &mut dyn Reader, id: &str) -> (ReceiptStatus, Vec<EventId>) {
    let (mut events, mut voided) = (Vec::new(), false);
    for id in [id.to_owned(), format!("{id}:seg")] {
        let Some(entry) = EventId::new(&id).ok().and_then(|id| reader.entry(&id)) else { continue };
        let Event::Happened(happening) = &entry.event else { continue };
        if reader.corrections(&happening.learner).voided(entry.seq) {
            voided = true;
        } else {
            events.push(entry.id.clone());
        }
    }
    let became = match (events.is_empty(), voided) {
        (false, _) => ReceiptStatus::Accepted,
        (true, true) => ReceiptStatus::Duplicate,
        (true, false) => ReceiptStatus::Rejected,
    };
    (became, events)
}
