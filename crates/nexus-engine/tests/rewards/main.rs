//! The reward rules of `docs/rewards.md`: a small course, a short story, and what became of the
//! decision.

mod consent;
mod declared;
mod erased;
mod explanation;
mod kill_switch;
mod outcome;
mod probes;
mod reported;
mod schema;
mod test_learners;

use nexus_engine::catalog::RewardDeclaration;
use nexus_engine::decision::attribution::Attribution;
use nexus_engine::decision::reward::OpenDecision;
use nexus_engine::decision::settle::Parts;
use nexus_engine::event::Action;
use nexus_engine::ids::DecisionId;
use nexus_engine::invariants;
use nexus_engine::learner::results::Results;
use nexus_engine::workspace::protocol::{Command, CommandAnswer};
use nexus_engine::workspace::{Proposal, ProposedAction};
use nexus_testkit::ids::{activity_id, decision_id, event_id};
use nexus_testkit::said;
use nexus_testkit::{RIGHT, Story, WRONG};
use outcome::{Outcome, Outcomes, mixed_sums, sums};

/// Practice on `add-1` was chosen; the learner did it; a question on the same skill elsewhere,
/// with one question between, measures the gain.
#[test]
fn a_reward_joins_when_the_gain_is_measured() {
    let mut story = Story::of(sums());
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").answers("a1", RIGHT).completes("add-1");
    story.learner("ada").answers("m1", RIGHT);
    assert_eq!(story.outcome(&decision), Outcome::Waiting);
    story.learner("ada").answers("a3", RIGHT);
    let Outcome::Joined(joined) = story.outcome(&decision) else { panic!("not joined") };
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
    let mut story = Story::of(sums());
    story.learner("ada").starts("add-1").answers("a1", WRONG);
    story.learner("ada").answers_attempt("a1", RIGHT, 2);
    story.learner("ada").answers("a3", RIGHT);
    let bits = |results: Results| (results.bits(), results.count());
    assert_eq!(bits(story.activity("ada", "add-1").results), (0b0, 1));
    assert_eq!(bits(story.activity("ada", "add-2").results), (0b1, 1));
    assert_eq!(bits(story.skill_results("ada", "add")), (0b01, 2));
    story.assert_replays();
}

/// Nothing lies between: the very next question is not independent of the activity.
#[test]
fn the_very_next_question_is_not_independent() {
    let mut story = Story::of(sums());
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").completes("add-1").answers("a3", RIGHT);
    assert_eq!(story.outcome(&decision), Outcome::Waiting);
}

/// Faster than anybody reads: a guess or a script. It counts for mastery and earns nothing, and a
/// slow second try makes nothing up, because it is no first attempt.
#[test]
fn an_answer_too_fast_to_be_read_earns_nothing() {
    let mut story = Story::of(sums());
    let decision = story.learner("ada").decides_for("add-1");
    story.duration_ms = Some(299);
    story.learner("ada").starts("add-1").answers("a1", RIGHT);
    story.duration_ms = Some(4_000);
    story.learner("ada").answers("a1", RIGHT).completes("add-1");
    story.duration_ms = Some(299);
    story.learner("ada").answers("m1", RIGHT).answers("a3", RIGHT);
    assert_eq!(story.outcome(&decision), Outcome::Waiting, "no gain was measured");
    assert_eq!(story.state().reports.values().next().unwrap().answers_seen.hasty, 3);
    story.pass_hours(8.0 * 24.0).sweeps();
    assert_eq!(story.outcome(&decision), Outcome::Closed("nothing_observed"));
    // At 300 ms the same story is worth something.
    let mut story = Story::of(sums());
    let decision = story.learner("ada").decides_for("add-1");
    story.duration_ms = Some(300);
    story.learner("ada").starts("add-1").answers("a1", RIGHT).completes("add-1");
    story.learner("ada").answers("m1", RIGHT).answers("a3", RIGHT);
    assert!(matches!(story.outcome(&decision), Outcome::Joined(_)));
    story.assert_replays();
}

/// A later session makes even the first question independent.
#[test]
fn the_first_question_of_a_later_session_is_independent() {
    let mut story = Story::of(sums());
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").completes("add-1");
    story.pass_hours(20.0).learner("ada").answers("a3", WRONG);
    let Outcome::Joined(joined) = story.outcome(&decision) else { panic!("not joined") };
    assert_eq!(joined.gain.map(|gain| gain.source.word()), Some("later_session"));
    assert!(joined.gain.is_some_and(|gain| gain.surprise < 0.0));
}

