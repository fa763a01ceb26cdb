//! The health check of a policy: what must hold before its statistics may decide anything.
//!
//! Statistics that fail it are never swapped in. Finite and positive definite they
//! are by construction ([`super::linear_model::LinearModel::from_parts`] takes nothing else);
//! here it is asked whether they fit what decisions look at, whether their weights are of a size
//! that rewards in [-1, 1] can bring about, and whether they turn scenes that could come up into
//! distributions.

use super::context::FEATURES;
use super::draw::{InvalidDistribution, finish};
use super::gain::GainRow;
use super::linear_model::LinearModel;
use super::registry::PolicyState;
use super::{Distribution, Scene, SceneCandidate};
use nexus_stats::random::Stream;
use thiserror::Error;

/// The longest vector of weights that is believed. Least squares cannot come above 32 (see
/// `linear_model`).
pub const WEIGHTS_LENGTH_MAX: f64 = 100.0;
/// The greatest precision that is believed: what ten million rewards of features of size 8 bring
/// about. Beyond it no reward would move anything any more.
pub const PRECISION_MAX: f64 = 1e9;
/// Candidates of the scenes that are tried: one, a few, many.
const SCENES: [usize; 3] = [1, 7, 50];

/// Why statistics may not decide.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum Sickness {
    /// The model looks at another number of features than decisions have.
    #[error("the model looks at {width} features, and its decisions have {expected}")]
    Width {
        /// How many it looks at.
        width: usize,
        expected: usize,
    },
    /// The weights are longer than [`WEIGHTS_LENGTH_MAX`], or not finite.
    #[error(
        "the weights have length {length}, beyond the {WEIGHTS_LENGTH_MAX} that rewards can bring about"
    )]
    Length {
        /// How long they are.
        length: f64,
    },
    /// The statistics claim more evidence than there can be.
    #[error(
        "the precision has an entry of {greatest}, beyond the {PRECISION_MAX} that rewards can bring about"
    )]
    Precision { greatest: f64 },
    /// What it makes of a scene is no distribution.
    #[error("of {candidates} candidates it makes no distribution: {problem}")]
    Distribution {
        /// How many candidates the scene had.
        candidates: usize,
        problem: InvalidDistribution,
    },
}

/// Checks a policy with its statistics.
///
/// Errors: the first thing that is wrong with it.
pub fn check(policy: &PolicyState) -> Result<(), Sickness> {
    if let Some(model) = policy.model() {
        let fresh = PolicyState::folded(policy.word());
        let expected =
            fresh.as_ref().and_then(PolicyState::model).map_or(FEATURES, LinearModel::width);
        if model.width() != expected {
            return Err(Sickness::Width { width: model.width(), expected });
        }
        let length = model.weights().iter().map(|weight| weight * weight).sum::<f64>().sqrt();
        if !(0.0..=WEIGHTS_LENGTH_MAX).contains(&length) {
            return Err(Sickness::Length { length });
        }
        let entries = model.precision().iter().map(|entry| entry.abs());
        let greatest = entries.fold(0.0, f64::max);
        if greatest > PRECISION_MAX {
            return Err(Sickness::Precision { greatest });
        }
    }
    // What left the product decides nothing.
    if let PolicyState::Retired(_) = policy {
        return Ok(());
    }
    SCENES.into_iter().try_for_each(|candidates| try_scene(policy, candidates))
}

/// A scene of the same numbers every time, from one end of each range to the other.
fn try_scene(policy: &PolicyState, candidates: usize) -> Result<(), Sickness> {
    let mut stream = Stream::keyed(candidates as u64, "health");
    let mut gains = Stream::keyed(candidates as u64, "health of gains");
    let mut row = |position: usize| SceneCandidate {
        gain: GainRow {
            columns: std::array::from_fn(|_| 2.0 * gains.uniform() - 1.0),
            minutes: 1.0 + position as f64,
            skills: 1.0 + (position % 3) as f64,
        },
        path_rank: position,
        popularity: position as f64,
        mastered_probability: position as f64 / candidates as f64,
        required: position.is_multiple_of(2),
        skill: position % 5,
        tried: position.is_multiple_of(3),
        ..SceneCandidate::default()
    };
    let rows: Vec<SceneCandidate> = (0..candidates).map(&mut row).collect();
    let mut features: Vec<f64> = Vec::with_capacity(candidates * FEATURES);
    features.extend((0..candidates * FEATURES).map(|_| 2.0 * stream.uniform() - 1.0));
    features.iter_mut().step_by(FEATURES).for_each(|constant| *constant = 1.0);
    let scene = Scene { candidates: &rows, features: &features };
    let mut distribution = Distribution::default();
    policy.policy().distribute(&scene, &mut stream, &mut distribution);
    let finished = finish(policy.policy().floor(), &mut distribution);
    finished.map_err(|problem| Sickness::Distribution { candidates, problem })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::parts::PolicyParts;

    #[test]
    fn every_fresh_policy_is_well() {
        for word in PolicyState::WORDS {
            assert_eq!(check(&PolicyState::fresh(word).unwrap()), Ok(()), "{word}");
        }
    }

    #[test]
    fn statistics_of_another_schema_or_size_are_not() {
        let narrow = LinearModel::new(FEATURES - 1).unwrap();
        let narrow = PolicyState::fresh("lin-ts").unwrap().with_model(narrow);
        assert_eq!(
            check(&narrow),
            Err(Sickness::Width { width: FEATURES - 1, expected: FEATURES })
        );
        // A precision of 1 and a response of 1000 along one feature: a weight of 1000.
        let mut parts: PolicyParts = PolicyState::fresh("squarecb").unwrap().parts();
        parts.numbers.get_mut("response").unwrap()[2] = 1_000.0;
        let wild = PolicyState::from_parts(&parts).unwrap();
        assert_eq!(check(&wild), Err(Sickness::Length { length: 1_000.0 }));
        let mut sure = PolicyState::fresh("squarecb").unwrap().parts();
        sure.numbers.get_mut("precision").unwrap()[0] = 1e308;
        let sure = PolicyState::from_parts(&sure).unwrap();
        assert_eq!(check(&sure), Err(Sickness::Precision { greatest: 1e308 }));
        assert!(check(&wild).unwrap_err().to_string().contains("length 1000"));
    }
}
