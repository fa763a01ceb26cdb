//! Which plan the next learner gets: Thompson sampling over the mean grades of closing checks
//! (Thompson 1933; Russo et al. 2018, "A tutorial on Thompson sampling").
//!
//! A plan's mean is Gaussian around the mean of all plans with standard deviation
//! [`PLAN_SPREAD`]; one learner's grade lies around the plan's mean with [`GRADE_SPREAD`]. Grades
//! are adjusted for what was expected of the learner after the placement, with one slope within all
//! plans ([`nexus_stats::covariate`]), so that a plan is not praised for whom it got. The sums are
//! exact, so the order in which learners finish does not matter.

use super::Plan;
use nexus_stats::covariate::{CovariateGroup, ExactPairs, adjust};
use nexus_stats::moments::ExactMoments;
use nexus_stats::random::Stream;

/// Posterior draws behind a distribution.
pub const DRAWS: usize = 256;
/// Share of learners that is spread evenly over the plans, for ever.
pub const FLOOR: f64 = 0.05;
/// Standard deviation of the adjusted grade of a learner around the mean of the plan.
pub const GRADE_SPREAD: f64 = 0.2;
/// Standard deviation of the plans' means around the mean of all.
pub const PLAN_SPREAD: f64 = 0.08;
/// The benefit of the doubt of the author's path, as a grade.
pub const AUTHORS_CREDIT: f64 = 0.02;
/// Below so many closing checks of a plan there is no verdict on it.
pub const CHECKS_ENOUGH: u64 = 60;

/// What closing checks said of one plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanTally {
    /// Learners who began by it.
    pub drawn: u64,
    /// Mean grades of their closing checks.
    pub grades: ExactMoments,
    /// The grades of those who were placed, beside what was expected of them then.
    pub placed: ExactPairs,
}

/// What is believed of one plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlanBelief {
    /// Expected adjusted mean grade.
    pub mean: f64,
    /// Standard deviation of that expectation.
    pub deviation: f64,
}

/// The plans of one course.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanBandit {
    /// One tally each of [`Plan::ALL`], in that order.
    tallies: [PlanTally; Plan::ALL.len()],
}

impl PlanBandit {
    /// The bandit that such tallies make.
    #[must_use]
    pub fn with(tallies: [PlanTally; Plan::ALL.len()]) -> Self {
        Self { tallies }
    }

    /// One tally each of [`Plan::ALL`], in that order.
    #[must_use]
    pub fn tallies(&self) -> &[PlanTally; Plan::ALL.len()] {
        &self.tallies
    }

    /// Closing checks that it has learned from.
    #[must_use]
    pub fn checks(&self) -> u64 {
        self.tallies.iter().map(|tally| tally.grades.n).sum()
    }

    /// A learner begins by a plan.
    pub fn drawn(&mut self, plan: Plan) {
        self.tally_mut(plan).drawn += 1;
    }

    /// A learner who was taught by a plan completed the closing check.
    pub fn learn(&mut self, plan: Plan, mean_grade: f64, placed_success: Option<f64>) {
        let tally = self.tally_mut(plan);
        tally.grades.add(mean_grade);
        if let Some(placed) = placed_success {
            tally.placed.add(placed, mean_grade);
        }
    }

    fn tally_mut(&mut self, plan: Plan) -> &mut PlanTally {
        &mut self.tallies[plan as usize]
    }

    /// What is believed of each of [`Plan::ALL`], in that order. Before the first grade every plan
    /// is expected to come to 0, which says nothing of grades and all of their differences.
    #[must_use]
    pub fn beliefs(&self) -> [PlanBelief; Plan::ALL.len()] {
        let groups = self
            .tallies
            .each_ref()
            .map(|tally| CovariateGroup { values: &tally.grades, pairs: &tally.placed });
        let adjusted = adjust(&groups);
        let mut seen = [(0.0, 0.0); Plan::ALL.len()];
        for ((seen, tally), summary) in seen.iter_mut().zip(&self.tallies).zip(&adjusted.groups) {
            let plain = || tally.grades.mean().unwrap_or(0.0);
            let mean = summary.as_ref().map_or_else(plain, |summary| summary.mean);
            *seen = (tally.grades.n as f64, mean);
        }
        let learners: f64 = seen.iter().map(|(count, _)| count).sum();
        let sum: f64 = seen.iter().map(|(count, mean)| count * mean).sum();
        let centre = if learners > 0.0 { sum / learners } else { 0.0 };
        seen.map(|(count, mean)| {
            let prior = 1.0 / (PLAN_SPREAD * PLAN_SPREAD);
            let evidence = count / (GRADE_SPREAD * GRADE_SPREAD);
            let precision = prior + evidence;
            PlanBelief {
                mean: (prior * centre + evidence * mean) / precision,
                deviation: (1.0 / precision).sqrt(),
            }
        })
    }

