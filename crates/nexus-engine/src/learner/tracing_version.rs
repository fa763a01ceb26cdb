//! Published versions of the tracing parameters: what a batch fit puts in the place of what serving
//! has learned, and where each version came from.
//!
//! Version 0 is what serving learned alone. A publication replaces all parameters at once; from
//! then on serving goes on learning from them. Beliefs are not touched: what an answer said is
//! frozen in its event.

use super::belief::Gaussian;
use super::tracing::{MEAN_MAX, TracingModel, VARIANCE_MAX, VARIANCE_MIN};
use super::training::{TrainingOptions, TrainingReport};
use crate::time::Timestamp;

/// The latest publications that are kept in the state; the journal has all.
pub const LINEAGE_MAX: usize = 100;

/// Parameters to publish, whole, with their lineage.
#[derive(Clone, Debug, PartialEq)]
pub struct TracingVersion {
    /// Where they come from.
    pub lineage: TracingLineage,
    pub model: TracingModel,
}

/// Where a version comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct TracingLineage {
    /// Its number: that of the one it replaces plus one.
    pub version: u32,
    /// The version that it replaces.
    pub parent: u32,
    /// The last journal entry that it knows of.
    pub through: u64,
    /// How it came about.
    pub origin: TracingOrigin,
    /// Who asked for it, in words.
    pub asked_by: String,
    /// A digest of the parameters as they were published, made outside of the engine.
    pub digest: [u8; 32],
}

/// How a version came about.
#[derive(Clone, Debug, PartialEq)]
pub enum TracingOrigin {
    /// By a batch fit.
    Trained(TrainingRun),
    /// By publishing an older version again.
    Restored { version: u32 },
}

/// A batch fit: what it was told, and what it found. The same journal and the same run give the same parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingRun {
    /// How it was done.
    pub options: TrainingOptions,
    /// The latest answers that it was to read, at most.
    pub answers_max: u64,
    /// Older answers that it left out.
    pub answers_left_out: u64,
    pub report: TrainingReport,
}

/// A version that was published.
#[derive(Clone, Debug, PartialEq)]
pub struct TracingPublication {
    /// Its place in the journal.
    pub seq: u64,
    pub at: Timestamp,
    /// Where it comes from.
    pub lineage: TracingLineage,
}

impl TracingModel {
    /// These parameters, with those of `current` for every question and skill that these do not
    /// know: a fit that read only the latest answers must not forget what was asked before.
    #[must_use]
    pub fn completed_from(mut self, current: &Self) -> Self {
        for (question, parameters) in &current.questions {
            self.questions.entry(*question).or_insert(*parameters);
        }
        for (skill, parameters) in &current.skills {
            self.skills.entry(*skill).or_insert(*parameters);
        }
        for (set, easiness) in &current.sets {
            self.sets.entry(*set).or_insert(*easiness);
        }
        self
    }

    /// The first parameter that no fit can have, in words.
    #[must_use]
    pub fn out_of_range(&self) -> Option<String> {
        let Self { questions, skills, sets, weights, cohort } = self;
        let sound = |gaussian: &Gaussian| {
            (-MEAN_MAX..=MEAN_MAX).contains(&gaussian.mean)
                && (VARIANCE_MIN..=VARIANCE_MAX).contains(&gaussian.variance)
        };
        if let Some((question, _)) = questions.iter().find(|(_, it)| !it.terms().iter().all(sound))
        {
            return Some(format!("question number {}", question.0));
        }
        let skill = skills.iter().find(|(_, parameters)| !parameters.terms.iter().all(sound));
        if let Some((skill, _)) = skill {
            return Some(format!("skill number {}", skill.0));
        }
        if !sets.values().all(sound) || !(-MEAN_MAX..=MEAN_MAX).contains(cohort) {
            return Some("a set of skills, or the cohort".to_owned());
        }
        let weight = weights.iter().position(|weight| !sound(weight))?;
        Some(format!("shared weight number {weight}"))
    }
}

impl TrainingReport {
    /// Whether every number is one.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        let numbers = [self.shift, self.variance, self.log_loss_serving, self.log_loss_fitted];
        numbers.iter().all(|number| number.is_finite())
    }
}
