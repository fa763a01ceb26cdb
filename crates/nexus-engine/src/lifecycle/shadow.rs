//! Shadows: policies that decide beside the one that serves, over the same candidates, and are not
//! served.
//!
//! A shadow is scored by what it would have earned: each reward of a served activity counts by the
//! ratio of the two policies' probabilities of it (inverse propensity scoring, Horvitz and Thompson
//! 1952; self-normalised, Swaminathan and Joachims 2015), with the effective sample size of these
//! weights (Kish 1965) beside it. It learns from the rewards of what was served, without weights:
//! a regression on the features of what was served holds whoever chose it.

use super::learning::learns;
use super::mode::Mode;
use crate::decision::reward::{OpenDecision, RewardJoined};
use crate::ids::{CourseId, PolicyId};
use crate::learner::influence::Influence;
use crate::policy::draw::finish;
use crate::policy::registry::PolicyState;
use crate::policy::retired::is_retired;
use crate::policy::{Distribution, Scene};
use crate::seed::Seed;
use crate::workspace::SharedState;

/// The most shadows of one course: each costs what a decision costs.
pub const SHADOWS_MAX: usize = 4;
/// Rewards without which an estimate is not shown (science.md 6.3).
pub const REWARDS_MIN: u64 = 500;
/// Effective rewards without which an estimate is not shown.
pub const EFFECTIVE_MIN: f64 = 100.0;

/// What a shadow decided beside the policy that served.
#[derive(Clone, Debug, PartialEq)]
pub struct ShadowChoice {
    /// Which policy.
    pub policy: PolicyId,
    /// How many rewards it had learned from.
    pub version: u64,
    /// Its probability of what was served, its floor included; `None` when it gave no distribution.
    pub probability: Option<f64>,
}

/// What a shadow would have earned since it became one. The sums are made in journal order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ShadowWorth {
    /// Rewards of decisions that it made beside another policy.
    pub rewards: u64,
    /// Sum of the weights: its probability over that of the policy that served.
    pub weights: f64,
    /// Sum of their squares.
    pub squares: f64,
    /// Sum of the rewards times their weights.
    pub weighted: f64,
    /// Sum of the rewards.
    pub served: f64,
    /// Rewards that say nothing of it: it gave no distribution, or their numbers were not sound.
    pub silent: u64,
    /// Rewards it learned from.
    pub learned: u64,
    /// Rewards it did not learn from, because their learner had taught enough in that day.
    pub capped: u64,
}

impl ShadowWorth {
    /// Takes in a reward of something served with probability `propensity`, in (0, 1].
    pub fn add(&mut self, probability: Option<f64>, propensity: f64, reward: f64) {
        let weight = probability.map_or(f64::NAN, |probability| probability / propensity);
        if !(weight.is_finite() && reward.is_finite()) {
            self.silent += 1;
            return;
        }
        self.rewards += 1;
        self.weights += weight;
        self.squares += weight * weight;
        self.weighted += weight * reward;
        self.served += reward;
    }

    /// What it would have earned a decision, by inverse propensity: unbiased, and wide.
    #[must_use]
    pub fn inverse_propensity(&self) -> Option<f64> {
        (self.rewards > 0).then(|| self.weighted / self.rewards as f64)
    }

    /// The same self-normalised: narrower, with a bias that fades.
    #[must_use]
    pub fn self_normalised(&self) -> Option<f64> {
        (self.weights > 0.0).then(|| self.weighted / self.weights)
    }

    /// How many rewards of its own the estimate is worth.
    #[must_use]
    pub fn effective_rewards(&self) -> f64 {
        if self.squares > 0.0 { self.weights * self.weights / self.squares } else { 0.0 }
    }

    /// What the policies that served earned a decision, over the same rewards.
    #[must_use]
    pub fn served_mean(&self) -> Option<f64> {
        (self.rewards > 0).then(|| self.served / self.rewards as f64)
    }

    /// Whether the estimates may be looked at: before, they say more of chance than of the policy.
    #[must_use]
    pub fn has_evidence(&self) -> bool {
        self.rewards >= REWARDS_MIN && self.effective_rewards() >= EFFECTIVE_MIN
    }
}

