//! Which learner gets which strategy: Thompson sampling over strategies whose gains are jointly
//! Gaussian (Thompson 1933; Russo et al. 2018, "A tutorial on Thompson sampling"), so that a
//! learner taught by one strategy tells something about those like it.
//!
//! Paid is the share of right probes after the course, less what the share before it foretold:
//! `y = after - b (before - mean of before)`, with b the slope of all learners so far (Deng, Xu,
//! Kohavi and Walker 2013). Raw success is never paid, and the true state is known to nobody.

use super::set::GainPrior;
use nexus_stats::matrix::Cholesky;
use nexus_stats::random::Stream;
use std::fmt;

/// Posterior draws behind a distribution.
pub const DRAWS: usize = 128;
/// Share of learners that is spread evenly over all strategies, for ever.
pub const FLOOR: f64 = 0.02;
/// Standard deviation of posterior draws, by that of the posterior.
pub const WIDTH: f64 = 0.4;
/// Variance of one learner's gain around the strategy's, before any was seen.
const NOISE: f64 = 0.03;
/// How many learners that guess counts for.
const NOISE_WEIGHT: f64 = 50.0;
/// How many learners the guess that `before` foretells nothing counts for.
const SLOPE_WEIGHT: f64 = 20.0;

/// Why a gain was not learned from. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedGain {
    /// There is no strategy at that position.
    Strategy,
    /// A share of right probes does not lie in [0, 1].
    Share,
}

impl fmt::Display for RefusedGain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Strategy => f.write_str("there is no such strategy"),
            Self::Share => f.write_str("a share of right probes lies between 0 and 1"),
        }
    }
}

impl std::error::Error for RefusedGain {}

/// What one learner's probes said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probed {
    /// Share of right probes before the course, in [0, 1].
    pub before: f64,
    /// Share of right probes after it, in [0, 1].
    pub after: f64,
}

/// The belief about all strategies, and what it has learned from.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyBandit {
    mean: Vec<f64>,
    /// Row by row, symmetric.
    covariance: Vec<f64>,
    gains: u64,
    squared_misses: f64,
    before: Slope,
}

/// Running moments of (before, after), for the slope.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Slope {
    count: f64,
    mean_before: f64,
    mean_after: f64,
    variance_sum: f64,
    covariance_sum: f64,
}

impl Slope {
    fn add(&mut self, probed: Probed) {
        self.count += 1.0;
        let change = probed.before - self.mean_before;
        self.mean_before += change / self.count;
        self.mean_after += (probed.after - self.mean_after) / self.count;
        self.variance_sum += change * (probed.before - self.mean_before);
        self.covariance_sum += change * (probed.after - self.mean_after);
    }

    fn adjusted(&self, probed: Probed) -> f64 {
        // A weak prior that `before` foretells nothing: 0.02 is a usual variance of ten probes.
        let slope = self.covariance_sum / (self.variance_sum + 0.02 * SLOPE_WEIGHT);
        probed.after - slope.clamp(-1.0, 1.0) * (probed.before - self.mean_before)
    }
}

impl StrategyBandit {
    /// Before any learner; `None` unless the prior is one finite mean for each strategy, at least
    /// one, and a covariance that is positive definite.
    #[must_use]
    pub fn new(prior: &GainPrior) -> Option<Self> {
        let count = prior.mean.len();
        let numbers = prior.mean.iter().chain(&prior.covariance);
        let sound =
            prior.covariance.len() == count * count && numbers.clone().all(|n| n.is_finite());
        Cholesky::of(count, &packed(count, &prior.covariance)).filter(|_| sound)?;
        Some(Self {
            mean: prior.mean.clone(),
            covariance: prior.covariance.clone(),
            gains: 0,
            squared_misses: 0.0,
            before: Slope::default(),
        })
    }

    /// Expected gain of each strategy.
    #[must_use]
    pub fn means(&self) -> &[f64] {
        &self.mean
    }

