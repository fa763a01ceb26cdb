//! The list of all policies.

use super::Policy;
use super::linear_thompson::LinearThompson;
use super::mastery::MasteryPolicy;
use super::popular::PopularPolicy;
use super::random::RandomPolicy;
use super::static_path::StaticPolicy;

/// A policy with its statistics.
#[derive(Clone, Debug, PartialEq)]
pub enum PolicyState {
    /// The course's own path.
    Static(StaticPolicy),
    /// What others completed lately.
    Popular(PopularPolicy),
    /// Uniform over the candidates.
    Random(RandomPolicy),
    /// The first skill on the path that is not mastered at 0.95.
    Mastery(MasteryPolicy),
    /// Linear Thompson sampling with shared activity features.
    LinearThompson(Box<LinearThompson>),
}

impl PolicyState {
    /// The words that name policies in definitions and requests.
    pub const WORDS: [&str; 5] = ["static", "popular", "random", "mastery", "lin-ts"];

    /// A fresh policy of the kind a word names.
    #[must_use]
    pub fn fresh(word: &str) -> Option<Self> {
        Some(match word {
            "static" => Self::Static(StaticPolicy),
            "popular" => Self::Popular(PopularPolicy),
            "random" => Self::Random(RandomPolicy),
            "mastery" => Self::Mastery(MasteryPolicy),
            "lin-ts" => Self::LinearThompson(Box::default()),
            _ => return None,
        })
    }

    /// The word that names this policy.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Static(_) => "static",
            Self::Popular(_) => "popular",
            Self::Random(_) => "random",
            Self::Mastery(_) => "mastery",
            Self::LinearThompson(_) => "lin-ts",
        }
    }

    /// Whether the candidates are limited to the next activity on the static path.
    #[must_use]
    pub fn follows_path(&self) -> bool {
        matches!(self, Self::Static(_))
    }

    /// The policy behind the trait.
    #[must_use]
    pub fn policy(&self) -> &dyn Policy {
        match self {
            Self::Static(policy) => policy,
            Self::Popular(policy) => policy,
            Self::Random(policy) => policy,
            Self::Mastery(policy) => policy,
            Self::LinearThompson(policy) => &**policy,
        }
    }

    /// The policy behind the trait, to let it learn.
    pub fn policy_mut(&mut self) -> &mut dyn Policy {
        match self {
            Self::Static(policy) => policy,
            Self::Popular(policy) => policy,
            Self::Random(policy) => policy,
            Self::Mastery(policy) => policy,
            Self::LinearThompson(policy) => &mut **policy,
        }
    }
}
