//! The two crates at the bottom know numbers and the domain: no files, no network, no clock, no
//! order that depends on hashing, no wire format. The same words stay out of the models and worlds
//! of the laboratory.

use super::Finding;
use super::rust_text::{has_word, view};
use super::tree::Tree;
use crate::repository;
use std::path::Path;

/// What the engine may be built from: its own crates, BLAKE3 for ids that are too long, the tables of
/// Unicode by which texts are compared, and what thiserror derives at compile time, of which nothing
/// is in the program.
const ENGINE: [&str; 16] = [
    "nexus-engine",
    "nexus-stats",
    "libm",
    "blake3",
    "arrayvec",
    "cfg-if",
    "constant_time_eq",
    "cpufeatures",
    "thiserror",
    "thiserror-impl",
    "proc-macro2",
    "quote",
    "syn",
    "unicode-ident",
    "unicode-normalization",
    "tinyvec",
];

/// A pure crate and everything it may be built from.
const PURE: [(&str, &[&str]); 2] =
    [("nexus-engine", &ENGINE), ("nexus-stats", &["nexus-stats", "libm"])];

/// Files of the laboratory whose numbers depend on their arguments alone, by how their paths begin.
const PURE_ROOMS: [&str; 4] = [
    "crates/nexus-lab/src/disjoint",
    "crates/nexus-lab/src/matrix",
    "crates/nexus-lab/src/review",
    "crates/nexus-lab/src/tracer",
];

const FORBIDDEN: [&str; 11] = [
    "serde",
    "std::fs",
    "std::net",
    "SystemTime",
    "Instant::now",
    "HashMap",
    "HashSet",
    "async fn",
    "async move",
    "thread_rng",
    "getrandom",
];

/// Words that have no place in pure code; comments may explain them.
pub fn forbidden_words(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let is_pure = |path: &str| {
        PURE.iter().any(|(name, _)| path.starts_with(&format!("crates/{name}/src/")))
            || PURE_ROOMS.iter().any(|room| path.starts_with(room))
    };
    for file in tree.rust().filter(|file| is_pure(&file.path)) {
        for (index, line) in view(&file.text).code.lines().enumerate() {
            for word in FORBIDDEN.iter().filter(|word| has_word(line, word)) {
                let message = format!("`{word}` has no place in pure code");
                found.push(Finding::new(&file.path, index + 1, message));
            }
        }
    }
    found
}

/// What cargo would build the pure crates from, against what they may be built from.
pub fn dependencies(root: &Path) -> Vec<Finding> {
    PURE.iter().flat_map(|(name, allowed)| dependencies_of(root, name, allowed)).collect()
}

fn dependencies_of(root: &Path, name: &str, allowed: &[&str]) -> Vec<Finding> {
    let arguments = ["tree", "--locked", "-p", name, "-e", "normal", "--prefix", "none"];
    let output = match repository::cargo(root, &arguments).output() {
        Ok(output) if output.status.success() => output,
        Ok(output) => return vec![unknown(name, &String::from_utf8_lossy(&output.stderr))],
        Err(error) => return vec![unknown(name, &error.to_string())],
    };
    unexpected(name, allowed, &String::from_utf8_lossy(&output.stdout))
}

fn unknown(name: &str, complaint: &str) -> Finding {
    let complaint = complaint.lines().next().unwrap_or_default();
    Finding::new("Cargo.lock", 1, format!("`cargo tree -p {name}` failed: {complaint}"))
}

/// Reads lines such as `libm v0.2.16` and reports the packages that are not allowed.
fn unexpected(name: &str, allowed: &[&str], listing: &str) -> Vec<Finding> {
    let manifest = format!("crates/{name}/Cargo.toml");
    let mut packages: Vec<&str> =
        listing.lines().filter_map(|line| line.split_whitespace().next()).collect();
    packages.sort_unstable();
    packages.dedup();
    if !packages.contains(&name) {
        return vec![Finding::new(&manifest, 1, format!("`cargo tree` does not list `{name}`"))];
    }
    packages.retain(|package| !allowed.contains(package));
    let finding = |package| Finding::new(&manifest, 1, format!("`{package}` is not allowed here"));
    packages.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_impure_word_is_found_in_code_and_not_in_a_comment() {
        let text = "//! No HashMap here.\nuse std::collections::HashMap;\nlet s = \"serde\";\n";
        let path = "crates/nexus-engine/src/a.rs";
        let found =
            forbidden_words(&Tree::of(&[(path, text), ("crates/nexus-api/src/a.rs", text)]));
        assert_eq!(found, [Finding::new(path, 2, "`HashMap` has no place in pure code")]);
    }

    #[test]
    fn every_forbidden_word_is_caught() {
        for word in FORBIDDEN {
            let tree = Tree::of(&[("crates/nexus-stats/src/a.rs", word)]);
            assert_eq!(forbidden_words(&tree).len(), 1, "{word}");
        }
    }

    #[test]
    fn the_laboratory_is_pure_where_it_models_and_not_where_it_measures() {
        let lines = |path| forbidden_words(&Tree::of(&[(path, "Instant::now()")])).len();
        assert_eq!(lines("crates/nexus-lab/src/matrix/run.rs"), 1);
        assert_eq!(lines("crates/nexus-lab/src/tracer.rs"), 1);
        assert_eq!(lines("crates/nexus-lab/src/bench/rounds.rs"), 0);
    }

    #[test]
    fn a_stranger_in_the_dependency_tree_is_found() {
        let listing = "nexus-stats v0.1.0 (crates/nexus-stats)\nlibm v0.2.16\nserde v1.0.229 (*)\n";
        let found = unexpected("nexus-stats", &["nexus-stats", "libm"], listing);
        let expected = "crates/nexus-stats/Cargo.toml:1: `serde` is not allowed here";
        assert_eq!(found.iter().map(Finding::to_string).collect::<Vec<_>>(), [expected]);
        assert_eq!(unexpected("nexus-stats", &["nexus-stats"], "").len(), 1);
    }

    #[test]
    fn a_tree_that_cannot_be_read_is_found() {
        assert_eq!(dependencies(Path::new("/nowhere")).len(), PURE.len());
        assert_eq!(unknown("a", "error: b\nhelp").message, "`cargo tree -p a` failed: error: b");
    }
}
