//! KT6kc: six skills that are known or not, each opened by those before it (Clement, Oudeyer and
//! Lopes 2016, EDM).
//!
//! * start: nothing known; guess and slip 0.1;
//! * learning, tried before the answer: chance `T_k + sum over j known of dep_kj`;
//! * model 0: `T_0 = 0.2`, each next 0.2 on the one before; model 1: `T_0 = T_1 = 0.2`, skill 2 has
//!   0.1 on each of them, then a chain; model 2: `T_0 = T_2 = 0.2` and two chains;
//! * perturbed: from each T and dep that is not 0, and from G and S, `N(0.05, variance 0.005)` is
//!   subtracted, each its own, not below 0.

use super::Luck;
use crate::matrix::MatrixQuestion;
use crate::matrix::graph::{SKILLS_MAX, SkillGraph};
use nexus_stats::random::Stream;

/// A mind of this world.
#[derive(Clone, Copy, Debug)]
pub struct Chain {
    known: [bool; SKILLS_MAX],
    alone: [f64; SKILLS_MAX],
    /// Up to two skills that help, and how much.
    helpers: [[(usize, f64); 2]; SKILLS_MAX],
    guess: [f64; SKILLS_MAX],
    slip: [f64; SKILLS_MAX],
}

impl Chain {
    /// A learner at the first answer.
    #[must_use]
    pub fn new(perturbed: bool, graph: &SkillGraph, stream: &mut Stream) -> Self {
        let mut change = |value: f64| {
            let normal = stream.normal();
            let less = if perturbed { 0.05 + 0.005f64.sqrt() * normal } else { 0.0 };
            (value - less).max(0.0)
        };
        let mut mind = Self {
            known: [false; SKILLS_MAX],
            alone: [0.0; SKILLS_MAX],
            helpers: [[(0, 0.0); 2]; SKILLS_MAX],
            guess: [0.0; SKILLS_MAX],
            slip: [0.0; SKILLS_MAX],
        };
        for (skill, needs) in graph.requires.iter().enumerate() {
            mind.guess[skill] = change(0.1);
            mind.slip[skill] = change(0.1);
            if needs.is_empty() {
                mind.alone[skill] = change(0.2);
            }
            for (slot, needed) in mind.helpers[skill].iter_mut().zip(*needs) {
                *slot = (*needed, change(0.2 / needs.len() as f64));
            }
        }
        mind
    }

    /// Chance of learning the skill before one answer.
    #[must_use]
    pub fn learning(&self, skill: usize) -> f64 {
        let helpers = self.helpers[skill].iter().filter(|(helper, _)| self.known[*helper]);
        (self.alone[skill] + helpers.map(|(_, help)| help).sum::<f64>()).min(1.0)
    }

    /// Chance of a right answer, were nothing learned before it.
    #[must_use]
    pub fn success(&self, activity: MatrixQuestion) -> f64 {
        let skill = activity.skill;
        if self.known[skill] { 1.0 - self.slip[skill] } else { self.guess[skill] }
    }

    /// One answer: whether it was right.
    pub fn attempt(&mut self, _graph: &SkillGraph, activity: MatrixQuestion, luck: Luck) -> bool {
        if luck.learning < self.learning(activity.skill) {
            self.known[activity.skill] = true;
        }
        luck.answer < self.success(activity)
    }

    /// 1 when the skill is known.
    #[must_use]
    pub fn known(&self, skill: usize) -> f64 {
        f64::from(u8::from(self.known[skill]))
    }
}
