//! `nexus stream`: a recorded log of events, sent to a running server as if it happened now.

use super::serve::signalled;
use super::site::Site;
use super::source::answered;
use anyhow::Context;
use clap::Args;
use nexus_api::events::{BATCH_MAX, EventReceipts, ReceiptStatus};
use nexus_api::time;
use nexus_server::sources::line::LineReader;
use nexus_server::sources::producer::EventProducer;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The fastest replay: a year in half a minute.
const SPEED_MAX: f64 = 1e6;
/// Events that fall due within this time are sent together.
const TOGETHER: Duration = Duration::from_millis(100);
/// Refused events that are told one by one.
const TOLD_MAX: u64 = 5;

/// Arguments of `nexus stream`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: nexus stream events.ndjson --key $NEXUS_KEY --speed 60\n         nexus stream events.ndjson --brokers localhost:9092 --topic nexus.events.v1"
)]
pub struct StreamArgs {
    /// The log: one event a line, as POST /v1/events takes them; `-` is standard input.
    log: PathBuf,
    /// How many times faster than it happened; 1 is its own time.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Leave out when things happened, so that the server takes the moment of receipt.
    #[arg(long)]
    as_now: bool,
    /// The address of the Nexus server.
    #[arg(long, env = "NEXUS_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// A key of that server with the scopes `events:write` and `grades:write`.
    #[arg(long, env = "NEXUS_KEY", hide_env_values = true, required_unless_present = "brokers")]
    key: Option<String>,
    /// Brokers of Kafka (host:port, by commas) in the place of a server.
    #[arg(long, requires = "topic")]
    brokers: Option<String>,
    /// The topic that the events are put into, each under the id of its learner.
    #[arg(long, requires = "brokers")]
    topic: Option<String>,
}

/// Runs the replay. Exit code 1 when an event was refused.
pub fn run(args: &StreamArgs) -> anyhow::Result<ExitCode> {
    // No comparison holds for what is not a number.
    let sane = args.speed > 0.0 && args.speed <= SPEED_MAX;
    anyhow::ensure!(sane, "--speed must be a number above 0 and at most {SPEED_MAX}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            replayed = replay(args) => replayed,
            () = signalled() => Ok(ExitCode::SUCCESS),
        }
    })
}

async fn replay(args: &StreamArgs) -> anyhow::Result<ExitCode> {
    let mut log = open(&args.log)?;
    let mut lines = LineReader::default();
    let mut sent = Sent { to: destination(args)?, counts: [0; 3] };
    let mut schedule = Schedule { speed: args.speed, begin: None };
    let (mut batch, mut number) = (Vec::new(), 0_u64);
    let mut begun = Instant::now();
    loop {
        let line = lines.next(log.as_mut()).context("read the log")?.or_else(|| lines.rest());
        let Some(line) = line else { break };
        number += 1;
        if line.bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let mut event: Value = serde_json::from_slice(&line.bytes)
            .with_context(|| format!("line {number} of the log is no JSON"))?;
        let due = schedule.due(&event).with_context(|| format!("line {number} of the log"))?;
        if due.is_some_and(|due| due > Instant::now() + TOGETHER) {
            sent.send(&mut batch).await?;
        }
        if let Some(due) = due {
            tokio::time::sleep_until(due.into()).await;
        }
        if args.as_now
            && let Some(fields) = event.as_object_mut()
        {
            fields.remove("occurred_at");
        }
        if batch.is_empty() {
            begun = Instant::now();
        }
        batch.push(event);
        if batch.len() >= BATCH_MAX || begun.elapsed() >= TOGETHER {
            sent.send(&mut batch).await?;
        }
    }
    sent.send(&mut batch).await?;
    let [accepted, duplicate, rejected] = sent.counts;
    match &sent.to {
        Destination::Site(_) => {
            println!("{accepted} accepted, {duplicate} duplicate, {rejected} rejected");
        }
        Destination::Topic(_) => println!("{accepted} acknowledged by the broker"),
    }
    Ok(ExitCode::from(u8::from(rejected > 0)))
}

