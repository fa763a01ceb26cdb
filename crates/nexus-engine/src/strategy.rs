//! Strategies: how a learner is taught over a whole course, and which learner gets which.
//!
//! No fixed rule wins for every kind of learner, so the rule itself is learned: a [`Strategy`] is a
//! handful of numbers that turn beliefs about skills into the next skill and difficulty, and a
//! [`StrategyBandit`] deals strategies to learners and is paid by what probes say they gained.
//! Both are pure; decisions (`decision::deal`) and the simulators run exactly this code.

use crate::words;

pub mod bandit;
pub mod belief;
pub mod choice;
pub mod gains;
pub mod identity;
pub mod prior;
pub mod set;
pub mod trace;

pub use bandit::StrategyBandit;
pub use choice::{Chosen, SkillSight};
pub use gains::{Probed, Probes};
pub use prior::GainPrior;
pub use set::StrategySet;

/// Which of two beliefs says that a skill is mastered, and from where on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MasteryRule {
    /// Expected success at middle difficulty, from 0 to 1.
    Success(f64),
    /// Probability of knowing the skill, traced from the latest results ([`trace::known`]), from 0
    /// to 1.
    Known(f64),
}

/// In which order skills are practised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// One skill at a time, where what it needs is known best; what is mastered rests.
    Frontier,
    /// All open skills in turn, mastered or not: the one that was met the longest ago.
    Turns,
}

/// How one learner is taught.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strategy {
    /// The order of skills.
    pub path: Path,
    /// When a skill counts as mastered.
    pub mastery: MasteryRule,
    /// Answers on one skill after which others come first; more than 0.
    pub attempt_cap: f64,
    /// The success that questions should have, in (0, 1).
    pub target_success: f64,
    /// Recall below which a mastered skill is reviewed, in [0, 1]; 0 for never.
    pub review_below: f64,
    /// How readily what is needed must be known before a skill is opened, in [0, 1].
    pub open_from: f64,
    /// How much staying with the last skill is worth, from 0.
    pub focus: f64,
}

impl MasteryRule {
    /// The word for the belief in the journal and on the wire, and from where on.
    #[must_use]
    pub fn word(self) -> (&'static str, f64) {
        match self {
            Self::Success(least) => ("success", least),
            Self::Known(least) => ("known", least),
        }
    }

    /// The rule that a word names, from a level on.
    #[must_use]
    pub fn from_word(word: &str, least: f64) -> Option<Self> {
        [Self::Success(least), Self::Known(least)].into_iter().find(|rule| rule.word().0 == word)
    }
}

words!(Path {
    Frontier => "frontier",
    Turns => "turns",
});
