//! Minds of the matrix: six families that share no formula, as plain states that are copied, asked
//! and practised thousands of times a second. One file a family, with its formulas at
//! the head; `docs/simulators.md` says how their terse spots were read.

pub mod chain;
pub mod desirable;
pub mod gated;
pub mod memory;
pub mod network;
pub mod plateau;
pub mod zone;

use super::graph::SkillGraph;
use super::{MatrixQuestion, World};
use nexus_stats::random::Stream;

/// The three draws that one answer can need. They are made before anybody chooses anything, so two
/// policies that do the same to the same learner see the same luck.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Luck {
    /// Decides whether the answer is right, in [0, 1).
    pub answer: f64,
    /// Decides whether something is learned, in [0, 1).
    pub learning: f64,
    /// Decides whether the learner leaves for good, in [0, 1).
    pub leaving: f64,
}

/// Factors on up to eight constants of a family, each family with its own order; all 1 for the
/// family as it is written. KT6kc has perturbations of its own and ignores them.
pub type Knobs = [f64; 8];

/// What one answer shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Whether it was right.
    pub right: bool,
    /// Whether the learner leaves for good after it.
    pub left: bool,
}

/// A learner's true state.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::large_enum_variant, reason = "oracles copy minds; a box would end that")]
pub enum Mind {
    /// F1: knows a skill or does not.
    Gated(gated::Gated),
    /// F2: learns only a little above what is known.
    Zone(zone::Zone),
    /// F3: what is learned spreads to what follows.
    Network(network::Network),
    /// F4: remembers and forgets.
    MemoryMind(memory::MemoryMind),
    /// F5: learns best at a success of their own, and leaves when bored or frustrated.
    Desirable(desirable::Desirable),
    /// H1: practises by a power law, on plateaus, and confuses what is alike.
    Plateau(plateau::Plateau),
    /// KT6kc: six skills, each opened by those before.
    Chain(chain::Chain),
}

impl Mind {
    /// A new learner of a world whose constants are turned by these factors.
    #[must_use]
    pub fn new(world: World, knobs: &Knobs, stream: &mut Stream) -> Self {
        let graph = world.graph();
        match world {
            World::F1 => Self::Gated(gated::Gated::new(knobs, &graph, stream)),
            World::F2 => Self::Zone(zone::Zone::new(knobs, &graph, stream)),
            World::F3 => Self::Network(network::Network::new(knobs, &graph, stream)),
            World::F4 => Self::MemoryMind(memory::MemoryMind::new(knobs, stream)),
            World::F5 => Self::Desirable(desirable::Desirable::new(knobs, &graph, stream)),
            World::H1 => Self::Plateau(plateau::Plateau::new(knobs, &graph, stream)),
            World::Kt6kc { perturbed, .. } => {
                Self::Chain(chain::Chain::new(perturbed, &graph, stream))
            }
        }
    }

    /// Chance of a right answer on a day, before anything is learned from it.
    #[must_use]
    pub fn success(&self, activity: MatrixQuestion, day: f64) -> f64 {
        match self {
            Self::Gated(mind) => mind.success(activity),
            Self::Zone(mind) => mind.success(activity),
            Self::Network(mind) => mind.success(activity),
            Self::MemoryMind(mind) => mind.success(activity, day),
            Self::Desirable(mind) => mind.success(activity),
            Self::Plateau(mind) => mind.success(activity),
            Self::Chain(mind) => mind.success(activity),
        }
    }

    /// One answer, and what it teaches.
    pub fn attempt(
        &mut self,
        graph: &SkillGraph,
        activity: MatrixQuestion,
        day: f64,
        luck: Luck,
    ) -> Attempt {
        match self {
            Self::Gated(mind) => stays(mind.attempt(graph, activity, luck)),
            Self::Zone(mind) => stays(mind.attempt(graph, activity, luck)),
            Self::Network(mind) => stays(mind.attempt(graph, activity, luck)),
            Self::MemoryMind(mind) => stays(mind.attempt(graph, activity, day, luck)),
            Self::Desirable(mind) => mind.attempt(graph, activity, luck),
            Self::Plateau(mind) => mind.attempt(graph, activity, luck),
            Self::Chain(mind) => stays(mind.attempt(graph, activity, luck)),
        }
    }

    /// What is known of each skill on a day, in [0, 1]; the true score is the mean.
    #[must_use]
    pub fn score(&self, graph: &SkillGraph, day: f64) -> f64 {
        let known = |skill| self.known(skill, day);
        (0..graph.skills()).map(known).sum::<f64>() / graph.skills() as f64
    }

    /// What is known of one skill on a day, in [0, 1].
    #[must_use]
    pub fn known(&self, skill: usize, day: f64) -> f64 {
        match self {
            Self::Gated(mind) => mind.known(skill),
            Self::Zone(mind) => mind.known(skill),
            Self::Network(mind) => mind.known(skill),
            Self::MemoryMind(mind) => mind.recall(skill, day),
            Self::Desirable(mind) => mind.known(skill),
            Self::Plateau(mind) => mind.known(skill),
            Self::Chain(mind) => mind.known(skill),
        }
    }

    /// What one answer to an activity is expected to add to the score, to first order.
    ///
    /// Only oracles may ask. Both outcomes of the answer are averaged where they teach
    /// differently; leaving is not counted.
    #[must_use]
    pub fn expected_gain(
        &self,
        graph: &SkillGraph,
        activity: MatrixQuestion,
        day: f64,
        end: f64,
    ) -> f64 {
        let before = self.score(graph, end);
        let after = |answer, learning| {
            let mut mind = *self;
            mind.attempt(graph, activity, day, Luck { answer, learning, leaving: 1.0 });
            mind.score(graph, end)
        };
        let right = self.success(activity, day);
        let learned = self.learning_chance(graph, activity);
        let given_right = learned * after(0.0, 0.0) + (1.0 - learned) * after(0.0, 1.0);
        let given_wrong = learned * after(1.0, 0.0) + (1.0 - learned) * after(1.0, 1.0);
        right * given_right + (1.0 - right) * given_wrong - before
    }

    /// Chance that the draw for learning succeeds; 1 where learning needs no luck.
    fn learning_chance(&self, graph: &SkillGraph, activity: MatrixQuestion) -> f64 {
        match self {
            Self::Gated(mind) => mind.learning(graph, activity),
            Self::Zone(mind) => mind.learning(activity),
            Self::Chain(mind) => mind.learning(activity.skill),
            Self::Network(_) | Self::MemoryMind(_) | Self::Desirable(_) | Self::Plateau(_) => 1.0,
        }
    }
}

fn stays(right: bool) -> Attempt {
    Attempt { right, left: false }
}
