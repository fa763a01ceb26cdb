//! The rooms of the engine depend in one direction, and only the room on top changes the shared
//! state.

use super::Finding;
use super::rust_text::view;
use super::tree::Tree;

const ENGINE: &str = "crates/nexus-engine/src/";

/// The rooms, from the bottom to the top. A room may use those before it in this list.
const ROOMS: [&str; 20] = [
    "ids",
    "seed",
    "time",
    "refusal",
    "words",
    "catalog",
    "constraint",
    "learner",
    "policy",
    "strategy",
    "plan",
    "decision",
    "support",
    "experiment",
    "lifecycle",
    "report",
    "erasure",
    "event",
    "invariants",
    "workspace",
];

/// Every `crate::room` in the engine's code that points up, and every room that is not in the list.
pub fn direction(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.rust() {
        let Some(own) = room_of(&file.path) else { continue };
        let Some(place) = ROOMS.iter().position(|room| *room == own) else {
            let message = format!("`{own}` is not in the list of rooms (xtask/src/tidy/rooms.rs)");
            found.push(Finding::new(&file.path, 1, message));
            continue;
        };
        for (index, line) in view(&file.text).code.lines().enumerate() {
            for used in rooms_used(line) {
                if ROOMS[place + 1..].contains(&used) {
                    let message = format!("`{own}` is below `{used}` and may not use it");
                    found.push(Finding::new(&file.path, index + 1, message));
                }
            }
        }
    }
    found
}

/// Every `impl SharedState` outside of the room that holds the fold.
pub fn one_fold(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.rust() {
        if room_of(&file.path).is_none_or(|room| room == "workspace") {
            continue;
        }
        for (index, line) in view(&file.text).code.lines().enumerate() {
            if line.starts_with("impl") && line.contains("SharedState") {
                let message = "only `workspace` changes the shared state; take the part you need";
                found.push(Finding::new(&file.path, index + 1, message));
            }
        }
    }
    found
}

/// The room that a file of the engine belongs to; none for its root.
fn room_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix(ENGINE)?;
    let first = inside.split('/').next()?;
    let room = first.strip_suffix(".rs").unwrap_or(first);
    (room != "lib").then_some(room)
}

/// What follows each `crate::` in a line of code.
fn rooms_used(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        &rest[..end.unwrap_or(rest.len())]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directions(path: &str, text: &str) -> Vec<String> {
        direction(&Tree::of(&[(path, text)])).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn a_room_may_use_what_is_below_it_and_nothing_above() {
        let path = "crates/nexus-engine/src/learner/belief.rs";
        assert_eq!(
            directions(path, "use crate::catalog::Course;\nuse crate::ids::SkillKey;\n"),
            [""; 0]
        );
        let text = "//! See [`crate::decision`].\nlet event: crate::event::Event;\n";
        let expected = "crates/nexus-engine/src/learner/belief.rs:2: `learner` is below `event` and may not use it";
        assert_eq!(directions(path, text), [expected]);
        assert_eq!(directions("crates/nexus-sim/src/storm.rs", text), [""; 0]);
    }

    #[test]
    fn a_room_that_is_in_no_list_is_found() {
        let found = directions("crates/nexus-engine/src/attic.rs", "");
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_second_place_that_changes_the_shared_state_is_found() {
        let text = "impl SharedState {\n}\n";
        let of = |path| one_fold(&Tree::of(&[(path, text)])).len();
        assert_eq!(of("crates/nexus-engine/src/decision/choose.rs"), 1);
        assert_eq!(of("crates/nexus-engine/src/workspace/apply.rs"), 0);
    }
}
