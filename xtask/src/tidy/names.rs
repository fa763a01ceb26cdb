//! Rooms are named after concerns, and the doorstep stays clear.

use super::Finding;
use super::tree::Tree;
use std::collections::BTreeSet;

const JUNK: [&str; 7] = ["common", "helper", "helpers", "misc", "mod", "util", "utils"];
const CODE: [&str; 4] = ["rs", "js", "mjs", "py"];
const ROOT_ENTRIES_MAX: usize = 22;

/// A source file, or a folder with one, that is named after nothing in particular.
pub fn junk_drawers(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for path in tree.paths() {
        let Some((stem, ending)) = path.rsplit_once('.') else { continue };
        let is_code = CODE.contains(&ending) && !path.contains("/vendor/");
        for name in stem.split('/').filter(|name| is_code && JUNK.contains(name)) {
            let message = format!("`{name}` is a junk drawer: name the room after its concern");
            found.push(Finding::new(path, 1, message));
        }
    }
    found
}

/// What a visitor sees in the root; dot files stay out of `ls`, so they do not count.
pub fn root_entries(tree: &Tree) -> Vec<Finding> {
    let entries = tree.paths().filter_map(|path| path.split('/').next());
    let entries: BTreeSet<&str> = entries.filter(|name| !name.starts_with('.')).collect();
    if entries.len() <= ROOT_ENTRIES_MAX {
        return Vec::new();
    }
    let message = format!("{} entries in the root, at most {ROOT_ENTRIES_MAX}", entries.len());
    vec![Finding::new(".", 1, message)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_drawers_are_found_as_files_and_as_folders() {
        for path in
            ["crates/a/src/utils.rs", "crates/a/src/b/mod.rs", "a/common/b.rs", "web/misc.js"]
        {
            assert_eq!(junk_drawers(&Tree::of(&[(path, "")])).len(), 1, "{path}");
        }
        for path in ["crates/a/src/mode.rs", "docs/common.md", "web/vendor/util.js"] {
            assert!(junk_drawers(&Tree::of(&[(path, "")])).is_empty(), "{path}");
        }
    }

    #[test]
    fn a_crowded_doorstep_is_found() {
        let names: Vec<String> = (0..=ROOT_ENTRIES_MAX).map(|n| format!("file{n}")).collect();
        let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        assert_eq!(root_entries(&Tree::of(&files)).len(), 1);
        assert!(root_entries(&Tree::of(&files[..ROOT_ENTRIES_MAX])).is_empty());
        assert!(root_entries(&Tree::of(&[("a/b", ""), ("a/c", "")])).is_empty());
        let mut hidden = files[..ROOT_ENTRIES_MAX].to_vec();
        hidden.push((".gitignore", ""));
        assert!(root_entries(&Tree::of(&hidden)).is_empty());
    }
}
