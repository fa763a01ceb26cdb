//! Teachers' constraints as teachers would tell them: what comes next, what never comes, and until
//! when. What is expected follows from each constraint's own words.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::SkillDraft;
use nexus_engine::catalog::draft::{
    ActivityDraft, AnswerDraft, ModuleDraft, PacingDraft, QuestionDraft,
};
use nexus_engine::constraint::{Constraint, Rule, SCOPE_MAX};
use nexus_engine::decision::Decision;
use nexus_engine::decision::candidates::{CandidateFilter, Exclusion, Relaxation};
use nexus_engine::decision::choose::DecisionRequest;
use nexus_engine::decision::explanation::explain;
use nexus_engine::event::{Action, Entry, Event, Happening};
use nexus_engine::ids::{
    ActivityId, ConstraintId, CourseId, DecisionId, EventId, LearnerId, PolicyId, QuestionId,
};
use nexus_engine::invariants;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::seed::Seed;
use nexus_engine::time::{DAY_MICROS, MINUTE_MICROS, Timestamp};
use nexus_engine::workspace::{
    LearnerState, Proposal, ProposedAction, ProposedAnswer, Refusal, SharedState,
};
use std::collections::BTreeMap;

const NOW: Timestamp = Timestamp(1_700_000_000_000_000);
const NAMES: [&str; 4] = ["one", "two", "three", "four"];

/// Four exercises on one skill each; the last one asks for the third.
fn draft() -> CourseDraft {
    let skill = |id: &&str| SkillDraft { id: (*id).into(), title: (*id).into(), requires: vec![] };
    let activity = |id: &&str| ActivityDraft {
        id: (*id).into(),
        kind: "exercise".into(),
        title: format!("Exercise {id}"),
        skills: vec![(*id).into()],
        difficulty: 0.5,
        minutes: 5.0,
        requires: if *id == "four" { vec!["three".into()] } else { Vec::new() },
        questions: vec![QuestionDraft {
            id: format!("{id}-q"),
            kind: "numeric".into(),
            prompt: "How much?".into(),
            answer: AnswerDraft::Number(4.0),
            ..QuestionDraft::default()
        }],
        ..ActivityDraft::default()
    };
    let activities = NAMES.iter().map(activity).collect();
    CourseDraft {
        format: 1,
        id: "sums".into(),
        version: 1,
        title: "Sums".into(),
        language: "en".into(),
        skills: NAMES.iter().map(skill).collect(),
        modules: vec![ModuleDraft { id: "m".into(), title: "M".into(), activities }],
        ..CourseDraft::default()
    }
}

/// A course, two learners, and the journal that is written about them.
struct Room {
    state: SharedState,
    learners: BTreeMap<LearnerId, LearnerState>,
    journal: Vec<Entry>,
    now: Timestamp,
    policy: &'static str,
}

impl Room {
    fn new() -> Self {
        let mut room = Self::empty();
        room.add(Event::CoursePublished(Box::new(draft())));
        room
    }

    fn empty() -> Self {
        let (learners, journal) = (BTreeMap::new(), Vec::new());
        Self { state: SharedState::default(), learners, journal, now: NOW, policy: "lin-ts" }
    }

    fn add(&mut self, event: Event) {
        let seq = self.journal.len() as u64 + 1;
        let id = EventId::new(&format!("e{seq}")).unwrap();
        self.enter(Entry { seq, id, received_at: self.now, event });
    }

    fn enter(&mut self, entry: Entry) {
        let learner = entry.event.learner().cloned();
        let learner = learner
            .map(|id| self.learners.entry(id.clone()).or_insert_with(|| LearnerState::new(id)));
        self.state.apply(learner, &entry);
        self.journal.push(entry);
    }

    fn teacher(&mut self, rule: Rule, activity: &str, who: Option<&str>, days: Option<i64>) {
        let (id, now) = (format!("{}-{activity}", rule.word()), self.now);
        let set =
            constraint(&id, rule, activity, who, days.map(|d| now.plus_micros(d * DAY_MICROS)));
        assert_eq!(self.state.admit_constraint(&set, now), Ok(()));
        self.add(Event::ConstraintSet(Box::new(set)));
    }

    fn lift(&mut self, id: &str) {
        self.add(Event::ConstraintLifted {
            course: CourseId::new("sums").unwrap(),
            constraint: ConstraintId::new(id).unwrap(),
            reason: "seen".into(),
            by: "the teacher".into(),
        });
    }

