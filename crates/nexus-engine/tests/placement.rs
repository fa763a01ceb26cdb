//! A placement from the outside: what it asks, when it stops, and what its answers may touch.

use nexus_engine::catalog::draft::{ActivityDraft, AnswerDraft, PlacementDraft, QuestionDraft};
use nexus_engine::catalog::{CourseDraft, validation};
use nexus_engine::constraint::{Constraint, Rule};
use nexus_engine::decision::candidates::Exclusion;
use nexus_engine::event::{Action, Event};
use nexus_engine::learner::belief::Belief;
use nexus_engine::learner::placement::{
    Choice, PlacementInputs, PlacementStanding, Stopped, stops_after,
};
use nexus_engine::learner::tracing::{
    ABILITY_DRIFT, LEVEL_DRIFT, LEVEL_VARIANCE, QuestionView, TracingModel,
};
use nexus_engine::workspace::LearnerState;
use nexus_engine::workspace::{ProposedAction, ProposedAnswer, Refusal};
use nexus_stats::math::{logistic, normal_cdf};
use nexus_stats::random::Stream;
use nexus_testkit::Story;
use nexus_testkit::course::{CourseBuilder, course, exercise, placement, question};
use nexus_testkit::ids::{activity_id, constraint_id, course_id, learner_id, policy_id};
use nexus_testkit::said::{self, DecisionTerms};
use proptest::prelude::*;
use std::collections::BTreeSet;

const SKILLS: [&str; 3] = ["add", "mul", "div"];

fn asked(id: &str, skill: usize, difficulty: f64, graded: bool) -> QuestionDraft {
    let answer = if graded { AnswerDraft::Number(4.0) } else { AnswerDraft::Missing };
    let skills = vec![SKILLS[skill].to_owned()];
    QuestionDraft { answer, skills, difficulty: Some(difficulty), ..question(id) }
}

/// Three skills with an exercise each; one question in four is graded by the site.
fn sums(rules: PlacementDraft, asks_about: &[&str]) -> CourseDraft {
    let practice = |(skill, id): (usize, &&str)| {
        let ask = |number: usize| {
            let difficulty = (number as f64 + 0.5) / 8.0;
            asked(&format!("{id}-{number}"), skill, difficulty, number % 4 != 3)
        };
        let questions = (0..8).map(ask).collect();
        ActivityDraft { questions, ..exercise(&format!("{id}-practice"), id) }
    };
    let skills = SKILLS.iter().fold(course("sums"), |course, id| course.skill(id, &[]));
    skills
        .teaches([placement("begin", asks_about, rules)])
        .teaches(SKILLS.iter().enumerate().map(practice))
}

/// What ada does in a placement, and what it asks her. She is the only learner.
trait Placed {
    fn send(&mut self, action: ProposedAction) -> Result<(), Refusal>;

    fn answer(&mut self, activity: &str, question: &str, right: bool) -> Result<(), Refusal> {
        let activity = Some(activity_id(activity));
        self.send(ProposedAction::Answered(ProposedAnswer {
            activity,
            ..said::answer(question, right)
        }))
    }

    fn ada(&self) -> LearnerState;

    fn next(&self) -> Option<String>;

    fn standing(&self) -> (PlacementStanding, u32, Option<Stopped>);

    fn decide(&self, policy: &str) -> (String, Vec<Exclusion>);
}

impl Placed for Story {
    fn send(&mut self, action: ProposedAction) -> Result<(), Refusal> {
        self.pass_minutes(1.0).learner("ada").tries(action).map(drop)
    }

    fn ada(&self) -> LearnerState {
        self.fold.learner(&learner_id("ada"))
    }

    fn next(&self) -> Option<String> {
        let next = self.state().placement(self.course(), &self.ada())?.next?;
        Some(self.course().questions[next.question].id.to_string())
    }

    fn standing(&self) -> (PlacementStanding, u32, Option<Stopped>) {
        let ada = self.ada();
        let view = self.state().placement(self.course(), &ada);
        view.map(|view| (view.standing, view.asked, view.stopped)).unwrap()
    }

    fn decide(&self, policy: &str) -> (String, Vec<Exclusion>) {
        let terms = DecisionTerms { policy: policy_id(policy), ..self.terms.clone() };
        let decision = self.asks("ada", &terms, 7).unwrap();
        (decision.chosen().activity.to_string(), decision.rules.exclusions)
    }
}

