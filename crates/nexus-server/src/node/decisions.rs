//! Decisions.

use super::messages::{Decided, DecisionAsk, NodeError, NodeFault};
use super::{Before, Node, fault_of_store};
use nexus_engine::decision::Decision;
use nexus_engine::decision::candidates::{CandidateFilter, CandidateSet};
use nexus_engine::decision::choose::DecisionRequest;
use nexus_engine::event::Event;
use nexus_engine::ids::{ActivityId, CourseId, DecisionId, EventId, LearnerId};
use nexus_engine::invariants;
use nexus_engine::learner::LearnerState;
use nexus_engine::learner::progress::CourseProgress;
use nexus_engine::seed::Seed;
use std::sync::Arc;

impl Node {
    pub(super) fn decide(&mut self, ask: DecisionAsk) -> Result<Decided, NodeError> {
        self.refuse_erased(&ask.learner)?;
        let id = match ask.id {
            Some(id) => id,
            None => new_decision_id(self.config.clock.now().0)?,
        };
        let event_id = event_id(&id);
        match self.before(&event_id, &ask.hash)? {
            Before::No => {}
            Before::Other => return Err(NodeError::Conflict { id: id.to_string() }),
            Before::Same { seq } => {
                let known = self.decision(&id)?;
                let conflict = || NodeError::Conflict { id: id.to_string() };
                let decision = known.ok_or_else(conflict)?;
                return Ok(Decided { decision, seq, duplicate: true });
            }
        }
        self.keep_share_of_running(&ask.course)?;
        let filter = CandidateFilter { only: ask.candidates, exclude: ask.exclude };
        let now = self.config.clock.now();
        let default_policy = self.config.default_policy.clone();
        let request = DecisionRequest {
            seed: Seed(self.server_key.seed_for(&id)),
            id,
            course: &ask.course,
            filter: &filter,
            context: ask.context.as_ref(),
            default_policy: &default_policy,
            consents_by_default: self.config.consents_by_default,
            holdout_share: self.config.holdout_share,
            at: now.max(self.known(&ask.learner)?.last_at),
        };
        let decision = self.state.decide(self.known(&ask.learner)?, &request)?;
        if let Err(violation) = invariants::decision(&decision) {
            // A bug, never the client's fault: serve it nowhere, say it loudly.
            tracing::error!(id = violation.id, seen = %violation.seen, "an invariant is broken");
            return Err(NodeFault::Overloaded.into());
        }
        let decision = Arc::new(decision);
        self.group_decisions.insert(event_id.clone(), Arc::clone(&decision));
        let event = Event::DecisionMade(Box::new((*decision).clone()));
        let pushed = self.push(event_id, ask.hash, event, now);
        Ok(Decided { decision, seq: pushed.seq, duplicate: false })
    }

    /// A learner that was loaded.
    fn known(&self, learner: &LearnerId) -> Result<&LearnerState, NodeFault> {
        self.learners.get(learner).ok_or(NodeFault::StorageFailed)
    }

    /// A decision that was made, durable or in this group.
    pub(super) fn decision(&self, id: &DecisionId) -> Result<Option<Arc<Decision>>, NodeFault> {
        let event_id = event_id(id);
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

    /// What a teacher pinned, or else what the course's own path shows next, for when no
    /// decision can be journaled.
    pub(super) fn static_activity(
        &self,
        learner: &LearnerId,
        course: &CourseId,
    ) -> Option<ActivityId> {
        let known = self.learners.get(learner);
        let none = CourseProgress::default();
        let progress = known.and_then(|state| state.courses.get(course));
        let progress = progress.map_or(&none, |known| &**known);
        let course = self.state.course(course.as_str())?;
        let (filter, now) = (CandidateFilter::default(), self.config.clock.now());
        let orders = self.state.orders(learner, course, progress, &filter, now);
        let set = match &orders.pin {
            Some((pinned, _)) => CandidateSet::pinned(course, *pinned, &filter, &orders),
            None => CandidateSet::static_path(course, progress, &filter, &orders),
        };
        set.positions.first().map(|position| course.activities[*position].id.clone())
    }
}

/// Decisions stand in the journal under their own id.
pub(super) fn event_id(id: &DecisionId) -> EventId {
    // invariant: both kinds of id have the same rules.
    EventId::new(id.as_str()).expect("a decision's id is an event's id")
}

/// An id that grows with time, so that the journal's index stays compact, and cannot be guessed.
fn new_decision_id(now_micros: i64) -> Result<DecisionId, NodeFault> {
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random).map_err(|_| NodeFault::StorageFailed)?;
    let id = format!("dec_{now_micros:014x}{:016x}", u64::from_le_bytes(random));
    // invariant: hexadecimal digits are an id.
    Ok(DecisionId::new(&id).expect("a made id is an id"))
}
