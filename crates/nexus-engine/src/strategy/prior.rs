//! What is believed of strategies before a course has taught any learner by them: a prior, and what
//! probes said in other courses.

use super::bandit::StrategyBandit;
use super::belief::GainBelief;

/// What is believed of the gains of a set of strategies: jointly Gaussian.
#[derive(Clone, Debug, PartialEq)]
pub struct GainPrior {
    /// Expected gain of each strategy, as a share of right probes.
    pub mean: Vec<f64>,
    /// Covariance of the gains, row by row.
    pub covariance: Vec<f64>,
}

/// How many courses the belief counts for that no strategy is better than another on average.
const DOUBT: f64 = 6.0;

impl GainPrior {
    /// What is believed after learners were taught in other courses: empirical Bayes, by one step
    /// of expectation and maximisation from this prior (Dempster, Laird and Rubin 1977). Courses
    /// count as draws of one population: what gained more in all of them is expected to gain more,
    /// and what gained together is expected to gain together. A course says as much as its learners
    /// do: one with few of them, or with a strategy hardly tried, leaves the prior nearly as it was.
    /// How much a course teaches as a whole says nothing of the next.
    ///
    /// Courses whose bandit has another number of strategies are left out. Their own priors are not
    /// used, so nothing is counted twice.
    #[must_use]
    pub fn after_courses(&self, courses: &[&StrategyBandit]) -> Self {
        let count = self.mean.len();
        let usable = courses.iter().filter(|course| course.sums().len() == count);
        let seen: Vec<GainBelief> =
            usable.map(|course| centred(GainBelief::of(self, course.sums()))).collect();
        let mut prior = self.clone();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::{Probed, Probes, StrategySet};

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
}
