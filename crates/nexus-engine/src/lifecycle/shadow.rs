//! Shadows: policies that decide beside the one that serves, over the same candidates, and are not
//! served.
//!
//! A shadow is scored by what it would have earned: each reward of a served activity counts by the
//! ratio of the two policies' probabilities of it (inverse propensity scoring, Horvitz and Thompson
//! 1952; self-normalised, Swaminathan and Joachims 2015), with the effective sample size of these
//! weights (Kish 1965) beside it. It learns from the rewards of what was served, without weights:
//! a regression on the features of what was served holds for any way of choosing.

/// The most shadows of one course: each costs what a decision costs.
pub const SHADOWS_MAX: usize = 4;
/// Rewards without which an estimate is not shown.
pub const REWARDS_MIN: u64 = 500;
/// Effective rewards without which an estimate is not shown.
pub const EFFECTIVE_MIN: f64 = 100.0;

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
