//! `nexus demo`: the first five minutes. A real server on a temporary folder, a real course, and
//! simulated learners who use the public HTTP API like any learning site, in time that runs fast.
//!
//! At the end everything is stopped in order, and the data is checked as `nexus verify` does:
//! the state must be what the journal folds to.

mod broker;
mod client;
mod crowd;
mod stage;
mod summary;

use super::serve::signalled;
use anyhow::Context;
use clap::{Args, ValueEnum};
use client::Client;
use crowd::Crowd;
use nexus_engine::catalog::draft::EndsDraft;
use nexus_engine::catalog::validation::ENDS_MINUTES_MAX;
use nexus_engine::catalog::{ActivityKind, CourseDraft};
use nexus_store::verify::verify;
use stage::DemoStage;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use summary::{DemoSummary, Numbers};

const COURSE: &str = include_str!("../../../../courses/probability-from-zero.yaml");

/// Where the server listens by default.
const PORT: u16 = 8080;
/// Simulated seconds a second: six hours, so that fifteen days pass in the first minute, and the
/// first learners, who need ten to fifteen sessions, complete the course in it.
const SPEED: f64 = 21_600.0;

/// Minutes of learning that each learner has: less than half of what the shipped course would take,
/// so that what is chosen matters.
const MINUTES: f64 = 200.0;

/// The fastest clock: at this speed a learner's life passes in a second or two.
const SPEED_MAX: f64 = 1e6;
/// Most learners at once: each is a task with a mind of some kilobytes.
const LEARNERS_MAX: usize = 100_000;

/// Arguments of `nexus demo`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: nexus demo\n         nexus demo --learners 100 --seconds 60 --json"
)]
pub struct DemoArgs {
    /// Simulated learners who are in the course at once; they arrive over the first 15 seconds,
    /// and whenever one finishes or leaves for good, a new one arrives.
    #[arg(long, default_value_t = 200)]
    learners: usize,
    /// Simulated seconds a second, from 1 to 1000000. At 21600, six hours pass each second.
    #[arg(long, default_value_t = SPEED)]
    speed: f64,
    /// Minutes of learning that each learner has before the closing check, on either path; a course
    /// without a closing check is learned to its end.
    #[arg(long, default_value_t = MINUTES)]
    minutes: f64,
    /// Port of the page and the API; 0 takes any free one.
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// Address to listen on. In a container it must be 0.0.0.0: its port is published from outside.
    #[arg(long, default_value_t = Ipv4Addr::LOCALHOST.into())]
    host: IpAddr,
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
    /// How the learners' events come to the server: kafka puts them into a topic of a broker, and the
    /// server reads them from there; decisions are asked for over HTTP either way.
    #[arg(long, value_enum, default_value_t = EventWay::Http)]
    source: EventWay,
    /// The broker of --source kafka, as host:port.
    #[arg(long, default_value = "localhost:9092")]
    brokers: String,
    /// Print one JSON object as the last line on standard output.
    #[arg(long)]
    json: bool,
}

/// How events come to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EventWay {
    Http,
    Kafka,
}

