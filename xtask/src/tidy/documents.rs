//! The map must not outlive the land: a path that a document names exists.

use super::Finding;
use super::tree::{File, Tree};

const FOLDERS: [&str; 6] = ["crates/", "docs/", "web/", "courses/", "xtask/", "maps/"];
const WHERE: &str = "docs/where.md";
const INDEX: &str = "docs/README.md";
/// A decision record speaks of its day, and may name what is gone.
const HISTORY: &str = "docs/decisions/";

fn documents(tree: &Tree) -> impl Iterator<Item = &File> {
    let is_document = |path: &str| {
        let in_docs = path.starts_with("docs/") && !path.starts_with(HISTORY);
        path.ends_with(".md") && (in_docs || !path.contains('/'))
    };
    tree.files().filter(move |file| is_document(&file.path))
}

/// Paths in backticks that begin with one of our folders.
pub fn named_paths(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in documents(tree) {
        for (number, line) in prose(&file.text) {
            let spans = backticked(line).filter(|span| FOLDERS.iter().any(|f| span.starts_with(f)));
            for path in spans.filter(|span| !is_pattern(span)).filter(|path| !exists(tree, path)) {
                found.push(Finding::new(&file.path, number, format!("`{path}` does not exist")));
            }
        }
    }
    found
}

/// Links to other files, relative to the document.
pub fn links(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in documents(tree) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (number, line) in prose(&file.text) {
            for target in line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next())
            {
                let leads_away = target.contains("://")
                    || target.starts_with(['#', '/'])
                    || target.starts_with("mailto:");
                if !leads_away && !exists(tree, &resolve(folder, target)) {
                    let message = format!("the link to `{target}` leads nowhere");
                    found.push(Finding::new(&file.path, number, message));
                }
            }
        }
    }
    found
}

/// Every row of the table in `docs/where.md` names at least one file, and all of them exist.
pub fn where_table(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.text(WHERE) else {
        return vec![Finding::new(WHERE, 1, "is missing")];
    };
    let mut found = Vec::new();
    let is_row = |line: &str| line.starts_with('|') && !line.starts_with("|-");
    let rows = text.lines().enumerate().filter(|(_, line)| is_row(line)).skip(1);
    for (index, row) in rows {
        let places = row.trim_end().trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        let mut named = 0;
        for path in backticked(places) {
            named += 1;
            if !exists(tree, path) {
                found.push(Finding::new(WHERE, index + 1, format!("`{path}` does not exist")));
            }
        }
        if named == 0 {
            found.push(Finding::new(WHERE, index + 1, "this row names no file"));
        }
    }
    found
}

/// The index of `docs/` links to every page, each once.
pub fn index(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.text(INDEX) else {
        return vec![Finding::new(INDEX, 1, "is missing")];
    };
    let mut found = Vec::new();
    let is_page = |path: &&str| path.starts_with("docs/") && path.ends_with(".md");
    for path in tree.paths().filter(is_page).filter(|path| *path != INDEX) {
        let link = format!("]({})", path.trim_start_matches("docs/"));
        let count = text.matches(&link).count();
        if count != 1 {
            let message = format!("`{path}` is listed {count} times, not once");
            found.push(Finding::new(INDEX, 1, message));
        }
    }
    found
}

/// The lines outside fenced blocks, counted from one.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        fenced ^= is_fence;
        (!fenced && !is_fence).then_some((index + 1, line))
    })
}

fn backticked(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Something that stands for many paths, or a command.
fn is_pattern(span: &str) -> bool {
    span.contains(['*', '{', '<', '$', ' ', '…']) || span.contains("...")
}

/// Whether the path exists, after taking off `#heading` and `:line`.
fn exists(tree: &Tree, path: &str) -> bool {
    tree.has(path.split(['#', ':']).next().unwrap_or_default())
}

/// The path from the root of a target written relative to a folder.
fn resolve(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(found: Vec<Finding>) -> Vec<(String, usize)> {
        found.into_iter().map(|finding| (finding.path, finding.line)).collect()
    }

    #[test]
    fn a_named_path_that_is_gone_is_found() {
        let text = "`crates/a/src/b.rs` `crates/gone.rs`\n`web/*.js` `GET /v1` `crates/a/`\n\
            ```\n`crates/c`\n```\n`docs/gone.md:3`\n";
        let tree = Tree::of(&[
            ("README.md", text),
            ("crates/a/src/b.rs", "`crates/gone`"),
            ("docs/decisions/1.md", "`crates/gone`"),
        ]);
        assert_eq!(
            lines_of(named_paths(&tree)),
            [("README.md".into(), 1), ("README.md".into(), 6)]
        );
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let text = "[a](../README.md#x) [b](gone.md)\n[c](https://a.example) [d](#here) [e](b/)\n";
        let files = [("docs/a.md", text), ("README.md", ""), ("docs/b/c.md", "[up](../a.md)")];
        assert_eq!(lines_of(links(&Tree::of(&files))), [("docs/a.md".into(), 1)]);
    }

    #[test]
    fn a_page_that_the_index_lists_twice_or_not_at_all_is_found() {
        let text = "[a](a.md) [b](how-to/b.md) [b](how-to/b.md)\n";
        let pages =
            [("docs/a.md", ""), ("docs/how-to/b.md", ""), ("docs/c.md", ""), ("docs/d.svg", "")];
        let found = index(&Tree::of(&[&[(INDEX, text)], &pages[..]].concat()));
        let messages: Vec<String> = found.into_iter().map(|finding| finding.message).collect();
        let expected = [
            "`docs/how-to/b.md` is listed 2 times, not once",
            "`docs/c.md` is listed 0 times, not once",
        ];
        assert_eq!(messages, expected);
        assert_eq!(index(&Tree::of(&[])).len(), 1);
    }

    #[test]
    fn rows_of_the_where_table_are_checked_and_its_head_is_not() {
        let text = "# Where\n\n| I want | Open |\n|---|---|\n| `x/y` a | `README.md` |\n\
            | b | `gone.rs` |\n| c | somewhere |\n";
        let tree = Tree::of(&[(WHERE, text), ("README.md", "")]);
        assert_eq!(lines_of(where_table(&tree)), [(WHERE.into(), 6), (WHERE.into(), 7)]);
        assert_eq!(where_table(&Tree::of(&[])).len(), 1);
    }
}
