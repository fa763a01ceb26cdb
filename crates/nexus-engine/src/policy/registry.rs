//! A policy with its statistics, whichever it is.

use super::Policy;
use super::context::SCHEMA_VERSION;
use super::gain::GAIN_SCHEMA;
use super::kind::PolicyKind;
use super::linear::{LinearPolicy, LinearRule};
use super::linear_model::LinearModel;
use super::mastery::MasteryPolicy;
use super::network::NetworkPolicy;
use super::network::row::NETWORK_SCHEMA;
use super::pace::PacePolicy;
use super::popular::PopularPolicy;
use super::random::RandomPolicy;
use super::retired::{Retired, RetiredKind};
use super::spaced::SpacedPolicy;
use super::static_path::StaticPolicy;
use super::zpdes::ZpdesPolicy;

/// A policy with its statistics.
#[derive(Clone, Debug, PartialEq)]
pub enum PolicyState {
    Static(StaticPolicy),
    Popular(PopularPolicy),
    Random(RandomPolicy),
    Mastery(MasteryPolicy),
    Spaced(SpacedPolicy),
    Zpdes(ZpdesPolicy),
    Pace(Box<PacePolicy>),
    /// Whole plans; the policy inside decides for those who are taught step by step.
    Plans(Box<PacePolicy>),
    /// One of those that decide by one linear model.
    Linear(Box<LinearPolicy>),
    /// A network that was published.
    Network(NetworkPolicy),
    /// One that left the product, of an old journal.
    Retired(Retired),
}

