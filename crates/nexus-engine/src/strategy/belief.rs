//! What is believed of the gains of all strategies: a Gaussian, from a prior and the learners so
//! far (Rasmussen and Williams 2006, "Gaussian Processes for Machine Learning", 2.2 and 3.4.3).
//!
//! A strategy's gain is the mean share of right probes after, less what the share before foretold:
//! `after - b (before - mean of before)`, with one slope b within all strategies (Deng, Xu, Kohavi
//! and Walker 2013). With sums of weights W and noise s2, strategy i was seen with precision
//! `W_i / s2`; with `S` the roots of these on a diagonal and `B = I + S K S`, the mean is
//! `m + K S B^-1 S (seen - m)` and the covariance `K - K S B^-1 S K`.

use super::gains::GainSums;
use super::prior::GainPrior;
use nexus_stats::matrix::Cholesky;

/// Variance of a gain between learners who are known through and through, before any was seen.
const NOISE: f64 = 0.015;
/// How many learners that guess counts for.
const NOISE_WEIGHT: f64 = 50.0;
/// The guess that `before` foretells nothing, as a sum of squares of shares before: ten learners.
const SLOPE_WEIGHT: f64 = 0.2;

/// A Gaussian over the gains of all strategies.
#[derive(Clone, Debug, PartialEq)]
pub struct GainBelief {
    /// Expected gain of each strategy, as a share of right probes.
    pub mean: Vec<f64>,
    /// Covariance of the gains, row by row.
    pub covariance: Vec<f64>,
}

/// How strategies were seen to gain, with what precision.
struct Seen {
    gain: Vec<f64>,
    precision: Vec<f64>,
}

impl GainBelief {
    /// The prior with what was seen; the prior itself when it is not positive definite or the
    /// lengths differ, which [`StrategyBandit::new`](super::StrategyBandit::new) refuses.
    #[must_use]
    pub fn of(prior: &GainPrior, sums: &[GainSums]) -> Self {
        let before = Self { mean: prior.mean.clone(), covariance: prior.covariance.clone() };
        let count = before.mean.len();
        if sums.len() != count || before.covariance.len() != count * count {
            return before;
        }
        before.after(&Seen::of(sums)).unwrap_or(before)
    }

    /// Standard deviation of each gain.
    #[must_use]
    pub fn deviations(&self) -> Vec<f64> {
        let count = self.mean.len();
        (0..count).map(|at| self.covariance[at * count + at].max(0.0).sqrt()).collect()
    }

    fn after(&self, seen: &Seen) -> Option<Self> {
        let count = self.mean.len();
        let roots: Vec<f64> = seen.precision.iter().map(|precision| precision.sqrt()).collect();
        let scaled = |row: usize, column: usize| {
            let identity = if row == column { 1.0 } else { 0.0 };
            identity + roots[row] * self.covariance[row * count + column] * roots[column]
        };
        let factor = Cholesky::of(count, &packed(count, scaled))?;
        let miss = seen.gain.iter().zip(&self.mean).zip(&roots);
        let mut pull: Vec<f64> = miss.map(|((gain, mean), root)| root * (gain - mean)).collect();
        factor.solve(&mut pull);
        pull.iter_mut().zip(&roots).for_each(|(pull, root)| *pull *= root);
        // Row i of `solved` is L^-1 S K_i, so covariances fall by inner products of rows.
        let solved: Vec<Vec<f64>> = self
            .covariance
            .chunks_exact(count)
            .map(|row| {
                let mut row: Vec<f64> = row.iter().zip(&roots).map(|(k, root)| k * root).collect();
                factor.solve_lower(&mut row);
                row
            })
            .collect();
        let rows = self.covariance.chunks_exact(count).zip(&self.mean);
        let mean = rows.map(|(row, mean)| mean + dot(row, &pull)).collect();
        let covariance = self.covariance.iter().enumerate().map(|(at, entry)| {
            let (row, column) = (at / count, at % count);
            entry - dot(&solved[row.min(column)], &solved[row.max(column)])
        });
        Some(Self { mean, covariance: covariance.collect() })
    }
}

impl Seen {
    fn of(sums: &[GainSums]) -> Self {
        let (slope, centre) = slope(sums);
        let adjusted = |sum: &GainSums| {
            let foretold = slope * (sum.known_before - centre * sum.known_weight);
            if sum.weight > 0.0 { (sum.after - foretold) / sum.weight } else { 0.0 }
        };
        let noise = noise(sums, slope);
        Self {
            gain: sums.iter().map(adjusted).collect(),
            precision: sums.iter().map(|sum| sum.weight / noise).collect(),
        }
    }
}

