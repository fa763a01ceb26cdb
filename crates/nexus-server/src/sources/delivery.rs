//! The delivery: records become events of the journal, or dead letters, each once.
//!
//! 1. What cannot be read as an event is put aside.
//! 2. The rest goes to the journal with the position behind the batch, in one transaction.
//! 3. What the journal rejects holds the position back; it is put aside, and only then does an empty
//!    batch move the position on. A kill in between delivers the batch again: events that were taken
//!    are known by their ids, and the dead letter may stand there twice, but never not at all.

use super::board::{SourceCounts, SourceStatus};
use super::dead_letters::{DeadLetter, DeadLetters, ERASED};
use super::foreign::{RecordReader, UnreadRecord};
use super::section::RecordFormat;
use crate::http::receipt_of;
use crate::node::{Incoming, NodeFault, NodeHandle, SourceBatch, Taken};
use nexus_api::events::{ReadEvent, ReceiptStatus, UnreadEvent};
use nexus_api::sources::{BatchReceipt, RecordReceipt, SourceActivity};
use nexus_engine::ids::LearnerId;
use nexus_ingest::foreign::{ActorKey, IriIndex};
use nexus_store::secret::ServerKey;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a batch that was not taken waits for the first time; twice as long each time after.
const RETRY: Duration = Duration::from_millis(50);
const RETRY_MAX: Duration = Duration::from_secs(2);
/// How long a reader sleeps without looking whether it is to stop.
const NAP: Duration = Duration::from_millis(20);

/// How long threads may take to stop. What was cut off is done again at the next start.
const STOP_MAX: Duration = Duration::from_secs(2);

/// Whether threads are to stop. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    pub fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Sleeps, unless it is time to stop.
    pub fn sleep(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.is_raised() && Instant::now() < until {
            std::thread::sleep(NAP.min(until.saturating_duration_since(Instant::now())));
        }
    }

    /// Tells threads to stop and waits for each, but no longer than [`STOP_MAX`] for all.
    pub(crate) fn stop(&self, threads: Vec<JoinHandle<()>>, of: &str) {
        self.raise();
        let until = Instant::now() + STOP_MAX;
        for thread in threads {
            while !thread.is_finished() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(5));
            }
            if thread.is_finished() && thread.join().is_err() {
                tracing::error!("the thread of a {of} ended in a panic");
            }
        }
    }
}

/// A record as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawRecordBytes {
    pub position: u64,
    pub bytes: Vec<u8>,
    /// Whether it is longer than what was kept.
    pub is_cut: bool,
    pub key: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
}

/// A record that is an event.
#[derive(Debug)]
pub struct ReadRecord {
    pub position: u64,
    pub event: ReadEvent,
    pub text: Box<RawValue>,
}

/// Why a batch was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryFault {
    /// It may be taken later: send it again.
    Later(String),
    /// It is never taken; what to do is in the words.
    Never(String),
}

/// Takes the batches of a source into the journal.
pub trait SourceJournal: Send + Sync {
    /// How far a source has come, by partition.
    ///
    /// Errors: why that is not known.
    fn positions(&self, source: &str) -> Result<BTreeMap<String, u64>, DeliveryFault>;

    /// What records of other systems are read with: the key by which people become learners, and what
    /// courses call things.
    ///
    /// Errors: why that is not known.
    fn names(&self) -> Result<(ActorKey, IriIndex), DeliveryFault> {
        Err(of_the_server())
    }

    /// Whether a learner was erased; of a record of another system that does not say readably whose it
    /// is, whether anybody was.
    ///
    /// Errors: why that is not known.
    fn is_erased(&self, _learner: Option<&str>) -> Result<bool, DeliveryFault> {
        Err(of_the_server())
    }

    /// Takes events and moves the position to `next`, or to the first that is rejected, in one
    /// transaction. `put_aside` is how many records became dead letters since the last call.
    ///
    /// Errors: why it is not known what was taken.
    fn take(
        &self,
        source: &str,
        partition: &str,
        next: u64,
        records: &[ReadRecord],
        put_aside: u64,
    ) -> Result<BatchReceipt, DeliveryFault>;
}

