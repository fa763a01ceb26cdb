//! A learner is erased while decisions wait: nobody waits or learns any more, the counters add up,
//! and the journal without the learner folds to the same state.

use crate::outcome::{Outcome, Outcomes, sums};
use nexus_testkit::{FoldedState, RIGHT, Story, WRONG};

#[test]
fn decisions_of_an_erased_learner_are_closed_as_erased() {
    let mut story = Story::of(sums());
    let ben = story.learner("ben").decides_for("add-1");
    let joined = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").answers("a1", RIGHT).completes("add-1");
    story.learner("ada").answers("m1", RIGHT).answers("a3", WRONG);
    assert!(matches!(story.outcome(&joined), Outcome::Joined(_)));
    story.learner("ada").decides_for("add-2");
    let started = story.learner("ada").decides_for("mul-1");
    story.learner("ada").starts("mul-1").consents(false);
    let (learned, bystander) = (story.policy_version(), story.fold.learners["ben"].clone());
    let waiting = story.state().pending.len();

    let left = story.erase("ada");
    assert_eq!(story.report().closed.erased, 2);
    assert_eq!(story.state().pending.len(), waiting - 2, "only Ben's decision waits");
    assert_eq!(story.policy_version(), learned, "what was learned stays, and no more comes");
    let FoldedState { shared, learners } = story.fold.clone();
    assert_eq!(shared.erasures.len(), 1);
    assert!(!learners.contains_key("ada"));
    let state = &learners[&left];
    assert!(state.erased && state.courses.is_empty() && state.belief == Default::default());
    assert_eq!(learners["ben"], bystander);
    story.assert_replays();
    // Names of decisions went with the learner.
    assert_eq!(story.outcome(&started), Outcome::Waiting, "nothing of this name is known");
    assert_eq!(story.outcome(&joined), Outcome::Waiting, "nothing of this name is known");

    // Everybody else goes on.
    story.pass_hours(24.0 * 8.0).sweeps();
    assert_eq!(story.outcome(&ben), Outcome::Closed("never_started"));
    story.assert_replays();
}

#[test]
fn nothing_of_an_erased_learner_can_be_read_in_what_is_left() {
    let mut story = Story::of(sums());
    story.learner("zqcanary").decides_for("add-1");
    story.learner("zqcanary").starts("add-1").answers("a1", RIGHT);
    story.learner("zqcanary").consents(false).completes("add-1");
    assert!(story.written().contains("zqcanary"));
    story.erase("zqcanary");
    assert!(!story.written().contains("zqcanary"), "{}", story.written());
}
