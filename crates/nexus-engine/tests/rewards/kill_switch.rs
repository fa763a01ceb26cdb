//! While the kill switch is thrown, the course's own path is served, and what comes of it teaches
//! nobody; released, the policy decides and learns as before.

use crate::school::{RewardRoom, Settled};
use nexus_engine::decision::explanation::explain;
use nexus_engine::decision::{Decision, Fallback};
use nexus_engine::workspace::Refusal;

/// What a decision must be while the switch is thrown, or when it is not.
fn check(school: &RewardRoom, decision: &Decision, thrown: bool) {
    let course = school.shared().course("sums").unwrap();
    let words = explain(course, decision).teacher;
    assert_eq!(decision.policy.as_str(), "lin-ts", "as intended, whatever is served");
    assert_eq!(words.contains("because the kill switch was thrown"), thrown, "{words}");
    if !thrown {
        assert_eq!(decision.fallback, None);
        assert!(decision.candidates.len() > 1 && decision.chosen().probability < 1.0);
        assert!(words.starts_with("Policy lin-ts chose"), "{words}");
        return;
    }
    assert_eq!(decision.fallback, Some(Fallback::KillSwitch));
    assert_eq!((decision.candidates.len(), decision.chosen().probability), (1, 1.0));
    // A learner who has done nothing is at the beginning of the path.
    assert_eq!(decision.chosen().activity.as_str(), "add-1");
}

/// One learner's story from a decision to its joined reward.
fn earn(school: &mut RewardRoom, learner: &str) -> Settled {
    let decision = school.decide_freely(learner);
    school.keep(&decision);
    work(school, learner, &decision);
    school.pass_hours(24.0 * 8.0).sweep();
    school.outcome(&decision.id)
}

fn work(school: &mut RewardRoom, learner: &str, decision: &Decision) {
    let activity = decision.chosen().activity.to_string();
    let question = match activity.as_str() {
        "add-1" => "a1",
        "add-2" => "a3",
        _ => "m1",
    };
    school.start(learner, &activity).answer(learner, &activity, question, true);
    school.complete(learner, &activity);
}

#[test]
fn thrown_serves_the_path_and_released_serves_the_policy() {
    for scope in [None, Some("sums")] {
        let mut school = RewardRoom::new();
        check(&school, &school.clone().decide_freely("ada"), false);
        school.turn(scope, true);
        for learner in 0..20 {
            let decision = school.decide_freely(&format!("learner-{learner}"));
            check(&school, &decision, true);
            school.keep(&decision);
        }
        school.turn(scope, false);
        check(&school, &school.clone().decide_freely("ada"), false);
        assert!(school.replayed() == school.state());
    }
}

#[test]
fn what_the_switch_served_teaches_no_policy() {
    let mut school = RewardRoom::new();
    school.turn(None, true);
    for learner in 0..10 {
        let settled = earn(&mut school, &format!("thrown-{learner}"));
        assert!(matches!(settled, Settled::Joined(_)), "rewards are still measured: {settled:?}");
    }
    assert_eq!(school.policy_version(), 0, "no policy chose it");
    school.turn(None, false);
    for learner in 0..10 {
        let settled = earn(&mut school, &format!("released-{learner}"));
        assert!(matches!(settled, Settled::Joined(_)), "{settled:?}");
    }
    assert_eq!(school.policy_version(), 10);
    assert!(school.replayed() == school.state());
}

/// A decision belongs to whoever made it: what the policy chose before the switch teaches it, and
/// what the switch served does not, even when it is released before the reward comes.
#[test]
fn what_counts_is_how_the_decision_was_made() {
    let mut school = RewardRoom::new();
    let chosen = school.decide_freely("before");
    school.keep(&chosen);
    school.turn(Some("sums"), true);
    let served = school.decide_freely("during");
    school.keep(&served);
    work(&mut school, "before", &chosen);
    school.turn(Some("sums"), false);
    work(&mut school, "during", &served);
    school.pass_hours(24.0 * 8.0).sweep();
    for decision in [&chosen, &served] {
        assert!(matches!(school.outcome(&decision.id), Settled::Joined(_)));
    }
    assert_eq!(school.policy_version(), 1, "the policy chose one of the two");
    assert!(school.replayed() == school.state());
}

#[test]
fn experiments_go_on_recording_who_is_in_which_variant() {
    let mut school = RewardRoom::new();
    school.experiment();
    let before = school.decide_freely("ada").assignment.unwrap();
    school.turn(None, true);
    let decision = school.decide_freely("ada");
    check(&school, &decision, true);
    assert_eq!(decision.assignment, Some(before));
    school.keep(&decision);
    let decisions = |school: &RewardRoom| -> u64 {
        let state = school.shared().running_experiment("sums").unwrap();
        state.tallies.iter().map(|tally| tally.decisions).sum()
    };
    assert_eq!(decisions(&school), 1);
}

#[test]
fn one_scope_does_not_release_the_other() {
    let mut school = RewardRoom::new();
    school.turn(None, true);
    school.turn(Some("sums"), true);
    school.turn(None, false);
    check(&school, &school.clone().decide_freely("ada"), true);
    school.turn(None, true);
    school.turn(Some("sums"), false);
    check(&school, &school.clone().decide_freely("ada"), true);
    school.turn(None, false);
    check(&school, &school.clone().decide_freely("ada"), false);
}

#[test]
fn it_is_turned_with_a_reason_and_only_where_there_is_something_to_turn() {
    let mut school = RewardRoom::new();
    let admit = |school: &RewardRoom, course, thrown, reason| {
        school.shared().admit_kill_switch(&school.turned(course, thrown, reason))
    };
    let unknown = Refusal::UnknownCourse { course: "none".into() };
    assert_eq!(admit(&school, Some("none"), true, "x"), Err(unknown));
    assert_eq!(admit(&school, None, true, " \n"), Err(Refusal::ReasonMissing));
    assert_eq!(admit(&school, None, false, "x"), Ok(false), "released already");
    school.turn(None, true);
    assert_eq!(admit(&school, None, true, "rewards fell"), Ok(false), "thrown already");
    assert_eq!(admit(&school, None, true, "worse than that"), Ok(true), "a new reason is kept");
    assert_eq!(admit(&school, Some("sums"), false, "x"), Ok(false), "it has none of its own");
}
