//! The same tests, with more repetitions.

use crate::test::WITH_KAFKA;
use crate::{broker, contract, repository, step};

pub const ABOUT: &str = "the long variants: more seeds, more kills, more events";
pub const HELP: &str = "\
usage: cargo xtask soak [name of a test]

Runs the workspace's tests with NEXUS_SOAK=1. A test with a long variant reads that variable
and does more of the same: the crash test kills the server more often, the replay test folds a
longer journal. Tests too long for every day are marked `ignore`, and run here. Without a name
every test runs, and schemathesis sends requests drawn from the API document to a real server for
at most a quarter of an hour; `cargo xtask soak schemathesis` runs that alone. What else is said
goes to `cargo test`: with --release much takes a quarter of the time.

example: cargo xtask soak ten_million_decisions --release";

pub fn run(arguments: &[String]) -> anyhow::Result<()> {
    let root = repository::root()?;
    if arguments == ["schemathesis"] {
        return contract::explore(&root);
    }
    let mut command = repository::cargo(&root, &["test", "--workspace"]);
    command.args(WITH_KAFKA).env(broker::VARIABLE, broker::install(&root)?);
    command.args(arguments).args(["--", "--include-ignored"]).env("NEXUS_SOAK", "1");
    step::run("soak", &mut command)?;
    // A name asks for some of the tests.
    match arguments.iter().all(|argument| argument.starts_with("--")) {
        true => contract::explore(&root),
        false => Ok(()),
    }
}
