//! The estimators. Each is a mean over decisions of one number, so each has a standard error.
//!
//! With the importance weight `w`, the reward `r`, what a model expects of the chosen candidate `q`
//! and of the target `b` (its mean over the candidates under the target):
//!
//! | | number | source |
//! |---|---|---|
//! | IPS | `w r` | Horvitz and Thompson 1952 |
//! | SNIPS | `w r / mean(w)` | Swaminathan and Joachims 2015 |
//! | DM | `b` | |
//! | DR | `b + w (r - q)` | Dudik, Langford and Li 2011 |
//! | SNDR | `b + w (r - q) / mean(w)` | Robins, Sued, Lei-Gomez and Rotnitzky 2007 |
//! | SWITCH | DR where `w <= threshold`, else `b` | Wang, Agarwal and Dudik 2017 |
//! | DRos | `b + s w / (w^2 + s) (r - q)` | Su, Dimakopoulou, Krishnamurthy and Dudik 2020 |
//!
//! MRDR is DR with another model ([`Fitting::LeastVariance`](super::reward_model::Fitting)).

use crate::interval::Interval;
use crate::math;
use std::collections::BTreeMap;

/// One decision, as far as the estimators ask.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WeighedReward {
    /// The target's probability of what was chosen over that of the log, at least 0.
    pub weight: f64,
    /// The reward that the chosen action earned.
    pub reward: f64,
    /// What the model expects of what was chosen.
    pub expected: f64,
    /// What the model expects of the target.
    pub expected_of_target: f64,
    /// Whose decision it was: the standard error takes those of one unit together.
    pub unit: u64,
}

/// A way to estimate what the target earns a decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Estimator {
    /// Inverse propensity scoring (Horvitz and Thompson 1952).
    Ips,
    /// The same, normalised by its own weights.
    Snips,
    /// What the model expects, and nothing else: as biased as the model.
    Direct,
    /// The model, corrected by what was seen.
    DoublyRobust,
    /// The same, with the correction normalised by its weights.
    SelfNormalisedDoublyRobust,
    /// Corrected only where the weight is at most the threshold.
    Switch {
        /// The greatest weight that corrects.
        threshold: f64,
    },
    /// Corrected by weights that are shrunk; the smaller the constant, the more.
    Shrinkage {
        /// The constant s, positive.
        shrinkage: f64,
    },
}

/// An estimate of what the target earns a decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PolicyValue {
    /// The mean reward of a decision under the target.
    pub value: f64,
    /// Standard error, units taken together; at least 0.
    pub standard_error: f64,
}

impl PolicyValue {
    /// The mean of numbers, each with its unit; `None` below two units, and when it is not finite.
    #[must_use]
    pub fn mean(terms: &[(u64, f64)]) -> Option<Self> {
        let value = terms.iter().map(|(_, term)| term).sum::<f64>() / terms.len() as f64;
        let moved = terms.iter().map(|(unit, term)| (*unit, term - value));
        let standard_error = clustered_error(moved);
        let sound = value.is_finite() && standard_error.is_finite();
        sound.then_some(Self { value, standard_error })
    }

    /// The interval for one look, at the end; `alpha` is its error rate, in (0, 1).
    #[must_use]
    pub fn interval(&self, alpha: f64) -> Interval {
        let z = -math::normal_quantile(0.5 * alpha);
        Interval::around(self.value, z * self.standard_error)
    }
}

impl Estimator {
    /// The weight that stands in the place of `weight` in the correction.
    fn corrected(self, weight: f64) -> f64 {
        match self {
            Self::Direct => 0.0,
            Self::Switch { threshold } if weight > threshold => 0.0,
            Self::Shrinkage { shrinkage } => shrinkage * weight / (weight * weight + shrinkage),
            _ => weight,
        }
    }

    fn uses_model(self) -> bool {
        !matches!(self, Self::Ips | Self::Snips)
    }

    fn is_self_normalised(self) -> bool {
        matches!(self, Self::Snips | Self::SelfNormalisedDoublyRobust)
    }

    /// The number of each decision. Their mean is the estimate.
    #[must_use]
    pub fn terms(self, rewards: &[WeighedReward]) -> Vec<f64> {
        let scale = self.scale(rewards);
        let term = |it: &WeighedReward| {
            let off = if self.uses_model() { it.reward - it.expected } else { it.reward };
            self.base(it) + self.corrected(it.weight) * off / scale
        };
        rewards.iter().map(term).collect()
    }

