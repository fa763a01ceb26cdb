//! Which learner gets which strategy: Thompson sampling over strategies whose gains are jointly
//! Gaussian (Thompson 1933; Russo et al. 2018, "A tutorial on Thompson sampling"), so that a
//! learner taught by one strategy tells something about those like it.
//!
//! The reward is the share of right probes after the course, less what the share before it predicts
//! ([`GainBelief`]). Raw success is never a reward, and the true state is not observed. Learners
//! finish at different times: a gain may come late and in any order, and the belief is the same.

use super::belief::{GainBelief, packed};
use super::gains::{GainSums, Probed};
use super::prior::GainPrior;
use nexus_stats::matrix::Cholesky;
use nexus_stats::random::Stream;
use thiserror::Error;

/// Posterior draws behind a distribution.
pub const DRAWS: usize = 128;
/// Share of learners that is spread evenly over all strategies, for ever.
pub const FLOOR: f64 = 0.02;
/// Standard deviation of posterior draws, by that of the posterior.
pub const WIDTH: f64 = 0.5;

/// Learners who try strategies out before the first reward.
const TRYING_FIRST: f64 = 150.0;

/// Why a gain was not learned from. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RefusedGain {
    /// There is no strategy at that position.
    #[error("there is no such strategy")]
    Strategy,
    /// No probe was asked after the course, or more were right than asked.
    #[error("a gain needs at least one probe after the course, and no more right than asked")]
    Probes,
}

/// The prior about all strategies, and the learners it has learned from.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyBandit {
    prior: GainPrior,
    sums: Vec<GainSums>,
    learned: u64,
}

impl StrategyBandit {
    /// Before any learner; `None` unless the prior is one finite mean for each strategy, at least
    /// one, and a covariance that is symmetric and positive definite.
    #[must_use]
    pub fn new(prior: GainPrior) -> Option<Self> {
        let count = prior.mean.len();
        let sums = vec![GainSums::default(); count];
        Self::restore(prior, sums, 0)
    }

    /// A bandit as [`StrategyBandit::prior`], [`StrategyBandit::sums`] and
    /// [`StrategyBandit::version`] told of it; `None` when they do not fit each other.
    #[must_use]
    pub fn restore(prior: GainPrior, sums: Vec<GainSums>, learned: u64) -> Option<Self> {
        let count = prior.mean.len();
        let mut numbers = prior.mean.iter().chain(&prior.covariance).copied();
        let mut summed = sums.iter().flat_map(GainSums::to_array);
        let sound = prior.covariance.len() == count * count
            && sums.len() == count
            && numbers.all(f64::is_finite)
            && summed.all(|sum| sum.is_finite() && sum >= 0.0);
        let entry = |row: usize, column: usize| prior.covariance[row * count + column];
        let symmetric = || {
            (0..count * count).all(|at| {
                let (row, column) = (at / count, at % count);
                entry(row, column).to_bits() == entry(column, row).to_bits()
            })
        };
        if !sound || !symmetric() {
            return None;
        }
        Cholesky::of(count, &packed(count, entry))?;
        Some(Self { prior, sums, learned })
    }

    /// What was believed before any learner.
    #[must_use]
    pub fn prior(&self) -> &GainPrior {
        &self.prior
    }

    /// What probes said of each strategy.
    #[must_use]
    pub fn sums(&self) -> &[GainSums] {
        &self.sums
    }

    /// What is believed of all gains now.
    #[must_use]
    pub fn belief(&self) -> GainBelief {
        GainBelief::of(&self.prior, &self.sums)
    }

    /// How many gains were learned from; it names the model's version.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.learned
    }

    /// Probability with which the next learner gets each strategy: the share of posterior draws in
    /// which it is best, with the floor in it. They sum to 1 within 1e-12, and none lies below
    /// `FLOOR / strategies`. Draw from exactly these.
    #[must_use]
    pub fn distribute(&self, stream: &mut Stream) -> Vec<f64> {
        self.distribute_while(0, stream)
    }

    /// The same while so many learners were assigned a strategy whose reward is pending. Trying out is
    /// for what it will teach, and hundreds who try before the first has finished teach little
    /// more than some: with `n` rewarded, draws decide for `(n + 150) / (n + 150 + pending)` of
    /// learners, and the best mean for the others.
    #[must_use]
    pub fn distribute_while(&self, pending: u64, stream: &mut Stream) -> Vec<f64> {
        let belief = self.belief();
        let count = belief.mean.len();
        let mut shares = vec![0.0; count];
        let entry = |row: usize, column: usize| belief.covariance[row * count + column];
        let trying = self.learned as f64 + TRYING_FIRST;
        let trying = trying / (trying + pending as f64);
        shares[best_of(&belief.mean)] += 1.0 - trying;
        // Rounding may cost the covariance its definiteness after very many gains; then the
        // posterior is sharp, and its mean says all.
        match Cholesky::of(count, &packed(count, entry)) {
            Some(factor) => {
                let mut draw = vec![0.0; count];
                for _ in 0..DRAWS {
                    draw_gains(&belief.mean, factor.factor(), stream, &mut draw);
                    shares[best_of(&draw)] += trying / DRAWS as f64;
                }
            }
            None => shares[best_of(&belief.mean)] += trying,
        }
        let least = FLOOR / count as f64;
        shares.iter_mut().for_each(|share| *share = (1.0 - FLOOR) * *share + least);
        shares
    }

    /// Learns from one learner who was assigned a strategy, however long ago.
    ///
    /// Errors: when there is no such strategy, or the probes are unsound; then nothing changes.
    pub fn learn(&mut self, strategy: usize, probed: Probed) -> Result<(), RefusedGain> {
        let sums = self.sums.get_mut(strategy).ok_or(RefusedGain::Strategy)?;
        if !sums.add(probed) {
            return Err(RefusedGain::Probes);
        }
        self.learned = self.learned.saturating_add(1);
        Ok(())
    }
}

