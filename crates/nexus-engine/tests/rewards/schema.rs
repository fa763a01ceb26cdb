//! A journal outlives the feature schema: a reward whose row follows another version is settled
//! and reported as ever, and no model reads it.

use crate::outcome::{Outcome, Outcomes, sums};
use nexus_engine::decision::Decision;
use nexus_engine::policy::context::{FEATURES, SCHEMA_VERSION, hashed_of, names_of};
use nexus_testkit::{RIGHT, Story};

/// One learner's story under a decision whose row was written so: how many rewards the policy
/// then learned from, and how many it refused.
fn check(rewrite: impl FnOnce(&mut Decision)) -> (u64, u64) {
    let mut story = Story::of(sums());
    let mut decision = story.would_decide("ada");
    rewrite(&mut decision);
    story.keeps(&decision);
    let activity = decision.chosen().activity.to_string();
    let question = ["add-1", "add-2", "mul-1"].iter().zip(["a1", "a3", "m1"]);
    let question = question.clone().find(|(id, _)| **id == activity).unwrap().1;
    story.learner("ada").starts(&activity).answers(question, RIGHT);
    story.learner("ada").completes(&activity).pass_hours(24.0 * 8.0).sweeps();
    let Outcome::Joined(joined) = story.outcome(&decision.origin.id) else { panic!("not joined") };
    assert_eq!(
        (joined.schema, &joined.features),
        (decision.origin.features.schema, &decision.origin.features.values)
    );
    story.assert_replays();
    let policy = story.state().policies.values().next().unwrap();
    let model = policy.model().unwrap();
    (model.version(), model.refused())
}

#[test]
fn a_row_of_another_schema_is_refused_and_counted() {
    assert_eq!(check(|_| {}), (1, 0));
    assert_eq!(
        check(|decision| decision.origin.features.schema = 1),
        (0, 1),
        "as long, but it means another"
    );
    let of_1 = |decision: &mut Decision| {
        decision.origin.features.schema = 1;
        decision.origin.features.values.truncate(16);
    };
    assert_eq!(check(of_1), (0, 1));
    assert_eq!(check(|decision| decision.origin.features.schema = 2), (0, 1));
    let of_2 = |decision: &mut Decision| {
        decision.origin.features.schema = 2;
        decision.origin.features.values.truncate(24);
    };
    assert_eq!(check(of_2), (0, 1));
    assert_eq!(check(|decision| decision.origin.features.schema = SCHEMA_VERSION + 1), (0, 1));
}

#[test]
fn the_columns_of_every_version_have_their_names() {
    assert_eq!(names_of(SCHEMA_VERSION).len(), FEATURES);
    assert_eq!(names_of(1).len(), 16);
    assert_eq!(names_of(1)[15], "advanced_after_success");
    assert_eq!(names_of(2).len(), 24);
    assert_eq!(names_of(2)[23], "session_position_x_asks");
    assert_eq!((hashed_of(SCHEMA_VERSION), hashed_of(2)), (24..FEATURES, 0..0));
    assert!(names_of(SCHEMA_VERSION + 1).is_empty(), "nobody guesses what a later row says");
}