    /// The estimate; `None` of fewer than two units, and when a number is not finite: among
    /// them that all weights are 0 where they are divided by.
    #[must_use]
    pub fn value(self, rewards: &[WeighedReward]) -> Option<PolicyValue> {
        let terms = self.terms(rewards);
        let value = terms.iter().sum::<f64>() / terms.len() as f64;
        // How far each decision moves the estimate. Where the correction is divided by the mean
        // weight, a decision moves that too (the delta method).
        let (base, scale) = (mean(rewards, |it| self.base(it)), self.scale(rewards));
        let share = |it: &WeighedReward| {
            if self.is_self_normalised() { it.weight / scale } else { 1.0 }
        };
        let moved = rewards.iter().zip(&terms);
        let moved = moved.map(|(it, term)| (it.unit, term - base - (value - base) * share(it)));
        let standard_error = clustered_error(moved);
        let sound = value.is_finite() && standard_error.is_finite();
        sound.then_some(PolicyValue { value, standard_error })
    }

    fn base(self, it: &WeighedReward) -> f64 {
        if self.uses_model() { it.expected_of_target } else { 0.0 }
    }

    /// What the correction is divided by.
    fn scale(self, rewards: &[WeighedReward]) -> f64 {
        if self.is_self_normalised() { mean(rewards, |it| it.weight) } else { 1.0 }
    }

    /// The same estimator with the one of [`CONSTANTS`] that makes its mean squared error least, by
    /// the bound of Su and others 2020: the variance, and the square of the bias that is seen plus
    /// what may be unseen with probability [`UNSEEN`]. Itself when it has no constant.
    #[must_use]
    pub fn tuned(self, rewards: &[WeighedReward]) -> Self {
        let with = |constant: f64| match self {
            Self::Switch { .. } => Self::Switch { threshold: constant },
            Self::Shrinkage { .. } => Self::Shrinkage { shrinkage: constant },
            other => other,
        };
        if !matches!(self, Self::Switch { .. } | Self::Shrinkage { .. }) {
            return self;
        }
        let (mut best, mut least) = (self, f64::INFINITY);
        for constant in CONSTANTS {
            let error = with(constant).squared_error(rewards);
            if error < least {
                (best, least) = (with(constant), error);
            }
        }
        best
    }

    /// A bound of the mean squared error.
    fn squared_error(self, rewards: &[WeighedReward]) -> f64 {
        let (terms, n) = (self.terms(rewards), rewards.len() as f64);
        let value = terms.iter().sum::<f64>() / n;
        let variance = terms.iter().map(|term| (term - value) * (term - value)).sum::<f64>() / n;
        let missed = |it: &WeighedReward| it.weight - self.corrected(it.weight);
        let bias = mean(rewards, |it| missed(it) * (it.reward - it.expected)).abs();
        let (squares, most) = (mean(rewards, |it| it.weight * it.weight), greatest(rewards));
        let unseen = math::ln(2.0 / UNSEEN);
        let bias = bias + (2.0 * squares * unseen / n).sqrt() + 2.0 * most * unseen / (3.0 * n);
        variance / n + bias * bias
    }
}

/// The constants that [`Estimator::tuned`] chooses from.
pub const CONSTANTS: [f64; 8] = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
/// Probability that the bias is greater than its bound.
pub const UNSEEN: f64 = 0.05;

fn mean(rewards: &[WeighedReward], of: impl Fn(&WeighedReward) -> f64) -> f64 {
    rewards.iter().map(of).sum::<f64>() / rewards.len() as f64
}

fn greatest(rewards: &[WeighedReward]) -> f64 {
    rewards.iter().map(|it| it.weight).fold(0.0, f64::max)
}

