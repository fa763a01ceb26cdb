//! `nexus bench`: how fast, how large, and compared with what.
//!
//! Every figure is the median of several rounds in which ours and its baseline take turns, so that
//! a busy moment of a shared machine hits both. No figure is ever asserted: `docs/benchmarks.md`
//! says what each means and how to repeat it.

mod append;
mod bandit;
mod decision;
mod figure;
mod http;
mod journal;
mod learning;
mod load;
mod machine;
mod memory;
mod rounds;
mod school;
mod server;
mod start;
mod support;
mod table;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use figure::Figure;
use machine::Machine;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Arguments of `nexus bench`.
#[derive(Debug, Args)]
#[command(after_help = "Example: nexus bench --quick --only decision")]
#[command(args_conflicts_with_subcommands = true)]
pub struct BenchArgs {
    #[command(subcommand)]
    study: Option<Study>,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
    /// Measure less and shorter: done in half a minute, and noisier.
    #[arg(long)]
    quick: bool,
    /// Measure this subject alone.
    #[arg(long, value_enum, value_name = "NAME")]
    only: Option<Subject>,
    /// Where temporary data goes; durable writes are measured on this disk.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// What has arguments of its own.
#[derive(Debug, Subcommand)]
enum Study {
    /// How well and how fast bandits learn, in worlds and on data sets that others play too.
    Bandit(bandit::BanditArgs),
}

/// What can be measured alone, in the order of measuring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// Memory of a learner. First, because memory that others gave back would hide growth.
    Memory,
    /// The decision of the engine.
    Decision,
    /// The choice of a support.
    Support,
    /// What a policy does with a reward.
    Policy,
    /// What an answer does to mastery.
    Mastery,
    /// Durable appends by the size of the group.
    Journal,
    /// Events and decisions over HTTP.
    Http,
    /// Starting with and without a checkpoint.
    Start,
}

/// How much to measure.
#[derive(Clone, Copy, Debug)]
struct Effort {
    /// Turns of each measurement.
    rounds: usize,
    /// How long one turn of something in memory takes.
    slice: Duration,
    /// How long one turn of durable appends takes.
    appends: Duration,
    /// How long one turn of load over HTTP takes.
    load: Duration,
    /// Connections of the load.
    connections: usize,
    /// Learners who send events and ask decisions over HTTP.
    class: usize,
    /// Learners whose memory is measured.
    learners: usize,
    /// Events that are replayed at a start.
    replayed: usize,
}

impl Effort {
    const FULL: Self = Self {
        rounds: 5,
        slice: Duration::from_millis(200),
        appends: Duration::from_millis(500),
        load: Duration::from_secs(2),
        connections: 64,
        class: 500,
        learners: 20_000,
        replayed: 100_000,
    };

    const QUICK: Self = Self {
        rounds: 5,
        slice: Duration::from_millis(10),
        appends: Duration::from_millis(80),
        load: Duration::from_millis(150),
        connections: 64,
        class: 100,
        learners: 5_000,
        replayed: 20_000,
    };
}

pub fn run(args: &BenchArgs) -> anyhow::Result<ExitCode> {
    if let Some(Study::Bandit(args)) = &args.study {
        return bandit::run(args);
    }
    let effort = if args.quick { Effort::QUICK } else { Effort::FULL };
    let directory = match &args.dir {
        Some(directory) => tempfile::tempdir_in(directory),
        None => tempfile::tempdir(),
    };
    let directory = directory.context("no temporary directory could be made")?;
    let machine = Machine::look(directory.path());
    if cfg!(debug_assertions) {
        eprintln!("This is a debug build: the figures mean nothing. Use cargo run --release.");
    }
    let subjects = Subject::value_variants().iter().copied();
    let wanted = subjects.filter(|subject| args.only.is_none_or(|only| only == *subject));
    let mut figures = Vec::new();
    for subject in wanted {
        eprintln!("measuring {} ...", subject.name());
        figures.extend(subject.measure(&effort, directory.path())?);
    }
    if args.json {
        let figures: Vec<_> = figures.iter().map(Figure::to_json).collect();
        let (rounds, quick) = (effort.rounds, args.quick);
        let machine = machine.to_json();
        println!(
            "{}",
            json!({"machine": machine, "quick": quick, "rounds": rounds,
            "figures": figures})
        );
    } else {
        print!("{machine}\n\n{}", table::of(&figures));
    }
    Ok(ExitCode::SUCCESS)
}

impl Subject {
    /// The word for it, which figures' names begin with.
    fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Decision => "decision",
            Self::Support => "support",
            Self::Policy => "policy",
            Self::Mastery => "mastery",
            Self::Journal => "journal",
            Self::Http => "http",
            Self::Start => "start",
        }
    }

    /// Measures this subject; `directory` is for what has to be on a disk.
    fn measure(self, effort: &Effort, directory: &Path) -> anyhow::Result<Vec<Figure>> {
        match self {
            Self::Memory => memory::measure(effort),
            Self::Decision => decision::measure(effort),
            Self::Support => support::measure(effort),
            Self::Policy => learning::policy(effort),
            Self::Mastery => learning::mastery(effort),
            Self::Journal => journal::measure(effort, directory),
            Self::Http => http::measure(effort, directory),
            Self::Start => start::measure(effort, directory),
        }
    }
}

#[cfg(test)]
mod tests;
