//! `gated-random`: evenly among the skills that are open (what they need is known with 0.7) and
//! not yet mastered (0.95).

use super::mastery::{EXIT, difficulty_for};
use super::traced::{Traced, Tracing};
use super::{Answered, MatrixQuestion, Sight, Tutor};
use nexus_stats::random::Stream;

/// Chance of being known from which on a skill opens those that need it.
const OPEN: f64 = 0.7;

/// The gates without an opinion.
#[derive(Clone, Debug)]
pub struct GatedRandom {
    traced: Traced,
}

impl GatedRandom {
    #[must_use]
    pub fn new(tracing: Tracing) -> Self {
        Self { traced: Traced::new(tracing) }
    }
}

impl Tutor for GatedRandom {
    fn choose(&mut self, sight: &Sight, stream: &mut Stream) -> MatrixQuestion {
        let skills = sight.graph.skills();
        let is_open = |skill: &usize| {
            let mut needs = sight.graph.requires[*skill].iter();
            needs.all(|needed| self.traced.known(*needed) >= OPEN)
        };
        let wanted = (0..skills).filter(|skill| self.traced.known(*skill) < EXIT).filter(is_open);
        let wanted: Vec<usize> = wanted.collect();
        let skill = match wanted.len() {
            0 => stream.below(skills as u64) as usize,
            count => wanted[stream.below(count as u64) as usize],
        };
        MatrixQuestion { skill, difficulty: difficulty_for(self.traced.known(skill)) }
    }

    fn observe(&mut self, answered: &Answered) {
        self.traced.observe(answered.activity.skill, answered.right);
    }
}
