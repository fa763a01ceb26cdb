//! Training planners, against a world small enough to solve by hand.

use nexus_lab::matrix::World;
use nexus_lab::matrix::planner::double_q::state;
use nexus_lab::matrix::planner::fitted_q::basis;
use nexus_lab::matrix::planner::{Planner, Prospect, Role, STEPS, Step};
use nexus_lab::matrix::training::{DISCOUNT, Episode, decisions, double_q, episodes, fitted_q};
use nexus_lab::matrix::training::{others, train};
use nexus_lab::matrix::tutor::planned::Logged;
use nexus_stats::math::pow;

const CONTINUE: Step = Step { role: Role::Continue, tier: 1 };
const NEXT: Step = Step { role: Role::Next, tier: 1 };

fn at(focus_mastery: f64, ahead: f64) -> Prospect {
    Prospect { focus_mastery, ahead, ready: 0.2, ..Prospect::default() }
}

fn logged(prospect: Prospect, chosen: Step) -> Logged {
    let present = 1 << CONTINUE.number() | 1 << NEXT.number();
    Logged { prospect, present, chosen: chosen.number() }
}

/// Two decisions. After `continue` the second decision is worth 1 or 0, after `next` it is worth
/// 0.3 whatever it is: so the first must look ahead, at a gain of 0.98 against 0.294.
fn two_steps() -> Vec<Episode> {
    let mut all = Vec::new();
    for first in [CONTINUE, NEXT] {
        for second in [CONTINUE, NEXT] {
            let led = if first == CONTINUE { at(0.8, 0.1) } else { at(0.1, 0.1) };
            let gain = match (first == CONTINUE, second == CONTINUE) {
                (true, true) => 1.0,
                (true, false) => 0.0,
                (false, _) => 0.3,
            };
            let decisions = vec![logged(at(0.0, 0.9), first), logged(led, second)];
            all.extend(std::iter::repeat_n(Episode { decisions, gain }, 50));
        }
    }
    all
}

#[test]
fn double_q_solves_two_steps() {
    let table = double_q::train(&two_steps(), 1).expect("there are episodes");
    let value =
        |prospect: Prospect, step: Step| table.values()[state(&prospect) * STEPS + step.number()];
    let check = |found: f64, expected: f64| {
        assert!((found - expected).abs() < 0.02, "{found} is not {expected}");
    };
    check(value(at(0.8, 0.1), CONTINUE), 1.0);
    check(value(at(0.8, 0.1), NEXT), 0.0);
    check(value(at(0.1, 0.1), NEXT), 0.3);
    check(value(at(0.0, 0.9), CONTINUE), DISCOUNT);
    check(value(at(0.0, 0.9), NEXT), 0.3 * DISCOUNT);
    assert_eq!(table.decisions(), 400);
}

#[test]
fn fitted_q_solves_two_steps_and_the_penalty_makes_it_shy() {
    let [(continued, next), penalised] = [0.0, 1.0].map(|penalty| {
        let fitted = fitted_q::train(&two_steps(), penalty).expect("there are episodes");
        let value = |step: Step| -> f64 {
            let weights = &fitted.weights()[step.number()];
            let start = basis(&at(0.0, 0.9));
            start.iter().zip(weights).map(|(entry, weight)| entry * weight).sum()
        };
        (value(CONTINUE), value(NEXT))
    });
    for (found, expected) in [(continued, DISCOUNT), (next, 0.3 * DISCOUNT)] {
        // The prior of one observation, among a hundred of each, pulls towards 0.
        assert!((found - expected).abs() < 0.05, "{found} is not {expected}");
    }
    let (bold, shy) = (continued - next, penalised.0 - penalised.1);
    assert!(shy > 0.0 && shy < 0.8 * bold, "{shy} and {bold}");
}

#[test]
fn shaping_adds_up_to_the_gain() {
    for episode in episodes(&[World::F5], 3, 20) {
        let sums = episode.transitions().enumerate();
        let sum: f64 = sums.map(|(n, it)| pow(DISCOUNT, n as f64) * it.reward).sum();
        let last = pow(DISCOUNT, episode.decisions.len() as f64 - 1.0);
        let expected = last * episode.gain - episode.decisions[0].prospect.mastery;
        assert!((sum - expected).abs() < 1e-9, "{sum} is not {expected}");
    }
}

#[test]
fn training_is_the_same_from_the_same_seed_and_sees_other_families_only() {
    let families = others(World::F2);
    assert_eq!(families, [World::F1, World::F3, World::F4, World::F5]);
    let logs = [5, 5, 6].map(|seed| episodes(&families, seed, 3));
    assert_eq!(logs[0], logs[1]);
    assert_ne!(logs[0], logs[2]);
    assert_eq!(decisions(&logs[0][6..9]), 600);
    for word in ["double-q", "fitted-q"] {
        let [one, again] = [(); 2].map(|()| train(word, &logs[0], 5).expect("it is trained"));
        assert_eq!(one, again);
        assert_eq!(one.planner().decisions(), decisions(&logs[0]));
    }
    assert_eq!(train("lin-ts", &logs[0], 5), None);
    assert_eq!(train("double-q", &[], 5), None);
}
