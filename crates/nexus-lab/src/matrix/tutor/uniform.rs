//! `random`: every question alike.

use super::{Activity, Sight, Tutor};
use nexus_stats::random::Stream;

/// Draws evenly over skills and difficulties.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uniform;

impl Tutor for Uniform {
    fn choose(&mut self, sight: &Sight, stream: &mut Stream) -> Activity {
        Activity {
            skill: stream.below(sight.graph.skills() as u64) as usize,
            difficulty: stream.below(sight.graph.difficulties as u64) as usize,
        }
    }
}
