//! Training on a data directory that no server uses, with a node in this process.

use super::TracingArgs;
use super::report::{Bar, Ended};
use crate::commands::verify::expect_data;
use anyhow::Context;
use nexus_api::tracing::TrainingNumbers;
use nexus_server::clock::Clock;
use nexus_server::node::{self, NodeConfig, NodeHandle, NodeThread};
use nexus_server::training::{self, Outcome, Progress, TrainingAsk};
use nexus_store::fault::StoreFault;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often the bar moves.
const GLANCE: Duration = Duration::from_millis(100);

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
    expect_data(data)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (node, thread) = start(data)?;
    let began = Instant::now();
    let outcome = runtime.block_on(watched(&node, &ask, &Bar::new(args.json)));
    stop(node, thread);
    ended(outcome, began.elapsed())
}

fn start(data: &Path) -> anyhow::Result<(NodeHandle, NodeThread)> {
    let config = NodeConfig::new(data.to_owned(), Clock::system())?;
    let started = node::start(config)
        .with_context(|| format!("the data in {} cannot be used", data.display()));
    started.map_err(|error| {
        let locked = |cause: &(dyn std::error::Error + 'static)| {
            matches!(cause.downcast_ref(), Some(StoreFault::Locked { .. }))
        };
        match error.chain().any(locked) {
            true => error.context(
                "a server uses this directory; let it train itself: nexus train tracing --url \
                 http://127.0.0.1:8080 --key KEY (nexus key create --for admin makes one)",
            ),
            false => error,
        }
    })
}

async fn watched(node: &NodeHandle, ask: &TrainingAsk, bar: &Bar) -> Outcome {
    let progress = Arc::<Progress>::default();
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

fn stop(node: NodeHandle, thread: NodeThread) {
    node.stop_node();
    drop(node);
    // A node that stopped badly says so in the log; its journal is what counts.
    let _ = thread.join();
}

fn ended(outcome: Outcome, took: Duration) -> anyhow::Result<Ended> {
    let seconds = took.as_secs_f64();
    Ok(match outcome {
        Outcome::Published { version, seq, run } => Ended {
            published: Some((version, seq)),
            report: Some(TrainingNumbers::from(&run)),
            refusal: None,
            seconds,
        },
        Outcome::Fitted { run } => Ended {
            published: None,
            report: Some(TrainingNumbers::from(&run)),
            refusal: None,
            seconds,
        },
        Outcome::Refused { code, detail } => Ended {
            published: None,
            report: None,
            refusal: Some((code.to_owned(), detail)),
            seconds,
        },
        Outcome::Failed { detail } => anyhow::bail!("the training failed: {detail}"),
    })
}
