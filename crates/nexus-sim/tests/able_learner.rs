//! A learner who is always right, in the course that is shipped: asked, and not told what they know.

use nexus_engine::catalog::ActivityKind;
use nexus_testkit::{RIGHT, Story, shipped};
use std::collections::BTreeMap;

/// Follows so many decisions and answers everything right; counts what was shown by kind.
fn follows(policy: &str, decisions: usize) -> BTreeMap<&'static str, usize> {
    let mut story = Story::of(shipped()).by_policy(policy);
    let course = story.course().clone();
    let mut shown = BTreeMap::new();
    for _ in 0..decisions {
        let decision = story.learner("ada").decides();
        let activity = course.activity(decision.chosen().activity.as_str()).unwrap();
        let kind = match activity.kind {
            ActivityKind::Video | ActivityKind::Reading => "told",
            ActivityKind::Exercise | ActivityKind::Quiz | ActivityKind::Check => "asked",
            ActivityKind::Placement => "placed",
        };
        *shown.entry(kind).or_default() += 1;
        let mut learner = story.learner("ada").starts(activity.id.as_str());
        for question in &activity.questions {
            learner = learner.answers(course.questions[*question].id.as_str(), RIGHT);
        }
        story.pass_minutes(activity.minutes);
        story.learner("ada").completes(activity.id.as_str());
    }
    shown
}

#[test]
fn who_is_always_right_is_mostly_asked() {
    for policy in ["pace", "lin-ts", "mastery", "zpdes", "random"] {
        let shown = follows(policy, 33);
        let told = shown.get("told").copied().unwrap_or(0);
        assert!(told <= 12, "{policy}: {shown:?}");
        assert!(shown["asked"] >= 20, "{policy}: {shown:?}");
    }
}
