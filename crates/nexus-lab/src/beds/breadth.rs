//! The breadth order of a course: something of everything before more of anything.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::ActivityDraft;
use std::collections::{BTreeMap, BTreeSet};

/// The passes over a course, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Pass {
    Placement,
    Study,
    Practice,
    /// What another activity names as advanced.
    Advanced,
    Quiz,
}

/// The course with another path: the placement, then films and readings of all skills, then
/// practice, then advanced practice, then quizzes; within a pass by skill, each skill after its
/// prerequisites. An activity still comes after those it requires.
pub(super) fn in_breadth(course: &CourseDraft) -> CourseDraft {
    let activities: Vec<&ActivityDraft> =
        course.modules.iter().flat_map(|module| &module.activities).collect();
    let advanced: BTreeSet<&str> =
        activities.iter().flat_map(|activity| &activity.advanced).map(String::as_str).collect();
    let depths = depths(course);
    let key = |position: usize| {
        let activity = activities[position];
        let skills = activity.skills.iter().filter_map(|skill| depths.get(skill.as_str()));
        (pass(activity, &advanced), skills.max().copied(), position)
    };
    let mut waiting: Vec<usize> = (0..activities.len()).collect();
    waiting.sort_by_key(|position| key(*position));
    let mut path: Vec<String> = Vec::with_capacity(activities.len());
    let mut placed: BTreeSet<&str> = BTreeSet::new();
    while !waiting.is_empty() {
        let open = |position: &usize| {
            activities[*position].requires.iter().all(|needed| placed.contains(needed.as_str()))
        };
        // In a course with a circle, which no node publishes, the first comes all the same.
        let next = waiting.remove(waiting.iter().position(open).unwrap_or(0));
        placed.insert(&activities[next].id);
        path.push(activities[next].id.clone());
    }
    CourseDraft { path, ..course.clone() }
}

fn pass(activity: &ActivityDraft, advanced: &BTreeSet<&str>) -> Pass {
    match activity.kind.as_str() {
        "placement" => Pass::Placement,
        "video" | "reading" => Pass::Study,
        "quiz" => Pass::Quiz,
        _ if advanced.contains(activity.id.as_str()) => Pass::Advanced,
        _ => Pass::Practice,
    }
}

/// The place of each skill in an order in which each follows its prerequisites.
fn depths(course: &CourseDraft) -> BTreeMap<&str, usize> {
    let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in &course.skills {
        for skill in &course.skills {
            let open = skill.requires.iter().all(|needed| depths.contains_key(needed.as_str()));
            if open && !depths.contains_key(skill.id.as_str()) {
                depths.insert(&skill.id, depths.len());
            }
        }
    }
    depths
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_engine::catalog::validation;
    use nexus_testkit::shipped;

    #[test]
    fn every_activity_comes_once_and_passes_follow_each_other() {
        let course = in_breadth(&shipped());
        assert!(validation::check(&course).is_empty());
        let activities: Vec<&ActivityDraft> =
            course.modules.iter().flat_map(|module| &module.activities).collect();
        let advanced: BTreeSet<&str> =
            activities.iter().flat_map(|activity| &activity.advanced).map(String::as_str).collect();
        let find = |id: &String| activities.iter().find(|activity| activity.id == *id).unwrap();
        let passes: Vec<Pass> = course.path.iter().map(|id| pass(find(id), &advanced)).collect();
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
