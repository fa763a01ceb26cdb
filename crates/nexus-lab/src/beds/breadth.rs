//! The course with the engine's breadth order as its path: something of everything before more of
//! anything.

use nexus_engine::catalog::{CourseDraft, Names, validation};
use nexus_engine::plan::{Plan, path};

/// The course along [`Plan::Breadth`]; a course that is not valid stays as it is.
pub(super) fn in_breadth(draft: &CourseDraft) -> CourseDraft {
    let published = validation::publish(draft, &mut Names::default()).ok();
    let order = published.and_then(|course| {
        let positions = path::path(&course, Plan::Breadth)?;
        let id = |position: usize| course.activities[position].id.to_string();
        Some(positions.into_iter().map(id).collect())
    });
    let path = order.unwrap_or_else(|| draft.path.clone());
    CourseDraft { path, ..draft.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_engine::catalog::draft::ActivityDraft;
    use nexus_testkit::shipped;
    use std::collections::BTreeSet;

    /// Where a kind of activity stands in the order; the same for what may stand side by side.
    fn pass(activity: &ActivityDraft, advanced: &BTreeSet<&str>) -> u8 {
        match activity.kind.as_str() {
            "placement" => 0,
            "video" | "reading" => 1,
            "quiz" => 4,
            "check" => 5,
            _ if advanced.contains(activity.id.as_str()) => 3,
            _ => 2,
        }
    }

    #[test]
    fn every_activity_comes_once_and_passes_follow_each_other() {
        let course = in_breadth(&shipped());
        assert!(validation::check(&course).is_empty());
        let activities: Vec<&ActivityDraft> =
            course.modules.iter().flat_map(|module| &module.activities).collect();
        let advanced: BTreeSet<&str> =
            activities.iter().flat_map(|activity| &activity.advanced).map(String::as_str).collect();
        let find = |id: &String| activities.iter().find(|activity| activity.id == *id).unwrap();
        let passes: Vec<u8> = course.path.iter().map(|id| pass(find(id), &advanced)).collect();
        assert!(passes.is_sorted(), "{passes:?}");
        let once: BTreeSet<&String> = course.path.iter().collect();
        assert_eq!((once.len(), course.path.len()), (activities.len(), activities.len()));
    }

    #[test]
    fn what_is_required_comes_first() {
        let mut course = shipped();
        let film = course.modules[1].activities[0].id.clone();
        let quiz = course.modules.iter().flat_map(|module| &module.activities);
        let quiz = quiz.filter(|activity| activity.kind == "quiz").map(|it| it.id.clone()).next();
        let quiz = quiz.expect("a quiz");
        course.modules[1].activities[0].requires.push(quiz.clone());
        let path = in_breadth(&course).path;
        let place = |id: &String| path.iter().position(|it| it == id).unwrap();
        assert!(place(&quiz) < place(&film), "{path:?}");
    }
}
