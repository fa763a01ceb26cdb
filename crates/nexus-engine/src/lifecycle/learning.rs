//! Learning: whether a reward reaches the statistics of the policy that made its decision, and
//! which counter says so when it does not.

use super::mode::Mode;
use crate::decision::Decision;
use crate::decision::reward::{OpenDecision, RewardJoined};
use crate::learner::influence::Influence;
use crate::policy::Rewarded;
use crate::policy::context::SCHEMA_VERSION;
use crate::policy::registry::PolicyState;
use crate::workspace::SharedState;

/// What became of the rewards of a policy that learns. They add up to the rewards joined to its
/// decisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Learning {
    /// It learned from them.
    pub learned: u64,
    /// Their numbers were not sound.
    pub refused: u64,
    /// Their learner had taught enough in that day.
    pub capped: u64,
    /// It was frozen.
    pub frozen: u64,
    /// It had not chosen: a teacher's pin or the course's own path was served in its place.
    pub not_chosen: u64,
}

impl SharedState {
    /// Takes a decision into the monitor of its policy, or into the tally of those held out.
    pub(crate) fn watch(&mut self, decision: &Decision) {
        if decision.fallback.is_none() && decision.overridden_by.is_none() {
            let group = (decision.held_out, decision.without_consent());
            self.groups_mut(&decision.course).of(group.0, group.1).decisions += 1;
        }
        if !decision.held_out {
            self.life_mut(&decision.course, &decision.policy).monitor.decided(decision);
        }
    }

    /// Gives a reward to the policy that made its decision, and only when it did: what a teacher
    /// chose, or the static path in its place, was not its choice, and nobody learns from it.
    pub(crate) fn teach(
        &mut self,
        joined: &RewardJoined,
        open: &OpenDecision,
        began: u64,
        influence: &mut Influence,
    ) {
        let chose = open.policy_chose && !joined.overridden;
        if chose {
            let groups = self.groups_mut(&joined.course);
            groups.of(open.held_out, open.without_consent).rewards.add(joined.value);
        }
        if open.held_out {
            return;
        }
        let Some(fresh) = PolicyState::folded(joined.policy.as_str()) else { return };
        let learner = fresh.learns();
        let life = self.lives.entry(joined.course.clone()).or_default();
        let life = life.policies.entry(joined.policy.clone()).or_default();
        if chose {
            life.monitor.rewarded(joined.value, began, joined.settled_at);
        }
        let learning = &mut life.learning;
        let counter = if !chose {
            &mut learning.not_chosen
        } else if life.mode == Mode::Frozen {
            &mut learning.frozen
        } else if learner && !influence.admits(joined.settled_at) {
            &mut learning.capped
        } else {
            let key = (joined.course.clone(), joined.policy.clone());
            match learns(self.policies.entry(key).or_insert(fresh), joined) {
                true => &mut learning.learned,
                false => &mut learning.refused,
            }
        };
        *counter += u64::from(learner);
    }
}

/// Lets a policy learn; the version of its model says whether it did.
pub(super) fn learns(policy: &mut PolicyState, joined: &RewardJoined) -> bool {
    let policy = policy.policy_mut();
    let before = policy.version();
    // A row of another schema says nothing under this one, even when it is as long: it is handed
    // over as no row at all, which every model refuses and counts.
    let known = joined.schema == SCHEMA_VERSION;
    policy.learn(&Rewarded {
        features: if known { &joined.features } else { &[] },
        value: joined.value,
        propensity: joined.propensity,
    });
    policy.version() != before
}
