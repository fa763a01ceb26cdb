//! The `nexus` command: thin. It parses, calls a library, and prints.
//!
//! Exit codes, for every command: 0 done, 1 the answer is no (a check failed, a refusal), 2 it
//! could not be tried (bad arguments, an unreadable file), 141 the reader of the output closed it.

mod commands;
mod output;

use clap::Parser;
use commands::CliCommand;
use nexus_ingest::Fault;
use std::process::ExitCode;

/// An adaptive learning engine: events in, the next best activity out, and proof whether it helps.
#[derive(Debug, Parser)]
#[command(name = "nexus", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: CliCommand,
}

fn main() -> ExitCode {
    output::end_quietly_on_closed_pipe();
    let cli = Cli::parse();
    output::log_to_stderr();
    match commands::run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            output::print_error(&error);
            ExitCode::from(if lost_records(&error) { 1 } else { 2 })
        }
    }
}

/// Whether a file was read and some of its records are not accounted for: the answer is no then.
fn lost_records(error: &anyhow::Error) -> bool {
    let unaccounted = |fault: &Fault| matches!(fault, Fault::Unaccounted { .. });
    error.chain().any(|cause| cause.downcast_ref().is_some_and(unaccounted))
}
