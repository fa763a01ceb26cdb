//! The tally of an experiment: exact sums per variant and metric, each learner once.
//!
//! Sums are integers (millionths), so a learner's old value can be taken out and the new one put
//! in without any rounding, however often; the order of events does not matter.

use super::checked::CheckTally;
use super::definition::{ExperimentDefinition, Variant};
use super::history::ExperimentHistory;
use super::life::ExperimentLife;
use super::retention::RetentionTally;
use crate::ids::{PolicyId, VariantName};
use crate::time::Timestamp;
use nexus_stats::moments::ExactMoments;

/// What one learner contributes to an experiment. `None` until there is something to measure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcomes {
    /// Mean grade on probes.
    pub probe_success: Option<f64>,
    /// 1 when every required activity is completed, else 0.
    pub completed: Option<f64>,
    /// Share of the required activities that are completed.
    pub progress: Option<f64>,
    /// Mean grade of first attempts.
    pub raw_success: Option<f64>,
    pub reward: Option<f64>,
    pub minutes: Option<f64>,
}

/// The sums of one variant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VariantTally {
    /// Learners who were exposed and are analysed.
    pub learners: u64,
    /// Learners who were exposed and are left out, because they were shown another side in an
    /// earlier version.
    pub left_out: u64,
    /// Decisions made under this variant, exposed or not.
    pub decisions: u64,
    /// Decisions among them in which a teacher's pin chose instead of the variant's policy.
    pub overridden: u64,
    /// Rewards joined under this variant.
    pub rewards: u64,
    pub probe_success: ExactMoments,
    pub completed: ExactMoments,
    pub progress: ExactMoments,
    pub raw_success: ExactMoments,
    pub reward: ExactMoments,
    pub minutes: ExactMoments,
    /// The closing checks that its learners completed after they were exposed, each learner once.
    pub checks: CheckTally,
    /// What its learners still knew after pauses.
    pub retention: RetentionTally,
}

/// An experiment and what it has seen.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentState {
    pub definition: ExperimentDefinition,
    pub started_at: Timestamp,
    /// When it ended, if it has.
    pub stopped_at: Option<Timestamp>,
    /// One tally a variant, in the order of the definition.
    pub tallies: Vec<VariantTally>,
    /// What people did with it, and its history.
    pub life: ExperimentLife,
    /// The sides of its earlier versions, the oldest first.
    pub earlier: Vec<EarlierVersion>,
}

/// What an earlier version of an experiment compared.
#[derive(Clone, Debug, PartialEq)]
pub struct EarlierVersion {
    pub version: u32,
    pub variants: Vec<Variant>,
}

impl ExperimentState {
    /// An experiment that begins now.
    #[must_use]
    pub fn new(definition: ExperimentDefinition, started_at: Timestamp) -> Self {
        let tallies = vec![VariantTally::default(); definition.variants.len()];
        let life = ExperimentLife::default();
        Self { definition, started_at, stopped_at: None, tallies, life, earlier: Vec::new() }
    }

    /// The next version of an experiment, which begins now and remembers what this one compared
    /// when it leaves learners out who moved.
    #[must_use]
    pub fn followed_by(&self, definition: ExperimentDefinition, started_at: Timestamp) -> Self {
        if !definition.leaves_out_moved {
            return Self::new(definition, started_at);
        }
        let mut earlier = self.earlier.clone();
        let ExperimentDefinition { version, variants, .. } = &self.definition;
        earlier.push(EarlierVersion { version: *version, variants: variants.clone() });
        Self { earlier, ..Self::new(definition, started_at) }
    }

    /// The policy that a side of this version, or of an earlier one, was decided by.
    #[must_use]
    pub fn policy_of(&self, version: u32, variant: &VariantName) -> Option<&PolicyId> {
        let sides = if version == self.definition.version {
            &self.definition.variants
        } else {
            &self.earlier.iter().find(|known| known.version == version)?.variants
        };
        sides.iter().find(|side| side.name == *variant).map(|side| &side.policy)
    }

    /// Whether it still assigns learners to variants.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.stopped_at.is_none()
    }

    /// Keeps a point of history when an entry arrives that lies behind the next boundary.
    pub fn keep_history(&mut self, now: Timestamp) {
        if self.is_running() {
            self.life.history.keep(self.started_at, &self.tallies, now);
        }
    }

    /// A copy that says the same now, without what it said before.
    #[must_use]
    pub fn without_history(&self) -> Self {
        let ExperimentLife { share, changes, history: _ } = &self.life;
        let life = ExperimentLife {
            share: *share,
            changes: changes.clone(),
            history: ExperimentHistory::default(),
        };
        Self {
            definition: self.definition.clone(),
            started_at: self.started_at,
            stopped_at: self.stopped_at,
            tallies: self.tallies.clone(),
            life,
            earlier: self.earlier.clone(),
        }
    }

    /// The tally of a variant.
    pub fn tally_mut(&mut self, variant: &str) -> Option<&mut VariantTally> {
        let mut variants = self.definition.variants.iter();
        let position = variants.position(|side| side.name.as_str() == variant)?;
        self.tallies.get_mut(position)
    }
}

impl VariantTally {
    /// Takes out what a learner contributed before and puts in what they contribute now.
    pub fn replace(&mut self, old: &Outcomes, new: &Outcomes) {
        replace(&mut self.probe_success, old.probe_success, new.probe_success);
        replace(&mut self.completed, old.completed, new.completed);
        replace(&mut self.progress, old.progress, new.progress);
        replace(&mut self.raw_success, old.raw_success, new.raw_success);
        replace(&mut self.reward, old.reward, new.reward);
        replace(&mut self.minutes, old.minutes, new.minutes);
    }
}

fn replace(moments: &mut ExactMoments, old: Option<f64>, new: Option<f64>) {
    if let Some(old) = old {
        moments.remove(old);
    }
    if let Some(new) = new {
        moments.add(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_learner_counts_once_however_often_they_change() {
        let mut tally = VariantTally::default();
        let mut held = Outcomes::default();
        for step in 1..=1000_u32 {
            let grade = f64::from(step % 7) / 7.0;
            let now = Outcomes { raw_success: Some(grade), ..Outcomes::default() };
            tally.replace(&held, &now);
            held = now;
        }
        let mut once = ExactMoments::default();
        once.add(f64::from(1000 % 7) / 7.0);
        assert_eq!(tally.raw_success, once);
        assert_eq!(tally.probe_success.n, 0);
    }
}
