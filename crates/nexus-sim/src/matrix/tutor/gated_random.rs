//! `gated-random`: evenly among the skills that are open (what they need is known with 0.7) and
//! not yet mastered (0.95).

use super::mastery::difficulty_for;
use super::traced::{Traced, Tracing};
use super::{Activity, Answered, Sight, Tutor};
use nexus_stats::random::Stream;

/// The gates without an opinion.
#[derive(Clone, Debug)]
pub struct GatedRandom {
    traced: Traced,
    pub rule: u8,
}

const OPEN: f64 = 0.7;
const EXIT: f64 = 0.95;

impl GatedRandom {
    /// Nothing answered yet.
    #[must_use]
    pub fn new(tracing: Tracing) -> Self {
        Self { traced: Traced::new(tracing), rule: 0 }
    }
}

impl Tutor for GatedRandom {
    fn choose(&mut self, sight: &Sight, stream: &mut Stream) -> Activity {
        let skills = sight.graph.skills();
        let open = |skill: &usize| {
            let mut needs = sight.graph.requires[*skill].iter();
            needs.all(|needed| self.traced.known(*needed) >= OPEN)
        };
        let wanted: Vec<usize> = (0..skills)
            .filter(|skill| open(skill) && self.traced.known(*skill) < EXIT)
            .collect();
        let skill = match wanted.len() {
            0 => stream.below(skills as u64) as usize,
            count => wanted[stream.below(count as u64) as usize],
        };
        Activity { skill, difficulty: difficulty_for(self.rule, self.traced.known(skill), sight, stream) }
    }

    fn observe(&mut self, answered: &Answered) {
        self.traced.observe(answered.activity.skill, answered.right);
    }
}
