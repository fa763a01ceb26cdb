//! Shadows: what they decide beside the policy that serves, and what that says of them.

use crate::room::{Room, course, policy};
use nexus_engine::decision::{Decision, Fallback};
use nexus_engine::event::Event;
use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::ids::{ExperimentId, PolicyId, VariantName};
use nexus_engine::lifecycle::learning::Learning;
use nexus_engine::lifecycle::mode::Mode;
use nexus_engine::lifecycle::shadow::{SHADOWS_MAX, ShadowWorth};

/// A third of the exercises is worth much, the others little.
fn value(decision: &Decision) -> f64 {
    match decision.chosen().activity.as_str() {
        "one" | "two" => 0.8,
        _ => -0.2,
    }
}

fn worth(room: &Room, word: &str) -> ShadowWorth {
    room.state.life(&course(), &policy(word)).unwrap().worth
}

fn decisions(room: &Room) -> Vec<Decision> {
    let made = room.journal.iter().filter_map(|entry| match &entry.event {
        Event::DecisionMade(decision) => Some((**decision).clone()),
        _ => None,
    });
    made.collect()
}

/// With four shadows and without any: the same is served, drawn from the same probabilities, and
/// the same is learned, to the bit.
#[test]
fn what_is_served_does_not_depend_on_who_decides_beside_it() {
    for default in ["lin-ts", "squarecb", "ensemble", "random"] {
        let (mut alone, mut watched) = (Room::new(), Room::new());
        (alone.default, watched.default) = (default, default);
        for word in ["logistic-ts", "linucb", "zpdes", "mastery"] {
            assert_eq!(watched.mode(word, Mode::Shadow), Ok(true));
        }
        for room in [&mut alone, &mut watched] {
            room.lessons(80, value);
            for _ in 0..250 {
                let decision = room.decide("script");
                room.reward(&decision, value(&decision));
            }
        }
        let mut shadows = 0;
        for (own, other) in decisions(&alone).into_iter().zip(decisions(&watched)) {
            shadows += other.shadows.len();
            assert!(own.shadows.is_empty());
            assert_eq!(own, Decision { shadows: Vec::new(), ..other }, "{default}");
        }
        assert!(shadows > 4 * 80, "{default}: {shadows}");
        assert_eq!(alone.parts(default), watched.parts(default));
        watched.assert_replays();
    }
}

/// Chance serves and a learner decides beside it: after each reward it knows more, and by its
/// probabilities the same rewards would have been higher. The sums are made again from the journal.
#[test]
fn a_shadow_learns_and_says_what_it_would_have_earned() {
    let mut room = Room::new();
    room.default = "random";
    room.mode("lin-ts", Mode::Shadow).unwrap();
    room.lessons(499, value);
    assert!(!worth(&room, "lin-ts").has_evidence());
    room.lessons(501, value);
    let found = worth(&room, "lin-ts");
    let made = decisions(&room);
    let (mut weights, mut squares, mut weighted, mut served) = (0.0, 0.0, 0.0, 0.0);
    for (number, decision) in made.iter().enumerate() {
        let [shadows] = &decision.shadows[..] else { panic!("{decision:?}") };
        assert_eq!((shadows.policy.as_str(), shadows.version), ("lin-ts", number as u64));
        let weight = shadows.probability.unwrap() * decision.candidates.len() as f64;
        weights += weight;
        squares += weight * weight;
        weighted += weight * value(decision);
        served += value(decision);
    }
    let close = |a: f64, b: f64| (a - b).abs() < 1e-9 * b.abs().max(1.0);
    assert_eq!((found.rewards, found.learned, found.silent), (1_000, 1_000, 0));
    assert!(close(found.inverse_propensity().unwrap(), weighted / 1_000.0), "{found:?}");
    assert!(close(found.self_normalised().unwrap(), weighted / weights), "{found:?}");
    assert!(close(found.effective_rewards(), weights * weights / squares), "{found:?}");
    assert!(close(found.served_mean().unwrap(), served / 1_000.0), "{found:?}");
    assert!(found.has_evidence());
    assert!(found.self_normalised() > found.served_mean().map(|mean| mean + 0.2), "{found:?}");
    // Its own decisions are counted apart: it made none.
    let life = room.state.life(&course(), &policy("lin-ts")).unwrap();
    assert_eq!((life.learning, life.monitor.decisions), (Learning::default(), 0));
    room.assert_replays();
}

