//! What a run of `nexus ingest` says in the end: its own counts, not those of runs before it.

use super::IngestArgs;
use super::node_sink::Forecast;
use nexus_ingest::foreign::UnusedRecords;
use nexus_ingest::pump::{FileOrder, PumpTally};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Some records were rejected.
const REJECTED: u8 = 1;

/// What became of one file in this run.
pub struct IngestReport {
    pub file: PathBuf,
    /// The line behind which this run began.
    pub behind: u64,
    /// The last line, and the counts of this run.
    pub tally: PumpTally,
    /// In which order its answers were taken.
    pub order: FileOrder,
    /// Where its rejections are; nowhere in a dry run.
    pub rejections: Option<PathBuf>,
    /// What there was no use for, of records of another system.
    pub unused: Option<UnusedRecords>,
}

/// Names of things that no course knows, of which the most frequent are shown.
const UNKNOWN_SHOWN: usize = 20;

impl IngestReport {
    pub fn tell(&self) {
        let PumpTally { line, accepted, duplicate, rejected, unused, records, dropped } =
            self.tally;
        let lines = line.saturating_sub(self.behind);
        let mut counts = format!("{accepted} accepted, {duplicate} duplicate, {rejected} rejected");
        if self.unused.is_some() {
            counts.push_str(&format!(", {unused} unused"));
        }
        println!("{}: {lines} lines, {records} records: {counts}", self.file.display());
        if self.order != FileOrder::AsItStands {
            println!("  not in the order of its times, so it was sorted by them");
        }
        if dropped > 0 {
            println!("  {dropped} optional values could not be read and were left out");
        }
        if let Some(place) = self.rejections.as_ref().filter(|_| rejected > 0) {
            println!("  rejected ones are in {}", place.display());
        }
        if let Some(UnusedRecords { records, unknown_objects }) = &self.unused {
            for (what, count) in most(records) {
                println!("  unused: {count} x {what}");
            }
            for (iri, count) in most(unknown_objects).into_iter().take(UNKNOWN_SHOWN) {
                println!("  unknown to every course, add it to `iris`: {count} x {iri}");
            }
        }
    }

    fn json(&self) -> serde_json::Value {
        let name = self.file.display().to_string();
        let rejections = self.rejections.as_ref().filter(|_| self.tally.rejected > 0);
        let rejections = rejections.map(|place| place.display().to_string());
        json!({
            "file": name,
            "behind_line": self.behind,
            "tally": self.tally,
            "sorted": self.order != FileOrder::AsItStands,
            "rejections": rejections,
            "unused": self.unused,
        })
    }
}

/// The most frequent first.
fn most(counts: &BTreeMap<String, u64>) -> Vec<(&String, u64)> {
    let mut most: Vec<_> = counts.iter().map(|(what, count)| (what, *count)).collect();
    most.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    most
}

/// Says what there is to say of the run as a whole, and answers with its exit code.
pub fn finish(
    args: &IngestArgs,
    reports: &[IngestReport],
    scored: Option<(Forecast, Duration)>,
) -> ExitCode {
    if args.json {
        let files: Vec<_> = reports.iter().map(IngestReport::json).collect();
        let scored = scored.map(|(forecast, took)| {
            let seconds = took.as_secs_f64();
            let per_second = forecast.answers as f64 / seconds;
            json!({"seconds": seconds, "answers_per_second": per_second, "forecast": forecast})
        });
        println!("{}", json!({"dry_run": args.dry_run, "files": files, "scored": scored}));
    } else if let Some((forecast, took)) = scored {
        tell_forecast(&forecast, took);
    }
    let rejected = reports.iter().any(|report| report.tally.rejected > 0);
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
