//! The benchmarks are a command of the product, so that anyone can repeat our numbers.

mod peers_bandit;

use crate::{repository, step};

pub const ABOUT: &str = "measure decisions, updates and durable writes on this machine";
pub const HELP: &str = "\
usage: cargo xtask bench [arguments of `nexus bench`]
       cargo xtask bench --peers bandit [DIRECTORY OF PEERS] [DIRECTORY OF DATA SETS]

Builds the release binary and runs `nexus bench` with the arguments given.
With `--peers` it runs other people's programs in turns with ours and prints the ratios; their
packages go into a Python environment under target.

example: cargo xtask bench --json";

pub fn run(arguments: &[String]) -> anyhow::Result<()> {
    if let Some(["--peers", "bandit"]) = arguments.get(..2).map(|two| [&*two[0], &*two[1]]) {
        return peers_bandit::run(&arguments[2..]);
    }
    let root = repository::root()?;
    let mut command =
        repository::cargo(&root, &["run", "--release", "-p", "nexus-cli", "--", "bench"]);
    step::run("bench", command.args(arguments.iter().filter(|argument| *argument != "--")))
}
