//! What was recorded wrongly counts otherwise. The oracle is the same story told right from the beginning:
//! every command is given again, without what was wrong.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{AnswerDraft, QuestionDraft};
use nexus_engine::event::correction::Amended;
use nexus_engine::event::{Action, Event};
use nexus_engine::learner::progress::Segment;
use nexus_engine::workspace::corrections::{CorrectionAsked, Recounted};
use nexus_engine::workspace::protocol::Command;
use nexus_engine::workspace::redaction::Redaction;
use nexus_engine::workspace::{LearnerState, ProposedAnswer};
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise, question, video};
use nexus_testkit::{FoldedState, RIGHT, Story, WRONG, ids, said};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

fn lessons() -> CourseDraft {
    let asks = |id: &str| exercise(id, id).asks([format!("{id}-1"), format!("{id}-2")]);
    course("c").teaches([video("film", "one"), asks("one"), asks("two"), asks("three")])
}

/// One thing that happens in a lesson.
#[derive(Clone, Copy)]
enum Told {
    Does(&'static str, &'static str),
    Answers(&'static str, bool),
}

const LESSON: [Told; 12] = [
    Told::Does("start", "film"),
    Told::Does("watch", "film"),
    Told::Does("start", "one"),
    Told::Answers("one-1", WRONG),
    Told::Answers("one-1", RIGHT),
    Told::Answers("one-2", RIGHT),
    Told::Does("complete", "one"),
    Told::Does("rate", "one"),
    Told::Does("start", "two"),
    Told::Answers("two-1", RIGHT),
    Told::Answers("two-2", WRONG),
    Told::Does("complete", "two"),
];

fn tells(story: &mut Story, learner: &str, told: Told) {
    let learner = story.learner(learner);
    let _ = match told {
        Told::Answers(question, right) => learner.answers(question, right),
        Told::Does("start", activity) => learner.starts(activity),
        Told::Does("complete", activity) => learner.completes(activity),
        Told::Does("rate", activity) => {
            let activity = ids::activity_id(activity);
            learner.does(Action::Feedback { activity, rating: 4, comment: None })
        }
        Told::Does(_, activity) => {
            let segments = vec![Segment { from_seconds: 0.0, to_seconds: 60.0 }];
            let activity = ids::activity_id(activity);
            learner.does(Action::VideoProgressed { activity, segments, exact: true })
        }
    };
}

/// A lesson of Bo, then one of Ada in which time passes where something is left out.
fn lesson(left_out: &[usize]) -> Story {
    let mut story = Story::of(lessons());
    LESSON.iter().for_each(|told| tells(&mut story, "bo", *told));
    for (place, told) in LESSON.iter().enumerate() {
        if left_out.contains(&place) {
            story.pass_minutes(1.0);
        } else {
            tells(&mut story, "ada", *told);
        }
    }
    story
}

/// The place in the journal of the so-many-th thing that Ada did.
fn place_of(story: &Story, number: usize) -> u64 {
    let ada = ids::learner_id("ada");
    let hers = story.journal.iter().filter(|entry| entry.event.learner() == Some(&ada));
    let did = hers.filter(|entry| matches!(entry.event, Event::Happened(_)));
    did.map(|entry| entry.seq).nth(number).unwrap()
}

/// All that a learner's state says but for the places in the journal.
fn known_of(story: &Story, learner: &str) -> LearnerState {
    let mut known = story.fold.learners[learner].clone();
    known.entries = 0;
    known.courses.values_mut().for_each(|course| course.progress.began = 0);
    known
}

fn assert_same(corrected: &Story, right: &Story, what: &str) {
    for learner in ["ada", "bo"] {
        assert_eq!(known_of(corrected, learner), known_of(right, learner), "{what}: {learner}");
    }
    assert_eq!(corrected.report(), right.report(), "{what}");
    assert_eq!(corrected.state().tracing, right.state().tracing, "{what}");
    assert_eq!(corrected.state().popularity, right.state().popularity, "{what}");
    corrected.assert_replays();
}

#[test]
fn what_is_voided_counts_as_if_it_had_never_been() {
    let cases: [(&str, &[usize]); 10] = [
        ("the first thing that she did", &[0]),
        ("a film that was not watched", &[1]),
        ("the first answer, so that the second is the first", &[3]),
        ("an answer to a question that was answered before", &[4]),
        ("an answer in the middle", &[5]),
        ("a completion", &[6]),
        ("a rating", &[7]),
        ("the last answer", &[10]),
        ("all answers", &[3, 4, 5, 9, 10]),
        ("nearly all", &[0, 1, 2, 3, 4, 5, 6, 7, 8]),
    ];
    for (what, voided) in cases {
        let mut story = lesson(&[]);
        let entries = voided.iter().map(|number| place_of(&story, *number)).collect();
        let changed = story.corrects(CorrectionAsked::Void(entries));
        assert_eq!(changed.len(), 1, "{what}: Bo is not concerned");
        assert_same(&story, &lesson(voided), what);
    }
}

#[test]
fn one_void_after_another_is_both_at_once() {
    let mut story = lesson(&[]);
    for number in [5, 3, 10] {
        let entry = place_of(&story, number);
        story.corrects(CorrectionAsked::Void(BTreeSet::from([entry])));
        // A correction that changes nothing writes nothing.
        assert!(story.corrects(CorrectionAsked::Void(BTreeSet::from([entry]))).is_empty());
    }
    assert_same(&story, &lesson(&[3, 5, 10]), "three voids");
    // What comes after is folded on what counts.
    story.learner("ada").starts("three").answers("three-1", RIGHT);
    story.assert_replays();
}

fn graded(story: &mut Story, learner: &str, question: &str, grade: f64) {
    let answer =
        ProposedAnswer { correct: None, grade: Some(grade), ..said::answer(question, RIGHT) };
    story.learner(learner).answers_with(answer);
}

/// The first grades of three answers, which of them get which second ones, and the last grades.
type Regraded<'a> = ([f64; 3], &'a [(usize, f64)], [f64; 3]);

