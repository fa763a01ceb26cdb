//! One word, one thing: two public types of the same name are two meanings of a word.
//!
//! A type of `nexus-api` may share its name with one type of `nexus-engine`: it is the wire form
//! of the same thing.

use super::Finding;
use super::rust_text::{test_lines, view};
use super::tree::{File, Tree};
use std::collections::BTreeMap;

const WIRE: &str = "crates/nexus-api/";
const ENGINE: &str = "crates/nexus-engine/";

/// Where a type is declared.
struct Place<'t> {
    path: &'t str,
    line: usize,
}

pub fn type_names(tree: &Tree) -> Vec<Finding> {
    let mut places: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    let is_source = |path: &str| path.starts_with("crates/") && path.contains("/src/");
    for file in tree.rust().filter(|file| is_source(&file.path)) {
        for (line, name) in public_types(file) {
            places.entry(name).or_default().push(Place { path: &file.path, line });
        }
    }
    let mut found = Vec::new();
    for (name, places) in &places {
        if has_one_meaning(places) {
            continue;
        }
        let first = places[0].path;
        for place in &places[1..] {
            let message =
                format!("`{name}` already means something in {first}: choose another word");
            found.push(Finding::new(place.path, place.line, message));
        }
    }
    found
}

fn has_one_meaning(places: &[Place]) -> bool {
    match places {
        [one, two] => {
            let paths = [one.path, two.path];
            paths.iter().any(|path| path.starts_with(WIRE))
                && paths.iter().any(|path| path.starts_with(ENGINE))
        }
        places => places.len() < 2,
    }
}

/// The types a file makes visible outside itself, with their lines; those of tests left out.
fn public_types(file: &File) -> Vec<(usize, String)> {
    let code = view(&file.text).code;
    let in_tests = test_lines(&code);
    let mut types = Vec::new();
    for (index, line) in code.lines().enumerate() {
        if let Some(name) = public_type(line).filter(|_| !in_tests[index]) {
            types.push((index + 1, name.to_owned()));
        }
    }
    types
}

fn public_type(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("pub")?;
    let rest = match rest.strip_prefix('(') {
        Some(scope) => scope.split_once(')')?.1,
        None => rest,
    };
    let (keyword, rest) = rest.trim_start().split_once(' ')?;
    if !["struct", "enum", "trait", "type", "union"].contains(&keyword) {
        return None;
    }
    let rest = rest.trim_start();
    let end = rest.find(|letter: char| letter != '_' && !letter.is_alphanumeric());
    // A macro's `$name` is nothing yet.
    Some(&rest[..end.unwrap_or(rest.len())]).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGINE_FILE: &str = "crates/nexus-engine/src/a.rs";
    const API_FILE: &str = "crates/nexus-api/src/a.rs";
    const STORE_FILE: &str = "crates/nexus-store/src/a.rs";

    fn check(files: &[(&str, &str)]) -> Vec<(String, usize)> {
        let found = type_names(&Tree::of(files));
        found.into_iter().map(|finding| (finding.path, finding.line)).collect()
    }

    #[test]
    fn a_second_meaning_is_found_where_it_is_declared() {
        let files = [
            (ENGINE_FILE, "pub struct Moment<'a>(&'a u8);\n"),
            (STORE_FILE, "\n    pub(crate) enum Moment {\n"),
        ];
        assert_eq!(check(&files), [(STORE_FILE.to_owned(), 2)]);
        let nested = "pub struct Scene;\nmod a {\n    pub(super) trait Scene {}\n}\n";
        assert_eq!(check(&[(ENGINE_FILE, nested)]), [(ENGINE_FILE.to_owned(), 3)]);
    }

    #[test]
    fn the_wire_form_of_a_type_of_the_engine_may_have_its_name() {
        let text = "pub struct Decision {}\n";
        assert!(check(&[(ENGINE_FILE, text), (API_FILE, text)]).is_empty());
        assert_eq!(check(&[(STORE_FILE, text), (API_FILE, text)]).len(), 1);
        assert_eq!(check(&[(ENGINE_FILE, text), (API_FILE, text), (STORE_FILE, text)]).len(), 2);
    }

    #[test]
    fn private_types_tests_and_uses_are_left_alone() {
        let text = "pub struct Moment;\n";
        for other in [
            "struct Moment;\n",
            "pub use super::Moment;\n",
            "// pub struct Moment;\n",
            "pub struct Moments;\n",
            "pub struct $Moment;\n",
            "#[cfg(test)]\nmod tests {\n    pub struct Moment;\n}\n",
        ] {
            assert!(check(&[(ENGINE_FILE, text), (STORE_FILE, other)]).is_empty(), "{other}");
        }
        assert!(check(&[(ENGINE_FILE, text), ("crates/nexus-store/tests/a.rs", text)]).is_empty());
    }
}
