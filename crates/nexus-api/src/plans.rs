//! Whole plans: the one that a decision was made by, and what is known of those of a course.

use crate::words;
use nexus_engine::ids::CourseId;
use nexus_engine::plan::bandit::{AUTHORS_CREDIT, CHECKS_ENOUGH, FLOOR, PlanBandit};
use nexus_engine::plan::path::offered;
use nexus_engine::plan::{Plan, PlanUsed};
use nexus_engine::seed::Seed;
use nexus_engine::workspace::SharedState;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the shares of `GET /v1/plans` are drawn with: any number would do, and the same one gives
/// the same shares of the same state.
const PREVIEW_SEED: Seed = Seed(1);
/// Standard normal quantile of 0.975.
const NORMAL_975: f64 = 1.959_963_984_540_054;

/// The whole plan that a decision was made by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanRecord {
    /// The name of the plan.
    pub plan: words::PlanName,
    /// The decision that drew it.
    pub drawn_by: String,
    /// Probability with which it was drawn.
    pub propensity: f64,
    /// Whether chance drew it; without consent to exploration the best is taken.
    pub by_chance: bool,
    /// The distribution that it was drawn from; only with the decision that drew it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<PlanShare>,
}

/// The probability of one plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanShare {
    /// The name of the plan.
    pub plan: words::PlanName,
    /// From 0 to 1.
    pub probability: f64,
}

/// Answer to `GET /v1/plans`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CoursePlans {
    /// The id of the course.
    pub course: String,
    /// Whether the course has a closing check. Without one nothing can say what a plan is worth,
    /// and the policy `plans` teaches everyone by `pace`.
    pub has_check: bool,
    /// The plans that the course offers.
    pub plans: Vec<PlanSummary>,
    /// The share of learners that is spread evenly over the plans, for ever.
    pub floor: f64,
    /// What the author's path is given as benefit of the doubt, as a grade.
    pub authors_credit: f64,
    /// Closing checks of a plan below which there is no verdict on it.
    pub checks_enough: u64,
}

/// What is known of one plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanSummary {
    /// The name of the plan.
    pub plan: words::PlanName,
    /// Learners who began by it.
    pub learners: u64,
    /// Closing checks that said what it was worth.
    pub checks: u64,
    /// Their mean grade, from 0 to 1, as it stands; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_grade: Option<f64>,
    /// The grade that is expected of a learner who was placed like the mean of all, and who is
    /// taught by it; absent before the first closing check of any plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<f64>,
    /// The interval in which that expectation lies with 95 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between: Option<[f64; 2]>,
    /// Probability with which the next learner gets it.
    pub share: f64,
    /// Whether there are enough closing checks for a verdict.
    pub enough: bool,
}

impl From<&PlanUsed> for PlanRecord {
    fn from(used: &PlanUsed) -> Self {
        let shares = Plan::ALL.into_iter().zip(&used.shares);
        let share = |(plan, probability): (Plan, &f64)| PlanShare {
            plan: plan.into(),
            probability: *probability,
        };
        Self {
            plan: used.plan.into(),
            drawn_by: used.drawn_by.to_string(),
            propensity: used.propensity,
            by_chance: used.by_chance,
            shares: shares.map(share).collect(),
        }
    }
}

impl CoursePlans {
    /// The plans of a course; `None` when there is no such course.
    #[must_use]
    pub fn new(state: &SharedState, id: &CourseId) -> Option<Self> {
        let course = state.course(id.as_str())?;
        let (offered, bandit) = (offered(course), state.plan_bandit(id));
        let shares = bandit.distribute(&offered, &mut PREVIEW_SEED.stream("plan shares"));
        let summary = |plan: &Plan| summary(&bandit, *plan, shares[*plan as usize]);
        Some(Self {
            course: id.to_string(),
            has_check: course.closing_check().is_some(),
            plans: offered.iter().map(summary).collect(),
            floor: FLOOR,
            authors_credit: AUTHORS_CREDIT,
            checks_enough: CHECKS_ENOUGH,
        })
    }
}

fn summary(bandit: &PlanBandit, plan: Plan, share: f64) -> PlanSummary {
    let tally = &bandit.tallies()[plan as usize];
    let belief = bandit.beliefs()[plan as usize];
    let known = bandit.checks() > 0;
    let reach = NORMAL_975 * belief.deviation;
    PlanSummary {
        plan: plan.into(),
        learners: tally.drawn,
        checks: tally.grades.n,
        mean_grade: tally.grades.mean(),
        expected: known.then_some(belief.mean),
        between: known.then_some([belief.mean - reach, belief.mean + reach]),
        share,
        enough: tally.grades.n >= CHECKS_ENOUGH,
    }
}
