//! A closing check from the outside: when it comes, what it asks, and what its answers may touch.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{
    ActivityDraft, AnswerDraft, CheckDraft, EndsDraft, PlacementDraft, QuestionDraft,
};
use nexus_engine::constraint::{Constraint, Rule};
use nexus_engine::decision::candidates::Exclusion;
use nexus_engine::event::Event;
use nexus_engine::experiment::analysis::{Metric, analyse};
use nexus_engine::experiment::checked::CompletedCheck;
use nexus_engine::experiment::tally::ExperimentState;
use nexus_engine::learner::closing_check::{CheckStanding, ClosingCheck, drawn};
use nexus_engine::learner::placement::PlacementStanding;
use nexus_engine::time::{DAY_MICROS, Timestamp};
use nexus_engine::workspace::closing_check::closing_check;
use nexus_engine::workspace::{LearnerState, ProposedAction, ProposedAnswer};
use nexus_testkit::Story;
use nexus_testkit::course::{CourseBuilder, course, exercise, placement, question};
use nexus_testkit::ids::{
    activity_id, constraint_id, course_id, experiment, learner_id, policy_id,
};
use nexus_testkit::said::{self, DecisionTerms};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const SKILLS: [&str; 3] = ["add", "mul", "div"];
const POLICIES: [&str; 5] = ["static", "lin-ts", "mastery", "random", "popular"];

/// An exercise with eight questions, of which the site grades one.
fn practice(id: &&str) -> ActivityDraft {
    let ask = |number: usize| {
        let answer = if number == 7 { AnswerDraft::Missing } else { AnswerDraft::Number(4.0) };
        QuestionDraft { answer, ..question(&format!("{id}-{number}")) }
    };
    let questions = (0..8).map(ask).collect();
    ActivityDraft { questions, required: *id == "add", ..exercise(&format!("{id}-practice"), id) }
}

/// Three skills with an exercise each, of which one is required, and a check of ten questions.
fn sums() -> CourseDraft {
    let check = ActivityDraft {
        kind: "check".into(),
        skills: Vec::new(),
        questions: Vec::new(),
        check: Some(CheckDraft { questions: Some(10) }),
        ..exercise("closing", "add")
    };
    let skills = SKILLS.iter().fold(course("sums"), |course, id| course.skill(id, &[]));
    skills.teaches(SKILLS.iter().map(practice)).teaches([check])
}

/// What ada sees of the check. She is the first learner.
trait Checked {
    fn ada(&self) -> LearnerState;
    fn standing(&self) -> CheckStanding;
    fn open(&self) -> Vec<String>;
    fn result(&self) -> Option<ClosingCheck>;
    fn answer(&mut self, question: &str, right: bool);
    fn decide(&self, policy: &str) -> (String, Vec<Exclusion>);
}

impl Checked for Story {
    fn ada(&self) -> LearnerState {
        self.fold.learner(&learner_id("ada"))
    }

    fn standing(&self) -> CheckStanding {
        closing_check(self.course(), &self.ada(), self.ada().last_at).unwrap().standing
    }

    fn open(&self) -> Vec<String> {
        let ada = self.ada();
        let open = closing_check(self.course(), &ada, ada.last_at).unwrap().open;
        open.iter().map(|position| self.course().questions[*position].id.to_string()).collect()
    }

    fn result(&self) -> Option<ClosingCheck> {
        self.ada().progress("sums")?.outcome.as_ref()?.check.clone()
    }

    fn answer(&mut self, question: &str, right: bool) {
        let activity = Some(activity_id("closing"));
        let answer = ProposedAnswer { activity, ..said::answer(question, right) };
        let action = ProposedAction::Answered(answer);
        self.pass_minutes(1.0).learner("ada").tries(action).map(drop).unwrap();
    }

    fn decide(&self, policy: &str) -> (String, Vec<Exclusion>) {
        let terms = DecisionTerms { policy: policy_id(policy), ..self.terms.clone() };
        let decision = self.asks("ada", &terms, 7).unwrap();
        (decision.chosen().activity.to_string(), decision.rules.exclusions)
    }
}

/// Ada has completed what is required.
fn at_the_end(draft: CourseDraft) -> Story {
    let mut story = Story::of(draft);
    story.learner("ada").starts("add-practice");
    story.pass_minutes(5.0).learner("ada").completes("add-practice");
    story
}

