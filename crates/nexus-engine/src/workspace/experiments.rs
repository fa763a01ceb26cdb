//! Whether an experiment may begin, and what may be done with one that has.

use super::{Refusal, SharedState};
use crate::experiment::definition::ExperimentDefinition;
use crate::experiment::life::{ExperimentChange, ExperimentChanged};
use crate::lifecycle::LifecycleRefusal;
use crate::lifecycle::mode::Mode;
use crate::policy::kind::PolicyKind;

impl SharedState {
    /// Says whether an experiment may begin now.
    ///
    /// Errors: a [`Refusal`]: unknown course or policy, variants that are not valid, the id is taken, or
    /// another experiment runs in the course.
    pub fn admit_experiment(&self, definition: &ExperimentDefinition) -> Result<(), Refusal> {
        let course = definition.course.as_str();
        if self.course(course).is_none() {
            return Err(Refusal::UnknownCourse { course: course.to_owned() });
        }
        if let Some(problem) = definition.problem() {
            return Err(Refusal::InvalidVariants { problem });
        }
        for variant in &definition.variants {
            PolicyKind::named(variant.policy.as_str())?;
            let policy = variant.policy.to_string();
            match self.mode(&definition.course, &variant.policy) {
                Mode::Shadow => return Err(LifecycleRefusal::ShadowServes { policy }.into()),
                // What such a side serves would change under the experiment's eyes.
                Mode::Apprentice => {
                    return Err(LifecycleRefusal::ApprenticeServes { policy }.into());
                }
                Mode::Live | Mode::Frozen => {}
            }
        }
        if let Some(known) = self.experiments.get(&definition.id) {
            let experiment = definition.id.to_string();
            if known.definition == *definition {
                return Err(Refusal::ExperimentStopped { experiment });
            }
            // A new version of a stopped experiment assigns learners anew.
            if known.is_running() || definition.version != known.definition.version + 1 {
                return Err(Refusal::ExperimentExists { experiment });
            }
        }
        if let Some(running) = self.running_experiment(course) {
            let experiment = running.definition.id.to_string();
            return Err(Refusal::ExperimentRunning { experiment });
        }
        Ok(())
    }

    /// Says whether something may be done with an experiment, and whether that changes anything.
    ///
    /// Errors: a [`Refusal`]: the experiment or the variant is unknown, the share lies outside 0 to 1,
    /// or the experiment runs where it must have ended, or the other way round.
    pub fn admit_experiment_change(&self, changed: &ExperimentChanged) -> Result<bool, Refusal> {
        let experiment = changed.experiment.to_string();
        let Some(state) = self.experiments.get(&changed.experiment) else {
            return Err(Refusal::UnknownExperiment { experiment });
        };
        let life = &state.life;
        match &changed.change {
            ExperimentChange::Share(share) if !(0.0..=1.0).contains(share) => {
                Err(Refusal::ShareOutOfRange { share: *share })
            }
            ExperimentChange::Share(_) if !state.is_running() => {
                Err(Refusal::ExperimentStopped { experiment })
            }
            ExperimentChange::Share(share) => Ok(life.share.to_bits() != share.to_bits()),
            ExperimentChange::Concluded { variant: Some(chosen) }
                if !state.definition.variants.iter().any(|side| side.name == *chosen) =>
            {
                Err(Refusal::UnknownVariant { experiment, variant: chosen.to_string() })
            }
            ExperimentChange::Concluded { .. } | ExperimentChange::Archived
                if state.is_running() =>
            {
                Err(Refusal::ExperimentRunning { experiment })
            }
            ExperimentChange::Concluded { .. } => {
                Ok(life.conclusion().is_none_or(|made| made.change != changed.change))
            }
            ExperimentChange::Archived => Ok(life.archived_at().is_none()),
        }
    }
}
