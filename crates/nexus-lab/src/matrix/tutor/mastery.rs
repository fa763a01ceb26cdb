//! `mastery-95` and `spaced`: the first skill of the course whose chance of being known is below
//! 0.95, after any that are due for review.

use super::traced::{Traced, Tracing};
use super::{Answered, MatrixQuestion, Sight, Tutor};
use crate::matrix::graph::SKILLS_MAX;
use nexus_stats::math::exp;
use nexus_stats::random::Stream;

/// Chance of being known from which on a skill rests.
pub const EXIT: f64 = 0.95;
/// Chances of being known from which on questions are of middle difficulty, and hard.
const HARDER_FROM: [f64; 2] = [0.4, 0.75];

/// Mastery learning over Bayesian knowledge tracing.
#[derive(Clone, Debug)]
pub struct MasteryTutor {
    traced: Traced,
    review_below: f64,
    met: [f64; SKILLS_MAX],
    rights: [f64; SKILLS_MAX],
}

impl MasteryTutor {
    /// Nothing answered yet; what is mastered is reviewed below this recall, never at 0.
    #[must_use]
    pub fn new(tracing: Tracing, review_below: f64) -> Self {
        let (met, rights) = ([0.0; SKILLS_MAX], [0.0; SKILLS_MAX]);
        Self { traced: Traced::new(tracing), review_below, met, rights }
    }

    /// Recall: it halves, nearly, in as many days as there were right answers, and one.
    fn recall(&self, skill: usize, day: f64) -> f64 {
        exp(-(day - self.met[skill]) / (1.0 + self.rights[skill]))
    }

    fn next(&self, sight: &Sight) -> Option<usize> {
        let is_known = |skill: &usize| self.traced.known(*skill) >= EXIT;
        let recall = |skill: usize| self.recall(skill, sight.day);
        let due = (0..sight.graph.skills()).filter(is_known);
        let due = due.filter(|skill| recall(*skill) < self.review_below);
        let due = due.min_by(|a, b| recall(*a).total_cmp(&recall(*b)));
        due.or_else(|| (0..sight.graph.skills()).find(|skill| !is_known(skill)))
    }
}

/// The difficulty that fits a chance of being known.
#[must_use]
pub fn difficulty_for(known: f64) -> usize {
    HARDER_FROM.iter().filter(|from| known > **from).count()
}

impl Tutor for MasteryTutor {
    fn choose(&mut self, sight: &Sight, stream: &mut Stream) -> MatrixQuestion {
        let any = stream.below(sight.graph.skills() as u64) as usize;
        let skill = self.next(sight).unwrap_or(any);
        MatrixQuestion { skill, difficulty: difficulty_for(self.traced.known(skill)) }
    }

    fn observe(&mut self, answered: &Answered) {
        let skill = answered.activity.skill;
        self.traced.observe(skill, answered.right);
        self.met[skill] = answered.day;
        self.rights[skill] += f64::from(u8::from(answered.right));
    }
}
