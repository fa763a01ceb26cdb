//! The course's own path: what everybody gets without Nexus, and what every policy is compared
//! with. All mass lies on the candidate that comes first on the path; it explores nothing.

use super::{Distribution, Policy, Scene};
use nexus_stats::random::Stream;

/// Always the next activity on the static path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StaticPolicy;

impl Policy for StaticPolicy {
    fn floor(&self) -> f64 {
        0.0
    }

    fn distribute(&self, scene: &Scene<'_>, _stream: &mut Stream, out: &mut Distribution) {
        out.put_all_on(scene.first_on_path(|_| true), scene.candidates.len());
    }
}
