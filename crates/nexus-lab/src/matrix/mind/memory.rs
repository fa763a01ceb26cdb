//! F4: a stability for each skill and a power curve of forgetting, as in the open scheduler FSRS.
//!
//! * start: nothing met; memory `m = e^N(0, 0.4)`, decay `a ~ U(0.15, 0.6)`;
//! * recall D days after practice: `R = (1 + (0.9^(-1/a) - 1) D / S)^-a`, 0 when never met;
//! * answer: `0.05 + 0.93 R (1 - 0.08 d)`, and 0.1 when never met;
//! * practice, with `q = 0.3 + 0.7 product over needs of R`: first `S = m q (1 + 0.2 d)`; right
//!   `S (1 + 2.5 m q (e^(1.2 (1 - R)) - 1) (1 + 0.15 d) S^-0.15) + 0.02`; wrong `max(0.3, S / 2)`;
//! * score of a skill: its recall at the test.

use super::{Knobs, Luck};
use crate::matrix::MatrixQuestion;
use crate::matrix::graph::{SKILLS_MAX, SkillGraph};
use nexus_stats::math::{exp, exp_m1, pow};
use nexus_stats::random::Stream;

/// A mind of this family.
#[derive(Clone, Copy, Debug)]
pub struct MemoryMind {
    /// Days until recall has fallen to 0.9; 0 when never met.
    stability: [f64; SKILLS_MAX],
    met: [f64; SKILLS_MAX],
    memory: f64,
    decay: f64,
    /// `0.9^(-1 / decay) - 1`, which every recall needs.
    factor: f64,
    growth: f64,
    contrast: f64,
    unready: f64,
    hardness: f64,
}

impl MemoryMind {
    /// A learner at the first answer.
    #[must_use]
    pub fn new(knobs: &Knobs, stream: &mut Stream) -> Self {
        let memory = exp(0.4 * stream.normal()) * knobs[0];
        let decay = (0.15 + 0.45 * stream.uniform()) * knobs[1];
        let factor = pow(0.9, -1.0 / decay) - 1.0;
        Self {
            stability: [0.0; SKILLS_MAX],
            met: [0.0; SKILLS_MAX],
            memory,
            decay,
            factor,
            growth: 2.5 * knobs[2],
            contrast: 1.2 * knobs[3],
            unready: 0.3 * knobs[4],
            hardness: 0.08 * knobs[5],
        }
    }

    /// Chance of recalling a skill on a day.
    #[must_use]
    pub fn recall(&self, skill: usize, day: f64) -> f64 {
        let stability = self.stability[skill];
        if stability <= 0.0 {
            return 0.0;
        }
        let days = (day - self.met[skill]).max(0.0);
        pow(1.0 + self.factor * days / stability, -self.decay)
    }

    /// Chance of a right answer.
    #[must_use]
    pub fn success(&self, activity: MatrixQuestion, day: f64) -> f64 {
        if self.stability[activity.skill] <= 0.0 {
            return 0.1;
        }
        let recall = self.recall(activity.skill, day);
        0.05 + 0.93 * recall * (1.0 - self.hardness * activity.difficulty as f64)
    }

    /// One answer: whether it was right.
    pub fn attempt(
        &mut self,
        graph: &SkillGraph,
        activity: MatrixQuestion,
        day: f64,
        luck: Luck,
    ) -> bool {
        let right = luck.answer < self.success(activity, day);
        let MatrixQuestion { skill, difficulty } = activity;
        let hard = difficulty as f64;
        let met = graph.product_over_needs(skill, |needed| self.recall(needed, day));
        let ready = self.unready + (1.0 - self.unready) * met;
        let stability = self.stability[skill];
        let growth = self.memory * ready;
        self.stability[skill] = if stability <= 0.0 {
            growth * (1.0 + 0.2 * hard)
        } else if right {
            let faded = exp_m1(self.contrast * (1.0 - self.recall(skill, day)));
            let gain = self.growth * growth * faded * (1.0 + 0.15 * hard) * pow(stability, -0.15);
            stability * (1.0 + gain) + 0.02
        } else {
            (0.5 * stability).max(0.3)
        };
        self.met[skill] = day;
        right
    }
}