fn of_the_server() -> DeliveryFault {
    let words = "records of other systems are read by the server itself, which has the key of its data: \
                 set this source in the configuration of the server";
    DeliveryFault::Never(words.to_owned())
}

/// The reader is to stop: it was told to, or cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halted;

/// The way of one source into the journal.
pub struct Delivery {
    source: String,
    reader: RecordReader,
    journal: Arc<dyn SourceJournal>,
    dead_letters: Box<dyn DeadLetters>,
    status: Arc<SourceStatus>,
    stop: StopFlag,
    put_aside: u64,
}

impl Delivery {
    #[must_use]
    pub fn new(
        source: &str,
        format: RecordFormat,
        journal: Arc<dyn SourceJournal>,
        dead_letters: Box<dyn DeadLetters>,
        status: Arc<SourceStatus>,
        stop: StopFlag,
    ) -> Self {
        let (source, reader) = (source.to_owned(), RecordReader::new(format));
        Self { source, reader, journal, dead_letters, status, stop, put_aside: 0 }
    }

    #[must_use]
    pub fn status(&self) -> &SourceStatus {
        &self.status
    }

    #[must_use]
    pub fn stop(&self) -> &StopFlag {
        &self.stop
    }

    /// How far the source has come, by partition.
    ///
    /// Errors: [`Halted`] when it was told to stop before the journal answered.
    pub fn positions(&mut self) -> Result<BTreeMap<String, u64>, Halted> {
        self.insist(|own| own.journal.positions(&own.source))
    }

    /// Takes records of a partition that end before the position `next`; waits while the journal is
    /// busy.
    ///
    /// Errors: [`Halted`]: then it is not known what was taken, and the journal's position says so.
    pub fn deliver(
        &mut self,
        partition: &str,
        records: Vec<RawRecordBytes>,
        next: u64,
    ) -> Result<(), Halted> {
        let (mut read, mut letters, mut originals) = (Vec::new(), Vec::new(), Vec::new());
        if self.reader.needs_names() {
            let (key, iris) = self.insist(|own| own.journal.names())?;
            self.reader.know(key, iris);
        }
        for record in records {
            match self.reader.read(&record) {
                Ok(events) => {
                    originals.extend(events.iter().map(|_| record.clone()));
                    read.extend(events);
                }
                Err(unread) => letters.push(self.unread(partition, record, unread)?),
            }
        }
        self.put_aside(&letters)?;
        let receipt = self.take(partition, next, &read)?;
        let mut letters = Vec::new();
        for (record, receipt) in originals.into_iter().zip(&receipt.receipts) {
            if receipt.status == Some(ReceiptStatus::Rejected) {
                let code = receipt.code.as_deref().unwrap_or("rejected");
                let detail = receipt.detail.as_deref().unwrap_or_default();
                letters.push(self.letter(partition, record, code, detail));
            }
        }
        if !letters.is_empty() {
            self.put_aside(&letters)?;
            self.take(partition, next, &[])?;
        }
        Ok(())
    }

    /// The letter of a record that cannot be read. Nothing but its place is kept when its learner was
    /// erased, or may have been.
    fn unread(
        &mut self,
        partition: &str,
        record: RawRecordBytes,
        unread: UnreadRecord,
    ) -> Result<DeadLetter, Halted> {
        let UnreadRecord { problem, is_foreign, learner } = unread;
        let learner = learner.as_deref();
        if !is_foreign || !self.insist(|own| own.journal.is_erased(learner))? {
            return Ok(self.letter(partition, record, &problem.code, &problem.detail));
        }
        let (code, detail) = match learner {
            Some(_) => (ERASED, "the learner was erased; nothing of the record is kept"),
            None => (
                problem.code.as_str(),
                "the record does not say readably whose it is, and learners were erased; nothing of \
                 it is kept but its place",
            ),
        };
        let bare = RawRecordBytes { position: record.position, ..RawRecordBytes::default() };
        Ok(self.letter(partition, bare, code, detail))
    }

