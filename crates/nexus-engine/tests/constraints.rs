//! Teachers' constraints as teachers would tell them: what comes next, what never comes, and until
//! when. What is expected follows from each constraint's own words.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::PacingDraft;
use nexus_engine::constraint::{Constraint, Rule, SCOPE_MAX};
use nexus_engine::decision::Decision;
use nexus_engine::decision::candidates::{CandidateFilter, Exclusion, Relaxation};
use nexus_engine::decision::explanation::explain;
use nexus_engine::decision::rest::RestStatus;
use nexus_engine::event::Event;
use nexus_engine::ids::ConstraintId;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::time::{DAY_MICROS, MINUTE_MICROS, Timestamp};
use nexus_engine::workspace::Refusal;
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise};
use nexus_testkit::ids::{activity_id, constraint_id, course_id, learner_id};
use nexus_testkit::said::DecisionTerms;
use nexus_testkit::{NOW, RIGHT, Story};

const NAMES: [&str; 4] = ["one", "two", "three", "four"];

/// Four exercises on one skill each; the last one asks for the third.
fn draft() -> CourseDraft {
    let activity = |id: &str| exercise(id, id).asks([format!("{id}-q")]);
    course("sums").teaches([
        activity("one"),
        activity("two"),
        activity("three"),
        activity("four").after(&["three"]),
    ])
}

/// What a teacher orders, and what a learner does with an activity.
trait Teacher {
    fn teacher(&mut self, rule: Rule, activity: &str, who: Option<&str>, days: Option<i64>);

    fn lift(&mut self, id: &str);

    /// A learner works through an activity.
    fn complete(&mut self, who: &str, activity: &str);
}

impl Teacher for Story {
    fn teacher(&mut self, rule: Rule, activity: &str, who: Option<&str>, days: Option<i64>) {
        let (id, now) = (format!("{}-{activity}", rule.word()), self.now);
        let expires_at = days.map(|days| now.plus_micros(days * DAY_MICROS));
        self.constrains(constraint(&id, rule, activity, who, expires_at));
    }

    fn lift(&mut self, id: &str) {
        self.enters(Event::ConstraintLifted {
            course: course_id("sums"),
            constraint: constraint_id(id),
            reason: "seen".into(),
            by: "the teacher".into(),
        });
    }

    fn complete(&mut self, who: &str, activity: &str) {
        let question = format!("{activity}-q");
        self.learner(who).starts(activity).answers(&question, RIGHT).completes(activity);
    }
}

fn constraint(
    id: &str,
    rule: Rule,
    activity: &str,
    who: Option<&str>,
    expires_at: Option<Timestamp>,
) -> Constraint {
    Constraint {
        id: constraint_id(id),
        course: course_id("sums"),
        learner: who.map(learner_id),
        rule,
        activity: activity_id(activity),
        reason: "seen in class".into(),
        by: "the teacher".into(),
        expires_at,
    }
}

fn chosen(decision: &Decision) -> &str {
    decision.chosen().activity.as_str()
}

fn reason(decision: &Decision, activity: &str) -> Exclusion {
    decision.rules.exclusions[NAMES.iter().position(|name| *name == activity).unwrap()]
}

#[test]
fn a_pin_beats_every_policy_until_it_is_completed() {
    for policy in PolicyState::WORDS {
        let mut story = Story::of(draft()).by_policy(policy);
        // Its prerequisite is not completed: the teacher's word counts for more.
        story.teacher(Rule::Pin, "four", Some("ana"), None);
        for seed in 0..100 {
            let decision = story.would_decide_from("ana", seed);
            assert_eq!(
                (chosen(&decision), decision.chosen().probability),
                ("four", 1.0),
                "{policy}"
            );
            assert_eq!(decision.choice.overridden_by, Some(constraint_id("pin-four")));
            assert_eq!(reason(&decision, "one"), Exclusion::PinnedFirst);
            assert_eq!(story.would_decide_from("ben", seed).choice.overridden_by, None, "{policy}");
        }
        story.complete("ana", "four");
        assert_eq!(story.would_decide_from("ana", 1).choice.overridden_by, None, "{policy}");
    }
}

