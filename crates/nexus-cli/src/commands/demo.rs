//! `nexus demo`: the first five minutes. A real server on a temporary folder, a real course, and
//! simulated learners who use the public HTTP API like any learning site, in time that runs fast.
//!
//! At the end everything is stopped in order, and the data is checked as `nexus verify` does:
//! the state must be what the journal folds to.

mod client;
mod crowd;
mod stage;
mod summary;

use super::serve::signalled;
use anyhow::Context;
use clap::Args;
use client::Client;
use crowd::Crowd;
use nexus_engine::catalog::CourseDraft;
use nexus_store::verify::verify;
use stage::Stage;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use summary::{Numbers, Summary};

/// The shipped course.
const COURSE: &str = include_str!("../../../../courses/probability-from-zero.yaml");

/// Where the server listens when nobody says.
const PORT: u16 = 8080;
/// Simulated seconds a second: six hours, so that fifteen days pass in the first minute, and the
/// first learners, who need ten to fifteen sessions, complete the course in it.
const SPEED: f64 = 21_600.0;

/// Arguments of `nexus demo`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: nexus demo\n         nexus demo --learners 50 --seconds 60 --json"
)]
pub struct DemoArgs {
    /// Simulated learners; they arrive over the first days.
    #[arg(long, default_value_t = 200)]
    learners: usize,
    /// Simulated seconds a second. At 21600, six hours pass each second.
    #[arg(long, default_value_t = SPEED)]
    speed: f64,
    /// Port of the page and the API on this machine; 0 takes any free one.
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// Stop after so many seconds; 0 runs until Ctrl-C.
    #[arg(long, default_value_t = 0)]
    seconds: u64,
    /// What the simulation's randomness comes from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Another course file (YAML or JSON).
    #[arg(long)]
    course: Option<PathBuf>,
    /// Keep the data in this directory instead of a temporary one.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Print one JSON object as the last line on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs the demonstration. Exit code 0 only if everything held.
pub fn run(args: &DemoArgs) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(args.learners > 0, "--learners must be at least 1");
    let sane = args.speed.is_finite() && args.speed >= 1.0;
    anyhow::ensure!(sane, "--speed must be a number of at least 1");
    let draft = read_course(args)?;
    let began = Instant::now();
    let runtime = tokio::runtime::Runtime::new().context("start the async runtime")?;
    let mut stage = Stage::open(args.data.clone(), args.speed)?;
    let played = runtime.block_on(play(args, &mut stage, draft));
    let stopped = runtime.block_on(stage.stop_server());
    let health = stage.stop_node();
    let (numbers, mut broken) = played?;
    stopped?;
    broken.extend(health);
    let report = verify(stage.folder()).context("check the data of the demonstration")?;
    let summary = Summary {
        numbers,
        report,
        violations: broken,
        seconds: began.elapsed().as_secs_f64(),
        speed: args.speed,
        seed: args.seed,
    };
    match args.json {
        true => println!("{}", summary.to_json()),
        false => println!("{}", summary.table()),
    }
    for reason in summary.reasons() {
        eprintln!("error: {reason}");
    }
    Ok(if summary.holds() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn read_course(args: &DemoArgs) -> anyhow::Result<CourseDraft> {
    let (name, text) = match &args.course {
        None => ("the shipped course".to_owned(), COURSE.to_owned()),
        Some(path) => {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path);
            (name.clone(), text.with_context(|| format!("read the course file {name}"))?)
        }
    };
    nexus_ingest::course_file::read(&text).map_err(|findings| {
        let lines: Vec<String> = findings.iter().take(5).map(|it| it.report(&name)).collect();
        anyhow::anyhow!(
            "{name} has {} problems; see nexus course check\n  {}",
            findings.len(),
            lines.join("\n  ")
        )
    })
}

/// Opens the server, lets the learners in, and waits for the end. Answers with what the API says
/// at the end, and with what went wrong.
async fn play(
    args: &DemoArgs,
    stage: &mut Stage,
    draft: CourseDraft,
) -> anyhow::Result<(Numbers, Vec<String>)> {
    stage.serve(args.port).await?;
    let director = Client::new(stage.address(), stage.director_key(), &stage.clock())?;
    let course = director.publish(&draft).await.context("publish the course")?;
    director.start_experiment(&course, args.learners).await.context("start the experiment")?;
    stage.introduce(&draft, args.seconds, args.learners);
    let crowd = Crowd {
        learners: args.learners,
        first_number: director.learners_so_far(&course).await? + 1,
        seed: args.seed,
        clock: stage.clock(),
        client: Client::new(stage.address(), stage.learners_key(), &stage.clock())?,
        course: stage.course(&course).await?,
    };
    let running = crowd.start();
    let ends = async {
        match args.seconds {
            0 => std::future::pending().await,
            seconds => tokio::time::sleep(Duration::from_secs(seconds)).await,
        }
    };
    tokio::select! {
        () = ends => {}
        () = signalled() => {}
    }
    eprintln!("Stopping: the learners finish what they are saying.");
    let broken = running.stop().await;
    let numbers = director.numbers(&course).await.context("read the results")?;
    Ok((numbers, broken))
}
