//! The table of reward rules of `docs/rewards.md`, one test a row: a small course, a short story,
//! and what became of the decision.

mod consent;
mod declared;
mod erased;
mod explanation;
mod kill_switch;
mod probes;
mod reported;
mod schema;
mod school;

use nexus_engine::catalog::RewardDeclaration;
use nexus_engine::decision::settle::Parts;
use nexus_engine::invariants;
use nexus_engine::learner::results::Results;
use school::{RewardRoom, Settled};

/// Practice on `add-1` was chosen; the learner did it; a question on the same skill elsewhere,
/// with one question between, measures the gain.
#[test]
fn a_reward_joins_when_the_gain_is_measured() {
    let mut school = RewardRoom::new();
    let decision = school.decide("ada", "add-1");
    school.start("ada", "add-1").answer("ada", "add-1", "a1", true).complete("ada", "add-1");
    school.answer("ada", "mul-1", "m1", true);
    assert_eq!(school.outcome(&decision), Settled::Waiting);
    school.answer("ada", "add-2", "a3", true);
    let Settled::Joined(joined) = school.outcome(&decision) else { panic!("not joined") };
    let gain = joined.gain.expect("a gain was measured");
    assert_eq!(gain.source.word(), "next_question");
    assert!(gain.surprise > 0.0, "a right answer surprises upwards: {gain:?}");
    assert_eq!(joined.raw_success, Some(1.0));
    assert!(!joined.abandoned);
    nexus_engine::invariants::rwd_1(&joined).unwrap();
}

/// What `zpdes` looks at: first answers in activities, by activity and by skill; no second try.
#[test]
fn the_latest_results_are_remembered() {
    let mut school = RewardRoom::new();
    school.start("ada", "add-1").answer("ada", "add-1", "a1", false);
    school.answer_saying_attempt("ada", "add-1", "a1", true, 2);
    school.answer("ada", "add-2", "a3", true);
    let bits = |results: Results| (results.bits(), results.count());
    assert_eq!(bits(school.activity("ada", "add-1").results), (0b0, 1));
    assert_eq!(bits(school.activity("ada", "add-2").results), (0b1, 1));
    assert_eq!(bits(school.skill_results("ada", "add")), (0b01, 2));
    assert_eq!(school.state(), school.replayed());
}

/// Nothing lies between: the very next question is not independent of the activity.
#[test]
fn the_very_next_question_is_not_independent() {
    let mut school = RewardRoom::new();
    let decision = school.decide("ada", "add-1");
    school.start("ada", "add-1").complete("ada", "add-1").answer("ada", "add-2", "a3", true);
    assert_eq!(school.outcome(&decision), Settled::Waiting);
}

/// Faster than anybody reads: a guess or a script. It counts for mastery and earns nothing, and a
/// slow second try makes nothing up, because it is no first attempt.
#[test]
fn an_answer_too_fast_to_be_read_earns_nothing() {
    let mut school = RewardRoom::new();
    let decision = school.decide("ada", "add-1");
    school.duration_ms = Some(299);
    school.start("ada", "add-1").answer("ada", "add-1", "a1", true);
    school.duration_ms = Some(4_000);
    school.answer("ada", "add-1", "a1", true).complete("ada", "add-1");
    school.duration_ms = Some(299);
    school.answer("ada", "mul-1", "m1", true).answer("ada", "add-2", "a3", true);
    assert_eq!(school.outcome(&decision), Settled::Waiting, "no gain was measured");
    assert_eq!(school.shared().reports.values().next().unwrap().answers_seen.hasty, 3);
    school.pass_hours(8.0 * 24.0).sweep();
    assert_eq!(school.outcome(&decision), Settled::Closed("nothing_observed"));
    // At 300 ms the same story is worth something.
    let mut school = RewardRoom::new();
    let decision = school.decide("ada", "add-1");
    school.duration_ms = Some(300);
    school.start("ada", "add-1").answer("ada", "add-1", "a1", true).complete("ada", "add-1");
    school.answer("ada", "mul-1", "m1", true).answer("ada", "add-2", "a3", true);
    assert!(matches!(school.outcome(&decision), Settled::Joined(_)));
    assert_eq!(school.state(), school.replayed());
}

