//! What teachers and operators do in a storm: pins, blocks and caps, experiments, the kill switch.

use super::Storm;
use nexus_engine::constraint::{Constraint, Rule};
use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::ids::{ConstraintId, CourseId, ExperimentId, PolicyId, VariantName};
use nexus_engine::lifecycle::kill_switch::KillSwitchTurned;
use nexus_engine::time::DAY_MICROS;
use nexus_engine::workspace::protocol::Command;

/// Constraints in force at once, about: more would leave the policies nothing to choose from.
const ORDERS_MAX: usize = 12;
/// Experiments of one storm. People begin them, so no school sees thousands; and every event of a
/// learner brings the tallies of all experiments up to date that they took part in.
const EXPERIMENTS_MAX: usize = 40;

impl Storm {
    /// A teacher pins, blocks or caps an activity, for all or for one learner, for a time or for
    /// good. What the engine refuses is not set.
    pub(super) fn order(&mut self) {
        let rule = match self.stream.below(3) {
            0 => Rule::Pin,
            1 => Rule::Block,
            _ => Rule::Cap { shown_max: 1 + self.stream.below(2) as u16 },
        };
        // A pin for everybody would end all choosing for long.
        let alone = rule == Rule::Pin || self.stream.below(2) == 0;
        let learner = alone.then(|| self.some_learner());
        let days = 1 + self.stream.below(10) as i64;
        let ends = self.stream.below(2) == 0;
        let constraint = Constraint {
            id: ConstraintId::new(&format!("c{}", self.state.head)).unwrap(),
            course: self.course.id.clone(),
            learner,
            rule,
            activity: self.some_activity(),
            reason: "the storm".to_owned(),
            by: "a teacher".to_owned(),
            expires_at: ends.then(|| self.now.plus_micros(days * DAY_MICROS)),
        };
        self.set(constraint);
    }

    /// Sets a constraint if the engine admits it, and says whether it did.
    pub fn set(&mut self, constraint: Constraint) -> bool {
        let admitted = self.order_is_new(Command::SetConstraint(Box::new(constraint.clone())));
        if admitted {
            self.orders.push(constraint);
            while self.orders.len() > ORDERS_MAX {
                self.lift_at(0);
            }
        }
        admitted
    }

    /// A teacher lifts one of the constraints.
    pub(super) fn lift(&mut self) {
        let count = self.orders.len() as u64;
        if count > 0 {
            let position = self.stream.below(count) as usize;
            self.lift_at(position);
        }
    }

    fn lift_at(&mut self, position: usize) {
        let constraint = self.orders.remove(position);
        // One that is over cannot be lifted.
        self.order_is_new(Command::LiftConstraint {
            constraint: constraint.id,
            reason: "seen".to_owned(),
            by: "a teacher".to_owned(),
        });
    }

    /// Everything that teachers and operators did is taken back.
    pub fn calm(&mut self) {
        while !self.orders.is_empty() {
            self.lift_at(0);
        }
        self.release_kill_switches();
        self.stop_experiment();
        self.wake_all();
        self.let_everybody_in();
    }

    /// What was turned on is turned off soon, and experiments are short, so that every policy decides.
    pub(super) fn release(&mut self) {
        if self.stream.below(5) == 0 {
            self.release_kill_switches();
        }
        if self.stream.below(10) == 0 {
            self.stop_experiment();
        }
        if self.stream.below(10) == 0 {
            self.wake_one();
        }
    }

    /// Turns on the kill switch of the course or of all courses.
    pub(super) fn throw_kill_switch(&mut self) {
        let own = self.stream.below(2) == 0;
        self.turn(own.then(|| self.course.id.clone()), true);
    }

    fn release_kill_switches(&mut self) {
        while let Some(course) = self.state.kill_switches.keys().next().cloned() {
            self.turn(course, false);
        }
    }

    /// Turns one kill switch on or off.
    pub fn turn(&mut self, course: Option<CourseId>, thrown: bool) {
        let (reason, by) = ("the storm".to_owned(), "an operator".to_owned());
        let turned = KillSwitchTurned { course, thrown, reason, by };
        self.order_is_new(Command::TurnKillSwitch(turned));
    }

    fn stop_experiment(&mut self) {
        let running = self.state.running_experiment(self.course.id.as_str());
        if let Some(experiment) = running.map(|running| running.definition.id.clone()) {
            let reason = "enough was seen".to_owned();
            self.order_is_new(Command::StopExperiment { experiment, reason });
        }
    }

    /// An experiment between two policies begins, unless one runs or there were enough.
    pub(super) fn start_experiment(&mut self) {
        if self.state.experiments.len() >= EXPERIMENTS_MAX {
            return;
        }
        let sides = ["one", "other"].map(|name| {
            let number = self.stream.below(self.policies.len() as u64) as usize;
            (name, self.policies[number].clone())
        });
        let variant = |(name, policy): (&str, PolicyId)| Variant {
            name: VariantName::new(name).unwrap(),
            policy,
            weight: 0.5,
        };
        let definition = ExperimentDefinition {
            id: ExperimentId::new(&format!("x{}", self.state.head)).unwrap(),
            version: 1,
            course: self.course.id.clone(),
            variants: sides.map(variant).to_vec(),
            planned_learners: 100,
            leaves_out_moved: true,
        };
        self.order_is_new(Command::StartExperiment(definition));
    }
}
