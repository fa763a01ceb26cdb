//! From the bytes of a record to events: one of ours, or what a record of another system becomes.

use super::delivery::{RawRecordBytes, ReadRecord};
use super::line::LINE_BYTES_MAX;
use super::section::RecordFormat;
use nexus_api::FieldProblem;
use nexus_api::events::{self, UnreadEvent};
use nexus_ingest::foreign::{
    ActorKey, ForeignFormat, ForeignRecord, IriIndex, Translated, Translator,
};
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

/// A record that cannot be read.
pub(super) struct UnreadRecord {
    pub(super) problem: FieldProblem,
    /// Whether it is a record of another system, which may name somebody who was erased.
    pub(super) is_foreign: bool,
    /// Whose it is, when that can be read of a record of another system.
    pub(super) learner: Option<String>,
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
    /// Errors: why it cannot be read, and whose it is.
    pub(super) fn read(
        &mut self,
        record: &RawRecordBytes,
    ) -> Result<Vec<ReadRecord>, UnreadRecord> {
        let Self::Foreign { translator: Some(translator), .. } = self else {
            return read_own(record).map_err(|unread| UnreadRecord {
                problem: unread.problem,
                is_foreign: false,
                learner: None,
            });
        };
        let ForeignRecord { learner, said } = match text_of(record) {
            Ok(text) => translator.translate(text),
            Err(unread) => ForeignRecord { learner: None, said: Err(unread.problem) },
        };
        let said = said.map_err(|problem| UnreadEvent { id: None, problem });
        let events = said.and_then(|said| events_of(record.position, said));
        events.map_err(|unread| UnreadRecord { problem: unread.problem, is_foreign: true, learner })
    }
}

fn read_own(record: &RawRecordBytes) -> Result<Vec<ReadRecord>, UnreadEvent> {
    let event: Box<RawValue> = serde_json::from_str(text_of(record)?)
        .map_err(|error| unread("malformed_json", error.to_string()))?;
    Ok(vec![read_event(record.position, event)?])
}

/// The events of a record of another system.
fn events_of(position: u64, said: Translated) -> Result<Vec<ReadRecord>, UnreadEvent> {
    match said {
        Translated::Unused(_) => Ok(Vec::new()),
        Translated::Void(_) => {
            let words = "a source voids nothing; send the statement to /xapi/statements";
            Err(unread("void", words.to_owned()))
        }
        Translated::Events { events, dropped } => {
            if dropped > 0 {
                tracing::info!(position, dropped, "parts of a record could not be used");
            }
            let events = events.iter().map(|event| {
                let event = serde_json::value::to_raw_value(event)
                    .map_err(|error| unread("not_json", error.to_string()))?;
                read_event(position, event)
            });
            events.collect()
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
