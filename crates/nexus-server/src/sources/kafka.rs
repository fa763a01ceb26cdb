//! Topics of Kafka, read as a member of a consumer group.
//!
//! The group shares the partitions out; where to read on in each is what the journal says, and what
//! is committed to the broker is only for the tools that watch a group. Nothing is fetched while the
//! journal lets a batch wait, and what is fetched ahead is bounded.

use super::SourceFault;
use super::board::SourceStatus;
use super::dead_letters::{DeadLetter, DeadLetters};
use super::delivery::{Delivery, DeliveryFault, Halted, RawRecordBytes, SourceJournal, StopFlag};
use super::section::{KafkaSection, TopicStart};
use nexus_api::sources::SourceActivity;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, DeliveryResult, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaRespErr;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a poll waits.
pub(super) const POLL: Duration = Duration::from_millis(100);
/// How long records are collected before they are delivered.
const COLLECT: Duration = Duration::from_millis(20);
/// How long a dead letter may take to be acknowledged.
pub(super) const PUT_ASIDE_MAX: Duration = Duration::from_secs(30);
/// How long the journal is left alone when it does not say where to read on.
const REST: Duration = Duration::from_millis(200);

/// How long a broker may take to say what it has.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// What holds unless the section says otherwise.
const DEFAULTS: [(&str, &str); 5] = [
    ("queued.max.messages.kbytes", "4096"),
    ("queued.min.messages", "2000"),
    ("session.timeout.ms", "10000"),
    ("statistics.interval.ms", "1000"),
    ("client.id", "nexus"),
];

/// What a section may not change: the promises rest on it.
const FIXED: [(&str, &str); 4] = [
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    // A position that the broker does not have any more is an error, and no reason to skip.
    ("auto.offset.reset", "error"),
    ("partition.assignment.strategy", "range"),
];

/// A consumer that is ready to join its group.
pub struct KafkaReader {
    section: KafkaSection,
    consumer: BaseConsumer<Member>,
}

/// Opens a member of a group, and the producer of its dead letters.
pub(super) fn open(
    section: &KafkaSection,
    journal: Arc<dyn SourceJournal>,
    status: Arc<SourceStatus>,
    stop: &StopFlag,
) -> Result<(KafkaReader, DeadLetterTopic), SourceFault> {
    let fault = |reason: String| SourceFault::Client { name: section.name.clone(), reason };
    let refused = |error: KafkaError| fault(error.to_string());
    if let Some((name, _)) = FIXED.iter().find(|(name, _)| section.properties.contains_key(*name)) {
        return Err(fault(format!("`{name}` cannot be set: exactly once rests on it")));
    }
    let member = Member {
        source: section.name.clone(),
        start: section.start,
        journal,
        status,
        stop: stop.clone(),
        assignments: AtomicU64::new(0),
    };
    let mut config = settings(section);
    config.set("group.id", &section.group);
    for (name, value) in FIXED {
        config.set(name, value);
    }
    let consumer: BaseConsumer<Member> = config.create_with_context(member).map_err(refused)?;
    let topics: Vec<&str> = section.topics.iter().map(String::as_str).collect();
    consumer.subscribe(&topics).map_err(refused)?;
    let mut config = settings(section);
    config.set("enable.idempotence", "true").set("acks", "all");
    config.set("statistics.interval.ms", "0");
    let producer = config.create_with_context(Acknowledged::default()).map_err(refused)?;
    let topic = section.dead_letter_topic.clone();
    Ok((KafkaReader { section: section.clone(), consumer }, DeadLetterTopic { producer, topic }))
}

/// What consumers and producers share. What the section says wins.
pub(super) fn settings(section: &KafkaSection) -> ClientConfig {
    let mut config = ClientConfig::new();
    for (name, value) in DEFAULTS {
        config.set(name, value);
    }
    config.set("bootstrap.servers", &section.brokers);
    for (name, value) in &section.properties {
        config.set(name, value);
    }
    config.set_log_level(RDKafkaLogLevel::Warning);
    config
}

/// The name of a partition in the journal.
fn name_of(topic: &str, partition: i32) -> String {
    format!("{topic}/{partition}")
}

