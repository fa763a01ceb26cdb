//! Tabular double Q-learning over logged episodes (van Hasselt 2010), several passes, backwards
//! through each episode so that the gain at the end travels fast.

use super::{DISCOUNT, Episode, Transition, decisions};
use crate::matrix::planner::STEPS;
use crate::matrix::planner::double_q::{DoubleQ, STATES, state};
use nexus_stats::random::Stream;

/// Passes over all episodes.
const PASSES: usize = 20;
/// The least learning rate; before it, 1 over the number of updates of the cell.
const RATE_MIN: f64 = 0.01;

struct Tables {
    values: [Vec<f64>; 2],
    updates: [Vec<u32>; 2],
}

/// A table from episodes; `None` when there are none.
#[must_use]
pub fn train(episodes: &[Episode], seed: u64) -> Option<DoubleQ> {
    let cells = STATES * STEPS;
    let mut tables = Tables {
        values: [vec![0.0; cells], vec![0.0; cells]],
        updates: [vec![0; cells], vec![0; cells]],
    };
    let mut stream = Stream::keyed(seed, "double-q");
    for _ in 0..PASSES {
        for transition in episodes.iter().flat_map(|episode| episode.transitions().rev()) {
            tables.update(&transition, stream.below(2) as usize);
        }
    }
    let mut visits = vec![0; cells];
    for transition in episodes.iter().flat_map(Episode::transitions) {
        visits[cell(&transition)] += 1;
    }
    let [first, second] = &tables.values;
    let mean = first.iter().zip(second).map(|(first, second)| 0.5 * (first + second)).collect();
    DoubleQ::trained(mean, visits, decisions(episodes))
}

fn cell(transition: &Transition<'_>) -> usize {
    state(&transition.now.prospect) * STEPS + transition.now.chosen
}

impl Tables {
    /// One step of the table that the coin names, judged by the other one.
    fn update(&mut self, transition: &Transition<'_>, own: usize) {
        let ahead = transition.next.map_or(0.0, |next| {
            let row = state(&next.prospect) * STEPS;
            let mut best: Option<usize> = None;
            for step in (0..STEPS).filter(|step| next.present & 1 << step != 0) {
                let better = |best: usize| self.values[own][row + step] > self.values[own][best];
                if best.is_none_or(better) {
                    best = Some(row + step);
                }
            }
            best.map_or(0.0, |best| self.values[1 - own][best])
        });
        let cell = cell(transition);
        self.updates[own][cell] += 1;
        let rate = (1.0 / f64::from(self.updates[own][cell])).max(RATE_MIN);
        let value = &mut self.values[own][cell];
        *value += rate * (transition.reward + DISCOUNT * ahead - *value);
    }
}
