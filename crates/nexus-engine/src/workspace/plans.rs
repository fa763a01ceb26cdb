//! Whole plans in the fold: which one a learner is taught by, and what closing checks paid.

use super::{LearnerState, SharedState};
use crate::decision::Decision;
use crate::decision::choose::DecisionRequest;
use crate::ids::{CourseId, PolicyId};
use crate::learner::closing_check::taken;
use crate::learner::placement::is_due;
use crate::learner::progress::{CourseOutcome, CourseProgress};
use crate::lifecycle::mode::Mode;
use crate::plan::bandit::PlanBandit;
use crate::plan::path::offered;
use crate::plan::{LearnerPlan, Plan, PlanUsed};
use crate::policy::kind::PolicyKind;
use std::borrow::Cow;

impl SharedState {
    /// What is believed of the plans of a course.
    #[must_use]
    pub fn plan_bandit(&self, course: &CourseId) -> Cow<'_, PlanBandit> {
        self.plans.get(course).map_or_else(Cow::default, Cow::Borrowed)
    }

    /// The plan that the next decision for a learner is made by: the one that was drawn before, or
    /// one that is drawn now. `None` while the placement is due, and in a course without a closing
    /// check, which nothing could pay.
    pub(super) fn plan_for(
        &self,
        learner: &LearnerState,
        request: &DecisionRequest<'_>,
    ) -> Option<PlanUsed> {
        let course = self.course(request.course.as_str())?;
        course.closing_check()?;
        let none = CourseProgress::default();
        let progress = learner.progress(request.course.as_str()).unwrap_or(&none);
        let known = learner.courses.get(request.course).and_then(|known| known.plan.as_deref());
        // A plan holds until a check has paid it and a later version of the course has another.
        let holds = |plan: &&LearnerPlan| !plan.paid || taken(course, progress).is_some();
        if let Some(plan) = known.filter(holds) {
            return Some(plan.used());
        }
        if course.placement().is_some_and(|placement| is_due(progress, placement)) {
            return None;
        }
        let (offered, bandit) = (offered(course), self.plan_bandit(request.course));
        let shares = bandit.distribute(&offered, &mut request.seed.stream("plan shares"));
        let by_chance = learner.consents(request.consents_by_default);
        let (plan, propensity) = if by_chance {
            let drawn = request.seed.stream("plan").categorical(&shares);
            (*Plan::ALL.get(drawn)?, *shares.get(drawn)?)
        } else {
            (bandit.best(&offered)?, 1.0)
        };
        let drawn_by = request.id.clone();
        Some(PlanUsed { plan, drawn_by, propensity, by_chance, shares: shares.to_vec() })
    }

    /// Takes in what a decision says of its learner's plan.
    pub(super) fn take_plan(&mut self, plan: &mut Option<Box<LearnerPlan>>, decision: &Decision) {
        let used = decision.plan.as_deref();
        if let Some(used) = used.filter(|used| used.drawn_by == decision.origin.id) {
            self.plans.entry(decision.course.clone()).or_default().drawn(used.plan);
            *plan = Some(Box::new(LearnerPlan::begins(used)));
        }
        if let Some(plan) = plan {
            plan.count_decision(used.is_some_and(|used| used.drawn_by == plan.drawn_by));
        }
    }

    /// A closing check is completed: it says what the learner's plan was worth. While `plans` is
    /// frozen, nothing is learned from it.
    pub(super) fn pay_plan(
        &mut self,
        course: &CourseId,
        outcome: &CourseOutcome,
        plan: &mut Option<Box<LearnerPlan>>,
    ) {
        let grade = outcome.check.as_ref().and_then(|check| check.mean_grade());
        let (Some(grade), Some(plan)) = (grade, plan) else { return };
        let payable = plan.is_payable();
        plan.paid = true;
        let policy = PolicyId::new(PolicyKind::Plans.word());
        let frozen = policy.is_ok_and(|policy| self.mode(course, &policy) == Mode::Frozen);
        if payable && !frozen {
            let bandit = self.plans.entry(course.clone()).or_default();
            bandit.learn(plan.plan, grade, outcome.placed_success);
        }
    }
}