#[test]
fn a_second_grade_is_the_grade() {
    let told = |first: [f64; 3]| {
        let mut story = Story::of(lessons());
        story.learner("ada").starts("one");
        graded(&mut story, "ada", "one-1", first[0]);
        graded(&mut story, "ada", "one-2", first[1]);
        story.learner("ada").completes("one").starts("two");
        graded(&mut story, "ada", "two-1", first[2]);
        story.learner("bo").starts("one").answers("one-1", WRONG);
        story
    };
    let cases: [Regraded<'_>; 6] = [
        ([0.4, 1.0, 1.0], &[(1, 0.8)], [0.8, 1.0, 1.0]),
        ([0.4, 1.0, 1.0], &[(1, 1.0)], [1.0, 1.0, 1.0]),
        ([1.0, 1.0, 1.0], &[(1, 0.0)], [0.0, 1.0, 1.0]),
        ([1.0, 0.5, 0.0], &[(1, 0.5), (2, 1.0), (5, 1.0)], [0.5, 1.0, 1.0]),
        ([0.0, 0.0, 0.0], &[(5, 1.0), (5, 0.25)], [0.0, 0.0, 0.25]),
        ([0.2, 0.9, 0.6], &[(1, 1.0), (1, 0.2)], [0.2, 0.9, 0.6]),
    ];
    for (first, seconds, last) in cases {
        let mut story = told(first);
        for (number, grade) in seconds {
            let entry = place_of(&story, *number);
            story.corrects(CorrectionAsked::Grade(BTreeMap::from([(entry, *grade)])));
        }
        let right = told(last);
        assert_eq!(known_of(&story, "ada"), known_of(&right, "ada"), "{first:?} to {last:?}");
        assert_eq!(story.report(), right.report(), "{first:?} to {last:?}");
        story.assert_replays();
    }
}