/// Early: what happened before the decision belongs to nothing.
#[test]
fn an_answer_before_the_decision_is_not_its_reward() {
    let mut story = Story::of(sums());
    story.learner("ada").answers("a1", RIGHT);
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").completes("add-1");
    story.learner("ada").answers("m1", RIGHT).answers("a3", RIGHT);
    let Outcome::Joined(joined) = story.outcome(&decision) else { panic!("not joined") };
    assert_eq!(joined.raw_success, None, "the answer before it is not its own");
}

/// Late: after the window nothing reaches the decision, and it is missing, not zero.
#[test]
fn after_the_window_a_started_decision_without_answers_is_missing() {
    let mut story = Story::of(sums());
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").completes("add-1");
    story.pass_hours(24.0 * 8.0).learner("ada").answers("a3", RIGHT).sweeps();
    assert_eq!(story.outcome(&decision), Outcome::Closed("nothing_observed"));
}

/// Late, but something was observed inside the window: joined with that alone.
#[test]
fn after_the_window_what_was_observed_counts() {
    let mut story = Story::of(sums());
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").answers("a1", WRONG).completes("add-1");
    story.pass_hours(24.0 * 8.0).sweeps();
    let Outcome::Joined(joined) = story.outcome(&decision) else { panic!("not joined") };
    assert_eq!(joined.gain, None);
    assert!(joined.success.is_some_and(|success| success < 0.0));
}

/// Never: the activity was never started.
#[test]
fn a_decision_that_was_never_started_is_missing() {
    let mut story = Story::of(sums());
    let decision = story.learner("ada").decides_for("add-1");
    story.pass_hours(24.0 * 8.0).sweeps();
    assert_eq!(story.outcome(&decision), Outcome::Closed("never_started"));
}

/// Twice: a second attempt, and a second question after the gain, change nothing.
#[test]
fn only_first_attempts_and_only_one_gain_count() {
    let mut story = Story::of(sums());
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").answers("a1", WRONG);
    story.learner("ada").answers("a1", RIGHT).completes("add-1");
    story.learner("ada").answers("m1", RIGHT).answers("a3", RIGHT);
    let Outcome::Joined(joined) = story.outcome(&decision) else { panic!("not joined") };
    assert_eq!(joined.raw_success, Some(0.0), "the second attempt does not count");
    story.learner("ada").answers("a4", WRONG);
    assert_eq!(story.joined_count(&decision), 1);
}

/// Two open decisions for one activity: the newest that waits is started, the other is not.
#[test]
fn of_two_open_decisions_the_newest_is_started() {
    let mut story = Story::of(sums());
    let older = story.learner("ada").decides_for("add-1");
    let newer = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").answers("a1", RIGHT).completes("add-1");
    story.learner("ada").answers("m1", RIGHT).answers("a3", RIGHT);
    assert!(matches!(story.outcome(&newer), Outcome::Joined(_)));
    assert_eq!(story.outcome(&older), Outcome::Waiting);
    story.pass_hours(24.0 * 8.0).sweeps();
    assert_eq!(story.outcome(&older), Outcome::Closed("superseded"));
}

/// What becomes of an event of Ada's that names a decision.
fn named(story: &mut Story, decision: &DecisionId, action: ProposedAction) -> Attribution {
    story.pass_minutes(1.0);
    let id = event_id(&format!("named-{}", story.journal.len()));
    let decision = Some(decision.clone());
    let proposal = Proposal { decision, ..said::proposal("ada", "sums", action) };
    match story.handles(Command::Record { id, proposal }) {
        Ok(CommandAnswer::Recorded { attribution, .. }) => attribution,
        other => panic!("not recorded: {other:?}"),
    }
}

/// Ada's decisions that wait.
fn waiting_of(story: &Story) -> &[OpenDecision] {
    &story.fold.learners["ada"].courses["sums"].decisions.open
}

/// A start in the name of a decision that does not wait for it is late, and starts no decision.
#[test]
fn a_start_in_a_wrong_name_is_late_and_starts_nothing() {
    let mut story = Story::of(sums());
    let waiting = story.learner("ada").decides_for("add-1");
    let other = story.learner("ada").decides_for("mul-1");
    let starts =
        || ProposedAction::Plain(Action::ActivityStarted { activity: activity_id("add-1") });
    for wrong in [&decision_id("unknown"), &other] {
        assert_eq!(named(&mut story, wrong, starts()), Attribution::Late);
    }
    let open = waiting_of(&story);
    assert!(open.iter().all(|open| open.run.started_at.is_none()), "{open:?}");
    assert_eq!(named(&mut story, &waiting, starts()), Attribution::Joined);
    assert_eq!(story.report().late, 2);
}

