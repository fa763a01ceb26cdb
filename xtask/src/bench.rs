//! The benchmarks are a command of the product, so that anyone can repeat our numbers.

mod peers_bandit;
mod peers_tracing;

use crate::{repository, step};

pub const ABOUT: &str = "measure decisions, updates and durable writes on this machine";
pub const HELP: &str = "\
usage: cargo xtask bench [arguments of `nexus bench`]
       cargo xtask bench --peers tracing
       cargo xtask bench --peers bandit [DIRECTORY OF PEERS] [DIRECTORY OF DATA SETS]

Builds the release binary and runs `nexus bench` with the arguments given.
With `--peers` it runs other people's programs in turns with ours and prints the ratios; their
packages go into Python environments under target, by pip. What is missing is said and skipped.

example: cargo xtask bench --json";

pub fn run(arguments: &[String]) -> anyhow::Result<()> {
    let root = repository::root()?;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--peers", "bandit", ..] => return peers_bandit::run(&arguments[2..]),
        ["--peers", "tracing"] => return peers_tracing::run(&root),
        ["--peers", ..] => anyhow::bail!("--peers takes `bandit` or `tracing`"),
        _ => {}
    }
    let mut command =
        repository::cargo(&root, &["run", "--release", "-p", "nexus-cli", "--", "bench"]);
    step::run("bench", command.args(arguments.iter().filter(|argument| *argument != "--")))
}
