//! Linear Thompson sampling with features shared by all activities (Agrawal and Goyal 2013).
//!
//! A candidate's probability is the share of [`DRAWS`] posterior draws in which it is best. The
//! activity is then drawn from these probabilities and not by one more posterior draw, so the
//! stored propensity is exact. The model is that of `linear_model`.

use super::linear_model::LinearModel;
use super::{Distribution, Policy, Rewarded, Scene, votes};
use nexus_stats::random::Stream;

pub use super::votes::DRAWS;

/// Standard deviation of a reward around its expectation: v.
pub const NOISE: f64 = 0.25;
/// Probability that is spread evenly over the candidates.
pub const FLOOR: f64 = 0.10;

/// Linear Thompson sampling with its statistics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinearThompson {
    model: LinearModel,
}

impl LinearThompson {
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

impl Policy for LinearThompson {
    fn floor(&self) -> f64 {
        FLOOR
    }

    /// Leaves no probability at all when the features are not one sound row a candidate, so that
    /// `draw::finish` refuses it and the static path is served.
    fn distribute(&self, scene: &Scene<'_>, stream: &mut Stream, out: &mut Distribution) {
        if out.estimate(&self.model, scene) {
            votes::count(&self.model, scene.features, NOISE, stream, out);
        }
    }

    fn learn(&mut self, rewarded: &Rewarded<'_>) {
        self.model.learn_reward(rewarded);
    }

    fn version(&self) -> u64 {
        self.model.version()
    }
}
