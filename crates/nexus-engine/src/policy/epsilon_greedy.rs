//! Epsilon-greedy: the best estimate, and now and then anything. The plainest way to learn from
//! rewards, and with rich features a strong one (Bietti, Agarwal and Langford 2021).

use super::linear_model::LinearModel;
use super::{Distribution, Policy, Rewarded, Scene};
use nexus_stats::random::Stream;

/// Probability that is spread evenly over the candidates: epsilon, which is the floor.
pub const FLOOR: f64 = 0.10;

/// Epsilon-greedy with its statistics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EpsilonGreedy {
    model: LinearModel,
}

impl EpsilonGreedy {
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

impl Policy for EpsilonGreedy {
    fn floor(&self) -> f64 {
        FLOOR
    }

    fn distribute(&self, scene: &Scene<'_>, _stream: &mut Stream, out: &mut Distribution) {
        if out.estimate(&self.model, scene)
            && let Some(best) = out.best_estimate()
        {
            out.probabilities[best] = 1.0;
        }
    }

    fn learn(&mut self, rewarded: &Rewarded<'_>) {
        self.model.learn_reward(rewarded);
    }

    fn version(&self) -> u64 {
        self.model.version()
    }
}
