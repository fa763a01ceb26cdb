//! BKT against a hidden Markov model written out path by path.

use super::fit::{Expected, Sequence, fit};
use super::*;
use nexus_engine::ids::QuestionKey;
use nexus_stats::random::Stream;

const SET: Parameters =
    Parameters { prior: 0.35, learn: 0.2, forget: 0.05, guess: 0.22, slip: 0.07 };

/// Probability of some marks, and of knowing the skill at each step together with them, summed
/// over every path of hidden states.
fn by_paths(marks: &[bool], p: &Parameters) -> (f64, Vec<f64>) {
    let mut all = 0.0;
    let mut known = vec![0.0; marks.len()];
    for path in 0u32..1 << marks.len() {
        let state = |step: usize| path >> step & 1 == 1;
        let mut chance = 1.0;
        for (step, right) in marks.iter().enumerate() {
            chance *= match (step.checked_sub(1).map(state), state(step)) {
                (None, true) => p.prior,
                (None, false) => 1.0 - p.prior,
                (Some(true), true) => 1.0 - p.forget,
                (Some(true), false) => p.forget,
                (Some(false), true) => p.learn,
                (Some(false), false) => 1.0 - p.learn,
            };
            chance *= match (state(step), right) {
                (true, true) => 1.0 - p.slip,
                (true, false) => p.slip,
                (false, true) => p.guess,
                (false, false) => 1.0 - p.guess,
            };
        }
        all += chance;
        (0..marks.len()).filter(|step| state(*step)).for_each(|step| known[step] += chance);
    }
    (all, known.iter().map(|chance| chance / all).collect())
}

#[track_caller]
fn check_near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found}, not {expected}");
}

#[test]
fn predictions_against_every_path() {
    let marks = [true, false, false, true, true, true, false];
    let asked = Asked {
        question: QuestionKey(0),
        skills: &[SkillKey(0)],
        guess: 0.0,
        difficulty: 0.0,
        at: None,
    };
    let tracer = Bkt { typical: SET, skills: BTreeMap::new() };
    let mut learner = Mastery::new();
    for step in 0..marks.len() {
        // P(right next | so far) = P(so far, then right) / P(so far).
        let mut then: Vec<bool> = marks[..step].to_vec();
        let (so_far, _) = by_paths(&then, &SET);
        then.push(true);
        check_near(tracer.predict(&learner, &asked), by_paths(&then, &SET).0 / so_far);
        tracer.observe(&mut learner, &asked, marks[step]);
    }
}

#[test]
fn one_round_of_fitting_against_every_path() {
    let marks = vec![false, true, true, false, true];
    let sequences = [Sequence { marks: marks.clone(), times: 3.0 }];
    let expected = Expected::of(&sequences, &SET);
    let (chance, known) = by_paths(&marks, &SET);
    check_near(expected.likelihood, 3.0 * nexus_stats::math::ln(chance));
    let best = expected.best(&SET, &SET, 0.0);
    check_near(best.prior, known[0]);
    let unknown = |step: &usize| 1.0 - known[*step];
    let of = |steps: &[usize]| steps.iter().map(unknown).sum::<f64>();
    check_near(best.guess, (of(&[1, 2, 4]) / of(&[0, 1, 2, 3, 4])).clamp(CHANCE_MIN, GUESS_MAX));
    let slip = (known[0] + known[3]) / known.iter().sum::<f64>();
    check_near(best.slip, slip.clamp(CHANCE_MIN, SLIP_MAX));
}

/// Sequences that the model itself would give.
fn simulated(p: &Parameters, learners: usize, length: usize) -> Vec<Sequence> {
    let mut stream = Stream::new(11);
    let mut sequences = Vec::new();
    for _ in 0..learners {
        let mut known = stream.uniform() < p.prior;
        let mut marks = Vec::new();
        for _ in 0..length {
            marks.push(stream.uniform() < if known { 1.0 - p.slip } else { p.guess });
            let change = stream.uniform();
            known = if known { change >= p.forget } else { change < p.learn };
        }
        sequences.push(Sequence { marks, times: 1.0 });
    }
    sequences
}

#[test]
fn the_likelihood_never_falls() {
    for truth in [SET, Parameters { forget: 0.0, guess: 0.29, ..SET }] {
        let sequences = simulated(&truth, 200, 9);
        let mut parameters = Parameters { forget: truth.forget, ..Parameters::START };
        let mut before = f64::NEG_INFINITY;
        for round in 0..60 {
            let expected = Expected::of(&sequences, &parameters);
            assert!(expected.likelihood >= before - 1e-9, "round {round}: {before} fell");
            before = expected.likelihood;
            parameters = expected.best(&parameters, &parameters, 0.0);
        }
    }
}

#[test]
fn fitting_finds_the_truth_again() {
    let truth = Parameters { forget: 0.0, ..SET };
    let start = Parameters::START;
    let found = fit(&simulated(&truth, 4_000, 12), start, start, 0.0);
    // Tolerances of a simulation of 4,000 learners: three standard errors of each chance.
    for (found, expected, tolerance) in [
        (found.prior, truth.prior, 0.03),
        (found.learn, truth.learn, 0.02),
        (found.guess, truth.guess, 0.02),
        (found.slip, truth.slip, 0.01),
    ] {
        assert!((found - expected).abs() < tolerance, "{found}, not {expected}");
    }
}

#[test]
fn a_degenerate_fit_is_refused() {
    // Who is always wrong at first and right in the end, and the other way round: free fitting
    // would swap what knowing means.
    let upside_down = [
        Sequence { marks: vec![true, true, false, false, false], times: 300.0 },
        Sequence { marks: vec![false; 4], times: 50.0 },
    ];
    let found = fit(&upside_down, Parameters::START, Parameters::START, 0.0);
    assert!(found.guess <= GUESS_MAX && found.slip <= SLIP_MAX);
    for mastery in [0.01, 0.5, 0.99] {
        assert!(found.seen(mastery, true) >= mastery && found.seen(mastery, false) <= mastery);
    }
}

#[test]
fn a_very_long_row_of_right_answers_is_fitted() {
    let long = [
        Sequence { marks: vec![true; 3_000], times: 2.0 },
        Sequence { marks: vec![false, true, false], times: 5.0 },
    ];
    let found = fit(&long, Parameters::START, Parameters::START, 10.0);
    let chances = [found.prior, found.learn, found.guess, found.slip];
    assert!(chances.iter().all(|chance| (CHANCE_MIN..1.0).contains(chance)), "{found:?}");
}
