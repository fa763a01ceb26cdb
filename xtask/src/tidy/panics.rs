//! A panic needs a reason why it cannot happen, in a comment that begins with `// invariant:`.

use super::Finding;
use super::rust_text::{test_lines, view};
use super::tree::{File, Tree};
use std::collections::BTreeSet;

const CALLS: [&str; 2] = [".unwrap()", ".expect("];
const REASON: &str = "// invariant:";
/// Its panics stop an experiment, never a lesson.
const FREE: &str = "crates/nexus-sim/";

pub fn unexplained(tree: &Tree) -> Vec<Finding> {
    let is_product = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        path.starts_with("crates/")
            && path.contains("/src/")
            && !path.starts_with(FREE)
            && name != "tests.rs"
            && !path.contains("/tests/")
    };
    let tests: BTreeSet<String> = tree.rust().flat_map(test_modules).collect();
    let product = tree.rust().filter(|file| is_product(&file.path) && !tests.contains(&file.path));
    product.flat_map(unexplained_in).collect()
}

/// Paths of the files that a file declares as modules for tests only.
fn test_modules(file: &File) -> Vec<String> {
    let folder = match file.path.strip_suffix("/lib.rs").or(file.path.strip_suffix("/main.rs")) {
        Some(folder) => folder,
        None => file.path.strip_suffix(".rs").unwrap_or(&file.path),
    };
    let lines: Vec<&str> = file.text.lines().map(str::trim).collect();
    let declared = lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]").filter_map(|pair| {
        let name = pair[1].strip_suffix(';')?;
        name.strip_prefix("pub(crate) ").unwrap_or(name).strip_prefix("mod ")
    });
    declared.map(|name| format!("{folder}/{name}.rs")).collect()
}

fn unexplained_in(file: &File) -> Vec<Finding> {
    let view = view(&file.text);
    let code: Vec<&str> = view.code.lines().collect();
    let comments: Vec<&str> = view.comments.lines().collect();
    let in_tests = test_lines(&view.code);
    let mut found = Vec::new();
    for (index, line) in code.iter().enumerate() {
        let call = CALLS.iter().find(|call| line.contains(**call));
        if let Some(call) = call.filter(|_| !in_tests[index] && !explained(&code, &comments, index))
        {
            let message =
                format!("`{call}` without a comment `{REASON}` saying why it cannot fail");
            found.push(Finding::new(&file.path, index + 1, message));
        }
    }
    found
}

/// Looks on the line itself, on the earlier lines of its chain of calls, and in the comment that
/// stands directly above.
fn explained(code: &[&str], comments: &[&str], index: usize) -> bool {
    let has_reason = |line: usize| comments[line].contains(REASON);
    let mut line = index;
    while line > 0 && !has_reason(line) {
        let continues_a_chain = code[line].trim_start().starts_with('.');
        let above_is_comment = !comments[line - 1].trim().is_empty();
        let above_is_code = !code[line - 1].trim().is_empty();
        if !continues_a_chain && (above_is_code || !above_is_comment) {
            break;
        }
        line -= 1;
    }
    has_reason(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(path: &str, text: &str) -> Vec<usize> {
        unexplained(&Tree::of(&[(path, text)])).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn an_unexplained_panic_is_found() {
        let text = "fn a() {\n    b().unwrap();\n    c()\n        .expect(\"d\");\n}\n";
        assert_eq!(lines_of("crates/a/src/b.rs", text), [2, 4]);
        assert!(lines_of("crates/a/tests/b.rs", text).is_empty());
        assert!(lines_of("crates/a/src/b/tests.rs", text).is_empty());
        assert!(lines_of("crates/nexus-sim/src/b.rs", text).is_empty());
    }

    #[test]
    fn a_reason_on_the_line_or_above_the_statement_is_enough() {
        for text in [
            "b().unwrap(); // invariant: just checked\n",
            "// invariant: just checked\nb().unwrap();\n",
            "// invariant: a long\n// story\nb()\n    .c()\n    .unwrap();\n",
        ] {
            assert!(lines_of("crates/a/src/b.rs", text).is_empty(), "{text}");
        }
        let text = "// invariant: about c\nc();\nb().unwrap();\n";
        assert_eq!(lines_of("crates/a/src/b.rs", text), [3]);
        assert_eq!(lines_of("crates/a/src/b.rs", "// because\nb().unwrap();\n"), [2]);
    }

    #[test]
    fn tests_may_panic_and_text_is_not_code() {
        let text = "#[cfg(test)]\nmod tests {\n    fn a() { b().unwrap() }\n}\n";
        assert!(lines_of("crates/a/src/b.rs", text).is_empty());
        assert!(lines_of("crates/a/src/b.rs", "/// `x.unwrap()`\nf(\".unwrap()\");\n").is_empty());
    }

    #[test]
    fn a_module_for_tests_may_panic() {
        let call = "fn a() { b().unwrap() }\n";
        let lib = "#[cfg(test)]\npub(crate) mod school;\nmod shop;\n";
        let files = [
            ("crates/a/src/lib.rs", lib),
            ("crates/a/src/school.rs", call),
            ("crates/a/src/shop.rs", call),
        ];
        let found = unexplained(&Tree::of(&files));
        assert_eq!(found.len(), 1);
    }
}