#[test]
fn it_comes_once_when_everything_required_is_completed() {
    for policy in POLICIES {
        let mut story = Story::of(sums());
        story.learner("ada").starts("add-practice");
        let (chosen, exclusions) = story.decide(policy);
        assert_ne!(chosen, "closing", "{policy}: too early");
        assert_eq!(exclusions[3], Exclusion::CheckNotDue, "{policy}");

        let mut story = at_the_end(sums());
        let (chosen, exclusions) = story.decide(policy);
        assert_eq!(chosen, "closing", "{policy}");
        assert!(exclusions[..3].iter().all(|it| *it == Exclusion::CheckFirst), "{exclusions:?}");

        for question in story.open() {
            assert_eq!(story.decide(policy).0, "closing", "{policy}: it is open");
            story.answer(&question, true);
        }
        assert_eq!(story.standing(), CheckStanding::Done);
        let (chosen, exclusions) = story.decide(policy);
        assert_ne!(chosen, "closing", "{policy}: it is over");
        assert_eq!(exclusions[3], Exclusion::CheckNotDue, "{policy}");
    }
}

#[test]
fn a_course_that_requires_nothing_ends_with_its_path() {
    let mut draft = sums();
    for activity in &mut draft.modules[0].activities {
        activity.required = false;
    }
    draft.path = ["mul-practice", "div-practice"].map(str::to_owned).into();
    draft.modules[0].activities[1].advanced = vec!["add-practice".into()];
    let mut story = Story::of(draft);
    story.learner("ada").completes("mul-practice").completes("add-practice");
    assert_eq!(story.standing(), CheckStanding::NotDue);
    assert_eq!(story.decide("static").0, "div-practice");
    story.learner("ada").completes("div-practice");
    assert_eq!(story.decide("static").0, "closing");
}

#[test]
fn a_course_ends_after_minutes_or_on_a_day() {
    let ends = |minutes, date: Option<&str>| {
        let ends = EndsDraft { minutes, date: date.map(str::to_owned) };
        CourseDraft { ends: Some(ends), ..sums() }
    };
    let mut story = Story::of(ends(Some(8.0), None));
    for (minutes, due) in [(5.0, false), (4.0, true)] {
        story.learner("ada").starts("mul-practice");
        story.pass_minutes(minutes).learner("ada").skips("mul-practice");
        let standing = if due { CheckStanding::Open } else { CheckStanding::NotDue };
        assert_eq!(story.standing(), standing);
        assert_eq!(story.decide("lin-ts").0 == "closing", due);
    }
    story.learner("ada").starts("closing");
    assert_eq!(story.result().unwrap().minutes, 11.0, "minutes of learning before it");

    let story = Story::of(ends(None, Some("2999-01-01")));
    assert_eq!(story.standing(), CheckStanding::NotDue);
    let mut story = Story::of(ends(None, Some("1970-01-02")));
    story.learner("ada").starts("mul-practice");
    assert!(story.ada().last_at >= Timestamp(DAY_MICROS));
    assert_eq!(story.decide("static").0, "closing");
}

