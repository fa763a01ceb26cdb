//! What people and programs order besides the traffic of lessons: courses, experiments,
//! constraints, consent, and who decides.

use super::messages::{
    ConsentSaid, ConstraintSaid, NodeError, NodeFault, Published, RequestHash, Started,
    SwitchTurned,
};
use super::{Before, NO_HASH, Node, fault_of_store};
use nexus_engine::catalog::CourseDraft;
use nexus_engine::constraint::Constraint;
use nexus_engine::experiment::definition::ExperimentDefinition;
use nexus_engine::experiment::life::ExperimentChanged;
use nexus_engine::ids::{ConstraintId, CourseId, EventId, ExperimentId};
use nexus_engine::learner::consent::ConsentChanged;
use nexus_engine::lifecycle::kill_switch::KillSwitchTurned;
use nexus_engine::workspace::protocol::{Command, CommandAnswer};

impl Node {
    /// Carries out an order. Answers with its place in the journal, or with none when the state was as ordered already.
    pub(super) fn order(&mut self, command: Command) -> Result<Option<u64>, NodeError> {
        self.order_as(command, NO_HASH)
    }

    fn order_as(&mut self, command: Command, hash: RequestHash) -> Result<Option<u64>, NodeError> {
        Ok(match self.handle(command, hash)? {
            CommandAnswer::Recorded { seq, .. }
            | CommandAnswer::Decided { seq, .. }
            | CommandAnswer::Supported { seq, .. } => Some(seq),
            CommandAnswer::Rested(_) | CommandAnswer::Unchanged => None,
        })
    }

    /// Where an event of Nexus' own stands, durable or in this group; 0 when there is none.
    fn place_of(&self, id: Option<EventId>) -> Result<u64, NodeFault> {
        let Some(id) = id else { return Ok(0) };
        if let Some((_, seq)) = self.group_ids.get(&id) {
            return Ok(*seq);
        }
        let found = self.store.find(&id).map_err(|fault| fault_of_store(&fault))?;
        Ok(found.map_or(0, |found| found.seq))
    }

    /// The same version with the same content is a duplicate.
    pub(super) fn publish(&mut self, draft: CourseDraft) -> Result<Published, NodeError> {
        let (course, version) = (draft.id.clone(), draft.version);
        let command = Command::Publish(Box::new(draft));
        let id = self.state.event_id(&command);
        let published = self.order(command)?;
        // invariant: a draft whose id is none is not published.
        let course = CourseId::new(&course).expect("a published course has an id");
        let duplicate = published.is_none();
        let seq = published.map_or_else(|| self.place_of(id), Ok)?;
        Ok(Published { course, version, seq, duplicate })
    }

    pub(super) fn start_experiment(
        &mut self,
        definition: ExperimentDefinition,
    ) -> Result<Started, NodeError> {
        self.start_or_stop(Command::StartExperiment(definition))
    }

    pub(super) fn stop_experiment(
        &mut self,
        experiment: ExperimentId,
        reason: String,
    ) -> Result<Started, NodeError> {
        self.start_or_stop(Command::StopExperiment { experiment, reason })
    }

    /// Does something with an experiment; answers with the place in the journal, or nothing when
    /// nothing changed.
    pub(super) fn change_experiment(
        &mut self,
        changed: ExperimentChanged,
    ) -> Result<Option<u64>, NodeError> {
        self.order(Command::ChangeExperiment(Box::new(changed)))
    }

    fn start_or_stop(&mut self, command: Command) -> Result<Started, NodeError> {
        let id = self.state.event_id(&command);
        Ok(match self.order(command)? {
            Some(seq) => Started { seq, duplicate: false },
            None => Started { seq: self.place_of(id)?, duplicate: true },
        })
    }

    /// Sets a constraint. An id is used once, also after the constraint is lifted or over.
    pub(super) fn set_constraint(
        &mut self,
        constraint: Constraint,
        hash: RequestHash,
    ) -> Result<ConstraintSaid, NodeError> {
        if let Some(learner) = &constraint.learner {
            self.refuse_erased(learner)?;
        }
        let id = constraint.id.clone();
        match self.before(&EventId::derived("constraint", &id), &hash)? {
            Before::No => {}
            Before::Other => return Err(NodeError::Conflict { id: id.to_string() }),
            Before::Same { seq } => {
                let in_force = self.state.constraint(&id, self.config.clock.now()).is_some();
                return Ok(ConstraintSaid { seq, duplicate: true, in_force });
            }
        }
        let set = self.order_as(Command::SetConstraint(Box::new(constraint)), hash)?;
        Ok(ConstraintSaid { seq: set.unwrap_or(0), duplicate: false, in_force: true })
    }

    pub(super) fn lift_constraint(
        &mut self,
        constraint: ConstraintId,
        reason: String,
        by: String,
    ) -> Result<ConstraintSaid, NodeError> {
        let id = EventId::derived("constraint-lift", &constraint);
        if let Before::Same { seq } = self.before(&id, &NO_HASH)? {
            return Ok(ConstraintSaid { seq, duplicate: true, in_force: false });
        }
        let lifted = self.order(Command::LiftConstraint { constraint, reason, by })?;
        Ok(ConstraintSaid { seq: lifted.unwrap_or(0), duplicate: false, in_force: false })
    }

    pub(super) fn turn_kill_switch(
        &mut self,
        turned: KillSwitchTurned,
    ) -> Result<SwitchTurned, NodeError> {
        let seq = self.order(Command::TurnKillSwitch(turned))?;
        Ok(SwitchTurned { seq, thrown: self.state.kill_switches.clone() })
    }

    pub(super) fn change_consent(
        &mut self,
        changed: ConsentChanged,
    ) -> Result<ConsentSaid, NodeError> {
        let learner = changed.learner.clone();
        self.refuse_erased(&learner)?;
        if let Some(seq) = self.order(Command::ChangeConsent(changed))? {
            return Ok(ConsentSaid { seq, duplicate: false });
        }
        let known = self.learners.get(&learner).and_then(|learner| learner.consent);
        Ok(ConsentSaid { seq: known.map_or(0, |consent| consent.seq), duplicate: true })
    }
}
