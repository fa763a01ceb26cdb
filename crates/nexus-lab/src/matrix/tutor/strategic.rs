//! A strategy of the engine in the seat of a tutor. What it believes of a learner is the matrix's
//! own small model, not HKT: an ability, a Gaussian level for each skill, a traced probability of
//! knowing it, and a half-life of recall that grows with each right answer after a pause.

use super::{Answered, MatrixQuestion, Sight, Tutor};
use crate::matrix::graph::{DIFFICULTIES_MAX, SKILLS_MAX};
use crate::matrix::strategy::{self, SkillSight};
use nexus_engine::strategy::{MasteryRule, Strategy, StrategySet};
use nexus_stats::math::{exp, logistic};
use nexus_stats::random::Stream;
use std::f64::consts::PI;

/// Chance of a right answer by guessing, in the Gaussian belief.
const GUESS: f64 = 0.12;
/// Distance between two difficulties, in logits.
const HARDNESS: f64 = 1.2;
/// Mean level of a skill before the first answer.
const LEVEL: f64 = -1.2;
/// Variance of that level.
const LEVEL_VARIANCE: f64 = 1.0;
/// Variance of ability, which all skills share.
const ABILITY_VARIANCE: f64 = 0.25;
/// What each answer adds to the level: practice teaches.
const TEACHES: f64 = 0.15;
/// What each answer adds to its variance.
const RESTLESS: f64 = 0.05;
/// Chance that a skill is known at the start, and of learning it at each answer.
const KNOWN: (f64, f64) = (0.1, 0.12);
/// Guess and slip of the traced probability, by difficulty.
const TRACED: [(f64, f64); DIFFICULTIES_MAX] = [(0.3, 0.05), (0.2, 0.1), (0.12, 0.2)];
/// Half-life of recall after the first answer, in days, and the least.
const HALF_LIFE: (f64, f64) = (6.6, 3.3);
/// How much a right answer stretches it, by what was forgotten.
const STRETCH: f64 = 4.0;

/// What is believed of one skill.
#[derive(Clone, Copy, Debug)]
struct Belief {
    level: f64,
    variance: f64,
    known: f64,
    attempts: u32,
    met: u64,
    day: f64,
    half_life: f64,
}

/// One learner's beliefs under one strategy.
#[derive(Clone, Copy, Debug)]
pub struct StrategicTutor {
    strategy: Strategy,
    ability: f64,
    ability_variance: f64,
    skills: [Belief; SKILLS_MAX],
    answers: u64,
}

impl Belief {
    const START: Self = Self {
        level: LEVEL,
        variance: LEVEL_VARIANCE,
        known: KNOWN.0,
        attempts: 0,
        met: 0,
        day: 0.0,
        half_life: HALF_LIFE.0,
    };

    fn recall(&self, day: f64) -> f64 {
        exp(-std::f64::consts::LN_2 * (day - self.day) / self.half_life)
    }

    fn trace(&mut self, difficulty: usize, right: bool) {
        let (guess, slip) = TRACED[difficulty];
        let (if_known, if_not) = if right { (1.0 - slip, guess) } else { (slip, 1.0 - guess) };
        let both = self.known * if_known + (1.0 - self.known) * if_not;
        let after = self.known * if_known / both;
        self.known = after + (1.0 - after) * KNOWN.1;
    }

    fn remember(&mut self, day: f64, right: bool) {
        if self.attempts > 0 {
            let forgotten = 1.0 - self.recall(day);
            self.half_life = if right {
                self.half_life * (1.0 + STRETCH * forgotten)
            } else {
                (0.5 * self.half_life).max(HALF_LIFE.1)
            };
        }
        self.day = day;
        self.attempts += 1;
    }
}

impl StrategicTutor {
    #[must_use]
    pub fn new(strategy: Strategy) -> Self {
        Self {
            strategy,
            ability: 0.0,
            ability_variance: ABILITY_VARIANCE,
            skills: [Belief::START; SKILLS_MAX],
            answers: 0,
        }
    }

    /// The beliefs alone, for another tutor to choose by: no strategy affects them.
    #[must_use]
    pub fn watching() -> Self {
        Self::new(StrategySet::default().strategies()[0])
    }

