//! Logistic Thompson sampling: linear in the logit, so that estimates flatten towards the worst
//! and the best reward (Chapelle and Li 2011, by online Laplace steps).
//!
//! A reward in [-1, 1] counts as the share `y = (r + 1) / 2` of a success with the chance
//! `z = logistic(phi' theta)`. One Newton step from the mean adds the precision `h = z (1 - z)`
//! and the response `h eta + y - z` along the features, where `eta = phi' theta` is held within
//! [`LOGIT_MAX`]: far out a step is as small as the curvature there.

use super::linear_model::{LinearModel, RewardObservation};
use super::{Distribution, Policy, Rewarded, Scene, votes};
use nexus_stats::math::logistic;
use nexus_stats::random::Stream;

/// The share of the posterior's standard deviation that is drawn with. Rewards scatter less around
/// their expectation than the yes or no that the model's precision is made for.
pub const SPREAD: f64 = 0.5;
/// The greatest logit that is believed.
pub const LOGIT_MAX: f64 = 8.0;
/// Probability that is spread evenly over the candidates.
pub const FLOOR: f64 = 0.10;

/// Logistic Thompson sampling with its statistics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogisticThompson {
    model: LinearModel,
}

impl LogisticThompson {
    /// The policy that decides by this model.
    #[must_use]
    pub fn with(model: LinearModel) -> Self {
        Self { model }
    }

    /// Its belief about the weights, in logits.
    #[must_use]
    pub fn model(&self) -> &LinearModel {
        &self.model
    }
}

impl Policy for LogisticThompson {
    fn floor(&self) -> f64 {
        FLOOR
    }

    fn distribute(&self, scene: &Scene<'_>, stream: &mut Stream, out: &mut Distribution) {
        if !out.estimate(&self.model, scene) {
            return;
        }
        // Whoever has the greatest logit has the greatest chance, so the draws stay in logits.
        votes::count(&self.model, scene.features, SPREAD, stream, out);
        out.estimates.iter_mut().for_each(|estimate| *estimate = 2.0 * logistic(*estimate) - 1.0);
    }

    fn learn(&mut self, rewarded: &Rewarded<'_>) {
        self.model.learn(rewarded, |model, value| {
            let eta = model.score(rewarded.features).clamp(-LOGIT_MAX, LOGIT_MAX);
            let chance = logistic(eta);
            let weight = chance * (1.0 - chance);
            RewardObservation { weight, response: weight * eta + 0.5 * (value + 1.0) - chance }
        });
    }

    fn version(&self) -> u64 {
        self.model.version()
    }
}
