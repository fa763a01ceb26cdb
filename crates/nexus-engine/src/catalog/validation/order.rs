//! Checks of order: circles among prerequisites, and activities that no learner can reach.
//!
//! An activity is reachable when every activity it requires is reachable, and every prerequisite
//! of each of its skills is taught or asked by a reachable activity or is one of its own skills.
//! References that lead nowhere and the edges that close a circle are reported elsewhere; here
//! they count as met, so that one mistake is reported once.

use super::super::draft::ActivityDraft;
use super::super::{ActivityKind, CourseDraft};
use super::place::quoted;
use super::references::Index;
use super::{At, Problems};
use std::collections::BTreeSet;

/// Reports circles and unreachable activities.
pub(super) fn check_order(draft: &CourseDraft, index: &Index<'_>, problems: &mut Problems) {
    let mut skill_edges = skill_edges(draft, index);
    let skills = At::Root.field("skills");
    for cycle in break_cycles(&mut skill_edges) {
        let names: Vec<&str> = cycle.iter().map(|node| draft.skills[*node].id.as_str()).collect();
        let at = skills.index(cycle[0]);
        problems.add(at.field("requires"), "skill_cycle", || circle("skills", &names));
    }
    let mut activity_edges = activity_edges(index);
    for cycle in break_cycles(&mut activity_edges) {
        let named = |node: &usize| index.activities[*node].2.id.as_str();
        let names: Vec<&str> = cycle.iter().map(named).collect();
        with_place(index, cycle[0], |at| {
            problems.add(at.field("requires"), "activity_cycle", || circle("activities", &names));
        });
    }
    let unmet = Reach::new(draft, index, &skill_edges, &activity_edges).unmet();
    for (position, cause) in unmet {
        with_place(index, position, |at| {
            problems.add(at, "unreachable_activity", || why(draft, index, position, cause));
        });
    }
}

fn with_place(index: &Index<'_>, position: usize, report: impl FnOnce(At<'_>)) {
    let (module, inner, _) = index.activities[position];
    let modules = At::Root.field("modules");
    let at_module = modules.index(module);
    let list = at_module.field("activities");
    report(list.index(inner));
}

fn circle(what: &str, names: &[&str]) -> String {
    const SHOWN_MAX: usize = 12;
    let mut shown: Vec<&str> = names.iter().copied().take(SHOWN_MAX).collect();
    if names.len() > SHOWN_MAX {
        shown.push("...");
    }
    shown.push(names[0]);
    let chain = shown.join(" -> ");
    format!("these {what} require each other in a circle: {chain}; remove one of these steps")
}

fn why(draft: &CourseDraft, index: &Index<'_>, position: usize, cause: Cause) -> String {
    let id = quoted(&index.activities[position].2.id);
    match cause {
        Cause::Skill(skill) => {
            let name = quoted(&draft.skills[skill].id);
            format!(
                "{id} can never be reached: its prerequisite skill {name} is taught by no \
                 activity that can be reached before it; add one, or drop the prerequisite"
            )
        }
        Cause::Activity(required) => {
            let name = quoted(&index.activities[required].2.id);
            format!(
                "{id} can never be reached, because it requires {name}, which cannot be reached; \
                 repair that one, or drop it from `requires`"
            )
        }
    }
}

/// By skill: the positions of its prerequisites, without itself.
fn skill_edges(draft: &CourseDraft, index: &Index<'_>) -> Vec<Vec<usize>> {
    let edges = |(own, names): (usize, &Vec<String>)| {
        let found = names.iter().filter_map(|name| index.skills.get(name.as_str()).copied());
        found.filter(|position| *position != own).collect()
    };
    draft.skills.iter().map(|skill| &skill.requires).enumerate().map(edges).collect()
}

/// By activity: the positions of the activities it requires, without itself.
fn activity_edges(index: &Index<'_>) -> Vec<Vec<usize>> {
    let find = |name: &String| index.activity_by_id.get(name.as_str()).copied();
    let edges = |(own, entry): (usize, &(usize, usize, &ActivityDraft))| {
        let found = entry.2.requires.iter().filter_map(find);
        found.filter(|position| *position != own).collect()
    };
    index.activities.iter().enumerate().map(edges).collect()
}

