//! The strategies of courses in the fold: which learners were assigned which, and what probes said.
//!
//! Each course has a bandit of its own. A course that assigns its first strategy starts from what
//! probes said in the workspace's other courses until then; after that it learns from its own.

use super::SharedState;
use crate::ids::{CourseId, PolicyId};
use crate::lifecycle::mode::Mode;
use crate::lifecycle::monitor::Monitor;
use crate::policy::retired::RetiredKind;
use crate::strategy::{
    LearnerStrategy, Probed, Probes, StrategyAssigned, StrategyBandit, StrategyGain,
    StrategyOutcome, StrategyRewarded, StrategySet,
};

/// Predictions are rewarded as shares of so many.
const MILLION: u32 = 1_000_000;

/// What was learned of strategies in one course. Every assignment is pending, rewarded or missing.
#[derive(Clone, Debug, PartialEq)]
pub struct CourseStrategies {
    /// What is believed of each strategy, by position in the set of the sixteen strategies.
    pub bandit: StrategyBandit,
    pub assigned: u64,
    /// Assignments whose reward came.
    pub rewarded: u64,
    /// Assignments that will get none.
    pub missing: u64,
    /// The gains of learners' first strategies. A later strategy gains less because less is left to gain,
    /// so it is not compared with a first one.
    pub gains: Monitor,
}

impl CourseStrategies {
    /// Assignments that still wait for their reward.
    #[must_use]
    pub fn pending(&self) -> u64 {
        self.assigned.saturating_sub(self.rewarded.saturating_add(self.missing))
    }
}

impl SharedState {
    /// What is believed of the strategies in a course. Before its first assignment: what the other
    /// courses say together. `None` when there is no sound prior, which the set of the sixteen strategies always has.
    #[must_use]
    pub fn strategy_bandit(&self, course: &CourseId) -> Option<StrategyBandit> {
        if let Some(known) = self.strategies.get(course) {
            return Some(known.bandit.clone());
        }
        let taught = self.strategies.values().filter(|other| other.rewarded > 0);
        let others: Vec<&StrategyBandit> = taught.map(|other| &other.bandit).collect();
        StrategyBandit::new(StrategySet::default().shared_prior(&others))
    }

    /// A learner begins to be taught by a strategy.
    pub(super) fn strategy_assigned(
        &mut self,
        strategy: &mut Option<Box<LearnerStrategy>>,
        assigned: &StrategyAssigned,
    ) {
        if let Some(known) = self.course_strategies(&assigned.course) {
            known.assigned += 1;
        }
        let window = (assigned.window_ends_at, assigned.id.clone());
        self.pending_strategies.insert(window, (assigned.learner.clone(), assigned.course.clone()));
        *strategy = Some(Box::new(LearnerStrategy::begins(assigned)));
    }

    /// The reward of a strategy is settled.
    pub(super) fn strategy_rewarded(
        &mut self,
        strategy: &mut Option<Box<LearnerStrategy>>,
        began: u64,
        rewarded: &StrategyRewarded,
    ) {
        let Some(strategy) = strategy.as_deref_mut() else { return };
        if strategy.assigned != rewarded.assigned || strategy.settled {
            return;
        }
        strategy.settled = true;
        let first = strategy.period <= 1;
        self.pending_strategies.remove(&(strategy.ends_at, strategy.assigned.clone()));
        let frozen = self.strategies_are_frozen(&rewarded.course);
        let Some(known) = self.course_strategies(&rewarded.course) else { return };
        match rewarded.outcome {
            StrategyOutcome::Measured(gain) => {
                known.rewarded += 1;
                if first {
                    let gained = gain.after() - gain.before;
                    known.gains.rewarded(gained, began, rewarded.settled_at);
                }
                // A position of another set is another strategy; it says nothing of this one.
                if rewarded.set == StrategySet::default().identity() && !frozen {
                    // What the bandit refuses changes nothing; it was measured all the same.
                    let _ = known.bandit.learn(rewarded.position as usize, probed(&gain));
                }
            }
            StrategyOutcome::TooFewProbes | StrategyOutcome::TaughtOtherwise => known.missing += 1,
        }
    }

    /// Whether the policy that assigned strategies was frozen: then its bandit learned nothing.
    fn strategies_are_frozen(&self, course: &CourseId) -> bool {
        let policy = PolicyId::new(RetiredKind::Strategic.word());
        policy.is_ok_and(|policy| self.mode(course, &policy) == Mode::Frozen)
    }

    fn course_strategies(&mut self, course: &CourseId) -> Option<&mut CourseStrategies> {
        if !self.strategies.contains_key(course) {
            let bandit = self.strategy_bandit(course)?;
            let gains = Monitor::default();
            let fresh = CourseStrategies { bandit, assigned: 0, rewarded: 0, missing: 0, gains };
            self.strategies.insert(course.clone(), fresh);
        }
        self.strategies.get_mut(course)
    }
}

/// A gain as the bandit takes it: the share that was predicted stands for the share before.
fn probed(gain: &StrategyGain) -> Probed {
    let predicted = (gain.before.clamp(0.0, 1.0) * f64::from(MILLION)).round();
    Probed {
        before: Probes { right: predicted as u32, asked: MILLION },
        after: Probes { right: gain.right, asked: gain.probes },
    }
}