/// How much a share before foretells, within strategies, and the mean share before.
fn slope(sums: &[GainSums]) -> (f64, f64) {
    let [mut weight, mut before, mut squares, mut products] = [0.0; 4];
    for sum in sums.iter().filter(|sum| sum.known_weight > 0.0) {
        weight += sum.known_weight;
        before += sum.known_before;
        let mean = sum.known_before / sum.known_weight;
        squares += sum.known_before_squared - mean * sum.known_before;
        products += sum.known_product - mean * sum.known_after;
    }
    let centre = if weight > 0.0 { before / weight } else { 0.0 };
    ((products / (squares.max(0.0) + SLOPE_WEIGHT)).clamp(-1.0, 1.0), centre)
}

/// Variance of the gain of a learner of weight 1 around the strategy's.
fn noise(sums: &[GainSums], slope: f64) -> f64 {
    let [mut misses, mut learners] = [NOISE_WEIGHT * NOISE, NOISE_WEIGHT];
    for sum in sums.iter().filter(|sum| sum.learners > 1.0 && sum.weight > 0.0) {
        let mut squares = sum.after_squared - sum.after * sum.after / sum.weight;
        if sum.known_weight > 0.0 {
            let mean = sum.known_before / sum.known_weight;
            let products = sum.known_product - mean * sum.known_after;
            let before = sum.known_before_squared - mean * sum.known_before;
            squares += slope * (slope * before - 2.0 * products);
        }
        misses += squares.max(0.0);
        learners += sum.learners - 1.0;
    }
    misses / learners
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    nexus_stats::matrix::product(left, right)
}

/// The lower triangle column by column, from entries by row and column.
pub(super) fn packed(count: usize, entry: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let columns = (0..count).flat_map(|column| (column..count).map(move |row| (row, column)));
    columns.map(|(row, column)| entry(row, column)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::StrategySet;
    use crate::strategy::gains::{Probed, Probes};

    fn sums() -> Vec<GainSums> {
        let mut sums = vec![GainSums::default(); StrategySet::default().strategies().len()];
        for learner in 0..300_u32 {
            let probes = |right, asked| Probes { right, asked };
            let before = probes(learner % 4, if learner % 5 == 0 { 0 } else { 6 });
            let before = if before.asked == 0 { Probes::default() } else { before };
            let after = probes((learner * 5 + learner % 4) % 9, 8 + learner % 5);
            assert!(sums[(learner * 7 % 11) as usize].add(Probed { before, after }));
        }
        sums
    }

    /// The slow way: one strategy after another, each by a rank-one update (Kalman 1960).
    fn one_by_one(prior: &GainPrior, seen: &Seen) -> GainBelief {
        let count = prior.mean.len();
        let (mut mean, mut covariance) = (prior.mean.clone(), prior.covariance.clone());
        for strategy in (0..count).filter(|strategy| seen.precision[*strategy] > 0.0) {
            let column: Vec<f64> =
                (0..count).map(|row| covariance[row * count + strategy]).collect();
            let spread = column[strategy] + 1.0 / seen.precision[strategy];
            let miss = seen.gain[strategy] - mean[strategy];
            for row in 0..count {
                mean[row] += column[row] / spread * miss;
                for other in 0..count {
                    covariance[row * count + other] -= column[row] * column[other] / spread;
                }
            }
        }
        GainBelief { mean, covariance }
    }

    #[test]
    fn all_at_once_is_one_by_one() {
        let prior = StrategySet::default().cold_prior();
        let (belief, slow) =
            (GainBelief::of(&prior, &sums()), one_by_one(&prior, &Seen::of(&sums())));
        for (fast, slow) in belief.mean.iter().zip(&slow.mean) {
            assert!((fast - slow).abs() < 1e-10);
        }
        for (fast, slow) in belief.covariance.iter().zip(&slow.covariance) {
            assert!((fast - slow).abs() < 1e-10);
        }
    }

    #[test]
    fn who_knew_more_before_is_no_gain() {
        // Two strategies that teach nothing; the second happened to get those who knew more.
        let mut sums = vec![GainSums::default(); 2];
        for learner in 0..2_000_u32 {
            let right = 2 + learner % 5 + if learner % 2 == 0 { 0 } else { 2 };
            let probes = Probes { right, asked: 10 };
            assert!(sums[(learner % 2) as usize].add(Probed { before: probes, after: probes }));
        }
        let raw = |sum: &GainSums| sum.after / sum.weight;
        let seen = Seen::of(&sums);
        assert!(raw(&sums[1]) - raw(&sums[0]) > 0.15);
        assert!((seen.gain[1] - seen.gain[0]).abs() < 0.01);
    }

    #[test]
    fn more_probes_weigh_more() {
        let with = |asked| {
            let mut sums = vec![GainSums::default()];
            for _ in 0..20 {
                let after = Probes { right: asked, asked };
                assert!(sums[0].add(Probed { before: Probes::default(), after }));
            }
            let prior = GainPrior { mean: vec![0.5], covariance: vec![0.04] };
            GainBelief::of(&prior, &sums)
        };
        let (few, many) = (with(3), with(12));
        assert!(many.mean[0] > few.mean[0]);
        assert!(many.deviations()[0] < few.deviations()[0]);
    }
}
