//! What the learning site reports of decisions itself: which values are taken, until when they
//! count, and how several come to one.

use crate::outcome::{Outcome, Outcomes, mixed, sums};
use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{ComponentDraft, RewardDraft};
use nexus_engine::decision::reward::RewardJoined;
use nexus_engine::ids::DecisionId;
use nexus_testkit::{RIGHT, Story};

fn mark(aggregate: &str) -> ComponentDraft {
    ComponentDraft {
        name: Some("mark".into()),
        weight: Some(0.5),
        within_days: Some(3.0),
        aggregate: Some(aggregate.into()),
        ..ComponentDraft::default()
    }
}

fn school_with(mark: ComponentDraft) -> Story {
    let reward = RewardDraft { components: vec![mark], ..RewardDraft::default() };
    Story::of(CourseDraft { reward: Some(mixed(reward)), ..sums() })
}

/// Ada follows the advice; its gain is measured.
fn followed(story: &mut Story) -> DecisionId {
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").answers("a1", RIGHT).completes("add-1");
    story.learner("ada").answers("m1", RIGHT).answers("a3", RIGHT);
    decision
}

fn joined(story: &Story, decision: &DecisionId) -> RewardJoined {
    match story.outcome(decision) {
        Outcome::Joined(joined) => *joined,
        other => panic!("not joined: {other:?}"),
    }
}

fn measured(reward: &RewardJoined) -> f64 {
    reward.gain.unwrap().surprise + 0.2 * reward.success.unwrap() - 0.05 * reward.cost
}

/// The decision waits for the mark; when it comes, the reward is complete.
#[test]
fn a_reported_mark_completes_the_reward() {
    let mut story = school_with(mark("earliest"));
    let decision = followed(&mut story);
    assert_eq!(story.outcome(&decision), Outcome::Waiting);
    story.reports_reward(&decision, "mark", 0.75, 0.0).unwrap();
    let reward = joined(&story, &decision);
    assert_eq!((reward.reported[0].0.as_str(), reward.reported[0].1), ("mark", 0.75));
    let by_hand = (measured(&reward) + 0.5 * 0.75).clamp(-1.0, 1.0);
    assert!((reward.value - by_hand).abs() < 1e-12, "{reward:?}");
    assert_eq!(story.report().reports_seen.joined, 1);
    story.assert_replays();
}

/// Twice: the latest of two marks counts, by when they happened and not by when they arrived.
#[test]
fn of_two_marks_the_one_that_happened_later_counts() {
    let mut story = school_with(mark("latest"));
    let decision = followed(&mut story);
    story.pass_hours(10.0);
    story.reports_reward(&decision, "mark", 0.25, 1.0).unwrap();
    story.reports_reward(&decision, "mark", 1.0, 5.0).unwrap();
    assert_eq!(story.outcome(&decision), Outcome::Waiting, "a later one may still come");
    story.pass_hours(24.0 * 8.0).sweeps();
    assert_eq!(joined(&story, &decision).reported[0].1, 0.25);
}

/// Late: after the component's window, or when the decision no longer waits, a mark is kept and
/// never learned from.
#[test]
fn a_late_mark_is_kept_and_never_learned_from() {
    let mut story = school_with(mark("earliest"));
    let decision = followed(&mut story);
    story.pass_hours(24.0 * 4.0).reports_reward(&decision, "mark", 1.0, 0.0).unwrap();
    let reward = joined(&story, &decision);
    assert!(reward.reported.is_empty(), "{reward:?}");
    let learned = story.policy_version();
    story.reports_reward(&decision, "mark", 1.0, 24.0 * 3.5).unwrap();
    assert_eq!(story.joined_count(&decision), 1);
    assert_eq!(story.policy_version(), learned);
    let seen = story.report().reports_seen;
    assert_eq!((seen.total, seen.joined, seen.late), (2, 0, 2));
}

/// What happened inside the window counts, even when it is reported after the component's window,
/// as long as the decision waits.
#[test]
fn a_mark_counts_by_when_it_happened() {
    let mut story = school_with(mark("latest"));
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").answers("a1", RIGHT).completes("add-1");
    story.pass_hours(24.0 * 4.0);
    story.reports_reward(&decision, "mark", 0.5, 24.0 * 2.0).unwrap();
    story.pass_hours(24.0 * 4.0).sweeps();
    assert_eq!(joined(&story, &decision).reported[0].1, 0.5);
}

/// Never: the declared default counts when the window has ended; without one, nothing does.
#[test]
fn a_mark_that_never_comes_is_missing_or_the_default() {
    for missing in [None, Some(0.25)] {
        let mut story = school_with(ComponentDraft { missing, ..mark("latest") });
        let decision = followed(&mut story);
        story.pass_hours(24.0 * 8.0).sweeps();
        let reward = joined(&story, &decision);
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
        let mut story = Story::of(CourseDraft { reward: Some(reward), ..sums() });
        let decision = story.learner("ada").decides_for("add-1");
        story.reports_reward(&decision, "mark", 0.5, 0.0).unwrap();
        story.pass_hours(24.0 * 8.0).sweeps();
        let reward = joined(&story, &decision);
        assert_eq!((reward.value, reward.defaulted.len()), (0.25, 0), "{reward:?}");
    }
}

/// But a mark makes nobody learn from advice that was declined.
#[test]
fn a_mark_is_no_reward_of_declined_advice() {
    let mut story = school_with(mark("latest"));
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("mul-1").completes("mul-1");
    story.reports_reward(&decision, "mark", 1.0, 0.0).unwrap();
    story.pass_hours(24.0 * 8.0).sweeps();
    assert_eq!(story.outcome(&decision), Outcome::Closed("declined"));
    assert_eq!(story.policy_version(), 0);
}

/// Values that the course does not declare are refused, and nothing is recorded.
#[test]
fn impossible_values_are_refused() {
    let mut story = school_with(mark("latest"));
    let decision = story.learner("ada").decides_for("add-1");
    let before = story.fold.clone();
    let mut check = |component: &str, value: f64, hours_ago: f64, code: &str| {
        let refusal = story.reports_reward(&decision, component, value, hours_ago).unwrap_err();
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
    assert!(story.fold == before, "what is refused changes nothing");
}

/// A flood of values is one reward, inside the clip.
#[test]
fn a_flood_of_values_is_one_reward_inside_the_clip() {
    let mut story = school_with(ComponentDraft { weight: Some(10.0), ..mark("sum") });
    let decision = followed(&mut story);
    for _ in 0..2_000 {
        story.reports_reward(&decision, "mark", 1.0, 0.0).unwrap();
    }
    story.pass_hours(24.0 * 8.0).sweeps();
    let reward = joined(&story, &decision);
    assert_eq!((reward.reported[0].1, reward.value), (2_000.0, 1.0));
    assert_eq!(story.policy_version(), 1);
}
