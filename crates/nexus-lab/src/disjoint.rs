//! Choosing among a few fixed arms by a context they share: one regression an arm.
//!
//! Activities share their features' weights, because they are more than data; a dozen strategies
//! need not (`docs/science.md` 2). The rules are those of the policies of the same names, with the
//! same distributions, floor and draw; only the belief is one an arm. A decision bounds what each
//! arm might still be worth and looks closely at those alone that could matter: the answer is the
//! same as if all had been looked at.

use nexus_engine::policy::Distribution;
use nexus_engine::policy::linear::inverse_gaps;
use nexus_engine::policy::linear_model::{FEATURE_MAX, PRIOR_PRECISION};
use nexus_stats::matrix::inverse::{RidgeInverse, padded};
use nexus_stats::matrix::product;
use nexus_stats::random::Stream;

/// Posterior draws behind a distribution of [`DisjointRule::Thompson`].
const DRAWS: usize = 64;
/// No normal number in single precision is larger: the quantile at 2^-53 is 8.21.
const NORMAL_MAX: f64 = 8.3;
/// What rounding may add to a bound.
const SLACK: f64 = 1e-9;

/// How a distribution is made of the arms' regressions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DisjointRule {
    /// All mass on the best estimate.
    Greedy,
    /// All mass on the best estimate plus so many standard deviations.
    Ucb(f64),
    /// The share of posterior draws in which an arm is best, with this standard deviation of a reward.
    Thompson(f64),
    /// Inverse gaps, with this `gamma_0`.
    SquareCb(f64),
}

/// Arms with what was learned of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Disjoint {
    rule: DisjointRule,
    models: Vec<RidgeInverse>,
    /// The context, padded as the regressions want it; work space.
    context: Vec<f64>,
    version: u64,
    refused: u64,
}

impl Disjoint {
    /// So many arms that have learned nothing, for contexts of this width; `None` unless there is
    /// an arm, the width is in 1..=512 and the discount in (0, 1].
    #[must_use]
    pub fn new(rule: DisjointRule, arms: usize, width: usize, discount: f64) -> Option<Self> {
        let model = RidgeInverse::new(width, PRIOR_PRECISION, discount)?;
        let context = vec![0.0; padded(width)];
        let models = vec![model; arms];
        (arms > 0).then_some(Self { rule, models, context, version: 0, refused: 0 })
    }

    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Rewards that were not learned from because their numbers were not sound.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Fills `out` for a context. When the context is not sound nothing is left in it, which `draw::finish` refuses.
    pub fn distribute(&mut self, context: &[f64], stream: &mut Stream, out: &mut Distribution) {
        if !self.take(context) {
            out.reset(0);
            return;
        }
        out.reset(self.models.len());
        let (models, context) = (&self.models, &self.context);
        out.estimates.extend(models.iter().map(|model| model.score(context)));
        match self.rule {
            DisjointRule::Greedy => self.choose_bound(0.0, out),
            DisjointRule::Ucb(alpha) => self.choose_bound(alpha, out),
            DisjointRule::Thompson(noise) => self.vote(noise, stream, out),
            DisjointRule::SquareCb(gamma) => {
                inverse_gaps(gamma * (self.version as f64).sqrt(), out)
            }
        }
    }

    /// Learns what an arm was worth in a context. An unknown arm, an unsound context and a value
    /// that is not a number are counted as refused; values are held in [-1, 1].
    pub fn learn(&mut self, arm: usize, context: &[f64], value: f64) {
        let sound = !value.is_nan() && self.take(context);
        match self.models.get_mut(arm).filter(|_| sound) {
            Some(model) => {
                model.learn(&self.context, value.clamp(-1.0, 1.0));
                self.version = self.version.saturating_add(1);
            }
            None => self.refused = self.refused.saturating_add(1),
        }
    }

    fn take(&mut self, context: &[f64]) -> bool {
        let width = self.models.first().map_or(0, RidgeInverse::width);
        // A NaN is not below anything.
        let small = |entry: &f64| entry.abs() <= FEATURE_MAX;
        let sound = context.len() == width && context.iter().all(small);
        if sound {
            self.context[..width].copy_from_slice(context);
        }
        sound
    }

    /// The most that a standard deviation of an arm's estimate can be, without looking closely.
    fn deviation_bound(&self, arm: usize, length: f64) -> f64 {
        self.models[arm].variance_bound().sqrt() * length * (1.0 + SLACK)
    }

    /// All mass on the greatest upper bound; of equals on the first.
    fn choose_bound(&self, alpha: f64, out: &mut Distribution) {
        let Some(mut best) = out.best_estimate() else { return };
        if alpha > 0.0 {
            let length = product(&self.context, &self.context).sqrt();
            let bound = |arm: usize| {
                out.estimates[arm] + alpha * self.models[arm].variance(&self.context).sqrt()
            };
            let mut most = bound(best);
            for (arm, estimate) in out.estimates.iter().enumerate() {
                if estimate + alpha * self.deviation_bound(arm, length) >= most && arm != best {
                    let found = bound(arm);
                    if found > most || (found == most && arm < best) {
                        (best, most) = (arm, found);
                    }
                }
            }
        }
        out.probabilities[best] = 1.0;
    }

