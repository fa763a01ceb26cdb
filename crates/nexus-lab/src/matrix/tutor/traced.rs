//! Bayesian knowledge tracing with generic constants (Corbett and Anderson 1995): what the
//! mastery baselines believe.

use crate::matrix::graph::SKILLS_MAX;
use crate::matrix::strategy::trace;

/// Constants of the tracing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tracing {
    /// Chance that a skill is known at the start.
    pub start: f64,
    /// Chance of learning it at each answer.
    pub learning: f64,
    /// Chance of a right answer when it is not known.
    pub guess: f64,
    /// Chance of a wrong answer when it is.
    pub slip: f64,
}

/// The matrix's generic constants, which are those by which strategies trace.
pub const GENERIC: Tracing = Tracing {
    start: trace::START,
    learning: trace::LEARNING,
    guess: trace::GUESS,
    slip: trace::SLIP,
};

pub const CHAIN_GENERIC: Tracing = Tracing { start: 0.1, learning: 0.1, guess: 0.25, slip: 0.1 };

/// Chance of each skill being known.
#[derive(Clone, Copy, Debug)]
pub struct Traced {
    tracing: Tracing,
    known: [f64; SKILLS_MAX],
}

impl Traced {
    #[must_use]
    pub fn new(tracing: Tracing) -> Self {
        Self { tracing, known: [tracing.start; SKILLS_MAX] }
    }

    /// Chance that a skill is known.
    #[must_use]
    pub fn known(&self, skill: usize) -> f64 {
        self.known[skill]
    }

    /// Takes in an answer.
    pub fn observe(&mut self, skill: usize, right: bool) {
        let Tracing { learning, guess, slip, .. } = self.tracing;
        let known = self.known[skill];
        let (if_known, if_not) = if right { (1.0 - slip, guess) } else { (slip, 1.0 - guess) };
        let sum = known * if_known + (1.0 - known) * if_not;
        let after = if sum > 0.0 { known * if_known / sum } else { known };
        self.known[skill] = after + (1.0 - after) * learning;
    }
}
