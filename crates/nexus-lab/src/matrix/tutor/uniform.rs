//! `random`: every question alike.

use super::{MatrixQuestion, Sight, Tutor};
use nexus_stats::random::Stream;

/// Draws evenly over skills and difficulties.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uniform;

impl Tutor for Uniform {
    fn choose(&mut self, sight: &Sight, stream: &mut Stream) -> MatrixQuestion {
        MatrixQuestion {
            skill: stream.below(sight.graph.skills() as u64) as usize,
            difficulty: stream.below(sight.graph.difficulties as u64) as usize,
        }
    }
}
