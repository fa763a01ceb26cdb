//! Uniform over the candidates. Gated by the same rules as every policy it is hard to beat, and
//! what it logs can evaluate any other policy (`docs/science.md` 2.2).

use super::{Distribution, Policy, Scene};
use nexus_stats::random::Stream;

/// Every candidate with the same probability; so it needs no floor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RandomPolicy;

impl Policy for RandomPolicy {
    fn floor(&self) -> f64 {
        0.0
    }

    fn distribute(&self, scene: &Scene<'_>, _stream: &mut Stream, out: &mut Distribution) {
        let candidates = scene.candidates.len();
        out.reset(candidates);
        out.probabilities.fill(1.0 / candidates as f64);
    }
}