/// A later session makes even the first question independent.
#[test]
fn the_first_question_of_a_later_session_is_independent() {
    let mut school = RewardRoom::new();
    let decision = school.decide("ada", "add-1");
    school.start("ada", "add-1").complete("ada", "add-1");
    school.pass_hours(20.0).answer("ada", "add-2", "a3", false);
    let Settled::Joined(joined) = school.outcome(&decision) else { panic!("not joined") };
    assert_eq!(joined.gain.map(|gain| gain.source.word()), Some("later_session"));
    assert!(joined.gain.is_some_and(|gain| gain.surprise < 0.0));
}

/// Early: what happened before the decision belongs to nothing.
#[test]
fn an_answer_before_the_decision_is_not_its_reward() {
    let mut school = RewardRoom::new();
    school.answer("ada", "add-1", "a1", true);
    let decision = school.decide("ada", "add-1");
    school.start("ada", "add-1").complete("ada", "add-1");
    school.answer("ada", "mul-1", "m1", true).answer("ada", "add-2", "a3", true);
    let Settled::Joined(joined) = school.outcome(&decision) else { panic!("not joined") };
    assert_eq!(joined.raw_success, None, "the answer before it is not its own");
}

/// Late: after the window nothing reaches the decision, and it is missing, not zero.
#[test]
fn after_the_window_a_started_decision_without_answers_is_missing() {
    let mut school = RewardRoom::new();
    let decision = school.decide("ada", "add-1");
    school.start("ada", "add-1").complete("ada", "add-1");
    school.pass_hours(24.0 * 8.0).answer("ada", "add-2", "a3", true).sweep();
    assert_eq!(school.outcome(&decision), Settled::Closed("nothing_observed"));
}

/// Late, but something was observed inside the window: joined with that alone.
#[test]
fn after_the_window_what_was_observed_counts() {
    let mut school = RewardRoom::new();
    let decision = school.decide("ada", "add-1");
    school.start("ada", "add-1").answer("ada", "add-1", "a1", false).complete("ada", "add-1");
    school.pass_hours(24.0 * 8.0).sweep();
    let Settled::Joined(joined) = school.outcome(&decision) else { panic!("not joined") };
    assert_eq!(joined.gain, None);
    assert!(joined.success.is_some_and(|success| success < 0.0));
}

/// Never: the activity was never started.
#[test]
fn a_decision_that_was_never_started_is_missing() {
    let mut school = RewardRoom::new();
    let decision = school.decide("ada", "add-1");
    school.pass_hours(24.0 * 8.0).sweep();
    assert_eq!(school.outcome(&decision), Settled::Closed("never_started"));
}

/// Twice: a second attempt, and a second question after the gain, change nothing.
#[test]
fn only_first_attempts_and_only_one_gain_count() {
    let mut school = RewardRoom::new();
    let decision = school.decide("ada", "add-1");
    school.start("ada", "add-1").answer("ada", "add-1", "a1", false);
    school.answer("ada", "add-1", "a1", true).complete("ada", "add-1");
    school.answer("ada", "mul-1", "m1", true).answer("ada", "add-2", "a3", true);
    let Settled::Joined(joined) = school.outcome(&decision) else { panic!("not joined") };
    assert_eq!(joined.raw_success, Some(0.0), "the second attempt does not count");
    school.answer("ada", "add-2", "a4", false);
    assert_eq!(school.joined_count(&decision), 1);
}

/// Two open decisions for one activity: the newest that waits is started, the other is not.
#[test]
fn of_two_open_decisions_the_newest_is_started() {
    let mut school = RewardRoom::new();
    let older = school.decide("ada", "add-1");
    let newer = school.decide("ada", "add-1");
    school.start("ada", "add-1").answer("ada", "add-1", "a1", true).complete("ada", "add-1");
    school.answer("ada", "mul-1", "m1", true).answer("ada", "add-2", "a3", true);
    assert!(matches!(school.outcome(&newer), Settled::Joined(_)));
    assert_eq!(school.outcome(&older), Settled::Waiting);
    school.pass_hours(24.0 * 8.0).sweep();
    assert_eq!(school.outcome(&older), Settled::Closed("superseded"));
}

/// The learner did something else than advised: the advice earns nothing, and is counted.
#[test]
fn another_activity_than_the_chosen_one_earns_nothing() {
    let mut school = RewardRoom::new();
    let decision = school.decide("ada", "add-1");
    school.start("ada", "add-2").answer("ada", "add-2", "a3", true).complete("ada", "add-2");
    school.answer("ada", "mul-1", "m1", true).answer("ada", "add-2", "a4", true);
    assert_eq!(school.outcome(&decision), Settled::Waiting);
    school.pass_hours(24.0 * 8.0).sweep();
    assert_eq!(school.outcome(&decision), Settled::Closed("declined"));
    assert_eq!(school.report().closed.declined, 1);
    assert_eq!(school.policy_version(), 0, "nobody learned from it");
}

