//! How a source file opens. The width of code is rustfmt's business and the length of functions is
//! clippy's (`too_many_lines`); text and file lengths have no limit.

use super::Finding;
use super::tree::{File, Tree};

/// A file opens by saying what the room is for.
pub fn opening_line(tree: &Tree) -> Vec<Finding> {
    let is_silent = |file: &&File| !file.text.starts_with("//!");
    let finding = |file: &File| Finding::new(&file.path, 1, "does not open with `//!`");
    tree.rust().filter(is_silent).map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_file_is_found() {
        let tree = Tree::of(&[("a.rs", "use b;\n"), ("b.rs", "//! A room.\n"), ("c.md", "")]);
        assert_eq!(opening_line(&tree), [Finding::new("a.rs", 1, "does not open with `//!`")]);
    }
}
