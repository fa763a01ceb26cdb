//! What others completed lately: probability in proportion to popularity. A baseline that looks
//! at everybody but the learner (`docs/science.md` 2.2, "popularity").

use super::{Distribution, Policy, Scene, SceneCandidate};
use nexus_stats::random::Stream;

/// Mass in proportion to popularity; all on the first of the path while nothing is popular.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PopularPolicy;

/// Probability that is spread evenly, so that a new activity can become popular.
pub const FLOOR: f64 = 0.10;

impl Policy for PopularPolicy {
    fn floor(&self) -> f64 {
        FLOOR
    }

    fn distribute(&self, scene: &Scene<'_>, _stream: &mut Stream, out: &mut Distribution) {
        let most = scene.candidates.iter().map(popularity).fold(0.0, f64::max);
        if most <= 0.0 {
            out.put_all_on(scene.first_on_path(|_| true), scene.candidates.len());
            return;
        }
        out.reset(scene.candidates.len());
        // Divided by the greatest first, so that no sum can overflow.
        for (mass, candidate) in out.probabilities.iter_mut().zip(scene.candidates) {
            *mass = popularity(candidate) / most;
        }
        let sum: f64 = out.probabilities.iter().sum();
        out.probabilities.iter_mut().for_each(|mass| *mass /= sum);
    }
}

/// Counts are finite and not negative; anything else counts as nothing.
fn popularity(candidate: &SceneCandidate) -> f64 {
    let popularity = candidate.popularity;
    if popularity.is_finite() { popularity.max(0.0) } else { 0.0 }
}
