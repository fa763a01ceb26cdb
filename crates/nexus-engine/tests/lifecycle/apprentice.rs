//! Apprentices: who serves in their place, what is compared, and how they come to serve.

use crate::scientist::{Scientist, course, policy};
use nexus_engine::decision::{Decision, Fallback};
use nexus_engine::event::Event;
use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::ids::{ExperimentId, PolicyId, VariantName};
use nexus_engine::lifecycle::apprentice::{
    Apprentice, Apprenticeship, Batch, Graduation, LEARNED_MIN, Verdict,
};
use nexus_engine::lifecycle::mode::Mode;
use nexus_engine::lifecycle::version::PolicyOrigin;
use nexus_engine::policy::linear_model::LinearModel;
use nexus_engine::policy::registry::PolicyState;
use nexus_testkit::{Story, tiny};

fn terms(baseline: &str, graduation: Graduation) -> Apprenticeship {
    let baseline = policy(baseline);
    Apprenticeship { baseline, decisions: 100, learners: 10, graduation, ..<_>::default() }
}

fn known(story: &Story, word: &str) -> Apprentice {
    story.state().life(&course(), &policy(word)).unwrap().apprentice.clone().unwrap()
}

fn mode(story: &Story, word: &str) -> Mode {
    story.state().mode(&course(), &policy(word))
}

fn value(decision: &Decision) -> f64 {
    match decision.chosen().activity.as_str() {
        "one" | "two" => 0.8,
        _ => -0.2,
    }
}

fn decisions(story: &Story) -> Vec<Decision> {
    let made = story.journal.iter().filter_map(|entry| match &entry.event {
        Event::DecisionMade(decision) => Some((**decision).clone()),
        _ => None,
    });
    made.collect()
}

/// The same lessons with the baseline alone and in the place of an apprentice: what is served, its
/// probabilities and what the baseline learns are the same to the bit.
#[test]
fn what_is_served_is_the_baselines() {
    for baseline in ["static", "mastery", "zpdes", "squarecb"] {
        let (mut alone, mut taught) = (Story::of(tiny()), Story::of(tiny()));
        alone.terms.policy = policy(baseline);
        taught.apprentice("lin-ts", terms(baseline, Graduation::Asked)).unwrap();
        for story in [&mut alone, &mut taught] {
            story.lessons(150, value);
            for _ in 0..30 {
                let decision = story.decide("ada");
                story.reward(&decision, value(&decision));
            }
        }
        for (own, other) in decisions(&alone).into_iter().zip(decisions(&taught)) {
            let imitation = other.apprentice.as_ref().expect("the apprentice looked on");
            assert_eq!(imitation.policy, policy("lin-ts"));
            assert_eq!(own, Decision { apprentice: None, ..other }, "{baseline}");
        }
        assert_eq!(alone.parts(baseline), taught.parts(baseline));
        // It learned from every row of the baseline's, and its monitor has nothing of its own.
        assert_eq!(known(&taught, "lin-ts").learned, 180, "{baseline}");
        assert_eq!(taught.parts("lin-ts").counts["rewards"], 180, "{baseline}");
        let life = taught.state().life(&course(), &policy("lin-ts")).unwrap();
        assert_eq!((life.monitor.decisions, life.learning.learned), (0, 0));
        taught.assert_replays();
    }
}

/// The path is served with probability 1 and without a floor: no other policy can be estimated
/// from it, and nothing claims so.
#[test]
fn a_path_leaves_nothing_to_chance_and_no_estimate_is_made_of_it() {
    let mut story = Story::of(tiny());
    story.mode("squarecb", Mode::Shadow).unwrap();
    story.apprentice("lin-ts", terms("static", Graduation::Asked)).unwrap();
    story.lessons(50, value);
    for decision in decisions(&story) {
        assert_eq!(
            (decision.origin.decider.policy.as_str(), decision.choice.floor),
            ("static", 0.0)
        );
        assert_eq!(decision.chosen().probability, 1.0);
        assert!(decision.apprentice.is_some() && decision.origin.shadows.is_empty());
    }
    let worth = story.state().life(&course(), &policy("lin-ts")).unwrap().worth;
    assert_eq!(worth.rewards, 0);
}

