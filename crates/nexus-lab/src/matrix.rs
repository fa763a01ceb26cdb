//! The robust matrix: every policy against every family of simulated learners, thousands a second.
//!
//! A policy that wins under one model of learners may lose under the next (Doroudi, Aleven and
//! Brunskill 2017), so each is measured in five families and in KT6kc. Here stand only the worlds
//! and what a policy may see of them; [`tutor`] holds the policies, [`run`] the measuring. The
//! families of [`nexus_sim::knowledge`] ask another question: whether the whole product works.

pub mod compare;
pub mod generic;
pub mod graph;
pub mod mind;
pub mod planner;
pub mod planning;
pub mod run;
pub mod strategy;
pub mod training;
pub mod tutor;
pub mod warm;

use graph::{CHAIN, MEETING, SkillGraph, TWELVE, TWO_CHAINS};
use mind::{Knobs, Luck, Mind};
use nexus_engine::strategy::Probes;
use nexus_stats::random::Stream;

/// Where learners come from: a family, and how long it is taught.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum World {
    /// Knows a skill or does not; prerequisites open the way.
    F1,
    /// Learns only a little above what is known.
    F2,
    /// What is learned spreads to what follows.
    F3,
    /// Remembers and forgets; the test is a week later.
    F4,
    /// Learns best at a success of their own, and may leave.
    F5,
    /// Held out: power-law practice with plateaus and interference.
    H1,
    /// KT6kc, the six skills of Clement, Oudeyer and Lopes (2016).
    Kt6kc {
        /// Which graph: 0 a chain, 1 two roots that meet, 2 two chains.
        model: u8,
        /// Whether each learner's parameters differ from the model's.
        perturbed: bool,
    },
}

/// A world as it is, and as policies are told that it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    pub world: World,
    /// Factors on the constants of the family.
    pub knobs: Knobs,
    /// The graph that policies see; the learners live by the world's own.
    pub told: SkillGraph,
    /// How many answers a learner who stays gives.
    pub answers: usize,
}

/// How far a shifted world's constants may be from those of the family.
const SHIFT: f64 = 0.3;

impl From<World> for Setting {
    fn from(world: World) -> Self {
        Self { world, knobs: [1.0; 8], told: world.graph(), answers: world.budget() }
    }
}

impl Setting {
    /// The world with each of its constants shifted by up to 30 %, evenly.
    #[must_use]
    pub fn shifted(world: World, draw: u64) -> Self {
        let mut stream = Stream::keyed(draw, "shift");
        let knobs = std::array::from_fn(|_| 1.0 + SHIFT * (2.0 * stream.uniform() - 1.0));
        Self { knobs, ..Self::from(world) }
    }

    /// The world with a shorter or longer course.
    #[must_use]
    pub fn within(self, answers: usize) -> Self {
        Self { answers, ..self }
    }

    /// The world with a graph that is told wrongly: one of its twelve edges is left out, and one
    /// that is none is added. Worlds of other graphs are told as they are.
    #[must_use]
    pub fn misdrawn(self, draw: u64) -> Self {
        let wrong = graph::MISDRAWN[(draw % graph::MISDRAWN.len() as u64) as usize];
        if self.told == graph::TWELVE { Self { told: wrong, ..self } } else { self }
    }
}

/// What a policy chooses: a question on a skill, of a difficulty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MatrixQuestion {
    /// Number of the skill.
    pub skill: usize,
    /// Difficulty from 0, the easiest.
    pub difficulty: usize,
}

/// One answer, as a policy sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answered {
    pub activity: MatrixQuestion,
    /// Whether the answer was right.
    pub right: bool,
    /// When, in days from the first answer.
    pub day: f64,
}

/// All that a policy may know before a choice, besides the answers so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sight {
    /// Which skill needs which.
    pub graph: SkillGraph,
    /// How many answers were given.
    pub step: usize,
    /// How many there are at most.
    pub budget: usize,
    /// Now, in days from the first answer.
    pub day: f64,
    /// When the test is, on the same scale.
    pub test_day: f64,
}

/// One learner on the way through a world.
#[derive(Clone, Debug)]
pub struct Trial {
    world: World,
    told: SkillGraph,
    budget: usize,
    graph: SkillGraph,
    mind: Mind,
    luck: Stream,
    seed: u64,
    step: usize,
    left: bool,
    right: usize,
}

/// Answers in one session of F4, of which there is one a day.
const SESSION: usize = 20;
const SESSIONS: usize = 10;
/// Days from the end of the last session of F4 to the test.
const TEST_AFTER: usize = 7;

impl World {
    pub const FAMILIES: [Self; 5] = [Self::F1, Self::F2, Self::F3, Self::F4, Self::F5];