    /// How many gains were learned from; it names the model's version.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.gains
    }

    /// Probability with which the next learner gets each strategy: the share of posterior draws in
    /// which it is best, with the floor in it. They sum to 1 within 1e-12, and none lies below
    /// `FLOOR / strategies`. Draw from exactly these.
    #[must_use]
    pub fn distribute(&self, stream: &mut Stream) -> Vec<f64> {
        let count = self.mean.len();
        let mut shares = vec![0.0; count];
        // Rounding may cost the covariance its definiteness after very many gains; then the
        // posterior is sharp, and its mean says all.
        match Cholesky::of(count, &packed(count, &self.covariance)) {
            Some(factor) => {
                let mut draw = vec![0.0; count];
                for _ in 0..DRAWS {
                    self.draw(factor.factor(), stream, &mut draw);
                    shares[best_of(&draw)] += 1.0 / DRAWS as f64;
                }
            }
            None => shares[best_of(&self.mean)] = 1.0,
        }
        let least = FLOOR / count as f64;
        shares.iter_mut().for_each(|share| *share = (1.0 - FLOOR) * *share + least);
        shares
    }

    /// Learns from one learner who was dealt a strategy.
    ///
    /// # Errors
    /// When there is no such strategy, or a share is not one; then nothing changes.
    pub fn learn(&mut self, strategy: usize, probed: Probed) -> Result<(), RefusedGain> {
        let count = self.mean.len();
        if strategy >= count {
            return Err(RefusedGain::Strategy);
        }
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        if !is_share(probed.before) || !is_share(probed.after) {
            return Err(RefusedGain::Share);
        }
        self.before.add(probed);
        let miss = self.before.adjusted(probed) - self.mean[strategy];
        let row = strategy * count;
        let column: Vec<f64> = self.covariance[row..row + count].to_vec();
        let spread = column[strategy] + self.noise();
        for (mean, with) in self.mean.iter_mut().zip(&column) {
            *mean += with / spread * miss;
        }
        for (position, entry) in self.covariance.iter_mut().enumerate() {
            *entry -= column[position / count] * column[position % count] / spread;
        }
        self.gains = self.gains.saturating_add(1);
        self.squared_misses += miss * miss;
        Ok(())
    }

    /// Variance of one learner's gain around the strategy's, as seen so far.
    fn noise(&self) -> f64 {
        (NOISE_WEIGHT * NOISE + self.squared_misses) / (NOISE_WEIGHT + self.gains as f64)
    }

    /// `mean + WIDTH L z` for standard normal z, with `L` packed column by column.
    fn draw(&self, factor: &[f64], stream: &mut Stream, out: &mut [f64]) {
        out.copy_from_slice(&self.mean);
        let mut rest = factor;
        for first in 0..out.len() {
            let (column, later) = rest.split_at(out.len() - first);
            let normal = WIDTH * stream.normal();
            for (value, entry) in out[first..].iter_mut().zip(column) {
                *value += normal * entry;
            }
            rest = later;
        }
    }
}

/// Position of the greatest; of equals the first.
fn best_of(values: &[f64]) -> usize {
    let mut best = 0;
    for (position, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = position;
        }
    }
    best
}

/// The lower triangle column by column, from a symmetric matrix row by row.
fn packed(count: usize, rows: &[f64]) -> Vec<f64> {
    let entry = |column: usize, row: usize| rows.get(row * count + column).copied();
    let columns = (0..count).flat_map(|column| (column..count).map(move |row| (column, row)));
    columns.map(|(column, row)| entry(column, row).unwrap_or(0.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::StrategySet;

    fn bandit() -> StrategyBandit {
        StrategyBandit::new(&StrategySet::default().cold_prior()).unwrap()
    }

    #[test]
    fn a_distribution_with_its_floor() {
        let shares = bandit().distribute(&mut Stream::new(1));
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(shares.iter().all(|share| *share >= FLOOR / shares.len() as f64));
        assert_eq!(shares, bandit().distribute(&mut Stream::new(1)));
    }

    #[test]
    fn unsound_gains_change_nothing() {
        let mut taught = bandit();
        let probed = |after| Probed { before: 0.5, after };
        assert_eq!(taught.learn(99, probed(0.5)), Err(RefusedGain::Strategy));
        assert_eq!(taught.learn(0, probed(1.5)), Err(RefusedGain::Share));
        assert_eq!(taught.learn(0, probed(f64::NAN)), Err(RefusedGain::Share));
        assert_eq!(taught, bandit());
    }

    #[test]
    fn it_finds_the_strategy_that_pays() {
        // Simulated truth: strategy 7 leaves 0.7, all others 0.4, with ten probes each.
        let (mut taught, mut stream) = (bandit(), Stream::new(3));
        let mut dealt_last = 0;
        for round in 0..1_500 {
            let dealt = stream.categorical(&taught.distribute(&mut stream.clone()));
            let chance = if dealt == 7 { 0.7 } else { 0.4 };
            let right = (0..10).filter(|_| stream.uniform() < chance).count();
            taught.learn(dealt, Probed { before: 0.4, after: right as f64 / 10.0 }).unwrap();
            dealt_last += usize::from(round >= 1_000 && dealt == 7);
        }
        assert!(dealt_last > 450, "{dealt_last} of the last 500");
    }
}