/// What the client tells while it is polled.
struct Member {
    source: String,
    start: TopicStart,
    journal: Arc<dyn SourceJournal>,
    status: Arc<SourceStatus>,
    stop: StopFlag,
    /// How often partitions were given or taken.
    assignments: AtomicU64,
}

impl Member {
    /// How far the journal is; waits for it, because to guess would be to skip or to repeat.
    fn positions(&self) -> Option<BTreeMap<String, u64>> {
        while !self.stop.is_raised() {
            match self.journal.positions(&self.source) {
                Ok(positions) => return Some(positions),
                Err(DeliveryFault::Later(detail) | DeliveryFault::Never(detail)) => {
                    self.status.went_wrong(SourceActivity::Waiting, &detail);
                    self.stop.sleep(REST);
                }
            }
        }
        None
    }

    /// Sets where each partition is to be read on.
    fn place(&self, assigned: &mut TopicPartitionList) -> Result<(), KafkaError> {
        let Some(positions) = self.positions() else { return Ok(()) };
        for mut partition in assigned.elements() {
            let name = name_of(partition.topic(), partition.partition());
            let known = positions.get(&name).and_then(|next| i64::try_from(*next).ok());
            partition.set_offset(match (known, self.start) {
                (Some(next), _) => Offset::Offset(next),
                (None, TopicStart::Beginning) => Offset::Beginning,
                (None, TopicStart::End) => Offset::End,
            })?;
        }
        self.status.is(SourceActivity::Running);
        Ok(())
    }
}

impl ClientContext for Member {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(source = self.source, facility, message, "the Kafka client says");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let detail = format!("{error}: {reason}; check `brokers` and `properties`");
        self.status.went_wrong(SourceActivity::Waiting, &detail);
    }

    fn stats(&self, statistics: Statistics) {
        let up = statistics.brokers.values().any(|broker| broker.state == "UP");
        // In no order: each has a place of its own on the board.
        statistics.topics.values().for_each(|topic| {
            let known = topic.partitions.values().filter(|it| it.desired && it.hi_offset >= 0);
            known.for_each(|partition| {
                let name = name_of(&topic.topic, partition.partition);
                self.status.ends_at(&name, partition.hi_offset.unsigned_abs());
            });
        });
        if up {
            self.status.recovered();
        }
    }
}

impl ConsumerContext for Member {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        event: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        self.assignments.fetch_add(1, Ordering::Relaxed);
        let done = match event {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                self.place(partitions).and_then(|()| consumer.assign(partitions))
            }
            _ => consumer.unassign(),
        };
        if let Err(error) = done {
            let detail = format!("partitions could not be taken or given back: {error}");
            self.status.went_wrong(SourceActivity::Waiting, &detail);
        }
    }
}

/// Records that wait to be delivered, by topic and partition.
type Pending = BTreeMap<(String, i32), Vec<RawRecordBytes>>;

impl KafkaReader {
    /// Reads until it is told to stop, then leaves the group.
    pub(super) fn run(self, mut delivery: Delivery) {
        let mut pending = Pending::new();
        let mut assignments = 0;
        while !delivery.stop().is_raised() {
            let began = Instant::now();
            let mut count = 0;
            loop {
                let wait = if count == 0 { POLL } else { COLLECT.saturating_sub(began.elapsed()) };
                let polled = self.consumer.poll(wait);
                let given = self.consumer.context().assignments.load(Ordering::Relaxed);
                if given != assignments {
                    // What was not delivered is read again, by this member or by another.
                    assignments = given;
                    pending.clear();
                    count = 0;
                }
                match polled {
                    Some(Ok(message)) => {
                        let key = (message.topic().to_owned(), message.partition());
                        pending.entry(key).or_default().push(record(&message));
                        count += 1;
                    }
                    Some(Err(error)) if is_lost(&error) => {
                        let status = &self.consumer.context().status;
                        return status.went_wrong(SourceActivity::Failed, &lost(&error));
                    }
                    // The client tries again by itself, and has said what is wrong.
                    Some(Err(error)) => tracing::debug!(%error, "a poll failed"),
                    None => break,
                }
                if count >= self.section.batch_max || began.elapsed() >= COLLECT {
                    break;
                }
            }
            if self.deliver_all(&mut pending, &mut delivery) == Err(Halted) {
                break;
            }
        }
        self.consumer.unsubscribe();
        // Leaving is told to the group while the client is polled.
        let until = Instant::now() + Duration::from_millis(500);
        while Instant::now() < until && self.consumer.assignment().is_ok_and(|it| it.count() > 0) {
            let _ = self.consumer.poll(POLL);
        }
    }