/// Who did something else first and the advised activity later, inside the window, followed the
/// advice after all.
#[test]
fn coming_back_to_the_advice_inside_its_window_follows_it() {
    let mut school = RewardRoom::new();
    let decision = school.decide("ada", "add-1");
    school.start("ada", "mul-1").answer("ada", "mul-1", "m1", true).complete("ada", "mul-1");
    school.start("ada", "add-1").answer("ada", "add-1", "a1", true).complete("ada", "add-1");
    school.answer("ada", "mul-1", "m2", true).answer("ada", "add-2", "a3", true);
    assert!(matches!(school.outcome(&decision), Settled::Joined(_)));
    assert_eq!(school.report().closed.declined, 0);
}

/// Advised twice, and the second advice was followed: the first gave way, it was not declined.
#[test]
fn older_advice_gives_way_to_the_newer_that_was_followed() {
    let mut school = RewardRoom::new();
    let older = school.decide("ada", "mul-1");
    let newer = school.decide("ada", "add-1");
    school.start("ada", "add-1").answer("ada", "add-1", "a1", true).complete("ada", "add-1");
    school.pass_hours(24.0 * 8.0).sweep();
    assert!(matches!(school.outcome(&newer), Settled::Joined(_)));
    assert_eq!(school.outcome(&older), Settled::Closed("superseded"));
}

/// Advised twice, and the first advice was followed: the learner declined the newer one.
#[test]
fn following_older_advice_declines_the_newer() {
    let mut school = RewardRoom::new();
    let older = school.decide("ada", "add-1");
    let newer = school.decide("ada", "mul-1");
    school.start("ada", "add-1").answer("ada", "add-1", "a1", true).complete("ada", "add-1");
    school.pass_hours(24.0 * 8.0).sweep();
    assert!(matches!(school.outcome(&older), Settled::Joined(_)));
    assert_eq!(school.outcome(&newer), Settled::Closed("declined"));
}

/// A start that arrives late says nothing about what the learner did with newer advice.
#[test]
fn a_late_start_declines_nothing() {
    let mut school = RewardRoom::new();
    school.start("ada", "mul-1").complete("ada", "mul-1");
    let decision = school.decide("ada", "add-1");
    school.late(1.0, |school| school.start("ada", "mul-1"));
    school.pass_hours(24.0 * 8.0).sweep();
    assert_eq!(school.outcome(&decision), Settled::Closed("never_started"));
}

/// The site never said that it showed the activity: starting it says so.
#[test]
fn an_exposure_that_is_never_confirmed_changes_no_reward() {
    let mut school = RewardRoom::new();
    let decision = school.decide("ada", "add-1");
    school.start("ada", "add-1").answer("ada", "add-1", "a1", true).complete("ada", "add-1");
    school.answer("ada", "mul-1", "m1", true).answer("ada", "add-2", "a3", true);
    let Settled::Joined(joined) = school.outcome(&decision) else { panic!("not joined") };
    assert!(joined.exposed_at.is_some(), "shown, because it was started");
    let unseen = school.decide("ada", "add-1");
    school.pass_hours(24.0 * 8.0).sweep();
    assert_eq!(school.outcome(&unseen), Settled::Closed("never_started"));
}

/// Every answer has one use, and they add up (RWD-2 is checked after every event of every story).
#[test]
fn every_answer_is_counted_by_what_it_was_used_for() {
    let mut school = RewardRoom::new();
    school.answer("ada", "add-1", "a1", true);
    assert_eq!(school.report().answers_seen.nothing, 1, "no decision waits for it");
    school.decide("bob", "add-1");
    school.start("bob", "add-1").answer("bob", "add-1", "a1", false);
    school.answer("bob", "add-1", "a1", true).complete("bob", "add-1");
    school.answer("bob", "mul-1", "m1", true).answer("bob", "add-2", "a3", true);
    let seen = school.report().answers_seen;
    let uses = (seen.inside, seen.between, seen.gain, seen.inside_and_gain, seen.nothing);
    assert_eq!(uses, (1, 1, 1, 0, 2), "the second attempt counts for nothing");
    school.decide("eve", "add-1");
    school.start("eve", "add-1").complete("eve", "add-1").answer("eve", "mul-1", "m1", true);
    school.decide("eve", "add-2");
    school.answer("eve", "add-2", "a3", true);
    let seen = school.report().answers_seen;
    assert_eq!((seen.total, seen.inside_and_gain), (7, 1));
}

