//! The plans of courses in the fold: which learners were assigned which, and what probes said.
//!
//! Each course has a bandit of its own. A course that assigns its first plan starts from what
//! probes said in the workspace's other courses until then; after that it learns from its own.

use super::SharedState;
use crate::ids::{CourseId, PolicyId};
use crate::lifecycle::mode::Mode;
use crate::lifecycle::monitor::Monitor;
use crate::plan::{
    LearnerPlan, PlanAssigned, PlanBandit, PlanGain, PlanOutcome, PlanRewarded, Probed, Probes,
    StrategySet,
};
use crate::policy::retired::RetiredKind;

/// Predictions are rewarded as shares of so many.
const MILLION: u32 = 1_000_000;

/// What was learned of plans in one course. Every assignment is pending, rewarded or missing.
#[derive(Clone, Debug, PartialEq)]
pub struct CoursePlans {
    /// What is believed of each plan, by position in the set of the sixteen strategies.
    pub bandit: PlanBandit,
    pub assigned: u64,
    /// Assignments whose reward came.
    pub rewarded: u64,
    /// Assignments that will get none.
    pub missing: u64,
    /// The gains of learners' first plans. A later plan gains less because less is left to gain,
    /// so it is not compared with a first one.
    pub gains: Monitor,
}

impl CoursePlans {
    /// Assignments that still wait for their reward.
    #[must_use]
    pub fn pending(&self) -> u64 {
        self.assigned.saturating_sub(self.rewarded.saturating_add(self.missing))
    }
}

impl SharedState {
    /// What is believed of the plans in a course. Before its first assignment: what the other
    /// courses say together. `None` when there is no sound prior, which the set of the sixteen strategies always has.
    #[must_use]
    pub fn plan_bandit(&self, course: &CourseId) -> Option<PlanBandit> {
        if let Some(known) = self.plans.get(course) {
            return Some(known.bandit.clone());
        }
        let taught = self.plans.values().filter(|other| other.rewarded > 0);
        let others: Vec<&PlanBandit> = taught.map(|other| &other.bandit).collect();
        PlanBandit::new(StrategySet::default().shared_prior(&others))
    }

    /// A learner begins to be taught by a plan.
    pub(super) fn plan_assigned(
        &mut self,
        plan: &mut Option<Box<LearnerPlan>>,
        assigned: &PlanAssigned,
    ) {
        if let Some(known) = self.course_plans(&assigned.course) {
            known.assigned += 1;
        }
        let window = (assigned.window_ends_at, assigned.id.clone());
        self.pending_plans.insert(window, (assigned.learner.clone(), assigned.course.clone()));
        *plan = Some(Box::new(LearnerPlan::begins(assigned)));
    }

    /// The reward of a plan is settled.
    pub(super) fn plan_rewarded(
        &mut self,
        plan: &mut Option<Box<LearnerPlan>>,
        began: u64,
        rewarded: &PlanRewarded,
    ) {
        let Some(plan) = plan.as_deref_mut() else { return };
        if plan.assigned != rewarded.assigned || plan.settled {
            return;
        }
        plan.settled = true;
        let first = plan.period <= 1;
        self.pending_plans.remove(&(plan.ends_at, plan.assigned.clone()));
        let frozen = self.plans_are_frozen(&rewarded.course);
        let Some(known) = self.course_plans(&rewarded.course) else { return };
        match rewarded.outcome {
            PlanOutcome::Measured(gain) => {
                known.rewarded += 1;
                if first {
                    let gained = gain.after() - gain.before;
                    known.gains.rewarded(gained, began, rewarded.settled_at);
                }
                // A position of another set is another plan; it says nothing of this one.
                if rewarded.set == StrategySet::default().identity() && !frozen {
                    // What the bandit refuses changes nothing; it was measured all the same.
                    let _ = known.bandit.learn(rewarded.position as usize, probed(&gain));
                }
            }
            PlanOutcome::TooFewProbes | PlanOutcome::TaughtOtherwise => known.missing += 1,
        }
    }

    /// Whether the policy that assigned plans was frozen: then its bandit learned nothing.
    fn plans_are_frozen(&self, course: &CourseId) -> bool {
        let policy = PolicyId::new(RetiredKind::Strategic.word());
        policy.is_ok_and(|policy| self.mode(course, &policy) == Mode::Frozen)
    }

    fn course_plans(&mut self, course: &CourseId) -> Option<&mut CoursePlans> {
        if !self.plans.contains_key(course) {
            let bandit = self.plan_bandit(course)?;
            let gains = Monitor::default();
            let fresh = CoursePlans { bandit, assigned: 0, rewarded: 0, missing: 0, gains };
            self.plans.insert(course.clone(), fresh);
        }
        self.plans.get_mut(course)
    }
}

/// A gain as the bandit takes it: the share that was predicted stands for the share before.
fn probed(gain: &PlanGain) -> Probed {
    let predicted = (gain.before.clamp(0.0, 1.0) * f64::from(MILLION)).round();
    Probed {
        before: Probes { right: predicted as u32, asked: MILLION },
        after: Probes { right: gain.right, asked: gain.probes },
    }
}
