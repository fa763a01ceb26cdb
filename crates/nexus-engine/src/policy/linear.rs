//! The policies that decide by one linear model. They learn alike and differ in how a belief about
//! weights becomes a distribution over candidates: [`LinearRule`].

use super::lanes::{Block, LANES, variances};
use super::linear_model::{LinearModel, RewardObservation};
use super::{Distribution, Policy, Rewarded, Scene, votes};
use nexus_stats::math::logistic;
use nexus_stats::random::Stream;

/// Probability that is spread evenly over the candidates. It is epsilon of epsilon-greedy.
pub const FLOOR: f64 = 0.10;
/// Standard deviation of a reward around its expectation, in posterior draws: v.
pub const NOISE: f64 = 0.25;
/// The share of the posterior's standard deviation that logistic Thompson sampling draws with.
/// Rewards scatter less around their expectation than the yes or no that the model's precision is made for.
pub const LOGISTIC_SPREAD: f64 = 0.5;
/// The greatest logit that is believed.
pub const LOGIT_MAX: f64 = 8.0;
/// Standard deviations that LinUCB counts as possible: alpha.
pub const ALPHA: f64 = 0.3;
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
    /// The same in logits, so that estimates flatten towards the worst and the best reward (Chapelle
    /// and Li 2011, by online Laplace steps). A reward in [-1, 1] counts as the share
    /// `y = (r + 1) / 2` of a success with the chance `z = logistic(phi' theta)`. One Newton step
    /// from the mean adds the precision `h = z (1 - z)` and the response `h eta + y - z` along the
    /// features, where `eta = phi' theta` is held within [`LOGIT_MAX`]: far out a step is as small
    /// as the curvature there.
    LogisticThompson,
    /// LinUCB, the benefit of the doubt (Li, Chu, Langford and Schapire 2010). All mass lies on the
    /// candidate with the greatest `phi' theta + alpha sqrt(phi' A^-1 phi)`: what is expected of it
    /// plus what it might be worth beyond that. It is deterministic, so without its floor its log could evaluate nothing.
    Ucb,
    /// SquareCB: the further behind the best, the rarer (Abe and Long 1999; Foster and Rakhlin
    /// 2020). With n candidates and the best estimate `y_b`, a candidate has
    /// `1 / (n + gamma (y_b - y_a))` and the best has the rest. `gamma = gamma_0 sqrt(t)` grows with
    /// the rewards t that the discounted statistics are worth, so it stops growing where forgetting
    /// keeps pace with learning. The distribution is in closed form: it costs no posterior draws.
    SquareCb,
    /// Epsilon-greedy: the best estimate, and now and then anything. The plainest way to learn from
    /// rewards, and with rich features a strong one (Bietti, Agarwal and Langford 2021).
    EpsilonGreedy,
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

    /// Its belief about the weights; in logits under [`LinearRule::LogisticThompson`].
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
            LinearRule::LogisticThompson => {
                // The greatest logit has the greatest chance, so the draws stay in logits.
                votes::count(model, scene.features, LOGISTIC_SPREAD, stream, out);
                for estimate in &mut out.estimates {
                    *estimate = 2.0 * logistic(*estimate) - 1.0;
                }
            }
            LinearRule::Ucb => all_on_greatest_bound(model, scene, out),
            LinearRule::SquareCb => inverse_gaps(GAMMA * model.effective_rewards().sqrt(), out),
            LinearRule::EpsilonGreedy => {
                if let Some(best) = out.best_estimate() {
                    out.probabilities[best] = 1.0;
                }
            }
        }
    }

    fn learn(&mut self, rewarded: &Rewarded<'_>) {
        match self.rule {
            LinearRule::LogisticThompson => {
                self.model.learn(rewarded, |model, value| {
                    let eta = model.score(rewarded.features).clamp(-LOGIT_MAX, LOGIT_MAX);
                    let chance = logistic(eta);
                    let weight = chance * (1.0 - chance);
                    RewardObservation {
                        weight,
                        response: weight * eta + 0.5 * (value + 1.0) - chance,
                    }
                });
            }
            LinearRule::Thompson
            | LinearRule::Ucb
            | LinearRule::SquareCb
            | LinearRule::EpsilonGreedy => {
                self.model.learn_reward(rewarded);
            }
        }
    }

    fn version(&self) -> u64 {
        self.model.version()
    }
}

/// Puts all mass on the candidate that might be worth most.
fn all_on_greatest_bound(model: &LinearModel, scene: &Scene<'_>, out: &mut Distribution) {
    let mut block = Block::new();
    let (mut best, mut most) = (0, f64::NEG_INFINITY);
    let rows = scene.features.chunks(LANES * model.width());
    for (turn, (rows, estimates)) in rows.zip(out.estimates.chunks(LANES)).enumerate() {
        let variances = variances(block.fill(model, rows));
        for (lane, (estimate, variance)) in estimates.iter().zip(variances).enumerate() {
            let bound = estimate + ALPHA * variance.sqrt();
            if bound > most {
                (best, most) = (turn * LANES + lane, bound);
            }
        }
    }
    if let Some(mass) = out.probabilities.get_mut(best) {
        *mass = 1.0;
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
