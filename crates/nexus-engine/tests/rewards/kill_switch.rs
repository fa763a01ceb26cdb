//! While the kill switch is on, the course's own path is served, and what comes of it teaches
//! nobody; released, the policy decides and learns as before.

use crate::outcome::{Outcome, Outcomes, sums};
use nexus_engine::decision::explanation::explain;
use nexus_engine::decision::{Decision, Fallback};
use nexus_engine::event::Event;
use nexus_engine::workspace::Refusal;
use nexus_testkit::ids::experiment;
use nexus_testkit::{RIGHT, Story};

/// What a decision must be while the switch is on, or when it is not.
fn check(story: &Story, decision: &Decision, thrown: bool) {
    let course = story.state().course("sums").unwrap();
    let words = explain(course, decision).teacher;
    assert_eq!(
        decision.origin.decider.policy.as_str(),
        "lin-ts",
        "as intended, whatever is served"
    );
    assert_eq!(words.contains("because the kill switch was on"), thrown, "{words}");
    if !thrown {
        assert_eq!(decision.choice.fallback, None);
        assert!(decision.choice.candidates.len() > 1 && decision.chosen().probability < 1.0);
        assert!(words.starts_with("Policy lin-ts chose"), "{words}");
        return;
    }
    assert_eq!(decision.choice.fallback, Some(Fallback::KillSwitch));
    assert_eq!((decision.choice.candidates.len(), decision.chosen().probability), (1, 1.0));
    // A learner who has done nothing is at the beginning of the path.
    assert_eq!(decision.chosen().activity.as_str(), "add-1");
}

/// One learner's story from a decision to its joined reward.
fn earn(story: &mut Story, learner: &str) -> Outcome {
    let decision = story.would_decide(learner);
    story.keeps(&decision);
    work(story, learner, &decision);
    story.pass_hours(24.0 * 8.0).sweeps();
    story.outcome(&decision.origin.id)
}

fn work(story: &mut Story, learner: &str, decision: &Decision) {
    let activity = decision.chosen().activity.to_string();
    let question = match activity.as_str() {
        "add-1" => "a1",
        "add-2" => "a3",
        _ => "m1",
    };
    story.learner(learner).starts(&activity).answers(question, RIGHT);
    story.learner(learner).completes(&activity);
}

#[test]
fn thrown_serves_the_path_and_released_serves_the_policy() {
    for scope in [None, Some("sums")] {
        let mut story = Story::of(sums());
        check(&story, &story.clone().would_decide("ada"), false);
        story.turns_switch(scope, true);
        for learner in 0..20 {
            let decision = story.would_decide(&format!("learner-{learner}"));
            check(&story, &decision, true);
            story.keeps(&decision);
        }
        story.turns_switch(scope, false);
        check(&story, &story.clone().would_decide("ada"), false);
        story.assert_replays();
    }
}

#[test]
fn what_the_switch_served_teaches_no_policy() {
    let mut story = Story::of(sums());
    story.turns_switch(None, true);
    for learner in 0..10 {
        let settled = earn(&mut story, &format!("thrown-{learner}"));
        assert!(matches!(settled, Outcome::Joined(_)), "rewards are still measured: {settled:?}");
    }
    assert_eq!(story.policy_version(), 0, "no policy chose it");
    story.turns_switch(None, false);
    for learner in 0..10 {
        let settled = earn(&mut story, &format!("released-{learner}"));
        assert!(matches!(settled, Outcome::Joined(_)), "{settled:?}");
    }
    assert_eq!(story.policy_version(), 10);
    story.assert_replays();
}

/// A decision belongs to whoever made it: what the policy chose before the switch teaches it, and
/// what the switch served does not, even when it is released before the reward comes.
#[test]
fn what_counts_is_how_the_decision_was_made() {
    let mut story = Story::of(sums());
    let chosen = story.would_decide("before");
    story.keeps(&chosen);
    story.turns_switch(Some("sums"), true);
    let served = story.would_decide("during");
    story.keeps(&served);
    work(&mut story, "before", &chosen);
    story.turns_switch(Some("sums"), false);
    work(&mut story, "during", &served);
    story.pass_hours(24.0 * 8.0).sweeps();
    for decision in [&chosen, &served] {
        assert!(matches!(story.outcome(&decision.origin.id), Outcome::Joined(_)));
    }
    assert_eq!(story.policy_version(), 1, "the policy chose one of the two");
    story.assert_replays();
}

#[test]
fn experiments_go_on_recording_who_is_in_which_variant() {
    let mut story = Story::of(sums());
    story.enters(Event::ExperimentStarted(experiment(
        "e",
        "sums",
        &[("one", "lin-ts"), ("other", "lin-ts")],
    )));
    let before = story.would_decide("ada").origin.decider.assignment.unwrap();
    story.turns_switch(None, true);
    let decision = story.would_decide("ada");
    check(&story, &decision, true);
    assert_eq!(decision.origin.decider.assignment, Some(before));
    story.keeps(&decision);
    let decisions = |story: &Story| -> u64 {
        let state = story.state().running_experiment("sums").unwrap();
        state.tallies.iter().map(|tally| tally.decisions).sum()
    };
    assert_eq!(decisions(&story), 1);
}

#[test]
fn one_scope_does_not_release_the_other() {
    let mut story = Story::of(sums());
    story.turns_switch(None, true);
    story.turns_switch(Some("sums"), true);
    story.turns_switch(None, false);
    check(&story, &story.clone().would_decide("ada"), true);
    story.turns_switch(None, true);
    story.turns_switch(Some("sums"), false);
    check(&story, &story.clone().would_decide("ada"), true);
    story.turns_switch(None, false);
    check(&story, &story.clone().would_decide("ada"), false);
}

#[test]
fn it_is_turned_with_a_reason_and_only_where_there_is_something_to_turn() {
    let mut story = Story::of(sums());
    let admit = |story: &Story, course, thrown, reason| {
        story.state().admit_kill_switch(&story.switch(course, thrown, reason))
    };
    let unknown = Refusal::UnknownCourse { course: "none".into() };
    assert_eq!(admit(&story, Some("none"), true, "x"), Err(unknown));
    assert_eq!(admit(&story, None, true, " \n"), Err(Refusal::ReasonMissing));
    assert_eq!(admit(&story, None, false, "x"), Ok(false), "released already");
    story.turns_switch(None, true);
    assert_eq!(admit(&story, None, true, "rewards fell"), Ok(false), "on already");
    assert_eq!(admit(&story, None, true, "worse than that"), Ok(true), "a new reason is kept");
    assert_eq!(admit(&story, Some("sums"), false, "x"), Ok(false), "it has none of its own");
}
