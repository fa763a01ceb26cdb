//! F2: a competence that grows only a little above what is known, after the Q-student of Clement,
//! Roy, Oudeyer and Lopes (2015).
//!
//! * start: `c_k = max(0, N(0.3, 0.07))` for roots, `N(0.15, 0.07)` else; levels of the three
//!   difficulties l = (.35, .6, .85); slope `U(8, 20)`; step `N(0.6, 0.15)` within [.3, .9];
//! * answer: `sigma(slope (c - l + 0.07))`, and 0.02 when `l - c > 0.6`;
//! * learning, right or wrong, only when `0 < l - c <= 0.4`: with chance `sigma(10 (c - l + 0.12))`
//!   `c += step (min(l, least c of what it needs + 0.25) - c)`, never down;
//! * score of a skill: `min(1, c / 0.85)`.

use super::{Knobs, Luck};
use crate::matrix::MatrixQuestion;
use crate::matrix::graph::{SKILLS_MAX, SkillGraph};
use nexus_stats::math::logistic;
use nexus_stats::random::Stream;

const LEVELS: [f64; 3] = [0.35, 0.6, 0.85];

/// A mind of this family.
#[derive(Clone, Copy, Debug)]
pub struct Zone {
    competence: [f64; SKILLS_MAX],
    slope: f64,
    step: f64,
    ease: f64,
    window: f64,
    reach: f64,
}

impl Zone {
    /// A learner at the first answer.
    #[must_use]
    pub fn new(knobs: &Knobs, graph: &SkillGraph, stream: &mut Stream) -> Self {
        let slope = (8.0 + 12.0 * stream.uniform()) * knobs[0];
        let step = (0.6 + 0.15 * stream.normal()).clamp(0.3, 0.9) * knobs[1];
        let mut competence = [0.0; SKILLS_MAX];
        for (skill, needs) in graph.requires.iter().enumerate() {
            let mean = if needs.is_empty() { 0.3 } else { 0.15 };
            competence[skill] = (mean * knobs[5] + 0.07 * stream.normal()).max(0.0);
        }
        let (ease, window, reach) = (0.12 * knobs[2], 0.4 * knobs[3], 0.25 * knobs[4]);
        Self { competence, slope, step: step.min(1.0), ease, window, reach }
    }

    /// Chance of a right answer.
    #[must_use]
    pub fn success(&self, activity: MatrixQuestion) -> f64 {
        let gap = self.gap(activity);
        if gap > 0.6 { 0.02 } else { logistic(self.slope * (0.07 - gap)) }
    }

    /// Chance of a step from one answer.
    #[must_use]
    pub fn learning(&self, activity: MatrixQuestion) -> f64 {
        let gap = self.gap(activity);
        if gap > 0.0 && gap <= self.window { logistic(10.0 * (self.ease - gap)) } else { 0.0 }
    }

    /// One answer: whether it was right.
    pub fn attempt(&mut self, graph: &SkillGraph, activity: MatrixQuestion, luck: Luck) -> bool {
        let right = luck.answer < self.success(activity);
        if luck.learning < self.learning(activity) {
            let needs = graph.requires[activity.skill].iter();
            let least = needs.map(|needed| self.competence[*needed]).fold(f64::INFINITY, f64::min);
            let reach = LEVELS[activity.difficulty].min(least + self.reach);
            let competence = &mut self.competence[activity.skill];
            *competence += self.step * (reach - *competence).max(0.0);
        }
        right
    }

    /// Share of full competence, in [0, 1].
    #[must_use]
    pub fn known(&self, skill: usize) -> f64 {
        (self.competence[skill] / LEVELS[2]).min(1.0)
    }

    fn gap(&self, activity: MatrixQuestion) -> f64 {
        LEVELS[activity.difficulty] - self.competence[activity.skill]
    }
}
