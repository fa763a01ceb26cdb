//! What is believed of each support: Gaussian Thompson sampling a question, shrunk to the mean of
//! the course's supports of the same kind (Thompson 1933; Williams et al. 2016, AXIS; Schmucker et
//! al. 2025).
//!
//! An outcome has a value in [-1, 1] and a weight in (0, 1] ([`super::outcome`]). With sums `W` and
//! `S` of weights and of weighted values, a kind is worth `m = S / (W + 20)`, and a support of it is
//! Gaussian with mean `(6 m + S) / (6 + W)` and variance `0.12 / (6 + W)`. Sums depend on no order,
//! so outcomes may come late and out of turn.

use crate::catalog::SupportKind;
use crate::ids::{QuestionId, SupportId};
use nexus_stats::random::Stream;
use std::collections::BTreeMap;

/// Share of choices that is spread evenly over the candidates, for ever.
pub const FLOOR: f64 = 0.10;
/// Posterior draws behind a distribution.
pub const DRAWS: usize = 32;
/// Standard deviation of posterior draws, by that of the posterior.
pub const WIDTH: f64 = 0.5;

/// Variance of an outcome of weight 1 around the worth of its support: two thirds of one surprise
/// and a third of another, each of a variance of about 0.22.
const NOISE: f64 = 0.12;
/// How many outcomes the mean of its kind counts for: supports of a kind vary by 0.02 in a course.
const KIND_WEIGHT: f64 = 6.0;
/// How many outcomes the guess counts for that a kind changes nothing.
const NOTHING_WEIGHT: f64 = 20.0;
/// Half of a 95 % interval of a Gaussian, in standard deviations.
const INTERVAL_95: f64 = 1.96;

/// What learners' answers said of one support.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SupportSums {
    /// Times it was served.
    pub served: u64,
    /// Outcomes that were learned from.
    pub outcomes: u64,
    /// Sum of their weights.
    pub weight: f64,
    /// Sum of their values, each by its weight.
    pub value: f64,
    /// Next attempts at the question after it.
    pub retries: u64,
    /// Right ones among them.
    pub retries_right: u64,
    /// First answers to the next independent question after it.
    pub nexts: u64,
    /// Right ones among them.
    pub nexts_right: u64,
}

/// What learners' answers said of all supports of one kind in a course.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct KindSums {
    /// Sum of the weights of outcomes.
    pub weight: f64,
    /// Sum of their values, each by its weight.
    pub value: f64,
}

/// A Gaussian over what a support is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SupportEstimate {
    /// Expected value of an outcome.
    pub mean: f64,
    /// The variance of the normal distribution, above 0.
    pub variance: f64,
}

/// What was learned of the supports of one course. Every choice waits, was rewarded or is missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CourseSupports {
    /// By question and support.
    pub questions: BTreeMap<QuestionId, BTreeMap<SupportId, SupportSums>>,
    /// By kind, in the order of [`SupportKind::ALL`].
    pub kinds: [KindSums; SupportKind::ALL.len()],
    /// Choices that were made.
    pub chosen: u64,
    /// Choices whose outcome came.
    pub rewarded: u64,
    /// Choices that will get none.
    pub missing: u64,
    /// Outcomes that were learned from: the version of what is believed.
    pub learned: u64,
}

impl CourseSupports {
    /// What is believed of a support; before any outcome, what its kind says.
    #[must_use]
    pub fn estimate(
        &self,
        question: &QuestionId,
        support: &SupportId,
        kind: SupportKind,
    ) -> SupportEstimate {
        let of_kind = self.kinds[kind as usize];
        let kind_mean = of_kind.value / (of_kind.weight + NOTHING_WEIGHT);
        let known = self.questions.get(question).and_then(|supports| supports.get(support));
        let (weight, value) = known.map_or((0.0, 0.0), |known| (known.weight, known.value));
        let whole = KIND_WEIGHT + weight;
        SupportEstimate { mean: (KIND_WEIGHT * kind_mean + value) / whole, variance: NOISE / whole }
    }

    /// Choices that still wait for their outcome.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.chosen.saturating_sub(self.rewarded.saturating_add(self.missing))
    }

    /// The sums of one support, new ones before it was ever served.
    pub(crate) fn sums_mut(
        &mut self,
        question: &QuestionId,
        support: &SupportId,
    ) -> &mut SupportSums {
        if !self.questions.contains_key(question) {
            self.questions.insert(question.clone(), BTreeMap::new());
        }
        // invariant: it was put there if it was not.
        let supports = self.questions.get_mut(question).expect("the question is there");
        supports.entry(support.clone()).or_default()
    }

    /// Learns from one outcome.
    pub(crate) fn learn(
        &mut self,
        question: &QuestionId,
        support: &SupportId,
        kind: SupportKind,
        outcome: &super::SupportOutcome,
    ) {
        let (value, weight) = (outcome.value, outcome.weight);
        if !value.is_finite() || !weight.is_finite() || weight <= 0.0 {
            return;
        }
        let sums = self.sums_mut(question, support);
        sums.outcomes += 1;
        sums.weight += weight;
        sums.value += weight * value;
        if let Some(retry) = &outcome.retry {
            sums.retries += 1;
            sums.retries_right += u64::from(retry.right);
        }
        if let Some(next) = &outcome.next {
            sums.nexts += 1;
            sums.nexts_right += u64::from(next.right);
        }
        let of_kind = &mut self.kinds[kind as usize];
        of_kind.weight += weight;
        of_kind.value += weight * value;
        self.learned += 1;
    }
}

