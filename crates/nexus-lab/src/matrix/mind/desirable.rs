//! F5: item response theory with desirable difficulty (Bjork 1994), and people who leave.
//!
//! * start: `theta_k = -1.5 + N(0, 0.3)`, plus 0.7 for roots; ability `N(0, 0.5)`; rate
//!   `0.25 e^N(0, 0.3)`; sweet spot `p* ~ U(0.5, 0.9)`;
//! * answer: `p = 0.1 + 0.9 sigma(theta + ability - b)`, b = (-1.2, 0, 1.2);
//! * learning, right or wrong:
//!   `theta += rate e^(-(p - p*)^2 / 0.045) (0.15 + 0.85 ready) (3 - theta) / 4`, ready the product
//!   of the scores of what it needs;
//! * leaving: `0.0015 e^(4 (f - 0.45)+ + 6 (g - 0.93)+ / 0.07)` after each answer, with running
//!   shares of failures f (memory 0.8) and successes g (0.9);
//! * score of a skill: `sigma(theta + ability)`.

use super::{Attempt, Knobs, Luck};
use crate::matrix::MatrixQuestion;
use crate::matrix::graph::{SKILLS_MAX, SkillGraph};
use nexus_stats::math::{exp, logistic};
use nexus_stats::random::Stream;

const HARDNESS: [f64; 3] = [-1.2, 0.0, 1.2];
const LEVEL_MAX: f64 = 3.0;

/// A mind of this family.
#[derive(Clone, Copy, Debug)]
pub struct Desirable {
    level: [f64; SKILLS_MAX],
    ability: f64,
    rate: f64,
    sweet_spot: f64,
    failures: f64,
    successes: f64,
    width: f64,
    unready: f64,
    leaving: f64,
    hardness: f64,
}

impl Desirable {
    /// A new learner, neither frustrated nor bored.
    #[must_use]
    pub fn new(knobs: &Knobs, graph: &SkillGraph, stream: &mut Stream) -> Self {
        let ability = 0.5 * stream.normal();
        let rate = 0.25 * exp(0.3 * stream.normal()) * knobs[0];
        let sweet_spot = ((0.5 + 0.4 * stream.uniform()) * knobs[1]).min(0.95);
        let mut level = [0.0; SKILLS_MAX];
        for (skill, needs) in graph.requires.iter().enumerate() {
            let root = if needs.is_empty() { 0.7 } else { 0.0 };
            level[skill] = -1.5 + 0.3 * stream.normal() + root;
        }
        Self {
            level,
            ability,
            rate,
            sweet_spot,
            failures: 0.3,
            successes: 0.5,
            width: 0.045 * knobs[2],
            unready: 0.15 * knobs[3],
            leaving: 0.0015 * knobs[4],
            hardness: knobs[5],
        }
    }

    /// Chance of a right answer.
    #[must_use]
    pub fn success(&self, activity: MatrixQuestion) -> f64 {
        let hardness = self.hardness * HARDNESS[activity.difficulty];
        let margin = self.level[activity.skill] + self.ability - hardness;
        0.1 + 0.9 * logistic(margin)
    }

    /// One answer: whether it was right, and whether it was the last.
    pub fn attempt(&mut self, graph: &SkillGraph, activity: MatrixQuestion, luck: Luck) -> Attempt {
        let success = self.success(activity);
        let right = luck.answer < success;
        let miss = success - self.sweet_spot;
        let ready = graph.product_over_needs(activity.skill, |needed| self.known(needed));
        let level = &mut self.level[activity.skill];
        let gain = self.rate
            * exp(-miss * miss / self.width)
            * (self.unready + (1.0 - self.unready) * ready);
        *level += gain * (LEVEL_MAX - *level) / 4.0;
        let (fail, win) = if right { (0.0, 1.0) } else { (1.0, 0.0) };
        self.failures = 0.8 * self.failures + 0.2 * fail;
        self.successes = 0.9 * self.successes + 0.1 * win;
        Attempt { right, left: luck.leaving < self.hazard() }
    }

    /// What the test would say of the skill, in [0, 1].
    #[must_use]
    pub fn known(&self, skill: usize) -> f64 {
        logistic(self.level[skill] + self.ability)
    }

    fn hazard(&self) -> f64 {
        let frustration = 4.0 * (self.failures - 0.45).max(0.0);
        let boredom = 6.0 * (self.successes - 0.93).max(0.0) / 0.07;
        (self.leaving * exp(frustration + boredom)).min(1.0)
    }
}