impl PolicyState {
    /// The words that name policies in definitions and requests.
    pub const WORDS: [&'static str; PolicyKind::ALL.len()] = words();

    /// A policy before its first reward.
    #[must_use]
    pub fn new(kind: PolicyKind) -> Self {
        let linear = |rule| Self::Linear(Box::new(LinearPolicy::new(rule)));
        match kind {
            PolicyKind::Static => Self::Static(StaticPolicy),
            PolicyKind::Popular => Self::Popular(PopularPolicy),
            PolicyKind::Random => Self::Random(RandomPolicy),
            PolicyKind::Mastery => Self::Mastery(MasteryPolicy),
            PolicyKind::Spaced => Self::Spaced(SpacedPolicy),
            PolicyKind::Zpdes => Self::Zpdes(ZpdesPolicy),
            PolicyKind::Pace => Self::Pace(Box::default()),
            PolicyKind::Plans => Self::Plans(Box::default()),
            PolicyKind::LinearThompson => linear(LinearRule::Thompson),
            PolicyKind::SquareCb => linear(LinearRule::SquareCb),
            PolicyKind::Network => Self::Network(NetworkPolicy::FRESH),
        }
    }

    /// The same by its word.
    #[must_use]
    pub fn fresh(word: &str) -> Option<Self> {
        PolicyKind::from_word(word).map(Self::new)
    }

    /// The same for the fold of a journal, in which policies that left the product may be named,
    /// too. Nothing new may name them: ask [`PolicyState::fresh`] there.
    #[must_use]
    pub fn folded(word: &str) -> Option<Self> {
        let retired = || RetiredKind::from_word(word).map(|kind| Self::Retired(Retired::new(kind)));
        Self::fresh(word).or_else(retired)
    }

    /// Which policy it is; `None` when it is retired.
    #[must_use]
    pub fn kind(&self) -> Option<PolicyKind> {
        Some(match self {
            Self::Static(_) => PolicyKind::Static,
            Self::Popular(_) => PolicyKind::Popular,
            Self::Random(_) => PolicyKind::Random,
            Self::Mastery(_) => PolicyKind::Mastery,
            Self::Spaced(_) => PolicyKind::Spaced,
            Self::Zpdes(_) => PolicyKind::Zpdes,
            Self::Pace(_) => PolicyKind::Pace,
            Self::Plans(_) => PolicyKind::Plans,
            Self::Linear(policy) => match policy.rule() {
                LinearRule::Thompson => PolicyKind::LinearThompson,
                LinearRule::SquareCb => PolicyKind::SquareCb,
            },
            Self::Network(_) => PolicyKind::Network,
            Self::Retired(_) => return None,
        })
    }

    /// The word that names this policy.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Retired(retired) => retired.kind().word(),
            // invariant: only a retired policy has no kind.
            active => active.kind().map_or("", PolicyKind::word),
        }
    }

    /// Whether it learns from rewards: while it serves, or, retired, from those of old decisions.
    #[must_use]
    pub fn learns(&self) -> bool {
        match self {
            Self::Retired(retired) => retired.kind().learned(),
            active => active.kind().is_some_and(PolicyKind::learns),
        }
    }

    /// Whether the candidates are limited to the next activity on the course's own path.
    #[must_use]
    pub fn follows_path(&self) -> bool {
        self.kind().is_some_and(PolicyKind::follows_path)
    }

    /// Version of the feature schema of the rows that it decides by and learns from.
    #[must_use]
    pub fn schema(&self) -> u32 {
        match self {
            Self::Pace(_) | Self::Plans(_) => GAIN_SCHEMA,
            Self::Network(_) => NETWORK_SCHEMA,
            _ => SCHEMA_VERSION,
        }
    }

    /// This policy with another model; itself when it has none.
    #[must_use]
    pub fn with_model(self, model: LinearModel) -> Self {
        match self {
            Self::Linear(policy) => {
                Self::Linear(Box::new(LinearPolicy::with(policy.rule(), model)))
            }
            Self::Pace(_) => Self::Pace(Box::new(PacePolicy::with(model))),
            Self::Plans(_) => Self::Plans(Box::new(PacePolicy::with(model))),
            Self::Retired(retired) => Self::Retired(retired.with_model(model)),
            Self::Static(_)
            | Self::Popular(_)
            | Self::Random(_)
            | Self::Mastery(_)
            | Self::Spaced(_)
            | Self::Zpdes(_)
            | Self::Network(_) => self,
        }
    }

    /// This policy as a version of it, where its decisions say which version they were made by.
    #[must_use]
    pub fn published_as(self, version: u32) -> Self {
        match self {
            Self::Network(policy) => Self::Network(policy.published_as(version)),
            other => other,
        }
    }

    /// The linear model of a policy that learns.
    #[must_use]
    pub fn model(&self) -> Option<&LinearModel> {
        match self {
            Self::Pace(policy) | Self::Plans(policy) => Some(policy.model()),
            Self::Linear(policy) => Some(policy.model()),
            Self::Retired(retired) => retired.model(),
            Self::Static(_)
            | Self::Popular(_)
            | Self::Random(_)
            | Self::Mastery(_)
            | Self::Spaced(_)
            | Self::Zpdes(_)
            | Self::Network(_) => None,
        }
    }

    /// The policy behind the trait.
    #[must_use]
    pub fn policy(&self) -> &dyn Policy {
        match self {
            Self::Static(policy) => policy,
            Self::Popular(policy) => policy,
            Self::Random(policy) => policy,
            Self::Mastery(policy) => policy,
            Self::Spaced(policy) => policy,
            Self::Zpdes(policy) => policy,
            Self::Pace(policy) | Self::Plans(policy) => &**policy,
            Self::Linear(policy) => &**policy,
            Self::Network(policy) => policy,
            Self::Retired(policy) => policy,
        }
    }

    /// The policy behind the trait, to let it learn.
    pub fn policy_mut(&mut self) -> &mut dyn Policy {
        match self {
            Self::Static(policy) => policy,
            Self::Popular(policy) => policy,
            Self::Random(policy) => policy,
            Self::Mastery(policy) => policy,
            Self::Spaced(policy) => policy,
            Self::Zpdes(policy) => policy,
            Self::Pace(policy) | Self::Plans(policy) => &mut **policy,
            Self::Linear(policy) => &mut **policy,
            Self::Network(policy) => policy,
            Self::Retired(policy) => policy,
        }
    }
}

const fn words() -> [&'static str; PolicyKind::ALL.len()] {
    let mut words = [""; PolicyKind::ALL.len()];
    let mut at = 0;
    while at < words.len() {
        words[at] = PolicyKind::ALL[at].word();
        at += 1;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_knows_which_it_is() {
        for kind in PolicyKind::ALL {
            let policy = PolicyState::new(kind);
            assert_eq!((policy.kind(), policy.word()), (Some(kind), kind.word()));
            assert_eq!(policy.model().is_some(), kind.learns(), "{kind:?}");
            assert_eq!(PolicyState::fresh(kind.word()), Some(policy));
        }
    }
}
