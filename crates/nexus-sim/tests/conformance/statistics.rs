//! Whether draws follow the probabilities that were logged with them.

use nexus_engine::decision::Decision;
use nexus_sim::storm::Asking;
use nexus_stats::math::chi_square_tail;

/// Classes of equal probability that a uniform number falls into.
const CLASSES: usize = 20;

/// A policy under a kind of constraint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    policy: &'static str,
    filter: bool,
    barred: bool,
    relaxation: &'static str,
}

impl Cell {
    pub fn of(policy: &'static str, asking: &Asking, decision: &Decision) -> Self {
        Self {
            policy,
            filter: !asking.filter.is_free(),
            barred: !decision.rules.constraints.is_empty(),
            relaxation: decision.rules.relaxation.word(),
        }
    }
}

/// The randomised probability integral transform of draws from many different distributions: when
/// each draw follows its own logged probabilities, these numbers are uniform, whatever the
/// probabilities were.
#[derive(Clone, Debug, Default)]
pub struct Uniformity {
    counts: [u64; CLASSES],
}

impl Uniformity {
    /// `uniform` in [0, 1) comes from a stream that no decision has seen.
    pub fn see(&mut self, decision: &Decision, uniform: f64) {
        let before = decision.choice.candidates[..decision.choice.chosen].iter();
        let before: f64 = before.map(|it| it.probability).sum();
        let place = before + uniform * decision.chosen().probability;
        let class = (place * CLASSES as f64) as usize;
        self.counts[class.min(CLASSES - 1)] += 1;
    }

    pub fn join(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
    }

    /// Chance of counts at least so uneven; 1 for too few draws to tell.
    pub fn tail(&self) -> f64 {
        let draws: u64 = self.counts.iter().sum();
        let expected = draws as f64 / CLASSES as f64;
        if expected < 5.0 {
            return 1.0;
        }
        let miss = |count: &u64| (*count as f64 - expected).powi(2) / expected;
        chi_square_tail(self.counts.iter().map(miss).sum(), CLASSES as f64 - 1.0)
    }
}
