//! Sinks: what is decided and what came of it, sent on to a webhook or a topic of Kafka.
//!
//! A thread a sink reads the journal in its order, keeps the entries of the types that the sink
//! wants, and delivers them. Only when the other side has taken a batch does the sink's position
//! move, as a change of the journal's own store. So every entry is delivered at least once, and in
//! the order of the journal, through kills on both sides; `seq` says to a receiver what came before.
//!
//! What the other side refuses for good is put aside as the place of the entry, without its words:
//! the journal has them, and an erasure has to forget them in one place only.

mod board;
mod kafka;
mod run;
pub mod section;
mod webhook;

pub use board::SinkBoard;
pub use webhook::signature;

use crate::node::NodeHandle;
use crate::sources::delivery::StopFlag;
use run::JournalSink;
use section::SinkSection;
use std::thread::JoinHandle;
use thiserror::Error;

/// What distinguishes the position of a sink from those of sources, whose names have no colon.
const POSITION_PREFIX: &str = "sink:";

/// Why sinks were not started.
#[derive(Debug, Error)]
pub enum SinkFault {
    /// This program was built without Kafka.
    #[error(
        "sink {name:?}: this program was built without Kafka; build it with `cargo build --release \
         -p nexus-cli --features kafka`"
    )]
    WithoutKafka { name: String },
    /// Its secret cannot be read.
    #[error("sink {name:?}: cannot read the secret in {path}")]
    Secret {
        name: String,
        path: std::path::PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// Its client refuses its settings.
    #[error("sink {name:?}: {reason}")]
    Client { name: String, reason: String },
    /// A thread could not be made.
    #[error("the thread of a sink could not be started")]
    Thread(#[source] std::io::Error),
}

/// An entry of the journal on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OutgoingEntry {
    seq: u64,
    /// What keeps the order: entries of one learner stay in one partition.
    learner: Option<String>,
    /// The entry as `GET /v1/journal` has it, as JSON.
    json: String,
}

/// Why a batch was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
enum DeliveryFailure {
    /// It is worth trying again: the other side is away, busy, or does not know us.
    Later(String),
    /// The other side will never take it.
    Never(String),
}

/// Where a sink sends entries to.
trait Receiver: Send {
    /// Delivers entries in their order. They are taken when it returns; after an error they may have
    /// been, and come again.
    fn deliver(&mut self, entries: &[OutgoingEntry]) -> Result<(), DeliveryFailure>;
}

/// The name under which the position of a sink is kept.
#[must_use]
pub fn position_name(sink: &str) -> String {
    format!("{POSITION_PREFIX}{sink}")
}

/// The sink whose position is kept under a name; `None` when it is a source's.
#[must_use]
pub fn sink_of(position_name: &str) -> Option<&str> {
    position_name.strip_prefix(POSITION_PREFIX)
}

/// The threads of the sinks.
#[derive(Debug, Default)]
pub struct SinkThreads {
    stop: StopFlag,
    threads: Vec<JoinHandle<()>>,
}

impl SinkThreads {
    /// Tells the sinks to stop and waits for them, but not for a receiver that does not answer.
    pub fn stop(self) {
        self.stop.stop(self.threads, "sink");
    }
}

/// Starts every sink of a configuration.
///
/// Errors: a [`SinkFault`] about the first that cannot be used at all; what may pass by itself, like
/// a receiver that does not answer, is told on the board instead.
pub fn start(
    sections: &[SinkSection],
    node: &NodeHandle,
    board: &SinkBoard,
    runtime: &tokio::runtime::Handle,
) -> Result<SinkThreads, SinkFault> {
    let mut threads = SinkThreads::default();
    for section in sections {
        let receiver: Box<dyn Receiver> = match section {
            SinkSection::Webhook(webhook) => webhook::open(webhook, runtime)?,
            SinkSection::Kafka(kafka) => kafka::open(kafka)?,
        };
        let sink = JournalSink {
            section: section.clone(),
            node: node.clone(),
            runtime: runtime.clone(),
            status: board.begin(section.name(), section.kind()),
            stop: threads.stop.clone(),
        };
        let thread = std::thread::Builder::new().name(format!("sink-{}", section.name()));
        let run = move || sink.run(receiver);
        threads.threads.push(thread.spawn(run).map_err(SinkFault::Thread)?);
    }
    Ok(threads)
}