#[test]
fn a_pin_is_explained_as_the_teacher_s_choice() {
    let mut story = Story::of(draft());
    story.teacher(Rule::Pin, "two", None, None);
    let decision = story.would_decide_from("ana", 1);
    let words = explain(story.state().course("sums").unwrap(), &decision);
    assert_eq!(words.learner, "Your teacher chose this for you: \u{201c}two\u{201d}.");
    assert!(words.teacher.starts_with("A teacher's pin (pin-two) chose"), "{}", words.teacher);
}

#[test]
fn no_policy_learns_from_a_pin_and_every_counter_says_so() {
    for policy in PolicyState::WORDS {
        let learned = |pinned: bool| {
            let mut story = Story::of(draft()).by_policy(policy);
            if pinned {
                story.teacher(Rule::Pin, "one", None, None);
            }
            let decision = story.would_decide_from("ana", 7);
            let activity = chosen(&decision).to_owned();
            story.enters(Event::DecisionMade(Box::new(decision)));
            story.complete("ana", &activity);
            story.pass_days(30.0);
            let settled: Vec<_> = story.events().filter(|event| is_settled(event)).collect();
            let [Event::RewardJoined(joined)] = &settled[..] else { panic!("{settled:?}") };
            assert_eq!(joined.overridden, pinned, "{policy}");
            let report = story.state().reports.values().next().unwrap();
            assert_eq!((report.rewards_joined, report.overridden), (1, u64::from(pinned)));
            story.state().policies.values().next().map(|state| state.policy().version())
        };
        // A policy that never was asked has no statistics at all.
        assert_eq!(learned(true), None, "{policy}");
        assert!(learned(false).is_some(), "{policy}");
    }
}

/// Whether an event says what became of a decision.
fn is_settled(event: &Event) -> bool {
    matches!(event, Event::RewardJoined(_) | Event::RewardClosed(_))
}

#[test]
fn what_is_blocked_is_never_chosen_by_any_policy() {
    for policy in PolicyState::WORDS {
        let mut story = Story::of(draft()).by_policy(policy);
        story.teacher(Rule::Block, "one", None, None);
        story.teacher(Rule::Block, "three", Some("ana"), None);
        for seed in 0..10_000 {
            // Every state on the way: nothing done, all done, all just shown.
            if seed % 2_500 == 2_499 {
                story.complete("ana", NAMES[(seed / 2_500) as usize]);
            }
            if let Some(rest) = story.would_rest("ana") {
                // What may be shown is done, and "four" waits for "three", which is blocked.
                assert!(seed >= 4_999, "{policy}");
                assert_eq!(rest.status, RestStatus::Complete, "{policy}");
                break;
            }
            let decision = story.would_decide_from("ana", seed);
            assert!(!["one", "three"].contains(&chosen(&decision)), "{policy} {seed}");
            let probe = decision.probe.as_ref().map(|probe| probe.question.as_str());
            assert!(probe.is_none_or(|question| ["two-q", "four-q"].contains(&question)));
            let none = ["one", "three"].map(|id| reason(&decision, id));
            assert_eq!(none, [Exclusion::Blocked; 2], "{policy} {seed}");
        }
        let three = (0..200)
            .filter(|seed| chosen(&story.would_decide_from("ben", *seed)) == "three")
            .count();
        assert!(three > 0 || policy == "static", "{policy}: the block was for another learner");
    }
}