impl SupportEstimate {
    /// A 95 % interval of what the support is worth.
    #[must_use]
    pub fn interval(&self) -> (f64, f64) {
        let half = INTERVAL_95 * self.variance.sqrt();
        (self.mean - half, self.mean + half)
    }
}

/// The chance that each is the best: its share of so many posterior draws. Draws do not depend on
/// who asks, so a page that is loaded again shows the same chances.
#[must_use]
pub fn best_chances(estimates: &[SupportEstimate], draws: usize) -> Vec<f64> {
    best_shares(estimates, draws, 1.0, &mut Stream::keyed(0, "best of supports"))
}

/// The same from the narrower draws that choices are made by.
pub(super) fn choice_shares(estimates: &[SupportEstimate], stream: &mut Stream) -> Vec<f64> {
    best_shares(estimates, DRAWS, WIDTH, stream)
}

/// The share of draws in which each is best; of equals the first.
fn best_shares(
    estimates: &[SupportEstimate],
    draws: usize,
    width: f64,
    stream: &mut Stream,
) -> Vec<f64> {
    let mut shares = vec![0.0; estimates.len()];
    let deviations: Vec<f64> = estimates.iter().map(|it| width * it.variance.sqrt()).collect();
    for _ in 0..draws {
        let (mut best, mut most) = (0, f64::NEG_INFINITY);
        for (position, estimate) in estimates.iter().enumerate() {
            let drawn = estimate.mean + deviations[position] * stream.normal();
            if drawn > most {
                (best, most) = (position, drawn);
            }
        }
        if let Some(share) = shares.get_mut(best) {
            *share += 1.0 / draws as f64;
        }
    }
    shares
}

/// Position of the greatest mean; of equals the first.
#[must_use]
pub fn best_of(estimates: &[SupportEstimate]) -> usize {
    let mut best = 0;
    for (position, estimate) in estimates.iter().enumerate() {
        if estimate.mean > estimates[best].mean {
            best = position;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::SupportOutcome;

    fn id(text: &str) -> SupportId {
        SupportId::new(text).unwrap()
    }

    fn question(text: &str) -> QuestionId {
        QuestionId::new(text).unwrap()
    }

    fn outcome(value: f64, weight: f64) -> SupportOutcome {
        SupportOutcome { retry: None, next: None, value, weight }
    }

    #[test]
    fn a_support_is_what_its_kind_is_until_its_own_outcomes_say_otherwise() {
        let mut course = CourseSupports::default();
        for _ in 0..20 {
            course.learn(&question("q1"), &id("a"), SupportKind::Hint, &outcome(0.4, 1.0));
        }
        // A kind of 20 outcomes of 0.4 is worth 8 / 40.
        let other = course.estimate(&question("q2"), &id("b"), SupportKind::Hint);
        assert!((other.mean - 0.2).abs() < 1e-12 && (other.variance - 0.02).abs() < 1e-12);
        let own = course.estimate(&question("q1"), &id("a"), SupportKind::Hint);
        assert!((own.mean - (6.0 * 0.2 + 8.0) / 26.0).abs() < 1e-12);
        assert!((own.variance - 0.12 / 26.0).abs() < 1e-12);
        let (low, high) = own.interval();
        assert!((high - low - 2.0 * 1.96 * own.variance.sqrt()).abs() < 1e-12);
        let kindless = course.estimate(&question("q2"), &id("b"), SupportKind::Explanation);
        assert!(kindless.mean.abs() < 1e-12);
    }

    #[test]
    fn a_lighter_outcome_says_less() {
        let after = |weight: f64| {
            let mut course = CourseSupports::default();
            course.learn(&question("q"), &id("a"), SupportKind::Hint, &outcome(1.0, weight));
            course.estimate(&question("q"), &id("a"), SupportKind::Hint)
        };
        let (light, full) = (after(1.0 / 3.0), after(1.0));
        assert!(0.0 < light.mean && light.mean < full.mean && light.variance > full.variance);
    }

    #[test]
    fn an_outcome_that_is_no_number_teaches_nothing() {
        let mut course = CourseSupports::default();
        for (value, weight) in [(f64::NAN, 1.0), (0.5, 0.0), (0.5, f64::INFINITY)] {
            course.learn(&question("q"), &id("a"), SupportKind::Hint, &outcome(value, weight));
        }
        assert_eq!(course, CourseSupports::default());
    }

    #[test]
    fn shares_are_those_of_two_gaussians() {
        // P(x > y) for x ~ N(0.1, 0.01) and y ~ N(0, 0.03) is Phi(0.1 / 0.2) = 0.6915.
        let estimates = [
            SupportEstimate { mean: 0.1, variance: 0.01 },
            SupportEstimate { mean: 0.0, variance: 0.03 },
        ];
        let shares = best_chances(&estimates, 100_000);
        // Four standard errors of 100,000 draws.
        assert!((shares[0] - 0.6915).abs() < 0.0059, "{shares:?}");
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert_eq!((best_of(&estimates), best_of(&[])), (0, 0));
        assert_eq!(best_chances(&[], 64), [0.0; 0]);
    }
}
