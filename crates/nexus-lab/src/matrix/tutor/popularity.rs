//! `popularity`: a catalogue in which the n-th entry is chosen in proportion to 1 / n (Zipf).

use super::{MatrixQuestion, Sight, Tutor};
use nexus_stats::random::Stream;

/// Chooses what everybody chooses.
#[derive(Clone, Copy, Debug, Default)]
pub struct PopularityTutor;

impl Tutor for PopularityTutor {
    fn choose(&mut self, sight: &Sight, stream: &mut Stream) -> MatrixQuestion {
        let entries = sight.graph.skills() * sight.graph.difficulties;
        let sum: f64 = (1..=entries).map(|rank| 1.0 / rank as f64).sum();
        let mut left = stream.uniform() * sum;
        let chosen = (1..entries).find(|rank| {
            left -= 1.0 / *rank as f64;
            left < 0.0
        });
        let entry = chosen.map_or(entries - 1, |rank| rank - 1);
        MatrixQuestion {
            skill: entry / sight.graph.difficulties,
            difficulty: entry % sight.graph.difficulties,
        }
    }
}
