//! House rules that a machine can check. Each check is a function from the files to what it
//! found, with a test of its own that feeds it a bad example.

mod architecture;
mod bans;
mod collisions;
mod documents;
mod edges;
mod glossary;
mod leftovers;
mod machine;
mod names;
mod panics;
mod purity;
mod rooms;
mod rust_text;
mod shape;
mod tree;

use crate::repository;
use anyhow::bail;
use std::fmt;
use tree::Tree;

pub const ABOUT: &str = "house rules: shape, purity, direction, words, documents";
pub const HELP: &str = "\
usage: cargo xtask tidy

Checks every tracked file against the house rules and prints `path:line: message` for each one
broken. It is also one of the tests of this crate.

example: cargo xtask tidy";

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl Finding {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Finding {
        Finding { path: path.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.message)
    }
}

type Check = fn(&Tree) -> Vec<Finding>;

/// In the order in which they are printed. Purity of the dependencies is added by `run`, because
/// it asks cargo and not the files.
const CHECKS: [Check; 19] = [
    shape::opening_line,
    purity::forbidden_words,
    edges::direction,
    rooms::direction,
    rooms::one_fold,
    bans::repeated,
    glossary::forbidden_names,
    collisions::type_names,
    leftovers::unfinished,
    leftovers::commented_out,
    machine::paths_and_hosts,
    names::junk_drawers,
    names::root_entries,
    documents::named_paths,
    documents::links,
    documents::where_table,
    documents::index,
    architecture::length,
    panics::unexplained,
];

pub fn run(arguments: &[String]) -> anyhow::Result<()> {
    if let Some(argument) = arguments.first() {
        bail!("unknown argument `{argument}`");
    }
    let root = repository::root()?;
    let tree = Tree::load(&root)?;
    let mut found: Vec<Finding> = CHECKS.iter().flat_map(|check| check(&tree)).collect();
    found.extend(purity::dependencies(&root));
    for finding in &found {
        println!("{finding}");
    }
    match found.len() {
        0 => {
            println!("tidy: {} files, nothing found", tree.paths().count());
            Ok(())
        }
        count => bail!("{count} found"),
    }
}
