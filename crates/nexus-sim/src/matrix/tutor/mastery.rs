//! `mastery-95` and `spaced`: the first skill of the course whose chance of being known is below
//! 0.95, after any that are due for review.

use super::traced::{Traced, Tracing};
use super::{Activity, Answered, Sight, Tutor};
use crate::matrix::graph::SKILLS_MAX;
use nexus_stats::math::exp;
use nexus_stats::random::Stream;

/// Mastery learning over Bayesian knowledge tracing.
#[derive(Clone, Debug)]
pub struct Mastery {
    traced: Traced,
    exit: f64,
    pub rule: u8,
    pub after: u8,
    /// Recall below which a mastered skill is reviewed; 0 for never.
    review_below: f64,
    met: [f64; SKILLS_MAX],
    rights: [f64; SKILLS_MAX],
    pub life: f64,
}

impl Mastery {
    /// With this exit, and this recall below which what was mastered is reviewed.
    #[must_use]
    pub fn new(tracing: Tracing, exit: f64, review_below: f64) -> Self {
        let traced = Traced::new(tracing);
        let (met, rights) = ([0.0; SKILLS_MAX], [0.0; SKILLS_MAX]);
        Self { traced, exit, review_below, met, rights, rule: 0, after: 0, life: 1.0 }
    }

    fn recall(&self, skill: usize, day: f64) -> f64 {
        exp(-(day - self.met[skill]) / (self.life * (1.0 + self.rights[skill])))
    }
}

/// The difficulty for a chance of being known.
pub fn difficulty_for(rule: u8, known: f64, sight: &Sight, stream: &mut Stream) -> usize {
    let d = match rule {
        0 => (known * 3.0) as usize,
        1 => 1,
        2 => stream.below(3) as usize,
        3 => usize::from(known > 0.4) + usize::from(known > 0.75),
        4 => usize::from(known > 0.5) + usize::from(known > 0.8),
        5 => usize::from(known > 0.3) + usize::from(known > 0.7),
        6 => 0,
        7 => usize::from(known > 0.5),
        8 => usize::from(known > 0.6) + usize::from(known > 0.85),
        10 => usize::from(known > 0.4) + usize::from(known > 0.7),
        11 => usize::from(known > 0.35) + usize::from(known > 0.7),
        12 => usize::from(known > 0.35) + usize::from(known > 0.75),
        13 => usize::from(known > 0.4) + usize::from(known > 0.8),
        _ => 2,
    };
    d.min(sight.graph.difficulties - 1)
}

impl Tutor for Mastery {
    fn choose(&mut self, sight: &Sight, stream: &mut Stream) -> Activity {
        let skills = sight.graph.skills();
        let mastered = |skill: usize| self.traced.known(skill) >= self.exit;
        let due = (0..skills).filter(|s| mastered(*s) && self.recall(*s, sight.day) < self.review_below);
        let due = due.min_by(|a, b| self.recall(*a, sight.day).total_cmp(&self.recall(*b, sight.day)));
        let next = due.or_else(|| (0..skills).find(|skill| !mastered(*skill)));
        let skill = next.unwrap_or_else(|| match self.after {
            0 => stream.below(skills as u64) as usize,
            1 => (0..skills).min_by(|a,b| self.traced.known(*a).total_cmp(&self.traced.known(*b))).unwrap_or(0),
            2 => sight.step % skills,
            _ => skills - 1,
        });
        Activity { skill, difficulty: difficulty_for(self.rule, self.traced.known(skill), sight, stream) }
    }

    fn observe(&mut self, answered: &Answered) {
        let skill = answered.activity.skill;
        self.traced.observe(skill, answered.right);
        self.met[skill] = answered.day;
        self.rights[skill] += f64::from(u8::from(answered.right));
    }
}
