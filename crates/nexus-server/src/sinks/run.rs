//! The loop of a sink: read, deliver, move on.

use super::board::SinkStatus;
use super::section::SinkSection;
use super::{DeliveryFailure, OutgoingEntry, Receiver, position_name};
use crate::http::EntriesRead;
use crate::node::{Committed, NodeFault, NodeHandle, SourceBatch};
use crate::sources::delivery::StopFlag;
use crate::sources::section::TopicStart;
use nexus_api::journal::JournalEntry;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;

/// Entries that are read at a time: few, because they are read on the node's thread.
const PAGE: usize = 64;
/// How long a sink waits for a new entry before it looks by itself.
const IDLE: Duration = Duration::from_millis(500);
/// How long the first retry waits; each next one twice as long, up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// A sink on its thread.
pub(super) struct JournalSink {
    pub section: SinkSection,
    pub node: NodeHandle,
    pub runtime: tokio::runtime::Handle,
    pub status: Arc<SinkStatus>,
    pub stop: StopFlag,
}

/// A page of the journal.
struct Page {
    wanted: Vec<OutgoingEntry>,
    /// The place behind its last entry; the same as where it began when there was none.
    next: u64,
}

impl JournalSink {
    /// Delivers until it is told to stop.
    pub fn run(self, mut receiver: Box<dyn Receiver>) {
        // From before the first page on, so that nothing is missed between the two.
        let mut feed = self.node.feed();
        let Some(mut next) = self.persistently(|| self.begin()) else { return };
        while !self.stop.is_raised() {
            let Some(page) = self.persistently(|| self.read(next)) else { return };
            if page.next == next {
                self.wait(&mut feed);
                continue;
            }
            if !self.deliver(receiver.as_mut(), &page.wanted) {
                return;
            }
            let moved = self.persistently(|| self.move_to(page.next));
            let Some(position) = moved else { return };
            next = position;
        }
    }

    /// Where to begin: where the position is, or where the section says.
    fn begin(&self) -> Result<u64, NodeFault> {
        let places = self.runtime.block_on(self.node.source_positions())?;
        let own = places.get(&position_name(self.section.name()));
        if let Some(position) = own.and_then(|partitions| partitions.values().next()) {
            return Ok(*position);
        }
        let head = self.runtime.block_on(self.node.read(|reader| reader.state().head))?;
        match self.section.start() {
            TopicStart::Beginning => self.move_to(1),
            TopicStart::End => self.move_to(head + 1),
        }
    }

    fn read(&self, next: u64) -> Result<Page, NodeFault> {
        let look = self.node.read(move |reader| {
            let entries = reader.entries(next.saturating_sub(1), PAGE);
            EntriesRead::new(reader, entries)
        });
        // Written out here, not on the node's thread.
        let entries = self.runtime.block_on(look)?.bodies();
        let last = entries.last().map(|entry| entry.seq);
        let wanted = entries.into_iter().filter(|entry| self.section.wants(entry.kind));
        let outgoing = |entry: JournalEntry| {
            // invariant: entries of the journal are data of our own, which JSON can hold.
            let json = serde_json::to_string(&entry).unwrap_or_default();
            OutgoingEntry { seq: entry.seq, learner: entry.learner, json }
        };
        let wanted = wanted.map(outgoing).collect();
        Ok(Page { wanted, next: last.map_or(next, |seq| seq + 1) })
    }

    /// Delivers entries, however long it takes. What is refused for good is put aside, one by one.
    /// Answers with whether all are taken or put aside; not, when it is time to stop.
    fn deliver(&self, receiver: &mut dyn Receiver, entries: &[OutgoingEntry]) -> bool {
        if entries.is_empty() {
            return true;
        }
        let mut pause = PAUSE_MIN;
        loop {
            match receiver.deliver(entries) {
                Ok(()) => {
                    self.status.delivered(entries.len() as u64);
                    return true;
                }
                Err(DeliveryFailure::Never(reason)) => match entries {
                    [entry] => {
                        return self.persistently_put_aside(entry.seq, &reason);
                    }
                    // One of them is at fault; the others are delivered.
                    _ => {
                        let mut each = entries.iter();
                        return each
                            .all(|entry| self.deliver(receiver, std::slice::from_ref(entry)));
                    }
                },
                Err(DeliveryFailure::Later(reason)) => self.status.waits(&reason),
            }
            self.stop.sleep(pause);
            if self.stop.is_raised() {
                return false;
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    fn move_to(&self, next: u64) -> Result<u64, NodeFault> {
        let batch = SourceBatch {
            source: position_name(self.section.name()),
            partition: "journal".to_owned(),
            events: Vec::new(),
            next,
        };
        Ok(self.runtime.block_on(self.node.take_batch(batch))?.position)
    }

    /// Asks the node until it answers; `None` when it is time to stop.
    fn persistently<T>(&self, ask: impl Fn() -> Result<T, NodeFault>) -> Option<T> {
        let mut pause = PAUSE_MIN;
        loop {
            match ask() {
                Ok(answer) => return Some(answer),
                Err(NodeFault::Stopping) => return None,
                Err(fault) => self.status.waits(&format!("the journal cannot be asked: {fault:?}")),
            }
            self.stop.sleep(pause);
            if self.stop.is_raised() {
                return None;
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    fn persistently_put_aside(&self, seq: u64, reason: &str) -> bool {
        let mut pause = PAUSE_MIN;
        while let Err(error) = self.put_aside(seq, reason) {
            self.status.waits(&format!("what is refused cannot be put aside: {error}"));
            self.stop.sleep(pause);
            if self.stop.is_raised() {
                return false;
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
        self.status.put_aside(reason);
        true
    }

    /// Notes the place of an entry that was refused for good. Its words stay in the journal.
    fn put_aside(&self, seq: u64, reason: &str) -> std::io::Result<()> {
        let folder = self.node.directory().join("sinks");
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let path = folder.join(format!("{}.refused.ndjson", self.section.name()));
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        let line = serde_json::json!({"seq": seq, "reason": reason});
        file.write_all(format!("{line}\n").as_bytes())?;
        file.sync_data()?;
        File::open(&folder)?.sync_all()
    }

    /// Waits for an entry, but not for ever.
    fn wait(&self, feed: &mut broadcast::Receiver<Arc<Committed>>) {
        let first = async { tokio::time::timeout(IDLE, feed.recv()).await };
        // Which entry came, or that some were missed, does not matter: the journal has them.
        let _ = self.runtime.block_on(first);
    }
}
