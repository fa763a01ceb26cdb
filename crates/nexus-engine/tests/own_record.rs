//! Who answers first: what is read of a few answers does not depend on who came before, never contradicts
//! the answers, and opens no gate that the learner's own answers do not open.

use nexus_engine::decision::inputs::{SkillState, skill_states};
use nexus_engine::decision::rules::Rules;
use nexus_engine::learner::mastery::{SkillStatus, SkillView};
use nexus_engine::learner::own_record::{gate_view, is_settled, own_readings};
use nexus_testkit::Story;
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise};

/// Six questions on `first`, which `next` builds on.
fn story() -> Story {
    let asked = ["q1", "q2", "q3", "q4", "q5", "q6"];
    let activities =
        [exercise("ask", "first").asks(asked), exercise("on", "next").asks(["n1", "n2"])];
    Story::of(course("c").teaches(activities).skill("next", &["first"]))
}

/// A learner answers the six questions, so many of them right.
fn answers(story: &mut Story, learner: &str, right: usize) {
    let mut telling = story.learner(learner);
    for number in 0..6 {
        // Right and wrong ones alternate as far as there are both.
        let is_right = (number * right) / 6 != ((number + 1) * right) / 6;
        telling = telling.answers(&format!("q{}", number + 1), is_right);
    }
}

fn read(story: &mut Story, learner: &str) -> SkillView {
    let state = story.learner(learner).state();
    let course = story.course();
    let progress = state.progress(course.id.as_str());
    own_readings(course, progress, &state.belief, &story.state().tracing, state.last_at)[0]
}

/// What gates make of the first skill.
fn gate(story: &mut Story, learner: &str) -> SkillState {
    let state = story.learner(learner).state();
    let course = story.course();
    let progress = state.progress(course.id.as_str()).cloned().unwrap_or_default();
    let (tracing, at) = (&story.state().tracing, state.last_at);
    skill_states(course, &progress, &state.belief, tracing, &Rules::USUAL, at)[0].clone()
}

#[test]
fn equal_records_are_read_alike_whoever_came_before() {
    for right in 0..=6 {
        let mut story = story();
        answers(&mut story, "first", right);
        for other in 0..60 {
            // A class of which two thirds of the answers are right.
            answers(&mut story, &format!("other-{other}"), [3, 4, 5][other % 3]);
        }
        answers(&mut story, "last", right);
        let first = read(&mut story, "first");
        let last = read(&mut story, "last");
        let apart = (first.expected_success - last.expected_success).abs();
        assert!(apart < 0.05, "{right} of 6: {first:?} {last:?}");
    }
}

#[test]
fn equal_records_are_read_alike_in_classes_that_find_everything_easy_or_hard() {
    for (theirs, own) in [(6, 0), (6, 3), (6, 6), (0, 0), (0, 3), (0, 6)] {
        let mut story = story();
        answers(&mut story, "first", own);
        for other in 0..60 {
            answers(&mut story, &format!("other-{other}"), theirs);
        }
        answers(&mut story, "last", own);
        let first = read(&mut story, "first");
        let last = read(&mut story, "last");
        let apart = (first.expected_success - last.expected_success).abs();
        assert!(apart < 0.05, "{own} of 6 where others have {theirs}: {first:?} {last:?}");
    }
}

#[test]
fn none_right_is_not_knowing_and_all_right_is_not_ignorance() {
    for theirs in [0, 2, 3, 5, 6] {
        let mut story = story();
        answers(&mut story, "wrong", 0);
        answers(&mut story, "right", 6);
        for other in 0..40 {
            answers(&mut story, &format!("other-{other}"), theirs);
        }
        let wrong = read(&mut story, "wrong");
        let right = read(&mut story, "right");
        // 0.393 is the upper bound of 0 of 6, and 0.607 the lower one of 6 of 6.
        assert!(wrong.expected_success < 0.4, "others {theirs}: {wrong:?}");
        assert!(right.expected_success > 0.6, "others {theirs}: {right:?}");
        assert!(wrong.mastered_probability < 0.6, "others {theirs}: {wrong:?}");
        assert_ne!(right.status, SkillStatus::Fragile, "others {theirs}: {right:?}");
    }
}

#[test]
fn whoever_has_nothing_right_opens_nothing() {
    for others in [0, 1, 5, 40] {
        let mut story = story();
        answers(&mut story, "wrong", 0);
        for other in 0..others {
            answers(&mut story, &format!("other-{other}"), 6);
        }
        let gate = gate(&mut story, "wrong");
        assert!(!gate.ready && !gate.known, "after {others} others: {gate:?}");
    }
}

