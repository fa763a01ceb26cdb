//! A learner is erased while decisions wait: nobody waits or learns any more, the counters add up,
//! and the journal without the learner folds to the same state.

use crate::school::{RewardRoom, Settled};

#[test]
fn decisions_of_an_erased_learner_are_closed_as_erased() {
    let mut school = RewardRoom::new();
    let ben = school.decide("ben", "add-1");
    let joined = school.decide("ada", "add-1");
    school.start("ada", "add-1").answer("ada", "add-1", "a1", true).complete("ada", "add-1");
    school.answer("ada", "mul-1", "m1", true).answer("ada", "add-2", "a3", false);
    assert!(matches!(school.outcome(&joined), Settled::Joined(_)));
    school.decide("ada", "add-2");
    let started = school.decide("ada", "mul-1");
    school.start("ada", "mul-1").consent("ada", false);
    let (learned, bystander) = (school.policy_version(), school.state().1["ben"].clone());
    let waiting = school.shared().pending.len();

    let left = school.erase("ada");
    assert_eq!(school.report().closed.erased, 2);
    assert_eq!(school.shared().pending.len(), waiting - 2, "only Ben's decision waits");
    assert_eq!(school.policy_version(), learned, "what was learned stays, and no more comes");
    let (shared, learners) = school.state();
    assert_eq!(shared.erasures.len(), 1);
    assert!(!learners.contains_key("ada"));
    let state = &learners[&left];
    assert!(state.erased && state.courses.is_empty() && state.belief == Default::default());
    assert_eq!(learners["ben"], bystander);
    assert!(school.replayed() == school.state());
    // Names of decisions went with the learner.
    assert_eq!(school.outcome(&started), Settled::Waiting, "nothing of this name is known");
    assert_eq!(school.outcome(&joined), Settled::Waiting, "nothing of this name is known");

    // Everybody else goes on.
    school.pass_hours(24.0 * 8.0).sweep();
    assert_eq!(school.outcome(&ben), Settled::Closed("never_started"));
    assert!(school.replayed() == school.state());
}

#[test]
fn nothing_of_an_erased_learner_can_be_read_in_what_is_left() {
    let mut school = RewardRoom::new();
    school.decide("zqcanary", "add-1");
    school.start("zqcanary", "add-1").answer("zqcanary", "add-1", "a1", true);
    school.consent("zqcanary", false).complete("zqcanary", "add-1");
    assert!(school.written().contains("zqcanary"));
    school.erase("zqcanary");
    assert!(!school.written().contains("zqcanary"), "{}", school.written());
}
