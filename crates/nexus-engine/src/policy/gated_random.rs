//! `gated-random`: evenly over what is open and not mastered, by the thresholds of the literature's
//! simulations: each prerequisite known at 0.7, each skill left at 0.95 (`docs/policies.md`).
//!
//! It differs from [`random`](super::random) in whom it serves: that one spreads over every
//! candidate, whose rules let a skill begin earlier (0.6, or after some practice) and let what was
//! mastered return for review.

use super::{Distribution, Policy, Scene, SceneCandidate};
use nexus_stats::random::Stream;

/// Probability that is spread evenly over the candidates.
pub const FLOOR: f64 = 0.10;
/// Probability of mastery from which on a prerequisite opens the way.
pub const OPEN: f64 = 0.7;
/// Probability of mastery from which on a skill needs no more practice.
pub const EXIT: f64 = 0.95;

/// The gates without an opinion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GatedRandomPolicy;

impl Policy for GatedRandomPolicy {
    fn floor(&self) -> f64 {
        FLOOR
    }

    fn distribute(&self, scene: &Scene<'_>, _stream: &mut Stream, out: &mut Distribution) {
        out.reset(scene.candidates.len());
        let through = scene.candidates.iter().filter(|candidate| is_through(candidate)).count();
        // When nothing passes the gates, everything does: the rules offered it for a reason.
        let wanted = |candidate: &SceneCandidate| through == 0 || is_through(candidate);
        let share = 1.0 / if through == 0 { scene.candidates.len() } else { through } as f64;
        for (mass, candidate) in out.probabilities.iter_mut().zip(scene.candidates) {
            *mass = if wanted(candidate) { share } else { 0.0 };
        }
    }
}

fn is_through(candidate: &SceneCandidate) -> bool {
    candidate.required
        || candidate.ready_probability >= OPEN && candidate.mastered_probability < EXIT
}
