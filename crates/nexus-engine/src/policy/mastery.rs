//! Mastery learning: stay on the path, skip what is known. The strongest simple baseline of
//! `docs/science.md` 2.2 ("mastery-95"; the threshold is that of Corbett and Anderson 1995).

use super::{Distribution, Policy, Scene, SceneCandidate};
use nexus_stats::random::Stream;

/// All mass on the first candidate of the path that the learner still needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MasteryPolicy;

/// Probability that is spread evenly over the candidates.
pub const FLOOR: f64 = 0.10;
/// Probability of mastery from which on a skill needs no more practice.
pub const MASTERED: f64 = 0.95;

impl Policy for MasteryPolicy {
    fn floor(&self) -> f64 {
        FLOOR
    }

    fn distribute(&self, scene: &Scene<'_>, _stream: &mut Stream, out: &mut Distribution) {
        // When nothing is needed any more, the path itself goes on.
        let needed = scene.first_on_path(is_needed);
        let first = needed.or_else(|| scene.first_on_path(|_| true));
        out.put_all_on(first, scene.candidates.len());
    }
}

fn is_needed(candidate: &SceneCandidate) -> bool {
    candidate.required || candidate.mastered_probability < MASTERED
}
