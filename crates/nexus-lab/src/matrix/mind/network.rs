//! F3: what is learned spreads to what follows, after KSS, the simulator of Liu et al. (2019).
//!
//! * start: skill number k at `c_k = -U{0..3} - 0.1 k`; speed `e^N(0, 0.3)`;
//! * answer: `0.25 + 0.75 sigma(1.7 (c - 1.5 d))`;
//! * learning, right or wrong: `inc = 0.12 speed (5 - c) e^(-0.35 sum over needs of (5 - c))`, and
//!   a quarter of it to each direct successor; at most 5;
//! * score of a skill: `sigma(1.7 (c - 2))`.

use super::{Knobs, Luck};
use crate::matrix::MatrixQuestion;
use crate::matrix::graph::{SKILLS_MAX, SkillGraph};
use nexus_stats::math::{exp, logistic};
use nexus_stats::random::Stream;

const LEVEL_MAX: f64 = 5.0;

/// A mind of this family.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    level: [f64; SKILLS_MAX],
    speed: f64,
    needed: f64,
    spread: f64,
    hardness: f64,
}

impl Network {
    /// A learner at the first answer.
    #[must_use]
    pub fn new(knobs: &Knobs, graph: &SkillGraph, stream: &mut Stream) -> Self {
        let speed = exp(0.3 * stream.normal()) * knobs[0];
        let mut level = [0.0; SKILLS_MAX];
        for (skill, level) in level.iter_mut().enumerate().take(graph.skills()) {
            *level = -(stream.below(4) as f64) - 0.1 * skill as f64;
        }
        let (needed, spread) = (0.35 * knobs[1], 0.25 * knobs[2]);
        Self { level, speed, needed, spread, hardness: 1.5 * knobs[3] }
    }

    /// Chance of a right answer.
    #[must_use]
    pub fn success(&self, activity: MatrixQuestion) -> f64 {
        let margin = self.level[activity.skill] - self.hardness * activity.difficulty as f64;
        0.25 + 0.75 * logistic(1.7 * margin)
    }

    /// One answer: whether it was right.
    pub fn attempt(&mut self, graph: &SkillGraph, activity: MatrixQuestion, luck: Luck) -> bool {
        let right = luck.answer < self.success(activity);
        let skill = activity.skill;
        let needs = graph.requires[skill].iter();
        let missing: f64 = needs.map(|needed| LEVEL_MAX - self.level[*needed]).sum();
        let gain =
            0.12 * self.speed * (LEVEL_MAX - self.level[skill]) * exp(-self.needed * missing);
        for (other, needs) in graph.requires.iter().enumerate() {
            let share = if other == skill {
                1.0
            } else if needs.contains(&skill) {
                self.spread
            } else {
                continue;
            };
            self.level[other] = (self.level[other] + share * gain).min(LEVEL_MAX);
        }
        right
    }

    /// What the test would say of the skill, in [0, 1].
    #[must_use]
    pub fn known(&self, skill: usize) -> f64 {
        logistic(1.7 * (self.level[skill] - 2.0))
    }
}
