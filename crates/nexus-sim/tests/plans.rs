//! Whole plans in a simulated class: each learner is drawn one, is taught by it until the closing
//! check, and the check pays it.

use nexus_engine::decision::Decision;
use nexus_engine::event::Event;
use nexus_engine::ids::{LearnerId, PolicyId};
use nexus_engine::plan::{Plan, path};
use nexus_engine::time::Timestamp;
use nexus_sim::Classroom;
use nexus_sim::school::School;
use nexus_testkit::shipped;
use std::collections::BTreeMap;

const LEARNERS: usize = 60;

/// A class that `plans` teaches, in the course that is shipped, which ends after 40 minutes.
fn class(seed: u64) -> School {
    let mut course = shipped();
    course.ends.as_mut().expect("the course ends").minutes = Some(40.0);
    let policy = PolicyId::new("plans").expect("an id");
    let start = Timestamp(1_760_000_000_000_000);
    let mut school = School::open(course, policy, seed, start).expect("the school opens");
    let taught = school.teach(&Classroom::mixed(LEARNERS, 5.0, seed), 40.0);
    taught.expect("every invariant holds");
    school
}

fn decisions(school: &School) -> impl Iterator<Item = &Decision> {
    school.workspace.journal.iter().filter_map(|entry| match &entry.event {
        Event::DecisionMade(decision) => Some(&**decision),
        _ => None,
    })
}

#[test]
fn a_learner_keeps_one_plan_and_closing_checks_pay() {
    let school = class(11);
    let mut drawn: BTreeMap<&LearnerId, Plan> = BTreeMap::new();
    let mut by_path = 0;
    let mut done: BTreeMap<&LearnerId, Vec<usize>> = BTreeMap::new();
    for decision in decisions(&school) {
        let chosen = school.course.activity_position(decision.chosen().activity.as_str()).unwrap();
        let Some(used) = decision.plan.as_deref() else {
            assert!(
                school.course.activities[chosen].kind.measures(),
                "only a placement comes first"
            );
            continue;
        };
        if used.drawn_by == decision.origin.id {
            assert!((used.shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert_eq!(used.propensity, used.shares[used.plan as usize]);
            assert_eq!(drawn.insert(&decision.learner, used.plan), None, "one plan a learner");
        }
        assert_eq!(drawn.get(&decision.learner), Some(&used.plan));
        let before = done.entry(&decision.learner).or_default();
        if let Some(order) = path::path(&school.course, used.plan)
            && !before.contains(&chosen)
            && !school.course.activities[chosen].kind.measures()
        {
            // What comes for the first time comes in the order of the plan.
            let place = |position: &usize| order.iter().position(|it| it == position);
            assert!(before.iter().all(|it| place(it) < place(&chosen)), "{:?}", used.plan);
            by_path += 1;
        }
        before.push(chosen);
    }
    assert!(drawn.len() > LEARNERS * 9 / 10 && by_path > 100, "{} {by_path}", drawn.len());

    let bandit = school.workspace.state.plan_bandit(&school.course.id);
    let count = |plan: Plan| drawn.values().filter(|it| **it == plan).count() as u64;
    for (plan, tally) in Plan::ALL.into_iter().zip(bandit.tallies()) {
        assert_eq!(tally.drawn, count(plan), "{plan:?}");
    }
    assert!(bandit.checks() > LEARNERS as u64 / 2, "{} closing checks", bandit.checks());
    let again = school.workspace.replayed();
    assert_eq!(again.state, school.workspace.state);
    assert_eq!(again.learners, school.workspace.learners);
}

/// Over the draws of three classes, each plan comes as often as was said that it would: the sum of
/// differences from the stated probabilities lies within four standard deviations.
#[test]
fn plans_come_as_often_as_stated() {
    let (mut surplus, mut variance) = ([0.0; Plan::ALL.len()], [0.0; Plan::ALL.len()]);
    for seed in [21, 22, 23] {
        let school = class(seed);
        let draws = decisions(&school).filter_map(|it| it.plan.as_deref());
        for used in draws.filter(|used| !used.shares.is_empty()) {
            for (plan, share) in Plan::ALL.into_iter().zip(&used.shares) {
                surplus[plan as usize] += f64::from(u8::from(plan == used.plan)) - share;
                variance[plan as usize] += share * (1.0 - share);
            }
        }
    }
    for (surplus, variance) in surplus.into_iter().zip(variance) {
        assert!(surplus.abs() < 4.0 * f64::sqrt(variance), "{surplus} {variance}");
    }
}

/// Nothing could pay a plan in a course without a closing check, so all are taught step by step.
#[test]
fn without_a_closing_check_there_is_no_plan() {
    let policy = PolicyId::new("plans").expect("an id");
    let start = Timestamp(1_760_000_000_000_000);
    let mut course = shipped();
    course.modules.retain(|module| module.id != "the-end");
    (course.goal, course.ends) = (None, None);
    let mut school = School::open(course, policy, 5, start).expect("the school opens");
    school.teach(&Classroom::mixed(5, 2.0, 5), 10.0).expect("every invariant holds");
    assert!(decisions(&school).count() > 30);
    assert!(decisions(&school).all(|decision| decision.plan.is_none()));
    assert!(school.workspace.state.plans.is_empty());
}
