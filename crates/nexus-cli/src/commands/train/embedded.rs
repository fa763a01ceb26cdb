//! Training on a data directory that no server uses, with a node in this process.

use super::TracingArgs;
use super::report::{Bar, Ended};
use crate::commands::local_node::LocalNode;
use nexus_api::tracing::TrainingNumbers;
use nexus_server::node::NodeHandle;
use nexus_server::training::{self, TrainingAsk, TrainingOutcome, TrainingProgress};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often the bar moves.
const GLANCE: Duration = Duration::from_millis(100);

/// What to do when a server uses the data.
const INSTEAD: &str = "a server uses this directory; let it train itself: nexus train tracing \
                       --url http://127.0.0.1:8080 --key KEY (nexus key create --for admin makes \
                       one)";

/// Trains and, unless it is a dry run, publishes.
pub(super) fn train(args: &TracingArgs, data: &Path) -> anyhow::Result<Ended> {
    let request = args.request();
    let refused = |problem: nexus_api::FieldProblem| anyhow::anyhow!("{}", problem.detail);
    let ask = TrainingAsk {
        options: request.options().map_err(refused)?,
        answers_max: request.answers_max().map_err(refused)?,
        dry_run: args.dry_run,
        asked_by: "the command line".to_owned(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let node = LocalNode::start(data, INSTEAD)?;
    let began = Instant::now();
    let outcome = runtime.block_on(watched(&node.handle, &ask, &Bar::new(args.json)));
    drop(node);
    ended(outcome, began.elapsed())
}

async fn watched(node: &NodeHandle, ask: &TrainingAsk, bar: &Bar) -> TrainingOutcome {
    let progress = Arc::<TrainingProgress>::default();
    let work = training::run(node, ask, &progress);
    tokio::pin!(work);
    loop {
        tokio::select! {
            outcome = &mut work => {
                bar.end();
                return outcome;
            }
            () = tokio::time::sleep(GLANCE) => {
                let (read, entries) = progress.entries();
                bar.show(progress.stage().word(), read, entries);
            }
        }
    }
}

fn ended(outcome: TrainingOutcome, took: Duration) -> anyhow::Result<Ended> {
    let seconds = took.as_secs_f64();
    Ok(match outcome {
        TrainingOutcome::Published { version, seq, run } => Ended {
            published: Some((version, seq)),
            report: Some(TrainingNumbers::from(&run)),
            refusal: None,
            seconds,
        },
        TrainingOutcome::Fitted { run } => Ended {
            published: None,
            report: Some(TrainingNumbers::from(&run)),
            refusal: None,
            seconds,
        },
        TrainingOutcome::Refused { code, detail } => Ended {
            published: None,
            report: None,
            refusal: Some((code.to_owned(), detail)),
            seconds,
        },
        TrainingOutcome::Failed { detail } => anyhow::bail!("the training failed: {detail}"),
    })
}