/// `mean + WIDTH L z` for standard normal z, with `L` packed column by column.
fn draw_gains(mean: &[f64], factor: &[f64], stream: &mut Stream, out: &mut [f64]) {
    out.copy_from_slice(mean);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::StrategySet;
    use crate::strategy::gains::Probes;

    fn bandit() -> StrategyBandit {
        StrategyBandit::new(StrategySet::default().cold_prior()).unwrap()
    }

    fn gain(before: u32, after: u32) -> Probed {
        let probes = |right| Probes { right, asked: 10 };
        Probed { before: probes(before), after: probes(after) }
    }

    #[test]
    fn a_distribution_with_its_floor() {
        let shares = bandit().distribute(&mut Stream::new(1));
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(shares.iter().all(|share| *share >= FLOOR / shares.len() as f64));
        assert_eq!(shares, bandit().distribute(&mut Stream::new(1)));
    }

    #[test]
    fn while_many_are_unpaid_few_try_out() {
        let mut taught = bandit();
        (0..30).for_each(|_| taught.learn(7, gain(4, 9)).unwrap());
        let best = |pending| taught.distribute_while(pending, &mut Stream::new(1))[7];
        assert_eq!(
            taught.distribute_while(0, &mut Stream::new(1)),
            taught.distribute(&mut Stream::new(1))
        );
        assert!(best(0) < best(500) && best(500) < best(5_000));
        let shares = taught.distribute_while(5_000, &mut Stream::new(1));
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(shares.iter().all(|share| *share >= FLOOR / shares.len() as f64));
    }

    #[test]
    fn unsound_gains_change_nothing() {
        let mut taught = bandit();
        let nobody_asked = Probed { after: Probes::default(), ..gain(5, 0) };
        assert_eq!(taught.learn(99, gain(5, 5)), Err(RefusedGain::Strategy));
        assert_eq!(taught.learn(0, gain(5, 11)), Err(RefusedGain::Probes));
        assert_eq!(taught.learn(0, nobody_asked), Err(RefusedGain::Probes));
        assert_eq!(taught, bandit());
    }

    #[test]
    fn an_unsound_prior_is_refused() {
        let prior = GainPrior { mean: vec![0.5, 0.5], covariance: vec![1.0, 0.5, 0.5, 1.0] };
        let with =
            |covariance: [f64; 4]| GainPrior { covariance: covariance.into(), ..prior.clone() };
        assert!(StrategyBandit::new(prior.clone()).is_some());
        assert!(StrategyBandit::new(with([1.0, 2.0, 2.0, 1.0])).is_none());
        assert!(StrategyBandit::new(with([1.0, 0.5, 0.4, 1.0])).is_none());
        assert!(StrategyBandit::new(with([1.0, f64::NAN, f64::NAN, 1.0])).is_none());
        assert!(StrategyBandit::restore(prior, vec![GainSums::default()], 0).is_none());
    }

    #[test]
    fn whoever_finishes_first_the_belief_is_the_same() {
        let drawn: Vec<(usize, Probed)> =
            (0..400).map(|at| (at * 7 % 16, gain((at % 6) as u32, (at * 3 % 11) as u32))).collect();
        let learn = |gains: &mut dyn Iterator<Item = &(usize, Probed)>| {
            let mut taught = bandit();
            gains.for_each(|(strategy, probed)| taught.learn(*strategy, *probed).unwrap());
            taught.belief()
        };
        let (forth, back) = (learn(&mut drawn.iter()), learn(&mut drawn.iter().rev()));
        for (one, other) in forth.mean.iter().zip(&back.mean) {
            assert!((one - other).abs() < 1e-12);
        }
    }

    #[test]
    fn it_finds_the_strategy_that_pays() {
        // Simulated truth: strategy 7 leaves 0.7, all others 0.4, with ten probes each.
        let (mut taught, mut stream) = (bandit(), Stream::new(3));
        let mut dealt_last = 0;
        for round in 0..1_500 {
            let drawn = stream.categorical(&taught.distribute(&mut stream.clone()));
            let chance = if drawn == 7 { 0.7 } else { 0.4 };
            let right = (0..10).filter(|_| stream.uniform() < chance).count();
            taught.learn(drawn, gain(4, right as u32)).unwrap();
            dealt_last += usize::from(round >= 1_000 && drawn == 7);
        }
        assert!(dealt_last > 450, "{dealt_last} of the last 500");
    }
}
