//! The benchmarks are a command of the product, so that anyone can repeat our numbers.

use crate::{repository, step};

pub const ABOUT: &str = "measure decisions, updates and durable writes on this machine";
pub const HELP: &str = "\
usage: cargo xtask bench [arguments of `nexus bench`]

Builds the release binary and runs `nexus bench` with the arguments given.

example: cargo xtask bench --json";

pub fn run(arguments: &[String]) -> anyhow::Result<()> {
    let root = repository::root()?;
    let mut command =
        repository::cargo(&root, &["run", "--release", "-p", "nexus-cli", "--", "bench"]);
    step::run("bench", command.args(arguments.iter().filter(|argument| *argument != "--")))
}