    fn letter(
        &self,
        partition: &str,
        record: RawRecordBytes,
        code: &str,
        detail: &str,
    ) -> DeadLetter {
        let RawRecordBytes { position, bytes, key, headers, .. } = record;
        let erased = code == ERASED;
        DeadLetter {
            source: self.source.clone(),
            partition: partition.to_owned(),
            position,
            code: code.to_owned(),
            detail: detail.to_owned(),
            original: if erased { Vec::new() } else { bytes },
            key: key.filter(|_| !erased),
            headers: if erased { Vec::new() } else { headers },
        }
    }

    fn put_aside(&mut self, letters: &[DeadLetter]) -> Result<(), Halted> {
        if letters.is_empty() {
            return Ok(());
        }
        self.insist(|own| own.dead_letters.put(letters).map_err(DeliveryFault::Later))?;
        self.put_aside += letters.len() as u64;
        Ok(())
    }

    fn take(
        &mut self,
        partition: &str,
        next: u64,
        records: &[ReadRecord],
    ) -> Result<BatchReceipt, Halted> {
        let receipt = self
            .insist(|own| own.journal.take(&own.source, partition, next, records, own.put_aside))?;
        self.put_aside = 0;
        Ok(receipt)
    }

    /// Tries until it works, or until it is time to stop.
    fn insist<T>(
        &mut self,
        mut work: impl FnMut(&mut Self) -> Result<T, DeliveryFault>,
    ) -> Result<T, Halted> {
        let mut wait = RETRY;
        loop {
            match work(self) {
                Ok(done) => {
                    if wait > RETRY {
                        self.status.is(SourceActivity::Running);
                    }
                    return Ok(done);
                }
                Err(DeliveryFault::Never(detail)) => {
                    self.status.went_wrong(SourceActivity::Failed, &detail);
                    return Err(Halted);
                }
                Err(DeliveryFault::Later(detail)) => {
                    self.status.went_wrong(SourceActivity::Waiting, &detail);
                }
            }
            if self.stop.is_raised() {
                return Err(Halted);
            }
            self.stop.sleep(wait);
            wait = (wait * 2).min(RETRY_MAX);
        }
    }
}

/// The journal of a node in this process.
pub struct NodeJournal {
    node: NodeHandle,
    status: Arc<SourceStatus>,
    runtime: tokio::runtime::Handle,
}

impl NodeJournal {
    #[must_use]
    pub fn new(
        node: NodeHandle,
        status: Arc<SourceStatus>,
        runtime: tokio::runtime::Handle,
    ) -> Self {
        Self { node, status, runtime }
    }
}

impl SourceJournal for NodeJournal {
    fn names(&self) -> Result<(ActorKey, IriIndex), DeliveryFault> {
        let courses =
            self.node.read(|reader| reader.state().latest_courses().cloned().collect::<Vec<_>>());
        let courses = self.runtime.block_on(courses).map_err(delivery_fault)?;
        let key = ServerKey::open(&self.node.directory());
        let key = key.map_err(|fault| DeliveryFault::Never(fault.to_string()))?;
        Ok((ActorKey::new(key.actors()), IriIndex::new(courses)))
    }

    fn is_erased(&self, learner: Option<&str>) -> Result<bool, DeliveryFault> {
        // What is no id of a learner was never one of theirs; it may still hold their words.
        let learner = learner.and_then(|learner| LearnerId::new(learner).ok());
        let erased = self.node.read(move |reader| match &learner {
            Some(learner) => reader.is_erased(learner),
            None => !reader.state().erasures.is_empty(),
        });
        self.runtime.block_on(erased).map_err(delivery_fault)
    }

