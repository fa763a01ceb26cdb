//! The strategies of courses in the fold: who was dealt which, and what their probes said.
//!
//! Each course has a bandit of its own. A course that deals its first strategy starts from what
//! probes said in the workspace's other courses until then; after that it learns from its own.

use super::SharedState;
use crate::decision::deal::{StrategyDealt, Teaching};
use crate::decision::payment::{StrategyGain, StrategyOutcome, StrategyRewarded};
use crate::ids::{CourseId, PolicyId};
use crate::learner::progress::CourseProgress;
use crate::lifecycle::mode::Mode;
use crate::lifecycle::monitor::Monitor;
use crate::policy::strategic;
use crate::strategy::{Probed, Probes, StrategyBandit, StrategySet};

/// Predictions are paid as shares of so many.
const MILLION: u32 = 1_000_000;

/// What was learned of strategies in one course. Every deal is open, rewarded or missing.
#[derive(Clone, Debug, PartialEq)]
pub struct CourseStrategies {
    /// What is believed of each strategy of the shipped set.
    pub bandit: StrategyBandit,
    /// Strategies dealt.
    pub dealt: u64,
    /// Deals whose reward came.
    pub rewarded: u64,
    /// Deals that will get none.
    pub missing: u64,
    /// What would make a careful person stop the dealing: the gains of learners' first deals. A
    /// later deal gains less because less is left to gain, so it is not compared with a first one.
    pub gains: Monitor,
}

impl CourseStrategies {
    /// Deals that still wait for their reward.
    #[must_use]
    pub fn unpaid(&self) -> u64 {
        self.dealt.saturating_sub(self.rewarded.saturating_add(self.missing))
    }
}

impl SharedState {
    /// What is believed of the strategies of the shipped set in a course. Before its first deal:
    /// what the other courses say together. `None` when there is no sound prior, which the shipped
    /// set never lacks.
    #[must_use]
    pub fn strategy_bandit(&self, course: &CourseId) -> Option<StrategyBandit> {
        let known = self.strategies.get(course).map(|known| known.bandit.clone());
        known.or_else(|| {
            let taught = self.strategies.values().filter(|other| other.rewarded > 0);
            let others: Vec<&StrategyBandit> = taught.map(|other| &other.bandit).collect();
            StrategyBandit::new(StrategySet::default().shared_prior(&others))
        })
    }

    /// A learner begins to be taught by a strategy.
    pub(super) fn strategy_dealt(&mut self, progress: &mut CourseProgress, dealt: &StrategyDealt) {
        if let Some(known) = self.course_strategies(&dealt.course) {
            known.dealt += 1;
        }
        let window = (dealt.window_ends_at, dealt.id.clone());
        self.pending_deals.insert(window, (dealt.learner.clone(), dealt.course.clone()));
        progress.teaching = Some(Box::new(Teaching::begins(dealt)));
    }

    /// A strategy's reward is settled.
    pub(super) fn strategy_rewarded(
        &mut self,
        progress: &mut CourseProgress,
        rewarded: &StrategyRewarded,
    ) {
        let open = progress.teaching.as_deref_mut();
        let waits = |open: &&mut Teaching| open.deal == rewarded.deal && !open.settled;
        let Some(open) = open.filter(waits) else { return };
        open.settled = true;
        let first = open.period <= 1;
        self.pending_deals.remove(&(open.ends_at, open.deal.clone()));
        let frozen = self.strategies_frozen(&rewarded.course);
        let Some(known) = self.course_strategies(&rewarded.course) else { return };
        match rewarded.outcome {
            StrategyOutcome::Measured(gain) => {
                known.rewarded += 1;
                if first {
                    let gained = gain.after() - gain.before;
                    known.gains.rewarded(gained, progress.began, rewarded.settled_at);
                }
                // A position of another set is another strategy; it teaches this one nothing.
                if rewarded.set == StrategySet::default().identity() && !frozen {
                    // What the bandit refuses changes nothing; it was measured all the same.
                    let _ = known.bandit.learn(rewarded.position as usize, probed(&gain));
                }
            }
            StrategyOutcome::TooFewProbes | StrategyOutcome::TaughtOtherwise => known.missing += 1,
        }
    }

    /// Whether whoever deals strategies in a course serves without learning.
    fn strategies_frozen(&self, course: &CourseId) -> bool {
        let dealer = PolicyId::new(strategic::WORD);
        dealer.is_ok_and(|dealer| self.mode(course, &dealer) == Mode::Frozen)
    }

    fn course_strategies(&mut self, course: &CourseId) -> Option<&mut CourseStrategies> {
        if !self.strategies.contains_key(course) {
            let bandit = self.strategy_bandit(course)?;
            let gains = Monitor::default();
            let fresh = CourseStrategies { bandit, dealt: 0, rewarded: 0, missing: 0, gains };
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