/// Questions with a numeric key each.
fn keyed(version: u32, keys: [f64; 4]) -> CourseDraft {
    let mut quiz = exercise("quiz", "s");
    let numbered = keys.into_iter().enumerate();
    let asked = |(number, key): (usize, f64)| QuestionDraft {
        answer: AnswerDraft::Number(key),
        ..question(&format!("q{number}"))
    };
    quiz.questions = numbered.map(asked).collect();
    course("c").version(version).teaches([quiz])
}

fn responds(story: &mut Story, learner: &str, question: &str, response: &str) {
    let response = Some(response.to_owned());
    let answer = ProposedAnswer { correct: None, response, ..said::answer(question, RIGHT) };
    story.learner(learner).answers_with(answer);
}

fn regrade(story: &mut Story, questions: Option<&[&str]>) -> BTreeMap<String, Recounted> {
    let course = Arc::clone(story.course());
    let questions = questions.map(|it| it.iter().map(|id| ids::question_id(id)).collect());
    let changed = story.corrects(CorrectionAsked::Regrade { course, questions });
    changed.into_iter().map(|(learner, it)| (learner.to_string(), it)).collect()
}

#[test]
fn a_mended_key_grades_stored_responses_again() {
    let keys = [[7.0, 2.0, 3.0, 4.0], [8.0, 2.0, 3.0, 4.0], [8.0, 2.0, 5.0, 4.0]];
    let told = |key: [f64; 4]| {
        let mut story = Story::of(keyed(1, key));
        for (learner, responses) in [
            ("ada", ["8", "2", "3", "9"]),
            ("bo", ["7", "1", "5", "4"]),
            ("cy", ["8", "2", "5", "4"]),
        ] {
            for (number, response) in responses.iter().enumerate() {
                responds(&mut story, learner, &format!("q{number}"), response);
            }
        }
        story
    };
    let mut story = told(keys[0]);
    story.publishes(keyed(2, keys[1]));
    let changed = regrade(&mut story, None);
    assert_eq!(changed.keys().collect::<Vec<_>>(), ["ada", "bo", "cy"]);
    assert!(changed.values().all(|it| it.answers == 1 && it.targets.len() == 1));
    let right = told(keys[1]);
    for learner in ["ada", "bo", "cy"] {
        let (known, expected) = (known_of(&story, learner), known_of(&right, learner));
        assert_eq!(known.belief.wins, expected.belief.wins, "{learner}");
        assert_eq!(
            known.courses[story.course_id()].progress.grade_sum_micros,
            expected.courses[story.course_id()].progress.grade_sum_micros,
            "{learner}"
        );
    }
    // Ada was the first, so nobody's frozen evidence stands before hers: she is known to the bit.
    assert_eq!(known_of(&story, "ada").belief, known_of(&right, "ada").belief);
    assert_eq!(story.report().grade_sum_micros, right.report().grade_sum_micros);
    // Again, nothing changes; and a third version mends another key, of which only one is asked for.
    assert!(regrade(&mut story, None).is_empty());
    story.publishes(keyed(3, keys[2]));
    assert!(regrade(&mut story, Some(&["q0", "q1"])).is_empty());
    let changed = regrade(&mut story, Some(&["q2"]));
    assert_eq!(changed.keys().collect::<Vec<_>>(), ["ada", "bo", "cy"]);
    let right = told(keys[2]);
    assert_eq!(story.report().grade_sum_micros, right.report().grade_sum_micros);
    story.assert_replays();
}

