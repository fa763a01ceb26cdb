//! SquareCB: the further behind the best, the rarer (Abe and Long 1999; Foster and Rakhlin 2020).
//!
//! With n candidates and the best estimate `y_b`, a candidate has `1 / (n + gamma (y_b - y_a))`
//! and the best has the rest. `gamma = gamma_0 sqrt(t)` grows with the rewards t that the
//! discounted statistics are worth, so it stops growing where forgetting keeps pace with learning.
//! The distribution is in closed form: it costs no posterior draws.

use super::linear_model::LinearModel;
use super::{Distribution, Policy, Rewarded, Scene};
use nexus_stats::random::Stream;

/// How fast exploration ends: gamma_0.
pub const GAMMA: f64 = 20.0;
/// Probability that is spread evenly over the candidates.
pub const FLOOR: f64 = 0.10;

/// SquareCB with its statistics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SquareCb {
    model: LinearModel,
}

impl SquareCb {
    /// The policy that decides by this model.
    #[must_use]
    pub fn with(model: LinearModel) -> Self {
        Self { model }
    }

    /// Its belief about the weights.
    #[must_use]
    pub fn model(&self) -> &LinearModel {
        &self.model
    }
}

/// Fills `out.probabilities` by the inverse gaps of `out.estimates`, of which there is one a
/// candidate and at least one; `gamma` is at least 0.
pub fn inverse_gaps(gamma: f64, out: &mut Distribution) {
    let Some(best) = out.best_estimate() else { return };
    let (most, count) = (out.estimates[best], out.estimates.len() as f64);
    let mut others = 0.0;
    for (mass, estimate) in out.probabilities.iter_mut().zip(&out.estimates) {
        *mass = 1.0 / (count + gamma * (most - estimate));
        others += *mass;
    }
    others -= out.probabilities[best];
    // Each of the n - 1 others has at most 1 / n, so at least 1 / n is left but for rounding.
    out.probabilities[best] = (1.0 - others).max(0.0);
}

impl Policy for SquareCb {
    fn floor(&self) -> f64 {
        FLOOR
    }

    fn distribute(&self, scene: &Scene<'_>, _stream: &mut Stream, out: &mut Distribution) {
        if out.estimate(&self.model, scene) {
            inverse_gaps(GAMMA * self.model.effective_rewards().sqrt(), out);
        }
    }

    fn learn(&mut self, rewarded: &Rewarded<'_>) {
        self.model.learn_reward(rewarded);
    }

    fn version(&self) -> u64 {
        self.model.version()
    }
}
