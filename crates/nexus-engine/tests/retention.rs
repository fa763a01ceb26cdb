//! Retention in experiments: which answers count, for whom, and once.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::experiment::retention::RetentionTally;
use nexus_engine::ids::{ExperimentId, VariantName};
use nexus_engine::workspace::protocol::Command;
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise, video};
use nexus_testkit::ids::policy_id;
use nexus_testkit::{RIGHT, Story, WRONG};

fn sums() -> CourseDraft {
    course("sums").teaches([
        video("add-film", "add"),
        exercise("add-1", "add").asks(["a1", "a2", "a3", "a4", "a5"]),
        exercise("mul-1", "mul").asks(["m1", "m2", "m3"]),
    ])
}

/// A story in which an experiment runs that serves all by the path.
fn story() -> Story {
    let mut story = Story::of(sums());
    let side = |name: &str, policy: &str, weight| Variant {
        name: VariantName::new(name).unwrap(),
        policy: policy_id(policy),
        weight,
    };
    let definition = ExperimentDefinition {
        id: ExperimentId::new("pauses").unwrap(),
        version: 1,
        course: story.course_id().clone(),
        variants: vec![side("control", "static", 0.5), side("treatment", "mastery", 0.5)],
        planned_learners: 100,
        leaves_out_moved: true,
    };
    story.handles(Command::StartExperiment(definition)).unwrap();
    story
}

/// What was measured on both sides: learners and sum of shares, after short and after long pauses.
fn measured(story: &Story) -> [(u64, f64); 2] {
    let tallies = &story.state().experiments["pauses"].tallies;
    let sum = |of: fn(&RetentionTally) -> &nexus_stats::moments::ExactMoments| {
        let sides = tallies.iter().map(|tally| of(&tally.retention));
        sides.fold((0, 0.0), |(n, sum), side| {
            (n + side.n, sum + side.mean().unwrap_or(0.0) * side.n as f64)
        })
    };
    [sum(|tally| &tally.short), sum(|tally| &tally.long)]
}

/// Ada is shown what the experiment chose for her.
fn begins(story: &mut Story) {
    let decision = story.learner("ada").decides();
    let activity = decision.chosen().activity.to_string();
    story.learner("ada").starts(&activity);
}

#[test]
fn the_first_answer_after_a_pause_counts() {
    let mut story = story();
    begins(&mut story);
    story.pass_hours(1.0).learner("ada").starts("add-1").answers("a1", RIGHT);
    story.pass_hours(24.0 * 6.0).learner("ada").answers("a2", RIGHT);
    assert_eq!(measured(&story), [(0, 0.0), (0, 0.0)], "six days are no pause");
    story.pass_hours(24.0 * 7.0).learner("ada").answers("a3", WRONG);
    assert_eq!(measured(&story), [(1, 0.0), (0, 0.0)]);
    story.learner("ada").answers("a4", RIGHT);
    assert_eq!(measured(&story), [(1, 0.0), (0, 0.0)], "the answer before was an exposure");
    story.pass_hours(24.0 * 28.0).learner("ada").answers("a5", RIGHT);
    assert_eq!(measured(&story), [(1, 0.5), (1, 1.0)], "a learner counts once, by their share");
    story.assert_replays();
}

#[test]
fn a_film_is_an_exposure_and_other_skills_are_not() {
    let mut story = story();
    begins(&mut story);
    story.learner("ada").starts("add-1").answers("a1", RIGHT);
    story.learner("ada").starts("mul-1").answers("m1", RIGHT);
    story.pass_hours(24.0 * 8.0).learner("ada").starts("add-film").completes("add-film");
    story.learner("ada").starts("add-1").answers("a2", RIGHT);
    assert_eq!(measured(&story)[0], (0, 0.0), "the film was an hour ago");
    story.learner("ada").starts("mul-1").answers("m2", RIGHT);
    assert_eq!(measured(&story)[0], (1, 1.0));
}

#[test]
fn what_was_learned_before_the_experiment_is_not_its_doing() {
    let mut story = story();
    story.learner("ada").starts("mul-1").answers("m1", RIGHT);
    story.pass_hours(1.0);
    begins(&mut story);
    story.pass_hours(24.0 * 8.0).learner("ada").starts("mul-1").answers("m2", RIGHT);
    assert_eq!(measured(&story)[0], (0, 0.0));
    story.pass_hours(24.0 * 8.0).learner("ada").answers("m3", RIGHT);
    assert_eq!(measured(&story)[0], (1, 1.0));
    // Nobody is counted who answers for the first time.
    story.learner("bob").starts("mul-1").answers("m1", RIGHT);
    assert_eq!(measured(&story)[0], (1, 1.0));
}
