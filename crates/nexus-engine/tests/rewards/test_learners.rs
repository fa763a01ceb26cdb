//! Test learners: what they do is kept, and teaches nothing, neither while they act nor after they are gone.

use crate::outcome::Outcomes;
use nexus_engine::catalog::draft::SupportDraft;
use nexus_engine::event::{Action, Entry, Event};
use nexus_engine::ids::EventId;
use nexus_engine::workspace::answers_given::AnswersGiven;
use nexus_engine::workspace::protocol::Command;
use nexus_engine::workspace::{ProposedAction, Refusal, SharedState};
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise, video};
use nexus_testkit::ids::experiment;
use nexus_testkit::{RIGHT, Story, WRONG};

/// A class in which an experiment runs and one learner has learned.
fn story() -> Story {
    let mut asks = exercise("add-1", "add").asks(["a1", "a2", "a3"]);
    asks.questions[0].supports = ["nudge", "why"]
        .map(|id| SupportDraft {
            id: id.to_owned(),
            kind: "hint".to_owned(),
            text: Some("Count on your fingers.".to_owned()),
            activity: None,
        })
        .to_vec();
    let more = exercise("add-2", "add").asks(["a4", "a5"]);
    let mut story = Story::of(course("c").teaches([video("film", "add"), asks, more]));
    let compares = experiment("which", "c", &[("control", "static"), ("learned", "lin-ts")]);
    story.handles(Command::StartExperiment(compares)).unwrap();
    story.learner("ada").enrols().decides_for("add-1");
    story.learner("ada").starts("add-1").answers("a1", RIGHT).answers("a2", WRONG);
    story.learner("ada").completes("add-1").answers("a4", RIGHT);
    // Nothing of hers waits any more.
    story.pass_days(20.0).sweeps();
    story
}

/// What everybody shares, but for the place in the journal and the history that time writes.
fn shared(story: &Story) -> SharedState {
    let mut shared = story.state().clone();
    shared.head = 0;
    for experiment in shared.experiments.values_mut() {
        experiment.life = Default::default();
    }
    shared
}

/// A test learner does something, and everything that is shared is as before.
#[track_caller]
fn teaches_nothing(acts: impl FnOnce(&mut Story)) -> Story {
    let mut story = story();
    story.learner("tester").enrols_as_test();
    let before = shared(&story);
    acts(&mut story);
    let after = shared(&story);
    // Part by part, because a whole state is too long to be read.
    assert_eq!(before.tracing, after.tracing, "questions, skills and cohort");
    assert_eq!(before.policies, after.policies, "policies");
    assert_eq!(before.experiments, after.experiments, "experiments");
    assert_eq!(before.reports, after.reports, "counters");
    assert_eq!(before.supports, after.supports, "supports");
    assert!(before == after, "something else that is shared");
    story.assert_replays();
    story
}

#[test]
fn enrolling_is_no_learner_of_the_course() {
    let story = teaches_nothing(|_| {});
    assert_eq!(story.report().learners, 1);
}

#[test]
fn answers_move_the_tester_alone() {
    let mut story = teaches_nothing(|story| {
        story.learner("tester").starts("add-1").answers("a1", RIGHT).answers("a2", RIGHT);
        story.learner("tester").answers("a3", RIGHT).answers_attempt("a3", WRONG, 2);
        story.learner("tester").completes("add-1").starts("film").completes("film");
    });
    let tester = story.learner("tester").state();
    assert!(tester.test && tester.belief.attempts == 4 && tester.belief.wins == 3);
    assert_eq!(story.progress("tester").answered, 3, "what they did is kept");
}

#[test]
fn decisions_and_their_rewards_teach_no_policy_and_no_experiment() {
    let mut story = teaches_nothing(|story| {
        story.learner("tester").decides_for("add-1");
        story.learner("tester").starts("add-1").answers("a1", RIGHT).completes("add-1");
        story.learner("tester").starts("add-2").answers("a4", RIGHT).completes("add-2");
        story.learner("tester").decides();
        story.pass_hours(1.0);
        story.learner("tester").decides();
        // No window of theirs is swept: their next event closes what has ended.
        story.pass_days(20.0);
        story.learner("tester").starts("film");
    });
    let decisions = &story.learner("tester").state().courses[story.course_id()].decisions;
    assert_eq!(decisions.made, 3);
    let rewarded = |event: &&Event| matches!(event, Event::RewardJoined(it) if it.learner.as_str() == "tester");
    assert!(story.events().any(|event| rewarded(&event)), "the rewards are journaled");
}

#[test]
fn help_teaches_no_bandit() {
    teaches_nothing(|story| {
        story.learner("tester").starts("add-1").gets_help("a1");
        story.learner("tester").answers("a1", WRONG).answers_attempt("a1", RIGHT, 2);
        story.learner("tester").answers("a2", RIGHT).answers("a3", RIGHT);
    });
}

#[test]
fn what_testers_did_does_not_begin_to_teach_when_they_are_erased() {
    let mut story = story();
    let before = shared(&story);
    story.learner("tester").enrols_as_test().decides();
    story.learner("tester").starts("add-1").answers("a1", RIGHT).gets_help("a1");
    story.erase("tester");
    let mut after = shared(&story);
    after.erasures.clear();
    assert!(before == after, "{:?} {:?}", before.reports, after.reports);
    // The journal that is left, under a random name, folds to the same.
    story.assert_replays();
}

#[test]
fn a_fit_leaves_their_answers_out() {
    let mut story = story();
    story.learner("tester").enrols_as_test().answers("a1", RIGHT).answers("a2", RIGHT);
    let mut given = AnswersGiven::new(1_000);
    for (place, event) in story.events().enumerate() {
        let (seq, id) = (place as u64 + 1, EventId::derived("e", place));
        given.read(&Entry { seq, id, received_at: nexus_testkit::NOW, event: event.clone() });
    }
    assert_eq!(given.answers().len(), 3, "those of Ada alone");
}

#[test]
fn who_has_taught_already_cannot_become_a_test_learner() {
    let mut story = story();
    let late =
        story.learner("ada").tries(ProposedAction::Plain(Action::Enrolled { test: true })).err();
    assert_eq!(late, Some(Refusal::TestTooLate));
    // Once a test learner, always one, whatever is said later.
    story.learner("tester").enrols_as_test().enrols();
    assert!(story.learner("tester").state().test);
    story.learner("tester").enrols_as_test();
    assert_eq!(story.report().learners, 1);
}
