//! `network`: a small neural network that was trained elsewhere scores each candidate.
//!
//! The network looks at one row a candidate ([`row`]) and answers with one number, a logit. The
//! probabilities are their softmax, `p ~ exp(logit / temperature)`, and the floor is mixed in like
//! everybody's: so what is served is a draw with an exact propensity, as the export of a stochastic
//! policy means it. It learns nothing while it serves; a better network is a new version.
//!
//! Until a network is published the course's own path is preferred.

pub mod dense;
mod parts;
pub mod row;

use super::{Distribution, Policy, Scene};
use dense::DenseLayers;
use nexus_stats::math::exp;
use nexus_stats::random::Stream;
use row::network_rows;
use std::sync::Arc;

/// Probability that is spread evenly over the candidates, unless a version says otherwise.
pub const FLOOR: f64 = 0.10;
/// The least floor that a version may say: what is never tried can never be measured.
pub const FLOOR_MIN: f64 = 0.01;
/// The range in which a version may say its temperature; 1 unless it does.
pub const TEMPERATURES: std::ops::RangeInclusive<f64> = 0.01..=100.0;

/// The policy with its network.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkPolicy {
    published: Option<Arc<PublishedNetwork>>,
}

/// A network, and how its logits become probabilities.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedNetwork {
    pub layers: DenseLayers,
    /// What logits are divided by, in [`TEMPERATURES`].
    pub temperature: f64,
    /// The exploration floor, from [`FLOOR_MIN`] to 1.
    pub floor: f64,
    /// The version under which it was published; 0 before it is.
    pub version: u32,
}

impl PublishedNetwork {
    /// A network with its terms, before it is published; `None` when they are out of range.
    #[must_use]
    pub fn new(layers: DenseLayers, temperature: f64, floor: f64) -> Option<Self> {
        let fits = TEMPERATURES.contains(&temperature) && (FLOOR_MIN..=1.0).contains(&floor);
        fits.then_some(Self { layers, temperature, floor, version: 0 })
    }
}

impl NetworkPolicy {
    /// The policy before any network.
    pub const FRESH: Self = Self { published: None };

    #[must_use]
    pub fn with(network: PublishedNetwork) -> Self {
        Self { published: Some(Arc::new(network)) }
    }

    /// Its network, if there is one.
    #[must_use]
    pub fn published(&self) -> Option<&PublishedNetwork> {
        self.published.as_deref()
    }
}

impl Policy for NetworkPolicy {
    fn floor(&self) -> f64 {
        self.published().map_or(FLOOR, |network| network.floor)
    }

    /// Leaves no probability at all when a row or a logit is not sound, so that `draw::finish`
    /// refuses it and the static path is served.
    fn distribute(&self, scene: &Scene<'_>, _stream: &mut Stream, out: &mut Distribution) {
        let Some(network) = self.published() else {
            return out.put_all_on(scene.first_on_path(|_| true), scene.candidates.len());
        };
        out.reset(0);
        let Some(rows) = network_rows(scene.candidates, scene.features) else { return };
        let logits = network.layers.logits(&rows);
        softmax(&logits, network.temperature, &mut out.probabilities);
    }

    /// The version under which the network was published.
    fn version(&self) -> u64 {
        self.published().map_or(0, |network| network.version.into())
    }
}

/// Probabilities in proportion to `exp(logit / temperature)`; none at all when a logit is not finite.
fn softmax(logits: &[f32], temperature: f64, out: &mut Vec<f64>) {
    out.clear();
    if !logits.iter().all(|logit| logit.is_finite()) {
        return;
    }
    let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for logit in logits {
        // The greatest counts as 1, so no sum can overflow.
        let mass = exp((f64::from(*logit) - f64::from(greatest)) / temperature);
        sum += mass;
        out.push(mass);
    }
    out.iter_mut().for_each(|mass| *mass /= sum);
}

#[cfg(test)]
mod tests {
    use super::dense::{Activation, DenseLayer};
    use super::row::NETWORK_COLUMNS;
    use super::*;
    use crate::policy::SceneCandidate;
    use crate::policy::context::FEATURES;

    /// A network whose logit is so many times the second feature.
    fn scaled(weight: f32) -> DenseLayers {
        let mut weights = vec![0.0; NETWORK_COLUMNS];
        weights[1] = weight;
        let layer = DenseLayer::new(NETWORK_COLUMNS, weights, vec![0.0], Activation::Identity);
        DenseLayers::new(vec![layer.unwrap()]).unwrap()
    }

    fn distribution(policy: &NetworkPolicy, seconds: &[f64]) -> Vec<f64> {
        let mut features = vec![0.0; seconds.len() * FEATURES];
        for (row, second) in features.chunks_mut(FEATURES).zip(seconds) {
            row[1] = *second;
        }
        let candidates = vec![SceneCandidate::default(); seconds.len()];
        let mut out = Distribution::default();
        let scene = Scene { candidates: &candidates, features: &features };
        policy.distribute(&scene, &mut Stream::new(1), &mut out);
        out.probabilities
    }

    #[test]
    fn probabilities_are_the_softmax_of_the_logits() {
        let policy = |temperature| {
            let network = PublishedNetwork::new(scaled(2.0), temperature, 0.1).unwrap();
            NetworkPolicy::with(network)
        };
        let found = distribution(&policy(1.0), &[0.5, -0.5]);
        let expected = exp(2.0) / (1.0 + exp(2.0));
        assert!((found[0] - expected).abs() < 1e-12 && (found[1] - 1.0 + expected).abs() < 1e-12);
        let hot = distribution(&policy(100.0), &[0.5, -0.5]);
        let cold = distribution(&policy(0.01), &[0.5, -0.5]);
        assert!(hot[0] < 0.51 && cold[0] > 0.999_999, "{hot:?} {cold:?}");
    }

    #[test]
    fn without_a_network_the_path_is_preferred() {
        assert_eq!(distribution(&NetworkPolicy::FRESH, &[0.1, 0.9]), [1.0, 0.0]);
    }

    #[test]
    fn what_is_not_sound_gets_no_probability() {
        let network = PublishedNetwork::new(scaled(2.0), 1.0, 0.1).unwrap();
        let policy = NetworkPolicy::with(network);
        assert!(distribution(&policy, &[0.5, f64::NAN]).is_empty());
        let network = PublishedNetwork::new(scaled(f32::MAX), 1.0, 0.1).unwrap();
        assert!(distribution(&NetworkPolicy::with(network), &[8.0, 0.5]).is_empty(), "no logit");
    }

    #[test]
    fn terms_out_of_range_make_no_policy() {
        for (temperature, floor) in
            [(0.0, 0.1), (f64::NAN, 0.1), (101.0, 0.1), (1.0, 0.0), (1.0, 1.1), (1.0, f64::NAN)]
        {
            assert_eq!(PublishedNetwork::new(scaled(1.0), temperature, floor), None);
        }
    }
}
