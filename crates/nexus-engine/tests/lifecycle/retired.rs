//! Policies that left the product: nothing new may name them, and what old journals say of them
//! still folds.

use crate::scientist::{Scientist, course};
use nexus_engine::event::Event;
use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::ids::{DecisionId, ExperimentId, LearnerId, PolicyId, VariantName};
use nexus_engine::invariants;
use nexus_engine::lifecycle::apprentice::{Apprenticeship, Graduation};
use nexus_engine::lifecycle::mode::{Mode, PolicyModeSet};
use nexus_engine::lifecycle::promotion::{PolicyPromoted, Proof};
use nexus_engine::policy::retired::RetiredKind;
use nexus_engine::seed::Seed;
use nexus_engine::strategy::{
    StrategyAssigned, StrategyGain, StrategyOutcome, StrategyRewarded, StrategySet, bandit,
};
use nexus_engine::time::DAY_MICROS;
use nexus_engine::workspace::LearnerState;
use nexus_testkit::{Story, tiny};

fn gain(right: u32, before: f64) -> StrategyGain {
    StrategyGain { probes: 6, right, before }
}

/// An entry of an old journal, which nothing may add to a journal today.
fn old_mode(story: &mut Story, word: &str, mode: Mode, apprentice: Option<Apprenticeship>) {
    story.enters(Event::PolicyModeSet(PolicyModeSet {
        course: course(),
        policy: PolicyId::new(word).unwrap(),
        mode,
        apprentice,
        reason: "it was so".into(),
        by: "the scientist".into(),
    }));
}

fn old_promotion(story: &mut Story, word: &str) {
    story.enters(Event::PolicyPromoted(PolicyPromoted {
        course: course(),
        policy: PolicyId::new(word).unwrap(),
        share: 1.0,
        proof: Proof::None,
        reason: "it was so".into(),
        by: "the scientist".into(),
    }));
}

/// A strategy is assigned, as old journals have it, and probes say what came of it.
fn taught(story: &mut Story, who: &str, gain: StrategyGain) {
    let learner = LearnerId::new(who).unwrap();
    let fresh = LearnerState::new(learner.clone());
    let progress = story.fold.learners.get(&learner).unwrap_or(&fresh).courses.get(&course());
    let before = progress.and_then(|progress| progress.strategy.as_deref());
    let (set, bandit) = (StrategySet::default(), story.state().strategy_bandit(&course()).unwrap());
    let seed = Seed(story.state().head);
    let position = seed.stream("position").below(16) as usize;
    let assigned = StrategyAssigned {
        id: DecisionId::new(&format!("strategy-{}", story.state().head)).unwrap(),
        learner: learner.clone(),
        course: course(),
        course_version: 1,
        assigned_at: story.now,
        window_ends_at: story.now.plus_micros(14 * DAY_MICROS),
        seed,
        assignment: None,
        period: before.map_or(0, |strategy| strategy.period) + 1,
        set: set.identity(),
        bandit_version: bandit.version(),
        floor: bandit::FLOOR,
        probabilities: bandit.distribute(&mut seed.stream("strategy")),
        position,
        strategy: set.strategies()[position],
        expected_success: 0.5,
        before: fresh.belief,
    };
    assert!(invariants::str_1(&assigned).is_ok(), "{assigned:?}");
    let rewarded = StrategyRewarded {
        learner,
        course: course(),
        assigned: assigned.id.clone(),
        settled_at: story.now,
        set: assigned.set,
        position: position as u32,
        propensity: assigned.propensity(),
        outcome: StrategyOutcome::Measured(gain),
    };
    story.enters(Event::StrategyAssigned(Box::new(assigned)));
    assert_eq!(story.state().pending_strategies.len(), 1);
    story.enters(Event::StrategyRewarded(Box::new(rewarded)));
    assert!(story.state().pending_strategies.is_empty());
}

/// Gains that were measured, and those that the bandit learned from.
fn learned(story: &Story) -> (u64, u64) {
    let known = &story.state().strategies[&course()];
    assert_eq!((known.pending(), known.missing), (0, 0));
    (known.rewarded, known.bandit.version())
}

#[test]
fn nothing_new_may_name_a_retired_policy() {
    let mut story = Story::of(tiny());
    for kind in RetiredKind::ALL {
        let word = kind.word();
        for mode in Mode::ALL {
            assert_eq!(story.mode(word, mode).unwrap_err().code(), "policy_retired", "{word}");
        }
        let refused = story.promote(word).unwrap_err();
        assert_eq!(refused.code(), "policy_retired");
        assert!(refused.to_string().contains(kind.successor().word()), "{refused}");
        let baseline =
            Apprenticeship { baseline: PolicyId::new(word).unwrap(), ..Apprenticeship::default() };
        assert_eq!(story.apprentice("lin-ts", baseline).unwrap_err().code(), "policy_retired");
        let refused = story.state().admit_experiment(&experiment(word)).unwrap_err();
        assert_eq!(refused.code(), "policy_retired");
    }
}

fn experiment(word: &str) -> ExperimentDefinition {
    let variant = |name: &str, policy: &str| Variant {
        name: VariantName::new(name).unwrap(),
        policy: PolicyId::new(policy).unwrap(),
        weight: 0.5,
    };
    ExperimentDefinition {
        id: ExperimentId::new("old").unwrap(),
        version: 1,
        course: course(),
        variants: vec![variant("control", "lin-ts"), variant("treatment", word)],
        planned_learners: 100,
        leaves_out_moved: true,
    }
}

