//! The way of answer files into a running server: batches over `POST /v1/events`, as a site sends them.
//!
//! The answers of a batch are dealt to a few requests that are on their way together, all those of one
//! learner to the same one: so each learner's answers keep their order, and one commit of the
//! server makes several requests durable.

use crate::commands::site::{Refused, Site};
use anyhow::Context;
use nexus_api::events::{BATCH_MAX, EventReceipt, EventReceipts};
use nexus_api::session::SessionAnswer;
use nexus_engine::ids::LearnerId;
use nexus_ingest::answers::IncomingAnswer;
use nexus_ingest::pump::Sink;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use tokio::runtime::Runtime;

/// Requests that are on their way together.
pub const LANES: usize = 4;
/// A request is sent before its body has more bytes; the server takes 1 MiB.
const BODY_BYTES_MAX: usize = 900 * 1024;

type SinkFault = Box<dyn std::error::Error + Send + Sync>;

/// A sink into a server.
pub struct SiteSink<'a> {
    site: Site<'a>,
    runtime: Runtime,
}

impl<'a> SiteSink<'a> {
    /// A sink into the server at an address, with a key that may send events and grades, and read
    /// learners.
    pub fn new(url: &'a str, key: &'a str) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { site: Site::new(url, key), runtime })
    }

    /// Sends some answers of a batch in order, in as many requests as it takes.
    async fn send(
        &self,
        batch: &[IncomingAnswer],
        lane: &[usize],
    ) -> anyhow::Result<Vec<(usize, EventReceipt)>> {
        let mut told = Vec::with_capacity(lane.len());
        let mut rest = lane;
        while !rest.is_empty() {
            let some;
            (some, rest) = rest.split_at(fitting(batch, rest));
            let texts: Vec<&str> = some.iter().map(|at| batch[*at].json.as_str()).collect();
            let body = format!("[{}]", texts.join(","));
            let request = || {
                let post = self.site.request(Method::POST, "/v1/events");
                post.header(CONTENT_TYPE, "application/json").body(body.clone())
            };
            let receipts = self.site.insist::<EventReceipts>(request).await.map_err(plain)?;
            let answered = receipts.receipts.len();
            anyhow::ensure!(
                answered == some.len(),
                "{answered} receipts for {} events",
                some.len()
            );
            told.extend(some.iter().copied().zip(receipts.receipts));
        }
        Ok(told)
    }
}

/// How many of the next answers fit into one request; one that is too large alone is sent alone, and
/// the server says so.
fn fitting(batch: &[IncomingAnswer], next: &[usize]) -> usize {
    let mut bytes = 2;
    let fits = next.iter().take(BATCH_MAX).take_while(|at| {
        bytes += batch[**at].json.len() + 1;
        bytes <= BODY_BYTES_MAX
    });
    fits.count().max(1)
}

/// The positions of a batch by lane, each learner in one.
fn dealt(batch: &[IncomingAnswer]) -> [Vec<usize>; LANES] {
    let mut lanes: [Vec<usize>; LANES] = Default::default();
    for (position, incoming) in batch.iter().enumerate() {
        let mut hasher = DefaultHasher::new();
        incoming.event.proposal.learner.hash(&mut hasher);
        lanes[(hasher.finish() % LANES as u64) as usize].push(position);
    }
    lanes
}

impl Sink for SiteSink<'_> {
    fn submit(&mut self, batch: &[IncomingAnswer]) -> Result<Vec<EventReceipt>, SinkFault> {
        let [first, second, third, fourth] = dealt(batch);
        let told = self.runtime.block_on(async {
            tokio::try_join!(
                self.send(batch, &first),
                self.send(batch, &second),
                self.send(batch, &third),
                self.send(batch, &fourth),
            )
        });
        let (first, second, third, fourth) = told.map_err(|fault| format!("{fault:#}"))?;
        let mut told = [first, second, third, fourth].concat();
        told.sort_by_key(|(position, _)| *position);
        Ok(told.into_iter().map(|(_, receipt)| receipt).collect())
    }

    fn erased(&mut self, learner: Option<&str>) -> Result<bool, SinkFault> {
        // Whose a record is that nobody can read is not known, so nothing of it is kept.
        let Some(learner) = learner else { return Ok(true) };
        // What is no id of a learner was never one of theirs; it may still hold their words.
        let Ok(learner) = LearnerId::new(learner) else { return Ok(true) };
        let asked = self.runtime.block_on(self.site.is_erased(&learner));
        Ok(asked.map_err(|fault| format!("{fault:#}"))?)
    }
}

fn plain(refused: Refused) -> anyhow::Error {
    match refused {
        Refused::No(code, detail) => anyhow::anyhow!("{detail} ({code})"),
        Refused::Fault(fault) => fault.context("ask the server"),
    }
}

/// Where runs into one server keep how far they came: a folder for each data, so that a server that
/// began anew is told everything anew.
pub struct SitePlaces {
    pub folder: PathBuf,
    /// Whether the server has fewer entries than it had after an earlier run, as after a restore.
    pub fell_behind: bool,
}

/// How many entries the server had, in its folder.
const HEAD: &str = "head";

impl SiteSink<'_> {
    /// The places of runs into this server, under a folder.
    ///
    /// Errors: the server does not answer, or the folder cannot be made.
    pub fn places(&self, progress: &Path) -> anyhow::Result<SitePlaces> {
        let SessionAnswer { data, head, .. } = self.session()?;
        let folder = progress.join(data);
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        let before = std::fs::read_to_string(folder.join(HEAD)).unwrap_or_default();
        let fell_behind = before.trim().parse().is_ok_and(|before: u64| head < before);
        Ok(SitePlaces { folder, fell_behind })
    }

    /// Notes how far the server is after a run.
    ///
    /// Errors: the server does not answer, or the note cannot be written.
    pub fn note_head(&self, places: &SitePlaces) -> anyhow::Result<()> {
        let head = self.session()?.head;
        std::fs::write(places.folder.join(HEAD), head.to_string()).context("note the entries")
    }

    fn session(&self) -> anyhow::Result<SessionAnswer> {
        let ask = || self.site.request(Method::GET, "/v1/session");
        self.runtime.block_on(self.site.insist(ask)).map_err(plain)
    }
}
