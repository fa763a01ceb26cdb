//! Decisions.

use super::handle::{Health, Reply};
use super::messages::{Decided, DecisionAsk, GuidanceReply, NodeError, NodeFault};
use super::run::refusal_of;
use super::{Before, Node, fault_of_store};
use nexus_engine::decision::Decision;
use nexus_engine::event::Event;
use nexus_engine::ids::{CourseId, DecisionId, EventId, LearnerId};
use nexus_engine::workspace::protocol::{Ask, Command, CommandAnswer};
use std::sync::Arc;

impl Node {
    /// Decides, and answers after the commit. The lesson never fails: a fault names the next
    /// activity of the course's own path.
    pub(super) fn take_decision(
        &mut self,
        health: Health,
        to: Reply<Result<GuidanceReply, NodeError>>,
        ask: DecisionAsk,
    ) {
        if to.is_closed() {
            return;
        }
        let (learner, course) = (ask.learner.clone(), ask.course.clone());
        let decided = match refusal_of(health) {
            None => self.decide(ask),
            Some(fault) => {
                // Only to know what comes next on the path; a fault here changes nothing.
                let _ = self.learners.load(&self.store, &learner);
                Err(fault.into())
            }
        };
        let decided = decided.map_err(|error| match error {
            NodeError::Fault { fault, .. } => self.fault_on_path(fault, &learner, &course),
            other => other,
        });
        self.defer(to, decided, move |fault, node| {
            Err(node.fault_on_path(fault, &learner, &course))
        });
    }

    fn fault_on_path(&self, fault: NodeFault, learner: &LearnerId, course: &CourseId) -> NodeError {
        let (state, now) = (self.learners.get(learner), self.config.clock.now());
        let static_activity = self.state.static_activity(learner, state, course, now);
        NodeError::Fault { fault, static_activity }
    }

    fn decide(&mut self, ask: DecisionAsk) -> Result<GuidanceReply, NodeError> {
        self.refuse_erased(&ask.learner)?;
        let id = match ask.id {
            Some(id) => id,
            None => new_id("dec", self.config.clock.now().0)?,
        };
        let event_id = EventId::from(&id);
        match self.before(&event_id, &ask.hash)? {
            Before::No => {}
            Before::Other => return Err(NodeError::Conflict { id: id.to_string() }),
            Before::Same { seq } => {
                let known = self.decision(&id)?;
                let conflict = || NodeError::Conflict { id: id.to_string() };
                let decision = known.ok_or_else(conflict)?;
                return Ok(GuidanceReply::Activity(Decided { decision, seq, duplicate: true }));
            }
        }
        let DecisionAsk { learner, course, filter, facts, hash, .. } = ask;
        let command = Command::Decide(Box::new(Ask { id, learner, course, filter, facts }));
        match self.handle(command, hash)? {
            CommandAnswer::Decided { seq, decision } => {
                self.group_decisions.insert(event_id, Arc::clone(&decision));
                Ok(GuidanceReply::Activity(Decided { decision, seq, duplicate: false }))
            }
            CommandAnswer::Rested(rest) => Ok(GuidanceReply::Rest(rest)),
            // invariant: a request for an activity is decided or refused.
            CommandAnswer::Recorded { .. }
            | CommandAnswer::Supported { .. }
            | CommandAnswer::Unchanged => Err(NodeFault::Internal.into()),
        }
    }

    /// A decision that was made, durable or in this group.
    pub(super) fn decision(&self, id: &DecisionId) -> Result<Option<Arc<Decision>>, NodeFault> {
        let event_id = EventId::from(id);
        if let Some(decision) = self.group_decisions.get(&event_id) {
            return Ok(Some(Arc::clone(decision)));
        }
        let stored = self.store.entry_by_id(&event_id);
        let stored = stored.map_err(|fault| fault_of_store(&fault))?;
        Ok(stored.and_then(|stored| match stored.entry.event {
            Event::DecisionMade(decision) => Some(Arc::new(*decision)),
            _ => None,
        }))
    }
}

/// An id that grows with time, so that the journal's index stays compact, and cannot be guessed.
pub(super) fn new_id(prefix: &str, now_micros: i64) -> Result<DecisionId, NodeFault> {
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random).map_err(|_| NodeFault::StorageFailed)?;
    let id = format!("{prefix}_{now_micros:014x}{:016x}", u64::from_le_bytes(random));
    // invariant: a prefix of letters and hexadecimal digits are an id.
    Ok(DecisionId::new(&id).expect("a made id is an id"))
}