#[test]
fn what_it_asks_is_stratified_and_differs_between_learners() {
    let story = Story::of(sums());
    let course = story.course();
    let check = course.closing_check().unwrap();
    let mut counts = BTreeMap::new();
    let mut draws = BTreeSet::new();
    for began in 1..=300 {
        let questions = drawn(course, check, began);
        assert_eq!(questions, drawn(course, check, began));
        assert_eq!(questions.len(), 10);
        assert_eq!(questions.iter().collect::<BTreeSet<_>>().len(), 10, "none twice");
        let mut skills = [0; 3];
        for position in &questions {
            let question = &course.questions[*position];
            assert!(!question.id.as_str().ends_with("-7"), "the site grades {}", question.id);
            skills[question.skills[0]] += 1;
            *counts.entry(*position).or_insert(0_i32) += 1;
        }
        skills.sort_unstable();
        assert_eq!(skills, [3, 3, 4]);
        draws.insert(questions);
    }
    assert!(draws.len() > 290, "{}", draws.len());
    // Ten of 21 questions, 300 times: 143 each, give or take four times 8.7.
    assert_eq!(counts.len(), 21);
    assert!(counts.values().all(|count| (count - 143).abs() < 35), "{counts:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever the answers and their order: each question counts once, the last one ends it, and
    /// the journal folds to the same state again.
    #[test]
    fn each_question_counts_once_and_the_last_one_ends_it(
        rights: [bool; 10],
        again: [bool; 10],
        backwards: bool,
    ) {
        let mut story = at_the_end(sums());
        let mut questions = story.open();
        if backwards {
            questions.reverse();
        }
        for (number, question) in questions.iter().enumerate() {
            story.answer(question, rights[number]);
            if again[number] {
                story.answer(question, !rights[number]);
            }
            let expected = (number + 1 < 10, 9 - number);
            prop_assert_eq!((story.result().unwrap().completed_at.is_none(), story.open().len()), expected);
        }
        let result = story.result().unwrap();
        let right = rights.iter().filter(|right| **right).count() as u32;
        prop_assert_eq!((result.asked, result.answers(), result.right), (10, 10, right));
        prop_assert_eq!(result.mean_grade(), Some(f64::from(right) / 10.0));
        prop_assert_eq!(result.minutes, 6.0);
        story.assert_replays();
    }
}

#[test]
fn its_answers_are_evidence_and_measure_what_was_learned() {
    let mut story = at_the_end(sums());
    let decision = story.learner("ada").decides_for("mul-practice");
    story.learner("ada").starts("mul-practice");
    story.pass_minutes(5.0).learner("ada").completes("mul-practice");
    let open = story.open();
    let question = open.iter().find(|question| question.starts_with("mul")).unwrap();
    let before = story.report().answers_seen.gain;
    story.answer(question, true);
    // No question stood between the activity and this one, so only a probe can measure here.
    assert_eq!(story.report().answers_seen.gain, before + 1, "{decision}");
    let progress = story.progress("ada");
    assert_eq!((progress.answered, progress.grade_sum_micros, progress.streak), (0, 0, 0));
    assert_eq!((progress.probes, story.ada().belief.attempts), (0, 1));
    let home = story.course().activity("mul-practice").unwrap().key;
    assert_eq!(story.progress("ada").activity(home).unwrap().answered, 0);
}

#[test]
fn only_what_was_drawn_is_an_answer_of_the_check() {
    let mut story = at_the_end(sums());
    let open = story.open();
    let all = story.course().questions.iter().map(|question| question.id.to_string());
    let other = all.clone().find(|id| !open.contains(id)).unwrap();
    let activity = Some(activity_id("closing"));
    let answer = ProposedAnswer { activity, ..said::answer(&other, true) };
    let action = ProposedAction::Answered(answer);
    let refused = story.learner("ada").tries(action).map(drop).unwrap_err();
    assert_eq!(refused.code(), "unknown_question");
}

#[test]
fn what_is_answered_before_it_is_due_is_no_result() {
    let mut story = Story::of(sums());
    story.learner("ada").starts("mul-practice");
    let course = story.course().clone();
    let check = course.closing_check().unwrap();
    let questions = drawn(&course, check, story.progress("ada").began);
    let question = course.questions[questions[0]].id.to_string();
    story.answer(&question, true);
    assert_eq!(story.result(), None);
    assert_eq!(story.ada().belief.attempts, 1, "it is evidence all the same");
}

#[test]
fn skipped_it_is_not_offered_again_and_goes_on_when_opened() {
    let mut story = at_the_end(sums());
    let first = story.open()[0].clone();
    story.answer(&first, true);
    story.learner("ada").skips("closing");
    assert_eq!(story.standing(), CheckStanding::Skipped);
    assert_ne!(story.decide("static").0, "closing");
    assert_eq!(story.result().unwrap().mean_grade(), None, "no result");
    story.learner("ada").starts("closing");
    assert_eq!((story.standing(), story.open().len()), (CheckStanding::Open, 9));
    story.assert_replays();
}

#[test]
fn handed_in_early_what_is_missing_counts_as_wrong() {
    let mut story = at_the_end(sums());
    for question in story.open().into_iter().take(4) {
        story.answer(&question, true);
    }
    story.learner("ada").completes("closing");
    assert_eq!(story.standing(), CheckStanding::Done);
    assert_eq!(story.result().unwrap().mean_grade(), Some(0.4));

    let mut story = at_the_end(sums());
    story.learner("ada").starts("closing").completes("closing");
    assert_eq!(story.standing(), CheckStanding::Skipped, "an empty sheet is no result");
}

#[test]
fn a_new_version_asks_it_again() {
    let mut story = at_the_end(sums());
    for question in story.open() {
        story.answer(&question, false);
    }
    assert_eq!(story.standing(), CheckStanding::Done);
    story.publishes(sums().version(2));
    assert_eq!(story.standing(), CheckStanding::Open);
    POLICIES.iter().for_each(|policy| assert_eq!(story.decide(policy).0, "closing", "{policy}"));
    for question in story.open() {
        story.answer(&question, true);
    }
    let result = story.result().unwrap();
    assert_eq!((result.course_version, result.mean_grade()), (2, Some(1.0)));
    story.assert_replays();
}

#[test]
fn teachers_come_before_it() {
    let constraint = |rule, activity: &str| Constraint {
        id: constraint_id(&format!("about-{activity}")),
        course: course_id("sums"),
        learner: None,
        rule,
        activity: activity_id(activity),
        reason: "it is for next year".into(),
        by: "the teacher".into(),
        expires_at: None,
    };
    let mut story = at_the_end(sums());
    story.constrains(constraint(Rule::Pin, "div-practice"));
    assert_eq!(story.decide("lin-ts").0, "div-practice");
    let mut story = at_the_end(sums());
    story.constrains(constraint(Rule::Block, "closing"));
    let (chosen, exclusions) = story.decide("lin-ts");
    assert_ne!(chosen, "closing");
    assert_eq!(exclusions[3], Exclusion::Blocked);
}

#[test]
fn what_the_placement_found_is_kept_to_compare_with() {
    let rules = PlacementDraft { questions_min: Some(2), questions_max: Some(2), ..<_>::default() };
    let mut draft = sums();
    draft.modules[0].activities.insert(0, placement("begin", &[], rules));
    let mut story = Story::of(draft);
    story.learner("ada").starts("begin");
    for _ in 0..2 {
        let ada = story.ada();
        let next = story.state().placement(story.course(), &ada).unwrap().next.unwrap();
        let question = story.course().questions[next.question].id.to_string();
        let activity = Some(activity_id("begin"));
        let answer = ProposedAnswer { activity, ..said::answer(&question, true) };
        let action = ProposedAction::Answered(answer);
        story.pass_minutes(1.0).learner("ada").tries(action).map(drop).unwrap();
    }
    let ada = story.ada();
    let standing = story.state().placement(story.course(), &ada).unwrap().standing;
    assert_eq!(standing, PlacementStanding::Done);
    let placed = ada.progress("sums").unwrap().outcome.as_ref().unwrap().placed_success;
    assert!(placed.is_some_and(|success| success > 0.0 && success < 1.0), "{placed:?}");
    story.assert_replays();
}

/// Each learner counts once, in the side whose choice was shown before the check began.
#[test]
fn an_experiment_counts_the_first_check_of_a_learner() {
    let mut story = Story::of(sums());
    let sides = [("control", "static"), ("treatment", "lin-ts")];
    story.enters(Event::ExperimentStarted(experiment("paths", "sums", &sides)));
    let decision = story.learner("ada").decides();
    let shown = decision.chosen().activity.to_string();
    story.learner("ada").starts(&shown);
    story.pass_minutes(5.0).learner("ada").completes(&shown);
    story.learner("ada").completes("add-practice");
    for (number, question) in story.open().iter().enumerate() {
        story.answer(question, number < 6);
    }
    story.publishes(sums().version(2));
    for question in story.open() {
        story.answer(&question, true);
    }
    let state = story.state().experiments.values().next().unwrap();
    let checks: Vec<_> = state.tallies.iter().map(|tally| &tally.checks).collect();
    assert_eq!(checks.iter().map(|checks| checks.mean_grades.n).sum::<u64>(), 1);
    let of_ada = checks.iter().find(|checks| !checks.is_empty()).unwrap();
    assert_eq!(of_ada.mean_grades.mean(), Some(0.6));
    assert!(of_ada.minutes.mean().is_some_and(|minutes| minutes > 0.0));
    assert_eq!(story.report().checks.mean_grades.n, 2, "the course counts every check");
    story.assert_replays();
}

/// The treatment began lower and ended equal, and a fifth of the control did not come.
#[test]
fn the_closing_check_comes_first_adjusted_and_with_bounds() {
    let sides = [("control", "static"), ("treatment", "lin-ts")];
    let mut state = ExperimentState::new(experiment("paths", "sums", &sides), Timestamp(0));
    for (side, begins, came) in [(0, 0.5, 80), (1, 0.4, 100)] {
        state.tallies[side].learners = 100;
        for number in 0..came {
            let placed = begins + 0.2 * f64::from(number % 5 - 2) / 2.0;
            let mean_grade = (if side == 0 { 0.3 } else { 0.35 }) + 0.5 * placed;
            let placed_success = Some(placed);
            let check = CompletedCheck { mean_grade, minutes: 100.0, placed_success };
            state.tallies[side].checks.add(&check);
        }
    }
    let analysis = analyse(&state, true);
    let first = &analysis.effects[0];
    assert_eq!((first.metric, first.learners), (Metric::ClosingCheck, (80, 100)));
    assert!(first.unadjusted.unwrap().abs() < 1e-9, "{first:?}");
    assert!((first.estimate.unwrap() - 0.05).abs() < 1e-9, "{first:?}");
    let bounds = first.missing_bounds.unwrap();
    assert!(bounds.low < 0.0 && bounds.high > 0.0, "{first:?}");
    let without = analyse(&state, false);
    assert_eq!(without.effects[0].metric, Metric::ProbeSuccess);
    assert!(without.effects.iter().all(|effect| effect.metric != Metric::ClosingCheck));
}