/// An answer finds its decision by the activity. One that names a settled decision is late, and
/// counts for the decision that waits; an unknown name inside an activity changes nothing.
#[test]
fn an_answer_finds_its_decision_without_the_name() {
    let mut story = Story::of(sums());
    let settled = story.learner("ada").decides_for("mul-1");
    story.learner("ada").starts("mul-1").answers("m1", RIGHT).completes("mul-1");
    story.pass_hours(24.0 * 8.0).sweeps();
    assert_eq!(story.joined_count(&settled), 1);
    let waiting = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1");
    let answers = |question| ProposedAction::Answered(said::answer(question, RIGHT));
    assert_eq!(named(&mut story, &settled, answers("a1")), Attribution::Late);
    let unknown = decision_id("unknown");
    assert_eq!(named(&mut story, &unknown, answers("a2")), Attribution::None);
    let open = waiting_of(&story);
    assert_eq!((&open[0].origin.id, open[0].observed.answers), (&waiting, 2));
    assert_eq!((story.joined_count(&settled), story.report().late), (1, 1));
    story.assert_replays();
}

/// The learner did something else than advised: the advice earns nothing, and is counted.
#[test]
fn another_activity_than_the_chosen_one_earns_nothing() {
    let mut story = Story::of(sums());
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-2").answers("a3", RIGHT).completes("add-2");
    story.learner("ada").answers("m1", RIGHT).answers("a4", RIGHT);
    assert_eq!(story.outcome(&decision), Outcome::Waiting);
    story.pass_hours(24.0 * 8.0).sweeps();
    assert_eq!(story.outcome(&decision), Outcome::Closed("declined"));
    assert_eq!(story.report().closed.declined, 1);
    assert_eq!(story.policy_version(), 0, "nobody learned from it");
}

/// Who did something else first and the advised activity later, inside the window, followed the
/// advice after all.
#[test]
fn coming_back_to_the_advice_inside_its_window_follows_it() {
    let mut story = Story::of(sums());
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("mul-1").answers("m1", RIGHT).completes("mul-1");
    story.learner("ada").starts("add-1").answers("a1", RIGHT).completes("add-1");
    story.learner("ada").answers("m2", RIGHT).answers("a3", RIGHT);
    assert!(matches!(story.outcome(&decision), Outcome::Joined(_)));
    assert_eq!(story.report().closed.declined, 0);
}

/// Advised twice, and the second advice was followed: the first gave way, it was not declined.
#[test]
fn older_advice_gives_way_to_the_newer_that_was_followed() {
    let mut story = Story::of(sums());
    let older = story.learner("ada").decides_for("mul-1");
    let newer = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").answers("a1", RIGHT).completes("add-1");
    story.pass_hours(24.0 * 8.0).sweeps();
    assert!(matches!(story.outcome(&newer), Outcome::Joined(_)));
    assert_eq!(story.outcome(&older), Outcome::Closed("superseded"));
}

/// Advised twice, and the first advice was followed: the learner declined the newer one.
#[test]
fn following_older_advice_declines_the_newer() {
    let mut story = Story::of(sums());
    let older = story.learner("ada").decides_for("add-1");
    let newer = story.learner("ada").decides_for("mul-1");
    story.learner("ada").starts("add-1").answers("a1", RIGHT).completes("add-1");
    story.pass_hours(24.0 * 8.0).sweeps();
    assert!(matches!(story.outcome(&older), Outcome::Joined(_)));
    assert_eq!(story.outcome(&newer), Outcome::Closed("declined"));
}

/// A start that arrives late says nothing about what the learner did with newer advice.
#[test]
fn a_late_start_declines_nothing() {
    let mut story = Story::of(sums());
    story.learner("ada").starts("mul-1").completes("mul-1");
    let decision = story.learner("ada").decides_for("add-1");
    story.late(1.0, |story| {
        story.learner("ada").starts("mul-1");
    });
    story.pass_hours(24.0 * 8.0).sweeps();
    assert_eq!(story.outcome(&decision), Outcome::Closed("never_started"));
}

/// The site never said that it showed the activity: starting it says so.
#[test]
fn an_exposure_that_is_never_confirmed_changes_no_reward() {
    let mut story = Story::of(sums());
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").answers("a1", RIGHT).completes("add-1");
    story.learner("ada").answers("m1", RIGHT).answers("a3", RIGHT);
    let Outcome::Joined(joined) = story.outcome(&decision) else { panic!("not joined") };
    assert!(joined.exposed_at.is_some(), "shown, because it was started");
    let unseen = story.learner("ada").decides_for("add-1");
    story.pass_hours(24.0 * 8.0).sweeps();
    assert_eq!(story.outcome(&unseen), Outcome::Closed("never_started"));
}

