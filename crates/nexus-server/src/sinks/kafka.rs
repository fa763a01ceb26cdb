//! A receiver that is a topic of Kafka.

use super::section::KafkaSinkSection;
use super::{Receiver, SinkFault};

#[cfg(not(feature = "kafka"))]
pub(super) fn open(section: &KafkaSinkSection) -> Result<Box<dyn Receiver>, SinkFault> {
    Err(SinkFault::WithoutKafka { name: section.name.clone() })
}

#[cfg(feature = "kafka")]
pub(super) use with_kafka::open;

#[cfg(feature = "kafka")]
mod with_kafka {
    use super::super::{DeliveryFailure, OutgoingEntry};
    use super::{KafkaSinkSection, Receiver, SinkFault};
    use crate::sources::producer::EventProducer;

    struct Topic(EventProducer);

    /// Opens a producer. A broker that does not answer is no error yet.
    pub(in crate::sinks) fn open(
        section: &KafkaSinkSection,
    ) -> Result<Box<dyn Receiver>, SinkFault> {
        let producer =
            EventProducer::open_with(&section.brokers, &section.topic, &section.properties);
        let fault = |error: crate::sources::SourceFault| SinkFault::Client {
            name: section.name.clone(),
            reason: error.to_string(),
        };
        Ok(Box::new(Topic(producer.map_err(fault)?)))
    }

    impl Receiver for Topic {
        fn deliver(&mut self, entries: &[OutgoingEntry]) -> Result<(), DeliveryFailure> {
            let later =
                |error: crate::sources::SourceFault| DeliveryFailure::Later(error.to_string());
            for entry in entries {
                // Entries of no learner keep their order too: they share an empty key.
                let key = entry.learner.as_deref().unwrap_or_default();
                self.0.send(key, entry.json.as_bytes()).map_err(later)?;
            }
            self.0.flush().map_err(later)
        }
    }
}
