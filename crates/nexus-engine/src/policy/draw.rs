//! From a policy's distribution to a propensity and a draw: the same for every policy.
//!
//! The floor is mixed in first and the draw is made from the result, so the probability that is
//! stored with a decision is the probability with which it was made (`docs/science.md` 2.4).

use super::Distribution;
use nexus_stats::random::Stream;
use thiserror::Error;

/// How far a policy's probabilities may sum from 1.
pub const SUM_TOLERANCE: f64 = 1e-9;

/// Why numbers are not a distribution. The static path is served instead.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum InvalidDistribution {
    /// There is no probability at all: the policy refused the scene.
    #[error("there are no probabilities")]
    Empty,
    /// The floor does not lie in [0, 1].
    #[error("the floor does not lie between 0 and 1")]
    Floor,
    /// A probability is negative or not finite.
    #[error("the probability of candidate {position} is negative or not finite")]
    Probability { position: usize },
    /// The probabilities do not sum to 1.
    #[error("the probabilities sum to {sum}, not to 1")]
    Sum {
        /// What they sum to.
        sum: f64,
    },
    /// There are estimates, but not one finite estimate for each candidate.
    #[error("the estimates are not one finite number a candidate")]
    Estimates,
}

/// Checks a policy's distribution and spreads the floor over it: `p <- (1 - f) p + f / n`. After
/// it the probabilities sum to 1 within 1e-12 and none lies below `f / n`.
///
/// Errors: what is wrong with it; then nothing was changed.
pub fn finish(floor: f64, distribution: &mut Distribution) -> Result<(), InvalidDistribution> {
    let sum = checked_sum(floor, distribution)?;
    let least = floor / distribution.probabilities.len() as f64;
    let mix = |mass: f64| (1.0 - floor) * (mass / sum) + least;
    let mixed: f64 = distribution.probabilities.iter().map(|mass| mix(*mass)).sum();
    for probability in &mut distribution.probabilities {
        // Rounding in the second normalisation must not push anybody below the floor.
        *probability = (mix(*probability) / mixed).max(least);
    }
    Ok(())
}

/// Draws a position with the probabilities that [`finish`] left. Never one of probability 0.
#[must_use]
pub fn choose(probabilities: &[f64], stream: &mut Stream) -> usize {
    stream.categorical(probabilities)
}

fn checked_sum(floor: f64, distribution: &Distribution) -> Result<f64, InvalidDistribution> {
    let Distribution { probabilities, estimates } = distribution;
    if probabilities.is_empty() {
        return Err(InvalidDistribution::Empty);
    }
    if !(0.0..=1.0).contains(&floor) {
        return Err(InvalidDistribution::Floor);
    }
    let valid = |mass: &f64| mass.is_finite() && *mass >= 0.0;
    if let Some(position) = probabilities.iter().position(|mass| !valid(mass)) {
        return Err(InvalidDistribution::Probability { position });
    }
    let sum: f64 = probabilities.iter().sum();
    if (sum - 1.0).abs() > SUM_TOLERANCE {
        return Err(InvalidDistribution::Sum { sum });
    }
    let complete = estimates.is_empty() || estimates.len() == probabilities.len();
    if !complete || !estimates.iter().all(|estimate| estimate.is_finite()) {
        return Err(InvalidDistribution::Estimates);
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(floor: f64, masses: &[f64]) -> Result<Vec<f64>, InvalidDistribution> {
        let mut distribution =
            Distribution { probabilities: masses.to_vec(), estimates: Vec::new() };
        finish(floor, &mut distribution).map(|()| distribution.probabilities)
    }

    #[test]
    fn the_floor_is_spread_evenly() {
        assert_eq!(check(0.0, &[1.0, 0.0]), Ok(vec![1.0, 0.0]));
        assert_eq!(check(0.5, &[1.0, 0.0]), Ok(vec![0.75, 0.25]));
        assert_eq!(check(1.0, &[1.0, 0.0]), Ok(vec![0.5, 0.5]));
    }

    #[test]
    fn what_is_not_a_distribution_is_refused() {
        use InvalidDistribution as Invalid;
        assert_eq!(check(0.1, &[]), Err(Invalid::Empty));
        assert_eq!(check(f64::NAN, &[1.0]), Err(Invalid::Floor));
        assert_eq!(check(1.1, &[1.0]), Err(Invalid::Floor));
        assert_eq!(check(0.1, &[1.5, -0.5]), Err(Invalid::Probability { position: 1 }));
        assert_eq!(check(0.1, &[f64::NAN, 1.0]), Err(Invalid::Probability { position: 0 }));
        assert_eq!(check(0.1, &[0.25, 0.25]), Err(Invalid::Sum { sum: 0.5 }));
        let estimates = vec![f64::NAN];
        let mut odd = Distribution { probabilities: vec![1.0], estimates };
        assert_eq!(finish(0.1, &mut odd), Err(Invalid::Estimates));
    }
}
