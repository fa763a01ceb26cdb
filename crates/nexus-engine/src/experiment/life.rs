//! What people do with an experiment between its beginning and its end: take fewer or more
//! learners in, say what it came to, and put it away.

use super::assignment::assign_within;
use super::definition::{ExperimentDefinition, Variant};
use super::exposure::ExposureRecord;
use super::history::ExperimentHistory;
use crate::ids::{ExperimentId, LearnerId, VariantName};
use crate::time::Timestamp;
use crate::words;

/// Most changes of one experiment that are remembered; the oldest go first. The journal has all.
pub const CHANGES_MAX: usize = 100;

/// Something was done with an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentChanged {
    pub experiment: ExperimentId,
    pub change: ExperimentChange,
    /// The reason that the caller gave.
    pub reason: String,
    /// Who did it, in words.
    pub by: String,
}

/// What can be done with an experiment that has begun.
#[derive(Clone, Debug, PartialEq)]
pub enum ExperimentChange {
    /// Which share of learners it takes in from now on, from 0 (no new learners: it pauses) to 1.
    /// Learners who were shown something of it stay in their variant.
    Share(f64),
    /// What it came to: the variant that was chosen, or none.
    Concluded { variant: Option<VariantName> },
    /// It is put away, and stays readable.
    Archived,
}

words!(ExperimentChange:
    Self::Share(_) => "share",
    Self::Concluded { .. } => "concluded",
    Self::Archived => "archived"
);

/// A change that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeMade {
    pub at: Timestamp,
    pub change: ExperimentChange,
    pub reason: String,
    pub by: String,
}

/// What became of an experiment beside its tallies.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentLife {
    /// The share of learners that it takes in, from 0 to 1.
    pub share: f64,
    /// What was done with it, the oldest first.
    pub changes: Vec<ChangeMade>,
    pub history: ExperimentHistory,
}

impl ExperimentChanged {
    /// The change as it is remembered.
    #[must_use]
    pub fn made_at(&self, at: Timestamp) -> ChangeMade {
        let Self { experiment: _, change, reason, by } = self.clone();
        ChangeMade { at, change, reason, by }
    }
}

impl Default for ExperimentLife {
    fn default() -> Self {
        Self { share: 1.0, changes: Vec::new(), history: ExperimentHistory::default() }
    }
}

impl ExperimentLife {
    /// Makes a change true.
    pub fn change(&mut self, changed: &ExperimentChanged, at: Timestamp) {
        if let ExperimentChange::Share(share) = changed.change {
            self.share = share;
        }
        if self.changes.len() >= CHANGES_MAX {
            self.changes.remove(0);
        }
        self.changes.push(changed.made_at(at));
    }

    #[must_use]
    pub fn conclusion(&self) -> Option<&ChangeMade> {
        let concluded =
            |made: &&ChangeMade| matches!(made.change, ExperimentChange::Concluded { .. });
        self.changes.iter().rev().find(concluded)
    }

    /// When it was put away.
    #[must_use]
    pub fn archived_at(&self) -> Option<Timestamp> {
        let archived = |made: &&ChangeMade| made.change == ExperimentChange::Archived;
        self.changes.iter().find(archived).map(|made| made.at)
    }

    /// Whether it is as at its beginning.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.changes.is_empty() && self.history.is_empty()
    }
}

/// The variant of a learner while an experiment takes in a share of all learners: those who were
/// shown something of it stay where they are; of the others the hash lets that share in. `None` for
/// who stays outside.
#[must_use]
pub fn variant_of<'a>(
    definition: &'a ExperimentDefinition,
    share: f64,
    learner: &LearnerId,
    exposures: &[ExposureRecord],
) -> Option<&'a Variant> {
    let is_this = |record: &&ExposureRecord| {
        record.experiment == definition.id && record.version == definition.version
    };
    match exposures.iter().find(is_this) {
        Some(record) => definition.variants.iter().find(|side| side.name == record.variant),
        None => assign_within(definition, share, learner),
    }
}