    fn positions(&self, source: &str) -> Result<BTreeMap<String, u64>, DeliveryFault> {
        let mut places =
            self.runtime.block_on(self.node.source_positions()).map_err(delivery_fault)?;
        Ok(places.remove(source).unwrap_or_default())
    }

    fn take(
        &self,
        source: &str,
        partition: &str,
        next: u64,
        records: &[ReadRecord],
        put_aside: u64,
    ) -> Result<BatchReceipt, DeliveryFault> {
        let event = |record: &ReadRecord| (record.position, Ok(record.event.clone()));
        let batch = EventBatchOf {
            source,
            partition,
            next,
            events: records.iter().map(event).collect(),
            put_aside,
        };
        self.runtime.block_on(batch.take(&self.node, &self.status)).map_err(delivery_fault)
    }
}

fn delivery_fault(fault: NodeFault) -> DeliveryFault {
    let later = |detail: &str| DeliveryFault::Later(detail.to_owned());
    match fault {
        NodeFault::Overloaded => later("the journal is busy; the source waits"),
        NodeFault::StorageFull => later("the disk is full; the source waits for space"),
        NodeFault::Stopping => later("the server is stopping"),
        NodeFault::StorageFailed => {
            DeliveryFault::Never("the disk failed; check it, then start the server again".into())
        }
        NodeFault::Internal => DeliveryFault::Never(
            "a record broke an invariant: a bug; see the log for which, and report it".into(),
        ),
    }
}

/// A batch on its way to a node, from this process or from another.
pub(crate) struct EventBatchOf<'a> {
    pub source: &'a str,
    pub partition: &'a str,
    pub next: u64,
    pub events: Vec<(u64, Result<ReadEvent, UnreadEvent>)>,
    pub put_aside: u64,
}

