//! `zpdes` against the plain reading of its formulas, and scenes a teacher could follow.

use nexus_engine::learner::results::Results;
use nexus_engine::policy::context::FEATURES;
use nexus_engine::policy::zpdes::{ALONE, KEEP, NEW_SKILL, ZpdesPolicy, weight};
use nexus_engine::policy::{Distribution, Policy, Scene, SceneCandidate};
use nexus_stats::random::Stream;

fn results(text: &str) -> Results {
    let mut results = Results::NONE;
    text.chars().for_each(|result| results.push(result == '1'));
    results
}

/// An exercise on a skill with these results, the latest last; never begun when there are none.
fn exercise(skill: usize, path_rank: usize, own: &str, on_skill: &str) -> SceneCandidate {
    SceneCandidate {
        path_rank,
        skill,
        tried: !own.is_empty(),
        results: results(own),
        skill_results: results(on_skill),
        ..SceneCandidate::default()
    }
}

fn masses(candidates: &[SceneCandidate]) -> Vec<f64> {
    let features = vec![0.0; candidates.len() * FEATURES];
    let scene = Scene { candidates, features: &features };
    let mut out = Distribution::default();
    ZpdesPolicy.distribute(&scene, &mut Stream::new(1), &mut out);
    out.probabilities
}

#[track_caller]
fn check(candidates: &[SceneCandidate], expected: &[f64]) {
    let found = masses(candidates);
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    }
}

/// The formulas as they are written, over the list of all results.
fn by_the_book(list: &[bool]) -> f64 {
    let mean = |part: &[bool]| {
        part.iter().map(|right| f64::from(u8::from(*right))).sum::<f64>() / part.len() as f64
    };
    let mut weight = ALONE;
    for k in 1..=list.len() {
        let reward = if k > 2 {
            let y = k.min(6);
            let h = y / 2;
            (mean(&list[k - h..k]) - mean(&list[k - y..k - h])).max(0.0)
        } else {
            weight
        };
        weight = KEEP * weight + (1.0 - KEEP) * reward;
    }
    weight
}

#[test]
fn sixteen_bits_make_the_weight_that_all_results_make() {
    let mut stream = Stream::new(31);
    for learner in 0..500 {
        let share = stream.uniform();
        let (mut list, mut bits) = (Vec::new(), Results::NONE);
        for _ in 0..60 {
            let right = stream.uniform() < share;
            list.push(right);
            bits.push(right);
            let miss = (weight(bits) - by_the_book(&list)).abs();
            // What was forgotten weighs at most 0.2 to the power of ten.
            assert!(miss < 2e-7, "learner {learner}: {miss} after {} results", list.len());
        }
    }
}

#[test]
fn the_skill_that_moves_is_practised() {
    let moving = exercise(0, 0, "000111", "000111");
    let standing = exercise(1, 1, "010101", "010101");
    let found = masses(&[moving, standing]);
    assert!(found[0] > 2.0 * found[1], "{found:?}");
    // By hand: weights w and v, each plus a tenth of their sum, over 1.2 times the sum.
    let (w, v) = (weight(results("000111")), weight(results("010101")));
    let sum = w + v;
    check(&[moving, standing], &[(w + 0.1 * sum) / (1.2 * sum), (v + 0.1 * sum) / (1.2 * sum)]);
}

#[test]
fn a_new_skill_begins_low_and_still_has_a_share() {
    let known = exercise(0, 0, "0011", "0011");
    let w = weight(results("0011"));
    let sum = w + NEW_SKILL * w;
    let new = (NEW_SKILL * w + 0.1 * sum) / (1.2 * sum);
    check(&[known, exercise(1, 1, "", "")], &[1.0 - new, new]);
}

#[test]
fn inside_a_skill_the_next_activity_opens_when_the_first_goes_well() {
    let easy = |own| exercise(0, 0, own, own);
    let (hard, harder) = (exercise(0, 1, "", ""), exercise(0, 2, "", ""));
    // Nothing tried: the first of the path alone.
    check(&[harder, hard, easy("")], &[0.0, 0.0, 1.0]);
    // One in three right: not yet. Two in three: the next one, evenly, and no other.
    check(&[easy("100"), hard, harder], &[1.0, 0.0, 0.0]);
    check(&[easy("110"), hard, harder], &[0.5, 0.5, 0.0]);
    // Right in more than 0.7 of six: the first retires.
    check(&[easy("111110"), hard, harder], &[0.0, 1.0, 0.0]);
    // While the second goes badly nothing opens, and the first stays retired.
    check(&[easy("111110"), exercise(0, 1, "00", ""), harder], &[0.0, 1.0, 0.0]);
    // Alone it cannot retire.
    check(&[easy("111111")], &[1.0]);
}

#[test]
fn something_to_watch_never_closes_the_way() {
    let video = SceneCandidate { asks: false, tried: true, ..exercise(0, 0, "", "") };
    let found = masses(&[video, exercise(0, 1, "", "")]);
    assert_eq!(found, [0.5, 0.5]);
}