fn named(kind: &str, activity: &str) -> ProposedAction {
    let activity = activity_id(activity);
    ProposedAction::Plain(match kind {
        "skip" => Action::ActivitySkipped { activity },
        "complete" => Action::ActivityCompleted { activity },
        _ => Action::ActivityStarted { activity },
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the rules and the answers: no question twice, none that needs the site to grade,
    /// never more than the most, the end is journaled with its last answer, reading twice gives
    /// the same, and the journal folds to the same state again.
    #[test]
    fn it_asks_each_question_once_and_always_stops(
        least in 1_u32..6,
        more in 0_u32..8,
        gain_min in 0.0..0.1_f64,
        error_max in 0.0..0.7_f64,
        rights: [bool; 16],
        pauses: [bool; 16],
    ) {
        let most = least + more;
        let rules = PlacementDraft {
            questions_min: Some(least),
            questions_max: Some(most),
            gain_min: Some(gain_min),
            error_max: Some(error_max),
        };
        let mut story = Story::of(sums(rules, &[]));
        let mut asked = BTreeSet::new();
        while let Some(question) = story.next() {
            prop_assert_eq!(Some(question.clone()), story.next());
            prop_assert!(!question.ends_with("-3") && !question.ends_with("-7"), "{}", question);
            let number = asked.len();
            prop_assert!(asked.insert(question.clone()), "{} twice", question);
            if pauses[number] {
                story.send(named("start", "add-practice")).unwrap();
                story.send(named("start", "begin")).unwrap();
            }
            story.answer("begin", &question, rights[number]).unwrap();
        }
        let (standing, counted, stopped) = story.standing();
        prop_assert_eq!(standing, PlacementStanding::Done);
        prop_assert_eq!(counted as usize, asked.len());
        prop_assert!((least..=most).contains(&counted));
        prop_assert!(stopped.is_some());
        prop_assert_eq!(stopped == Some(Stopped::QuestionsMax), counted == most);

        story.assert_replays();
    }
}

#[test]
fn answers_are_evidence_and_nothing_else() {
    let mut story = Story::of(sums(PlacementDraft::default(), &[]));
    story.send(named("start", "begin")).unwrap();
    let question = story.next().unwrap();
    story.answer("begin", &question, true).unwrap();
    let course = story.course();
    let home = course.question(&question).unwrap().activity;
    let progress = story.progress("ada");
    assert_eq!(story.ada().belief.attempts, 1);
    assert_eq!(story.ada().belief.wins, 1);
    assert!(progress.activity(course.activities[home].key).is_none(), "its home stays untouched");
    assert_eq!((progress.answered, progress.grade_sum_micros, progress.streak), (0, 0, 0));
    assert_eq!(progress.current, course.activity("begin").map(|activity| activity.key));
    assert_eq!(story.state().reports["sums"].answers, 0);
}

#[test]
fn only_what_the_pool_holds_is_an_answer_of_the_placement() {
    let mut story = Story::of(sums(PlacementDraft::default(), &["add"]));
    let refused = story.answer("begin", "mul-0", true).unwrap_err();
    assert_eq!(refused.code(), "unknown_question");
    assert_eq!(story.answer("begin", "add-3", true).unwrap_err().code(), "unknown_question");
    story.answer("begin", "add-0", true).unwrap();
    assert_eq!(story.answer("mul-practice", "add-1", true).unwrap_err().code(), "unknown_question");
}

#[test]
fn every_policy_begins_with_it_and_goes_on_after_it() {
    for policy in ["static", "lin-ts", "mastery", "random", "popular"] {
        let mut story = Story::of(sums(PlacementDraft::default(), &[]));
        assert_eq!(story.decide(policy).0, "begin", "{policy}");
        let first = story.next().unwrap();
        story.answer("begin", &first, false).unwrap();
        assert_eq!(story.decide(policy).0, "begin", "{policy}: it is open");
        while let Some(question) = story.next() {
            story.answer("begin", &question, false).unwrap();
        }
        let (chosen, exclusions) = story.decide(policy);
        assert_ne!(chosen, "begin", "{policy}: it is over");
        assert!(policy == "static" || exclusions[0] == Exclusion::Placed, "{policy}");

        let mut story = Story::of(sums(PlacementDraft::default(), &[]));
        story.send(named("skip", "begin")).unwrap();
        assert_ne!(story.decide(policy).0, "begin", "{policy}: it was skipped");
        assert_eq!(story.standing().0, PlacementStanding::Skipped);
        story.send(named("start", "begin")).unwrap();
        assert_eq!(story.standing().0, PlacementStanding::Open);

        let mut story = Story::of(sums(PlacementDraft::default(), &[]));
        story.answer("add-practice", "add-0", true).unwrap();
        assert_ne!(story.decide(policy).0, "begin", "{policy}: the course has begun");
    }
}

#[test]
fn the_static_path_never_returns_to_it() {
    let mut story = Story::of(sums(PlacementDraft::default(), &[]));
    story.send(named("skip", "begin")).unwrap();
    for id in SKILLS {
        assert_ne!(story.decide("static").0, "begin");
        story.send(named("complete", &format!("{id}-practice"))).unwrap();
    }
    story.terms.policy = policy_id("static");
    assert!(story.would_rest("ada").is_some());
}

#[test]
fn a_completion_by_the_site_ends_it() {
    let mut story = Story::of(sums(PlacementDraft::default(), &[]));
    let question = story.next().unwrap();
    story.answer("begin", &question, true).unwrap();
    story.send(named("complete", "begin")).unwrap();
    assert_eq!(story.standing(), (PlacementStanding::Done, 1, None));
    assert_eq!(story.next(), None);
}

#[test]
fn a_small_pool_ends_it() {
    let rules = PlacementDraft { questions_max: Some(50), gain_min: Some(0.0), ..<_>::default() };
    let rules = PlacementDraft { error_max: Some(0.0), ..rules };
    let mut story = Story::of(sums(rules, &["add"]));
    while let Some(question) = story.next() {
        story.answer("begin", &question, true).unwrap();
    }
    assert_eq!(story.standing(), (PlacementStanding::Done, 6, Some(Stopped::PoolEmpty)));
}

#[track_caller]
fn check_refused(draft: &CourseDraft, expected: &[(&str, &str)]) {
    let problems = validation::check(draft);
    let found: Vec<_> = problems.iter().map(|it| (it.place.to_string(), it.code)).collect();
    let found: Vec<_> = found.iter().map(|(place, code)| (place.as_str(), *code)).collect();
    assert_eq!(found, expected, "{problems:?}");
}

#[test]
fn a_course_that_cannot_place_is_refused() {
    let at = "modules[0].activities[0]";
    let mut draft = sums(PlacementDraft::default(), &[]);
    for activity in &mut draft.modules[0].activities {
        for question in &mut activity.questions {
            question.answer = AnswerDraft::Missing;
        }
    }
    check_refused(&draft, &[(&format!("{at}.skills"), "empty_pool")]);
    let message = validation::check(&draft).remove(0).message;
    assert!(message.contains("give questions an `answer`"), "{message}");

    let mut draft = sums(PlacementDraft::default(), &[]);
    let mut second = draft.modules[0].activities[0].clone();
    second.id = "again".into();
    draft.modules[0].activities.push(second);
    check_refused(&draft, &[("modules[0].activities[4].kind", "too_many")]);

    let mut draft = sums(PlacementDraft::default(), &[]);
    draft.modules[0].activities[0].required = true;
    draft.modules[0].activities[1].placement = Some(PlacementDraft::default());
    let other = "modules[0].activities[1].placement";
    check_refused(&draft, &[(&format!("{at}.required"), "misplaced"), (other, "misplaced")]);

    let rules = PlacementDraft {
        questions_min: Some(9),
        questions_max: Some(5),
        gain_min: Some(2.0),
        error_max: Some(f64::NAN),
    };
    // Problems of one place are listed by field.
    let fields = ["error_max", "gain_min", "questions_min"];
    let places = fields.map(|field| format!("{at}.placement.{field}"));
    let expected: Vec<_> = places.iter().map(|place| (place.as_str(), "out_of_range")).collect();
    check_refused(&sums(rules, &[]), &expected);
}

/// The gain of every question, computed slowly: absorb a right and a wrong answer, and compare the
/// variances that the skills' views then have with those of before.
fn gains_by_absorbing(inputs: &PlacementInputs<'_>) -> Vec<f64> {
    let course = inputs.course;
    let uncertainty = |belief: &Belief| -> Vec<f64> {
        let skills = inputs.placement.skills.iter().map(|skill| {
            let reference = course.skills[*skill].reference();
            nexus_engine::learner::mastery::view(belief, inputs.tracing, &reference, inputs.at)
                .variance
        });
        skills.collect()
    };
    let before = uncertainty(inputs.belief);
    let weights: Vec<f64> = inputs
        .placement
        .skills
        .iter()
        .map(|skill| {
            let reference = course.skills[*skill].reference();
            let seen = nexus_engine::learner::mastery::view(
                inputs.belief,
                inputs.tracing,
                &reference,
                inputs.at,
            );
            // The slope of the smoothed success, by a small step of its mean.
            let success = |logit: f64| {
                let shrink = 1.0 / (1.0 + std::f64::consts::PI * seen.variance / 8.0).sqrt();
                reference.guess + (0.995 - reference.guess) * logistic(shrink * logit)
            };
            let slope = (success(seen.logit + 1e-5) - success(seen.logit - 1e-5)) / 2e-5;
            slope * slope
        })
        .collect();
    // What discrimination makes of a variance of the learner.
    let scales: Vec<f64> = inputs
        .placement
        .skills
        .iter()
        .zip(&before)
        .map(|(skill, variance)| {
            let entry = inputs.belief.skill(course.skills[*skill].key);
            let level = entry.map_or(LEVEL_VARIANCE, |entry| entry.level_at(inputs.at).variance);
            variance / (inputs.belief.ability.variance + level)
        })
        .collect();
    let total: f64 = weights.iter().zip(&before).map(|(weight, variance)| weight * variance).sum();
    let gain = |choice: &Choice| {
        let question = &course.questions[choice.question];
        let skills: Vec<_> = course.skill_keys(&question.skills).collect();
        let view = QuestionView::of(question, &skills);
        let prediction = inputs.tracing.predict(inputs.belief, &view, inputs.at);
        let mut removed = 0.0;
        for (right, chance) in [(true, choice.predicted), (false, 1.0 - choice.predicted)] {
            let evidence = inputs.tracing.evidence(&prediction, right);
            let mut after = inputs.belief.clone();
            TracingModel::default().absorb(&mut after, &view, &evidence, right, inputs.at);
            let after = uncertainty(&after);
            let changes = weights.iter().zip(before.iter().zip(&after)).enumerate();
            for (position, (weight, (before, after))) in changes {
                // An answer also lets ability and its levels drift; that is no information.
                let own = question.skills.contains(&inputs.placement.skills[position]);
                let drift = ABILITY_DRIFT + if own { LEVEL_DRIFT } else { 0.0 };
                let drift = drift * scales[position];
                removed += chance * weight * (before + drift - after);
            }
        }
        removed / total
    };
    inputs.pool().iter().map(gain).collect()
}

#[test]
fn the_gain_is_what_the_filter_would_do() {
    let rules = PlacementDraft { questions_min: Some(12), ..PlacementDraft::default() };
    let mut story = Story::of(sums(rules, &[]));
    let mut luck = Stream::keyed(3, "placement");
    for _ in 0..6 {
        let question = story.next().unwrap();
        story.answer("begin", &question, luck.uniform() < 0.5).unwrap();
        let course = story.course();
        let inputs = PlacementInputs {
            course,
            placement: course.placement().unwrap(),
            learner: &story.ada().id,
            belief: &story.ada().belief,
            tracing: &story.state().tracing,
            asked: 0,
            blocked: &[],
            at: story.ada().last_at,
        };
        let slow = gains_by_absorbing(&inputs);
        for (choice, slow) in inputs.pool().iter().zip(slow) {
            assert!((choice.gain - slow).abs() < 1e-6, "{} {slow}", choice.gain);
            assert!((0.0..=1.0).contains(&choice.gain));
        }
        assert_eq!(stops_after(&inputs, &story.ada().belief), None);
    }
}

/// Among the nearly best, chance decides: no question is everybody's first, and each learner's is
/// always the same.
#[test]
fn first_questions_differ_between_learners() {
    let story = Story::of(sums(PlacementDraft::default(), &[]));
    let course = story.course();
    let mut counts = std::collections::BTreeMap::new();
    for number in 0..300 {
        let learner = LearnerState::new(learner_id(&format!("learner-{number}")));
        let next = story.state().placement(course, &learner).unwrap().next.unwrap();
        let again = story.state().placement(course, &learner).unwrap().next.unwrap();
        assert_eq!(next, again);
        *counts.entry(next.question).or_insert(0_i32) += 1;
    }
    assert_eq!(counts.len(), 3, "{counts:?}");
    // A binomial with 300 trials and a chance of one third: 100, give or take four times 8.2.
    let fair = normal_cdf(4.0) > 0.999_9 && counts.values().all(|n| (n - 100).abs() < 33);
    assert!(fair, "{counts:?}");
}

/// What a teacher blocks is not asked about either, from the next question on.
#[test]
fn a_placement_does_not_ask_what_a_teacher_blocked() {
    let rules = PlacementDraft { questions_min: Some(6), ..PlacementDraft::default() };
    let mut story = Story::of(sums(rules, &[]));
    let block = |skill: &str| Constraint {
        id: constraint_id(&format!("no-{skill}")),
        course: course_id("sums"),
        learner: None,
        rule: Rule::Block,
        activity: activity_id(&format!("{skill}-practice")),
        reason: "it is for next year".into(),
        by: "the teacher".into(),
        expires_at: None,
    };
    let first = story.next().unwrap();
    let skill = SKILLS.into_iter().find(|skill| first.starts_with(skill)).unwrap();
    story.enters(Event::ConstraintSet(Box::new(block(skill))));
    let mut asked = 0;
    while let Some(question) = story.next() {
        assert!(!question.starts_with(skill), "{question} belongs to what was blocked");
        story.answer("begin", &question, asked % 2 == 0).unwrap();
        asked += 1;
    }
    assert!(asked >= 6, "{asked} questions of the other two skills");
}