impl SharedState {
    /// The shadows of a course, in the order of their words, but for those that left the product.
    pub fn shadows<'a>(&'a self, course: &CourseId) -> impl Iterator<Item = &'a PolicyId> {
        let policies = self.lives.get(course).into_iter().flat_map(|life| &life.policies);
        let shadows = policies.filter(|(_, life)| life.mode == Mode::Shadow);
        shadows.map(|(policy, _)| policy).filter(|policy| !is_retired(policy))
    }

    /// What the shadows of a course say of the candidate that was chosen. Each has a stream of its
    /// own, so what is served does not depend on who decides beside it.
    pub(crate) fn shadow_choices(
        &self,
        course: &CourseId,
        scene: &Scene<'_>,
        chosen: usize,
        seed: Seed,
    ) -> Vec<ShadowChoice> {
        let decide = |id: &PolicyId| {
            let policy = self.policy(course, id)?;
            let mut distribution = Distribution::default();
            let mut stream = seed.stream(&format!("shadow/{id}"));
            policy.policy().distribute(scene, &mut stream, &mut distribution);
            let sound = finish(policy.policy().floor(), &mut distribution).is_ok();
            let probability = distribution.probabilities.get(chosen).copied();
            let probability = probability.filter(|_| sound);
            Some(ShadowChoice {
                policy: id.clone(),
                version: policy.policy().version(),
                probability,
            })
        };
        self.shadows(course).filter_map(decide).take(SHADOWS_MAX).collect()
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
        if open.shadows.is_empty() && open.apprentice.is_none() {
            return;
        }
        let admitted = influence.admits(joined.settled_at);
        if let Some(apprentice) = &open.apprentice {
            self.teach_apprentice(joined, apprentice, admitted);
        }
        for shadow in &open.shadows {
            if self.mode(&joined.course, &shadow.policy) != Mode::Shadow {
                continue;
            }
            let Some(fresh) = PolicyState::folded(shadow.policy.as_str()) else { continue };
            let key = (joined.course.clone(), shadow.policy.clone());
            let learner = fresh.learns();
            let learned =
                learner && admitted && learns(self.policies.entry(key).or_insert(fresh), joined);
            let worth = &mut self.life_mut(&joined.course, &shadow.policy).worth;
            worth.add(shadow.probability, joined.propensity, joined.value);
            worth.learned += u64::from(learned);
            worth.capped += u64::from(learner && !admitted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_stats::random::Stream;

    /// Two activities worth 0.8 and -0.2; served with (0.7, 0.3), scored for (0.1, 0.9): its
    /// true worth is -0.1, and that of the policy that served 0.5.
    #[test]
    fn a_shadow_is_scored_by_what_it_would_have_earned() {
        let (mut worth, mut stream) = (ShadowWorth::default(), Stream::new(7));
        let (served, shadow, rewards) = ([0.7, 0.3], [0.1, 0.9], [0.8, -0.2]);
        for _ in 0..20_000 {
            let chosen = stream.categorical(&served);
            let reward = rewards[chosen] + 0.2 * stream.normal();
            worth.add(Some(shadow[chosen]), served[chosen], reward);
        }
        // Five standard errors of the weighted mean are 0.02.
        assert!((worth.inverse_propensity().unwrap() + 0.1).abs() < 0.02, "{worth:?}");
        assert!((worth.self_normalised().unwrap() + 0.1).abs() < 0.02, "{worth:?}");
        assert!((worth.served_mean().unwrap() - 0.5).abs() < 0.02, "{worth:?}");
        // E[w]^2 / E[w^2] = 1 / (0.01 / 0.7 + 0.81 / 0.3) = 0.3684 of each reward.
        assert!((worth.effective_rewards() / 20_000.0 - 0.3684).abs() < 0.01);
        let before = worth;
        worth.add(Some(0.5), 0.0, 1.0);
        worth.add(Some(0.5), 0.5, f64::NAN);
        worth.add(None, 0.5, 1.0);
        assert_eq!(worth, ShadowWorth { silent: 3, ..before });
    }

    /// Weights of 1 are worth their number; one weight that outweighs all others is worth one.
    #[test]
    fn little_evidence_is_none() {
        let mut worth = ShadowWorth::default();
        (0..499).for_each(|_| worth.add(Some(0.5), 0.5, 0.1));
        assert!(!worth.has_evidence());
        worth.add(Some(0.5), 0.5, 0.1);
        assert!(worth.has_evidence());
        worth.add(Some(1.0), 0.0001, 0.1);
        assert!(!worth.has_evidence(), "{}", worth.effective_rewards());
    }
}
