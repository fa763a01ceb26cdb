//! `[[source]]` in the configuration file.

use crate::config::ConfigFault;
use nexus_ingest::foreign::ForeignFormat;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Records of one batch: small, so that a decision never waits long behind one.
const BATCH_DEFAULT: usize = 64;

/// `[[source]]`, by its `kind`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum SourceSection {
    /// A file that grows, or standard input.
    File(FileSection),
    Kafka(KafkaSection),
}

/// What the records are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordFormat {
    /// One event as `POST /v1/events` takes it, as JSON.
    #[default]
    Nexus,
    /// A statement of the Experience API, as JSON.
    Xapi,
    /// A tracking event of Open edX, as its logger writes it.
    Openedx,
}

impl RecordFormat {
    /// The other system whose records they are; `None` of events.
    #[must_use]
    pub fn foreign(self) -> Option<ForeignFormat> {
        match self {
            Self::Nexus => None,
            Self::Xapi => Some(ForeignFormat::Xapi),
            Self::Openedx => Some(ForeignFormat::Openedx),
        }
    }
}

/// Where to begin in a partition of which nothing was taken yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TopicStart {
    /// With the oldest record that the broker has.
    #[default]
    Beginning,
    /// With the records that come from now on.
    End,
}

/// A file of one record a line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSection {
    pub name: String,
    /// Relative to the configuration file; `-` is standard input.
    pub path: PathBuf,
    #[serde(default)]
    pub format: RecordFormat,
    /// At most so many records a second; as fast as the journal takes them when absent.
    #[serde(default)]
    pub records_per_second_max: Option<u32>,
    #[serde(default = "batch_default")]
    pub batch_max: usize,
}

/// Topics of Kafka, read as a member of a consumer group.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaSection {
    pub name: String,
    /// `host:port`, separated by commas.
    pub brokers: String,
    pub topics: Vec<String>,
    /// The consumer group. One data directory, one group.
    pub group: String,
    #[serde(default)]
    pub format: RecordFormat,
    /// Where to begin in a partition of which nothing was taken yet.
    #[serde(default)]
    pub start: TopicStart,
    /// Where records go that were not taken; `<topic>.dlq` when absent.
    #[serde(default)]
    pub dead_letter_topic: Option<String>,
    #[serde(default = "batch_default")]
    pub batch_max: usize,
    /// Further settings of librdkafka, as they are: TLS, SASL, timeouts.
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
}

fn batch_default() -> usize {
    BATCH_DEFAULT
}

impl SourceSection {
    /// Its name: of its positions, its counters and its dead letters.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::File(file) => &file.name,
            Self::Kafka(kafka) => &kafka.name,
        }
    }

    /// The word of its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Kafka(_) => "kafka",
        }
    }

    /// What its records are.
    #[must_use]
    pub fn format(&self) -> RecordFormat {
        match self {
            Self::File(file) => file.format,
            Self::Kafka(kafka) => kafka.format,
        }
    }

    /// Takes paths as relative to a folder.
    pub(crate) fn place_in(&mut self, folder: &Path) {
        if let Self::File(file) = self
            && !file.is_standard_input()
        {
            file.path = folder.join(&file.path);
        }
    }

    fn batch_max(&self) -> usize {
        match self {
            Self::File(file) => file.batch_max,
            Self::Kafka(kafka) => kafka.batch_max,
        }
    }
}

impl FileSection {
    /// Whether it is standard input and no file.
    #[must_use]
    pub fn is_standard_input(&self) -> bool {
        self.path == Path::new("-")
    }
}

/// Checks what holds for all sources together.
///
/// Errors: [`ConfigFault::Source`] about the first that cannot be used.
pub fn check(sections: &[SourceSection]) -> Result<(), ConfigFault> {
    let mut names = BTreeSet::new();
    let mut inputs = 0;
    for section in sections {
        let name = section.name();
        let fault = |reason: String| ConfigFault::Source { name: name.to_owned(), reason };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
            let reason = "a name is 1 to 64 letters, digits, `-`, `_` or `.`";
            return Err(fault(reason.to_owned()));
        }
        if !names.insert(name) {
            return Err(fault("two sources have this name".to_owned()));
        }
        if !(1..=nexus_api::sources::RECORDS_MAX).contains(&section.batch_max()) {
            let max = nexus_api::sources::RECORDS_MAX;
            return Err(fault(format!("`batch_max` lies between 1 and {max}")));
        }
        match section {
            SourceSection::File(file) => {
                inputs += usize::from(file.is_standard_input());
                if inputs > 1 {
                    return Err(fault("standard input can be read by one source only".to_owned()));
                }
                if file.records_per_second_max == Some(0) {
                    return Err(fault("`records_per_second_max` is at least 1".to_owned()));
                }
            }
            SourceSection::Kafka(kafka) => {
                if kafka.topics.is_empty() {
                    return Err(fault("`topics` is empty".to_owned()));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

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
    fn a_file_and_a_topic_are_read_from_the_configuration() {
        let text = "[[source]]\nname = 'lms'\nkind = 'file'\npath = 'events.ndjson'\n\
            records_per_second_max = 20\n[[source]]\nname = 'clicks'\nkind = 'kafka'\n\
            brokers = 'localhost:9092'\ntopics = ['clicks']\ngroup = 'nexus'\n\
            [source.properties]\n'security.protocol' = 'sasl_plaintext'";
        let config = Config::parse(text, Path::new("/etc/nexus")).unwrap();
        let [SourceSection::File(file), SourceSection::Kafka(kafka)] = config.source.as_slice()
        else {
            panic!("{config:?}");
        };
        assert_eq!(file.path, Path::new("/etc/nexus/events.ndjson"));
        assert_eq!(kafka.properties["security.protocol"], "sasl_plaintext");
    }

    #[test]
    fn what_cannot_be_read_is_told_before_anything_starts() {
        let file = "[[source]]\nname = 'lms'\nkind = 'file'\npath = '-'\n";
        assert!(reason_of(&file.replace("path", "paht")).contains("paht"));
        assert!(reason_of(&file.replace("'file'", "'fax'")).contains("fax"));
        assert!(reason_of(&file.replace("lms", "l/s")).contains("letters"));
        assert!(reason_of(&format!("{file}batch_max = 0")).contains("batch_max"));
        assert!(reason_of(&format!("{file}format = 'csv'")).contains("csv"));
        assert!(reason_of(&format!("{file}{file}")).contains("two sources"));
        let other = file.replace("lms", "lms-2");
        assert!(reason_of(&format!("{file}{other}")).contains("standard input"));
    }
}
