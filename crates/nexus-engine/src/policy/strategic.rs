//! Inside a strategy: Thompson sampling over what rewards say plus what the strategy prefers.
//!
//! A candidate's score under one posterior draw is `phi' theta + preference`. The preference is the
//! strategy's own (`decision::preference`), in reward. It is not learned away by the rewards of
//! single activities: those are short-sighted, and whether a strategy's preferences pay in the end
//! is judged one level higher, by probes. Rewards decide between what the strategy finds about
//! equally good. Without a strategy this is linear Thompson sampling.

use super::linear_model::LinearModel;
use super::linear_thompson::FLOOR;
use super::{Distribution, Policy, Rewarded, Scene, votes};
use nexus_stats::random::Stream;

/// The word that names this policy.
pub const WORD: &str = "strategic";
/// Standard deviation of a reward around its expectation, in posterior draws.
pub const NOISE: f64 = 0.10;

/// The policy with its statistics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strategic {
    model: LinearModel,
}

impl Strategic {
    /// The policy that decides by this model.
    #[must_use]
    pub fn with(model: LinearModel) -> Self {
        Self { model }
    }

    /// Its belief about what rewards depend on.
    #[must_use]
    pub fn model(&self) -> &LinearModel {
        &self.model
    }
}

impl Policy for Strategic {
    fn floor(&self) -> f64 {
        FLOOR
    }

    /// Leaves no probability at all when the features are not one sound row a candidate. The
    /// estimates it leaves are those of the rewards alone; preferences are journaled beside them.
    fn distribute(&self, scene: &Scene<'_>, stream: &mut Stream, out: &mut Distribution) {
        if !out.estimate(&self.model, scene) {
            return;
        }
        let preferred = out.estimates.iter_mut().zip(scene.candidates);
        preferred.for_each(|(estimate, candidate)| *estimate += candidate.preference);
        votes::count(&self.model, scene.features, NOISE, stream, out);
        let rows = scene.features.chunks_exact(self.model.width());
        for (estimate, row) in out.estimates.iter_mut().zip(rows) {
            *estimate = self.model.score(row);
        }
    }

    fn learn(&mut self, rewarded: &Rewarded<'_>) {
        self.model.learn_reward(rewarded);
    }

    fn version(&self) -> u64 {
        self.model.version()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::SceneCandidate;
    use crate::policy::context::FEATURES;
    use crate::policy::long_horizon::Prospect;

    fn distribution(policy: &Strategic, preferences: [f64; 3]) -> Distribution {
        let candidate = |preference| SceneCandidate { preference, ..SceneCandidate::default() };
        let candidates = preferences.map(candidate);
        let mut features = [[0.0; FEATURES]; 3];
        for (place, row) in features.iter_mut().enumerate() {
            (row[0], row[1 + place]) = (1.0, 1.0);
        }
        let features = features.as_flattened();
        let scene = Scene { candidates: &candidates, features, prospect: Prospect::default() };
        let mut out = Distribution::default();
        policy.distribute(&scene, &mut Stream::new(1), &mut out);
        out
    }

    #[test]
    fn a_clear_preference_decides_and_is_no_estimate() {
        let fresh = distribution(&Strategic::default(), [-1.0, 0.0, -1.0]);
        assert_eq!(fresh.probabilities, [0.0, 1.0, 0.0]);
        assert_eq!(fresh.estimates, [0.0; 3]);
        let open = distribution(&Strategic::default(), [0.0; 3]);
        assert!(open.probabilities.iter().all(|mass| *mass > 0.15), "{open:?}");
    }

    #[test]
    fn rewards_decide_between_what_is_liked_equally_and_never_unlearn_what_is_not() {
        let mut policy = Strategic::default();
        for round in 0..300 {
            let mut features = [0.0; FEATURES];
            (features[0], features[1 + round % 3]) = (1.0, 1.0);
            let value = if round % 3 == 2 { 0.3 } else { 0.0 };
            policy.learn(&Rewarded { features: &features, value, propensity: 0.3 });
        }
        assert!(distribution(&policy, [0.0; 3]).probabilities[2] > 0.95);
        // 0.3 of reward are less than what the strategy holds against it.
        let against = distribution(&policy, [0.0, -0.5, -0.8]);
        assert!(against.probabilities[0] > 0.95, "{against:?}");
        assert!((against.estimates[2] - 0.3).abs() < 0.05, "{against:?}");
    }
}
