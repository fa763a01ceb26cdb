//! Sources: streams of events that the server reads itself, each record with its effect exactly once.
//!
//! A reader (`tail`, `kafka`) gives records in the order of their partition. The `delivery` reads
//! them as events, puts aside what is none, and hands them to the journal together with the position
//! behind them: both are in one transaction. So a record that is delivered again, after a kill or a
//! rebalance or by a member that does not know yet that it was replaced, lies behind the position
//! and has no effect; and one that comes by two ways is known by its event's id.
//!
//! One thread a source, one batch at a time: a slow journal makes the reader wait, and memory is
//! bounded by a batch.

pub mod board;
pub mod dead_letters;
pub mod delivery;
mod foreign;
#[cfg(feature = "kafka")]
mod kafka;
pub mod line;
pub mod producer;
pub mod section;
pub mod tail;

use crate::clock::Clock;
use crate::node::NodeHandle;
use board::{SourceBoard, SourceStatus};
use dead_letters::DeadLetterFile;
use delivery::{Delivery, NodeJournal, SourceJournal, StopFlag};
use section::{KafkaSection, SourceSection};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use thiserror::Error;

/// Why sources were not started.
#[derive(Debug, Error)]
pub enum SourceFault {
    /// This program was built without Kafka.
    #[error(
        "this program was built without Kafka; build it with `cargo build --release -p nexus-cli \
         --features kafka`, or build the container image with that feature"
    )]
    WithoutKafka,
    /// The Kafka client refuses its settings, or a broker does not answer.
    #[error("{name}: {reason}")]
    Client {
        /// The source, or the topic.
        name: String,
        /// What the client says.
        reason: String,
    },
    /// A thread could not be made.
    #[error("the thread of a source could not be started")]
    Thread(#[source] std::io::Error),
}

/// The threads that read sources.
#[derive(Debug, Default)]
pub struct SourceThreads {
    stop: StopFlag,
    threads: Vec<JoinHandle<()>>,
}

impl SourceThreads {
    /// Starts reading a source into a journal, in a thread of its own. Dead letters of files are put
    /// into the folder.
    ///
    /// Errors: a [`SourceFault`] when it cannot be read at all.
    pub fn read(
        &mut self,
        section: &SourceSection,
        journal: Arc<dyn SourceJournal>,
        status: Arc<SourceStatus>,
        folder: &Path,
    ) -> Result<(), SourceFault> {
        let (name, stop) = (section.name(), self.stop.clone());
        let read: Box<dyn FnOnce() + Send> = match section {
            SourceSection::File(file) => {
                let aside = Box::new(DeadLetterFile::of(folder, name));
                let delivery = Delivery::new(name, section.format(), journal, aside, status, stop);
                let file = file.clone();
                Box::new(move || tail::run(&file, delivery))
            }
            #[cfg(feature = "kafka")]
            SourceSection::Kafka(section) => {
                let opened = kafka::open(section, Arc::clone(&journal), Arc::clone(&status), &stop);
                let (reader, aside) = opened?;
                let format = section.format;
                let aside = Box::new(aside);
                let delivery = Delivery::new(name, format, journal, aside, status, stop);
                Box::new(move || reader.run(delivery))
            }
            #[cfg(not(feature = "kafka"))]
            SourceSection::Kafka(_) => return Err(SourceFault::WithoutKafka),
        };
        let thread = std::thread::Builder::new().name(format!("source-{name}"));
        self.threads.push(thread.spawn(read).map_err(SourceFault::Thread)?);
        Ok(())
    }

    /// Whether every reader has come to its end.
    #[must_use]
    pub fn are_over(&self) -> bool {
        self.threads.iter().all(JoinHandle::is_finished)
    }

    /// Tells the readers to stop and waits for them. A batch under way is finished; a reader that
    /// waits for standard input is left to the end of the process, with nothing in its hands.
    pub fn stop(self) {
        self.stop.stop(self.threads, "source");
    }
}

/// Starts reading every source of a configuration into a node.
///
/// Errors: a [`SourceFault`] about the first that cannot be read at all; what may pass by itself,
/// like a broker that does not answer, is told on the board instead.
pub fn start(
    sections: &[SourceSection],
    node: &NodeHandle,
    clock: &Clock,
    board: &Arc<SourceBoard>,
    runtime: &tokio::runtime::Handle,
) -> Result<SourceThreads, SourceFault> {
    let mut threads = SourceThreads::default();
    for section in sections {
        let status = board.of(section.name());
        status.begin(section.kind(), clock.clone());
        let journal = NodeJournal::new(node.clone(), Arc::clone(&status), runtime.clone());
        threads.read(section, Arc::new(journal), status, &node.directory())?;
    }
    Ok(threads)
}

/// Where the dead letters of a source that is a file are put.
#[must_use]
pub fn dead_letter_path(data: &Path, source: &str) -> std::path::PathBuf {
    data.join("ingest").join(format!("source-{source}.rejected.ndjson"))
}

/// Sends the dead letters of a source back to the topics that they came from, and answers with how
/// many there were.
///
/// Errors: that this program has no Kafka, or what its client says.
#[cfg(feature = "kafka")]
pub fn redrive(section: &KafkaSection) -> Result<u64, SourceFault> {
    kafka::redrive(section)
}

/// The same, in a program without Kafka.
#[cfg(not(feature = "kafka"))]
pub fn redrive(_: &KafkaSection) -> Result<u64, SourceFault> {
    Err(SourceFault::WithoutKafka)
}
