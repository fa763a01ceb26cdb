//! `nexus ingest`: answer files into the system.

mod form;
mod node_sink;
mod report;
mod site_sink;

use anyhow::Context;
use form::FileForm;
use indicatif::{ProgressBar, ProgressStyle};
use nexus_api::events::{BATCH_MAX, EventReceipt, ReceiptStatus};
use nexus_ingest::Fault;
use nexus_ingest::answers::IncomingAnswer;
use nexus_ingest::fingerprint::Lineage;
use nexus_ingest::pump::{FileOrder, PumpPlan, PumpTally, Sink, order_of, pump};
use nexus_ingest::rejection::{Rejection, RejectionFile, Rejections};
use nexus_ingest::resume::{Opening, Places, Start};
use nexus_ingest::source::FileSource;
use node_sink::EmbeddedNode;
use report::{IngestReport, finish};
use site_sink::{LANES, SiteSink};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Read answer files into the system.
///
/// Without --map, a file holds events, one JSON object a line, as POST /v1/events takes them. With
/// --map, it is a table that the mapping explains; with --format, statements of xAPI or tracking events
/// of Open edX, about what courses name in `iris`. A file is known by its content: a run that was
/// interrupted goes on where it stopped, a file that was appended to goes on behind what was read,
/// and a file that is read again gives duplicates, never second answers.
///
/// Exit code 0: all taken, 1: some rejected, 2: not read to the end.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  nexus ingest train.tsv.gz --data ./nexus-data \\\n    \
                  --map maps/kt-assistments2009-lpp.toml --course course.yaml\n  \
                  nexus ingest statements.json.gz --data ./nexus-data --format xapi")]
pub struct IngestArgs {
    /// The files, plain or .gz, in the order in which they happened.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The data directory; no server may be using it.
    #[arg(long, env = "NEXUS_DATA_DIR", required_unless_present_any = ["dry_run", "url"])]
    data: Option<PathBuf>,
    /// A running server, instead of --data; it goes on serving meanwhile. Only the flag says so, never the
    /// environment. Statements of other systems are sent to it by themselves, not with this.
    #[arg(long, requires = "key", conflicts_with_all = ["dry_run", "format", "course"])]
    url: Option<String>,
    /// A key of that server with `events:write`, `grades:write` and `learners:read`.
    #[arg(long, env = "NEXUS_KEY", hide_env_values = true)]
    key: Option<String>,
    /// With --url: where to keep how far a run came, and what was rejected.
    #[arg(long, default_value = "nexus-ingest")]
    progress: PathBuf,
    /// A course file to publish first.
    #[arg(long)]
    course: Option<PathBuf>,
    /// The mapping that explains their columns.
    #[arg(long)]
    map: Option<PathBuf>,
    /// The other system whose records they hold.
    #[arg(long, conflicts_with = "map")]
    format: Option<IngestFormat>,
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

/// The formats of other systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum IngestFormat {
    /// Statements of the Experience API: one a line, or in a JSON array.
    Xapi,
    /// Tracking events of Open edX: a line each, as its logger writes them.
    Openedx,
}

fn batch_size(text: &str) -> Result<usize, String> {
    let size = text.parse().ok().filter(|size| (1..=BATCH_MAX).contains(size));
    size.ok_or_else(|| format!("a batch has 1 to {BATCH_MAX} events"))
}

/// Runs the command. Errors: when the data directory or the course cannot be used, or a file was not read to its end; what
/// was done before that is kept, and the next run goes on behind it.
pub fn run(args: &IngestArgs) -> anyhow::Result<ExitCode> {
    if let (Some(url), Some(key)) = (&args.url, &args.key) {
        return run_into_site(args, url, key);
    }
    let Some(data) = args.data.as_deref().filter(|_| !args.dry_run) else {
        let form = FileForm::without_data(args)?;
        // A dry run has no past.
        let reports = ingest_all(args, &form, &mut Nowhere, Places::default(), args.restart)?;
        return Ok(finish(args, &reports, None));
    };
    let node = EmbeddedNode::start(data)?;
    if let Some(course) = &args.course {
        node.publish(course)?;
    }
    let form = FileForm::with_data(args, data, &node)?;
    // Where a run goes on belongs to the data it went into.
    let folder = data.join("ingest");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let places = Places::load(&folder)?;
    let reports = ingest_all(args, &form, &mut node.sink(), places, args.restart);
    let forecast = node.predictions.borrow().forecast();
    let took = node.stop();
    Ok(finish(args, &reports?, Some((forecast, took))))
}

