//! What is believed of strategies before a course has taught anybody: from what they are, and from
//! what probes said in other courses.

use super::bandit::StrategyBandit;
use super::belief::GainBelief;
use super::{MasteryRule, Path, Strategy, StrategySet};
use nexus_stats::math::exp;

/// What is believed of the gains of a set of strategies: jointly Gaussian.
#[derive(Clone, Debug, PartialEq)]
pub struct GainPrior {
    /// Expected gain of each strategy, as a share of right probes.
    pub mean: Vec<f64>,
    /// Covariance of the gains, row by row.
    pub covariance: Vec<f64>,
}

/// Variance of the gain that all strategies share: how much a course teaches is not known.
const LEVEL_VARIANCE: f64 = 0.04;
/// Variance of what similar strategies share.
const KIN_VARIANCE: f64 = 0.004;
/// Variance that is a strategy's own.
const OWN_VARIANCE: f64 = 0.0016;
/// How many courses the belief counts for that no strategy is better than another on average.
const DOUBT: f64 = 6.0;

impl StrategySet {
    /// What is believed before anything was measured: strategies that look alike gain alike.
    #[must_use]
    pub fn cold_prior(&self) -> GainPrior {
        let count = self.strategies().len();
        let mut covariance = Vec::with_capacity(count * count);
        for (row, a) in self.strategies().iter().enumerate() {
            for (column, b) in self.strategies().iter().enumerate() {
                let own = if row == column { OWN_VARIANCE } else { 0.0 };
                covariance.push(LEVEL_VARIANCE + KIN_VARIANCE * a.likeness(b) + own);
            }
        }
        GainPrior { mean: vec![0.5; count], covariance }
    }

    /// The same, after learners were taught in other courses: empirical Bayes, by one step of
    /// expectation and maximisation from the cold prior (Dempster, Laird and Rubin 1977). Courses
    /// count as draws of one population: what gained more in all of them is expected to gain more,
    /// and what gained together is expected to gain together. A course says as much as its
    /// learners do: one with few of them, or with a strategy hardly tried, leaves the cold prior
    /// nearly as it was. How much a course teaches as a whole says nothing of the next.
    ///
    /// Courses whose bandit deals another number of strategies are left out. They must be of this
    /// set; their own priors are not looked at, so nothing is counted twice.
    #[must_use]
    pub fn shared_prior(&self, courses: &[&StrategyBandit]) -> GainPrior {
        let mut prior = self.cold_prior();
        let count = self.strategies().len();
        let usable = courses.iter().filter(|course| course.sums().len() == count);
        let seen: Vec<GainBelief> =
            usable.map(|course| centred(GainBelief::of(&prior, course.sums()))).collect();
        if seen.is_empty() {
            return prior;
        }
        let courses = seen.len() as f64;
        for course in &seen {
            for (mean, gain) in prior.mean.iter_mut().zip(&course.mean) {
                *mean += gain / (courses + DOUBT);
            }
        }
        for course in &seen {
            for (at, entry) in prior.covariance.iter_mut().enumerate() {
                *entry += course.mean[at / count] * course.mean[at % count] / courses;
            }
        }
        prior
    }
}

/// The belief about how much each strategy gains above the mean of all.
fn centred(mut belief: GainBelief) -> GainBelief {
    let mean = belief.mean.iter().sum::<f64>() / belief.mean.len().max(1) as f64;
    belief.mean.iter_mut().for_each(|gain| *gain -= mean);
    belief
}

impl Strategy {
    /// How alike two strategies are, from 0 to 1: a Gaussian kernel over their numbers, each on
    /// the scale on which it starts to matter.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> f64 {
        let (a, b) = (coordinates(self), coordinates(other));
        let squared: f64 = a.iter().zip(&b).map(|(a, b)| (a - b) * (a - b)).sum();
        exp(-0.5 * squared)
    }
}

fn coordinates(strategy: &Strategy) -> [f64; 8] {
    let (kind, level) = match strategy.mastery {
        MasteryRule::Success(level) => (0.0, level / 0.15),
        MasteryRule::Known(level) => (1.0, level / 0.15),
    };
    let target = strategy.target_success / 0.2;
    match strategy.path {
        Path::Frontier => {
            let cap = strategy.attempt_cap.min(20.0) / 10.0;
            let (review, focus) = (strategy.review_below / 0.5, strategy.focus / 0.5);
            [0.0, kind, level, cap, target, review, 0.0, focus]
        }
        // Turns know neither cap nor review nor focus, and the rule of mastery says only when a
        // skill is opened.
        Path::Turns => {
            let open = strategy.open_from;
            let rule = if open > 0.0 { 1.0 } else { 0.0 };
            [2.0, rule * kind, rule * level, 0.0, target, 0.0, open / 0.3, 0.0]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::{Probed, Probes};

    /// A course whose learners gained 0.8 by one strategy and 0.4 by all others.
    fn course(best: usize, learners: usize) -> StrategyBandit {
        let set = StrategySet::default();
        let mut course = StrategyBandit::new(set.cold_prior()).unwrap();
        for strategy in 0..set.strategies().len() {
            for _ in 0..learners {
                let right = if strategy == best { 8 } else { 4 };
                let after = Probes { right, asked: 10 };
                course.learn(strategy, Probed { before: Probes::default(), after }).unwrap();
            }
        }
        course
    }

    fn best_of(prior: &GainPrior) -> usize {
        let best = prior.mean.iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
        best.map_or(0, |(at, _)| at)
    }

    #[test]
    fn what_paid_elsewhere_is_expected_here() {
        let set = StrategySet::default();
        let (one, other) = (course(3, 50), course(3, 50));
        let shared = set.shared_prior(&[&one, &other]);
        assert_eq!(best_of(&shared), 3);
        assert!(StrategyBandit::new(shared.clone()).is_some(), "positive definite");
        // The level of a course says nothing of the next.
        let mean = shared.mean.iter().sum::<f64>() / shared.mean.len() as f64;
        assert!((mean - 0.5).abs() < 1e-12);
        // Two courses say more than one, and a course of few learners says little.
        let ahead = |prior: &GainPrior| prior.mean[3] - prior.mean[0];
        assert!(ahead(&shared) > ahead(&set.shared_prior(&[&one])));
        assert!(
            ahead(&set.shared_prior(&[&course(3, 1)])) < 0.5 * ahead(&set.shared_prior(&[&one]))
        );
    }

    #[test]
    fn without_usable_courses_it_is_cold() {
        let set = StrategySet::default();
        assert_eq!(set.shared_prior(&[]), set.cold_prior());
        let fewer = StrategySet::new(set.strategies()[..3].to_vec()).unwrap();
        let foreign = StrategyBandit::new(fewer.cold_prior()).unwrap();
        assert_eq!(set.shared_prior(&[&foreign]), set.cold_prior());
    }

    #[test]
    fn what_says_nothing_does_not_part_strategies() {
        let turns = StrategySet::default().strategies()[4];
        assert_eq!(turns.path, Path::Turns);
        let other = Strategy { attempt_cap: 3.0, focus: 0.4, review_below: 0.9, ..turns };
        assert_eq!(turns.likeness(&other), 1.0);
        assert!(turns.likeness(&Strategy { target_success: 0.5, ..turns }) < 0.9);
    }
}
