//! `nexus ingest`: answer files into the system.

mod node_sink;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use nexus_api::events::{BATCH_MAX, EventReceipt};
use nexus_ingest::Fault;
use nexus_ingest::answers::{Decoder, Incoming};
use nexus_ingest::mapping::Mapping;
use nexus_ingest::pump::{Sink, Tally, pump};
use nexus_ingest::rejection::{Rejection, RejectionFile, Rejections};
use nexus_ingest::resume::{self, Resume};
use nexus_ingest::source::FileSource;
use node_sink::{EmbeddedNode, Forecast};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Some records were rejected.
const REJECTED: u8 = 1;

/// Read answer files into the system.
///
/// Without --map, a file holds events, one JSON object a line, as POST /v1/events takes them. With
/// --map, it is a table that the mapping explains. A run that was interrupted goes on where it
/// stopped, and a file that is read again gives duplicates, never second answers.
///
/// Exit code 0: all taken, 1: some rejected, 2: not read to the end.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nexus ingest train.tsv.gz --data ./nexus-data \\\n    \
                  --map maps/kt-assistments2009-lpp.toml --course course.yaml")]
pub struct IngestArgs {
    /// The files, plain or .gz, in the order in which they happened.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The data directory; no server may be using it.
    #[arg(long, env = "NEXUS_DATA_DIR", required_unless_present = "dry_run")]
    data: Option<PathBuf>,
    /// A course file to publish first.
    #[arg(long)]
    course: Option<PathBuf>,
    /// The mapping that explains their columns.
    #[arg(long)]
    map: Option<PathBuf>,
    /// Events of one batch.
    #[arg(long, default_value_t = BATCH_MAX, value_parser = batch_size)]
    batch: usize,
    /// Begin at the first line, whatever was done before.
    #[arg(long)]
    restart: bool,
    /// Read and check everything, submit nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

fn batch_size(text: &str) -> Result<usize, String> {
    let size = text.parse().ok().filter(|size| (1..=BATCH_MAX).contains(size));
    size.ok_or_else(|| format!("a batch has 1 to {BATCH_MAX} events"))
}

/// Runs the command.
///
/// # Errors
/// When the data directory or the course cannot be used, or a file was not read to its end; what
/// was done before that is kept, and the next run goes on behind it.
pub fn run(args: &IngestArgs) -> anyhow::Result<ExitCode> {
    let Some(data) = args.data.as_deref().filter(|_| !args.dry_run) else {
        let reports = ingest_all(args, &mut Nowhere)?;
        return Ok(finish(args, &reports, None));
    };
    let node = EmbeddedNode::start(data)?;
    if let Some(course) = &args.course {
        node.publish(course)?;
    }
    let reports = ingest_all(args, &mut node.sink());
    let forecast = node.predictions.borrow().forecast();
    let took = node.stop();
    Ok(finish(args, &reports?, Some((forecast, took))))
}

/// Takes the files in their order. When one cannot be read to its end, later ones must wait: they
/// happened later.
fn ingest_all(args: &IngestArgs, sink: &mut dyn Sink) -> anyhow::Result<Vec<(PathBuf, Tally)>> {
    let mut reports = Vec::new();
    for file in &args.files {
        let tally = ingest(args, file, sink).with_context(|| file.display().to_string())?;
        tell(args, file, &tally);
        reports.push((file.clone(), tally));
    }
    Ok(reports)
}

fn finish(
    args: &IngestArgs,
    reports: &[(PathBuf, Tally)],
    scored: Option<(Forecast, Duration)>,
) -> ExitCode {
    if args.json {
        let file = |report: &(PathBuf, Tally)| {
            let name = report.0.display().to_string();
            json!({"file": name, "tally": report.1})
        };
        let files: Vec<_> = reports.iter().map(file).collect();
        let scored = scored.map(|(forecast, took)| {
            let seconds = took.as_secs_f64();
            let per_second = forecast.answers as f64 / seconds;
            json!({"seconds": seconds, "answers_per_second": per_second, "forecast": forecast})
        });
        println!("{}", json!({"dry_run": args.dry_run, "files": files, "scored": scored}));
    } else if let Some((forecast, took)) = scored {
        tell_forecast(&forecast, took);
    }
    let rejected = reports.iter().any(|(_, tally)| tally.rejected > 0);
    if rejected { ExitCode::from(REJECTED) } else { ExitCode::SUCCESS }
}

fn tell_forecast(forecast: &Forecast, took: Duration) {
    let per_second = forecast.answers as f64 / took.as_secs_f64();
    println!("{} answers, {per_second:.0} a second", forecast.answers);
    let figures = forecast.auc.zip(forecast.log_loss).zip(forecast.ece);
    if let Some(((auc, log_loss), ece)) = figures {
        println!(
            "predicted before each answer: AUC {auc:.4}, log loss {log_loss:.4}, \
             calibration error {ece:.4}"
        );
    }
}

fn tell(args: &IngestArgs, file: &Path, tally: &Tally) {
    if args.json {
        return;
    }
    let Tally { line, accepted, duplicate, rejected } = tally;
    let counts = format!("{accepted} accepted, {duplicate} duplicate, {rejected} rejected");
    println!("{}: {line} lines: {counts}", file.display());
    if *rejected > 0 && !args.dry_run {
        println!("  rejected ones are in {}", state_file(args, file, "rejected.ndjson").display());
    }
}

fn ingest(args: &IngestArgs, file: &Path, sink: &mut dyn Sink) -> anyhow::Result<Tally> {
    let mapping = args.map.as_deref().map(Mapping::load).transpose()?;
    let mut source = FileSource::open(file, Decoder::assembly(mapping.as_ref()))?;
    let mut decoder = Decoder::new(file, mapping.as_ref())?;
    let bytes = std::fs::metadata(file).context("cannot measure the file")?.len();
    let place = state_file(args, file, "resume.json");
    let mut state = begin(args, file, bytes, &place)?;
    let mut rejections: Box<dyn Rejections> = if args.dry_run {
        Box::new(Shown { left: SHOWN_MAX })
    } else {
        Box::new(RejectionFile::new(&state_file(args, file, "rejected.ndjson")))
    };
    let bar = progress(args, file, bytes);
    let read = source.bytes_read();
    let done = state.tally;
    let mut after_batch = |tally: &Tally| -> Result<(), Fault> {
        bar.set_position(read.get());
        state.tally = *tally;
        if args.dry_run { Ok(()) } else { resume::save(&place, &state) }
    };
    let pumped =
        pump(&mut source, &mut decoder, sink, &mut *rejections, args.batch, done, &mut after_batch);
    bar.finish_and_clear();
    Ok(pumped?)
}

/// Where to begin: behind what was done, unless the file is another one now.
fn begin(args: &IngestArgs, file: &Path, bytes: u64, place: &Path) -> anyhow::Result<Resume> {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
    let fresh = Resume { file: name.unwrap_or_default(), bytes, tally: Tally::default() };
    if args.dry_run {
        return Ok(fresh);
    }
    let state = state_folder(args);
    std::fs::create_dir_all(&state).with_context(|| format!("cannot make {}", state.display()))?;
    match resume::load(place)? {
        Some(old) if !args.restart && old.file == fresh.file && old.bytes <= bytes => {
            if old.tally.line > 0 && !args.json {
                eprintln!("{}: going on behind line {}", file.display(), old.tally.line);
            }
            Ok(Resume { tally: old.tally, ..fresh })
        }
        _ => Ok(fresh),
    }
}

fn state_file(args: &IngestArgs, file: &Path, end: &str) -> PathBuf {
    let name = file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    state_folder(args).join(format!("{name}.{end}"))
}

/// Where a run goes on belongs to the data it went into.
fn state_folder(args: &IngestArgs) -> PathBuf {
    args.data.as_deref().unwrap_or(Path::new(".")).join("ingest")
}

/// A bar on a terminal, and nothing elsewhere.
fn progress(args: &IngestArgs, file: &Path, bytes: u64) -> ProgressBar {
    if args.json {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(bytes);
    let style = "{msg} {wide_bar} {bytes}/{total_bytes} {eta}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.set_message(file.display().to_string());
    bar
}

/// The sink of a dry run: everything that can be read would be taken.
struct Nowhere;

impl Sink for Nowhere {
    fn submit(
        &mut self,
        batch: &[Incoming],
    ) -> Result<Vec<EventReceipt>, Box<dyn std::error::Error + Send + Sync>> {
        let receipt =
            |incoming: &Incoming| EventReceipt::accepted(incoming.event.id.as_str(), 0, false);
        Ok(batch.iter().map(receipt).collect())
    }
}

/// Rejections that a dry run shows.
const SHOWN_MAX: usize = 20;

/// Shows the first rejections of a dry run, and keeps none.
struct Shown {
    left: usize,
}

impl Rejections for Shown {
    fn put(&mut self, rejection: Rejection) -> Result<(), Fault> {
        if self.left > 0 {
            self.left -= 1;
            eprintln!("line {}: [{}] {}", rejection.line, rejection.code, rejection.reason);
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}