    fn ask(&self, who: &str, seed: u64, filter: &CandidateFilter) -> Result<Decision, Refusal> {
        let id = LearnerId::new(who).unwrap();
        let fresh = LearnerState::new(id.clone());
        let learner = self.learners.get(&id).unwrap_or(&fresh);
        let request = DecisionRequest {
            id: DecisionId::new(&format!("d{seed}")).unwrap(),
            course: &CourseId::new("sums").unwrap(),
            filter,
            context: None,
            default_policy: &PolicyId::new(self.policy).unwrap(),
            consents_by_default: true,
            holdout_share: 0.0,
            at: self.now,
            seed: Seed(seed),
        };
        let decision = self.state.decide(learner, &request)?;
        assert!(invariants::decision(&decision).is_ok(), "{decision:?}");
        Ok(decision)
    }

    fn next(&self, who: &str, seed: u64) -> Decision {
        self.ask(who, seed, &CandidateFilter::default()).unwrap()
    }

    fn act(&mut self, who: &str, action: Action) {
        self.now = self.now.plus_micros(MINUTE_MICROS);
        self.add(Event::Happened(Happening {
            learner: LearnerId::new(who).unwrap(),
            course: CourseId::new("sums").unwrap(),
            course_version: 1,
            occurred_at: self.now,
            decision: None,
            action,
        }));
    }

    fn start(&mut self, who: &str, activity: &str) {
        self.act(who, Action::ActivityStarted { activity: activity_id(activity) });
    }

    fn complete(&mut self, who: &str, activity: &str) {
        self.start(who, activity);
        self.answer(who, activity);
        self.act(who, Action::ActivityCompleted { activity: activity_id(activity) });
    }

    fn answer(&mut self, who: &str, activity: &str) {
        let answer = ProposedAnswer {
            activity: None,
            question: QuestionId::new(&format!("{activity}-q")).unwrap(),
            correct: Some(true),
            grade: None,
            response: None,
            duration_ms: None,
            hints: 0,
            attempt: None,
            probe: false,
        };
        let learner = LearnerId::new(who).unwrap();
        let proposal = Proposal {
            learner: learner.clone(),
            course: CourseId::new("sums").unwrap(),
            course_version: None,
            occurred_at: Some(self.now),
            decision: None,
            action: ProposedAction::Answered(answer),
        };
        let event = self.state.admit(&self.learners[&learner], proposal, self.now).unwrap();
        self.add(event);
    }

    /// Journals what is due of a learner's decisions, long after.
    fn settle(&mut self, who: &str) -> Vec<Event> {
        self.now = self.now.plus_micros(30 * DAY_MICROS);
        let id = LearnerId::new(who).unwrap();
        let course = CourseId::new("sums").unwrap();
        let events =
            self.state.settle(&id, &course, &self.learners[&id].courses[&course], self.now);
        events.iter().for_each(|event| self.add(event.clone()));
        events
    }
}

fn activity_id(id: &str) -> ActivityId {
    ActivityId::new(id).unwrap()
}

