//! `nexus source`: sources that a server reads, or that are read for it by programs of their own.

mod redrive;
mod remote;

use super::serve::signalled;
use super::site::{Refused, Site};
use anyhow::Context;
use clap::{Args, Subcommand};
use nexus_api::sources::{SourceList, SourceReport};
use nexus_server::clock::Clock;
use nexus_server::config::Config;
use nexus_server::sources::SourceThreads;
use nexus_server::sources::board::SourceBoard;
use nexus_server::sources::section::SourceSection;
use nexus_store::positions::SourcePosition;
use nexus_store::store::{OpenOptions, Store};
use remote::SiteJournal;
use reqwest::Method;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Arguments of `nexus source`.
#[derive(Debug, Args)]
pub struct SourceArgs {
    #[command(subcommand)]
    action: SourceAction,
}

/// Streams of events that Nexus reads itself: files, and topics of Kafka.
///
/// They are set as [[source]] in the configuration; see docs/how-to/read-a-stream.md.
#[derive(Debug, Subcommand)]
enum SourceAction {
    /// Show what each source does, and how far it has come.
    Show(ShowArgs),
    /// Read one source for a running server, as a member of its group, until Ctrl-C.
    #[command(after_help = "Example: nexus source run clicks --config nexus.toml --key $NEXUS_KEY")]
    Run(RunArgs),
    /// Send dead letters again: what is taken now leaves the file, the rest stays with its reason.
    #[command(
        after_help = "Example: nexus source redrive lms --data ./nexus-data --key $NEXUS_KEY"
    )]
    Redrive(RedriveArgs),
    /// Say from where to read on, while no server uses the data.
    #[command(after_help = "Example: nexus source seek clicks clicks/0 4711 --data ./nexus-data")]
    Seek(SeekArgs),
}

#[derive(Debug, Args)]
struct ServerArgs {
    /// The address of the Nexus server.
    #[arg(long, env = "NEXUS_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// A key of that server.
    #[arg(long, env = "NEXUS_KEY", hide_env_values = true)]
    key: String,
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Args)]
struct RunArgs {
    /// The name of the source in the configuration.
    name: String,
    /// The configuration file that says how to read it.
    #[arg(long, env = "NEXUS_CONFIG")]
    config: PathBuf,
    /// Where dead letters of a file are put.
    #[arg(long, default_value = ".")]
    dead_letters: PathBuf,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Args)]
struct RedriveArgs {
    /// The name of the source.
    name: String,
    /// The data directory, for the dead letters of a file.
    #[arg(long, env = "NEXUS_DATA_DIR", required_unless_present = "config")]
    data: Option<PathBuf>,
    /// The configuration file, for the dead letters of a topic.
    #[arg(long, env = "NEXUS_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Args)]
struct SeekArgs {
    /// The name of the source.
    name: String,
    /// The partition as `nexus source show` names it.
    partition: String,
    /// The position of the first record to take.
    position: u64,
    /// The data directory; no server may be using it.
    #[arg(long, env = "NEXUS_DATA_DIR")]
    data: PathBuf,
}

/// Runs the command. Errors: when the server or the data cannot be used.
pub fn run(args: &SourceArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("start the async runtime")?;
    match &args.action {
        SourceAction::Show(args) => runtime.block_on(show(args)),
        SourceAction::Run(run) => runtime.block_on(read(run)),
        SourceAction::Redrive(args) => runtime.block_on(redrive(args)),
        SourceAction::Seek(args) => seek(args),
    }
}

/// The answer of a server, or why there is none.
pub fn answered<T>(answer: Result<T, Refused>) -> anyhow::Result<T> {
    answer.map_err(|refused| match refused {
        Refused::No(code, detail) => anyhow::anyhow!("the server says no ({code}): {detail}"),
        Refused::Fault(fault) => fault,
    })
}

async fn show(args: &ShowArgs) -> anyhow::Result<ExitCode> {
    let site = Site::new(&args.server.url, &args.server.key);
    let list: SourceList = answered(site.ask(site.request(Method::GET, "/v1/sources")).await)?;
    if args.json {
        println!("{}", serde_json::to_string(&list)?);
        return Ok(ExitCode::SUCCESS);
    }
    for report in &list.sources {
        println!("{}", line(report));
        for place in &report.partitions {
            let end = place.end.map_or_else(String::new, |end| format!(" of {end}"));
            println!("  {} at {}{end}", place.partition, place.position);
        }
        if let Some(problem) = &report.last_error {
            println!("  last error, {}: {}", problem.at, problem.detail);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn line(report: &SourceReport) -> String {
    let SourceReport { source, activity, accepted, duplicate, rejected, behind, .. } = report;
    let activity = format!("{activity:?}").to_lowercase();
    let lag = report.lag.map_or_else(|| "unknown".to_owned(), |lag| lag.to_string());
    let rate = report.records_per_second;
    format!(
        "{source}: {activity}, {rate:.1} records/s, lag {lag}; {accepted} accepted, {duplicate} \
         duplicate, {rejected} rejected, {behind} delivered again"
    )
}

fn section(config: &std::path::Path, name: &str) -> anyhow::Result<SourceSection> {
    let config = Config::read(config)?;
    let found = config.source.into_iter().find(|section| section.name() == name);
    found.with_context(|| format!("the configuration has no [[source]] with name = {name:?}"))
}

async fn read(args: &RunArgs) -> anyhow::Result<ExitCode> {
    let section = section(&args.config, &args.name)?;
    let board = SourceBoard::default();
    let status = board.of(&args.name);
    status.begin(section.kind(), Clock::system());
    let runtime = tokio::runtime::Handle::current();
    let journal =
        SiteJournal::new(&args.server.url, &args.server.key, Arc::clone(&status), runtime);
    let mut threads = SourceThreads::default();
    threads.read(&section, Arc::new(journal), Arc::clone(&status), &args.dead_letters)?;
    println!("reading {} for {}", args.name, args.server.url);
    let over = async {
        while !threads.are_over() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        () = over => {}
        () = signalled() => {}
    }
    tokio::task::spawn_blocking(|| threads.stop()).await.context("stop reading")?;
    let reports = board.reports(Default::default());
    for report in &reports {
        println!("{}", line(report));
        if let Some(problem) = &report.last_error {
            eprintln!("last error, {}: {}", problem.at, problem.detail);
        }
    }
    let failed =
        |report: &SourceReport| report.activity == nexus_api::sources::SourceActivity::Failed;
    Ok(ExitCode::from(u8::from(reports.iter().any(failed))))
}

async fn redrive(args: &RedriveArgs) -> anyhow::Result<ExitCode> {
    let section = args.config.as_deref().map(|config| section(config, &args.name)).transpose()?;
    match (section, &args.data) {
        (Some(SourceSection::Kafka(kafka)), _) => redrive::topic(&kafka),
        (_, Some(data)) => {
            let site = Site::new(&args.server.url, &args.server.key);
            redrive::file(data, &args.name, &site).await
        }
        _ => anyhow::bail!("say where the dead letters are: --data DIR"),
    }
}

fn seek(args: &SeekArgs) -> anyhow::Result<ExitCode> {
    let mut store = Store::open(&args.data, &OpenOptions::default())
        .with_context(|| format!("the data in {} cannot be used", args.data.display()))?;
    let SeekArgs { name, partition, position, .. } = args;
    let place =
        SourcePosition { source: name.clone(), partition: partition.clone(), next: *position };
    store.seek_source(&place)?;
    println!(
        "{name} reads {partition} from {position} on; events that were taken are known by their ids"
    );
    Ok(ExitCode::SUCCESS)
}