/// `mastery` takes what comes first on the path while nothing is mastered, as the path itself does.
/// Two batches in a row must agree: one of newcomers sees only the first decisions of each, where
/// many policies walk the path.
#[test]
fn it_serves_by_itself_as_soon_as_two_batches_agree() {
    let mut story = Story::of(tiny());
    story.terms.policy = policy("mastery");
    story.apprentice("mastery", terms("static", Graduation::Itself)).unwrap();
    story.lessons(99, value);
    assert_eq!((mode(&story, "mastery"), known(&story, "mastery").last), (Mode::Apprentice, None));
    story.lessons(100, value);
    let batch = Batch { decisions: 100, agreed: 100, learners: 100, ..Batch::default() };
    assert_eq!(known(&story, "mastery").last, Some((batch, Verdict::Agrees)));
    assert_eq!(mode(&story, "mastery"), Mode::Apprentice);
    story.lessons(1, value);
    let journaled = story.journal.iter().find_map(|entry| match &entry.event {
        Event::PolicyGraduated(graduated) => Some((entry.seq, graduated)),
        _ => None,
    });
    let (seq, graduated) = journaled.expect("it is journaled");
    assert_eq!((&graduated.policy, &graduated.baseline), (&policy("mastery"), &policy("static")));
    assert_eq!((graduated.batch, graduated.by.as_str()), (batch, "nexus"));
    assert_eq!(mode(&story, "mastery"), Mode::Live);
    assert_eq!(known(&story, "mastery").graduated.map(|(seq, _)| seq), Some(seq));
    let decision = story.decide("ada");
    assert_eq!((decision.origin.decider.policy.as_str(), decision.apprentice), ("mastery", None));
    story.assert_replays();
}

#[test]
fn it_waits_for_somebody_when_it_is_to_be_asked() {
    let mut story = Story::of(tiny());
    story.terms.policy = policy("mastery");
    story.apprentice("mastery", terms("static", Graduation::Asked)).unwrap();
    story.lessons(250, value);
    let found = known(&story, "mastery");
    assert_eq!((found.batches, found.batch.decisions), (2, 50));
    assert_eq!((found.verdict(), found.graduated), (Some(Verdict::Ready), None));
    assert_eq!(story.decide("ada").origin.decider.policy, policy("static"), "nobody said yes");
    assert_eq!(story.mode("mastery", Mode::Live), Ok(true));
    assert_eq!(story.decide("ada").origin.decider.policy, policy("mastery"));
    story.assert_replays();
}

/// A baseline that gives the benefit of the doubt, and a policy that goes by the path.
#[test]
fn it_goes_on_learning_while_it_differs() {
    let mut story = Story::of(tiny());
    story.terms.policy = policy("mastery");
    story.apprentice("mastery", terms("squarecb", Graduation::Itself)).unwrap();
    story.lessons(400, |decision| -value(decision));
    let (last, verdict) = known(&story, "mastery").last.unwrap();
    assert_eq!((verdict, last.decisions), (Verdict::Differs, 100));
    assert!(last.agreement().unwrap() < 0.8, "{last:?}");
    assert_eq!(mode(&story, "mastery"), Mode::Apprentice);
    assert_eq!(story.decide("ada").origin.decider.policy, policy("squarecb"));
    story.assert_replays();
}

/// Of a learner without results all is as good to `zpdes`: it prefers nothing, so nobody can agree
/// or disagree with it.
#[test]
fn what_a_baseline_does_not_prefer_is_counted_beside() {
    let mut story = Story::of(tiny());
    story.terms.policy = policy("mastery");
    story.apprentice("mastery", terms("zpdes", Graduation::Itself)).unwrap();
    for number in 0..150 {
        let imitation = story.decide(&format!("l{number}")).apprentice.unwrap();
        assert!(!imitation.in_reach && !imitation.agreed && imitation.preferred.is_some());
    }
    let batch = known(&story, "mastery").batch;
    assert_eq!((batch.decisions, batch.out_of_reach), (0, 150));
    story.assert_replays();
}

