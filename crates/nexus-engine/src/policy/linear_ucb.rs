//! LinUCB: the benefit of the doubt (Li, Chu, Langford and Schapire 2010).
//!
//! All mass lies on the candidate with the greatest `phi' theta + alpha sqrt(phi' A^-1 phi)`: what
//! is expected of it plus what it might be worth beyond that. It is deterministic, so without its
//! floor its log could evaluate nothing.

use super::lanes::{Block, LANES, variances};
use super::linear_model::LinearModel;
use super::{Distribution, Policy, Rewarded, Scene};
use nexus_stats::random::Stream;

/// Standard deviations that count as possible: alpha.
pub const ALPHA: f64 = 0.3;
/// Probability that is spread evenly over the candidates.
pub const FLOOR: f64 = 0.10;

/// LinUCB with its statistics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinearUcb {
    model: LinearModel,
}

impl LinearUcb {
    /// The policy that decides by this model.
    #[must_use]
    pub fn with(model: LinearModel) -> Self {
        Self { model }
    }

    /// Its belief about the weights.
    #[must_use]
    pub fn model(&self) -> &LinearModel {
        &self.model
    }
}

impl Policy for LinearUcb {
    fn floor(&self) -> f64 {
        FLOOR
    }

    fn distribute(&self, scene: &Scene<'_>, _stream: &mut Stream, out: &mut Distribution) {
        if !out.estimate(&self.model, scene) {
            return;
        }
        let mut block = Block::new();
        let (mut best, mut most) = (0, f64::NEG_INFINITY);
        let rows = scene.features.chunks(LANES * self.model.width());
        for (turn, (rows, estimates)) in rows.zip(out.estimates.chunks(LANES)).enumerate() {
            let variances = variances(block.fill(&self.model, rows));
            for (lane, (estimate, variance)) in estimates.iter().zip(variances).enumerate() {
                let bound = estimate + ALPHA * variance.sqrt();
                if bound > most {
                    (best, most) = (turn * LANES + lane, bound);
                }
            }
        }
        if let Some(mass) = out.probabilities.get_mut(best) {
            *mass = 1.0;
        }
    }

    fn learn(&mut self, rewarded: &Rewarded<'_>) {
        self.model.learn_reward(rewarded);
    }

    fn version(&self) -> u64 {
        self.model.version()
    }
}