/// Where events are sent.
enum Destination<'a> {
    Site(Site<'a>),
    Topic(EventProducer),
}

fn destination(args: &StreamArgs) -> anyhow::Result<Destination<'_>> {
    match (&args.brokers, &args.topic, &args.key) {
        (Some(brokers), Some(topic), _) => {
            Ok(Destination::Topic(EventProducer::open(brokers, topic)?))
        }
        (_, _, Some(key)) => Ok(Destination::Site(Site::new(&args.url, key))),
        _ => anyhow::bail!("give --key of a server, or --brokers and --topic"),
    }
}

fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    Ok(Box::new(BufReader::new(file)))
}

/// When events are due, from when they happened.
struct Schedule {
    speed: f64,
    /// When the first event with a time happened, and when it was sent.
    begin: Option<(i64, Instant)>,
}

impl Schedule {
    /// When an event is due; at once when it does not say when it happened.
    fn due(&mut self, event: &Value) -> anyhow::Result<Option<Instant>> {
        let Some(text) = event.get("occurred_at").and_then(Value::as_str) else { return Ok(None) };
        let at = time::read(text, "/occurred_at").map_err(|it| anyhow::anyhow!(it.detail))?;
        let (first, began) = *self.begin.get_or_insert((at.0, Instant::now()));
        let micros = at.0.saturating_sub(first).max(0) as f64 / self.speed;
        Ok(Some(began + Duration::from_micros(micros as u64)))
    }
}

/// What was sent, and what became of it.
struct Sent<'a> {
    to: Destination<'a>,
    /// Events that were accepted, were duplicates, were rejected.
    counts: [u64; 3],
}

impl Sent<'_> {
    /// Sends what waits, until the server takes it: it has ids, so twice is once.
    async fn send(&mut self, batch: &mut Vec<Value>) -> anyhow::Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let site = match &self.to {
            Destination::Site(site) => site,
            Destination::Topic(topic) => {
                for event in batch.iter() {
                    let learner = event.get("learner").and_then(Value::as_str).unwrap_or_default();
                    topic.send(learner, event.to_string().as_bytes())?;
                }
                topic.flush()?;
                self.counts[0] += batch.len() as u64;
                batch.clear();
                return Ok(());
            }
        };
        let body = serde_json::to_string(&std::mem::take(batch))?;
        let request = || {
            let request = site.request(Method::POST, "/v1/events");
            request.header(CONTENT_TYPE, "application/json").body(body.clone())
        };
        let answer: EventReceipts = answered(site.insist(request).await)?;
        for receipt in &answer.receipts {
            if receipt.status == ReceiptStatus::Rejected {
                self.counts[2] += 1;
                if self.counts[2] <= TOLD_MAX {
                    let id = receipt.id.as_deref().unwrap_or("an event without an id");
                    let why = receipt.detail.as_deref().unwrap_or_default();
                    eprintln!("{id} was rejected: {why}");
                }
            }
        }
        self.counts[0] += u64::from(answer.accepted);
        self.counts[1] += u64::from(answer.duplicate);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn events_are_as_far_apart_as_they_were_divided_by_the_speed() {
        let mut schedule = Schedule { speed: 60.0, begin: None };
        let mut due = |at: &str| schedule.due(&json!({"occurred_at": at})).unwrap().unwrap();
        let first = due("2026-01-01T10:00:00Z");
        assert_eq!(due("2026-01-01T10:02:00Z") - first, Duration::from_secs(2));
        // What is out of order is sent at once, and moves nothing.
        assert_eq!(due("2026-01-01T09:00:00Z"), first);
        assert_eq!(due("2026-01-01T11:00:00Z") - first, Duration::from_secs(60));
        assert_eq!(schedule.due(&json!({"id": "x"})).unwrap(), None);
        assert!(schedule.due(&json!({"occurred_at": "yesterday"})).is_err());
    }
}