    /// Chance that a skill is known.
    #[must_use]
    pub fn known(&self, skill: usize) -> f64 {
        self.skills[skill].known
    }

    /// Recall of a skill on a day; 1 on the day of its last answer.
    #[must_use]
    pub fn recall(&self, skill: usize, day: f64) -> f64 {
        self.skills[skill].recall(day)
    }

    /// Answers on a skill.
    #[must_use]
    pub fn attempts(&self, skill: usize) -> u32 {
        self.skills[skill].attempts
    }

    /// MacKay's factor and the chance of knowing the answer to a question of this hardness.
    fn certainty(&self, skill: usize, hardness: f64) -> (f64, f64) {
        let belief = &self.skills[skill];
        let variance = belief.variance + self.ability_variance;
        let kappa = 1.0 / (1.0 + PI * variance / 8.0).sqrt();
        (kappa, logistic(kappa * (belief.level + self.ability - hardness)))
    }

    /// One step of the filter of HKT, for two components: level and ability.
    fn learn(&mut self, skill: usize, hardness: f64, right: bool) {
        let (kappa, z) = self.certainty(skill, hardness);
        let p = GUESS + (1.0 - GUESS) * z;
        let slope = (1.0 - GUESS) * z * (1.0 - z) * kappa;
        let gradient = if right { slope / p } else { -slope / (1.0 - p) };
        let curvature = slope * slope / (p * (1.0 - p));
        let belief = &mut self.skills[skill];
        self.ability += self.ability_variance * gradient;
        self.ability_variance /= 1.0 + self.ability_variance * curvature;
        belief.level += belief.variance * gradient + TEACHES;
        belief.variance = belief.variance / (1.0 + belief.variance * curvature) + RESTLESS;
    }
}

/// Logits of a difficulty: around 0, and 0 when there is only one.
fn hardness(difficulty: usize, difficulties: usize) -> f64 {
    HARDNESS * (difficulty as f64 - (difficulties as f64 - 1.0) / 2.0)
}

impl Tutor for StrategicTutor {
    fn choose(&mut self, sight: &Sight, _stream: &mut Stream) -> MatrixQuestion {
        let (skills, difficulties) = (sight.graph.skills(), sight.graph.difficulties);
        let mut success = [[0.0; DIFFICULTIES_MAX]; SKILLS_MAX];
        for (skill, row) in success.iter_mut().enumerate().take(skills) {
            for (difficulty, value) in row.iter_mut().enumerate().take(difficulties) {
                let (_, z) = self.certainty(skill, hardness(difficulty, difficulties));
                *value = GUESS + (1.0 - GUESS) * z;
            }
        }
        let mastery = |skill: usize| match self.strategy.mastery {
            MasteryRule::Success(_) => success[skill][difficulties / 2],
            MasteryRule::Known(_) => self.skills[skill].known,
        };
        let see = |skill: usize| {
            let belief = &self.skills[skill];
            let needs = sight.graph.requires.get(skill).into_iter().flat_map(|needs| needs.iter());
            SkillSight {
                ready: needs.map(|needed| mastery(*needed)).fold(1.0, f64::min),
                known: belief.known,
                success: &success[skill][..difficulties],
                attempts: belief.attempts,
                recall: belief.recall(sight.day),
                met: belief.met,
            }
        };
        let sights: [SkillSight<'_>; SKILLS_MAX] = std::array::from_fn(see);
        let chosen = strategy::choose(&self.strategy, &sights[..skills]);
        chosen.map_or(MatrixQuestion { skill: 0, difficulty: 0 }, |chosen| MatrixQuestion {
            skill: chosen.skill,
            difficulty: chosen.difficulty,
        })
    }

    fn observe(&mut self, answered: &Answered) {
        let MatrixQuestion { skill, difficulty } = answered.activity;
        self.answers += 1;
        self.learn(skill, hardness(difficulty, DIFFICULTIES_MAX), answered.right);
        let belief = &mut self.skills[skill];
        belief.trace(difficulty, answered.right);
        belief.remember(answered.day, answered.right);
        belief.met = self.answers;
    }
}
