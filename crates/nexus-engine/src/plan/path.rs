//! The order of a course's activities under a plan.

use super::Plan;
use crate::catalog::{Activity, ActivityKind, Course};
use std::collections::BTreeSet;

/// The passes of [`Plan::Breadth`] over a course, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Pass {
    Placement,
    Study,
    Practice,
    /// What another activity names as advanced.
    Advanced,
    Quiz,
    Check,
}

/// The plans that a course offers: those whose order differs from those before them, in the order
/// of [`Plan::ALL`].
#[must_use]
pub fn offered(course: &Course) -> Vec<Plan> {
    let mut plans = vec![Plan::Path];
    let mut paths = vec![course.path.clone()];
    for plan in [Plan::CoreFirst, Plan::Breadth] {
        let Some(path) = path(course, plan) else { continue };
        if !paths.contains(&path) {
            plans.push(plan);
            paths.push(path);
        }
    }
    plans.push(Plan::Pace);
    plans
}

/// The path of a plan: positions in [`Course::activities`], each once. `None` of the plan that
/// decides step by step.
///
/// What an activity requires comes before it, whatever its pass.
#[must_use]
pub fn path(course: &Course, plan: Plan) -> Option<Vec<usize>> {
    let advanced = advanced(course);
    let mut path = course.path.clone();
    match plan {
        Plan::Path => return Some(path),
        Plan::Pace => return None,
        Plan::CoreFirst => path.sort_by_key(|position| {
            let check = course.activities[*position].kind == ActivityKind::Check;
            (check, advanced.contains(position))
        }),
        Plan::Breadth => {
            // What the author left beside the path stays beside it.
            let depths = depths(course);
            path.sort_by_key(|position| {
                let activity = &course.activities[*position];
                let depth = activity.skills.iter().map(|skill| depths[*skill]).max();
                (pass(activity, advanced.contains(position)), depth, *position)
            });
        }
    }
    Some(after_what_it_requires(course, path))
}

/// What other activities name as advanced.
fn advanced(course: &Course) -> BTreeSet<usize> {
    course.activities.iter().flat_map(|activity| activity.advanced.iter().copied()).collect()
}

fn pass(activity: &Activity, advanced: bool) -> Pass {
    match activity.kind {
        ActivityKind::Placement => Pass::Placement,
        ActivityKind::Video | ActivityKind::Reading => Pass::Study,
        ActivityKind::Exercise if advanced => Pass::Advanced,
        ActivityKind::Exercise => Pass::Practice,
        ActivityKind::Quiz => Pass::Quiz,
        ActivityKind::Check => Pass::Check,
    }
}

/// The place of each skill in an order in which each follows its prerequisites.
fn depths(course: &Course) -> Vec<usize> {
    let mut depths = vec![None; course.skills.len()];
    let mut placed = 0;
    // Each round places at least one, or there is nothing left that can be placed.
    for _ in &course.skills {
        for (position, skill) in course.skills.iter().enumerate() {
            let open = skill.requires.iter().all(|needed| depths[*needed].is_some());
            if open && depths[position].is_none() {
                depths[position] = Some(placed);
                placed += 1;
            }
        }
    }
    depths.into_iter().map(|depth| depth.unwrap_or(placed)).collect()
}

/// The same order, in which each activity waits for those of the path that it requires.
fn after_what_it_requires(course: &Course, mut waiting: Vec<usize>) -> Vec<usize> {
    let on_path: BTreeSet<usize> = waiting.iter().copied().collect();
    let mut placed = BTreeSet::new();
    let mut path = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let open = |position: &usize| {
            let required = course.activities[*position].requires.iter();
            required.filter(|needed| on_path.contains(needed)).all(|it| placed.contains(it))
        };
        // A published course has no circle of requirements; in one, the first would come.
        let next = waiting.remove(waiting.iter().position(open).unwrap_or(0));
        placed.insert(next);
        path.push(next);
    }
    path
}
