//! Versions of statistics, promotions, and what is frozen.

use crate::scientist::{Scientist, course, policy};
use nexus_engine::decision::Decision;
use nexus_engine::lifecycle::LifecycleRefusal;
use nexus_engine::lifecycle::mode::Mode;
use nexus_engine::lifecycle::version::{LINEAGE_MAX, PolicyOrigin};
use nexus_engine::workspace::Refusal;
use nexus_testkit::{Story, tiny};

fn half(_: &Decision) -> f64 {
    0.5
}

#[test]
fn a_rollback_decides_as_the_saved_version_did() {
    let mut story = Story::of(tiny());
    story.lessons(30, half);
    let saved = story.parts("lin-ts");
    story.version(saved.clone(), PolicyOrigin::Saved).unwrap();
    assert_eq!(story.parts("lin-ts"), saved, "saving changes nothing");
    story.lessons(30, |_| -0.9);
    assert_ne!(story.parts("lin-ts"), saved);
    story.version(saved.clone(), PolicyOrigin::Restored { version: 1 }).unwrap();
    assert_eq!(story.parts("lin-ts"), saved);
    story.lessons(5, half);
    let life = story.state().life(&course(), &policy("lin-ts")).unwrap();
    let lineage = |position: usize| &life.versions[position].lineage;
    assert_eq!((lineage(0).version, lineage(0).parent), (1, 0));
    assert_eq!((lineage(1).version, lineage(1).parent), (2, 1));
    assert_eq!(lineage(1).origin, PolicyOrigin::Restored { version: 1 });
    assert!(lineage(1).through > lineage(0).through);
    story.assert_replays();
}

/// Who was to be compared keeps learning on top of what was published.
#[test]
fn statistics_made_elsewhere_take_the_place_of_what_serves() {
    let mut story = Story::of(tiny());
    story.lessons(10, half);
    let mut made = story.parts("lin-ts");
    made.counts.insert("rewards".into(), 7_000);
    made.numbers.get_mut("response").unwrap()[1] = 2.0;
    story.version(made.clone(), PolicyOrigin::Trained).unwrap();
    let decision = story.decide("ada");
    assert_eq!(decision.choice.policy_version, 7_000);
    story.reward(&decision, 0.25);
    assert_eq!(story.parts("lin-ts").counts["rewards"], 7_001);
    story.assert_replays();
}

#[test]
fn sick_and_foreign_statistics_are_never_swapped_in() {
    let mut story = Story::of(tiny());
    story.lessons(10, half);
    let sound = story.parts("lin-ts");
    let mut wild = sound.clone();
    wild.numbers.get_mut("response").unwrap().fill(1e6);
    let refused = story.version(wild, PolicyOrigin::Trained).unwrap_err();
    assert_eq!(refused.code(), "policy_unhealthy");
    for poison in [f64::NAN, f64::INFINITY, 1e308] {
        let mut parts = sound.clone();
        parts.numbers.get_mut("precision").unwrap()[0] = poison;
        parts.numbers.get_mut("response").unwrap()[0] = poison;
        let refused = story.version(parts, PolicyOrigin::Trained).unwrap_err();
        assert!(["policy_statistics", "policy_unhealthy"].contains(&refused.code()), "{refused}");
    }
    let mut other = sound.clone();
    other.numbers.remove("precision");
    let refused = story.version(other, PolicyOrigin::Trained).unwrap_err();
    assert_eq!(refused.code(), "policy_statistics");
    let none = story.version(story.parts("random"), PolicyOrigin::Saved).unwrap_err();
    assert_eq!(none.code(), "policy_without_statistics");
    assert_eq!(story.parts("lin-ts"), sound);
    assert_eq!(story.state().life(&course(), &policy("lin-ts")).unwrap().version(), 0);
}

#[test]
fn a_version_that_came_too_late_is_refused() {
    let mut story = Story::of(tiny());
    let parts = story.parts("squarecb");
    story.version(parts.clone(), PolicyOrigin::Saved).unwrap();
    story.version(parts, PolicyOrigin::Saved).unwrap();
    let made = story.journal.last().unwrap().event.clone();
    let nexus_engine::event::Event::PolicyVersioned(mut again) = made else { panic!("{made:?}") };
    let refused = story.state().admit_policy_version(&again).unwrap_err();
    let (policy, parent, current) = ("squarecb".into(), 1, 2);
    assert_eq!(refused, LifecycleRefusal::ParentReplaced { policy, parent, current }.into());
    (again.lineage.parent, again.lineage.version) = (2, 3);
    again.lineage.through = 1_000;
    assert_eq!(story.state().admit_policy_version(&again).unwrap_err().code(), "policy_ahead");
    again.lineage.through = 0;
    again.lineage.reason = " ".into();
    assert_eq!(story.state().admit_policy_version(&again), Err(Refusal::ReasonMissing));
}

#[test]
fn only_the_latest_versions_are_kept() {
    let mut story = Story::of(tiny());
    for _ in 0..LINEAGE_MAX + 3 {
        story.version(story.parts("squarecb"), PolicyOrigin::Saved).unwrap();
    }
    let life = story.state().life(&course(), &policy("squarecb")).unwrap();
    assert_eq!(life.versions.len(), LINEAGE_MAX);
    assert_eq!(life.version(), LINEAGE_MAX as u32 + 3);
}

#[test]
fn a_promoted_policy_decides_where_no_experiment_runs() {
    let mut story = Story::of(tiny());
    assert_eq!(story.decide("ada").origin.decider.policy.as_str(), "lin-ts");
    assert_eq!(story.promote("squarecb"), Ok(true));
    assert_eq!(story.promote("squarecb"), Ok(false));
    assert_eq!(story.decide("ada").origin.decider.policy.as_str(), "squarecb");
    story.terms.policy = policy("static");
    assert_eq!(story.decide("ada").origin.decider.policy.as_str(), "squarecb");
    assert_eq!(story.promote("oops").unwrap_err().code(), "unknown_policy");
    story.assert_replays();
}

#[test]
fn what_is_frozen_serves_and_does_not_learn() {
    let mut story = Story::of(tiny());
    story.lessons(10, half);
    let before = story.parts("lin-ts");
    assert_eq!(story.mode("lin-ts", Mode::Frozen), Ok(true));
    assert_eq!(story.mode("lin-ts", Mode::Frozen), Ok(false));
    let decision = story.decide("ada");
    assert_eq!(
        (decision.origin.decider.policy.as_str(), decision.choice.fallback),
        ("lin-ts", None)
    );
    story.reward(&decision, 0.9);
    story.lessons(10, |_| -0.5);
    assert_eq!(story.parts("lin-ts"), before);
    assert_eq!(story.mode("lin-ts", Mode::Live), Ok(true));
    story.lessons(1, half);
    assert_eq!(story.parts("lin-ts").counts["rewards"], before.counts["rewards"] + 1);
    story.assert_replays();
}
