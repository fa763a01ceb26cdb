//! `pace` in the whole engine: what it is shown, what it says, and what it learns from.

use nexus_engine::decision::explanation::explain;
use nexus_engine::policy::gain::{GAIN_COLUMNS, GAIN_SCHEMA};
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise, reading};
use nexus_testkit::{RIGHT, Story, WRONG};

/// A short text and a long one on the same skill, and an exercise on another: all may be chosen.
fn lesson() -> nexus_engine::catalog::CourseDraft {
    course("sums").teaches([
        reading("short", "add").of_minutes(2.0),
        reading("long", "add").of_minutes(30.0),
        exercise("drill", "sub").of_minutes(3.0).asks(["d1", "d2"]),
        exercise("other", "sub").of_minutes(3.0).asks(["o1", "o2"]),
    ])
}

#[test]
fn a_decision_says_what_its_minutes_are_worth() {
    let story = Story::of(lesson()).by_policy("pace");
    let decision = story.would_decide("ada");
    assert_eq!(decision.origin.features.schema, GAIN_SCHEMA);
    assert_eq!(decision.origin.features.values.len(), GAIN_COLUMNS);
    assert_eq!(decision.weights.len(), GAIN_COLUMNS);
    let words = explain(story.course(), &decision);
    assert!(words.scientist.contains("gains a minute"), "{}", words.scientist);
    assert!(words.scientist.contains("Largest parts:"), "{}", words.scientist);
    let estimates: Vec<f64> =
        decision.choice.candidates.iter().filter_map(|it| it.estimate).collect();
    assert_eq!(estimates.len(), decision.choice.candidates.len());
    if estimates.iter().all(|estimate| *estimate > 0.0) {
        assert!(words.teacher.contains("are expected to teach"), "{}", words.teacher);
    }
}

#[test]
fn of_two_texts_on_one_skill_the_short_one_is_worth_more_a_minute() {
    let story = Story::of(lesson()).by_policy("pace");
    let decision = story.would_decide("ada");
    let estimate = |id: &str| {
        let known = decision.choice.candidates.iter().find(|it| it.activity.as_str() == id);
        known.and_then(|it| it.estimate).unwrap()
    };
    let (short, long) = (estimate("short"), estimate("long"));
    assert!(short > long, "{short} against {long}");
}

#[test]
fn it_learns_from_a_measured_gain_and_the_journal_folds_to_the_same() {
    let mut story = Story::of(lesson()).by_policy("pace");
    let decision = story.learner("ada").decides_for("drill");
    story.learner("ada").starts("drill").answers("d1", WRONG).answers("d2", RIGHT);
    story.learner("ada").completes("drill").pass_hours(2.0).answers("o1", RIGHT);
    story.pass_days(8.0);
    let state = story.state().policies.values().next().expect("pace has learned");
    assert_eq!((state.word(), state.policy().version()), ("pace", 1));
    assert_eq!(state.model().map(|model| model.refused()), Some(0));
    assert!(story.decision(&decision).chosen().activity.as_str() == "drill");
    story.assert_replays();
}
