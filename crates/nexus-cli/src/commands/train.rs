//! `nexus train`: fitting parameters in batch, from the journal or on simulated learners.

mod asking;
mod embedded;
#[cfg(feature = "lab")]
mod policy;
mod report;

use clap::Args;
use nexus_api::tracing::TrainingRequest;
use std::path::PathBuf;
use std::process::ExitCode;

/// Fit parameters in batch, from what the journal holds or on simulated learners.
#[derive(Debug, Args)]
pub struct TrainArgs {
    #[command(subcommand)]
    command: TrainCommand,
}

#[derive(Debug, clap::Subcommand)]
enum TrainCommand {
    /// The parameters of questions and skills that predictions are made with.
    ///
    /// Reads all answers again, judges the fit by learners who took no part in it, and publishes it
    /// as the next version when it predicts them better than what serving has learned. With --data,
    /// on a directory that no server uses; with --url, by a running server, which goes on serving.
    ///
    /// Exit code 0: published (or, with --dry-run, worth it), 1: refused, with the reason, 2: could not be tried.
    #[command(after_help = "Examples:\n  nexus train tracing --data ./nexus-data --dry-run\n  \
                      nexus train tracing --url http://127.0.0.1:8080 --key $NEXUS_KEY")]
    Tracing(TracingArgs),
    /// A planner for the laboratory, trained on simulated learners under uniform behaviour.
    ///
    /// Writes a file with its statistics and their digest. `nexus simulate` measures the same
    /// planners; the product does not decide by them.
    ///
    /// Exit code 0: trained, 2: could not be tried.
    #[command(after_help = "Example: nexus train policy --policy fitted-q --families F1,F2,F3 \
                            --out fitted-q.json")]
    #[cfg(feature = "lab")]
    Policy(policy::TrainPolicyArgs),
    /// The prior that `pace` is born with, on simulated learners whose true gains are known.
    ///
    /// Exit code 0: trained, 2: could not be tried.
    #[command(
        after_help = "Example: nexus train pace --courses courses/probability-from-zero.yaml \
                            --out pace.json"
    )]
    #[cfg(feature = "lab")]
    Pace(nexus_lab::train::TrainPaceArgs),
}

/// Arguments of `nexus train tracing`.
#[derive(Debug, Args)]
struct TracingArgs {
    /// The data directory; no server may be using it.
    #[arg(long, env = "NEXUS_DATA_DIR", required_unless_present = "url")]
    data: Option<PathBuf>,
    /// A running server that is to train, instead of --data.
    #[arg(long, env = "NEXUS_URL")]
    url: Option<String>,
    /// A key of that server with the scope `admin`.
    #[arg(long, env = "NEXUS_KEY", hide_env_values = true, requires = "url")]
    key: Option<String>,
    /// Fit and judge, but publish nothing.
    #[arg(long)]
    dry_run: bool,
    /// A question with fewer answers rests at the prior of the course.
    #[arg(long, default_value_t = 20)]
    answers_min: u32,
    /// A question answered by fewer learners rests there too.
    #[arg(long, default_value_t = 10)]
    learners_min: u32,
    /// Parts that learners are divided into, each judging the fit of the others.
    #[arg(long, default_value_t = 5)]
    folds: u64,
    /// How they are divided.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The latest answers to read, at most; about 200 bytes of memory each.
    #[arg(long, default_value_t = nexus_api::tracing::ANSWERS_DEFAULT)]
    answers_max: usize,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl TracingArgs {
    fn request(&self) -> TrainingRequest {
        TrainingRequest {
            answers_min: Some(self.answers_min),
            learners_min: Some(self.learners_min),
            folds: Some(self.folds),
            seed: Some(self.seed),
            answers_max: Some(self.answers_max),
            dry_run: self.dry_run,
        }
    }
}

/// Runs the command. Errors: when the data directory or the server cannot be used.
pub fn run(args: &TrainArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        TrainCommand::Tracing(args) => train_tracing(args),
        #[cfg(feature = "lab")]
        TrainCommand::Policy(args) => policy::run(args),
        #[cfg(feature = "lab")]
        TrainCommand::Pace(args) => nexus_lab::train::run(args),
    }
}

fn train_tracing(args: &TracingArgs) -> anyhow::Result<ExitCode> {
    let ended = match (&args.url, &args.data) {
        (Some(url), _) => asking::train(args, url)?,
        (None, Some(data)) => embedded::train(args, data)?,
        (None, None) => anyhow::bail!("say where: --data DIR, or --url of a running server"),
    };
    Ok(report::finish(args.json, &ended))
}