/// Runs the demonstration. Exit code 0 only if everything held.
pub fn run(args: &DemoArgs) -> anyhow::Result<ExitCode> {
    check(args)?;
    let draft = boxed(read_course(args)?, args.minutes);
    let began = Instant::now();
    let runtime = tokio::runtime::Runtime::new().context("start the async runtime")?;
    let mut stage = DemoStage::open(args.data.clone(), args.speed)?;
    let played = runtime.block_on(play(args, &mut stage, draft));
    let stopped = runtime.block_on(stage.stop_server());
    let health = stage.stop_node();
    let (numbers, mut broken) = played?;
    stopped?;
    broken.extend(health);
    let report = verify(stage.folder()).context("check the data of the demonstration")?;
    let summary = DemoSummary {
        numbers,
        report,
        violations: broken,
        seconds: began.elapsed().as_secs_f64(),
        speed: args.speed,
        seed: args.seed,
        minutes: args.minutes,
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

/// Refuses what cannot be played, before anything is opened.
fn check(args: &DemoArgs) -> anyhow::Result<()> {
    let some = (1..=LEARNERS_MAX).contains(&args.learners);
    anyhow::ensure!(
        some,
        "--learners must be a number from 1 to {LEARNERS_MAX}, not {}",
        args.learners
    );
    // No comparison holds for what is not a number.
    let sane = (1.0..=SPEED_MAX).contains(&args.speed);
    anyhow::ensure!(sane, "--speed must be a number from 1 to {SPEED_MAX}, not {}", args.speed);
    let some = args.minutes > 0.0 && args.minutes <= ENDS_MINUTES_MAX;
    anyhow::ensure!(
        some,
        "--minutes must be a number above 0 and at most {ENDS_MINUTES_MAX}, not {}",
        args.minutes
    );
    Ok(())
}

/// The course with an end after so many minutes of learning, when it has a closing check.
fn boxed(draft: CourseDraft, minutes: f64) -> CourseDraft {
    let mut activities = draft.modules.iter().flat_map(|module| &module.activities);
    if !activities.any(|activity| activity.kind == ActivityKind::Check.word()) {
        return draft;
    }
    CourseDraft { ends: Some(EndsDraft { minutes: Some(minutes), date: None }), ..draft }
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
    stage: &mut DemoStage,
    draft: CourseDraft,
) -> anyhow::Result<(Numbers, Vec<String>)> {
    let through_broker = args.source == EventWay::Kafka;
    let run = format!("{:x}", stage.clock().now().0);
    let source = match through_broker {
        true => Some(broker::source(&args.brokers, &run).await?),
        false => None,
    };
    let wanted = SocketAddr::new(args.host, args.port);
    stage.serve(wanted, source.as_slice()).await?;
    let route = match through_broker {
        true => Some(stage.route(&args.brokers).await?),
        false => None,
    };
    let director = Client::new(stage.address(), stage.director_key(), &stage.clock())?;
    let course = director.publish(&draft).await.context("publish the course")?;
    director.start_experiment(&course, args.learners).await.context("start the experiment")?;
    let link = stage.link(&course).await?;
    stage.introduce(&draft, &link, args.seconds, args.learners);
    let crowd = Crowd {
        at_once: args.learners,
        first_number: director.learners_so_far(&course).await? + 1,
        seed: args.seed,
        clock: stage.clock(),
        client: Client::new(stage.address(), stage.learners_key(), &stage.clock())?.through(route),
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
    eprintln!("Stopping: open requests finish first.");
    let broken = running.stop().await;
    let numbers = director.numbers(&course).await.context("read the results")?;
    Ok((numbers, broken))
}

#[cfg(test)]
mod tests {
    use super::{DemoArgs, EventWay, Ipv4Addr, LEARNERS_MAX, MINUTES, PORT, SPEED, check};

    fn args(learners: usize, speed: f64) -> DemoArgs {
        let (course, data) = (None, None);
        let (host, port) = (Ipv4Addr::LOCALHOST.into(), PORT);
        let (minutes, seconds, seed, json) = (MINUTES, 1, 1, true);
        let (source, brokers) = (EventWay::Http, String::new());
        DemoArgs {
            learners,
            speed,
            minutes,
            port,
            host,
            seconds,
            seed,
            course,
            data,
            json,
            source,
            brokers,
        }
    }

    #[test]
    fn only_speeds_and_crowds_that_can_be_played_are_taken() {
        for (learners, speed) in [(1, 1.0), (200, SPEED), (LEARNERS_MAX, 1e6)] {
            assert!(check(&args(learners, speed)).is_ok(), "{learners} {speed}");
        }
        for speed in [f64::NAN, f64::INFINITY, -f64::INFINITY, 0.0, 0.99, 1e6 + 1.0, f64::MAX] {
            assert!(check(&args(200, speed)).is_err(), "{speed}");
        }
        assert!(check(&args(0, SPEED)).is_err());
        assert!(check(&args(LEARNERS_MAX + 1, SPEED)).is_err());
    }
}
