//! `nexus evaluate`: how good models are on answers they have not seen, and what a policy would have earned.

mod gate;
mod logs;
mod policy;
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
    /// What a policy would have earned, from decisions that another one made.
    Policy(policy::TargetArgs),
    /// Whether a policy may be promoted, by all the evidence that there is.
    Gate(gate::GateArgs),
}

/// Runs the command. Errors: when a file cannot be used.
pub fn run(args: &EvaluateArgs) -> anyhow::Result<ExitCode> {
    match &args.subject {
        Subject::Tracing(args) => tracing::run(args),
        Subject::Spacing(args) => spacing::run(args),
        Subject::Policy(args) => policy::run(args),
        Subject::Gate(args) => gate::run(args),
    }
}