fn run_into_site(args: &IngestArgs, url: &str, key: &str) -> anyhow::Result<ExitCode> {
    let form = FileForm::without_data(args)?;
    let mut sink = SiteSink::new(url, key)?;
    let site = sink.places(&args.progress)?;
    if site.fell_behind {
        eprintln!("{url} has fewer entries than after an earlier run; everything is sent again");
    }
    let places = Places::load(&site.folder)?;
    let restart = args.restart || site.fell_behind;
    let reports = ingest_all(args, &form, &mut sink, places, restart)?;
    sink.note_head(&site)?;
    Ok(finish(args, &reports, None))
}

/// Takes the files in their order. When one cannot be read to its end, later ones must wait: they happened later.
fn ingest_all(
    args: &IngestArgs,
    form: &FileForm,
    sink: &mut dyn Sink,
    mut places: Places,
    restart: bool,
) -> anyhow::Result<Vec<IngestReport>> {
    let mut reports = Vec::new();
    for file in &args.files {
        let report = ingest(args, form, file, sink, &mut places, restart);
        let report = report.with_context(|| file.display().to_string())?;
        if !args.json {
            report.tell();
        }
        reports.push(report);
    }
    Ok(reports)
}

fn ingest(
    args: &IngestArgs,
    form: &FileForm,
    file: &Path,
    sink: &mut dyn Sink,
    places: &mut Places,
    restart: bool,
) -> anyhow::Result<IngestReport> {
    let mut source = FileSource::open(file, form.assembly())?;
    let mut start = places.start(file, restart)?;
    let done = start.resume.tally;
    let order = order_of_file(file, form, done.line)?;
    let mut decoder = form.decoder(&start.resume.lineage)?;
    let place = (!args.dry_run).then(|| places.rejections(&start));
    let mut rejections: Box<dyn Rejections> = match &place {
        None => Box::new(Shown { left: SHOWN_MAX }),
        Some(place) => {
            tell_start(args, file, &start);
            places.save(&start)?;
            Box::new(RejectionFile::new(place))
        }
    };
    let bytes = std::fs::metadata(file).context("cannot measure the file")?.len();
    let bar = progress(args, file, bytes);
    let (read, consumed) = (source.bytes_read(), source.consumed());
    let mut after_batch = |tally: &PumpTally| -> Result<(), Fault> {
        bar.set_position(read.get());
        start.resume.note(tally, consumed.get());
        if args.dry_run { Ok(()) } else { places.save(&start) }
    };
    let folder =
        place.as_deref().and_then(Path::parent).map_or_else(std::env::temp_dir, Path::to_owned);
    // As many as are on their way together.
    let lanes = if args.url.is_some() { LANES } else { 1 };
    let plan = PumpPlan { batch_max: args.batch * lanes, done, order, folder: &folder };
    let pumped = pump(&mut source, &mut decoder, sink, &mut *rejections, &plan, &mut after_batch);
    bar.finish_and_clear();
    let tally = pumped?.since(&done);
    let file = file.to_owned();
    let unused = decoder.unused().cloned();
    Ok(IngestReport { file, behind: done.line, tally, order, rejections: place, unused })
}

/// In which order the answers of a file behind a line are to be taken.
fn order_of_file(file: &Path, form: &FileForm, done: u64) -> Result<FileOrder, Fault> {
    let mut source = FileSource::open(file, form.assembly())?;
    order_of(&mut source, &mut form.decoder(&Lineage::default())?, done)
}

fn tell_start(args: &IngestArgs, file: &Path, start: &Start) {
    let words = match start.opening {
        _ if args.json => return,
        Opening::First => return,
        Opening::GoesOn => format!("going on behind line {}", start.resume.tally.line),
        Opening::Changed => {
            "lines that were read before have changed; reading it again from line 1".to_owned()
        }
        Opening::Namesake => {
            "another file of this name was read before; this one is read from line 1".to_owned()
        }
    };
    eprintln!("{}: {words}", file.display());
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
        batch: &[IncomingAnswer],
    ) -> Result<Vec<EventReceipt>, Box<dyn std::error::Error + Send + Sync>> {
        let receipt = |incoming: &IncomingAnswer| {
            EventReceipt::accepted(incoming.event.id.as_str(), 0, false)
        };
        Ok(batch.iter().map(receipt).collect())
    }

    fn void(
        &mut self,
        events: &[String],
    ) -> Result<Vec<ReceiptStatus>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(vec![ReceiptStatus::Accepted; events.len()])
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