fn constraint(
    id: &str,
    rule: Rule,
    activity: &str,
    who: Option<&str>,
    expires_at: Option<Timestamp>,
) -> Constraint {
    Constraint {
        id: ConstraintId::new(id).unwrap(),
        course: CourseId::new("sums").unwrap(),
        learner: who.map(|who| LearnerId::new(who).unwrap()),
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
    decision.exclusions[NAMES.iter().position(|name| *name == activity).unwrap()]
}

#[test]
fn a_pin_beats_every_policy_until_it_is_completed() {
    for policy in PolicyState::WORDS {
        let mut room = Room { policy, ..Room::new() };
        // Its prerequisite is not completed: the teacher's word counts for more.
        room.teacher(Rule::Pin, "four", Some("ana"), None);
        for seed in 0..100 {
            let decision = room.next("ana", seed);
            assert_eq!(
                (chosen(&decision), decision.chosen().probability),
                ("four", 1.0),
                "{policy}"
            );
            assert_eq!(decision.overridden_by, ConstraintId::new("pin-four").ok());
            assert_eq!(reason(&decision, "one"), Exclusion::PinnedFirst);
            assert_eq!(room.next("ben", seed).overridden_by, None, "{policy}");
        }
        room.complete("ana", "four");
        assert_eq!(room.next("ana", 1).overridden_by, None, "{policy}");
    }
}

#[test]
fn a_pin_is_explained_as_the_teacher_s_choice() {
    let mut room = Room::new();
    room.teacher(Rule::Pin, "two", None, None);
    let decision = room.next("ana", 1);
    let words = explain(room.state.course("sums").unwrap(), &decision);
    assert_eq!(words.learner, "Your teacher chose this for you: \u{201c}Exercise two\u{201d}.");
    assert!(words.teacher.starts_with("A teacher's pin (pin-two) chose"), "{}", words.teacher);
}

#[test]
fn no_policy_learns_from_a_pin_and_every_counter_says_so() {
    for policy in PolicyState::WORDS {
        let learned = |pinned: bool| {
            let mut room = Room { policy, ..Room::new() };
            if pinned {
                room.teacher(Rule::Pin, "one", None, None);
            }
            let decision = room.next("ana", 7);
            let activity = chosen(&decision).to_owned();
            room.add(Event::DecisionMade(Box::new(decision)));
            room.complete("ana", &activity);
            let events = room.settle("ana");
            let [Event::RewardJoined(joined)] = &events[..] else { panic!("{events:?}") };
            assert_eq!(joined.overridden, pinned, "{policy}");
            let report = room.state.reports.values().next().unwrap();
            assert_eq!((report.rewards_joined, report.overridden), (1, u64::from(pinned)));
            room.state.policies.values().next().map(|state| state.policy().version())
        };
        // A policy that never was asked has no statistics at all.
        assert_eq!(learned(true), None, "{policy}");
        assert!(learned(false).is_some(), "{policy}");
    }
}

#[test]
fn what_is_blocked_is_never_chosen_by_any_policy() {
    for policy in PolicyState::WORDS {
        let mut room = Room { policy, ..Room::new() };
        room.teacher(Rule::Block, "one", None, None);
        room.teacher(Rule::Block, "three", Some("ana"), None);
        for seed in 0..10_000 {
            // Every state on the way: nothing done, all done, all just shown.
            if seed % 2_500 == 2_499 {
                room.complete("ana", NAMES[(seed / 2_500) as usize]);
            }
            let decision = room.next("ana", seed);
            assert!(!["one", "three"].contains(&chosen(&decision)), "{policy} {seed}");
            let probe = decision.probe.as_ref().map(|probe| probe.question.as_str());
            assert!(probe.is_none_or(|question| ["two-q", "four-q"].contains(&question)));
            let none = ["one", "three"].map(|id| reason(&decision, id));
            assert_eq!(none, [Exclusion::Blocked; 2], "{policy} {seed}");
        }
        let three = (0..200).filter(|seed| chosen(&room.next("ben", *seed)) == "three").count();
        assert!(three > 0 || policy == "static", "{policy}: the block was for another learner");
    }
}

#[test]
fn a_block_holds_when_it_is_all_that_was_asked_for() {
    let mut room = Room::new();
    room.teacher(Rule::Block, "one", None, None);
    let only = CandidateFilter { only: Some(vec![activity_id("one")]), exclude: Vec::new() };
    let refused = room.ask("ana", 1, &only).unwrap_err();
    assert_eq!(refused.code(), "no_candidate");
    assert!(refused.to_string().contains("lift a block"), "{refused}");
}

#[test]
fn a_block_that_leaves_nothing_to_somebody_is_refused() {
    let mut room = Room::new();
    room.teacher(Rule::Block, "one", None, None);
    room.teacher(Rule::Block, "two", Some("ana"), None);
    room.teacher(Rule::Block, "three", Some("ana"), None);
    let nothing = Err(Refusal::NothingLeft { course: "sums".into() });
    for (who, expected) in [(Some("ana"), nothing.clone()), (None, nothing), (Some("ben"), Ok(()))]
    {
        let last = constraint("last", Rule::Block, "four", who, None);
        assert_eq!(room.state.admit_constraint(&last, room.now), expected, "{who:?}");
    }
}

#[test]
fn a_cap_counts_starts_and_gives_way_only_when_nothing_else_is_left() {
    for policy in ["static", "random", "lin-ts"] {
        let mut room = Room { policy, ..Room::new() };
        room.teacher(Rule::Cap { shown_max: 2 }, "one", None, None);
        assert_eq!(reason_after(&mut room, "two"), None);
        for _ in 0..2 {
            assert_ne!(reason(&room.next("ana", 1), "one"), Exclusion::Capped, "{policy}");
            room.start("ana", "one");
        }
        let decision = room.next("ana", 1);
        assert_eq!(reason(&decision, "one"), Exclusion::Capped, "{policy}");
        assert_eq!(decision.constraints, [ConstraintId::new("cap-one").unwrap()]);
        assert_ne!(reason(&room.next("ben", 1), "one"), Exclusion::Capped, "{policy}");
        for others in ["two", "three", "four"] {
            room.teacher(Rule::Block, others, Some("ana"), None);
        }
        let decision = room.next("ana", 1);
        assert_eq!((chosen(&decision), decision.relaxation), ("one", Relaxation::Caps), "{policy}");
    }
}

/// Starting something else counts for nothing.
fn reason_after(room: &mut Room, other: &str) -> Option<ConstraintId> {
    room.start("ana", other);
    room.next("ana", 1).constraints.first().cloned()
}

#[test]
fn a_block_and_a_cap_are_stronger_than_a_pin_and_so_is_the_request() {
    let mut room = Room::new();
    room.teacher(Rule::Pin, "two", None, None);
    let without = CandidateFilter { only: None, exclude: vec![activity_id("two")] };
    assert_eq!(room.ask("ana", 1, &without).unwrap().overridden_by, None);
    room.teacher(Rule::Cap { shown_max: 1 }, "two", Some("ben"), None);
    room.start("ben", "two");
    assert_eq!(room.next("ben", 1).overridden_by, None);
    room.teacher(Rule::Block, "two", None, None);
    assert_ne!(chosen(&room.next("ana", 1)), "two");
}

#[test]
fn the_learner_s_own_pin_comes_first() {
    let mut room = Room::new();
    room.teacher(Rule::Pin, "three", None, None);
    room.teacher(Rule::Pin, "two", Some("ana"), None);
    assert_eq!(chosen(&room.next("ana", 1)), "two");
    room.complete("ana", "two");
    assert_eq!(chosen(&room.next("ana", 1)), "three");
}

#[test]
fn expiry_and_lifting_end_it() {
    for rule in [Rule::Pin, Rule::Block] {
        let holds = |room: &Room| !room.next("ana", 1).constraints.is_empty();
        let mut room = Room::new();
        room.teacher(rule, "two", None, Some(2));
        room.now = NOW.plus_micros(2 * DAY_MICROS - 1);
        assert!(holds(&room));
        room.now = NOW.plus_micros(2 * DAY_MICROS);
        assert!(!holds(&room));
        // The next one that is set sweeps out what is over.
        room.teacher(rule, "three", None, None);
        let known = room.state.constraints.values().next().unwrap();
        assert_eq!(known.everyone.len(), 1);
        assert!(holds(&room));
        room.lift(&format!("{}-three", rule.word()));
        assert!(!holds(&room));
    }
}

#[test]
fn what_cannot_hold_is_refused() {
    let mut room = Room::new();
    let check = |room: &Room, set: Constraint, code: &str| {
        let refused = room.state.admit_constraint(&set, room.now).unwrap_err();
        assert_eq!(refused.code(), code);
        assert!(refused.to_string().len() > 20, "{refused}");
    };
    let fine = constraint("c", Rule::Pin, "one", None, None);
    let course = CourseId::new("other").unwrap();
    check(&room, Constraint { course, ..fine.clone() }, "unknown_course");
    check(&room, constraint("c", Rule::Pin, "five", None, None), "unknown_activity");
    check(&room, constraint("c", Rule::Pin, "one", None, Some(NOW)), "constraint_expired");
    for number in 0..SCOPE_MAX {
        let pin = constraint(&format!("c{number}"), Rule::Pin, "one", None, None);
        room.add(Event::ConstraintSet(Box::new(pin)));
    }
    check(&room, fine, "too_many_constraints");
    let own = constraint("c", Rule::Pin, "one", Some("ana"), None);
    assert_eq!(room.state.admit_constraint(&own, room.now), Ok(()));
}

#[test]
fn replay_gives_the_same_state() {
    let mut room = Room::new();
    room.teacher(Rule::Block, "one", None, Some(1));
    room.teacher(Rule::Pin, "two", Some("ana"), None);
    room.teacher(Rule::Cap { shown_max: 1 }, "three", None, None);
    for seed in 0..40 {
        let who = ["ana", "ben"][(seed % 2) as usize];
        let decision = room.next(who, seed);
        let activity = chosen(&decision).to_owned();
        room.add(Event::DecisionMade(Box::new(decision)));
        room.complete(who, &activity);
        if seed == 20 {
            room.lift("cap-three");
            room.settle("ana");
        }
    }
    let mut again = Room::empty();
    room.journal.iter().for_each(|entry| again.enter(entry.clone()));
    assert_eq!(again.state, room.state);
    assert_eq!(again.learners, room.learners);
}

/// A session of eight minutes in a course of exercises of five: at first one fits, then none does,
/// and at last the time is over. Something comes next all the same.
#[test]
fn a_session_that_the_course_limits_ends_with_a_word_and_not_with_nothing() {
    let mut room = Room::empty();
    let pacing = Some(PacingDraft { session_minutes_max: Some(8.0) });
    room.add(Event::CoursePublished(Box::new(CourseDraft { pacing, ..draft() })));
    room.start("ada", "one");
    let first = room.next("ada", 1);
    assert_eq!((first.relaxation, first.session_over), (Relaxation::None, false));
    room.now = room.now.plus_micros(4 * MINUTE_MICROS);
    let late = room.next("ada", 2);
    assert_eq!((late.relaxation, late.session_over), (Relaxation::Session, false));
    room.now = room.now.plus_micros(4 * MINUTE_MICROS);
    let over = room.next("ada", 3);
    assert_eq!((over.relaxation, over.session_over), (Relaxation::None, true));
    room.now = room.now.plus_micros(DAY_MICROS);
    let fresh = room.next("ada", 4);
    assert_eq!((fresh.relaxation, fresh.session_over), (Relaxation::None, false));
}