#[test]
fn a_block_holds_when_it_is_all_that_was_asked_for() {
    let mut story = Story::of(draft());
    story.teacher(Rule::Block, "one", None, None);
    let filter = CandidateFilter { only: Some(vec![activity_id("one")]), exclude: Vec::new() };
    let only = DecisionTerms { filter, ..story.terms.clone() };
    let refused = story.asks("ana", &only, 1).unwrap_err();
    assert_eq!(refused.code(), "no_candidate");
    assert!(refused.to_string().contains("lift a block"), "{refused}");
}

#[test]
fn a_block_that_leaves_nothing_to_somebody_is_refused() {
    let mut story = Story::of(draft());
    story.teacher(Rule::Block, "one", None, None);
    story.teacher(Rule::Block, "two", Some("ana"), None);
    story.teacher(Rule::Block, "three", Some("ana"), None);
    let nothing = Err(Refusal::NothingLeft { course: "sums".into() });
    for (who, expected) in [(Some("ana"), nothing.clone()), (None, nothing), (Some("ben"), Ok(()))]
    {
        let last = constraint("last", Rule::Block, "four", who, None);
        assert_eq!(story.state().admit_constraint(&last, story.now), expected, "{who:?}");
    }
}

#[test]
fn a_cap_counts_starts_and_gives_way_only_when_nothing_else_is_left() {
    for policy in ["static", "random", "lin-ts"] {
        let mut story = Story::of(draft()).by_policy(policy);
        story.teacher(Rule::Cap { shown_max: 1 }, "one", None, None);
        assert_eq!(reason_after(&mut story, "two"), None);
        let before = reason(&story.would_decide_from("ana", 1), "one");
        assert_ne!(before, Exclusion::Capped, "{policy}");
        story.learner("ana").starts("one");
        let decision = story.would_decide_from("ana", 1);
        assert_eq!(reason(&decision, "one"), Exclusion::Capped, "{policy}");
        assert_eq!(decision.rules.constraints, [constraint_id("cap-one")]);
        assert_ne!(
            reason(&story.would_decide_from("ben", 1), "one"),
            Exclusion::Capped,
            "{policy}"
        );
        for others in ["two", "three", "four"] {
            story.teacher(Rule::Block, others, Some("ana"), None);
        }
        let decision = story.would_decide_from("ana", 1);
        assert_eq!(
            (chosen(&decision), decision.rules.relaxation),
            ("one", Relaxation::Caps),
            "{policy}"
        );
    }
}

/// Starting something else counts for nothing.
fn reason_after(story: &mut Story, other: &str) -> Option<ConstraintId> {
    story.learner("ana").starts(other);
    story.would_decide_from("ana", 1).rules.constraints.first().cloned()
}

#[test]
fn a_block_and_a_cap_are_stronger_than_a_pin_and_so_is_the_request() {
    let mut story = Story::of(draft());
    story.teacher(Rule::Pin, "two", None, None);
    let filter = CandidateFilter { only: None, exclude: vec![activity_id("two")] };
    let without = DecisionTerms { filter, ..story.terms.clone() };
    assert_eq!(story.asks("ana", &without, 1).unwrap().choice.overridden_by, None);
    story.teacher(Rule::Cap { shown_max: 1 }, "two", Some("ben"), None);
    story.learner("ben").starts("two");
    assert_eq!(story.would_decide_from("ben", 1).choice.overridden_by, None);
    story.teacher(Rule::Block, "two", None, None);
    assert_ne!(chosen(&story.would_decide_from("ana", 1)), "two");
}

#[test]
fn the_learner_s_own_pin_comes_first() {
    let mut story = Story::of(draft());
    story.teacher(Rule::Pin, "three", None, None);
    story.teacher(Rule::Pin, "two", Some("ana"), None);
    assert_eq!(chosen(&story.would_decide_from("ana", 1)), "two");
    story.complete("ana", "two");
    assert_eq!(chosen(&story.would_decide_from("ana", 1)), "three");
}

