//! What is decided beside the policy that serves: by shadows over the same candidates, and by the
//! apprentice in whose place a baseline serves. None of it changes what is served.

use crate::ids::{ActivityId, PolicyId};
use crate::policy::draw::finish;
use crate::policy::registry::PolicyState;
use crate::policy::{Distribution, Scene};
use crate::seed::Seed;

/// How near to the greatest probability another must lie to be as great.
const TIE: f64 = 1e-9;

/// What a shadow decided beside the policy that served.
#[derive(Clone, Debug, PartialEq)]
pub struct ShadowChoice {
    pub policy: PolicyId,
    /// How many rewards it had learned from.
    pub version: u64,
    /// Its probability of what was served, its floor included; `None` when it gave no distribution.
    pub probability: Option<f64>,
}

/// What an apprentice would have chosen where its baseline decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imitation {
    pub policy: PolicyId,
    /// How many rewards it had learned from.
    pub version: u64,
    /// Candidates it had; below two it had no choice, and nothing is compared.
    pub choices: u32,
    /// Whether the baseline preferred one activity, and that is among these candidates.
    pub in_reach: bool,
    /// Its most probable activity; `None` when several were as probable, or it gave no distribution.
    pub preferred: Option<ActivityId>,
    /// Whether that was also the baseline's most probable one.
    pub agreed: bool,
}

impl ShadowChoice {
    /// What a shadow says of the candidate that was chosen. It has a stream of its own, so what is
    /// served does not depend on who decides beside it.
    pub(super) fn of(
        id: &PolicyId,
        policy: &PolicyState,
        scene: &Scene<'_>,
        chosen: usize,
        seed: Seed,
    ) -> Self {
        let mut distribution = Distribution::default();
        let mut stream = seed.stream(&format!("shadow/{id}"));
        policy.policy().distribute(scene, &mut stream, &mut distribution);
        let sound = finish(policy.policy().floor(), &mut distribution).is_ok();
        let probability = distribution.probabilities.get(chosen).copied();
        let probability = probability.filter(|_| sound);
        Self { policy: id.clone(), version: policy.policy().version(), probability }
    }
}

impl Imitation {
    /// What an apprentice would have chosen in a scene of its own; `activity` names a candidate.
    /// It has a stream of its own, so what is served does not depend on it.
    pub(super) fn of(
        id: &PolicyId,
        policy: &PolicyState,
        scene: &Scene<'_>,
        seed: Seed,
        activity: impl Fn(usize) -> ActivityId,
    ) -> Self {
        let mut distribution = Distribution::default();
        let mut stream = seed.stream(&format!("apprentice/{id}"));
        policy.policy().distribute(scene, &mut stream, &mut distribution);
        let sound = finish(policy.policy().floor(), &mut distribution).is_ok();
        let preferred = preferred(&distribution.probabilities).filter(|_| sound);
        Self {
            policy: id.clone(),
            version: policy.policy().version(),
            // invariant: a course has fewer activities than there are small integers; it saturates.
            choices: u32::try_from(scene.candidates.len()).unwrap_or(u32::MAX),
            in_reach: false,
            preferred: preferred.map(activity),
            agreed: false,
        }
    }
}

/// The position of the one greatest probability; `None` when there is none, or another is as great.
#[must_use]
pub fn preferred(probabilities: &[f64]) -> Option<usize> {
    let greatest = probabilities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let as_great = |(position, mass): (usize, &f64)| (*mass >= greatest - TIE).then_some(position);
    let mut all = probabilities.iter().enumerate().filter_map(as_great);
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preference_is_one_activity() {
        assert_eq!(preferred(&[0.2, 0.5, 0.3]), Some(1));
        assert_eq!(preferred(&[1.0]), Some(0));
        assert_eq!(preferred(&[0.4, 0.2, 0.4]), None);
        assert_eq!(preferred(&[0.4 - 1e-12, 0.2, 0.4]), None, "rounding prefers nothing");
        assert_eq!(preferred(&[]), None);
    }
}
