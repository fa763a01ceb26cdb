//! Spaced review before anything new: what has faded most comes first, then the path goes on. The
//! baseline "spaced review and order" of simulations, the best of the simple ones where learners
//! forget (`docs/policies.md`).

use super::context::FEATURES;
use super::{Distribution, Policy, Scene};
use nexus_stats::random::Stream;

/// Probability that is spread evenly over the candidates.
pub const FLOOR: f64 = 0.10;
/// The column of the features that says how much was forgotten: 1 minus the least recall.
const RECALL_GAP: usize = 5;
/// A skill is due for review from this gap on: below a recall of 0.80 (`docs/science.md` 1.6).
pub const DUE_GAP: f64 = 0.20;

/// All mass on the candidate whose skill has faded most, or else on the first of the path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpacedPolicy;

impl Policy for SpacedPolicy {
    fn floor(&self) -> f64 {
        FLOOR
    }

    fn distribute(&self, scene: &Scene<'_>, _stream: &mut Stream, out: &mut Distribution) {
        let candidates = scene.candidates.len();
        if scene.features.len() != candidates * FEATURES {
            out.reset(0);
            return;
        }
        let (mut faded, mut most) = (None, DUE_GAP);
        for (position, row) in scene.features.chunks_exact(FEATURES).enumerate() {
            let earlier = |other: usize| {
                scene.candidates[position].path_rank < scene.candidates[other].path_rank
            };
            let gap = row[RECALL_GAP];
            if gap > most || (gap == most && faded.is_some_and(earlier)) {
                (faded, most) = (Some(position), gap);
            }
        }
        out.put_all_on(faded.or_else(|| scene.first_on_path(|_| true)), candidates);
    }
}
