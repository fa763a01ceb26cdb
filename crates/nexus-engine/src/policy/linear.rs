//! The policies that decide by one linear model. They learn alike and differ in how a belief about
//! weights becomes a distribution over candidates: [`LinearRule`].

use super::linear_model::LinearModel;
use super::{Distribution, Policy, Rewarded, Scene, votes};
use nexus_stats::random::Stream;

/// Probability that is spread evenly over the candidates.
pub const FLOOR: f64 = 0.10;
/// Standard deviation of a reward around its expectation, in posterior draws: v.
pub const NOISE: f64 = 0.25;
/// How fast the exploration of SquareCB ends: gamma_0.
pub const GAMMA: f64 = 20.0;

/// How a belief about weights becomes a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinearRule {
    /// Linear Thompson sampling with features shared by all activities (Agrawal and Goyal 2013). A
    /// candidate's probability is the share of [`votes::DRAWS`] posterior draws in which it is best.
    /// The activity is then drawn from these probabilities and not by one more posterior draw, so
    /// the stored propensity is exact.
    Thompson,
    /// SquareCB: the further behind the best, the rarer (Abe and Long 1999; Foster and Rakhlin
    /// 2020). With n candidates and the best estimate `y_b`, a candidate has
    /// `1 / (n + gamma (y_b - y_a))` and the best has the rest. `gamma = gamma_0 sqrt(t)` grows with
    /// the rewards t that the discounted statistics are worth, so it stops growing where forgetting
    /// keeps pace with learning. The distribution is in closed form: it costs no posterior draws.
    SquareCb,
}

/// A linear policy with its statistics.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearPolicy {
    rule: LinearRule,
    model: LinearModel,
}

impl LinearPolicy {
    /// The policy of a rule before its first reward.
    #[must_use]
    pub fn new(rule: LinearRule) -> Self {
        Self::with(rule, LinearModel::default())
    }

    /// The policy that decides by this model.
    #[must_use]
    pub fn with(rule: LinearRule, model: LinearModel) -> Self {
        Self { rule, model }
    }

    #[must_use]
    pub fn rule(&self) -> LinearRule {
        self.rule
    }

    /// Its belief about the weights.
    #[must_use]
    pub fn model(&self) -> &LinearModel {
        &self.model
    }
}

impl Policy for LinearPolicy {
    fn floor(&self) -> f64 {
        FLOOR
    }

    /// Leaves no probability at all when the features are not one sound row a candidate, so that
    /// `draw::finish` refuses it and the static path is served.
    fn distribute(&self, scene: &Scene<'_>, stream: &mut Stream, out: &mut Distribution) {
        let model = &self.model;
        if !out.estimate(model, scene) {
            return;
        }
        match self.rule {
            LinearRule::Thompson => votes::count(model, scene.features, NOISE, stream, out),
            LinearRule::SquareCb => inverse_gaps(GAMMA * model.effective_rewards().sqrt(), out),
        }
    }

    fn learn(&mut self, rewarded: &Rewarded<'_>) {
        self.model.learn_reward(rewarded);
    }

    fn pass(&mut self, rewarded: &Rewarded<'_>) {
        self.model.pass(rewarded);
    }

    fn version(&self) -> u64 {
        self.model.version()
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
