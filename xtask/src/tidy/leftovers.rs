//! What was meant for later, and code that was switched off instead of removed.

use super::Finding;
use super::rust_text::{has_word, is_word, view};
use super::tree::{File, Tree};

const MARKS: [&str; 4] = ["TODO", "FIXME", "XXX", "(being written)"];
const MACROS: [&str; 3] = ["dbg!", "todo!", "unimplemented!"];
const CODE: [&str; 8] = [".css", ".html", ".js", ".mjs", ".py", ".sh", ".sql", ".toml"];

pub fn unfinished(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.files().filter(|file| !file.path.contains("/vendor/")) {
        let mut search = |text: &str, words: &[&str]| {
            for (index, line) in text.lines().enumerate() {
                for word in words.iter().filter(|word| has_word(line, word)) {
                    let message = format!("`{word}`: do it now, or write an issue");
                    found.push(Finding::new(&file.path, index + 1, message));
                }
            }
        };
        if file.path.ends_with(".rs") {
            let view = view(&file.text);
            search(&view.comments, &MARKS);
            search(&view.code, &MACROS);
        } else if CODE.iter().any(|ending| file.path.ends_with(ending)) {
            search(&file.text, &MARKS);
        }
    }
    found
}

/// A `//` comment that reads like a line of code. Documentation comments may show code.
pub fn commented_out(tree: &Tree) -> Vec<Finding> {
    tree.rust().flat_map(commented_out_in).collect()
}

fn commented_out_in(file: &File) -> Vec<Finding> {
    let comments = view(&file.text).comments;
    let is_plain = |line: &&str| !line.starts_with("///") && !line.starts_with("//!");
    let mut found = Vec::new();
    for (index, line) in comments.lines().enumerate() {
        let comment = Some(line.trim()).filter(is_plain).and_then(|line| line.strip_prefix("//"));
        if comment.is_some_and(|text| is_code(text.trim())) {
            found.push(Finding::new(&file.path, index + 1, "commented-out code: remove it"));
        }
    }
    found
}

fn is_code(text: &str) -> bool {
    const OPENINGS: [&str; 9] =
        ["let ", "pub ", "fn ", "use ", "impl ", "struct ", "return ", "#[", "self."];
    let only_brackets = !text.is_empty() && text.chars().all(|c| "{}();,".contains(c));
    let opens = OPENINGS.iter().any(|opening| text.starts_with(opening));
    let closes = text.ends_with([';', '{', ']']);
    only_brackets || (opens && closes) || (text.ends_with(");") && calls(text))
}

/// Whether the first bracket belongs to a call and not to a remark in brackets.
fn calls(text: &str) -> bool {
    let before = text.find('(').and_then(|at| at.checked_sub(1)).map(|at| text.as_bytes()[at]);
    before.is_some_and(|byte| is_word(byte) || byte == b'!')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_in_comments_and_macros_in_code() {
        for mark in MARKS {
            assert_eq!(unfinished(&Tree::of(&[("a.rs", &format!("// {mark}: x"))])).len(), 1);
            assert_eq!(unfinished(&Tree::of(&[("a.js", &format!("// {mark} x"))])).len(), 1);
            assert!(unfinished(&Tree::of(&[("a.rs", &format!("f(\"{mark}\")"))])).is_empty());
        }
        for name in MACROS {
            assert_eq!(unfinished(&Tree::of(&[("a.rs", &format!("    {name}(x);"))])).len(), 1);
        }
        assert!(unfinished(&Tree::of(&[("web/vendor/a.js", "// XXX")])).is_empty());
    }

    #[test]
    fn code_in_a_comment_is_found() {
        for comment in [
            "// let x = 3;",
            "    // }",
            "// fn old() {",
            "// run(x, y);",
            "// assert!(x);",
            "// #[test]",
            "/* a */ let b = 1; // pub use c::D;",
        ] {
            let found = commented_out(&Tree::of(&[("a.rs", comment)]));
            let is_trailing = comment.starts_with("/*");
            assert_eq!(found.len(), usize::from(!is_trailing), "{comment}");
        }
    }

    #[test]
    fn prose_is_not_code() {
        for comment in [
            "// Use the first one, then let it go.",
            "// The first wins (the others wait);",
            "// let the caller decide",
            "/// let x = 3;",
            "//! run(x);",
            "//",
        ] {
            assert!(commented_out(&Tree::of(&[("a.rs", comment)])).is_empty(), "{comment}");
        }
    }
}