/// Finds circles and removes the edge that closes each, so that no circle is left. The search
/// keeps its own stack: a chain of prerequisites may be as long as the course.
fn break_cycles(edges: &mut [Vec<usize>]) -> Vec<Vec<usize>> {
    const NEW: u8 = 0;
    const OPEN: u8 = 1;
    const DONE: u8 = 2;
    let mut state = vec![NEW; edges.len()];
    let mut cycles = Vec::new();
    for start in 0..edges.len() {
        if state[start] != NEW {
            continue;
        }
        state[start] = OPEN;
        let mut stack = vec![(start, 0)];
        while let Some((node, next)) = stack.last_mut() {
            let node = *node;
            let Some(target) = edges[node].get(*next).copied() else {
                state[node] = DONE;
                stack.pop();
                continue;
            };
            if state[target] == OPEN {
                edges[node].remove(*next);
                let open = stack.iter().map(|(open, _)| *open);
                cycles.push(open.skip_while(|open| *open != target).collect());
                continue;
            }
            *next += 1;
            if state[target] == NEW {
                state[target] = OPEN;
                stack.push((target, 0));
            }
        }
    }
    cycles
}

/// Why an activity cannot be reached.
#[derive(Clone, Copy)]
enum Cause {
    /// Nothing reachable teaches this skill.
    Skill(usize),
    /// This required activity cannot be reached.
    Activity(usize),
}

/// Spreads from the activities without prerequisites to all that they unlock.
struct Reach {
    /// By activity: skills it waits for.
    skills_awaited: Vec<BTreeSet<usize>>,
    /// By activity: activities it waits for.
    activities_awaited: Vec<BTreeSet<usize>>,
    /// By activity: skills it teaches or asks.
    taught: Vec<BTreeSet<usize>>,
    /// By skill: activities that wait for it.
    waiting_for_skill: Vec<Vec<usize>>,
    /// By activity: activities that wait for it.
    waiting_for_activity: Vec<Vec<usize>>,
}

impl Reach {
    fn new(
        draft: &CourseDraft,
        index: &Index<'_>,
        skill_edges: &[Vec<usize>],
        activity_edges: &[Vec<usize>],
    ) -> Self {
        let find = |name: &String| index.skills.get(name.as_str()).copied();
        let mut reach = Self {
            skills_awaited: Vec::with_capacity(index.activities.len()),
            activities_awaited: Vec::with_capacity(index.activities.len()),
            taught: Vec::with_capacity(index.activities.len()),
            waiting_for_skill: vec![Vec::new(); draft.skills.len()],
            waiting_for_activity: vec![Vec::new(); index.activities.len()],
        };
        for (position, (_, _, activity)) in index.activities.iter().enumerate() {
            // A placement or a check asks about skills and teaches none, so it neither waits for
            // any nor opens the way to any.
            let measures = ActivityKind::from_word(&activity.kind);
            let teaches = !measures.is_some_and(ActivityKind::measures);
            let own = activity.skills.iter().filter(|_| teaches);
            let own: BTreeSet<usize> = own.filter_map(find).collect();
            let before = own.iter().flat_map(|skill| skill_edges[*skill].iter().copied());
            let awaited: BTreeSet<usize> = before.filter(|skill| !own.contains(skill)).collect();
            for skill in &awaited {
                reach.waiting_for_skill[*skill].push(position);
            }
            let required: BTreeSet<usize> = activity_edges[position].iter().copied().collect();
            for other in &required {
                reach.waiting_for_activity[*other].push(position);
            }
            let asked = activity.questions.iter().flat_map(|question| &question.skills);
            reach.taught.push(own.into_iter().chain(asked.filter_map(find)).collect());
            reach.skills_awaited.push(awaited);
            reach.activities_awaited.push(required);
        }
        reach
    }

    /// The activities that stay closed when everything reachable is done, each with its cause.
    fn unmet(mut self) -> Vec<(usize, Cause)> {
        let count = self.taught.len();
        let mut reached: Vec<usize> =
            (0..count).filter(|position| self.awaits_nothing(*position)).collect();
        while let Some(done) = reached.pop() {
            for waiting in std::mem::take(&mut self.waiting_for_activity[done]) {
                self.activities_awaited[waiting].remove(&done);
                if self.awaits_nothing(waiting) {
                    reached.push(waiting);
                }
            }
            for skill in std::mem::take(&mut self.taught[done]) {
                for waiting in std::mem::take(&mut self.waiting_for_skill[skill]) {
                    self.skills_awaited[waiting].remove(&skill);
                    if self.awaits_nothing(waiting) {
                        reached.push(waiting);
                    }
                }
            }
        }
        (0..count).filter_map(|position| Some((position, self.cause(position)?))).collect()
    }

    fn awaits_nothing(&self, position: usize) -> bool {
        self.cause(position).is_none()
    }

    fn cause(&self, position: usize) -> Option<Cause> {
        let skill = self.skills_awaited[position].first().map(|skill| Cause::Skill(*skill));
        let activity = self.activities_awaited[position].first();
        skill.or(activity.map(|activity| Cause::Activity(*activity)))
    }
}