/// Every answer has one use, and they add up (RWD-2 is checked after every event of every story).
#[test]
fn every_answer_is_counted_by_what_it_was_used_for() {
    let mut story = Story::of(sums());
    story.learner("ada").answers("a1", RIGHT);
    assert_eq!(story.report().answers_seen.nothing, 1, "no decision waits for it");
    story.learner("bob").decides_for("add-1");
    story.learner("bob").starts("add-1").answers("a1", WRONG);
    story.learner("bob").answers("a1", RIGHT).completes("add-1");
    story.learner("bob").answers("m1", RIGHT).answers("a3", RIGHT);
    let seen = story.report().answers_seen;
    let uses = (seen.inside, seen.between, seen.gain, seen.inside_and_gain, seen.nothing);
    assert_eq!(uses, (1, 1, 1, 0, 2), "the second attempt counts for nothing");
    story.learner("eve").decides_for("add-1");
    story.learner("eve").starts("add-1").completes("add-1").answers("m1", RIGHT);
    story.learner("eve").decides_for("add-2");
    story.learner("eve").answers("a3", RIGHT);
    let seen = story.report().answers_seen;
    assert_eq!((seen.total, seen.inside_and_gain), (7, 1));
}

/// A counter that lies is found.
#[test]
fn outcomes_that_do_not_add_up_are_found() {
    let mut story = Story::of(sums());
    story.learner("ada").decides_for("add-1");
    let report = story.report();
    assert!(invariants::rwd_2(report, 1).is_ok());
    assert_eq!(invariants::rwd_2(report, 0).unwrap_err().id, "RWD-2");
    let mut report = report.clone();
    report.answers_seen.total += 1;
    assert!(invariants::rwd_2(&report, 1).unwrap_err().seen.contains("answers"));
}

/// Wrong learner: what another learner does never reaches the decision.
#[test]
fn another_learner_never_reaches_the_decision() {
    let mut story = Story::of(sums());
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("bob").starts("add-1").answers("a1", RIGHT).completes("add-1");
    story.learner("bob").answers("m1", RIGHT).answers("a3", RIGHT);
    story.pass_hours(24.0 * 8.0).sweeps();
    assert_eq!(story.outcome(&decision), Outcome::Closed("never_started"));
}

/// Abandoned: leaving for another activity costs once.
#[test]
fn leaving_an_activity_is_abandoning_it() {
    let mut story = Story::of(mixed_sums());
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").starts("mul-1").completes("mul-1");
    story.learner("ada").answers("m1", RIGHT).answers("a3", RIGHT);
    let Outcome::Joined(joined) = story.outcome(&decision) else { panic!("not joined") };
    assert!(joined.abandoned);
    let parts = Parts {
        gain: joined.gain.map(|gain| gain.surprise),
        success: joined.success,
        cost: joined.cost,
        ..Parts::default()
    };
    let kept = RewardDeclaration::BEFORE.value(&parts);
    assert!((kept.clamp(-1.0, 1.0) - joined.value - 0.5).abs() < 1e-9 || joined.value == -1.0);
}

/// A probe measures without a question in between, and only when it was asked.
#[test]
fn an_answer_that_claims_to_be_a_probe_counts_as_one_only_when_asked() {
    let mut story = Story::of(sums());
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").completes("add-1");
    story.learner("ada").answers_probe("a3", RIGHT);
    assert_eq!(story.outcome(&decision), Outcome::Waiting, "nobody asked this probe");
    assert_eq!(story.probes_answered(), 0);
}

/// The bandit learns from its own rewards, and replaying the journal gives the same model.
#[test]
fn the_policy_learns_and_replays_bit_for_bit() {
    let mut story = Story::of(sums());
    for round in 0..40 {
        let learner = format!("learner-{round}");
        story.learner(&learner).decides_for("add-1");
        story.learner(&learner).starts("add-1").answers("a1", round % 3 == 0);
        story.learner(&learner).completes("add-1").pass_hours(20.0);
        story.learner(&learner).answers("a3", round % 5 == 0);
    }
    assert_eq!(story.policy_version(), 40);
    story.assert_replays();
}

/// One answer is evidence about one decision: after a page was reloaded and decided anew, the
/// newest gets it, and the older one gave way.
#[test]
fn of_two_started_decisions_only_the_newest_is_credited() {
    let mut story = Story::of(sums());
    let older = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1");
    let newer = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").answers("a1", RIGHT).completes("add-1");
    story.learner("ada").answers("m1", RIGHT).answers("a3", RIGHT);
    assert!(matches!(story.outcome(&newer), Outcome::Joined(_)));
    story.pass_hours(24.0 * 8.0).sweeps();
    assert_eq!(story.outcome(&older), Outcome::Closed("superseded"));
}

