//! The map of the code stays short enough to be read.

use super::Finding;
use super::tree::Tree;

const MAP: &str = "ARCHITECTURE.md";
const MAP_LINES_MAX: usize = 250;

pub fn length(tree: &Tree) -> Vec<Finding> {
    let lines = tree.text(MAP).unwrap_or_default().lines().count();
    if lines <= MAP_LINES_MAX {
        return Vec::new();
    }
    vec![Finding::new(MAP, MAP_LINES_MAX + 1, format!("{lines} lines, at most {MAP_LINES_MAX}"))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_map_is_found() {
        assert_eq!(length(&Tree::of(&[(MAP, &"x\n".repeat(251))])).len(), 1);
        assert!(length(&Tree::of(&[(MAP, &"x\n".repeat(250))])).is_empty());
    }
}
