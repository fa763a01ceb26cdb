//! Supports.

use super::decisions::new_id;
use super::messages::{NodeError, NodeFault, SupportAsk, Supported};
use super::{Before, Node, fault_of_store};
use nexus_engine::event::Event;
use nexus_engine::ids::EventId;
use nexus_engine::support::SupportChosen;
use nexus_engine::workspace::protocol::{Command, CommandAnswer, HelpAsk};
use std::sync::Arc;

impl Node {
    pub(super) fn support(&mut self, ask: SupportAsk) -> Result<Supported, NodeError> {
        self.refuse_erased(&ask.learner)?;
        let id = match ask.id {
            Some(id) => id,
            None => new_id("sup", self.config.clock.now().0)?,
        };
        let event_id = EventId::from(&id);
        let conflict = || NodeError::Conflict { id: id.to_string() };
        match self.before(&event_id, &ask.hash)? {
            Before::No => {}
            Before::Other => return Err(conflict()),
            Before::Same { seq } => {
                let chosen = self.support_chosen(&event_id)?.ok_or_else(conflict)?;
                return Ok(Supported { chosen, seq, duplicate: true });
            }
        }
        let SupportAsk { learner, course, question, reason, decision, hash, .. } = ask;
        let ask = HelpAsk { id, learner, course, question, reason, decision };
        match self.handle(Command::Support(Box::new(ask)), hash)? {
            CommandAnswer::Supported { seq, chosen } => {
                Ok(Supported { chosen, seq, duplicate: false })
            }
            // invariant: a request for help gets a support or is refused.
            CommandAnswer::Recorded { .. }
            | CommandAnswer::Decided { .. }
            | CommandAnswer::Rested(_)
            | CommandAnswer::Unchanged => Err(NodeFault::Internal.into()),
        }
    }

    /// A choice that was made, in this group or durable.
    fn support_chosen(&self, id: &EventId) -> Result<Option<Arc<SupportChosen>>, NodeFault> {
        let group = self.group.iter().map(|record| &record.entry);
        if let Some(entry) = group.rev().find(|entry| entry.id == *id) {
            return Ok(match &entry.event {
                Event::SupportChosen(chosen) => Some(Arc::new((**chosen).clone())),
                _ => None,
            });
        }
        let stored = self.store.entry_by_id(id).map_err(|fault| fault_of_store(&fault))?;
        Ok(stored.and_then(|stored| match stored.entry.event {
            Event::SupportChosen(chosen) => Some(Arc::new(*chosen)),
            _ => None,
        }))
    }
}
