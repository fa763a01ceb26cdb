//! H1: a family that nothing was tuned on. Item response theory with the power law of practice
//! (Newell and Rosenbloom 1981), plateaus, massed practice that pays less (Cepeda et al. 2006),
//! and interference between skills that rest on the same one.
//!
//! Its formulas were written down before any policy had met it, and not changed since:
//!
//! * start: `base = -1.6 + N(0, 0.4)`, plus 0.6 for roots; ability `N(0, 0.5)`; rate
//!   `0.9 e^N(0, 0.35)`; credit 0;
//! * level: `base + rate ln(1 + credit)`; score of a skill: `sigma(level + ability)`;
//! * answer: `0.15 + 0.8 sigma(level + ability - b)`, b = (-1, 0, 1.1);
//! * practice: credit grows by 1 when right and 0.6 when wrong, times (0.7, 1, 1.3) by difficulty,
//!   times 0.75 for each answer on the same skill just before, four at most;
//! * plateau: while a skill that is needed scores below 0.5, credit stays at 3 at most;
//! * interference: siblings (skills that need a skill in common) lose 0.15 of their credit;
//! * leaving: `0.001 e^(5 (f - 0.5)+)` after each answer, f the running share of failures (memory
//!   0.85, from 0.3).

use super::{Attempt, Knobs, Luck};
use crate::matrix::MatrixQuestion;
use crate::matrix::graph::{SKILLS_MAX, SkillGraph};
use nexus_stats::math::{exp, ln_1p, logistic};
use nexus_stats::random::Stream;

const HARDNESS: [f64; 3] = [-1.0, 0.0, 1.1];
const CREDIT: [f64; 3] = [0.7, 1.0, 1.3];
const MASSED_MAX: u32 = 4;

/// A mind of this family.
#[derive(Clone, Copy, Debug)]
pub struct Plateau {
    base: [f64; SKILLS_MAX],
    credit: [f64; SKILLS_MAX],
    ability: f64,
    rate: f64,
    failures: f64,
    last: usize,
    in_a_row: u32,
    wrong_credit: f64,
    massed: f64,
    plateau: f64,
    interference: f64,
    leaving: f64,
}

impl Plateau {
    /// A learner at the first answer.
    #[must_use]
    pub fn new(knobs: &Knobs, graph: &SkillGraph, stream: &mut Stream) -> Self {
        let ability = 0.5 * stream.normal();
        let rate = 0.9 * knobs[0] * exp(0.35 * stream.normal());
        let mut base = [0.0; SKILLS_MAX];
        for (skill, needs) in graph.requires.iter().enumerate() {
            let root = if needs.is_empty() { 0.6 } else { 0.0 };
            base[skill] = -1.6 * knobs[1] + 0.4 * stream.normal() + root;
        }
        Self {
            base,
            credit: [0.0; SKILLS_MAX],
            ability,
            rate,
            failures: 0.3,
            last: SKILLS_MAX,
            in_a_row: 0,
            wrong_credit: 0.6 * knobs[2],
            massed: (0.75 * knobs[3]).min(1.0),
            plateau: 3.0 * knobs[4],
            interference: 0.15 * knobs[5],
            leaving: 0.001 * knobs[6],
        }
    }

    fn level(&self, skill: usize) -> f64 {
        self.base[skill] + self.rate * ln_1p(self.credit[skill]) + self.ability
    }

    /// Chance of a right answer.
    #[must_use]
    pub fn success(&self, activity: MatrixQuestion) -> f64 {
        0.15 + 0.8 * logistic(self.level(activity.skill) - HARDNESS[activity.difficulty])
    }

    /// One answer: whether it was right, and whether it was the last.
    pub fn attempt(&mut self, graph: &SkillGraph, activity: MatrixQuestion, luck: Luck) -> Attempt {
        let right = luck.answer < self.success(activity);
        let MatrixQuestion { skill, difficulty } = activity;
        self.in_a_row = if self.last == skill { (self.in_a_row + 1).min(MASSED_MAX) } else { 0 };
        self.last = skill;
        let paid = if right { 1.0 } else { self.wrong_credit };
        let massed = (0..self.in_a_row).fold(1.0, |product, _| product * self.massed);
        let after = self.credit[skill] + paid * CREDIT[difficulty] * massed;
        let opened = graph.requires[skill].iter().all(|needed| self.known(*needed) >= 0.5);
        let most = if opened { f64::INFINITY } else { self.plateau.max(self.credit[skill]) };
        self.credit[skill] = after.min(most);
        for (other, needs) in graph.requires.iter().enumerate() {
            let is_sibling = needs.iter().any(|needed| graph.requires[skill].contains(needed));
            if other != skill && is_sibling {
                self.credit[other] = (self.credit[other] - self.interference).max(0.0);
            }
        }
        let failed = if right { 0.0 } else { 1.0 };
        self.failures = 0.85 * self.failures + 0.15 * failed;
        let hazard = self.leaving * exp(5.0 * (self.failures - 0.5).max(0.0));
        Attempt { right, left: luck.leaving < hazard }
    }

    /// What the test would say of the skill, in [0, 1].
    #[must_use]
    pub fn known(&self, skill: usize) -> f64 {
        logistic(self.level(skill))
    }
}
