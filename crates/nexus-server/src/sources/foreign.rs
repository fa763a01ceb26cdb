//! From the bytes of a record to events: one of ours, or what a record of another system becomes.

use super::delivery::{RawRecordBytes, ReadRecord};
use super::line::LINE_BYTES_MAX;
use super::section::RecordFormat;
use nexus_api::FieldProblem;
use nexus_api::events::{self, UnreadEvent};
use nexus_ingest::foreign::{ActorKey, ForeignFormat, IriIndex, Translated, Translator};
use serde_json::value::RawValue;

/// Reads the records of one source.
pub(super) enum RecordReader {
    Events,
    Foreign {
        format: ForeignFormat,
        /// Made with the first batch.
        translator: Option<Box<dyn Translator>>,
    },
}

impl RecordReader {
    pub(super) fn new(format: RecordFormat) -> Self {
        match format.foreign() {
            None => Self::Events,
            Some(format) => Self::Foreign { format, translator: None },
        }
    }

    /// Whether people and things have to be known by other names.
    pub(super) fn needs_names(&self) -> bool {
        matches!(self, Self::Foreign { .. })
    }

    /// Takes what courses call things from now on.
    pub(super) fn know(&mut self, key: ActorKey, iris: IriIndex) {
        if let Self::Foreign { format, translator } = self {
            match translator {
                Some(translator) => translator.set_iris(iris),
                None => *translator = Some(format.translator(key, iris)),
            }
        }
    }

    /// The events of a record; none of one that says nothing.
    ///
    /// Errors: why it cannot be read.
    pub(super) fn read(&mut self, record: &RawRecordBytes) -> Result<Vec<ReadRecord>, UnreadEvent> {
        let text = text_of(record)?;
        let Self::Foreign { translator: Some(translator), .. } = self else {
            let event: Box<RawValue> = serde_json::from_str(text)
                .map_err(|error| unread("malformed_json", error.to_string()))?;
            return Ok(vec![read_event(record.position, event)?]);
        };
        let said = translator.translate(text).said;
        match said.map_err(|problem| UnreadEvent { id: None, problem })? {
            Translated::Unused(_) => Ok(Vec::new()),
            Translated::Void(_) => {
                let words = "a source voids nothing; send the statement to /xapi/statements";
                Err(unread("void", words.to_owned()))
            }
            Translated::Events { events, .. } => {
                let events = events.iter().map(|event| {
                    let event = serde_json::value::to_raw_value(event)
                        .map_err(|error| unread("not_json", error.to_string()))?;
                    read_event(record.position, event)
                });
                events.collect()
            }
        }
    }
}

fn read_event(position: u64, text: Box<RawValue>) -> Result<ReadRecord, UnreadEvent> {
    Ok(ReadRecord { position, event: events::read_raw(&text)?, text })
}

fn text_of(record: &RawRecordBytes) -> Result<&str, UnreadEvent> {
    if record.is_cut || record.bytes.len() > LINE_BYTES_MAX {
        let detail = format!("a record has at most {LINE_BYTES_MAX} bytes");
        return Err(unread("record_too_long", detail));
    }
    std::str::from_utf8(&record.bytes).map_err(|error| unread("not_utf8", error.to_string()))
}

fn unread(code: &str, detail: String) -> UnreadEvent {
    UnreadEvent { id: None, problem: FieldProblem::new("", code, detail) }
}