/// A counter that lies is found.
#[test]
fn outcomes_that_do_not_add_up_are_found() {
    let mut school = RewardRoom::new();
    school.decide("ada", "add-1");
    let report = school.report();
    assert!(invariants::rwd_2(report, 1).is_ok());
    assert_eq!(invariants::rwd_2(report, 0).unwrap_err().id, "RWD-2");
    let mut report = report.clone();
    report.answers_seen.total += 1;
    assert!(invariants::rwd_2(&report, 1).unwrap_err().seen.contains("answers"));
}

/// Wrong learner: what another learner does never reaches the decision.
#[test]
fn another_learner_never_reaches_the_decision() {
    let mut school = RewardRoom::new();
    let decision = school.decide("ada", "add-1");
    school.start("bob", "add-1").answer("bob", "add-1", "a1", true).complete("bob", "add-1");
    school.answer("bob", "mul-1", "m1", true).answer("bob", "add-2", "a3", true);
    school.pass_hours(24.0 * 8.0).sweep();
    assert_eq!(school.outcome(&decision), Settled::Closed("never_started"));
}

/// Abandoned: leaving for another activity costs once.
#[test]
fn leaving_an_activity_is_abandoning_it() {
    let mut school = RewardRoom::new();
    let decision = school.decide("ada", "add-1");
    school.start("ada", "add-1").start("ada", "mul-1").complete("ada", "mul-1");
    school.answer("ada", "mul-1", "m1", true).answer("ada", "add-2", "a3", true);
    let Settled::Joined(joined) = school.outcome(&decision) else { panic!("not joined") };
    assert!(joined.abandoned);
    let parts = Parts {
        gain: joined.gain.map(|gain| gain.surprise),
        success: joined.success,
        cost: joined.cost,
        ..Parts::default()
    };
    let kept = RewardDeclaration::USUAL.value(&parts);
    assert!((kept.clamp(-1.0, 1.0) - joined.value - 0.5).abs() < 1e-9 || joined.value == -1.0);
}

/// A probe measures without a question in between, and only when it was asked.
#[test]
fn an_answer_that_claims_to_be_a_probe_counts_as_one_only_when_asked() {
    let mut school = RewardRoom::new();
    let decision = school.decide("ada", "add-1");
    school.start("ada", "add-1").complete("ada", "add-1");
    school.answer_as_probe("ada", "add-2", "a3", true);
    assert_eq!(school.outcome(&decision), Settled::Waiting, "nobody asked this probe");
    assert_eq!(school.probes_answered(), 0);
}

/// The bandit learns from its own rewards, and replaying the journal gives the same model.
#[test]
fn the_policy_learns_and_replays_bit_for_bit() {
    let mut school = RewardRoom::new();
    for round in 0..40 {
        let learner = format!("learner-{round}");
        school.decide(&learner, "add-1");
        school.start(&learner, "add-1").answer(&learner, "add-1", "a1", round % 3 == 0);
        school.complete(&learner, "add-1").pass_hours(20.0);
        school.answer(&learner, "add-2", "a3", round % 5 == 0);
    }
    assert_eq!(school.policy_version(), 40);
    assert!(school.replayed() == school.state());
}

/// One answer is evidence about one decision: after a page was reloaded and decided anew, the
/// newest gets it, and the older one gave way.
#[test]
fn of_two_started_decisions_only_the_newest_is_credited() {
    let mut school = RewardRoom::new();
    let older = school.decide("ada", "add-1");
    school.start("ada", "add-1");
    let newer = school.decide("ada", "add-1");
    school.start("ada", "add-1").answer("ada", "add-1", "a1", true).complete("ada", "add-1");
    school.answer("ada", "mul-1", "m1", true).answer("ada", "add-2", "a3", true);
    assert!(matches!(school.outcome(&newer), Settled::Joined(_)));
    school.pass_hours(24.0 * 8.0).sweep();
    assert_eq!(school.outcome(&older), Settled::Closed("superseded"));
}