#[test]
fn a_regrade_leaves_the_marks_of_sites_and_teachers_alone() {
    let mut story = Story::of(keyed(1, [7.0, 2.0, 3.0, 4.0]));
    // By the key; by the site, against the key; without a response; and one that a teacher corrects.
    responds(&mut story, "ada", "q0", "8");
    let by_site = ProposedAnswer { response: Some("8".to_owned()), ..said::answer("q0", RIGHT) };
    story.learner("bo").answers_with(by_site);
    story.learner("cy").answers("q0", WRONG);
    responds(&mut story, "di", "q0", "8");
    let by_hand = story.journal.last().unwrap().seq;
    story.corrects(CorrectionAsked::Grade(BTreeMap::from([(by_hand, 0.5)])));
    story.publishes(keyed(2, [8.0, 2.0, 3.0, 4.0]));
    let changed = regrade(&mut story, None);
    assert_eq!(changed.keys().collect::<Vec<_>>(), ["ada"]);
    let mean = |learner: &str| story.progress(learner).grade_sum_micros;
    assert_eq!(["ada", "bo", "cy", "di"].map(mean), [1_000_000, 1_000_000, 0, 500_000]);
    story.assert_replays();
}

/// Three exercises on one skill: the first answer to the next one measures what the one before taught.
fn practice() -> CourseDraft {
    let asks = |id: &str| exercise(id, "s").asks([format!("{id}-1"), format!("{id}-2")]);
    course("c").teaches(["one", "two", "three"].map(asks))
}

/// Decides, and does what was decided: the reward is settled by the answers of the next session.
fn taught(story: &mut Story, learner: &str) {
    for activity in ["one", "two", "three"] {
        story.learner(learner).decides_for(activity);
        story.learner(learner).starts(activity);
        for number in 1..3 {
            story.learner(learner).answers(&format!("{activity}-{number}"), RIGHT);
        }
        story.learner(learner).completes(activity);
        story.pass_hours(3.0);
    }
    story.pass_days(10.0);
}

#[test]
fn rewards_and_what_policies_learned_from_them_follow() {
    let mut story = Story::of(practice()).by_policy("lin-ts");
    for learner in ["ada", "bo"] {
        taught(&mut story, learner);
    }
    let key = (story.course_id().clone(), ids::policy_id("lin-ts"));
    let before = story.state().policies[&key].clone();
    let rewards = |story: &Story| {
        let ada = &story.fold.learners["ada"].courses[story.course_id()].decisions;
        (ada.rewards, ada.reward_sum_micros)
    };
    let rewarded = rewards(&story);
    let answers = story.journal.iter().filter(|entry| match &entry.event {
        Event::Happened(it) => {
            it.learner.as_str() == "ada" && matches!(it.action, Action::QuestionAnswered(_))
        }
        _ => false,
    });
    let entries: BTreeMap<u64, f64> = answers.map(|entry| (entry.seq, 0.0)).collect();
    let changed = story.corrects(CorrectionAsked::Grade(entries));
    let ada = changed.values().next().unwrap();
    assert!(ada.rewards > 0, "{}", ada.rewards);
    assert_ne!(rewards(&story), rewarded);
    assert_ne!(story.state().policies[&key], before);
    // What each decision believed before it is corrected too, and stays a belief.
    let believed = ada.amended.iter().filter(|(_, it)| matches!(it, Amended::Believed(_)));
    assert!(believed.count() > 0);
    assert_eq!(story.state().check_rewards(), Ok(()));
    story.assert_replays();
    // And back: the same grades as at first give the same rewards and the same policy.
    let back = story.journal.iter().filter_map(|entry| match &entry.event {
        Event::Happened(it) if it.learner.as_str() == "ada" => match &it.action {
            Action::QuestionAnswered(answer) => Some((entry.seq, answer.grade)),
            _ => None,
        },
        _ => None,
    });
    let back: BTreeMap<u64, f64> = back.collect();
    story.corrects(CorrectionAsked::Grade(back));
    assert_eq!(rewards(&story), rewarded);
    assert_eq!(story.state().policies[&key], before, "to the bit");
}

