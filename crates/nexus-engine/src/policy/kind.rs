//! The policies of the product, and what is true of each.
//!
//! A property of a policy is a method with a match that names every policy. So a new policy does
//! not compile until each question about it has an answer, and monitors, apprentices and pages
//! cannot forget it.

use super::retired::RetiredKind;
use crate::ids::PolicyId;
use crate::refusal::Refusal;
use crate::words;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyKind {
    /// The course's own path.
    Static,
    /// What others completed lately.
    Popular,
    /// Uniform over the candidates.
    Random,
    /// The first skill on the path that is not mastered at 0.95.
    Mastery,
    /// What has faded most, then the path.
    Spaced,
    /// Where the learner's own success grows fastest.
    Zpdes,
    /// What teaches most a minute, by a model of gain.
    Pace,
    /// One whole plan a learner, paid by the closing check.
    Plans,
    LinearThompson,
    /// The further behind the best, the rarer.
    SquareCb,
    /// A neural network that was trained elsewhere.
    Network,
}

words!(PolicyKind {
    Static => "static",
    Popular => "popular",
    Random => "random",
    Mastery => "mastery",
    Spaced => "spaced",
    Zpdes => "zpdes",
    Pace => "pace",
    Plans => "plans",
    LinearThompson => "lin-ts",
    SquareCb => "squarecb",
    Network => "network",
});

impl PolicyKind {
    /// The policy that decides where neither a configuration nor the journal names one.
    pub const DEFAULT: Self = Self::Pace;

    /// The policy that an id names.
    ///
    /// Errors: [`Refusal::RetiredPolicy`] or [`Refusal::UnknownPolicy`].
    pub fn named(policy: &str) -> Result<Self, Refusal> {
        Self::from_word(policy).ok_or_else(|| {
            let (known, policy) = (Self::ALL.map(Self::word).join(", "), policy.to_owned());
            match RetiredKind::from_word(&policy) {
                None => Refusal::UnknownPolicy { policy, known },
                Some(retired) => {
                    let successor = retired.successor().word();
                    Refusal::RetiredPolicy { policy, successor, known }
                }
            }
        })
    }

    /// The policy that an id of an entry names; `None` of one that is retired or unknown.
    #[must_use]
    pub fn of(policy: &PolicyId) -> Option<Self> {
        Self::from_word(policy.as_str())
    }

    /// Whether it learns from rewards while it serves, and so has statistics and versions of them.
    #[must_use]
    pub fn learns(self) -> bool {
        match self {
            Self::Static
            | Self::Popular
            | Self::Random
            | Self::Mastery
            | Self::Spaced
            | Self::Zpdes
            | Self::Network => false,
            Self::Pace | Self::Plans | Self::LinearThompson | Self::SquareCb => true,
        }
    }

    /// Whether what it decides by has versions: what it has learned, or what was published.
    #[must_use]
    pub fn has_versions(self) -> bool {
        self.learns() || self == Self::Network
    }

    /// Whether its candidates are limited to the next activity on the course's own path.
    #[must_use]
    pub fn follows_path(self) -> bool {
        match self {
            Self::Static => true,
            Self::Popular
            | Self::Random
            | Self::Mastery
            | Self::Spaced
            | Self::Zpdes
            | Self::Pace
            | Self::Plans
            | Self::LinearThompson
            | Self::SquareCb
            | Self::Network => false,
        }
    }

    /// Whether it spreads its choices by what it does not know, so that its monitor can see it
    /// stop exploring. The others put their mass on one candidate by design, or spread it always.
    #[must_use]
    pub fn spreads_by_doubt(self) -> bool {
        match self {
            Self::Pace | Self::Plans | Self::LinearThompson | Self::SquareCb => true,
            Self::Static
            | Self::Popular
            | Self::Random
            | Self::Mastery
            | Self::Spaced
            | Self::Zpdes
            | Self::Network => false,
        }
    }

    /// Whether it prefers one candidate to another. One that does not can agree with no other
    /// policy, so it is neither an apprentice nor the baseline of one.
    #[must_use]
    pub fn has_preferences(self) -> bool {
        match self {
            Self::Random => false,
            Self::Static
            | Self::Popular
            | Self::Mastery
            | Self::Spaced
            | Self::Zpdes
            | Self::Pace
            | Self::Plans
            | Self::LinearThompson
            | Self::SquareCb
            | Self::Network => true,
        }
    }

    /// Whether it may be an apprentice. The course's own path may not: it is what is served where nothing else may.
    #[must_use]
    pub fn may_be_apprentice(self) -> bool {
        self.has_preferences() && !self.follows_path()
    }

    /// Whether it may serve in the place of an apprentice.
    #[must_use]
    pub fn may_be_baseline(self) -> bool {
        self.has_preferences()
    }
}
