//! What the learning site reports of decisions itself: which values are taken, until when they
//! count, and how several come to one.

use crate::school::{RewardRoom, Settled, sums};
use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{ComponentDraft, RewardDraft};
use nexus_engine::decision::reward::RewardJoined;
use nexus_engine::ids::DecisionId;

fn mark(aggregate: &str) -> ComponentDraft {
    ComponentDraft {
        name: Some("mark".into()),
        weight: Some(0.5),
        within_days: Some(3.0),
        aggregate: Some(aggregate.into()),
        ..ComponentDraft::default()
    }
}

fn school_with(mark: ComponentDraft) -> RewardRoom {
    let reward = RewardDraft { components: vec![mark], ..RewardDraft::default() };
    RewardRoom::teaching(CourseDraft { reward: Some(reward), ..sums() })
}

/// Ada follows the advice; its gain is measured.
fn followed(school: &mut RewardRoom) -> DecisionId {
    let decision = school.decide("ada", "add-1");
    school.start("ada", "add-1").answer("ada", "add-1", "a1", true).complete("ada", "add-1");
    school.answer("ada", "mul-1", "m1", true).answer("ada", "add-2", "a3", true);
    decision
}

fn joined(school: &RewardRoom, decision: &DecisionId) -> RewardJoined {
    match school.outcome(decision) {
        Settled::Joined(joined) => *joined,
        other => panic!("not joined: {other:?}"),
    }
}

fn measured(reward: &RewardJoined) -> f64 {
    reward.gain.unwrap().surprise + 0.2 * reward.success.unwrap() - 0.05 * reward.cost
}

/// The decision waits for the mark; when it comes, the reward is complete.
#[test]
fn a_reported_mark_completes_the_reward() {
    let mut school = school_with(mark("earliest"));
    let decision = followed(&mut school);
    assert_eq!(school.outcome(&decision), Settled::Waiting);
    school.report_reward(&decision, "mark", 0.75, 0.0).unwrap();
    let reward = joined(&school, &decision);
    assert_eq!((reward.reported[0].0.as_str(), reward.reported[0].1), ("mark", 0.75));
    let by_hand = (measured(&reward) + 0.5 * 0.75).clamp(-1.0, 1.0);
    assert!((reward.value - by_hand).abs() < 1e-12, "{reward:?}");
    assert_eq!(school.report().reports_seen.joined, 1);
    assert!(school.replayed() == school.state());
}

/// Twice: the latest of two marks counts, by when they happened and not by when they arrived.
#[test]
fn of_two_marks_the_one_that_happened_later_counts() {
    let mut school = school_with(mark("latest"));
    let decision = followed(&mut school);
    school.pass_hours(10.0);
    school.report_reward(&decision, "mark", 0.25, 1.0).unwrap();
    school.report_reward(&decision, "mark", 1.0, 5.0).unwrap();
    assert_eq!(school.outcome(&decision), Settled::Waiting, "a later one may still come");
    school.pass_hours(24.0 * 8.0).sweep();
    assert_eq!(joined(&school, &decision).reported[0].1, 0.25);
}

/// Late: after the component's window, or when the decision no longer waits, a mark is kept and
/// never learned from.
#[test]
fn a_late_mark_is_kept_and_never_learned_from() {
    let mut school = school_with(mark("earliest"));
    let decision = followed(&mut school);
    school.pass_hours(24.0 * 4.0).report_reward(&decision, "mark", 1.0, 0.0).unwrap();
    let reward = joined(&school, &decision);
    assert!(reward.reported.is_empty(), "{reward:?}");
    let learned = school.policy_version();
    school.report_reward(&decision, "mark", 1.0, 24.0 * 3.5).unwrap();
    assert_eq!(school.joined_count(&decision), 1);
    assert_eq!(school.policy_version(), learned);
    let seen = school.report().reports_seen;
    assert_eq!((seen.total, seen.joined, seen.late), (2, 0, 2));
}

/// What happened inside the window counts, even when it is reported after the component's window,
/// as long as the decision waits.
#[test]
fn a_mark_counts_by_when_it_happened() {
    let mut school = school_with(mark("latest"));
    let decision = school.decide("ada", "add-1");
    school.start("ada", "add-1").answer("ada", "add-1", "a1", true).complete("ada", "add-1");
    school.pass_hours(24.0 * 4.0);
    school.report_reward(&decision, "mark", 0.5, 24.0 * 2.0).unwrap();
    school.pass_hours(24.0 * 4.0).sweep();
    assert_eq!(joined(&school, &decision).reported[0].1, 0.5);
}

