//! Learner events, exposures, and what the site reports of decisions.

use super::messages::{
    ExposureAsk, Incoming, NodeError, NodeFault, Receipt, ReportAsk, RequestHash,
};
use super::{Before, Node};
use nexus_engine::decision::attribution::Attribution;
use nexus_engine::ids::EventId;
use nexus_engine::workspace::Refusal;
use nexus_engine::workspace::protocol::{Command, CommandAnswer};

impl Node {
    /// One receipt an event; a bad one never spoils its batch.
    pub(super) fn record(&mut self, batch: Vec<Incoming>) -> Result<Vec<Receipt>, NodeFault> {
        batch.into_iter().map(|incoming| self.record_one(incoming)).collect()
    }

    pub(super) fn record_one(&mut self, incoming: Incoming) -> Result<Receipt, NodeFault> {
        let Incoming { id, hash, proposal } = incoming;
        // First, because an erased learner has no events that could be duplicates.
        if self.is_erased(&proposal.learner)? {
            return Ok(Receipt::Refused(Refusal::LearnerErased));
        }
        if let Some(known) = self.known_receipt(&id, &hash)? {
            return Ok(known);
        }
        match self.receipt(Command::Record { id, proposal }, hash) {
            Ok(receipt) => Ok(receipt),
            Err(NodeError::Refused(refusal)) => Ok(Receipt::Refused(refusal)),
            Err(NodeError::Conflict { .. }) => Ok(Receipt::Conflict),
            Err(NodeError::Fault { fault, .. }) => Err(fault),
            // invariant: no event is a course draft.
            Err(NodeError::Invalid(_)) => Err(NodeFault::Internal),
        }
    }

    pub(super) fn expose(&mut self, ask: ExposureAsk) -> Result<Receipt, NodeError> {
        let ExposureAsk { id, hash, decision, occurred_at } = ask;
        self.refuse_erased_decision(&decision)?;
        if let Some(known) = self.known_receipt(&id, &hash)? {
            return Ok(known);
        }
        let made = self.living_decision(&decision)?;
        let (learner, course) = (made.learner.clone(), made.course.clone());
        self.receipt(Command::Expose { id, learner, course, decision, occurred_at }, hash)
    }

    /// Records a value that the site reports of a decision, whether it still counts or not.
    pub(super) fn report(&mut self, ask: ReportAsk) -> Result<Receipt, NodeError> {
        let ReportAsk { id, hash, decision, report } = ask;
        self.refuse_erased_decision(&decision)?;
        if let Some(known) = self.known_receipt(&id, &hash)? {
            return Ok(known);
        }
        let decision = self.living_decision(&decision)?;
        self.receipt(Command::Report { id, decision, report }, hash)
    }

    /// The receipt of an event whose id stands in the journal or in the group.
    fn known_receipt(
        &self,
        id: &EventId,
        hash: &RequestHash,
    ) -> Result<Option<Receipt>, NodeFault> {
        Ok(match self.before(id, hash)? {
            Before::Same { seq } => Some(Receipt::Duplicate { seq }),
            Before::Other => Some(Receipt::Conflict),
            Before::No => None,
        })
    }

    fn receipt(&mut self, command: Command, hash: RequestHash) -> Result<Receipt, NodeError> {
        match self.handle(command, hash)? {
            CommandAnswer::Recorded { seq, attribution } => {
                Ok(Receipt::Accepted { seq, late: attribution == Attribution::Late })
            }
            // invariant: what a learner did is recorded or refused.
            CommandAnswer::Decided { .. }
            | CommandAnswer::Supported { .. }
            | CommandAnswer::Rested(_)
            | CommandAnswer::Unchanged => Err(NodeFault::Internal.into()),
        }
    }
}