/// The course's own path is served wherever an old journal names a retired policy: promoted, as a
/// side of an experiment, and as a baseline. As a shadow or an apprentice it is ignored.
#[test]
fn where_an_old_journal_names_a_retired_policy_the_path_is_served() {
    for kind in RetiredKind::ALL {
        let word = kind.word();
        let mut story = Story::of(tiny());
        old_promotion(&mut story, word);
        let decision = story.decide("ada");
        assert_eq!(decision.origin.decider.policy.as_str(), "static");
        assert_eq!((decision.chosen().probability, decision.choice.fallback), (1.0, None));

        let mut story = Story::of(tiny());
        old_mode(&mut story, word, Mode::Shadow, None);
        let decision = story.decide("ada");
        assert_eq!(decision.origin.decider.policy.as_str(), "lin-ts");
        assert!(decision.origin.shadows.is_empty());

        let mut story = Story::of(tiny());
        let terms = |baseline: &str| Apprenticeship {
            baseline: PolicyId::new(baseline).unwrap(),
            graduation: Graduation::Itself,
            ..Apprenticeship::default()
        };
        old_mode(&mut story, word, Mode::Apprentice, Some(terms("mastery")));
        old_promotion(&mut story, word);
        let decision = story.decide("ada");
        assert_eq!(
            (decision.origin.decider.policy.as_str(), decision.apprentice),
            ("static", None)
        );
        old_promotion(&mut story, "lin-ts");
        old_mode(&mut story, "lin-ts", Mode::Apprentice, Some(terms(word)));
        let decision = story.decide("bob");
        assert_eq!(decision.origin.decider.policy.as_str(), "static");
        assert_eq!(decision.apprentice.unwrap().policy.as_str(), "lin-ts");

        let mut story = Story::of(tiny());
        story.enters(Event::ExperimentStarted(experiment(word)));
        let mut sides = [0, 0];
        for number in 0..40 {
            let decision = story.decide(&format!("l{number}"));
            let treated =
                decision.origin.decider.assignment.unwrap().variant.as_str() == "treatment";
            assert_eq!(
                decision.origin.decider.policy.as_str(),
                if treated { "static" } else { "lin-ts" }
            );
            sides[usize::from(treated)] += 1;
        }
        assert!(sides[0] > 5 && sides[1] > 5, "{sides:?}");
        story.assert_replays();
    }
}

#[test]
fn a_frozen_policys_plans_learn_nothing() {
    let mut story = Story::of(tiny());
    taught(&mut story, "ada", gain(5, 0.5));
    assert_eq!(learned(&story), (1, 1));
    old_mode(&mut story, "strategic", Mode::Frozen, None);
    let before = story.state().strategies[&course()].bandit.clone();
    (0..5).for_each(|number| taught(&mut story, &format!("l{number}"), gain(6, 0.2)));
    assert_eq!(learned(&story), (6, 1), "measured, and not learned from");
    assert_eq!(story.state().strategies[&course()].bandit, before);
    old_mode(&mut story, "strategic", Mode::Live, None);
    taught(&mut story, "bob", gain(1, 0.5));
    assert_eq!(learned(&story), (7, 2));
    story.assert_replays();
}

/// What is learned once is not learned twice: later strategies gain less, so gains are counted of first
/// ones alone.
#[test]
fn gains_are_those_of_first_plans() {
    let mut story = Story::of(tiny());
    for number in 0..300_u32 {
        taught(&mut story, &format!("l{number}"), gain(4 + number % 3, 0.5));
    }
    for number in 0..300_u32 {
        taught(&mut story, &format!("l{number}"), gain(3 + number % 3, 0.8));
    }
    let known = &story.state().strategies[&course()];
    let counted = known.gains.recent.len() as u64 + known.gains.before.n;
    assert_eq!((known.rewarded, counted), (600, 300));
    story.assert_replays();
}

/// A strategy that still waits when the policy is retired is rewarded all the same.
#[test]
fn a_plan_that_waits_is_settled_when_its_window_ends() {
    let mut story = Story::of(tiny());
    let learner = LearnerId::new("ada").unwrap();
    let (set, bandit) = (StrategySet::default(), story.state().strategy_bandit(&course()).unwrap());
    let ends_at = story.now.plus_micros(14 * DAY_MICROS);
    story.enters(Event::StrategyAssigned(Box::new(StrategyAssigned {
        id: DecisionId::new("strategy").unwrap(),
        learner: learner.clone(),
        course: course(),
        course_version: 1,
        assigned_at: story.now,
        window_ends_at: ends_at,
        seed: Seed(1),
        assignment: None,
        period: 1,
        set: set.identity(),
        bandit_version: 0,
        floor: bandit::FLOOR,
        probabilities: bandit.distribute(&mut Seed(1).stream("strategy")),
        position: 3,
        strategy: set.strategies()[3],
        expected_success: 0.5,
        before: LearnerState::new(learner.clone()).belief,
    })));
    assert_eq!(story.state().next_window_end(), Some(ends_at));
    let settle = |story: &Story, at| {
        let progress = &story.fold.learners[&learner].courses[&course()];
        story.state().settle(&learner, &course(), progress, at)
    };
    assert_eq!(settle(&story, ends_at.plus_micros(-1)), []);
    let settled = settle(&story, ends_at);
    let [Event::StrategyRewarded(rewarded)] = settled.as_slice() else { panic!("{settled:?}") };
    assert_eq!(rewarded.outcome, StrategyOutcome::TooFewProbes);
    settled.into_iter().for_each(|event| story.enters(event));
    let known = &story.state().strategies[&course()];
    assert_eq!((known.assigned, known.missing, known.pending()), (1, 1, 0));
    assert_eq!(story.state().next_window_end(), None);
    story.assert_replays();
}