    fn deliver_all(&self, pending: &mut Pending, delivery: &mut Delivery) -> Result<(), Halted> {
        for ((topic, partition), records) in std::mem::take(pending) {
            let Some(last) = records.last() else { continue };
            let next = last.position + 1;
            delivery.deliver(&name_of(&topic, partition), records, next)?;
            let mut offsets = TopicPartitionList::new();
            let offset = Offset::Offset(i64::try_from(next).unwrap_or(i64::MAX));
            let committed = offsets
                .add_partition_offset(&topic, partition, offset)
                .and_then(|()| self.consumer.commit(&offsets, CommitMode::Async));
            if let Err(error) = committed {
                // Only those who watch the group miss it: the position is in the journal.
                tracing::debug!(%error, "an offset was not committed to the broker");
            }
        }
        Ok(())
    }
}

/// Whether the broker has no record at the position of the journal.
fn is_lost(error: &KafkaError) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::AutoOffsetReset)
}

fn lost(error: &KafkaError) -> String {
    format!(
        "the broker has no record at the position of the journal ({error}): records were deleted \
         before they were read, or the topic was made anew; stop the server, say where to read on \
         with `nexus source seek`, and start it again"
    )
}

fn record(message: &BorrowedMessage<'_>) -> RawRecordBytes {
    let headers = message.headers().into_iter().flat_map(Headers::iter);
    let header = |it: Header<'_, &[u8]>| (it.key.to_owned(), it.value.unwrap_or(&[]).to_vec());
    RawRecordBytes {
        position: u64::try_from(message.offset()).unwrap_or(0),
        bytes: message.payload().unwrap_or(&[]).to_vec(),
        is_cut: false,
        key: message.key().map(<[u8]>::to_vec),
        headers: headers.map(header).collect(),
    }
}

/// A topic of dead letters.
pub struct DeadLetterTopic {
    producer: BaseProducer<Acknowledged>,
    /// The topic; each topic's own when absent.
    topic: Option<String>,
}

/// What the broker did not acknowledge.
#[derive(Default)]
pub(super) struct Acknowledged(Mutex<Option<KafkaError>>);

impl Acknowledged {
    pub(super) fn refused(&self) -> Option<KafkaError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ClientContext for Acknowledged {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, message, "the Kafka client says");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "the producer of dead letters cannot reach a broker");
    }
}

impl ProducerContext for Acknowledged {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *failed = Some(error.clone());
        }
    }
}

impl DeadLetters for DeadLetterTopic {
    fn put(&mut self, letters: &[DeadLetter]) -> Result<(), String> {
        let failed = |error: KafkaError| format!("dead letters cannot be put aside: {error}");
        for letter in letters {
            let origin = letter.partition.rsplit_once('/');
            let (topic, partition) = origin.unwrap_or((letter.partition.as_str(), ""));
            let own = format!("{topic}.dlq");
            let name = self.topic.as_deref().unwrap_or(&own);
            let position = letter.position.to_string();
            let mut headers = OwnedHeaders::new();
            for (key, value) in &letter.headers {
                headers = headers.insert(Header { key, value: Some(value.as_slice()) });
            }
            for (key, value) in [
                ("nx-error", letter.code.as_str()),
                ("nx-detail", letter.detail.as_str()),
                ("nx-origin-topic", topic),
                ("nx-origin-partition", partition),
                ("nx-origin-offset", position.as_str()),
            ] {
                headers = headers.insert(Header { key, value: Some(value) });
            }
            let mut record: BaseRecord<'_, [u8], [u8]> =
                BaseRecord::to(name).payload(letter.original.as_slice()).headers(headers);
            if let Some(key) = &letter.key {
                record = record.key(key.as_slice());
            }
            self.producer.send(record).map_err(|(error, _)| failed(error))?;
        }
        self.producer.flush(PUT_ASIDE_MAX).map_err(failed)?;
        self.producer.context().refused().map_or(Ok(()), |error| Err(failed(error)))
    }
}

