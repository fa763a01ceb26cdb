//! The permanent holdout: who is in it, what they get, and what is told of them.

use crate::scientist::{Scientist, course};
use nexus_engine::decision::Fallback;
use nexus_engine::decision::exploration::{DAY_MAX, Withheld};
use nexus_engine::event::Event;
use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::ids::{ExperimentId, LearnerId, PolicyId, VariantName};
use nexus_engine::learner::window::WindowCounter;
use nexus_engine::lifecycle::holdout::{HoldoutPolicy, HoldoutSet, is_held_out};
use nexus_engine::time::DAY_MICROS;
use nexus_testkit::{Story, tiny};

/// Learners who are held out at a share, and learners who are not.
fn groups(share: f64) -> (Vec<String>, Vec<String>) {
    let all = (0..400).map(|number| format!("learner-{number}"));
    all.partition(|who| is_held_out(&course(), &LearnerId::new(who).unwrap(), share))
}

#[test]
fn who_is_held_out_gets_any_eligible_activity_with_equal_chances_for_ever() {
    let mut story = Story::of(tiny());
    story.terms.holdout_share = 0.1;
    let (held_out, others) = groups(0.1);
    assert!(held_out.len() > 20 && others.len() > 300);
    for who in held_out.iter().chain(&others[..50]) {
        for _ in 0..2 {
            let decision = story.decide(who);
            let is_held_out = held_out.contains(who);
            assert_eq!(decision.origin.decider.held_out, is_held_out);
            if is_held_out {
                assert_eq!(decision.origin.decider.policy.as_str(), "random");
                let equal = 1.0 / decision.choice.candidates.len() as f64;
                let all = decision.choice.candidates.iter();
                assert!(all.map(|it| it.probability).all(|p| (p - equal).abs() < 1e-12));
            }
            story.reward(&decision, if is_held_out { -0.25 } else { 0.25 });
        }
    }
    // Neither a promotion nor a teacher's pin changes who is held out; nobody learns from them.
    story.promote("squarecb").unwrap();
    assert!(story.decide(&held_out[0]).origin.decider.held_out);
    let tally = &story.state().lives[&course()].groups;
    assert_eq!(tally.held_out.rewards.n, 2 * held_out.len() as u64);
    assert_eq!(
        (tally.held_out.rewards.mean(), tally.others.rewards.mean()),
        (Some(-0.25), Some(0.25))
    );
    assert_eq!(tally.held_out.decisions, 2 * held_out.len() as u64 + 1);
    assert_eq!(story.parts("lin-ts").counts["rewards"], 100);
    story.assert_replays();
}

#[test]
fn unless_chance_is_asked_for_who_is_held_out_gets_the_course_s_own_path() {
    let mut story = Story::of(tiny());
    story.terms.holdout_share = 0.1;
    story.terms.holdout_policy = HoldoutPolicy::default();
    let (held_out, others) = groups(0.1);
    for who in held_out.iter().chain(&others[..20]) {
        let decision = story.decide(who);
        let is_held_out = held_out.contains(who);
        assert_eq!(decision.origin.decider.held_out, is_held_out);
        if is_held_out {
            assert_eq!(decision.origin.decider.policy.as_str(), "static");
            assert_eq!(decision.choice.candidates.len(), 1, "the next activity on the path");
        }
        story.reward(&decision, 0.25);
    }
    assert_eq!(story.parts("lin-ts").counts["rewards"], 20, "nothing is learned from them");
    story.assert_replays();
}

#[test]
fn who_is_held_out_takes_no_part_in_an_experiment() {
    let mut story = Story::of(tiny());
    story.terms.holdout_share = 0.1;
    let variant = |name: &str, policy: &str| Variant {
        name: VariantName::new(name).unwrap(),
        policy: PolicyId::new(policy).unwrap(),
        weight: 0.5,
    };
    let definition = ExperimentDefinition {
        id: ExperimentId::new("adaptive").unwrap(),
        version: 1,
        course: course(),
        variants: vec![variant("control", "mastery"), variant("treatment", "lin-ts")],
        planned_learners: 100,
        leaves_out_moved: true,
    };
    story.enters(Event::ExperimentStarted(definition));
    let (held_out, others) = groups(0.1);
    for who in held_out.iter().take(10) {
        assert_eq!(story.decide(who).origin.decider.assignment, None);
    }
    for who in others.iter().take(10) {
        assert!(story.decide(who).origin.decider.assignment.is_some());
    }
    // While it runs, nobody moves between a variant and the holdout.
    let set = HoldoutSet {
        course: course(),
        share: 0.05,
        reason: "fewer".into(),
        by: "the scientist".into(),
    };
    assert_eq!(story.state().admit_holdout(&set).unwrap_err().code(), "experiment_running");
}

