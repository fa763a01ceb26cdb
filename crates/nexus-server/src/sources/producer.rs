//! Putting events into a topic: the mock stream, and the demonstration.

use super::SourceFault;

/// Puts events into a topic, each under the id of its learner, so that their order is kept. A
/// program without Kafka has none.
pub struct EventProducer {
    #[cfg(feature = "kafka")]
    topic: String,
    #[cfg(feature = "kafka")]
    producer: BaseProducer<Acknowledged>,
    #[cfg(not(feature = "kafka"))]
    never: std::convert::Infallible,
}

#[cfg(feature = "kafka")]
use super::kafka::{Acknowledged, POLL, PUT_ASIDE_MAX};
#[cfg(feature = "kafka")]
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
#[cfg(feature = "kafka")]
use rdkafka::client::DefaultClientContext;
#[cfg(feature = "kafka")]
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
#[cfg(feature = "kafka")]
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
#[cfg(feature = "kafka")]
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
#[cfg(feature = "kafka")]
use std::collections::BTreeMap;
#[cfg(feature = "kafka")]
use std::time::Duration;

/// Partitions of a topic that is made here.
#[cfg(feature = "kafka")]
const PARTITIONS: i32 = 4;

#[cfg(feature = "kafka")]
impl EventProducer {
    /// A producer that brokers acknowledge, and that sends nothing twice by itself.
    ///
    /// Errors: when the client refuses its settings.
    pub fn open(brokers: &str, topic: &str) -> Result<Self, SourceFault> {
        Self::open_with(brokers, topic, &BTreeMap::new())
    }

    /// The same with further settings of librdkafka.
    ///
    /// Errors: when the client refuses its settings.
    pub fn open_with(
        brokers: &str,
        topic: &str,
        properties: &BTreeMap<String, String>,
    ) -> Result<Self, SourceFault> {
        let mut config = ClientConfig::new();
        config.set("enable.gapless.guarantee", "true");
        properties.iter().for_each(|(name, value)| {
            config.set(name, value);
        });
        config.set("bootstrap.servers", brokers).set("client.id", "nexus");
        config.set("enable.idempotence", "true").set("acks", "all").set("linger.ms", "5");
        config.set_log_level(RDKafkaLogLevel::Warning);
        let topic = topic.to_owned();
        match config.create_with_context(Acknowledged::default()) {
            Ok(producer) => Ok(Self { topic, producer }),
            Err(error) => Err(SourceFault::Client { name: topic, reason: error.to_string() }),
        }
    }

    /// Makes the topic, unless it is there.
    ///
    /// Errors: the client's or the broker's error.
    pub async fn make_topic(brokers: &str, topic: &str) -> Result<(), SourceFault> {
        let fault = |reason: String| SourceFault::Client { name: topic.to_owned(), reason };
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", brokers).set_log_level(RDKafkaLogLevel::Warning);
        let admin: AdminClient<DefaultClientContext> =
            config.create().map_err(|error| fault(error.to_string()))?;
        let wanted = NewTopic::new(topic, PARTITIONS, TopicReplication::Fixed(1));
        let options = AdminOptions::new().operation_timeout(Some(PUT_ASIDE_MAX));
        let made = admin.create_topics([&wanted], &options).await;
        for made in made.map_err(|error| fault(error.to_string()))? {
            match made {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((_, code)) => return Err(fault(code.to_string())),
            }
        }
        Ok(())
    }

    /// Puts an event into the topic; it is there once [`EventProducer::flush`] says so.
    ///
    /// Errors: the client's error.
    pub fn send(&self, key: &str, event: &[u8]) -> Result<(), SourceFault> {
        // Takes what was acknowledged off the client's list, which would grow otherwise.
        self.producer.poll(Duration::ZERO);
        loop {
            let record = BaseRecord::to(&self.topic).key(key.as_bytes()).payload(event);
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                    self.producer.poll(POLL);
                }
                Err((error, _)) => return Err(self.fault(&error)),
            }
        }
    }

    /// Waits until everything is acknowledged.
    ///
    /// Errors: the first that was not.
    pub fn flush(&self) -> Result<(), SourceFault> {
        self.producer.flush(PUT_ASIDE_MAX).map_err(|error| self.fault(&error))?;
        self.producer.context().refused().map_or(Ok(()), |error| Err(self.fault(&error)))
    }

    fn fault(&self, error: &KafkaError) -> SourceFault {
        SourceFault::Client { name: self.topic.clone(), reason: error.to_string() }
    }
}

#[cfg(not(feature = "kafka"))]
impl EventProducer {
    /// Errors: always, for a build without the feature `kafka` cannot speak with a broker.
    pub async fn make_topic(_: &str, _: &str) -> Result<(), SourceFault> {
        Err(SourceFault::WithoutKafka)
    }

    /// Errors: always, for a build without the feature `kafka` cannot speak with a broker.
    pub fn open(_: &str, _: &str) -> Result<Self, SourceFault> {
        Err(SourceFault::WithoutKafka)
    }

    /// Errors: never, because there is no such producer.
    pub fn send(&self, _: &str, _: &[u8]) -> Result<(), SourceFault> {
        match self.never {}
    }

    /// Errors: never, because there is no such producer.
    pub fn flush(&self) -> Result<(), SourceFault> {
        match self.never {}
    }
}
