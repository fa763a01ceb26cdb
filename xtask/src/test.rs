//! Everything that must be green before a change travels, one step after the other.

pub mod packages;
pub mod tally;

use crate::{broker, containers, contract, python, repository, sdk, step};
use anyhow::bail;
use std::path::Path;
use std::process::Command;
use tally::Tally;

pub const ABOUT: &str =
    "format, lints, all tests, the API document with its tools, the wheel, the pages in a browser";
pub const HELP: &str = "\
usage: cargo xtask test [containers | contract | sdk]

Installs with apt-get what is missing (a C compiler, node, python, chromium, podman), then runs in
this order and stops at the first failure: cargo fmt --check, clippy with warnings as errors, clippy
on the binary without the laboratory, all tests of the workspace with Kafka and a broker (tidy is one
of them), the API document with the tools in xtask/contract, the linters of
Dockerfile, compose.yaml and deploy/, the container image, the Python wheel with the tests in
python/tests, the TypeScript client with those in sdk/typescript/tests, and the browser tests in
web/tests. The last line sums them up: `N passed, N failed, N skipped`. With `containers` only those
linters and the image, with `contract` only the API document, with `sdk` only the wheel and the
TypeScript client.

example: cargo xtask test";

/// What makes a build speak with Kafka. Every step but the check of the plain binary has it, so that
/// each crate is compiled once.
pub const WITH_KAFKA: [&str; 2] = ["--features", "nexus-cli/kafka"];

const BROWSER_TESTS: &str = "web/tests";

pub fn run(arguments: &[String]) -> anyhow::Result<()> {
    let root = repository::root()?;
    let build = [&["build", "--workspace", "--bins"][..], &WITH_KAFKA].concat();
    let binary = repository::target(&root).join("debug").join("nexus");
    match arguments.first().map(String::as_str) {
        None => {}
        Some("containers") => {
            step::run("build", &mut repository::cargo(&root, &build))?;
            println!("{}", containers::check(&root, &binary)?);
            return Ok(());
        }
        Some("contract") => {
            step::run("build", &mut repository::cargo(&root, &build))?;
            println!("{}", contract::check(&root, &binary)?);
            return Ok(());
        }
        Some("sdk") => {
            step::run("build", &mut repository::cargo(&root, &build))?;
            let mut total = python::check(&root, &binary)?;
            total.add(sdk::check(&root, &binary)?);
            println!("{total}");
            return Ok(());
        }
        Some(argument) => bail!("unknown argument `{argument}`"),
    }
    packages::install_missing()?;
    step::run("format", &mut repository::cargo(&root, &["fmt", "--all", "--check"]))?;
    let mut clippy = repository::cargo(&root, &["clippy", "--workspace", "--all-targets"]);
    step::run("clippy", clippy.args(WITH_KAFKA).args(["--", "-D", "warnings"]))?;
    let product = ["clippy", "-p", "nexus-cli", "--no-default-features", "--bins"];
    let mut product = repository::cargo(&root, &product);
    step::run("clippy without the laboratory", product.args(["--", "-D", "warnings"]))?;
    let mut total = cargo_tests(&root)?;
    step::run("build", &mut repository::cargo(&root, &build))?;
    total.add(contract::check(&root, &binary)?);
    total.add(containers::check(&root, &binary)?);
    total.add(python::check(&root, &binary)?);
    total.add(sdk::check(&root, &binary)?);
    if root.join(BROWSER_TESTS).join("run.mjs").is_file() {
        total.add(browser_tests(&root, &binary)?);
    }
    println!("{total}");
    Ok(())
}

fn cargo_tests(root: &Path) -> anyhow::Result<Tally> {
    let mut total = Tally::default();
    let see = |line: &str| total.add(Tally::from_cargo(line).unwrap_or_default());
    let mut command = repository::cargo(root, &["test", "--workspace"]);
    command.args(WITH_KAFKA).env(broker::VARIABLE, broker::install(root)?);
    step::run_watched("cargo test", &mut command, see)?;
    guard("cargo test", total)
}

fn browser_tests(root: &Path, binary: &Path) -> anyhow::Result<Tally> {
    let folder = root.join(BROWSER_TESTS);
    install_node_modules(&folder)?;
    let mut command = Command::new("node");
    command.current_dir(root).arg(folder.join("run.mjs")).env("NEXUS_BIN", binary);
    let mut total = Tally::default();
    let see = |line: &str| total.add(Tally::from_browser(line).unwrap_or_default());
    step::run_watched("browser tests", &mut command, see)?;
    guard("browser tests", total)
}

/// Installs what the lock file names, unless it was already done for this lock file.
fn install_node_modules(folder: &Path) -> anyhow::Result<()> {
    let changed = |name: &str| folder.join(name).metadata().and_then(|file| file.modified()).ok();
    let installed = changed("node_modules/.package-lock.json");
    if installed.is_some() && installed >= changed("package-lock.json") {
        return Ok(());
    }
    let npm = |verb: &str| {
        let mut command = Command::new("npm");
        command.current_dir(folder).args([verb, "--no-audit", "--no-fund"]);
        command
    };
    if step::run("npm ci", &mut npm("ci")).is_ok() {
        return Ok(());
    }
    step::run("npm install", &mut npm("install"))
}

/// A step that succeeded without running one test proves nothing.
fn guard(step: &str, tally: Tally) -> anyhow::Result<Tally> {
    if tally.passed == 0 || tally.failed > 0 {
        bail!("stopped at step `{step}`: it ended well, but with {tally}");
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_without_tests_is_not_a_success() {
        assert!(guard("cargo test", Tally::default()).is_err());
        assert!(guard("cargo test", Tally { passed: 3, failed: 1, skipped: 0 }).is_err());
        assert!(guard("cargo test", Tally { passed: 3, failed: 0, skipped: 1 }).is_ok());
    }
}
