//! The benchmarks are a command of the product, so that anyone can repeat our numbers.

mod peers;

use crate::{repository, step};

pub const ABOUT: &str = "measure decisions, updates and durable writes on this machine";
pub const HELP: &str = "\
usage: cargo xtask bench [arguments of `nexus bench`]
       cargo xtask bench --peers

Builds the release binary and runs `nexus bench` with the arguments given. With --peers, measures
our BKT beside pyBKT on the same answers instead, where pip, a network and the peers' scripts are.

example: cargo xtask bench --json";

pub fn run(arguments: &[String]) -> anyhow::Result<()> {
    let root = repository::root()?;
    if arguments.iter().any(|argument| argument == "--peers") {
        return peers::run(&root);
    }
    let mut command =
        repository::cargo(&root, &["run", "--release", "-p", "nexus-cli", "--", "bench"]);
    step::run("bench", command.args(arguments.iter().filter(|argument| *argument != "--")))
}
