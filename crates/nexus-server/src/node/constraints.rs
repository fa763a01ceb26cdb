//! Setting and lifting teachers' constraints.

use super::messages::{ConstraintSaid, NodeError, RequestHash};
use super::{Before, Node, derived_id};
use nexus_engine::constraint::Constraint;
use nexus_engine::event::Event;
use nexus_engine::ids::ConstraintId;
use nexus_engine::workspace::Refusal;

impl Node {
    /// Sets a constraint. An id is used once: lifted or over, it stays so.
    pub(super) fn set_constraint(
        &mut self,
        constraint: Constraint,
        hash: RequestHash,
    ) -> Result<ConstraintSaid, NodeError> {
        if let Some(learner) = &constraint.learner {
            self.refuse_erased(learner)?;
        }
        let id = derived_id("constraint", constraint.id.as_str());
        let now = self.config.clock.now();
        match self.before(&id, &hash)? {
            Before::No => {}
            Before::Other => return Err(NodeError::Conflict { id: constraint.id.to_string() }),
            Before::Same { seq } => {
                let in_force = self.state.constraint(&constraint.id, now).is_some();
                return Ok(ConstraintSaid { seq, duplicate: true, in_force });
            }
        }
        self.state.admit_constraint(&constraint, now)?;
        let event = Event::ConstraintSet(Box::new(constraint));
        let pushed = self.push(id, hash, event, now);
        Ok(ConstraintSaid { seq: pushed.seq, duplicate: false, in_force: true })
    }

    pub(super) fn lift_constraint(
        &mut self,
        constraint: &ConstraintId,
        reason: String,
        by: String,
    ) -> Result<ConstraintSaid, NodeError> {
        let id = derived_id("constraint-lift", constraint.as_str());
        let hash = RequestHash::default();
        if let Before::Same { seq } = self.before(&id, &hash)? {
            return Ok(ConstraintSaid { seq, duplicate: true, in_force: false });
        }
        let now = self.config.clock.now();
        let unknown = || Refusal::UnknownConstraint { constraint: constraint.to_string() };
        let course = self.state.constraint(constraint, now).ok_or_else(unknown)?.course.clone();
        let constraint = constraint.clone();
        let event = Event::ConstraintLifted { course, constraint, reason, by };
        let pushed = self.push(id, hash, event, now);
        Ok(ConstraintSaid { seq: pushed.seq, duplicate: false, in_force: false })
    }
}
