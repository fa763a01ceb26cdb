//! `double-q`: tabular double Q-learning (van Hasselt 2010) over the twelve steps, trained before
//! it serves and never while it does.
//!
//! ```text
//! Q1(s, a) += alpha [r + g Q2(s', argmax over a' in E(s') of Q1(s', a')) - Q1(s, a)]
//! ```
//!
//! and the same with the tables exchanged, by the toss of a coin. What serves is their mean. A
//! step that was never seen in a state has no value there; a policy that was never trained values
//! nothing, and so spreads evenly over the steps that are present.

use super::{Planner, Prospect, STEPS, StepScene, spread};
use nexus_engine::policy::Distribution;

/// The greatest value that is believed: values are sums of gains, which lie in [-1, 1].
pub const VALUE_MAX: f64 = 1e3;
/// Bins of the mastery of the skill practised last: their lower ends but for the first.
const MASTERY_FROM: [f64; 4] = [0.15, 0.4, 0.7, 0.9];
/// Bins of the answers on it.
const ATTEMPTS_FROM: [f64; 2] = [3.0, 9.0];
/// Bins of what lies ahead.
const AHEAD_FROM: [f64; 3] = [0.25, 0.5, 0.75];
/// How many states there are: mastery, attempts, anything ready, anything due, ahead.
pub const STATES: usize = 5 * 3 * 2 * 2 * 4;

/// The number of the state of a prospect, below [`STATES`].
#[must_use]
pub fn state(prospect: &Prospect) -> usize {
    let bin = |value: f64, from: &[f64]| from.iter().filter(|from| value >= **from).count();
    let mastery = bin(prospect.focus_mastery, &MASTERY_FROM);
    let attempts = bin(prospect.focus_attempts, &ATTEMPTS_FROM);
    let ready = usize::from(prospect.ready > 0.0);
    let due = usize::from(prospect.due > 0.0);
    let ahead = bin(prospect.ahead, &AHEAD_FROM);
    (((mastery * 3 + attempts) * 2 + ready) * 2 + due) * 4 + ahead
}

/// A table of values with how often each was seen in training.
#[derive(Clone, Debug, PartialEq)]
pub struct DoubleQ {
    values: Vec<f64>,
    visits: Vec<u32>,
    decisions: u64,
}

impl Default for DoubleQ {
    fn default() -> Self {
        let cells = STATES * STEPS;
        Self { values: vec![0.0; cells], visits: vec![0; cells], decisions: 0 }
    }
}

impl DoubleQ {
    /// A trained table: a row of [`STEPS`] a state, with how often each cell was seen, trained on
    /// so many decisions. `None` unless both have [`STATES`] rows, all values lie within
    /// [`VALUE_MAX`] and something was trained.
    #[must_use]
    pub fn trained(values: Vec<f64>, visits: Vec<u32>, decisions: u64) -> Option<Self> {
        let cells = STATES * STEPS;
        let sound = values.len() == cells && visits.len() == cells && decisions > 0;
        let finite = values.iter().all(|value| value.abs() <= VALUE_MAX);
        (sound && finite).then_some(Self { values, visits, decisions })
    }

    /// The values, a row of [`STEPS`] a state.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// How often each was seen in training.
    #[must_use]
    pub fn visits(&self) -> &[u32] {
        &self.visits
    }
}

impl Planner for DoubleQ {
    fn distribute(&self, scene: &StepScene<'_>, out: &mut Distribution) {
        let row = state(&scene.prospect) * STEPS;
        let value = |step: usize| {
            let cell = row + step;
            (self.visits[cell] > 0).then(|| self.values[cell])
        };
        spread(scene.steps, &std::array::from_fn(value), out);
    }

    fn decisions(&self) -> u64 {
        self.decisions
    }
}
