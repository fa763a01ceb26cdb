//! Minds: what a learner truly knows, how that grows, and how it fades. One file a family.
//!
//! The families and their constants are those of `docs/science.md` 6, mapped from its twelve skills
//! and three difficulties onto the skills, prerequisites and questions of any course, and given a
//! rule for studying, which the science leaves out: films and readings teach a little, more when
//! the prerequisites are known, and less each time.

pub mod discouraged;
pub mod forgetful;
pub mod guesser;
pub mod helped;
pub mod steady;

use crate::truth::CourseTruth;
use nexus_engine::time::Timestamp;
use nexus_stats::random::Stream;
use std::sync::Arc;

pub use discouraged::Discouraged;
pub use forgetful::Forgetful;
pub use guesser::Guesser;
pub use helped::Helped;
pub use steady::Steady;

/// The families of minds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Learns most at a success that suits them, never forgets, leaves when frustrated or bored.
    Steady,
    /// Remembers and forgets: recall fades between sessions, and spaced review keeps it.
    Forgetful,
    /// Knows a skill or does not, and guesses when not; prerequisites open the way.
    Guesser,
    /// Learns as confidence allows, gives up under failure, and comes back after days.
    Discouraged,
    /// Gains nothing from a wrong answer unless help comes with it.
    Helped,
}

impl Family {
    pub const ALL: [Self; 5] =
        [Self::Steady, Self::Forgetful, Self::Guesser, Self::Discouraged, Self::Helped];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Forgetful => "forgetful",
            Self::Guesser => "guesser",
            Self::Discouraged => "discouraged",
            Self::Helped => "helped",
        }
    }

    /// A mind of this family before the course.
    #[must_use]
    pub fn mind(self, truth: &Arc<CourseTruth>, stream: &mut Stream) -> Box<dyn Knowledge> {
        match self {
            Self::Steady => Box::new(Steady::new(truth, stream)),
            Self::Forgetful => Box::new(Forgetful::new(truth, stream)),
            Self::Guesser => Box::new(Guesser::new(truth, stream)),
            Self::Discouraged => Box::new(Discouraged::new(truth, stream)),
            Self::Helped => Box::new(Helped::new(truth, stream)),
        }
    }
}

/// One look at an activity that explains: how much of it was seen, and how often before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Study {
    /// Position of the activity in the course.
    pub activity: usize,
    /// Share of it that was seen, from 0 to 1.
    pub share: f64,
    /// How often it was seen before.
    pub times_before: u32,
}

impl Study {
    /// What is left of its effect: a second look teaches half, a third a third.
    #[must_use]
    pub fn effect(&self) -> f64 {
        self.share.clamp(0.0, 1.0) / f64::from(self.times_before.saturating_add(1))
    }
}

/// One answer to a question: whether it was right, and how often the question was met before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Practice {
    /// Position of the question in the course.
    pub question: usize,
    /// Whether it was answered right.
    pub right: bool,
    /// How often it was met before.
    pub times_before: u32,
    /// Whether help came with it: a hint was asked for.
    pub helped: bool,
}

impl Practice {
    /// What is left of its effect on a skill: an answer that is known by heart teaches nothing
    /// about other questions, so a second time teaches half, a third a third.
    #[must_use]
    pub fn effect(&self) -> f64 {
        1.0 / f64::from(self.times_before.saturating_add(1))
    }
}

/// How answers change a learner's mood; see [`crate::behaviour::Mood`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Temper {
    /// Weight of failures on the hazard of leaving.
    pub frustration: f64,
    /// Weight of too many successes on it.
    pub boredom: f64,
    /// Weight of failures on the chance of giving up for some days; 0 for those who never do.
    pub discouragement: f64,
}

/// A mind: the truth that tests compare policies by.
pub trait Knowledge: Send + Sync + std::fmt::Debug {
    /// True probability of a right answer to a question of the course, now.
    fn success(&self, question: usize, at: Timestamp) -> f64;

    /// Learns from having answered a question and seen whether that was right.
    fn practise(&mut self, practice: Practice, at: Timestamp, stream: &mut Stream);

    /// Learns from watching or reading.
    fn study(&mut self, study: Study, at: Timestamp, stream: &mut Stream);

    /// True probability of a right answer to one skill's median question, now.
    fn skill_success(&self, skill: usize, at: Timestamp) -> f64;

    /// Makes skills known from before the course.
    fn know(&mut self, skills: &[usize], at: Timestamp);

    /// How answers wear on this mind.
    fn temper(&self) -> Temper;

    /// The same mind once more.
    fn copy(&self) -> Box<dyn Knowledge>;

    /// A copy to try on what would become of this mind, on average over the luck of learning.
    fn average(&self) -> Box<dyn Knowledge> {
        self.copy()
    }
}
