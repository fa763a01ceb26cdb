//! A crate's own `clippy.toml` replaces the one in the root, so the stricter ones have to repeat
//! every ban and the length of functions that all crates share.

use super::Finding;
use super::tree::Tree;

const SHARED: &str = "clippy.toml";
const STRICTER: [&str; 3] = [
    "crates/nexus-engine/clippy.toml",
    "crates/nexus-lab/clippy.toml",
    "crates/nexus-stats/clippy.toml",
];
const FUNCTION_LENGTH: &str = "too-many-lines-threshold";

pub fn repeated(tree: &Tree) -> Vec<Finding> {
    let Some(shared) = tree.text(SHARED) else {
        return vec![Finding::new(SHARED, 1, "is missing")];
    };
    let mut found = Vec::new();
    if function_length(shared).is_none() {
        found.push(Finding::new(SHARED, 1, format!("does not set `{FUNCTION_LENGTH}`")));
    }
    for path in STRICTER {
        let Some(own) = tree.text(path) else {
            found.push(Finding::new(path, 1, "is missing"));
            continue;
        };
        let repeated = banned(own);
        for ban in banned(shared).iter().filter(|ban| !repeated.contains(ban)) {
            found.push(Finding::new(path, 1, format!("does not repeat the shared ban of `{ban}`")));
        }
        if function_length(own) != function_length(shared) {
            let message = format!("does not repeat the shared `{FUNCTION_LENGTH}`");
            found.push(Finding::new(path, 1, message));
        }
    }
    found
}

/// The paths a `clippy.toml` bans.
fn banned(text: &str) -> Vec<&str> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let rest = lines.filter_map(|line| Some(line.split_once("path = \"")?.1));
    rest.filter_map(|rest| rest.split('"').next()).collect()
}

/// The line that sets how long a function may be.
fn function_length(text: &str) -> Option<&str> {
    text.lines().find(|line| line.starts_with(FUNCTION_LENGTH))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: &str = "too-many-lines-threshold = 100\n";
    const BAN: &str = "disallowed-methods = [\n  { path = \"a::b\", reason = \"c\" },\n]\n";

    /// A tree with the shared file and the stricter ones.
    fn with(shared: &str, stricter: [&str; STRICTER.len()]) -> Tree {
        let files = STRICTER.into_iter().zip(stricter).chain([(SHARED, shared)]);
        Tree::of(&files.collect::<Vec<_>>())
    }

    #[test]
    fn a_shared_ban_that_is_not_repeated_is_found() {
        let shared = format!("{LENGTH}{BAN}");
        let tree = with(&shared, [&shared, LENGTH, &shared]);
        let message = "does not repeat the shared ban of `a::b`";
        assert_eq!(repeated(&tree), [Finding::new(STRICTER[1], 1, message)]);
    }

    #[test]
    fn another_length_of_functions_is_found() {
        let longer = "too-many-lines-threshold = 200\n";
        let tree = with(LENGTH, [LENGTH, longer, LENGTH]);
        let message = "does not repeat the shared `too-many-lines-threshold`";
        assert_eq!(repeated(&tree), [Finding::new(STRICTER[1], 1, message)]);
        let message = "does not set `too-many-lines-threshold`";
        assert_eq!(repeated(&with("", [""; 3])), [Finding::new(SHARED, 1, message)]);
    }

    #[test]
    fn a_missing_file_is_found() {
        assert_eq!(repeated(&Tree::of(&[])).len(), 1);
        assert_eq!(repeated(&Tree::of(&[(SHARED, LENGTH)])).len(), STRICTER.len());
    }
}
