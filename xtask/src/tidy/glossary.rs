//! One word, one meaning: names that the glossary forbids do not appear in public.
//!
//! The list stands in `docs/glossary.md`, in the block fenced as `forbidden`, one word a line:
//! `word -> say this instead`, then optionally `; except path path` (files that may use it) or
//! `; beside word word` (forbidden only on a line that also has one of these words).

use super::Finding;
use super::rust_text::{has_word, is_word, view};
use super::tree::Tree;

const GLOSSARY: &str = "docs/glossary.md";

const KEYWORDS: [&str; 12] = [
    "async", "const", "enum", "extern", "fn", "mod", "static", "struct", "trait", "type", "unsafe",
    "mut",
];

#[derive(Debug, PartialEq)]
struct Forbidden {
    word: String,
    instead: String,
    except: Vec<String>,
    beside: Vec<String>,
}

pub fn forbidden_names(tree: &Tree) -> Vec<Finding> {
    let words = forbidden_words(tree.text(GLOSSARY).unwrap_or_default());
    if words.is_empty() {
        return vec![Finding::new(GLOSSARY, 1, "has no block fenced as `forbidden`")];
    }
    let mut found = stale_exceptions(tree, &words);
    for file in tree.rust().filter(|file| file.path.starts_with("crates/")) {
        for (index, line) in view(&file.text).code.lines().enumerate() {
            let Some(name) = public_name(line) else { continue };
            let parts = parts_of(name);
            for forbidden in &words {
                let excepted = forbidden.except.contains(&file.path);
                if !excepted && forbidden.forbids(&parts, line) {
                    let Forbidden { word, instead, .. } = forbidden;
                    let message = format!("public name `{name}`: not `{word}`, say {instead}");
                    found.push(Finding::new(&file.path, index + 1, message));
                }
            }
        }
    }
    found
}

/// An exception for a file that is gone would one day excuse another one.
fn stale_exceptions(tree: &Tree, words: &[Forbidden]) -> Vec<Finding> {
    let paths = words.iter().flat_map(|forbidden| &forbidden.except);
    let message = |path: &String| format!("`{path}` is excepted and does not exist");
    let gone = paths.filter(|path| !tree.has(path));
    gone.map(|path| Finding::new(GLOSSARY, 1, message(path))).collect()
}

impl Forbidden {
    fn forbids(&self, parts: &[String], line: &str) -> bool {
        let plural = format!("{}s", self.word);
        let named = parts.iter().any(|part| *part == self.word || *part == plural);
        let around = || line.split(|c: char| !c.is_alphanumeric() && c != '_').flat_map(parts_of);
        named && (self.beside.is_empty() || around().any(|part| self.beside.contains(&part)))
    }
}

/// Reads the fenced block; a line that does not follow the form is ignored.
fn forbidden_words(glossary: &str) -> Vec<Forbidden> {
    let lines = glossary.lines().skip_while(|line| line.trim() != "```forbidden").skip(1);
    let mut words = Vec::new();
    for line in lines.take_while(|line| line.trim() != "```") {
        let mut clauses = line.split(';').map(str::trim);
        let Some((word, instead)) = clauses.next().and_then(|rule| rule.split_once("->")) else {
            continue;
        };
        let list = |clause: &str| clause.split_whitespace().map(str::to_owned).collect();
        let mut forbidden = Forbidden {
            word: word.trim().to_owned(),
            instead: instead.trim().to_owned(),
            except: Vec::new(),
            beside: Vec::new(),
        };
        for clause in clauses {
            if let Some(paths) = clause.strip_prefix("except ") {
                forbidden.except = list(paths);
            } else if let Some(words) = clause.strip_prefix("beside ") {
                forbidden.beside = list(words);
            }
        }
        words.push(forbidden);
    }
    words
}

/// The name a line of code makes public: of a function, a type, a module, a constant or a field.
fn public_name(line: &str) -> Option<&str> {
    if !has_word(line, "pub") {
        return None;
    }
    let rest = line.trim_start().strip_prefix("pub")?;
    let rest = match rest.strip_prefix('(') {
        Some(scope) => scope.split_once(')')?.1,
        None => rest,
    };
    let mut words = rest.split_whitespace().map(|word| {
        let end = word.bytes().position(|byte| !is_word(byte)).unwrap_or(word.len());
        &word[..end]
    });
    let name = words.find(|word| !word.is_empty() && !KEYWORDS.contains(word))?;
    (name != "use" && name != "crate").then_some(name)
}

/// The words of an identifier, in small letters: `UserId` and `user_id` are both user and id.
fn parts_of(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut previous_is_small = false;
    for letter in name.chars() {
        if letter == '_' || (letter.is_uppercase() && previous_is_small) {
            parts.push(String::new());
        }
        previous_is_small = letter.is_lowercase() || letter.is_numeric();
        if let Some(part) = parts.last_mut().filter(|_| letter != '_') {
            part.extend(letter.to_lowercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "# Words\n```forbidden\nuser -> learner\n\
        bucket -> variant; except crates/a/src/hash.rs\n\
        score -> mastery; beside mastery\n```\nitem -> activity\n";

    fn check(path: &str, line: &str) -> usize {
        let excepted = ("crates/a/src/hash.rs", "");
        forbidden_names(&Tree::of(&[(GLOSSARY, WORDS), (path, line), excepted])).len()
    }

    #[test]
    fn every_kind_of_public_name_is_read() {
        for line in [
            "pub fn user_of(a: u8) {}",
            "    pub async fn find_users() {}",
            "pub struct UserId(u64);",
            "pub enum Users {",
            "pub trait User {",
            "pub type User = u8;",
            "pub const USER_MAX: u8 = 3;",
            "pub mod user;",
            "    pub user: String,",
            "    pub(crate) user: String,",
        ] {
            assert_eq!(check("crates/a/src/b.rs", line), 1, "{line}");
        }
    }

    #[test]
    fn other_lines_are_left_alone() {
        for line in [
            "fn user() {}",
            "let user = 1;",
            "pub fn superuser() {}",
            "pub use user::Learner;",
            "// pub fn user() {}",
            "pub fn learner(user: u8) {}",
            "pub fn item() {}",
        ] {
            assert_eq!(check("crates/a/src/b.rs", line), 0, "{line}");
        }
        assert_eq!(check("xtask/src/b.rs", "pub fn user() {}"), 0);
    }

    #[test]
    fn exceptions_and_neighbours_count() {
        assert_eq!(check("crates/a/src/b.rs", "pub fn bucket() {}"), 1);
        assert_eq!(check("crates/a/src/hash.rs", "pub fn bucket() {}"), 0);
        assert_eq!(check("crates/a/src/b.rs", "pub score: f64,"), 0);
        assert_eq!(check("crates/a/src/b.rs", "pub score: Mastery,"), 1);
        assert_eq!(check("crates/a/src/b.rs", "pub fn mastery_score() {}"), 1);
    }

    #[test]
    fn an_exception_for_a_file_that_is_gone_is_found() {
        assert_eq!(forbidden_names(&Tree::of(&[(GLOSSARY, WORDS)])).len(), 1);
    }

    #[test]
    fn a_glossary_without_its_block_is_found() {
        assert_eq!(forbidden_names(&Tree::of(&[(GLOSSARY, "# Words\n")])).len(), 1);
    }

    #[test]
    fn identifiers_fall_into_words() {
        assert_eq!(parts_of("UserId2_max"), ["user", "id2", "max"]);
        assert_eq!(parts_of("USER_MAX"), ["user", "max"]);
    }
}