#[test]
fn one_learner_teaches_a_shadow_two_hundred_times_a_day() {
    let mut room = Room::new();
    // It has no budget of exploration to use up, so shadows decide beside it all day.
    room.default = "random";
    room.mode("linucb", Mode::Shadow).unwrap();
    for _ in 0..1_000 {
        let decision = room.decide("script");
        room.reward(&decision, 1.0);
    }
    let found = worth(&room, "linucb");
    assert_eq!((found.rewards, found.learned, found.capped), (1_000, 200, 800));
    assert_eq!(room.parts("linucb").counts["rewards"], 200);
    room.assert_replays();
}

/// Where no policy chose by chance there is nothing to compare with.
#[test]
fn nobody_decides_beside_what_was_not_chosen() {
    let mut room = Room::new();
    room.mode("linucb", Mode::Shadow).unwrap();
    room.throw();
    let decision = room.decide("ada");
    assert_eq!((decision.fallback, decision.shadows.len()), (Some(Fallback::KillSwitch), 0));
    room.reward(&decision, 1.0);
    room.release();
    room.default = "static";
    let decision = room.decide("ada");
    assert!(decision.shadows.is_empty());
    room.reward(&decision, 1.0);
    room.default = "lin-ts";
    room.holdout = 0.1;
    let held_out = (0..200).map(|number| room.decide(&format!("l{number}")));
    let held_out: Vec<_> = held_out.filter(|decision| decision.held_out).collect();
    assert!(!held_out.is_empty() && held_out.iter().all(|decision| decision.shadows.is_empty()));
    assert_eq!(worth(&room, "linucb"), ShadowWorth::default());
    room.assert_replays();
}

/// A shadow that was made live is served and measured no more; made a shadow again, it begins anew.
#[test]
fn a_shadow_may_become_live_and_begins_anew_after_that() {
    let mut room = Room::new();
    room.mode("linucb", Mode::Shadow).unwrap();
    assert_eq!(room.mode("linucb", Mode::Shadow), Ok(false));
    let waits = room.decide("ada");
    room.lessons(20, value);
    let before = worth(&room, "linucb");
    assert_eq!(before.rewards, 20);
    assert_eq!(room.promote("linucb").unwrap_err().code(), "policy_serves");
    room.mode("linucb", Mode::Live).unwrap();
    room.reward(&waits, 1.0);
    assert_eq!(worth(&room, "linucb"), before, "it is no shadow any more");
    room.promote("linucb").unwrap();
    assert_eq!(room.decide("bob").policy, policy("linucb"));
    assert_eq!(room.mode("linucb", Mode::Shadow).unwrap_err().code(), "policy_serves");
    room.promote("lin-ts").unwrap();
    room.mode("linucb", Mode::Shadow).unwrap();
    assert_eq!(worth(&room, "linucb"), ShadowWorth::default());
    room.assert_replays();
}

#[test]
fn a_shadow_is_never_served() {
    let mut room = Room::new();
    room.mode("lin-ts", Mode::Shadow).unwrap();
    // It is the default of the node, which no event of the course says.
    assert_eq!(room.decide("ada").policy, policy("static"));
    let variant = |name: &str, policy: &str| Variant {
        name: VariantName::new(name).unwrap(),
        policy: PolicyId::new(policy).unwrap(),
        weight: 0.5,
    };
    let experiment = |treatment| ExperimentDefinition {
        id: ExperimentId::new("adaptive").unwrap(),
        version: 1,
        course: course(),
        variants: vec![variant("control", "mastery"), variant("treatment", treatment)],
        planned_learners: 100,
    };
    let admitted = room.state.admit_experiment(&experiment("lin-ts"));
    assert_eq!(admitted.unwrap_err().code(), "policy_serves");
    room.add(Event::ExperimentStarted(experiment("squarecb")));
    assert_eq!(room.mode("squarecb", Mode::Shadow).unwrap_err().code(), "policy_serves");
    for word in ["linucb", "zpdes", "random"] {
        assert_eq!(room.mode(word, Mode::Shadow), Ok(true));
    }
    assert_eq!(room.state.shadows(&course()).count(), SHADOWS_MAX);
    assert_eq!(room.mode("spaced", Mode::Shadow).unwrap_err().code(), "policy_shadows_full");
    room.assert_replays();
}