    /// Probability with which the next learner gets each of [`Plan::ALL`]: the share of posterior
    /// draws in which it is best, the floor mixed in; 0 of a plan that the course does not offer.
    /// They sum to 1 within 1e-12. Draw from exactly these.
    #[must_use]
    pub fn distribute(&self, offered: &[Plan], stream: &mut Stream) -> [f64; Plan::ALL.len()] {
        let mut shares = [0.0; Plan::ALL.len()];
        let beliefs = self.beliefs();
        for _ in 0..DRAWS {
            let mut best = None;
            // Every plan is drawn for, so that what a course offers does not shift the draws.
            for plan in Plan::ALL {
                let PlanBelief { mean, deviation } = beliefs[plan as usize];
                let worth = mean + credit(plan) + deviation * stream.normal();
                if offered.contains(&plan) && best.is_none_or(|(most, _)| worth > most) {
                    best = Some((worth, plan));
                }
            }
            if let Some((_, plan)) = best {
                shares[plan as usize] += (1.0 - FLOOR) / DRAWS as f64;
            }
        }
        for plan in offered {
            shares[*plan as usize] += FLOOR / offered.len() as f64;
        }
        shares
    }

    /// The plan of which most is expected, among those that a course offers.
    #[must_use]
    pub fn best(&self, offered: &[Plan]) -> Option<Plan> {
        let beliefs = self.beliefs();
        let worth = |plan: Plan| beliefs[plan as usize].mean + credit(plan);
        let mut best: Option<Plan> = None;
        for plan in offered.iter().copied() {
            if best.is_none_or(|known| worth(plan) > worth(known)) {
                best = Some(plan);
            }
        }
        best
    }
}

fn credit(plan: Plan) -> f64 {
    match plan {
        Plan::Path => AUTHORS_CREDIT,
        Plan::CoreFirst | Plan::Breadth | Plan::Pace => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bandit after so many closing checks a plan, of plans with these mean grades.
    fn after(checks: u64, means: [f64; Plan::ALL.len()], seed: u64) -> PlanBandit {
        let (mut bandit, mut stream) = (PlanBandit::default(), Stream::new(seed));
        for _ in 0..checks {
            for (plan, mean) in Plan::ALL.into_iter().zip(means) {
                let ability = 0.15 * stream.normal();
                let noise = 0.1 * stream.normal();
                bandit.learn(plan, mean + ability + noise, Some(0.5 + ability));
            }
        }
        bandit
    }

    #[test]
    fn shares_sum_to_one_and_none_lies_below_its_floor() {
        let offered = [Plan::Path, Plan::Breadth, Plan::Pace];
        for checks in [0, 1, 30, 400] {
            let bandit = after(checks, [0.4, 0.5, 0.6, 0.5], 3);
            let shares = bandit.distribute(&offered, &mut Stream::new(1));
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert!(offered.iter().all(|plan| shares[*plan as usize] >= FLOOR / 3.0));
            assert_eq!(shares[Plan::CoreFirst as usize], 0.0, "it is not offered");
        }
    }

    #[test]
    fn the_plan_with_the_best_checks_is_drawn_most() {
        let bandit = after(200, [0.50, 0.50, 0.60, 0.52], 5);
        let shares = bandit.distribute(&Plan::ALL, &mut Stream::new(1));
        assert!(shares[Plan::Breadth as usize] > 0.9, "{shares:?}");
        assert_eq!(bandit.best(&Plan::ALL), Some(Plan::Breadth));
    }

    #[test]
    fn a_plan_is_not_praised_for_whom_it_got() {
        let mut bandit = PlanBandit::default();
        let mut stream = Stream::new(9);
        for _ in 0..300 {
            let mut learner = |plan, expected: f64| {
                let grade = expected + 0.05 * stream.normal();
                bandit.learn(plan, grade, Some(expected));
            };
            // Both teach alike, and the first gets those who know more already.
            learner(Plan::Breadth, 0.7);
            learner(Plan::Breadth, 0.6);
            learner(Plan::Pace, 0.5);
            learner(Plan::Pace, 0.4);
        }
        let beliefs = bandit.beliefs();
        let (breadth, pace) = (beliefs[Plan::Breadth as usize], beliefs[Plan::Pace as usize]);
        assert!((breadth.mean - pace.mean).abs() < 0.01, "{breadth:?} {pace:?}");
    }

    #[test]
    fn whoever_finishes_first_the_belief_is_the_same() {
        let grades: Vec<(Plan, f64)> =
            (0..400).map(|at| (Plan::ALL[at % 4], (at * 7 % 11) as f64 / 11.0)).collect();
        let learn = |order: &mut dyn Iterator<Item = &(Plan, f64)>| {
            let mut bandit = PlanBandit::default();
            order.for_each(|(plan, grade)| bandit.learn(*plan, *grade, Some(grade / 2.0)));
            bandit
        };
        assert_eq!(learn(&mut grades.iter()), learn(&mut grades.iter().rev()));
    }
}