/// Ten learners at least: nobody has more than ten of a hundred decisions.
#[test]
fn one_busy_learner_is_no_batch() {
    let mut story = Story::of(tiny());
    story.terms.policy = policy("mastery");
    story.apprentice("mastery", terms("static", Graduation::Itself)).unwrap();
    for _ in 0..300 {
        story.decide("script");
    }
    let batch = known(&story, "mastery").batch;
    assert_eq!((batch.decisions, batch.learners), (10, 1));
    story.lessons(90, value);
    let (last, _) = known(&story, "mastery").last.unwrap();
    assert_eq!((last.decisions, last.learners), (100, 91));
    // The second batch has newcomers alone.
    story.lessons(100, value);
    assert_eq!(mode(&story, "mastery"), Mode::Live);
    story.assert_replays();
}

/// What a policy prefers before its hundredth reward says nothing of what it will prefer.
#[test]
fn what_was_never_taught_is_not_compared() {
    let mut story = Story::of(tiny());
    story.terms.policy = policy("squarecb");
    story.apprentice("squarecb", terms("static", Graduation::Itself)).unwrap();
    for number in 0..300 {
        assert!(story.decide(&format!("l{number}")).apprentice.is_some());
    }
    assert_eq!(known(&story, "squarecb").batch, Batch::default());
    story.lessons(LEARNED_MIN, value);
    assert_eq!(known(&story, "squarecb").batch, Batch::default());
    story.lessons(1, value);
    assert_eq!(known(&story, "squarecb").batch.decisions, 1);
    story.assert_replays();
}

#[test]
fn what_no_policy_chose_is_not_compared() {
    let mut story = Story::of(tiny());
    story.terms.policy = policy("mastery");
    story.apprentice("mastery", terms("static", Graduation::Itself)).unwrap();
    story.turns_switch(Some("sums"), true);
    let decision = story.decide("ada");
    assert_eq!((decision.choice.fallback, decision.apprentice), (Some(Fallback::KillSwitch), None));
    story.turns_switch(Some("sums"), false);
    story.terms.holdout_share = 0.1;
    let made: Vec<_> = (0..200).map(|number| story.decide(&format!("l{number}"))).collect();
    let (held_out, others): (Vec<_>, Vec<_>) =
        made.into_iter().partition(|it| it.origin.decider.held_out);
    assert!(held_out.len() > 5 && held_out.iter().all(|it| it.apprentice.is_none()));
    assert!(
        others
            .iter()
            .all(|it| it.apprentice.is_some() || it.origin.decider.policy == policy("mastery"))
    );
    story.assert_replays();
}

/// Chance has no part in the comparison, so those count who withhold consent to it.
#[test]
fn a_learner_without_consent_is_compared_all_the_same() {
    let mut story = Story::of(tiny());
    story.terms.policy = policy("lin-ts");
    story.apprentice("lin-ts", terms("mastery", Graduation::Asked)).unwrap();
    story.learner("ada").consents(false);
    let decision = story.decide("ada");
    assert!(decision.choice.withheld.is_some());
    let imitation = decision.apprentice.clone().unwrap();
    assert!(imitation.choices > 1 && imitation.preferred.is_some(), "{imitation:?}");
    story.reward(&decision, 0.5);
    assert_eq!(known(&story, "lin-ts").learned, 1);
    story.assert_replays();
}

/// What gives no distribution agrees with nobody; what fails the health check does not serve.
#[test]
fn what_is_broken_never_graduates() {
    let mut story = Story::of(tiny());
    story.apprentice("lin-ts", terms("static", Graduation::Itself)).unwrap();
    story.lessons(LEARNED_MIN, value);
    let narrow = PolicyState::fresh("lin-ts").unwrap().with_model(LinearModel::new(3).unwrap());
    let mut parts = narrow.parts();
    parts.counts.insert("rewards".into(), 500);
    let narrow = PolicyState::from_parts(&parts).unwrap();
    story.fold.shared.policies.insert((course(), policy("lin-ts")), narrow);
    story.lessons(100, value);
    let (last, verdict) = known(&story, "lin-ts").last.unwrap();
    assert_eq!((last.undecided, last.agreed), (100, 0));
    assert_eq!(verdict, Verdict::Differs);
    assert_eq!(story.decide("ada").origin.decider.policy, policy("static"));
}

