//! F1: Bayesian knowledge tracing with prerequisites (Corbett and Anderson 1995).
//!
//! * start: known with chance 0.3 without prerequisites, else 0.05; speed `u = e^N(0, 0.4)`;
//!   `T_k = clip(N(0.25, 0.07), 0.05, 0.6) u`;
//! * answer: `1 - s_d` when known, else `g_d`; g = (.35, .2, .1), s = (.05, .1, .2);
//! * learning, right or wrong: `min(0.95, T_k l_d 0.1^missing)`, l = (.6, 1, .8);
//! * score of a skill: whether it is known.

use super::{Knobs, Luck};
use crate::matrix::MatrixQuestion;
use crate::matrix::graph::{SKILLS_MAX, SkillGraph};
use nexus_stats::math::exp;
use nexus_stats::random::Stream;

const GUESS: [f64; 3] = [0.35, 0.2, 0.1];
const SLIP: [f64; 3] = [0.05, 0.1, 0.2];
const LEARNING: [f64; 3] = [0.6, 1.0, 0.8];

/// A mind of this family.
#[derive(Clone, Copy, Debug)]
pub struct Gated {
    known: [bool; SKILLS_MAX],
    rate: [f64; SKILLS_MAX],
    guess: f64,
    slip: f64,
    hurdle: f64,
}

impl Gated {
    /// A learner at the first answer.
    #[must_use]
    pub fn new(knobs: &Knobs, graph: &SkillGraph, stream: &mut Stream) -> Self {
        let speed = exp(0.4 * stream.normal());
        let mut mind = Self {
            known: [false; SKILLS_MAX],
            rate: [0.0; SKILLS_MAX],
            guess: knobs[2],
            slip: knobs[3],
            hurdle: 0.1 * knobs[4],
        };
        for (skill, needs) in graph.requires.iter().enumerate() {
            let start = if needs.is_empty() { 0.3 } else { 0.05 };
            mind.known[skill] = stream.uniform() < start * knobs[1];
            mind.rate[skill] = (0.25 + 0.07 * stream.normal()).clamp(0.05, 0.6) * speed * knobs[0];
        }
        mind
    }

    /// Chance of a right answer.
    #[must_use]
    pub fn success(&self, activity: MatrixQuestion) -> f64 {
        let MatrixQuestion { skill, difficulty } = activity;
        if self.known[skill] {
            1.0 - self.slip * SLIP[difficulty]
        } else {
            self.guess * GUESS[difficulty]
        }
    }

    /// Chance of learning the skill from one answer.
    #[must_use]
    pub fn learning(&self, graph: &SkillGraph, activity: MatrixQuestion) -> f64 {
        let MatrixQuestion { skill, difficulty } = activity;
        let hurdle = |needed: usize| if self.known[needed] { 1.0 } else { self.hurdle };
        let chance = self.rate[skill] * LEARNING[difficulty];
        (chance * graph.product_over_needs(skill, hurdle)).min(0.95)
    }

    /// One answer: whether it was right.
    pub fn attempt(&mut self, graph: &SkillGraph, activity: MatrixQuestion, luck: Luck) -> bool {
        let right = luck.answer < self.success(activity);
        if luck.learning < self.learning(graph, activity) {
            self.known[activity.skill] = true;
        }
        right
    }

    /// 1 when the skill is known.
    #[must_use]
    pub fn known(&self, skill: usize) -> f64 {
        f64::from(u8::from(self.known[skill]))
    }
}
