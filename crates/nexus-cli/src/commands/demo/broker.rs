//! The way of the learners' events through a broker, with `--source kafka`: the demonstration puts
//! them into a topic, and its server reads them from there.

use anyhow::Context;
use nexus_api::events::LearnerEvent;
use nexus_server::node::NodeHandle;
use nexus_server::sources::board::SourceBoard;
use nexus_server::sources::producer::EventProducer;
use nexus_server::sources::section::{KafkaSection, RecordFormat, SourceSection, TopicStart};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::oneshot;

/// The topic, and the name of the source that reads it.
pub const TOPIC: &str = "nexus.demo";

/// The source of the demonstration's server, whose topic is there then. Its group is of this run alone, and begins with what
/// comes from now on: the topic may hold what an earlier run has left.
pub async fn source(brokers: &str, run: &str) -> anyhow::Result<SourceSection> {
    EventProducer::make_topic(brokers, TOPIC).await?;
    let properties = [("topic.metadata.refresh.interval.ms", "1000"), ("fetch.wait.max.ms", "20")];
    let text = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Ok(SourceSection::Kafka(KafkaSection {
        name: TOPIC.to_owned(),
        brokers: brokers.to_owned(),
        topics: vec![TOPIC.to_owned()],
        group: format!("{TOPIC}.{run}"),
        format: RecordFormat::Nexus,
        start: TopicStart::End,
        dead_letter_topic: None,
        batch_max: 64,
        properties: BTreeMap::from(properties.map(text)),
    }))
}

/// How long the broker may take to give the topic to the server.
const READY_SECONDS_MAX: u64 = 30;
/// How long an event may take through the broker into the journal.
const ARRIVAL_SECONDS_MAX: u64 = 30;

type Waiting = Arc<Mutex<HashMap<String, oneshot::Sender<()>>>>;

/// Events into the topic, and the news that they have arrived in the journal.
pub struct EventRoute {
    producer: EventProducer,
    waiting: Waiting,
}

impl EventRoute {
    /// Waits until the server reads the topic.
    pub async fn open(
        brokers: &str,
        node: &NodeHandle,
        board: &SourceBoard,
    ) -> anyhow::Result<Self> {
        let producer = EventProducer::open(brokers, TOPIC)?;
        let waiting = Waiting::default();
        tokio::spawn(listen(node.clone(), Arc::clone(&waiting)));
        for _ in 0..READY_SECONDS_MAX * 10 {
            let mut reports = board.reports(BTreeMap::new()).into_iter();
            if reports.any(|report| report.lag.is_some()) {
                return Ok(Self { producer, waiting });
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("{brokers} did not give topic {TOPIC} within {READY_SECONDS_MAX} s")
    }

    /// Sends events of one learner, and waits until the last is in the journal: a learner sees
    /// what comes of an answer before the next one.
    pub async fn send(&self, events: &[LearnerEvent]) -> anyhow::Result<()> {
        let Some(last) = events.last() else { return Ok(()) };
        let (arrived, arrival) = oneshot::channel();
        self.lock().insert(last.id.clone(), arrived);
        for event in events {
            self.producer.send(&event.learner, &serde_json::to_vec(event)?)?;
        }
        let patience = Duration::from_secs(ARRIVAL_SECONDS_MAX);
        let waited = tokio::time::timeout(patience, arrival).await;
        self.lock().remove(&last.id);
        waited.ok().and_then(Result::ok).with_context(|| {
            format!("event {} did not arrive within {ARRIVAL_SECONDS_MAX} s", last.id)
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<()>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells those who wait what has arrived, until the node stops.
async fn listen(node: NodeHandle, waiting: Waiting) {
    let mut feed = node.feed();
    drop(node);
    loop {
        match feed.recv().await {
            Ok(committed) => {
                let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(waiter) = waiting.remove(committed.entry.id.as_str()) {
                    // Who waited may have gone.
                    let _ = waiter.send(());
                }
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