#[test]
fn a_reward_whose_answers_never_were_is_missing() {
    let mut story = Story::of(practice()).by_policy("lin-ts");
    taught(&mut story, "ada");
    let joined = |story: &Story| story.report().rewards_joined;
    let (before, made) = (joined(&story), story.report().decisions);
    assert!(before > 0);
    let hers = story.journal.iter().filter(|entry| matches!(entry.event, Event::Happened(_)));
    let entries: BTreeSet<u64> = hers.map(|entry| entry.seq).collect();
    story.corrects(CorrectionAsked::Void(entries));
    assert_eq!(joined(&story), 0);
    assert_eq!(story.report().closed.never_started, made);
    assert_eq!(story.state().check_rewards(), Ok(()));
    story.assert_replays();
}

#[test]
fn experiments_follow() {
    let mut story = Story::of(nexus_testkit::tiny()).by_policy("static");
    let sides = [("control", "static"), ("treatment", "random")];
    let started = Command::StartExperiment(ids::experiment("e", "sums", &sides));
    story.handles(started).unwrap();
    for number in 0..20 {
        let learner = format!("l{number}");
        let decision = story.learner(&learner).decides();
        let activity = decision.choice.chosen().activity.to_string();
        story.learner(&learner).starts(&activity).answers(&format!("{activity}-q"), RIGHT);
    }
    let success = |story: &Story| {
        let tallies = &story.state().experiments["e"].tallies;
        tallies
            .iter()
            .map(|it| (it.learners, it.raw_success.n, it.raw_success.mean()))
            .collect::<Vec<_>>()
    };
    assert!(success(&story).iter().all(|(_, _, mean)| *mean == Some(1.0)));
    let answers = story.journal.iter().filter_map(|entry| match &entry.event {
        Event::Happened(it) => {
            matches!(it.action, Action::QuestionAnswered(_)).then_some(entry.seq)
        }
        _ => None,
    });
    let answers: Vec<u64> = answers.collect();
    let wrong = answers.iter().map(|seq| (*seq, 0.0)).collect();
    story.corrects(CorrectionAsked::Grade(wrong));
    assert!(success(&story).iter().all(|(_, _, mean)| *mean == Some(0.0)));
    story.corrects(CorrectionAsked::Void(answers.into_iter().collect()));
    let left: Vec<_> = success(&story).iter().map(|(learners, n, _)| (*learners > 0, *n)).collect();
    assert_eq!(left, [(true, 0), (true, 0)]);
    story.assert_replays();
}

#[test]
fn an_erased_learner_s_corrections_fold_to_the_same_shared_state() {
    let mut story = Story::of(practice()).by_policy("lin-ts");
    taught(&mut story, "ada");
    let wrong = story.journal.iter().filter_map(|entry| match &entry.event {
        Event::Happened(it) if matches!(it.action, Action::QuestionAnswered(_)) => {
            Some((entry.seq, 0.0))
        }
        _ => None,
    });
    let wrong = wrong.collect();
    story.corrects(CorrectionAsked::Grade(wrong));
    let (ada, nobody) = (ids::learner_id("ada"), ids::learner_id("nobody"));
    let mut redaction = Redaction::new(nobody.clone());
    let mut journal = story.journal.clone();
    let hers = |event: &Event| event.learner() == Some(&ada);
    for entry in journal.iter_mut().filter(|entry| hers(&entry.event)) {
        entry.id = redaction.meet(entry.seq, &entry.event);
    }
    for entry in journal.iter_mut().filter(|entry| hers(&entry.event)) {
        entry.event = redaction.redact(entry.event.clone());
    }
    let text = format!("{:?}", journal);
    assert!(!text.contains("ada"), "a correction still names her");
    let redacted = FoldedState::of(&journal);
    assert_eq!(redacted.shared.policies, story.state().policies);
    assert_eq!(redacted.shared.tracing, story.state().tracing);
    assert_eq!(redacted.shared.reports, story.state().reports);
    assert_eq!(redacted.learners[&nobody].belief, story.fold.learners["ada"].belief);
}
