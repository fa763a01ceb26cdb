//! Policies that left the product. All of this is here for old journals.
//!
//! A retired policy decides nothing: where an old journal promoted it or an experiment names it,
//! the course's own path is served ([`crate::decision::choose`]), and no new entry may name it.
//! What it decided before still folds: it learns from the rewards of its old decisions, exactly as
//! it did, so that the state stays the same bit for bit. Why each left:
//! `docs/decisions/0007-policies-that-left.md`.

use super::linear_model::LinearModel;
use super::{Distribution, Policy, Rewarded, Scene};
use crate::ids::PolicyId;
use crate::words;
use nexus_stats::random::Stream;

/// Which policies left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetiredKind {
    /// Linear Thompson sampling under one of sixteen strategies.
    Strategic,
}

/// A retired policy with the statistics that it had.
#[derive(Clone, Debug, PartialEq)]
pub enum Retired {
    /// What rewards said, beside what the learner's strategy preferred.
    Strategic(Box<LinearModel>),
}

words!(RetiredKind { Strategic => "strategic" });

impl RetiredKind {
    /// What to use in its place.
    #[must_use]
    pub fn successor(self) -> &'static str {
        match self {
            Self::Strategic => "lin-ts",
        }
    }
}

/// Whether a policy left the product.
#[must_use]
pub fn is_retired(policy: &PolicyId) -> bool {
    RetiredKind::from_word(policy.as_str()).is_some()
}

impl Retired {
    /// The statistics of a retired policy before its first reward.
    #[must_use]
    pub fn fresh(kind: RetiredKind) -> Self {
        match kind {
            RetiredKind::Strategic => Self::Strategic(Box::default()),
        }
    }

    /// Which policy it was.
    #[must_use]
    pub fn kind(&self) -> RetiredKind {
        match self {
            Self::Strategic(_) => RetiredKind::Strategic,
        }
    }

    /// Its linear model, when it had one.
    #[must_use]
    pub fn model(&self) -> Option<&LinearModel> {
        match self {
            Self::Strategic(model) => Some(model),
        }
    }
}

impl Policy for Retired {
    fn floor(&self) -> f64 {
        0.0
    }

    /// Leaves no probability, which `draw::finish` refuses.
    fn distribute(&self, _scene: &Scene<'_>, _stream: &mut Stream, out: &mut Distribution) {
        out.reset(0);
    }

    fn learn(&mut self, rewarded: &Rewarded<'_>) {
        match self {
            Self::Strategic(model) => {
                model.learn_reward(rewarded);
            }
        }
    }

    fn version(&self) -> u64 {
        match self {
            Self::Strategic(model) => model.version(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::context::FEATURES;
    use crate::policy::registry::PolicyState;

    #[test]
    fn what_left_is_no_policy_and_still_folds() {
        for kind in RetiredKind::ALL {
            let word = kind.word();
            assert_eq!(RetiredKind::from_word(word), Some(kind));
            assert_eq!(PolicyState::fresh(word), None, "{word}");
            assert!(!PolicyState::WORDS.contains(&word), "{word}");
            assert!(PolicyState::WORDS.contains(&kind.successor()), "{word}");
            let folded = PolicyState::folded(word).expect("old journals name it");
            assert_eq!(folded, PolicyState::Retired(Retired::fresh(kind)));
            assert_eq!(folded.word(), word);
        }
    }

    #[test]
    fn strategic_learns_from_late_rewards_as_linear_thompson_sampling_does() {
        let mut retired = Retired::fresh(RetiredKind::Strategic);
        let mut same = PolicyState::fresh("lin-ts").unwrap();
        for round in 0..30 {
            let mut features = [0.0; FEATURES];
            (features[0], features[1 + round % 3]) = (1.0, 1.0);
            let value = if round % 3 == 2 { 0.3 } else { 0.0 };
            let rewarded = Rewarded { features: &features, value, propensity: 0.3 };
            retired.learn(&rewarded);
            same.policy_mut().learn(&rewarded);
        }
        assert_eq!(retired.model(), same.model());
        assert_eq!(retired.version(), 30);
    }
}
