//! Which crate may know which: nothing points up. The test kit alone may be a dev-dependency of any.

use super::Finding;
use super::tree::Tree;

/// What the tests of every crate may use, and nothing else may.
const TESTKIT: &str = "nexus-testkit";

/// A crate and the crates of this workspace it may depend on, in its tests too.
const ALLOWED: [(&str, &[&str]); 12] = [
    ("nexus-stats", &[]),
    ("nexus-engine", &["nexus-stats"]),
    ("nexus-api", &["nexus-engine"]),
    ("nexus-store", &["nexus-engine", "nexus-stats"]),
    ("nexus-ingest", &["nexus-engine", "nexus-api"]),
    (TESTKIT, &["nexus-engine", "nexus-ingest"]),
    ("nexus-server", &["nexus-engine", "nexus-stats", "nexus-api", "nexus-store", "nexus-ingest"]),
    // The simulator itself needs only the engine; its tests put learners on a real node.
    (
        "nexus-sim",
        &[
            "nexus-engine",
            "nexus-stats",
            "nexus-api",
            "nexus-store",
            "nexus-ingest",
            "nexus-server",
        ],
    ),
    // The Python wheel: it shows the simulator to Python.
    ("python", &["nexus-engine", "nexus-ingest", "nexus-sim"]),
    // Nothing but the command line may depend on the laboratory.
    (
        "nexus-lab",
        &[
            "nexus-stats",
            "nexus-engine",
            "nexus-api",
            "nexus-store",
            "nexus-ingest",
            "nexus-server",
            "nexus-sim",
        ],
    ),
    (
        "nexus-cli",
        &[
            "nexus-stats",
            "nexus-engine",
            "nexus-api",
            "nexus-store",
            "nexus-ingest",
            "nexus-server",
            "nexus-sim",
            "nexus-lab",
        ],
    ),
    ("xtask", &[]),
];

pub fn direction(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let folders = ["crates/", "python/", "xtask/"];
    let is_manifest = |path: &str| folders.iter().any(|folder| path.starts_with(folder));
    let manifests = tree.files().filter(|file| file.path.ends_with("/Cargo.toml"));
    for file in manifests.filter(|file| is_manifest(&file.path)) {
        let folder = file.path.trim_end_matches("/Cargo.toml");
        let name = folder.strip_prefix("crates/").unwrap_or(folder);
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            let message = format!("`{name}` is not in the table of allowed edges");
            found.push(Finding::new(&file.path, 1, message));
            continue;
        };
        for Edge { line, to, for_tests } in edges_of(&file.text) {
            let is_testkit = for_tests && to == TESTKIT;
            if !is_testkit && !allowed.contains(&to.as_str()) {
                let message = format!("`{name}` may not depend on `{to}`");
                found.push(Finding::new(&file.path, line, message));
            }
        }
    }
    found
}

/// A dependency of one crate of the workspace on another.
struct Edge {
    line: usize,
    to: String,
    for_tests: bool,
}

/// The workspace crates a manifest names in any table of dependencies.
fn edges_of(manifest: &str) -> Vec<Edge> {
    let is_ours = |name: &str| ALLOWED.iter().any(|(known, _)| *known == name);
    let mut edges = Vec::new();
    let (mut in_dependencies, mut for_tests) = (false, false);
    for (index, line) in manifest.lines().enumerate() {
        let line = line.split('#').next().unwrap_or("").trim();
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_end_matches(']');
            in_dependencies = table.ends_with("dependencies");
            for_tests = table.contains("dev-dependencies");
            let dotted = table.rsplit_once("dependencies.").map_or("", |(_, name)| name);
            if is_ours(dotted) {
                edges.push(Edge { line: index + 1, to: dotted.to_owned(), for_tests });
            }
        } else if in_dependencies {
            let key = line.split(['.', '=', ' ']).next().unwrap_or("").trim_matches('"');
            let renamed =
                line.split_once("package = \"").and_then(|(_, rest)| rest.split('"').next());
            let name = renamed.unwrap_or(key);
            if is_ours(name) {
                edges.push(Edge { line: index + 1, to: name.to_owned(), for_tests });
            }
        }
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, manifest: &str) -> Vec<String> {
        direction(&Tree::of(&[(path, manifest)])).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn an_edge_that_points_up_is_found_however_it_is_written() {
        let path = "crates/nexus-engine/Cargo.toml";
        let expected = [format!("{path}:2: `nexus-engine` may not depend on `nexus-store`")];
        assert_eq!(check(path, "[dependencies]\nnexus-store.workspace = true\n"), expected);
        assert_eq!(check(path, "[dev-dependencies]\nnexus-store = { path = \"x\" }\n"), expected);
        assert_eq!(check(path, "\n[dependencies.nexus-store]\nworkspace = true\n"), expected);
        assert_eq!(check(path, "[dependencies]\ns = { package = \"nexus-store\" }\n"), expected);
    }

    #[test]
    fn an_edge_that_points_down_is_fine() {
        let manifest = "[package]\nname = \"nexus-engine\"\n[dependencies]\nnexus-stats = \"1\"\n";
        assert!(check("crates/nexus-engine/Cargo.toml", manifest).is_empty());
    }

    #[test]
    fn only_tests_use_the_test_kit() {
        let path = "crates/nexus-store/Cargo.toml";
        let in_tests = "[dev-dependencies]\nnexus-testkit.workspace = true\n";
        assert!(check(path, in_tests).is_empty());
        let expected = [format!("{path}:2: `nexus-store` may not depend on `nexus-testkit`")];
        assert_eq!(check(path, "[dependencies]\nnexus-testkit.workspace = true\n"), expected);
    }

    #[test]
    fn a_new_crate_has_to_take_its_place() {
        assert_eq!(check("crates/nexus-else/Cargo.toml", "").len(), 1);
    }

    #[test]
    fn the_table_itself_points_down() {
        for (index, (name, allowed)) in ALLOWED.iter().enumerate() {
            for edge in *allowed {
                let below = ALLOWED.iter().take(index).any(|(known, _)| known == edge);
                assert!(below, "{name} -> {edge}");
            }
        }
    }
}