#[test]
fn expiry_and_lifting_end_it() {
    for rule in [Rule::Pin, Rule::Block] {
        let holds = |story: &Story| !story.would_decide_from("ana", 1).rules.constraints.is_empty();
        let mut story = Story::of(draft());
        story.teacher(rule, "two", None, Some(2));
        story.now = NOW.plus_micros(2 * DAY_MICROS - 1);
        assert!(holds(&story));
        story.now = NOW.plus_micros(2 * DAY_MICROS);
        assert!(!holds(&story));
        // The next one that is set sweeps out what is over.
        story.teacher(rule, "three", None, None);
        let known = story.state().constraints.values().next().unwrap();
        assert_eq!(known.everyone.len(), 1);
        assert!(holds(&story));
        story.lift(&format!("{}-three", rule.word()));
        assert!(!holds(&story));
    }
}

#[test]
fn what_cannot_hold_is_refused() {
    let mut story = Story::of(draft());
    let check = |story: &Story, set: Constraint, code: &str| {
        let refused = story.state().admit_constraint(&set, story.now).unwrap_err();
        assert_eq!(refused.code(), code);
        assert!(refused.to_string().len() > 20, "{refused}");
    };
    let fine = constraint("c", Rule::Pin, "one", None, None);
    let course = course_id("other");
    check(&story, Constraint { course, ..fine.clone() }, "unknown_course");
    check(&story, constraint("c", Rule::Pin, "five", None, None), "unknown_activity");
    check(&story, constraint("c", Rule::Pin, "one", None, Some(NOW)), "constraint_expired");
    for number in 0..SCOPE_MAX {
        let pin = constraint(&format!("c{number}"), Rule::Pin, "one", None, None);
        story.enters(Event::ConstraintSet(Box::new(pin)));
    }
    check(&story, fine, "too_many_constraints");
    let own = constraint("c", Rule::Pin, "one", Some("ana"), None);
    assert_eq!(story.state().admit_constraint(&own, story.now), Ok(()));
}

#[test]
fn replay_gives_the_same_state() {
    let mut story = Story::of(draft());
    story.teacher(Rule::Block, "one", None, Some(1));
    story.teacher(Rule::Pin, "two", Some("ana"), None);
    story.teacher(Rule::Cap { shown_max: 1 }, "three", None, None);
    for seed in 0..40 {
        let who = ["ana", "ben"][(seed % 2) as usize];
        if story.would_rest(who).is_some() {
            continue;
        }
        let decision = story.would_decide_from(who, seed);
        let activity = chosen(&decision).to_owned();
        story.enters(Event::DecisionMade(Box::new(decision)));
        story.complete(who, &activity);
        if seed == 20 {
            story.lift("cap-three");
            story.pass_days(30.0);
        }
    }
    story.assert_replays();
}

/// A session of eight minutes in a course of exercises of five: at first one fits, then none does,
/// and at last the time is over. Something comes next all the same.
#[test]
fn a_session_that_the_course_limits_ends_with_a_word_and_not_with_nothing() {
    let pacing = Some(PacingDraft { session_minutes_max: Some(8.0) });
    let mut story = Story::of(CourseDraft { pacing, ..draft() });
    story.learner("ada").starts("one");
    let first = story.would_decide_from("ada", 1);
    assert_eq!((first.rules.relaxation, first.rules.session_over), (Relaxation::None, false));
    story.now = story.now.plus_micros(4 * MINUTE_MICROS);
    let late = story.would_decide_from("ada", 2);
    assert_eq!((late.rules.relaxation, late.rules.session_over), (Relaxation::Session, false));
    story.now = story.now.plus_micros(4 * MINUTE_MICROS);
    let over = story.would_decide_from("ada", 3);
    assert_eq!((over.rules.relaxation, over.rules.session_over), (Relaxation::None, true));
    story.now = story.now.plus_micros(DAY_MICROS);
    let fresh = story.would_decide_from("ada", 4);
    assert_eq!((fresh.rules.relaxation, fresh.rules.session_over), (Relaxation::None, false));
}
