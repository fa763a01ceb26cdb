//! Files that follow from the code: written by a program, compared by the tests.

use crate::repository;
use anyhow::{Context, bail};
use std::path::Path;

pub const ABOUT: &str = "write docs/openapi.json from the routes, or --check that it is current";
pub const HELP: &str = "\
usage: cargo xtask generate [--check]

Writes docs/openapi.json from what `nexus openapi` prints. With --check nothing is written and
the verb fails when the file in the repository differs.

example: cargo xtask generate --check";

const OPENAPI: &str = "docs/openapi.json";

pub fn run(arguments: &[String]) -> anyhow::Result<()> {
    let check_only = match arguments {
        [] => false,
        [argument] if argument == "--check" => true,
        [argument, ..] => bail!("unknown argument `{argument}`"),
    };
    let root = repository::root()?;
    let fresh = openapi(&root)?;
    let path = root.join(OPENAPI);
    let current = std::fs::read_to_string(&path).unwrap_or_default();
    match first_difference(&current, &fresh) {
        None => println!("{OPENAPI} is current"),
        Some(line) if check_only => {
            bail!("{OPENAPI}:{line}: not what the routes say; run `cargo xtask generate`")
        }
        Some(_) => {
            std::fs::write(&path, fresh).with_context(|| format!("{OPENAPI}: cannot write"))?;
            println!("{OPENAPI} written");
        }
    }
    Ok(())
}

fn openapi(root: &Path) -> anyhow::Result<String> {
    let arguments = ["run", "--quiet", "-p", "nexus-cli", "--", "openapi"];
    let output = repository::cargo(root, &arguments)
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cargo cannot start")?;
    if !output.status.success() {
        bail!("`nexus openapi` failed");
    }
    let text = String::from_utf8(output.stdout).context("`nexus openapi` is not UTF-8")?;
    if text.trim().is_empty() {
        bail!("`nexus openapi` printed nothing");
    }
    Ok(format!("{}\n", text.trim_end()))
}

/// The first line, counted from one, where two texts differ.
fn first_difference(current: &str, fresh: &str) -> Option<usize> {
    if current == fresh {
        return None;
    }
    let same = current.lines().zip(fresh.lines()).take_while(|(left, right)| left == right);
    Some(same.count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_found_at_its_line() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("", "a\n"), Some(1));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
    }
}