/// Also when the older one had answers by then: advice that gave way earns nothing.
#[test]
fn what_was_answered_before_it_gave_way_earns_nothing() {
    let mut story = Story::of(sums());
    let older = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").answers("a1", RIGHT);
    let newer = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").completes("add-1");
    story.learner("ada").answers("m1", RIGHT).answers("a3", RIGHT);
    story.pass_hours(24.0 * 8.0).sweeps();
    assert_eq!(story.outcome(&older), Outcome::Closed("superseded"));
    assert!(matches!(story.outcome(&newer), Outcome::Joined(_)));
    assert_eq!((story.report().closed.superseded, story.policy_version()), (1, 1));
}

/// A second completion, or progress after the end, is no new round.
#[test]
fn completing_twice_is_no_second_round() {
    let mut story = Story::of(sums());
    story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").answers("a1", RIGHT).completes("add-1");
    story.learner("ada").completes("add-1");
    let entry = story.activity("ada", "add-1");
    assert_eq!((entry.starts, entry.answered), (1, 1));
}

/// What arrives late is counted, and what is open stays open.
#[test]
fn a_late_start_or_skip_does_not_abandon_what_is_running() {
    for late_skip in [false, true] {
        let mut story = Story::of(sums());
        let decision = story.learner("ada").decides_for("add-1");
        story.learner("ada").starts("add-1").answers("a1", RIGHT);
        story.late(1.0, |story| {
            match late_skip {
                true => story.learner("ada").skips("mul-1"),
                false => story.learner("ada").starts("mul-1"),
            };
        });
        story.learner("ada").completes("add-1").answers("m1", RIGHT);
        story.learner("ada").answers("a3", RIGHT);
        let Outcome::Joined(joined) = story.outcome(&decision) else { panic!("not joined") };
        assert!(!joined.abandoned, "late skip: {late_skip}");
    }
}

/// The site's clock may lie behind the node's: that alone makes nothing late.
#[test]
fn a_site_whose_clock_is_behind_still_earns_rewards() {
    let mut story = Story::of(sums());
    let decision = story.learner("ada").decides_for("add-1");
    story.site_is_behind_minutes(10.0);
    story.learner("ada").answers("a1", RIGHT).completes("add-1");
    story.learner("ada").answers("m1", RIGHT).answers("a3", RIGHT);
    assert!(matches!(story.outcome(&decision), Outcome::Joined(_)));
}

/// "First" is what Nexus has seen, not what the site says.
#[test]
fn a_question_met_before_is_never_a_first_attempt() {
    let mut story = Story::of(sums());
    story.learner("ada").answers("a3", RIGHT);
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").completes("add-1").answers("m1", RIGHT);
    story.learner("ada").answers_attempt("a3", RIGHT, 1);
    assert_eq!(story.outcome(&decision), Outcome::Waiting, "a3 was met before");
}

/// Whatever calls itself a probe opens no activity and abandons none.
#[test]
fn an_unasked_probe_does_not_abandon_what_is_running() {
    let mut story = Story::of(sums());
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").answers_probe("m1", RIGHT);
    story.learner("ada").answers("a1", RIGHT).completes("add-1");
    story.learner("ada").answers("m2", RIGHT).answers("a3", RIGHT);
    let Outcome::Joined(joined) = story.outcome(&decision) else { panic!("not joined") };
    assert!(!joined.abandoned);
}

/// A session that ends inside a long activity does not make the very next question independent.
#[test]
fn independence_is_counted_from_the_end_of_the_activity() {
    let mut story = Story::of(sums());
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").pass_hours(1.0).learner("ada").completes("add-1");
    story.learner("ada").answers("a3", RIGHT);
    assert_eq!(story.outcome(&decision), Outcome::Waiting);
}

/// More decisions than may wait settle the oldest with what was observed.
#[test]
fn the_oldest_of_too_many_waiting_decisions_is_settled() {
    let mut story = Story::of(sums());
    let oldest = story.learner("ada").decides_for("add-1");
    for _ in 0..nexus_engine::decision::reward::OPEN_MAX {
        assert_eq!(story.outcome(&oldest), Outcome::Waiting);
        story.learner("ada").decides_for("add-1");
    }
    assert_eq!(story.outcome(&oldest), Outcome::Closed("never_started"));
}