/// Also when the older one had answers by then: advice that gave way earns nothing.
#[test]
fn what_was_answered_before_it_gave_way_earns_nothing() {
    let mut school = RewardRoom::new();
    let older = school.decide("ada", "add-1");
    school.start("ada", "add-1").answer("ada", "add-1", "a1", true);
    let newer = school.decide("ada", "add-1");
    school.start("ada", "add-1").complete("ada", "add-1");
    school.answer("ada", "mul-1", "m1", true).answer("ada", "add-2", "a3", true);
    school.pass_hours(24.0 * 8.0).sweep();
    assert_eq!(school.outcome(&older), Settled::Closed("superseded"));
    assert!(matches!(school.outcome(&newer), Settled::Joined(_)));
    assert_eq!((school.report().closed.superseded, school.policy_version()), (1, 1));
}

/// A second completion, or progress after the end, is no new round.
#[test]
fn completing_twice_is_no_second_round() {
    let mut school = RewardRoom::new();
    school.decide("ada", "add-1");
    school.start("ada", "add-1").answer("ada", "add-1", "a1", true).complete("ada", "add-1");
    school.complete("ada", "add-1");
    let entry = school.activity("ada", "add-1");
    assert_eq!((entry.starts, entry.answered), (1, 1));
}

/// What arrives late is counted, and what is open stays open.
#[test]
fn a_late_start_or_skip_does_not_abandon_what_is_running() {
    for late_skip in [false, true] {
        let mut school = RewardRoom::new();
        let decision = school.decide("ada", "add-1");
        school.start("ada", "add-1").answer("ada", "add-1", "a1", true);
        school.late(1.0, |school| match late_skip {
            true => school.skip("ada", "mul-1"),
            false => school.start("ada", "mul-1"),
        });
        school.complete("ada", "add-1").answer("ada", "mul-1", "m1", true);
        school.answer("ada", "add-2", "a3", true);
        let Settled::Joined(joined) = school.outcome(&decision) else { panic!("not joined") };
        assert!(!joined.abandoned, "late skip: {late_skip}");
    }
}

/// The site's clock may lie behind the node's: that alone makes nothing late.
#[test]
fn a_site_whose_clock_is_behind_still_earns_rewards() {
    let mut school = RewardRoom::new();
    let decision = school.decide("ada", "add-1");
    school.site_clock_behind_minutes(10.0);
    school.answer("ada", "add-1", "a1", true).complete("ada", "add-1");
    school.answer("ada", "mul-1", "m1", true).answer("ada", "add-2", "a3", true);
    assert!(matches!(school.outcome(&decision), Settled::Joined(_)));
}

/// "First" is what Nexus has seen, not what the site says.
#[test]
fn a_question_met_before_is_never_a_first_attempt() {
    let mut school = RewardRoom::new();
    school.answer("ada", "add-2", "a3", true);
    let decision = school.decide("ada", "add-1");
    school.start("ada", "add-1").complete("ada", "add-1").answer("ada", "mul-1", "m1", true);
    school.answer_saying_attempt("ada", "add-2", "a3", true, 1);
    assert_eq!(school.outcome(&decision), Settled::Waiting, "a3 was met before");
}

/// Whatever calls itself a probe opens no activity and abandons none.
#[test]
fn an_unasked_probe_does_not_abandon_what_is_running() {
    let mut school = RewardRoom::new();
    let decision = school.decide("ada", "add-1");
    school.start("ada", "add-1").answer_as_probe("ada", "mul-1", "m1", true);
    school.answer("ada", "add-1", "a1", true).complete("ada", "add-1");
    school.answer("ada", "mul-1", "m2", true).answer("ada", "add-2", "a3", true);
    let Settled::Joined(joined) = school.outcome(&decision) else { panic!("not joined") };
    assert!(!joined.abandoned);
}

/// A session that ends inside a long activity does not make the very next question independent.
#[test]
fn independence_is_counted_from_the_end_of_the_activity() {
    let mut school = RewardRoom::new();
    let decision = school.decide("ada", "add-1");
    school.start("ada", "add-1").pass_hours(1.0).complete("ada", "add-1");
    school.answer("ada", "add-2", "a3", true);
    assert_eq!(school.outcome(&decision), Settled::Waiting);
}

/// More decisions than may wait settle the oldest with what was observed.
#[test]
fn the_oldest_of_too_many_waiting_decisions_is_settled() {
    let mut school = RewardRoom::new();
    let oldest = school.decide("ada", "add-1");
    for _ in 0..nexus_engine::decision::reward::OPEN_MAX {
        assert_eq!(school.outcome(&oldest), Settled::Waiting);
        school.decide("ada", "add-1");
    }
    assert_eq!(school.outcome(&oldest), Settled::Closed("never_started"));
}
