//! A crate's own `clippy.toml` replaces the one in the root, so the stricter ones have to repeat
//! every ban that all crates share.

use super::Finding;
use super::tree::Tree;

const SHARED: &str = "clippy.toml";
const STRICTER: [&str; 2] = ["crates/nexus-engine/clippy.toml", "crates/nexus-stats/clippy.toml"];

pub fn repeated(tree: &Tree) -> Vec<Finding> {
    let Some(shared) = tree.text(SHARED).map(banned) else {
        return vec![Finding::new(SHARED, 1, "is missing")];
    };
    let mut found = Vec::new();
    for path in STRICTER {
        let Some(own) = tree.text(path).map(banned) else {
            found.push(Finding::new(path, 1, "is missing"));
            continue;
        };
        for ban in shared.iter().filter(|ban| !own.contains(ban)) {
            found.push(Finding::new(path, 1, format!("does not repeat the shared ban of `{ban}`")));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_ban_that_is_not_repeated_is_found() {
        let shared = "disallowed-methods = [\n  { path = \"a::b\", reason = \"c\" },\n]\n";
        let tree = Tree::of(&[(SHARED, shared), (STRICTER[0], shared), (STRICTER[1], "")]);
        let message = "does not repeat the shared ban of `a::b`";
        assert_eq!(repeated(&tree), [Finding::new(STRICTER[1], 1, message)]);
    }

    #[test]
    fn a_missing_file_is_found() {
        assert_eq!(repeated(&Tree::of(&[])).len(), 1);
        assert_eq!(repeated(&Tree::of(&[(SHARED, "")])).len(), 2);
    }
}
