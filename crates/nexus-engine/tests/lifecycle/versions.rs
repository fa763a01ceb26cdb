//! Versions of statistics, promotions, and what is frozen.

use crate::room::{Room, course, policy};
use nexus_engine::decision::Decision;
use nexus_engine::lifecycle::LifecycleRefusal;
use nexus_engine::lifecycle::mode::Mode;
use nexus_engine::lifecycle::version::{LINEAGE_MAX, PolicyOrigin};
use nexus_engine::workspace::Refusal;

fn half(_: &Decision) -> f64 {
    0.5
}

#[test]
fn a_rollback_decides_as_the_saved_version_did() {
    let mut room = Room::new();
    room.lessons(30, half);
    let saved = room.parts("lin-ts");
    room.version(saved.clone(), PolicyOrigin::Saved).unwrap();
    assert_eq!(room.parts("lin-ts"), saved, "saving changes nothing");
    room.lessons(30, |_| -0.9);
    assert_ne!(room.parts("lin-ts"), saved);
    room.version(saved.clone(), PolicyOrigin::Restored { version: 1 }).unwrap();
    assert_eq!(room.parts("lin-ts"), saved);
    room.lessons(5, half);
    let life = room.state.life(&course(), &policy("lin-ts")).unwrap();
    let lineage = |position: usize| &life.versions[position].lineage;
    assert_eq!((lineage(0).version, lineage(0).parent), (1, 0));
    assert_eq!((lineage(1).version, lineage(1).parent), (2, 1));
    assert_eq!(lineage(1).origin, PolicyOrigin::Restored { version: 1 });
    assert!(lineage(1).through > lineage(0).through);
    room.assert_replays();
}

/// Who was to be compared keeps learning on top of what was published.
#[test]
fn statistics_made_elsewhere_take_the_place_of_what_serves() {
    let mut room = Room::new();
    room.lessons(10, half);
    let mut made = room.parts("lin-ts");
    made.counts.insert("rewards".into(), 7_000);
    made.numbers.get_mut("response").unwrap()[1] = 2.0;
    room.version(made.clone(), PolicyOrigin::Trained).unwrap();
    let decision = room.decide("ada");
    assert_eq!(decision.policy_version, 7_000);
    room.reward(&decision, 0.25);
    assert_eq!(room.parts("lin-ts").counts["rewards"], 7_001);
    room.assert_replays();
}

#[test]
fn sick_and_foreign_statistics_are_never_swapped_in() {
    let mut room = Room::new();
    room.lessons(10, half);
    let sound = room.parts("lin-ts");
    let mut wild = sound.clone();
    wild.numbers.get_mut("response").unwrap().fill(1e6);
    let refused = room.version(wild, PolicyOrigin::Trained).unwrap_err();
    assert_eq!(refused.code(), "policy_unhealthy");
    for poison in [f64::NAN, f64::INFINITY, 1e308] {
        let mut parts = sound.clone();
        parts.numbers.get_mut("precision").unwrap()[0] = poison;
        parts.numbers.get_mut("response").unwrap()[0] = poison;
        let refused = room.version(parts, PolicyOrigin::Trained).unwrap_err();
        assert!(["policy_statistics", "policy_unhealthy"].contains(&refused.code()), "{refused}");
    }
    let mut other = sound.clone();
    other.numbers.remove("precision");
    let refused = room.version(other, PolicyOrigin::Trained).unwrap_err();
    assert_eq!(refused.code(), "policy_statistics");
    let none = room.version(room.parts("random"), PolicyOrigin::Saved).unwrap_err();
    assert_eq!(none.code(), "policy_without_statistics");
    assert_eq!(room.parts("lin-ts"), sound);
    assert_eq!(room.state.life(&course(), &policy("lin-ts")).unwrap().version(), 0);
}

#[test]
fn a_version_that_came_too_late_is_refused() {
    let mut room = Room::new();
    let parts = room.parts("linucb");
    room.version(parts.clone(), PolicyOrigin::Saved).unwrap();
    room.version(parts, PolicyOrigin::Saved).unwrap();
    let made = room.journal.last().unwrap().event.clone();
    let nexus_engine::event::Event::PolicyVersioned(mut again) = made else { panic!("{made:?}") };
    let refused = room.state.admit_policy_version(&again).unwrap_err();
    let (policy, parent, current) = ("linucb".into(), 1, 2);
    assert_eq!(refused, LifecycleRefusal::ParentReplaced { policy, parent, current }.into());
    (again.lineage.parent, again.lineage.version) = (2, 3);
    again.lineage.through = 1_000;
    assert_eq!(room.state.admit_policy_version(&again).unwrap_err().code(), "policy_ahead");
    again.lineage.through = 0;
    again.lineage.reason = " ".into();
    assert_eq!(room.state.admit_policy_version(&again), Err(Refusal::ReasonMissing));
}

#[test]
fn only_the_latest_versions_are_kept() {
    let mut room = Room::new();
    for _ in 0..LINEAGE_MAX + 3 {
        room.version(room.parts("linucb"), PolicyOrigin::Saved).unwrap();
    }
    let life = room.state.life(&course(), &policy("linucb")).unwrap();
    assert_eq!(life.versions.len(), LINEAGE_MAX);
    assert_eq!(life.version(), LINEAGE_MAX as u32 + 3);
}

#[test]
fn a_promoted_policy_decides_where_no_experiment_runs() {
    let mut room = Room::new();
    assert_eq!(room.decide("ada").policy.as_str(), "lin-ts");
    assert_eq!(room.promote("squarecb"), Ok(true));
    assert_eq!(room.promote("squarecb"), Ok(false));
    assert_eq!(room.decide("ada").policy.as_str(), "squarecb");
    room.default = "static";
    assert_eq!(room.decide("ada").policy.as_str(), "squarecb");
    assert_eq!(room.promote("oops").unwrap_err().code(), "unknown_policy");
    room.assert_replays();
}

#[test]
fn what_is_frozen_serves_and_does_not_learn() {
    let mut room = Room::new();
    room.lessons(10, half);
    let before = room.parts("lin-ts");
    assert_eq!(room.mode("lin-ts", Mode::Frozen), Ok(true));
    assert_eq!(room.mode("lin-ts", Mode::Frozen), Ok(false));
    let decision = room.decide("ada");
    assert_eq!((decision.policy.as_str(), decision.fallback), ("lin-ts", None));
    room.reward(&decision, 0.9);
    room.lessons(10, |_| -0.5);
    assert_eq!(room.parts("lin-ts"), before);
    assert_eq!(room.mode("lin-ts", Mode::Live), Ok(true));
    room.lessons(1, half);
    assert_eq!(room.parts("lin-ts").counts["rewards"], before.counts["rewards"] + 1);
    room.assert_replays();
}
