//! `fitted-q`: fitted Q iteration (Ernst, Geurts and Wehenkel 2005) with the conservative penalty
//! of Kumar et al. (2020), linear in what is seen of the learner, over the twelve steps; trained
//! before it serves and never while it does.
//!
//! Each iteration regresses `r + g max over a' in E(s') of Q(s', a')` on the basis of the state,
//! one block of weights a step. A policy that was never trained values all steps alike, and so
//! spreads evenly over those that are present.

use super::{Planner, Prospect, STEPS, StepScene, spread};
use nexus_engine::policy::Distribution;
use nexus_stats::math::ln_1p;
use nexus_stats::matrix::product;

/// Numbers that describe a state.
pub const BASIS: usize = 9;
/// Answers on one skill that count as 1.
const ATTEMPTS: f64 = 30.0;
/// The greatest weight that is believed: values are sums of gains, which lie in [-1, 1].
pub const WEIGHT_MAX: f64 = 1e3;

/// The basis of a prospect: every entry in [-1, 1].
#[must_use]
pub fn basis(prospect: &Prospect) -> [f64; BASIS] {
    let share = |value: f64| if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) };
    let (focus, mastery) = (share(prospect.focus_mastery), share(prospect.mastery));
    let attempts = share(ln_1p(prospect.focus_attempts.max(0.0)) / ln_1p(ATTEMPTS));
    let ahead = share(prospect.ahead);
    [
        1.0,
        focus,
        focus * focus,
        attempts,
        mastery,
        share(prospect.ready),
        share(prospect.due),
        ahead,
        mastery * ahead,
    ]
}

/// Weights of the basis, a block a step.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedQ {
    weights: [[f64; BASIS]; STEPS],
    decisions: u64,
}

impl Default for FittedQ {
    fn default() -> Self {
        Self { weights: [[0.0; BASIS]; STEPS], decisions: 0 }
    }
}

impl FittedQ {
    /// Trained weights, a block of [`BASIS`] a step, trained on so many decisions. `None` unless
    /// all lie within [`WEIGHT_MAX`] and something was trained.
    #[must_use]
    pub fn trained(weights: [[f64; BASIS]; STEPS], decisions: u64) -> Option<Self> {
        let sound = weights.iter().flatten().all(|weight| weight.abs() <= WEIGHT_MAX);
        (sound && decisions > 0).then_some(Self { weights, decisions })
    }

    /// The weights, a block a step.
    #[must_use]
    pub fn weights(&self) -> &[[f64; BASIS]; STEPS] {
        &self.weights
    }
}

impl Planner for FittedQ {
    fn distribute(&self, scene: &StepScene<'_>, out: &mut Distribution) {
        let basis = basis(&scene.prospect);
        let value = |step: usize| Some(product(&basis, &self.weights[step]));
        spread(scene.steps, &std::array::from_fn(value), out);
    }

    fn decisions(&self) -> u64 {
        self.decisions
    }
}
