//! Shadows: what they decide beside the policy that serves, and what that says of them.

use crate::scientist::{Scientist, course, policy};
use nexus_engine::decision::{Decision, Fallback};
use nexus_engine::event::Event;
use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::ids::{ExperimentId, PolicyId, VariantName};
use nexus_engine::lifecycle::learning::Learning;
use nexus_engine::lifecycle::mode::Mode;
use nexus_engine::lifecycle::shadow::{SHADOWS_MAX, ShadowWorth};
use nexus_testkit::{Story, tiny};

/// A third of the exercises is worth much, the others little.
fn value(decision: &Decision) -> f64 {
    match decision.chosen().activity.as_str() {
        "one" | "two" => 0.8,
        _ => -0.2,
    }
}

fn worth(story: &Story, word: &str) -> ShadowWorth {
    story.state().life(&course(), &policy(word)).unwrap().worth
}

fn decisions(story: &Story) -> Vec<Decision> {
    let made = story.journal.iter().filter_map(|entry| match &entry.event {
        Event::DecisionMade(decision) => Some((**decision).clone()),
        _ => None,
    });
    made.collect()
}

/// With four shadows and without any: the same is served, drawn from the same probabilities, and
/// the same is learned, to the bit.
#[test]
fn what_is_served_does_not_depend_on_who_decides_beside_it() {
    for default in ["lin-ts", "squarecb", "random"] {
        let (mut alone, mut watched) = (Story::of(tiny()), Story::of(tiny()));
        (alone.terms.policy, watched.terms.policy) = (policy(default), policy(default));
        let others = ["lin-ts", "squarecb", "zpdes", "mastery", "spaced"];
        for word in others.into_iter().filter(|word| *word != default).take(4) {
            assert_eq!(watched.mode(word, Mode::Shadow), Ok(true));
        }
        for story in [&mut alone, &mut watched] {
            story.lessons(80, value);
            for _ in 0..250 {
                let decision = story.decide("script");
                story.reward(&decision, value(&decision));
            }
        }
        let mut shadows = 0;
        for (own, mut other) in decisions(&alone).into_iter().zip(decisions(&watched)) {
            shadows += other.origin.shadows.len();
            assert!(own.origin.shadows.is_empty());
            other.origin.shadows.clear();
            assert_eq!(own, other, "{default}");
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
    let mut story = Story::of(tiny());
    story.terms.policy = policy("random");
    story.mode("lin-ts", Mode::Shadow).unwrap();
    story.lessons(499, value);
    assert!(!worth(&story, "lin-ts").has_evidence());
    story.lessons(501, value);
    let found = worth(&story, "lin-ts");
    let made = decisions(&story);
    let (mut weights, mut squares, mut weighted, mut served) = (0.0, 0.0, 0.0, 0.0);
    for (number, decision) in made.iter().enumerate() {
        let [shadows] = &decision.origin.shadows[..] else { panic!("{decision:?}") };
        assert_eq!((shadows.policy.as_str(), shadows.version), ("lin-ts", number as u64));
        let weight = shadows.probability.unwrap() * decision.choice.candidates.len() as f64;
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
    let life = story.state().life(&course(), &policy("lin-ts")).unwrap();
    assert_eq!((life.learning, life.monitor.decisions), (Learning::default(), 0));
    story.assert_replays();
}

#[test]
fn one_learner_teaches_a_shadow_two_hundred_times_a_day() {
    let mut story = Story::of(tiny());
    // It has no budget of exploration to use up, so shadows decide beside it all day.
    story.terms.policy = policy("random");
    story.mode("squarecb", Mode::Shadow).unwrap();
    for _ in 0..1_000 {
        let decision = story.decide("script");
        story.reward(&decision, 1.0);
    }
    let found = worth(&story, "squarecb");
    assert_eq!((found.rewards, found.learned, found.capped), (1_000, 200, 800));
    assert_eq!(story.parts("squarecb").counts["rewards"], 200);
    story.assert_replays();
}

/// Where no policy chose by chance there is nothing to compare with.
#[test]
fn nobody_decides_beside_what_was_not_chosen() {
    let mut story = Story::of(tiny());
    story.mode("squarecb", Mode::Shadow).unwrap();
    story.turns_switch(Some("sums"), true);
    let decision = story.decide("ada");
    assert_eq!(
        (decision.choice.fallback, decision.origin.shadows.len()),
        (Some(Fallback::KillSwitch), 0)
    );
    story.reward(&decision, 1.0);
    story.turns_switch(Some("sums"), false);
    story.terms.policy = policy("static");
    let decision = story.decide("ada");
    assert!(decision.origin.shadows.is_empty());
    story.reward(&decision, 1.0);
    story.terms.policy = policy("lin-ts");
    story.terms.holdout_share = 0.1;
    let held_out = (0..200).map(|number| story.decide(&format!("l{number}")));
    let held_out: Vec<_> = held_out.filter(|decision| decision.origin.decider.held_out).collect();
    assert!(
        !held_out.is_empty() && held_out.iter().all(|decision| decision.origin.shadows.is_empty())
    );
    assert_eq!(worth(&story, "squarecb"), ShadowWorth::default());
    story.assert_replays();
}

/// A shadow that was made live is served and measured no more; made a shadow again, it begins anew.
#[test]
fn a_shadow_may_become_live_and_begins_anew_after_that() {
    let mut story = Story::of(tiny());
    story.mode("squarecb", Mode::Shadow).unwrap();
    assert_eq!(story.mode("squarecb", Mode::Shadow), Ok(false));
    let waits = story.decide("ada");
    story.lessons(20, value);
    let before = worth(&story, "squarecb");
    assert_eq!(before.rewards, 20);
    assert_eq!(story.promote("squarecb").unwrap_err().code(), "policy_serves");
    story.mode("squarecb", Mode::Live).unwrap();
    story.reward(&waits, 1.0);
    assert_eq!(worth(&story, "squarecb"), before, "it is no shadow any more");
    story.promote("squarecb").unwrap();
    assert_eq!(story.decide("bob").origin.decider.policy, policy("squarecb"));
    assert_eq!(story.mode("squarecb", Mode::Shadow).unwrap_err().code(), "policy_serves");
    story.promote("lin-ts").unwrap();
    story.mode("squarecb", Mode::Shadow).unwrap();
    assert_eq!(worth(&story, "squarecb"), ShadowWorth::default());
    story.assert_replays();
}

#[test]
fn a_shadow_is_never_served() {
    let mut story = Story::of(tiny());
    story.mode("lin-ts", Mode::Shadow).unwrap();
    // It is the default of the node, which no event of the course says.
    assert_eq!(story.decide("ada").origin.decider.policy, policy("static"));
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
        leaves_out_moved: true,
    };
    let admitted = story.state().admit_experiment(&experiment("lin-ts"));
    assert_eq!(admitted.unwrap_err().code(), "policy_serves");
    story.enters(Event::ExperimentStarted(experiment("squarecb")));
    assert_eq!(story.mode("squarecb", Mode::Shadow).unwrap_err().code(), "policy_serves");
    for word in ["pace", "zpdes", "random"] {
        assert_eq!(story.mode(word, Mode::Shadow), Ok(true));
    }
    assert_eq!(story.state().shadows(&course()).count(), SHADOWS_MAX);
    assert_eq!(story.mode("spaced", Mode::Shadow).unwrap_err().code(), "policy_shadows_full");
    story.assert_replays();
}
