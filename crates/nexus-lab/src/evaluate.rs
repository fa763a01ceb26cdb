//! `nexus evaluate`: how good the models are, on answers they have not seen.

mod logs;
mod spacing;
mod tracing;

use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Arguments of `nexus evaluate`.
#[derive(Debug, Args)]
pub struct EvaluateArgs {
    #[command(subcommand)]
    subject: Subject,
}

/// What can be evaluated.
#[derive(Debug, Subcommand)]
enum Subject {
    /// Predict every answer of a file before it is seen, and say how good the predictions were.
    Tracing(tracing::TracingArgs),
    /// Compare models of recall at reviews: answers a day or more after the last on their skill.
    Spacing(spacing::SpacingArgs),
}

/// Runs the command. Errors: when a file cannot be used.
pub fn run(args: &EvaluateArgs) -> anyhow::Result<ExitCode> {
    match &args.subject {
        Subject::Tracing(args) => tracing::run(args),
        Subject::Spacing(args) => spacing::run(args),
    }
}
