//! The list of all policies.

use super::Policy;
use super::double_q::DoubleQ;
use super::ensemble::Ensemble;
use super::epsilon_greedy::EpsilonGreedy;
use super::fitted_q::FittedQ;
use super::gated_random::GatedRandomPolicy;
use super::linear_model::LinearModel;
use super::linear_thompson::LinearThompson;
use super::linear_ucb::LinearUcb;
use super::logistic_thompson::LogisticThompson;
use super::mastery::MasteryPolicy;
use super::popular::PopularPolicy;
use super::random::RandomPolicy;
use super::retired::{Retired, RetiredKind};
use super::spaced::SpacedPolicy;
use super::square_cb::SquareCb;
use super::static_path::StaticPolicy;
use super::zpdes::ZpdesPolicy;

/// A policy with its statistics.
#[derive(Clone, Debug, PartialEq)]
pub enum PolicyState {
    /// The course's own path.
    Static(StaticPolicy),
    /// What others completed lately.
    Popular(PopularPolicy),
    /// Uniform over the candidates.
    Random(RandomPolicy),
    /// Uniform over what is open and not mastered.
    GatedRandom(GatedRandomPolicy),
    /// The first skill on the path that is not mastered at 0.95.
    Mastery(MasteryPolicy),
    /// What has faded most, then the path.
    Spaced(SpacedPolicy),
    /// Where the learner's own success grows fastest.
    Zpdes(ZpdesPolicy),
    /// Linear Thompson sampling with shared activity features.
    LinearThompson(Box<LinearThompson>),
    /// The same in logits.
    LogisticThompson(Box<LogisticThompson>),
    /// The benefit of the doubt.
    LinearUcb(Box<LinearUcb>),
    /// The further behind the best, the rarer.
    SquareCb(Box<SquareCb>),
    /// The best estimate, and now and then anything.
    EpsilonGreedy(Box<EpsilonGreedy>),
    /// The vote of ten opinions.
    Ensemble(Box<Ensemble>),
    /// A table of what each step is worth in the long run.
    DoubleQ(Box<DoubleQ>),
    /// The same, linear in what is seen of the learner.
    FittedQ(Box<FittedQ>),
    /// One that left the product, of an old journal.
    Retired(Retired),
}

impl PolicyState {
    /// The words that name policies in definitions and requests.
    pub const WORDS: [&str; 15] = [
        "static",
        "popular",
        "random",
        "gated-random",
        "mastery",
        "spaced",
        "zpdes",
        "lin-ts",
        "logistic-ts",
        "linucb",
        "squarecb",
        "epsilon-greedy",
        "ensemble",
        "double-q",
        "fitted-q",
    ];

    /// A fresh policy of the kind a word names.
    #[must_use]
    pub fn fresh(word: &str) -> Option<Self> {
        Some(match word {
            "static" => Self::Static(StaticPolicy),
            "popular" => Self::Popular(PopularPolicy),
            "random" => Self::Random(RandomPolicy),
            "gated-random" => Self::GatedRandom(GatedRandomPolicy),
            "mastery" => Self::Mastery(MasteryPolicy),
            "spaced" => Self::Spaced(SpacedPolicy),
            "zpdes" => Self::Zpdes(ZpdesPolicy),
            "lin-ts" => Self::LinearThompson(Box::default()),
            "logistic-ts" => Self::LogisticThompson(Box::default()),
            "linucb" => Self::LinearUcb(Box::default()),
            "squarecb" => Self::SquareCb(Box::default()),
            "epsilon-greedy" => Self::EpsilonGreedy(Box::default()),
            "ensemble" => Self::Ensemble(Box::default()),
            "double-q" => Self::DoubleQ(Box::default()),
            "fitted-q" => Self::FittedQ(Box::default()),
            _ => return None,
        })
    }

    /// A fresh policy for the fold of a journal, in which policies that left the product may be
    /// named, too. Nothing new may name them: ask [`PolicyState::fresh`] there.
    #[must_use]
    pub fn folded(word: &str) -> Option<Self> {
        Self::fresh(word)
            .or_else(|| RetiredKind::from_word(word).map(|it| Self::Retired(Retired::fresh(it))))
    }

    /// This kind of policy with another model; itself when it has none. An ensemble's heads start
    /// without departures.
    #[must_use]
    pub fn with_model(self, model: LinearModel) -> Self {
        match self {
            Self::LinearThompson(_) => Self::LinearThompson(Box::new(LinearThompson::with(model))),
            Self::LogisticThompson(_) => {
                Self::LogisticThompson(Box::new(LogisticThompson::with(model)))
            }
            Self::LinearUcb(_) => Self::LinearUcb(Box::new(LinearUcb::with(model))),
            Self::SquareCb(_) => Self::SquareCb(Box::new(SquareCb::with(model))),
            Self::EpsilonGreedy(_) => Self::EpsilonGreedy(Box::new(EpsilonGreedy::with(model))),
            Self::Ensemble(_) => Self::Ensemble(Box::new(Ensemble::around(model))),
            Self::Retired(Retired::Strategic(_)) => {
                Self::Retired(Retired::Strategic(Box::new(model)))
            }
            Self::Static(_)
            | Self::Popular(_)
            | Self::Random(_)
            | Self::GatedRandom(_)
            | Self::Mastery(_)
            | Self::Spaced(_)
            | Self::Zpdes(_)
            | Self::DoubleQ(_)
            | Self::FittedQ(_) => self,
        }
    }