    /// The share of posterior draws that each arm wins; arms are independent of each other. Pairs
    /// of draws share their normal numbers, with opposite signs.
    fn vote(&self, noise: f64, stream: &mut Stream, out: &mut Distribution) {
        let length = product(&self.context, &self.context).sqrt();
        let Some(best) = out.best_estimate() else { return };
        let own = noise * self.models[best].variance(&self.context).sqrt();
        let least = out.estimates[best] - NORMAL_MAX * own;
        let mut leaders = [[(f64::NEG_INFINITY, 0_usize); DRAWS / 2]; 2];
        for (arm, estimate) in out.estimates.iter().enumerate() {
            let most = NORMAL_MAX * noise * self.deviation_bound(arm, length);
            if estimate + most < least {
                continue;
            }
            let deviation = noise * self.models[arm].variance(&self.context).sqrt();
            let [above, below] = &mut leaders;
            for (above, below) in above.iter_mut().zip(below) {
                let change = deviation * f64::from(stream.normal_single());
                if estimate + change > above.0 {
                    *above = (estimate + change, arm);
                }
                if estimate - change > below.0 {
                    *below = (estimate - change, arm);
                }
            }
        }
        for (_, arm) in leaders.iter().flatten() {
            out.probabilities[*arm] += 1.0 / DRAWS as f64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_engine::policy::draw::{InvalidDistribution, finish};

    const RULES: [DisjointRule; 4] = [
        DisjointRule::Greedy,
        DisjointRule::Ucb(0.5),
        DisjointRule::Thompson(0.25),
        DisjointRule::SquareCb(10.0),
    ];

    fn context(stream: &mut Stream) -> [f64; 7] {
        std::array::from_fn(|_| stream.normal().clamp(-8.0, 8.0))
    }

    fn taught(rule: DisjointRule, rewards: usize) -> (Disjoint, Stream) {
        let mut arms = Disjoint::new(rule, 5, 7, 0.999).unwrap();
        let mut stream = Stream::new(3);
        for _ in 0..rewards {
            let context = context(&mut stream);
            let arm = stream.below(5) as usize;
            arms.learn(arm, &context, context[arm].clamp(-1.0, 1.0));
        }
        (arms, stream)
    }

    // The oracle is the rule without any shortcut.
    #[test]
    fn what_is_not_looked_at_could_not_have_won() {
        for rewards in [0, 3, 40, 4_000] {
            let (mut arms, mut stream) = taught(DisjointRule::Ucb(0.5), rewards);
            for _ in 0..200 {
                let context = context(&mut stream);
                let mut out = Distribution::default();
                arms.distribute(&context, &mut stream, &mut out);
                let (mut best, mut most) = (0, f64::NEG_INFINITY);
                for (arm, model) in arms.models.iter().enumerate() {
                    let variance = model.variance(&arms.context);
                    let bound = model.score(&arms.context) + 0.5 * variance.sqrt();
                    if bound > most {
                        (best, most) = (arm, bound);
                    }
                }
                assert_eq!(out.probabilities[best], 1.0);
            }
        }
    }

    #[test]
    fn every_rule_learns_which_arm_is_best() {
        for rule in RULES {
            let (mut arms, mut stream) = taught(rule, 5_000);
            let mut mass = 0.0;
            for _ in 0..200 {
                let context = context(&mut stream);
                let best = (0..5).max_by(|one, other| context[*one].total_cmp(&context[*other]));
                let mut out = Distribution::default();
                arms.distribute(&context, &mut stream, &mut out);
                finish(0.0, &mut out).unwrap();
                mass += out.probabilities[best.unwrap()] / 200.0;
            }
            assert!(mass > 0.8, "{rule:?} puts {mass} on the best");
        }
    }

    #[test]
    fn poison_is_refused_or_clipped() {
        for rule in RULES {
            let (mut arms, mut stream) = taught(rule, 10);
            let before = arms.models.clone();
            for odd in [f64::NAN, f64::INFINITY, 1e308, -8.001] {
                arms.learn(0, &[odd; 7], 0.5);
                let mut out = Distribution::default();
                arms.distribute(&[odd; 7], &mut stream, &mut out);
                assert_eq!(finish(0.1, &mut out), Err(InvalidDistribution::Empty));
            }
            arms.learn(0, &[0.0; 7], f64::NAN);
            arms.learn(5, &[0.0; 7], 0.5);
            arms.learn(0, &[0.0; 6], 0.5);
            assert_eq!((arms.version(), arms.refused()), (10, 7));
            assert_eq!(arms.models, before);
            for _ in 0..100_000 {
                arms.learn(1, &[8.0; 7], 1e308);
            }
            let mut out = Distribution::default();
            arms.distribute(&[-8.0; 7], &mut stream, &mut out);
            assert_eq!(finish(0.1, &mut out), Ok(()));
        }
    }
}
