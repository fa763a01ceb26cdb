//! What falls due for review: which skills, when, and by which activity.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::constraint::{Constraint, Rule};
use nexus_engine::decision::rest::{RestStatus, ReviewDue};
use nexus_engine::ids::ConstraintId;
use nexus_engine::learner::mastery::RECALL_MIN;
use nexus_engine::time::Timestamp;
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise, video};
use nexus_testkit::ids::activity_id;
use nexus_testkit::{RIGHT, Story};

/// Two skills with a film and two exercises each.
fn two_skills() -> CourseDraft {
    let drill = |id: &str, skill: &str| {
        exercise(id, skill).asks((0..6).map(|number| format!("{id}-{number}")))
    };
    course("sums").teaches([
        video("add-film", "add"),
        drill("add-1", "add"),
        drill("add-2", "add"),
        video("mul-film", "mul"),
        drill("mul-1", "mul"),
        drill("mul-2", "mul"),
    ])
}

/// Answers all there is on a skill, right, and watches its film.
fn masters(story: &mut Story, skill: &str) {
    story.learner("ada").starts(&format!("{skill}-film")).completes(&format!("{skill}-film"));
    for part in [1, 2] {
        let drill = format!("{skill}-{part}");
        story.learner("ada").starts(&drill);
        for number in 0..6 {
            story.learner("ada").answers(&format!("{drill}-{number}"), RIGHT);
        }
        story.learner("ada").completes(&drill).pass_hours(1.0);
    }
}

fn blocks(story: &mut Story, activity: &str) {
    story.constrains(Constraint {
        id: ConstraintId::new(&format!("no-{activity}")).unwrap(),
        course: story.course_id().clone(),
        learner: None,
        activity: activity_id(activity),
        rule: Rule::Block,
        expires_at: None,
        reason: "not now".into(),
        by: "the teacher".into(),
    });
}

fn reviews(story: &Story) -> (Vec<ReviewDue>, Timestamp) {
    story.state().reviews(story.course(), &story.fold.learners["ada"], story.now)
}

#[test]
fn what_is_mastered_is_listed_by_when_it_falls_due() {
    let mut story = Story::of(two_skills()).by_policy("mastery");
    masters(&mut story, "add");
    let (alone, as_of) = reviews(&story);
    assert_eq!((alone.len(), as_of), (1, story.now), "what is not mastered is not listed");
    story.pass_hours(30.0);
    masters(&mut story, "mul");
    let (both, _) = reviews(&story);
    let skills: Vec<&str> = both.iter().map(|review| review.skill.as_str()).collect();
    assert_eq!(skills, ["add", "mul"]);
    for review in &both {
        assert!(review.falls_at > story.now && review.due_at == review.falls_at, "{review:?}");
        assert!(review.recall > RECALL_MIN && review.recall <= 1.0, "{review:?}");
        // The exercise that was touched the longest ago, and not the film.
        assert_eq!(review.activity.as_ref().unwrap().as_str(), format!("{}-1", review.skill));
    }
    assert!(both[0].recall < both[1].recall, "{both:?}");
}

/// The course is complete: the decision and the list say the same, and once recall has fallen the
/// decision serves a review of that skill.
#[test]
fn after_the_course_reviews_go_on() {
    let mut story = Story::of(two_skills()).by_policy("mastery");
    masters(&mut story, "add");
    masters(&mut story, "mul");
    let rest = story.would_rest("ada").expect("all is done");
    assert_eq!(rest.status, RestStatus::Complete);
    assert_eq!((rest.reviews.clone(), rest.at), reviews(&story));
    let first = rest.reviews[0].clone();
    assert_eq!(rest.not_before, Some(first.due_at));
    let wait = first.due_at.days_since(story.now) * 24.0;
    story.pass_hours(wait + 1.0);
    let (due, _) = reviews(&story);
    assert_eq!(due[0].skill, first.skill);
    assert!(due[0].recall < RECALL_MIN && due[0].falls_at <= story.now, "{due:?}");
    assert!(due[0].due_at <= story.now, "{due:?}");
    let decision = story.learner("ada").decides();
    assert!(decision.chosen().activity.as_str().starts_with(first.skill.as_str()));
}

#[test]
fn what_a_teacher_blocks_reviews_nothing() {
    let mut story = Story::of(two_skills()).by_policy("mastery");
    masters(&mut story, "add");
    for activity in ["add-film", "add-1", "add-2"] {
        blocks(&mut story, activity);
    }
    assert_eq!(reviews(&story).0[0].activity, None);
}
