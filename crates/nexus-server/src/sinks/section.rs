//! `[[sink]]` in the configuration file.

use crate::config::ConfigFault;
use crate::sources::section::TopicStart;
use nexus_api::words::EntryType;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What is sent unless the section says otherwise.
const TYPES_DEFAULT: [&str; 2] = ["decision_made", "reward_joined"];

/// `[[sink]]`, by its `kind`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum SinkSection {
    /// An address that takes batches by `POST`.
    Webhook(WebhookSection),
    /// A topic of Kafka.
    Kafka(KafkaSinkSection),
}

/// An address that takes batches by `POST`, each with a signature.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSection {
    pub name: String,
    /// `https://...`, or `http://...` inside one's own network.
    pub url: String,
    /// A file with the secret that batches are signed with, relative to the configuration file.
    pub secret_file: PathBuf,
    /// The types of entries that it wants; [`TYPES_DEFAULT`] when absent.
    #[serde(default)]
    pub types: Option<Vec<EntryType>>,
    /// Where to begin in a journal of which nothing was delivered yet.
    #[serde(default = "start_default")]
    pub start: TopicStart,
}

/// A topic of Kafka; the key of a record is its learner, so that the order of a learner is kept.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaSinkSection {
    pub name: String,
    /// `host:port`, separated by commas.
    pub brokers: String,
    pub topic: String,
    /// The types of entries that it wants; [`TYPES_DEFAULT`] when absent.
    #[serde(default)]
    pub types: Option<Vec<EntryType>>,
    /// Where to begin in a journal of which nothing was delivered yet.
    #[serde(default = "start_default")]
    pub start: TopicStart,
    /// Further settings of librdkafka, as they are: TLS, SASL, timeouts.
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
}

fn start_default() -> TopicStart {
    TopicStart::End
}

impl SinkSection {
    /// Its name: of its position, its counters and what is put aside.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Webhook(webhook) => &webhook.name,
            Self::Kafka(kafka) => &kafka.name,
        }
    }

    /// The word of its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Kafka(_) => "kafka",
        }
    }

    /// Whether it wants entries of a type.
    #[must_use]
    pub fn wants(&self, kind: EntryType) -> bool {
        match self.types() {
            Some(types) => types.contains(&kind),
            None => TYPES_DEFAULT.contains(&kind.as_str()),
        }
    }

    fn types(&self) -> Option<&[EntryType]> {
        match self {
            Self::Webhook(webhook) => webhook.types.as_deref(),
            Self::Kafka(kafka) => kafka.types.as_deref(),
        }
    }

    /// Where to begin in a journal of which nothing was delivered yet.
    #[must_use]
    pub fn start(&self) -> TopicStart {
        match self {
            Self::Webhook(webhook) => webhook.start,
            Self::Kafka(kafka) => kafka.start,
        }
    }

    /// Takes paths as relative to a folder.
    pub(crate) fn place_in(&mut self, folder: &Path) {
        if let Self::Webhook(webhook) = self {
            webhook.secret_file = folder.join(&webhook.secret_file);
        }
    }
}

/// Checks what holds for all sinks together.
///
/// Errors: [`ConfigFault::Sink`] about the first that cannot be used.
pub fn check(sections: &[SinkSection]) -> Result<(), ConfigFault> {
    let mut names = BTreeSet::new();
    for section in sections {
        let name = section.name();
        let fault = |reason: &str| {
            Err(ConfigFault::Sink { name: name.to_owned(), reason: reason.to_owned() })
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
            return fault("a name is 1 to 64 letters, digits, `-`, `_` or `.`");
        }
        if !names.insert(name) {
            return fault("two sinks have this name");
        }
        if section.types().is_some_and(<[_]>::is_empty) {
            return fault("`types` is empty: name at least one type of journal entry");
        }
        if let SinkSection::Webhook(webhook) = section
            && !["https://", "http://"].iter().any(|scheme| webhook.url.starts_with(scheme))
        {
            return fault("`url` begins with https:// or http://");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const HOOK: &str = "[[sink]]\nname = 'lms'\nkind = 'webhook'\n\
                        url = 'https://lms.example/nexus'\nsecret_file = 'hook.secret'\n";

    fn reason_of(text: &str) -> String {
        match Config::parse(text, Path::new("/etc/nexus")) {
            Ok(config) => panic!("taken: {config:?}"),
            Err(fault) => match std::error::Error::source(&fault) {
                Some(source) => source.to_string(),
                None => fault.to_string(),
            },
        }
    }

    #[test]
    fn decisions_and_rewards_from_now_on_are_sent_unless_the_file_says_otherwise() {
        let config = Config::parse(HOOK, Path::new("/etc/nexus")).unwrap();
        let [SinkSection::Webhook(webhook)] = config.sink.as_slice() else { panic!("{config:?}") };
        assert_eq!(webhook.secret_file, Path::new("/etc/nexus/hook.secret"));
        let wants = |section: &SinkSection, word: &str| {
            let kind = serde_json::from_value(serde_json::json!(word)).unwrap();
            section.wants(kind)
        };
        let wanted = ["decision_made", "reward_joined", "question_answered"];
        let hook = wanted.map(|word| wants(&config.sink[0], word));
        assert_eq!(hook, [true, true, false]);
        assert_eq!(webhook.start, TopicStart::End);
        let kafka = "[[sink]]\nname = 'out'\nkind = 'kafka'\nbrokers = 'localhost:9092'\n\
                     topic = 'nexus.out'\ntypes = ['question_answered']\nstart = 'beginning'";
        let config = Config::parse(kafka, Path::new("/etc/nexus")).unwrap();
        assert_eq!(wanted.map(|word| wants(&config.sink[0], word)), [false, false, true]);
        assert_eq!(config.sink[0].start(), TopicStart::Beginning);
    }

    #[test]
    fn what_cannot_be_sent_is_told_before_anything_starts() {
        assert!(reason_of(&HOOK.replace("url", "uri")).contains("uri"));
        assert!(reason_of(&HOOK.replace("https://", "ftp://")).contains("https://"));
        assert!(reason_of(&HOOK.replace("lms'", "l/s'")).contains("letters"));
        assert!(reason_of(&format!("{HOOK}types = []")).contains("types"));
        assert!(reason_of(&format!("{HOOK}types = ['decision']")).contains("decision"));
        assert!(reason_of(&format!("{HOOK}{HOOK}")).contains("two sinks"));
    }
}