    /// The word that names this policy.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Static(_) => "static",
            Self::Popular(_) => "popular",
            Self::Random(_) => "random",
            Self::GatedRandom(_) => "gated-random",
            Self::Mastery(_) => "mastery",
            Self::Spaced(_) => "spaced",
            Self::Zpdes(_) => "zpdes",
            Self::LinearThompson(_) => "lin-ts",
            Self::LogisticThompson(_) => "logistic-ts",
            Self::LinearUcb(_) => "linucb",
            Self::SquareCb(_) => "squarecb",
            Self::EpsilonGreedy(_) => "epsilon-greedy",
            Self::Ensemble(_) => "ensemble",
            Self::DoubleQ(_) => "double-q",
            Self::FittedQ(_) => "fitted-q",
            Self::Retired(retired) => retired.kind().word(),
        }
    }

    /// Whether the candidates are limited to the next activity on the static path.
    #[must_use]
    pub fn follows_path(&self) -> bool {
        matches!(self, Self::Static(_))
    }

    /// Whether it has statistics: of what it learns while it serves, or was trained on before.
    #[must_use]
    pub fn keeps_statistics(&self) -> bool {
        self.learns() || matches!(self, Self::DoubleQ(_) | Self::FittedQ(_))
    }

    /// Whether it learns from rewards while it serves.
    #[must_use]
    pub fn learns(&self) -> bool {
        match self {
            Self::Static(_)
            | Self::Popular(_)
            | Self::Random(_)
            | Self::GatedRandom(_)
            | Self::Mastery(_)
            | Self::Spaced(_)
            | Self::Zpdes(_)
            | Self::DoubleQ(_)
            | Self::FittedQ(_) => false,
            Self::LinearThompson(_)
            | Self::LogisticThompson(_)
            | Self::LinearUcb(_)
            | Self::SquareCb(_)
            | Self::EpsilonGreedy(_)
            | Self::Ensemble(_)
            | Self::Retired(Retired::Strategic(_)) => true,
        }
    }

    /// The linear model it decides by, for a policy that learns.
    #[must_use]
    pub fn model(&self) -> Option<&LinearModel> {
        match self {
            Self::LinearThompson(policy) => Some(policy.model()),
            Self::LogisticThompson(policy) => Some(policy.model()),
            Self::LinearUcb(policy) => Some(policy.model()),
            Self::SquareCb(policy) => Some(policy.model()),
            Self::EpsilonGreedy(policy) => Some(policy.model()),
            Self::Ensemble(policy) => Some(policy.model()),
            Self::Retired(retired) => retired.model(),
            Self::Static(_)
            | Self::Popular(_)
            | Self::Random(_)
            | Self::GatedRandom(_)
            | Self::Mastery(_)
            | Self::Spaced(_)
            | Self::Zpdes(_)
            | Self::DoubleQ(_)
            | Self::FittedQ(_) => None,
        }
    }

    /// The policy behind the trait.
    #[must_use]
    pub fn policy(&self) -> &dyn Policy {
        match self {
            Self::Static(policy) => policy,
            Self::Popular(policy) => policy,
            Self::Random(policy) => policy,
            Self::GatedRandom(policy) => policy,
            Self::Mastery(policy) => policy,
            Self::Spaced(policy) => policy,
            Self::Zpdes(policy) => policy,
            Self::LinearThompson(policy) => &**policy,
            Self::LogisticThompson(policy) => &**policy,
            Self::LinearUcb(policy) => &**policy,
            Self::SquareCb(policy) => &**policy,
            Self::EpsilonGreedy(policy) => &**policy,
            Self::Ensemble(policy) => &**policy,
            Self::Retired(policy) => policy,
            Self::DoubleQ(policy) => &**policy,
            Self::FittedQ(policy) => &**policy,
        }
    }

    /// The policy behind the trait, to let it learn.
    pub fn policy_mut(&mut self) -> &mut dyn Policy {
        match self {
            Self::Static(policy) => policy,
            Self::Popular(policy) => policy,
            Self::Random(policy) => policy,
            Self::GatedRandom(policy) => policy,
            Self::Mastery(policy) => policy,
            Self::Spaced(policy) => policy,
            Self::Zpdes(policy) => policy,
            Self::LinearThompson(policy) => &mut **policy,
            Self::LogisticThompson(policy) => &mut **policy,
            Self::LinearUcb(policy) => &mut **policy,
            Self::SquareCb(policy) => &mut **policy,
            Self::EpsilonGreedy(policy) => &mut **policy,
            Self::Ensemble(policy) => &mut **policy,
            Self::Retired(policy) => policy,
            Self::DoubleQ(policy) => &mut **policy,
            Self::FittedQ(policy) => &mut **policy,
        }
    }
}
