//! Who learns from a decision and its reward: the policy that made it, the shadows beside it, and
//! the apprentice in whose place it was made.

use super::SharedState;
use crate::decision::Decision;
use crate::decision::reward::{OpenDecision, RewardJoined};
use crate::ids::{CourseId, PolicyId};
use crate::learner::influence::Influence;
use crate::lifecycle::learning::learns;
use crate::lifecycle::mode::Mode;
use crate::policy::registry::PolicyState;
use crate::policy::retired::is_retired;

impl SharedState {
    /// Takes a decision into the monitor of its policy, or into the tally of those held out.
    pub(crate) fn watch(&mut self, decision: &Decision) {
        if decision.choice.is_by_policy() {
            let without_consent = decision.choice.without_consent();
            let groups = self.groups_mut(&decision.course);
            groups.of(decision.origin.decider.held_out, without_consent).decisions += 1;
        }
        if !decision.origin.decider.held_out {
            self.life_mut(&decision.course, &decision.origin.decider.policy)
                .monitor
                .decided(decision);
        }
    }

    /// Gives a reward to the policy that made its decision, and only when it did: what a teacher
    /// chose, or the static path in its place, was not its choice, and no policy learns from it.
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
            groups.of(open.origin.decider.held_out, open.without_consent).rewards.add(joined.value);
        }
        if open.origin.decider.held_out {
            return;
        }
        if chose && open.origin.decider.assignment.is_none() {
            self.tell_stage(joined, began);
        }
        let Some(fresh) = PolicyState::folded(joined.policy.as_str()) else { return };
        let policy_learns = fresh.learns();
        let course_life = self.lives.entry(joined.course.clone()).or_default();
        let policy_life = course_life.policies.entry(joined.policy.clone()).or_default();
        if chose {
            policy_life.monitor.rewarded(joined.value, began, joined.settled_at);
        }
        let counts = &mut policy_life.learning;
        let count = if !chose {
            &mut counts.not_chosen
        } else if policy_life.mode == Mode::Frozen {
            &mut counts.frozen
        } else if policy_learns && !influence.admits(joined.settled_at) {
            &mut counts.capped
        } else {
            let key = (joined.course.clone(), joined.policy.clone());
            let policy = self.policies.entry(key).or_insert(fresh);
            match learns(policy, joined) {
                true => &mut counts.learned,
                false => &mut counts.refused,
            }
        };
        // The counts say what became of rewards that a policy could have learned from.
        *count += u64::from(policy_learns);
    }

    /// The shadows of a course, in the order of their words, but for those that left the product.
    pub fn shadows<'a>(&'a self, course: &CourseId) -> impl Iterator<Item = &'a PolicyId> {
        let policies = self.lives.get(course).into_iter().flat_map(|life| &life.policies);
        let shadows = policies.filter(|(_, life)| life.mode == Mode::Shadow);
        shadows.map(|(policy, _)| policy).filter(|policy| !is_retired(policy))
    }

    /// Gives a reward to the shadows that decided beside the policy that earned it, and to the
    /// apprentice in whose place it was earned. They have a cap on a learner's influence of their
    /// own, so what the others learn does not depend on them.
    pub(crate) fn teach_shadows(
        &mut self,
        joined: &RewardJoined,
        open: &OpenDecision,
        influence: &mut Influence,
    ) {
        if open.origin.shadows.is_empty() && open.apprentice.is_none() {
            return;
        }
        let admitted = influence.admits(joined.settled_at);
        if let Some(apprentice) = &open.apprentice {
            self.teach_apprentice(joined, apprentice, admitted);
        }
        for shadow in &open.origin.shadows {
            if self.mode(&joined.course, &shadow.policy) != Mode::Shadow {
                continue;
            }
            let Some(fresh) = PolicyState::folded(shadow.policy.as_str()) else { continue };
            let key = (joined.course.clone(), shadow.policy.clone());
            let shadow_learns = fresh.learns();
            let learned = shadow_learns
                && admitted
                && learns(self.policies.entry(key).or_insert(fresh), joined);
            let worth = &mut self.life_mut(&joined.course, &shadow.policy).worth;
            worth.add(shadow.probability, joined.propensity, joined.value);
            worth.learned += u64::from(learned);
            worth.capped += u64::from(shadow_learns && !admitted);
        }
    }
}
