//! Whether a skill is known, as strategies judge it: traced from the latest results in it, by
//! Bayesian knowledge tracing with generic constants (Corbett and Anderson 1995, "Knowledge
//! tracing: modeling the acquisition of procedural knowledge").
//!
//! Reports ask whether a learner would be right 85 times in a hundred, and are slow on purpose. The
//! choice of the next skill asks another question: has it been learned by now? A trace expects
//! every answer to teach, so it turns within a few answers once a learner has understood. With
//! `k` known before, an answer makes it `k (1 - s) / (k (1 - s) + (1 - k) g)` when right, and
//! `k s / (k s + (1 - k) (1 - g))` when wrong; then `k + (1 - k) l`.

use nexus_engine::learner::results::Results;

/// Chance that a skill is known before its first answer.
pub const START: f64 = 0.1;
/// Chance of learning it at each answer: l.
pub const LEARNING: f64 = 0.12;
/// Chance of a right answer when it is not known: g.
pub const GUESS: f64 = 0.25;
/// Chance of a wrong answer when it is: s.
pub const SLIP: f64 = 0.1;

/// Probability that a skill with these latest results is known, in (0, 1); [`START`] before the
/// first. What lies further back is forgotten on purpose: a full trace would be sure for ever.
#[must_use]
pub fn known(results: Results) -> f64 {
    let bits = results.bits();
    (0..results.count()).rev().fold(START, |known, at| after(known, bits >> at & 1 == 1))
}

fn after(known: f64, right: bool) -> f64 {
    let (if_known, if_not) = if right { (1.0 - SLIP, GUESS) } else { (SLIP, 1.0 - GUESS) };
    let both = known * if_known + (1.0 - known) * if_not;
    let known = known * if_known / both;
    known + (1.0 - known) * LEARNING
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn results(all: &[bool]) -> Results {
        let mut results = Results::NONE;
        all.iter().for_each(|right| results.push(*right));
        results
    }

    #[track_caller]
    fn check(all: &[bool], expected: f64) {
        assert!((known(results(all)) - expected).abs() < 1e-9, "{all:?}");
    }

    #[test]
    fn by_hand() {
        check(&[], 0.1);
        // 0.09 / (0.09 + 0.225) = 2 / 7, and 0.12 of the rest.
        check(&[true], 2.0 / 7.0 + 0.12 * 5.0 / 7.0);
        // 0.01 / (0.01 + 0.675).
        check(&[false], 0.01 / 0.685 + 0.12 * 0.675 / 0.685);
    }

    #[test]
    fn whoever_has_understood_is_believed_within_a_few_answers() {
        let failed = [false; 10];
        assert!(known(results(&failed)) < 0.2);
        assert!(known(results(&[&failed[..], &[true; 3]].concat())) > 0.85);
    }

    proptest! {
        #[test]
        fn a_right_answer_says_more_than_a_wrong_one(
            all in prop::collection::vec(any::<bool>(), 0..40),
        ) {
            let next = |right| known(results(&[&all[..], &[right]].concat()));
            prop_assert!(0.0 < next(false) && next(false) < next(true) && next(true) < 1.0);
        }
    }
}
