//! Learner events, exposures, and what the site reports of decisions.

use super::messages::{Incoming, NodeError, NodeFault, Receipt, ReportAsk, RequestHash};
use super::{Before, Node};
use nexus_engine::decision::attribution::Attribution;
use nexus_engine::event::Event;
use nexus_engine::ids::{DecisionId, EventId};
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::Refusal;

impl Node {
    /// One receipt an event; a bad one never spoils its batch.
    pub(super) fn record(&mut self, batch: Vec<Incoming>) -> Result<Vec<Receipt>, NodeFault> {
        batch.into_iter().map(|incoming| self.record_one(incoming)).collect()
    }

    fn record_one(&mut self, incoming: Incoming) -> Result<Receipt, NodeFault> {
        let learner = incoming.proposal.learner.clone();
        // First, because whoever was erased has no events that could be duplicates.
        if self.is_erased(&learner)? {
            return Ok(Receipt::Refused(Refusal::LearnerErased));
        }
        match self.before(&incoming.id, &incoming.hash)? {
            Before::Same { seq } => return Ok(Receipt::Duplicate { seq }),
            Before::Other => return Ok(Receipt::Conflict),
            Before::No => {}
        }
        let Some(state) = self.learners.get(&learner) else {
            return Err(NodeFault::StorageFailed);
        };
        let now = self.config.clock.now();
        match self.state.admit(state, incoming.proposal, now) {
            Err(refusal) => Ok(Receipt::Refused(refusal)),
            Ok(event) => {
                let pushed = self.push(incoming.id, incoming.hash, event, now);
                let late = pushed.attribution == Attribution::Late;
                Ok(Receipt::Accepted { seq: pushed.seq, late })
            }
        }
    }

    pub(super) fn expose(
        &mut self,
        id: EventId,
        hash: RequestHash,
        decision: &DecisionId,
        occurred_at: Option<Timestamp>,
    ) -> Result<Receipt, NodeError> {
        self.refuse_erased_decision(decision)?;
        match self.before(&id, &hash)? {
            Before::Same { seq } => return Ok(Receipt::Duplicate { seq }),
            Before::Other => return Ok(Receipt::Conflict),
            Before::No => {}
        }
        let made = self.living_decision(decision)?;
        let now = self.config.clock.now();
        let event = Event::DecisionExposed {
            learner: made.learner.clone(),
            course: made.course.clone(),
            decision: decision.clone(),
            occurred_at: occurred_at.unwrap_or(now).min(now),
        };
        let pushed = self.push(id, hash, event, now);
        let late = pushed.attribution == Attribution::Late;
        Ok(Receipt::Accepted { seq: pushed.seq, late })
    }

    /// Records a value that the site reports of a decision, whether it still counts or not.
    pub(super) fn report(&mut self, ask: ReportAsk) -> Result<Receipt, NodeError> {
        self.refuse_erased_decision(&ask.decision)?;
        match self.before(&ask.id, &ask.hash)? {
            Before::Same { seq } => return Ok(Receipt::Duplicate { seq }),
            Before::Other => return Ok(Receipt::Conflict),
            Before::No => {}
        }
        let made = self.living_decision(&ask.decision)?;
        let now = self.config.clock.now();
        let event = self.state.admit_report(&made, &ask.report, now)?;
        let pushed = self.push(ask.id, ask.hash, event, now);
        Ok(Receipt::Accepted { seq: pushed.seq, late: pushed.attribution == Attribution::Late })
    }
}