    /// The word for it: `F1` to `F5`, `KT6kc-0` to `KT6kc-2`, the latter with `-perturbed`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::F1 => "F1",
            Self::F2 => "F2",
            Self::F3 => "F3",
            Self::F4 => "F4",
            Self::F5 => "F5",
            Self::H1 => "H1",
            Self::Kt6kc { model: 0, perturbed: false } => "KT6kc-0",
            Self::Kt6kc { model: 0, perturbed: true } => "KT6kc-0-perturbed",
            Self::Kt6kc { model: 1, perturbed: false } => "KT6kc-1",
            Self::Kt6kc { model: 1, perturbed: true } => "KT6kc-1-perturbed",
            Self::Kt6kc { perturbed: false, .. } => "KT6kc-2",
            Self::Kt6kc { perturbed: true, .. } => "KT6kc-2-perturbed",
        }
    }

    /// The skills of this world.
    #[must_use]
    pub fn graph(self) -> SkillGraph {
        match self {
            Self::Kt6kc { model: 0, .. } => CHAIN,
            Self::Kt6kc { model: 1, .. } => MEETING,
            Self::Kt6kc { .. } => TWO_CHAINS,
            _ => TWELVE,
        }
    }

    /// How many answers a learner who stays gives.
    #[must_use]
    pub fn budget(self) -> usize {
        if self == Self::F4 { SESSION * SESSIONS } else { 100 }
    }

    /// The day of an answer, by its number from 0.
    #[must_use]
    pub fn day(self, step: usize) -> f64 {
        if self == Self::F4 { (step / SESSION) as f64 } else { 0.0 }
    }

    /// The day of the test.
    #[must_use]
    pub fn test_day(self) -> f64 {
        if self == Self::F4 { (SESSIONS + TEST_AFTER) as f64 } else { 0.0 }
    }
}

impl Trial {
    /// A learner of a world. The same seed and number give the same mind and the same luck,
    /// whatever is then chosen.
    #[must_use]
    pub fn new(setting: impl Into<Setting>, seed: u64, learner: u64) -> Self {
        let Setting { world, knobs, told, answers } = setting.into();
        let seed = derive(seed, learner);
        let mind = Mind::new(world, &knobs, &mut purpose(seed, 1));
        let (graph, luck) = (world.graph(), purpose(seed, 2));
        Self {
            world,
            told,
            budget: answers,
            graph,
            mind,
            luck,
            seed,
            step: 0,
            left: false,
            right: 0,
        }
    }

    /// What a policy may see now.
    #[must_use]
    pub fn sight(&self) -> Sight {
        Sight {
            graph: self.told,
            step: self.step,
            budget: self.budget,
            day: self.world.day(self.step),
            test_day: self.world.test_day(),
        }
    }

    /// The skills as they are, for oracles only.
    #[must_use]
    pub fn graph(&self) -> SkillGraph {
        self.graph
    }

    /// The day of an answer of this learner, by its number from 0.
    #[must_use]
    pub fn day_of(&self, step: usize) -> f64 {
        self.world.day(step)
    }

    /// Randomness for the choices made for this learner, apart from the learner's own.
    #[must_use]
    pub fn choice_stream(&self) -> Stream {
        purpose(self.seed, 3)
    }

    /// Whether all answers are given, or the learner has left.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.left || self.step >= self.budget
    }

    /// Whether the learner left before all answers were given.
    #[must_use]
    pub fn left(&self) -> bool {
        self.left
    }

    /// How many answers were given, and how many of them were right.
    #[must_use]
    pub fn answers(&self) -> (usize, usize) {
        (self.step, self.right)
    }

    /// Asks a question and lets the learner learn from it. A skill or difficulty that does not
    /// exist is taken as the last one.
    pub fn answer(&mut self, activity: MatrixQuestion) -> Answered {
        let activity = MatrixQuestion {
            skill: activity.skill.min(self.graph.skills() - 1),
            difficulty: activity.difficulty.min(self.graph.difficulties - 1),
        };
        let day = self.world.day(self.step);
        let luck = Luck {
            answer: self.luck.uniform(),
            learning: self.luck.uniform(),
            leaving: self.luck.uniform(),
        };
        let attempt = self.mind.attempt(&self.graph, activity, day, luck);
        self.step += 1;
        self.left = attempt.left;
        self.right += usize::from(attempt.right);
        Answered { activity, right: attempt.right, day }
    }

    /// Right answers to so many probes: questions on skills and difficulties drawn
    /// evenly, which teach nothing. Before the first answer they are asked
    /// on the first day, after the last one on the day of the test.
    #[must_use]
    pub fn probes(&self, count: u32) -> Probes {
        let day = if self.step == 0 { 0.0 } else { self.world.test_day() };
        let mut stream = purpose(self.seed, if self.step == 0 { 4 } else { 5 });
        let right = (0..count).filter(|_| {
            let skill = stream.below(self.graph.skills() as u64) as usize;
            let difficulty = stream.below(self.graph.difficulties as u64) as usize;
            stream.uniform() < self.mind.success(MatrixQuestion { skill, difficulty }, day)
        });
        Probes { right: right.count() as u32, asked: count }
    }

    /// What the learner truly knows on the day of the test, in [0, 1]; no policy sees it.
    #[must_use]
    pub fn true_score(&self) -> f64 {
        self.mind.score(&self.graph, self.world.test_day())
    }

    /// The true state, for oracles only.
    #[must_use]
    pub fn mind(&self) -> &Mind {
        &self.mind
    }
}

/// A seed that depends on both numbers and shares nothing with its neighbours.
#[must_use]
pub fn derive(seed: u64, number: u64) -> u64 {
    let first = Stream::new(seed).next_u64();
    Stream::new(first ^ number.wrapping_mul(0xd6e8_feb8_6659_fd93)).next_u64()
}

fn purpose(seed: u64, number: u64) -> Stream {
    Stream::new(derive(seed, number))
}