/// All estimates are equal, and it is far too sure of them: it takes the first of equals, so it agrees.
#[test]
fn what_agrees_and_is_unhealthy_waits() {
    let mut story = Story::of(tiny());
    story.terms.policy = policy("lin-ts");
    story.apprentice("lin-ts", terms("static", Graduation::Itself)).unwrap();
    let mut parts = story.parts("lin-ts");
    parts.counts.insert("rewards".into(), 500);
    parts.numbers.get_mut("precision").unwrap().iter_mut().for_each(|entry| *entry *= 1e300);
    let wild = PolicyState::from_parts(&parts).unwrap();
    story.fold.shared.policies.insert((course(), policy("lin-ts")), wild);
    for number in 0..100 {
        assert!(story.decide(&format!("l{number}")).apprentice.unwrap().agreed);
    }
    assert_eq!(known(&story, "lin-ts").verdict(), Some(Verdict::Unhealthy));
    assert_eq!(mode(&story, "lin-ts"), Mode::Apprentice);
}

#[test]
fn who_may_be_an_apprentice_and_on_which_terms() {
    let mut story = Story::of(tiny());
    let usual = || terms("static", Graduation::Asked);
    let code = |story: &mut Story, word: &str, terms: Apprenticeship| {
        story.apprentice(word, terms).unwrap_err().code()
    };
    for word in ["random", "static"] {
        assert_eq!(code(&mut story, word, usual()), "policy_no_apprentice", "{word}");
    }
    for baseline in ["random", "lin-ts"] {
        let terms = terms(baseline, Graduation::Asked);
        assert_eq!(code(&mut story, "lin-ts", terms), "policy_no_baseline", "{baseline}");
    }
    let unknown = Apprenticeship { baseline: PolicyId::new("oops").unwrap(), ..usual() };
    assert_eq!(code(&mut story, "lin-ts", unknown), "unknown_policy");
    for wrong in [
        Apprenticeship { agreement: 0.4, ..usual() },
        Apprenticeship { decisions: 99, ..usual() },
        Apprenticeship { learners: 101, ..usual() },
    ] {
        assert_eq!(code(&mut story, "lin-ts", wrong), "apprentice_terms");
    }
    assert_eq!(story.apprentice("lin-ts", terms("mastery", Graduation::Asked)), Ok(true));
    assert_eq!(story.apprentice("lin-ts", terms("mastery", Graduation::Asked)), Ok(false));
    // Its baseline must go on deciding, and no apprentice stands in for another.
    assert_eq!(story.mode("mastery", Mode::Shadow).unwrap_err().code(), "policy_serves");
    assert_eq!(code(&mut story, "mastery", usual()), "apprentice_serves");
    let chain = terms("lin-ts", Graduation::Asked);
    assert_eq!(code(&mut story, "squarecb", chain), "policy_no_baseline");
    story.assert_replays();
}

/// Other terms begin anew; promoted, an apprentice goes on as one.
#[test]
fn other_terms_begin_anew() {
    let mut story = Story::of(tiny());
    story.terms.policy = policy("static");
    story.apprentice("mastery", terms("squarecb", Graduation::Asked)).unwrap();
    assert_eq!(
        story.decide("ada").origin.decider.policy,
        policy("static"),
        "it is not the one who would serve"
    );
    assert_eq!(story.promote("mastery"), Ok(true));
    story.lessons(120, value);
    assert_eq!(known(&story, "mastery").batches, 1);
    assert_eq!(story.decide("ada").origin.decider.policy, policy("squarecb"));
    assert_eq!(story.apprentice("mastery", terms("static", Graduation::Asked)), Ok(true));
    let found = known(&story, "mastery");
    assert_eq!((found.batches, found.batch, found.last), (0, Batch::default(), None));
    story.assert_replays();
}

