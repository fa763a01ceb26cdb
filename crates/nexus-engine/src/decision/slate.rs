//! A slate: several activities to choose among, without repeats. The first is the decision.
//!
//! The places after it are drawn one after the other from what is left of the decision's
//! distribution, as in the model of Plackett (1975) and Luce (1959), by a stream of the decision's own
//! seed. So a slate follows from the decision, and nothing more needs to be recorded.
#![warn(missing_docs)]

use super::{Considered, Decision};
use crate::ids::ActivityId;

/// One place of a slate.
#[derive(Clone, Debug, PartialEq)]
pub struct SlatePlace {
    /// What to offer at this place.
    pub activity: ActivityId,
    /// Its probability of this place, given the places before.
    pub probability: f64,
}

/// The decision and what would come after it: at most `count` places, fewer when there are fewer
/// candidates. Candidates that the policy gives no probability come last, those it expects most of
/// first; nothing is left to chance among them, so their probability is 1.
#[must_use]
pub fn slate(decision: &Decision, count: usize) -> Vec<SlatePlace> {
    let chosen = decision.chosen();
    let mut left: Vec<&Considered> = decision.choice.candidates.iter().collect();
    left.remove(decision.choice.chosen);
    let mut places =
        vec![SlatePlace { activity: chosen.activity.clone(), probability: chosen.probability }];
    let mut stream = decision.choice.seed.stream("slate");
    while places.len() < count && !left.is_empty() {
        let mass: f64 = left.iter().map(|candidate| candidate.probability).sum();
        let (next, probability) = if mass > 0.0 {
            let shares: Vec<f64> = left.iter().map(|it| it.probability / mass).collect();
            let next = stream.categorical(&shares);
            (next, shares[next])
        } else {
            (most_expected(&left), 1.0)
        };
        let activity = left.remove(next).activity.clone();
        places.push(SlatePlace { activity, probability });
    }
    places.truncate(count);
    places
}

/// The position of the greatest estimate, the first on the path among equals.
fn most_expected(left: &[&Considered]) -> usize {
    let estimate = |position: usize| left[position].estimate.unwrap_or(f64::NEG_INFINITY);
    (1..left.len()).fold(0, |best, next| if estimate(next) > estimate(best) { next } else { best })
}