/// Sends the dead letters of a source back to the topics that they came from. Those that were sent
/// are committed in a group of their own, so that each is sent once unless this is cut short.
///
/// Errors: the client's error.
pub(super) fn redrive(section: &KafkaSection) -> Result<u64, SourceFault> {
    let fault = |error: KafkaError| SourceFault::Client {
        name: section.name.clone(),
        reason: error.to_string(),
    };
    let own = |topic: &String| format!("{topic}.dlq");
    let topics: Vec<String> = match &section.dead_letter_topic {
        Some(topic) => vec![topic.clone()],
        None => section.topics.iter().map(own).collect(),
    };
    let mut config = settings(section);
    config.set("group.id", format!("{}.redrive", section.group));
    config.set("enable.auto.commit", "false").set("auto.offset.reset", "earliest");
    let consumer: BaseConsumer = config.create().map_err(fault)?;
    let mut config = settings(section);
    config.set("enable.idempotence", "true").set("acks", "all").set("statistics.interval.ms", "0");
    let producer: BaseProducer<Acknowledged> =
        config.create_with_context(Acknowledged::default()).map_err(fault)?;
    // What is rejected again comes behind the ends of now, and waits for the next time.
    let mut left = waiting(&consumer, &topics).map_err(fault)?;
    let mut moved = 0;
    while !left.is_empty() {
        let Some(polled) = consumer.poll(POLL) else { continue };
        let message = polled.map_err(fault)?;
        let key = (message.topic().to_owned(), message.partition());
        let Some(end) = left.get(&key).copied() else { continue };
        if message.offset() < end {
            send_back(&message, &producer).map_err(fault)?;
            consumer.commit_message(&message, CommitMode::Sync).map_err(fault)?;
            moved += 1;
        }
        if message.offset() + 1 >= end {
            left.remove(&key);
        }
    }
    Ok(moved)
}

/// Begins to read what no redrive has sent yet, and answers with where each partition ends now.
fn waiting(
    consumer: &BaseConsumer,
    topics: &[String],
) -> Result<BTreeMap<(String, i32), i64>, KafkaError> {
    let mut partitions = TopicPartitionList::new();
    for topic in topics {
        let metadata = consumer.fetch_metadata(Some(topic), ANSWER_MAX)?;
        for partition in metadata.topics().iter().flat_map(|topic| topic.partitions()) {
            partitions.add_partition(topic, partition.id());
        }
    }
    let committed = consumer.committed_offsets(partitions, ANSWER_MAX)?;
    let (mut begins, mut ends) = (TopicPartitionList::new(), BTreeMap::new());
    for partition in committed.elements() {
        let (topic, number) = (partition.topic(), partition.partition());
        let (low, high) = consumer.fetch_watermarks(topic, number, ANSWER_MAX)?;
        let begin = match partition.offset() {
            Offset::Offset(next) => next.max(low),
            _ => low,
        };
        if begin < high {
            begins.add_partition_offset(topic, number, Offset::Offset(begin))?;
            ends.insert((topic.to_owned(), number), high);
        }
    }
    consumer.assign(&begins)?;
    Ok(ends)
}

fn send_back(
    letter: &BorrowedMessage<'_>,
    producer: &BaseProducer<Acknowledged>,
) -> Result<(), KafkaError> {
    let (mut topic, mut headers) = (None, OwnedHeaders::new());
    for header in letter.headers().into_iter().flat_map(Headers::iter) {
        match header.key {
            "nx-origin-topic" => {
                topic = header.value.and_then(|value| std::str::from_utf8(value).ok());
            }
            ours if ours.starts_with("nx-") => {}
            _ => headers = headers.insert(header),
        }
    }
    // What nothing of ours put there stays where it is.
    let Some(topic) = topic else { return Ok(()) };
    let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic).headers(headers);
    if let Some(payload) = letter.payload() {
        record = record.payload(payload);
    }
    if let Some(key) = letter.key() {
        record = record.key(key);
    }
    producer.send(record).map_err(|(error, _)| error)?;
    producer.flush(PUT_ASIDE_MAX)?;
    producer.context().refused().map_or(Ok(()), Err)
}
