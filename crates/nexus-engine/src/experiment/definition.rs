//! What an experiment compares.

use crate::ids::{CourseId, ExperimentId, PolicyId, VariantName};

/// A planned comparison of policies in one course.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentDefinition {
    /// Its id; also the seed of the assignment hash, together with the version.
    pub id: ExperimentId,
    /// Its version, from 1; a new version assigns learners anew.
    pub version: u32,
    pub course: CourseId,
    /// The sides; the first is the control. At least two.
    pub variants: Vec<Variant>,
    /// Learners it is planned for; tunes the confidence sequence. At least 100.
    pub planned_learners: u64,
    /// Whether learners who were shown another side in an earlier version are counted apart instead
    /// of being analysed. Experiments of before there was this analyse them.
    pub leaves_out_moved: bool,
}

/// One side of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    pub name: VariantName,
    /// Who decides for its learners.
    pub policy: PolicyId,
    /// Its share, above 0; shares sum to 1.
    pub weight: f64,
}

impl ExperimentDefinition {
    /// What is wrong with the variants, if anything.
    #[must_use]
    pub fn problem(&self) -> Option<&'static str> {
        if self.variants.len() < 2 {
            return Some("there must be two or more");
        }
        if self.variants.iter().any(|side| !side.weight.is_finite() || side.weight <= 0.0) {
            return Some("every share must be above 0");
        }
        let sum: f64 = self.variants.iter().map(|side| side.weight).sum();
        if (sum - 1.0).abs() > 1e-6 {
            return Some("the shares must sum to 1");
        }
        let repeated = self.variants.iter().enumerate().any(|(position, side)| {
            self.variants[..position].iter().any(|earlier| earlier.name == side.name)
        });
        repeated.then_some("their names must differ")
    }
}
