//! The two planners: what an untrained one does, what a trained one does, and that unsound numbers
//! never become a table.

use nexus_engine::policy::Distribution;
use nexus_engine::policy::draw::{InvalidDistribution, finish};
use nexus_lab::matrix::planner::double_q::{DoubleQ, STATES, state};
use nexus_lab::matrix::planner::fitted_q::{BASIS, FittedQ, WEIGHT_MAX, basis};
use nexus_lab::matrix::planner::{FLOOR, Planner, Prospect, Role, STEPS, Step, StepScene};

const CONTINUE: Step = Step { role: Role::Continue, tier: 1 };
const NEXT: Step = Step { role: Role::Next, tier: 0 };
const REVIEW: Step = Step { role: Role::Review, tier: 2 };

const PROSPECT: Prospect = Prospect {
    focus_mastery: 0.5,
    focus_attempts: 4.0,
    mastery: 0.3,
    ready: 0.25,
    due: 0.1,
    ahead: 0.6,
};

fn served(policy: &dyn Planner, prospect: Prospect, steps: &[Step]) -> Distribution {
    let mut out = Distribution::default();
    policy.distribute(&StepScene { steps, prospect }, &mut out);
    out
}

/// A table that was seen everywhere, with one value each for some steps and 0 for the others.
fn table(valued: &[(Step, f64)]) -> DoubleQ {
    let mut values = vec![0.0; STATES * STEPS];
    for row in values.chunks_mut(STEPS) {
        valued.iter().for_each(|(step, value)| row[step.number()] = *value);
    }
    DoubleQ::trained(values, vec![1; STATES * STEPS], 10).expect("the table is sound")
}

#[test]
fn untrained_they_spread_over_steps_and_not_over_activities() {
    let steps = [CONTINUE, NEXT, NEXT, NEXT];
    for policy in [&DoubleQ::default() as &dyn Planner, &FittedQ::default()] {
        let out = served(policy, PROSPECT, &steps);
        let third = 1.0 / 6.0;
        assert_eq!(out.probabilities, [0.5, third, third, third]);
        assert_eq!(policy.decisions(), 0);
    }
}

#[test]
fn the_best_step_that_is_present_is_served_evenly() {
    let policy = table(&[(CONTINUE, 0.1), (NEXT, 0.3), (REVIEW, 0.9)]);
    let out = served(&policy, PROSPECT, &[NEXT, CONTINUE, NEXT]);
    assert_eq!(out.probabilities, [0.5, 0.0, 0.5]);
    assert_eq!(out.estimates, [0.3, 0.1, 0.3]);
    let mut out = served(&policy, PROSPECT, &[NEXT, REVIEW]);
    assert_eq!(out.probabilities, [0.0, 1.0]);
    assert_eq!(finish(FLOOR, &mut out), Ok(()));
    assert!((out.probabilities[0] - 0.05).abs() < 1e-12);
}

#[test]
fn a_step_that_was_never_seen_waits_for_one_that_was() {
    let mut visits = vec![1; STATES * STEPS];
    for row in visits.chunks_mut(STEPS) {
        row[NEXT.number()] = 0;
    }
    let mut values = vec![-1.0; STATES * STEPS];
    values[state(&PROSPECT) * STEPS + NEXT.number()] = 5.0;
    let policy = DoubleQ::trained(values, visits, 10).expect("the table is sound");
    let out = served(&policy, PROSPECT, &[NEXT, CONTINUE]);
    assert_eq!((out.probabilities, out.estimates), (vec![0.0, 1.0], Vec::new()));
    assert_eq!(served(&policy, PROSPECT, &[NEXT, NEXT]).probabilities, [0.5, 0.5]);
}

#[test]
fn weights_value_steps_by_where_the_learner_stands() {
    let mut weights = [[0.0; BASIS]; STEPS];
    weights[CONTINUE.number()][1] = -1.0;
    let policy = FittedQ::trained(weights, 3).expect("the weights are sound");
    let at = |focus_mastery| Prospect { focus_mastery, ..PROSPECT };
    let steps = [CONTINUE, NEXT];
    assert_eq!(served(&policy, at(0.9), &steps).probabilities, [0.0, 1.0]);
    assert_eq!(served(&policy, at(0.9), &steps).estimates, [-0.9, 0.0]);
    assert_eq!(served(&policy, at(0.0), &steps).probabilities, [0.5, 0.5]);
}

#[test]
fn unsound_numbers_are_no_table() {
    let cells = STATES * STEPS;
    assert!(DoubleQ::trained(vec![0.0; cells - 1], vec![0; cells], 1).is_none());
    assert!(DoubleQ::trained(vec![0.0; cells], vec![0; cells], 0).is_none());
    let mut values = vec![0.0; cells];
    values[7] = f64::NAN;
    assert!(DoubleQ::trained(values, vec![0; cells], 1).is_none());
    for odd in [f64::NAN, f64::INFINITY, 1.1 * WEIGHT_MAX] {
        assert!(FittedQ::trained([[odd; BASIS]; STEPS], 1).is_none());
    }
}

#[test]
fn an_unsound_prospect_is_bounded() {
    for odd in [f64::NAN, f64::INFINITY, -1e308, 1e308] {
        let prospect = Prospect {
            focus_mastery: odd,
            focus_attempts: odd,
            mastery: odd,
            ready: odd,
            due: odd,
            ahead: odd,
        };
        assert!(state(&prospect) < STATES);
        assert!(basis(&prospect).iter().all(|entry| (-1.0..=1.0).contains(entry)));
        for policy in [&table(&[]) as &dyn Planner, &FittedQ::default()] {
            let mut out = served(policy, prospect, &[NEXT, REVIEW]);
            assert_eq!(finish(FLOOR, &mut out), Ok(()));
        }
    }
    let mut none = served(&DoubleQ::default(), PROSPECT, &[]);
    assert_eq!(finish(FLOOR, &mut none), Err(InvalidDistribution::Empty));
}

#[test]
fn every_state_and_step_has_its_own_number() {
    let mut seen = vec![false; STATES];
    for focus_mastery in [0.0, 0.2, 0.5, 0.8, 0.95] {
        for focus_attempts in [0.0, 5.0, 20.0] {
            for (ready, due) in [(0.0, 0.0), (0.0, 0.1), (0.1, 0.0), (0.1, 0.1)] {
                for ahead in [0.1, 0.3, 0.6, 0.9] {
                    let prospect =
                        Prospect { focus_mastery, focus_attempts, mastery: 0.0, ready, due, ahead };
                    assert!(!std::mem::replace(&mut seen[state(&prospect)], true));
                }
            }
        }
    }
    assert!(seen.into_iter().all(|seen| seen));
    let steps = Role::ALL.into_iter().flat_map(|role| (0..3).map(move |tier| Step { role, tier }));
    assert!(steps.map(Step::number).eq(0..STEPS));
    assert_eq!([0.0, 0.33, 0.34, 0.99, 1.0, f64::NAN].map(Step::tier), [0, 0, 1, 2, 2, 0]);
}