/// The standard error of a mean of which each number was moved so far from it, those of one unit
/// taken together (Liang and Zeger 1986); where each is a unit, the usual one with divisor n - 1.
/// Not a number below two units.
fn clustered_error(moved: impl Iterator<Item = (u64, f64)>) -> f64 {
    let (mut sums, mut n) = (BTreeMap::<u64, f64>::new(), 0.0);
    for (unit, by) in moved {
        *sums.entry(unit).or_default() += by;
        n += 1.0;
    }
    let units = sums.len() as f64;
    let squares: f64 = sums.values().map(|sum| sum * sum).sum();
    if units < 2.0 { f64::NAN } else { (units / (units - 1.0) * squares).sqrt() / n }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weight, reward, expected, expected of the target, unit.
    const LOG: [(f64, f64, f64, f64, u64); 6] = [
        (0.5, 1.0, 0.75, 0.5, 1),
        (2.0, 0.0, 0.25, 0.5, 1),
        (0.0, 1.0, 0.50, 0.25, 2),
        (4.0, 0.5, 0.25, 0.75, 3),
        (1.0, 0.25, 0.5, 0.5, 3),
        (1.5, 0.75, 0.25, 0.25, 4),
    ];

    fn log() -> Vec<WeighedReward> {
        let rewards = LOG.iter().map(|&(weight, reward, expected, expected_of_target, unit)| {
            WeighedReward { weight, reward, expected, expected_of_target, unit }
        });
        rewards.collect()
    }

    /// The numbers are those of a Python program of the formulas as printed, exact sums and
    /// `sqrt(U / (U - 1) * sum over units of (sum of x)^2) / n`, where x is the derivative of the
    /// estimate by the mass of a decision, times n.
    #[test]
    fn estimators_against_the_formulas_written_out_in_python() {
        let expected = [
            (Estimator::Ips, 0.645_833_333_333_333_4, 0.284_919_759_840_073_4),
            (Estimator::Direct, 0.458_333_333_333_333_3, 0.087_105_961_676_975_83),
            (Estimator::DoublyRobust, 0.645_833_333_333_333_4, 0.213_289_805_551_656_33),
            (Estimator::Switch { threshold: 1.5 }, 0.5625, 0.106_229_573_199_849_67),
            (
                Estimator::Shrinkage { shrinkage: 2.0 },
                0.498_638_344_226_579_6,
                0.065_082_988_914_579_43,
            ),
            (Estimator::Snips, 0.430_555_555_555_555_6, 0.096_972_865_932_305_68),
            (
                Estimator::SelfNormalisedDoublyRobust,
                0.583_333_333_333_333_3,
                0.119_476_739_820_036_48,
            ),
        ];
        for (estimator, value, error) in expected {
            let found = estimator.value(&log()).unwrap();
            assert!((found.value - value).abs() < 1e-12, "{estimator:?}: {found:?}");
            assert!((found.standard_error - error).abs() < 1e-12, "{estimator:?}: {found:?}");
        }
    }

    #[test]
    fn without_a_model_the_doubly_robust_are_the_plain_ones() {
        let plain =
            |it: WeighedReward| WeighedReward { expected: 0.0, expected_of_target: 0.0, ..it };
        let log: Vec<_> = log().into_iter().map(plain).collect();
        assert_eq!(Estimator::DoublyRobust.value(&log), Estimator::Ips.value(&log));
        let normalised = Estimator::SelfNormalisedDoublyRobust.value(&log);
        assert_eq!(normalised, Estimator::Snips.value(&log));
    }

    #[test]
    fn what_cannot_be_estimated_is_not() {
        assert_eq!(Estimator::Ips.value(&[]), None);
        assert_eq!(Estimator::Ips.value(&log()[..2]), None, "one unit");
        let elsewhere = log().into_iter().map(|it| WeighedReward { weight: 0.0, ..it });
        let elsewhere: Vec<_> = elsewhere.collect();
        assert_eq!(Estimator::Snips.value(&elsewhere), None);
        assert_eq!(Estimator::Ips.value(&elsewhere).unwrap().value, 0.0);
        let odd = [log(), vec![WeighedReward { weight: f64::NAN, ..log()[0] }]].concat();
        assert_eq!(Estimator::DoublyRobust.value(&odd), None);
    }

    /// A great weight with a great surprise is worth its noise when there are many like it, and
    /// not when the model is right anyway.
    #[test]
    fn the_constant_follows_what_the_model_is_worth() {
        let decision = |at: u32, off: f64| WeighedReward {
            weight: if at.is_multiple_of(20) { 20.0 } else { 0.0 },
            reward: 0.5 + off,
            expected: 0.5,
            expected_of_target: 0.5,
            unit: u64::from(at),
        };
        let biased: Vec<_> = (0..40_000).map(|at| decision(at, 0.4)).collect();
        let kept = Estimator::Switch { threshold: 1.0 }.tuned(&biased);
        assert_eq!(kept, Estimator::Switch { threshold: 32.0 });
        let noise = |at: u32| if at.is_multiple_of(40) { 2.0 } else { -2.0 };
        let noisy: Vec<_> = (0..2_000).map(|at| decision(at, noise(at))).collect();
        let cut = Estimator::Switch { threshold: 1.0 }.tuned(&noisy);
        assert_eq!(cut, Estimator::Switch { threshold: 0.5 });
    }
}
