//! How a source file looks: its first line, its width, its length, the length of its functions.

use super::Finding;
use super::rust_text::{behind_block, is_word, line_of, view};
use super::tree::{File, Tree};

const COLUMNS_MAX: usize = 100;
const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 900;
const FILE_LINES_NOTED: usize = 500;
const RATCHET: &str = "xtask/ratchet.txt";
/// Known exceptions to the length of functions; this number only ever goes down.
const RATCHET_ENTRIES_MAX: usize = 0;

/// A file opens by saying what the room is for.
pub fn opening_line(tree: &Tree) -> Vec<Finding> {
    let is_silent = |file: &&File| !file.text.starts_with("//!");
    let finding = |file: &File| Finding::new(&file.path, 1, "does not open with `//!`");
    tree.rust().filter(is_silent).map(finding).collect()
}

pub fn columns(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.rust() {
        for (index, line) in file.text.lines().enumerate() {
            let width = line.chars().count();
            if width > COLUMNS_MAX {
                let message = format!("{width} columns, at most {COLUMNS_MAX}");
                found.push(Finding::new(&file.path, index + 1, message));
            }
        }
    }
    found
}

pub fn file_length(tree: &Tree) -> Vec<Finding> {
    let too_long = |file: &&File| file.text.lines().count() > FILE_LINES_MAX;
    let finding = |file: &File| {
        let message = format!("the file has more than {FILE_LINES_MAX} lines");
        Finding::new(&file.path, FILE_LINES_MAX + 1, message)
    };
    tree.rust().filter(too_long).map(finding).collect()
}

/// Files long enough to talk about; not a failure.
pub fn notes(tree: &Tree) -> Vec<String> {
    let lengths = tree.rust().map(|file| (file.path.as_str(), file.text.lines().count()));
    let noted =
        lengths.filter(|(_, lines)| (FILE_LINES_NOTED + 1..=FILE_LINES_MAX).contains(lines));
    noted.map(|(path, lines)| format!("{path} has {lines} lines")).collect()
}

/// No long functions, except those the ratchet knows, and those may only become shorter.
pub fn functions(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut ratchet = ratchet(tree);
    if ratchet.len() > RATCHET_ENTRIES_MAX {
        let message = format!("{} entries, at most {RATCHET_ENTRIES_MAX}", ratchet.len());
        found.push(Finding::new(RATCHET, 1, message));
    }
    for file in tree.rust() {
        for function in functions_of(&file.text) {
            let key = (file.path.clone(), function.name.clone());
            let known = ratchet.iter().position(|entry| entry.key == key);
            let allowed = known.map_or(FUNCTION_LINES_MAX, |index| ratchet.remove(index).lines);
            let Function { name, line, lines } = function;
            if lines > allowed {
                let message = format!("`{name}` has {lines} lines, at most {allowed}");
                found.push(Finding::new(&file.path, line, message));
            } else if known.is_some() && lines < allowed {
                let message = format!("`{name}` shrank to {lines} lines: lower {RATCHET}");
                found.push(Finding::new(&file.path, line, message));
            }
        }
    }
    for Entry { key: (path, name), line, .. } in ratchet {
        let message = format!("`{name}` is not in {path} any more: remove the entry");
        found.push(Finding::new(RATCHET, line, message));
    }
    found
}

struct Entry {
    key: (String, String),
    lines: usize,
    line: usize,
}

/// Reads lines of the form `path function lines`; `#` opens a comment.
fn ratchet(tree: &Tree) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (index, text) in tree.text(RATCHET).unwrap_or_default().lines().enumerate() {
        let words: Vec<&str> = text.split('#').next().unwrap_or("").split_whitespace().collect();
        if let [path, name, lines] = words[..] {
            let key = (path.to_owned(), name.to_owned());
            entries.push(Entry { key, lines: lines.parse().unwrap_or(0), line: index + 1 });
        }
    }
    entries
}

struct Function {
    name: String,
    line: usize,
    lines: usize,
}

fn functions_of(source: &str) -> Vec<Function> {
    let code = view(source).code;
    let bytes = code.as_bytes();
    let mut functions = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let name: String =
            code[at + 3..].chars().take_while(|c| *c == '_' || c.is_alphanumeric()).collect();
        let starts_inside_a_word = at > 0 && is_word(bytes[at - 1]);
        if starts_inside_a_word || name.is_empty() {
            continue;
        }
        if let Some(open) = body(&code, at) {
            let line = line_of(&code, at);
            let lines = line_of(&code, behind_block(&code, open) - 1) - line + 1;
            functions.push(Function { name, line, lines });
        }
    }
    functions
}

/// Where the body of the function declared at `at` opens; nothing for a bare signature.
fn body(code: &str, at: usize) -> Option<usize> {
    let mut depth = 0i32;
    for (index, byte) in code.bytes().enumerate().skip(at) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' if depth == 0 => return Some(index),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(found: Vec<Finding>) -> Vec<usize> {
        found.into_iter().map(|finding| finding.line).collect()
    }

    fn function(lines: usize) -> String {
        format!(
            "//! A room.\n\nfn long(a: [u8; 4]) -> u8 {{\n{}}}\n",
            "    a();\n".repeat(lines - 2)
        )
    }

    #[test]
    fn a_silent_file_is_found() {
        let tree = Tree::of(&[("a.rs", "use b;\n"), ("b.rs", "//! A room.\n"), ("c.md", "")]);
        assert_eq!(opening_line(&tree), [Finding::new("a.rs", 1, "does not open with `//!`")]);
    }

    #[test]
    fn columns_are_characters_and_not_bytes() {
        let text = format!("{}\n{}\n", "é".repeat(100), "e".repeat(101));
        assert_eq!(lines_of(columns(&Tree::of(&[("a.rs", &text)]))), [2]);
    }

    #[test]
    fn a_long_function_is_found_and_a_just_fitting_one_is_not() {
        assert_eq!(lines_of(functions(&Tree::of(&[("a.rs", &function(71))]))), [3]);
        assert!(functions(&Tree::of(&[("a.rs", &function(70))])).is_empty());
    }

    #[test]
    fn signatures_and_function_types_are_no_functions() {
        let source = "trait T { fn a(&self); }\nstruct S(fn (u8) -> u8);\nfn b() { c(\"}\") }\n";
        let names: Vec<String> = functions_of(source).into_iter().map(|f| f.name).collect();
        assert_eq!(names, ["b"]);
    }

    #[test]
    fn the_ratchet_holds_and_may_only_shrink() {
        let check = |lines: usize, ratchet: &str| {
            let source = function(lines);
            let found = functions(&Tree::of(&[("a.rs", &source), (RATCHET, ratchet)]));
            found.into_iter().map(|finding| finding.path).collect::<Vec<_>>()
        };
        assert_eq!(check(80, "a.rs long 80"), [RATCHET], "no entry is allowed beyond the maximum");
        assert_eq!(check(81, "a.rs long 80"), [RATCHET, "a.rs"]);
        assert_eq!(check(79, "a.rs long 80"), [RATCHET, "a.rs"]);
        assert_eq!(check(9, "a.rs gone 80"), [RATCHET, RATCHET]);
        assert!(check(9, "# nothing\n").is_empty());
    }

    #[test]
    fn long_files_are_noted_and_longer_ones_fail() {
        let of = |lines: usize| "//\n".repeat(lines);
        let tree = Tree::of(&[("a.rs", &of(501)), ("b.rs", &of(500)), ("c.rs", &of(901))]);
        assert_eq!(notes(&tree), ["a.rs has 501 lines"]);
        let found = file_length(&tree);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "c.rs");
    }
}