/// Never: the declared default counts when the window has ended; without one, nothing does.
#[test]
fn a_mark_that_never_comes_is_missing_or_the_default() {
    for missing in [None, Some(0.25)] {
        let mut school = school_with(ComponentDraft { missing, ..mark("latest") });
        let decision = followed(&mut school);
        school.pass_hours(24.0 * 8.0).sweep();
        let reward = joined(&school, &decision);
        let by_hand = measured(&reward) + 0.5 * missing.unwrap_or(0.0);
        assert!((reward.value - by_hand.clamp(-1.0, 1.0)).abs() < 1e-12, "{reward:?}");
        let defaulted: Vec<_> = reward.defaulted.iter().map(|name| name.as_str()).collect();
        assert_eq!(defaulted, if missing.is_some() { vec!["mark"] } else { vec![] });
    }
}

/// A mark alone is a reward, when the site never says that the activity was started; and it is
/// all of it, because a default is only for advice that was followed.
#[test]
fn a_mark_alone_is_a_reward() {
    let gain = ComponentDraft { missing: Some(-0.25), ..ComponentDraft::default() };
    for gain in [None, Some(gain)] {
        let (gain, components) = (gain, vec![mark("latest")]);
        let reward = RewardDraft { gain, components, ..RewardDraft::default() };
        let mut school = RewardRoom::teaching(CourseDraft { reward: Some(reward), ..sums() });
        let decision = school.decide("ada", "add-1");
        school.report_reward(&decision, "mark", 0.5, 0.0).unwrap();
        school.pass_hours(24.0 * 8.0).sweep();
        let reward = joined(&school, &decision);
        assert_eq!((reward.value, reward.defaulted.len()), (0.25, 0), "{reward:?}");
    }
}

/// But a mark makes nobody learn from advice that was declined.
#[test]
fn a_mark_is_no_reward_of_declined_advice() {
    let mut school = school_with(mark("latest"));
    let decision = school.decide("ada", "add-1");
    school.start("ada", "mul-1").complete("ada", "mul-1");
    school.report_reward(&decision, "mark", 1.0, 0.0).unwrap();
    school.pass_hours(24.0 * 8.0).sweep();
    assert_eq!(school.outcome(&decision), Settled::Closed("declined"));
    assert_eq!(school.policy_version(), 0);
}

/// Values that the course does not declare are refused, and nothing is recorded.
#[test]
fn impossible_values_are_refused() {
    let mut school = school_with(mark("latest"));
    let decision = school.decide("ada", "add-1");
    let before = school.state();
    let mut check = |component: &str, value: f64, hours_ago: f64, code: &str| {
        let refusal = school.report_reward(&decision, component, value, hours_ago).unwrap_err();
        assert_eq!(refusal.code(), code, "{component} {value}");
        refusal.to_string()
    };
    for value in [f64::NAN, f64::INFINITY, 1e308, -1e308, 1.01, -0.01] {
        check("mark", value, 0.0, "component_out_of_range");
    }
    let words = check("sales", 0.5, 0.0, "unknown_component");
    assert!(words.contains("it declares mark"), "{words}");
    check("gain", 0.5, 0.0, "unknown_component");
    check("mark", 0.5, 2.0, "reward_before_decision");
    check("mark", 0.5, -1.0, "in_the_future");
    assert!(school.state() == before, "what is refused changes nothing");
}

/// A flood of values is one reward, inside the clip.
#[test]
fn a_flood_of_values_is_one_reward_inside_the_clip() {
    let mut school = school_with(ComponentDraft { weight: Some(10.0), ..mark("sum") });
    let decision = followed(&mut school);
    for _ in 0..2_000 {
        school.report_reward(&decision, "mark", 1.0, 0.0).unwrap();
    }
    school.pass_hours(24.0 * 8.0).sweep();
    let reward = joined(&school, &decision);
    assert_eq!((reward.reported[0].1, reward.value), (2_000.0, 1.0));
    assert_eq!(school.policy_version(), 1);
}