/// A batch is of one model: what is published or restored begins it anew, what is saved does not,
/// and what an apprentice showed that serves by now stays.
#[test]
fn another_model_is_compared_anew() {
    let mut story = Story::of(tiny());
    story.terms.policy = policy("squarecb");
    story.apprentice("squarecb", terms("static", Graduation::Asked)).unwrap();
    story.lessons(LEARNED_MIN, value);
    let saved = story.parts("squarecb");
    for origin in [PolicyOrigin::Trained, PolicyOrigin::Restored { version: 1 }] {
        story.lessons(150, value);
        let before = known(&story, "squarecb");
        assert!(before.last.is_some() && before.batch.decisions == 50, "{before:?}");
        story.version(saved.clone(), PolicyOrigin::Saved).unwrap();
        assert_eq!(known(&story, "squarecb"), before);
        story.version(saved.clone(), origin).unwrap();
        let (began, learned) = (story.journal.len() as u64, before.learned);
        let found = known(&story, "squarecb");
        assert_eq!((found.batch, found.last), (Batch::default(), None));
        assert_eq!((found.began, found.batches, found.learned), (began, before.batches, learned));
    }
    story.lessons(150, value);
    story.mode("squarecb", Mode::Live).unwrap();
    let before = known(&story, "squarecb");
    story.version(saved, PolicyOrigin::Trained).unwrap();
    assert_eq!(known(&story, "squarecb"), before);
    story.assert_replays();
}

/// What became of the rewards of decisions made in its place adds up, also of those that come when
/// it serves itself.
#[test]
fn every_reward_of_its_decisions_is_counted() {
    let mut story = Story::of(tiny());
    story.apprentice("lin-ts", terms("static", Graduation::Asked)).unwrap();
    let made: Vec<_> = (0..5).map(|number| story.decide(&format!("l{number}"))).collect();
    story.reward(&made[0], 0.5);
    story.reward(&made[1], f64::NAN);
    for _ in 0..300 {
        let decision = story.decide("script");
        story.reward(&decision, 0.5);
    }
    story.mode("lin-ts", Mode::Frozen).unwrap();
    story.reward(&made[2], 0.5);
    story.mode("lin-ts", Mode::Live).unwrap();
    let parts = story.parts("lin-ts");
    story.reward(&made[3], 0.5);
    let found = known(&story, "lin-ts");
    let counted = (found.learned, found.refused, found.capped, found.after);
    assert_eq!(counted, (201, 1, 100, 2));
    assert_eq!(story.parts("lin-ts"), parts);
    story.assert_replays();
}

#[test]
fn an_experiment_has_no_apprentice_as_a_side() {
    let mut story = Story::of(tiny());
    let variant = |name: &str, word: &str| Variant {
        name: VariantName::new(name).unwrap(),
        policy: policy(word),
        weight: 0.5,
    };
    let experiment = |treatment| ExperimentDefinition {
        id: ExperimentId::new("adaptive").unwrap(),
        version: 1,
        course: course(),
        variants: vec![variant("control", "static"), variant("treatment", treatment)],
        planned_learners: 100,
        leaves_out_moved: true,
    };
    story.apprentice("lin-ts", terms("mastery", Graduation::Itself)).unwrap();
    let refused = story.state().admit_experiment(&experiment("lin-ts")).unwrap_err();
    assert_eq!(refused.code(), "apprentice_serves");
    // Its baseline may be one; and while it runs, nothing is compared.
    assert_eq!(story.state().admit_experiment(&experiment("mastery")), Ok(()));
    story.enters(Event::ExperimentStarted(experiment("squarecb")));
    let refused = story.apprentice("squarecb", terms("static", Graduation::Asked)).unwrap_err();
    assert_eq!(refused.code(), "apprentice_serves");
    assert_eq!(story.decide("ada").apprentice, None);
    story.assert_replays();
}