/// Without consent a learner who is held out gets the first of equals: no uniform treatment. And
/// whoever withholds it may differ, so the others are counted without them too.
#[test]
fn those_without_consent_are_counted_apart() {
    let mut story = Story::of(tiny());
    story.terms.holdout_share = 0.1;
    let (held_out, others) = groups(0.1);
    for (place, who) in held_out[..20].iter().chain(&others[..20]).enumerate() {
        let consents = place % 2 == 0;
        if !consents {
            story.learner(who).consents(false);
        }
        let decision = story.decide(who);
        assert_eq!(decision.choice.without_consent(), !consents);
        story.reward(&decision, if consents { 0.25 } else { -0.75 });
    }
    let tally = story.state().lives[&course()].groups.clone();
    for (group, mean) in [
        (&tally.held_out, 0.25),
        (&tally.others, 0.25),
        (&tally.held_out_without_consent, -0.75),
        (&tally.others_without_consent, -0.75),
    ] {
        assert_eq!((group.decisions, group.rewards.n), (10, 10), "{tally:?}");
        assert_eq!(group.rewards.mean(), Some(mean));
    }
    // What is said later moves nothing that was counted, and holds from the next decision on.
    story.learner(&held_out[1]).consents(true);
    let decision = story.decide(&held_out[1]);
    story.reward(&decision, 0.25);
    assert_eq!(story.state().lives[&course()].groups.held_out.decisions, 11);
    story.assert_replays();
}

/// A day of much exploration in other courses uses up a budget; those held out keep their chance.
#[test]
fn no_budget_takes_chance_from_those_held_out() {
    let mut story = Story::of(tiny());
    story.terms.holdout_share = 0.1;
    let (held_out, others) = groups(0.1);
    for (who, withheld) in [(&held_out[0], None), (&others[0], Some(Withheld::DayBudget))] {
        story.decide(who);
        let learner = story.fold.learners.get_mut(&LearnerId::new(who).unwrap()).unwrap();
        let window = story.now.0.div_euclid(DAY_MICROS);
        learner.explored = WindowCounter { window, count: DAY_MAX };
        let decision = story.decide(who);
        assert_eq!(
            (decision.choice.withheld, decision.origin.decider.held_out),
            (withheld, withheld.is_none())
        );
    }
}

#[test]
fn the_share_of_a_course_can_be_set_and_the_kill_switch_holds_for_all() {
    let mut story = Story::of(tiny());
    story.terms.holdout_share = 0.1;
    let (held_out, _) = groups(0.1);
    story.turns_switch(Some("sums"), true);
    let decision = story.decide(&held_out[0]);
    assert_eq!(decision.choice.fallback, Some(Fallback::KillSwitch));
    story.turns_switch(Some("sums"), false);
    let set = |share, reason: &str| HoldoutSet {
        course: course(),
        share,
        reason: reason.into(),
        by: "the scientist".into(),
    };
    for share in [-0.01, 0.11, f64::NAN, f64::INFINITY] {
        assert_eq!(
            story.state().admit_holdout(&set(share, "x")).unwrap_err().code(),
            "holdout_share"
        );
    }
    assert!(story.state().admit_holdout(&set(0.0, " ")).is_err());
    assert_eq!(story.state().admit_holdout(&set(0.0, "a small class")), Ok(true));
    story.enters(Event::HoldoutSet(set(0.0, "a small class")));
    assert_eq!(story.state().admit_holdout(&set(0.0, "again")), Ok(false));
    assert!(!story.decide(&held_out[0]).origin.decider.held_out);
    story.assert_replays();
}