#[test]
fn gates_ask_the_filter_within_what_the_answers_can_mean() {
    let mut story = story();
    for other in 0..60 {
        answers(&mut story, &format!("other-{other}"), [3, 4, 5][other % 3]);
    }
    let skill = &story.course().skills[0];
    let reference = skill.reference();
    assert!(is_settled(&story.state().tracing, skill.key));
    for right in [0, 3] {
        let learner = format!("learner-{right}");
        answers(&mut story, &learner, right);
        let filter = gate(&mut story, &learner).view;
        let progress = story.progress(&learner).clone();
        match right {
            3 => assert_eq!(gate_view(filter, &reference, &progress), filter),
            // The most that 0 of 6 can mean, whatever the filter believes: 0.393.
            _ => {
                for more in [3.0, 4.0, 6.0] {
                    let believed =
                        SkillView { logit: filter.logit + more, expected_success: 0.9, ..filter };
                    let held = gate_view(believed, &reference, &progress);
                    assert!(held.expected_success < 0.4, "{held:?}");
                }
            }
        }
    }
}

#[test]
fn perfect_test_accounts_open_nothing_for_newcomers() {
    for testers in [1, 2, 3, 10] {
        let mut story = story();
        for tester in 0..testers {
            answers(&mut story, &format!("tester-{tester}"), 6);
        }
        story.learner("newcomer").starts("ask");
        let newcomer = gate(&mut story, "newcomer");
        assert!(!newcomer.ready && !newcomer.known, "{testers} testers: {newcomer:?}");
        // One answer is not enough either, and two right ones are.
        story.learner("newcomer").answers("q1", false);
        let newcomer = gate(&mut story, "newcomer");
        assert!(!newcomer.ready && !newcomer.known, "{testers} testers: {newcomer:?}");
        story.learner("able").answers("q1", true).answers("q2", true).answers("q3", true);
        let able = gate(&mut story, "able");
        assert!(able.ready, "{testers} testers: {able:?}");
    }
}

#[test]
fn with_two_options_four_of_thirty_is_no_better_than_guessing() {
    let questions: Vec<String> = (0..30).map(|number| format!("q{number}")).collect();
    let asked: Vec<&str> = questions.iter().map(String::as_str).collect();
    let mut draft = course("c").teaches([exercise("ask", "first").asks(asked)]);
    for question in &mut draft.modules[0].activities[0].questions {
        question.kind = "single".to_owned();
        question.options = vec![("a".into(), "yes".into()), ("b".into(), "no".into())];
        question.answer = nexus_engine::catalog::draft::AnswerDraft::One("a".into());
    }
    let mut story = Story::of(draft);
    let mut telling = story.learner("guesser");
    for (number, question) in questions.iter().enumerate() {
        telling = telling.answers(question, number % 8 == 0);
    }
    let view = read(&mut story, "guesser");
    assert_eq!((view.attempts, view.wins), (30, 4));
    assert!((view.expected_success - view.guess).abs() < 0.03, "{view:?}");
    assert!(!gate(&mut story, "guesser").known);
}

#[test]
fn first_attempts_are_counted_apart_from_second_tries_and_later_rounds() {
    let mut story = story();
    // First attempts so far, and the mean of their grades.
    let firsts = |story: &Story| {
        let progress = story.progress("learner");
        progress.activity(story.course().activities[0].key).unwrap().first_attempts()
    };
    story.learner("learner").answers("q1", false);
    assert_eq!(firsts(&story), (1, Some(0.0)));
    story.learner("learner").answers("q1", true).answers("q1", true);
    assert_eq!(firsts(&story), (1, Some(0.0)), "second tries");
    story.learner("learner").answers("q2", true);
    assert_eq!(firsts(&story), (2, Some(0.5)));
    story.learner("learner").completes("ask").starts("on").starts("ask");
    assert_eq!(firsts(&story), (2, Some(0.5)), "a new round");
    story.learner("learner").answers("q1", true).answers("q3", true).answers("q4", true);
    assert_eq!(firsts(&story), (4, Some(0.75)));
    let total = story.progress("learner");
    assert_eq!((total.answered, total.grade_sum_micros), (4, 3_000_000), "as the course counts");
    story.learner("learner").starts("on").starts("ask");
    assert_eq!(firsts(&story), (4, Some(0.75)), "a round without answers");
    // Without a second try, a later round takes nothing away either.
    let mut story = self::story();
    story.learner("learner").answers("q1", true).answers("q2", false).completes("ask");
    story.learner("learner").starts("on").starts("ask");
    assert_eq!(firsts(&story), (2, Some(0.5)));
    story.learner("learner").answers("q3", true);
    assert_eq!(firsts(&story), (3, Some(2.0 / 3.0)));
    story.learner("learner").answers("q1", true);
    assert_eq!(firsts(&story), (3, Some(2.0 / 3.0)));
    story.assert_replays();
}