impl EventBatchOf<'_> {
    /// Takes it, and counts what became of it.
    pub(crate) async fn take(
        self,
        node: &NodeHandle,
        status: &SourceStatus,
    ) -> Result<BatchReceipt, NodeFault> {
        let Self { source, partition, events, put_aside, .. } = self;
        // One that cannot be read holds the position back, like one that is refused.
        let mut next = self.next;
        let mut incoming = Vec::with_capacity(events.len());
        let mut receipts = Vec::with_capacity(events.len());
        for (position, event) in events {
            match event {
                Ok(event) => {
                    let ReadEvent { id, hash, proposal, .. } = event;
                    incoming.push((position, Incoming { id, hash, proposal }));
                    receipts.push(RecordReceipt {
                        position,
                        status: None,
                        code: None,
                        detail: None,
                    });
                }
                Err(unread) => {
                    next = next.min(position);
                    let UnreadEvent { problem, .. } = unread;
                    receipts.push(RecordReceipt {
                        position,
                        status: Some(ReceiptStatus::Rejected),
                        code: Some(problem.code),
                        detail: Some(problem.detail),
                    });
                }
            }
        }
        let ids: Vec<_> = incoming.iter().map(|(_, event)| event.id.to_string()).collect();
        let batch = SourceBatch {
            source: source.to_owned(),
            partition: partition.to_owned(),
            events: incoming,
            next,
        };
        let taken = node.take_batch(batch).await?;
        let mut counts = SourceCounts { rejected: put_aside, ..SourceCounts::default() };
        let read = receipts.iter_mut().filter(|receipt| receipt.status.is_none());
        for ((receipt, id), taken) in read.zip(ids).zip(taken.events) {
            let Taken::Now(became) = taken else {
                counts.behind += 1;
                continue;
            };
            let became = receipt_of(&id, &became);
            counts.accepted += u64::from(became.status == ReceiptStatus::Accepted);
            counts.duplicate += u64::from(became.status == ReceiptStatus::Duplicate);
            receipt.status = Some(became.status);
            (receipt.code, receipt.detail) = (became.code, became.detail);
        }
        status.count(counts);
        Ok(BatchReceipt { position: taken.position, receipts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    const ADA: &str = "https://lms.example/ada";

    /// A journal that takes everything, and knows who was erased.
    struct Erasures {
        learner: Option<String>,
    }

    fn key() -> ActorKey {
        ActorKey::new([7; 32])
    }

    impl SourceJournal for Erasures {
        fn positions(&self, _source: &str) -> Result<BTreeMap<String, u64>, DeliveryFault> {
            Ok(BTreeMap::new())
        }

        fn names(&self) -> Result<(ActorKey, IriIndex), DeliveryFault> {
            Ok((key(), IriIndex::default()))
        }

        fn is_erased(&self, learner: Option<&str>) -> Result<bool, DeliveryFault> {
            let erased = self.learner.as_deref();
            Ok(erased.is_some() && (learner.is_none() || learner == erased))
        }

        fn take(
            &self,
            _source: &str,
            _partition: &str,
            next: u64,
            _records: &[ReadRecord],
            _put_aside: u64,
        ) -> Result<BatchReceipt, DeliveryFault> {
            Ok(BatchReceipt { position: next, receipts: Vec::new() })
        }
    }

    /// Letters in memory.
    #[derive(Clone, Default)]
    struct Pile(Arc<Mutex<Vec<DeadLetter>>>);

    impl DeadLetters for Pile {
        fn put(&mut self, letters: &[DeadLetter]) -> Result<(), String> {
            self.0.lock().map_err(|error| error.to_string())?.extend_from_slice(letters);
            Ok(())
        }
    }

    /// The letters of three records: one of Ada, one of Ben, and one that does not say whose it is.
    fn letters(erased: Option<String>) -> Vec<DeadLetter> {
        let statement = |openid: &str| {
            let object = format!("{openid}/page");
            serde_json::json!({
                "actor": {"openid": openid},
                "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
                "object": {"id": object},
                "timestamp": "2026-11-22T09:00:00Z",
            })
            .to_string()
        };
        let half = format!("{{\"actor\": {{\"openid\": \"{ADA}");
        let texts = [statement(ADA), statement("https://lms.example/ben"), half];
        let records = texts.into_iter().zip(1..).map(|(text, position)| RawRecordBytes {
            position,
            bytes: text.into_bytes(),
            key: Some(b"key".to_vec()),
            headers: vec![("of".to_owned(), b"header".to_vec())],
            ..RawRecordBytes::default()
        });
        let pile = Pile::default();
        let mut delivery = Delivery::new(
            "lms",
            RecordFormat::Xapi,
            Arc::new(Erasures { learner: erased }),
            Box::new(pile.clone()),
            Arc::default(),
            StopFlag::default(),
        );
        delivery.deliver("p", records.collect(), 4).unwrap();
        let letters = pile.0.lock().unwrap();
        letters.clone()
    }

    #[test]
    fn nothing_is_kept_of_a_foreign_record_of_an_erased_learner() {
        let ada = key().of_openid(ADA);
        let codes = |letters: &[DeadLetter]| -> Vec<String> {
            letters.iter().map(|letter| letter.code.clone()).collect()
        };
        let kept = |letter: &DeadLetter| {
            (!letter.original.is_empty(), letter.key.is_some(), !letter.headers.is_empty())
        };
        let before = letters(None);
        assert_eq!(codes(&before), ["unknown_object", "unknown_object", "malformed_json"]);
        assert!(before.iter().all(|letter| kept(letter) == (true, true, true)));
        let after = letters(Some(ada));
        assert_eq!(codes(&after), [ERASED, "unknown_object", "malformed_json"]);
        for (letter, is_kept) in after.iter().zip([false, true, false]) {
            assert_eq!(kept(letter), (is_kept, is_kept, is_kept), "{letter:?}");
            assert!(is_kept || !format!("{letter:?}").contains("lms.example"), "{letter:?}");
        }
        let positions: Vec<u64> = after.iter().map(|letter| letter.position).collect();
        assert_eq!(positions, [1, 2, 3]);
    }
}
