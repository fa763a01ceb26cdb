//! Answer files: from records to events on the wire.
//!
//! A file of events holds the very JSON of `POST /v1/events`, one object a line. Every other file
//! is a table that a [`Mapping`] explains: its rows become [`AnswerRow`]s, and these become events
//! in one place ([`wire`]). An event's id depends only on the course, the content of the file's
//! beginning ([`Lineage`]) and the line, so that a file may be sent again and again, under any
//! name, and never meets another one.

mod rows;
mod sequences;
mod values;
pub mod wire;

pub use rows::AnswerRow;
use rows::RowReader;

use crate::Fault;
use crate::fingerprint::Lineage;
use crate::foreign::{ForeignDecoder, UnusedRecords};
use crate::mapping::{Layout, Mapping};
use crate::rejection::Rejection;
use crate::slug::distinct;
use crate::source::{Assembly, Damage, Record};
use nexus_api::events::ReadEvent;
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::Proposal;
use std::sync::Arc;

/// An event on its way into the system.
#[derive(Clone, Debug)]
pub struct IncomingAnswer {
    /// First line of its record, from 1.
    pub line: u64,
    /// The event as JSON, as a site would have posted it.
    pub json: String,
    /// The event as the engine takes it.
    pub event: ReadEvent,
    /// The record it came from.
    pub original: Arc<str>,
    /// How many optional values of the record could not be read.
    pub dropped: u32,
}

/// What became of a part of a record that stands for itself.
#[derive(Clone, Debug)]
pub enum Decoded {
    Event(IncomingAnswer),
    Rejected(Rejection),
    /// It says nothing that is looked at.
    Unused,
    /// What an earlier record said never happened.
    Void {
        line: u64,
        /// The id of its event.
        event: String,
    },
}

impl From<Result<IncomingAnswer, Rejection>> for Decoded {
    fn from(read: Result<IncomingAnswer, Rejection>) -> Self {
        match read {
            Ok(event) => Self::Event(event),
            Err(rejection) => Self::Rejected(rejection),
        }
    }
}

/// Turns records into events.
pub enum Decoder {
    /// Records are events already.
    Events,
    /// Records are rows of a table.
    Table(Box<TableDecoder>),
    /// Records are those of another system.
    Foreign(Box<ForeignDecoder>),
}

/// Turns the rows of one table into events.
pub struct TableDecoder {
    rows: RowReader,
    /// The id of the course, which the ids of its events begin with.
    course: String,
    /// The marks of the file, which come next in them.
    lineage: Lineage,
    /// Whether learners have no names, so that those of two files must be kept apart.
    nameless: bool,
}

impl Decoder {
    /// A decoder for a file: of events when there is no mapping, else of the table it explains,
    /// whose events get ids from the file's lineage.
    ///
    /// Errors: [`Fault::Mapping`] when the mapping cannot be used.
    pub fn new(mapping: Option<&Mapping>, lineage: &Lineage) -> Result<Self, Fault> {
        let Some(mapping) = mapping else { return Ok(Self::Events) };
        let (rows, course) = (RowReader::new(mapping)?, distinct(&mapping.course));
        let nameless = mapping.layout == Layout::SkillSequences;
        let lineage = lineage.clone();
        Ok(Self::Table(Box::new(TableDecoder { rows, course, lineage, nameless })))
    }

    /// How the lines of its files make records.
    #[must_use]
    pub fn assembly(mapping: Option<&Mapping>) -> Assembly {
        match mapping.map(|mapping| mapping.layout) {
            None => Assembly::Lines,
            Some(Layout::Rows) => Assembly::Rows(mapping.map_or(',', |mapping| mapping.separator)),
            Some(Layout::Sequences) => Assembly::Blocks(sequences::LINES),
            Some(Layout::SkillSequences) => Assembly::Blocks(sequences::SKILL_LINES),
        }
    }

    /// Takes the record that the file begins with. Gives whether it names the columns, and so holds
    /// no answer.
    ///
    /// Errors: [`Fault::Mapping`] when a column of the mapping is not there, or there twice.
    pub fn begin(&mut self, record: &Record) -> Result<bool, Fault> {
        match self {
            Self::Events | Self::Foreign(_) => Ok(false),
            Self::Table(table) => table.rows.begin(record),
        }
    }

    /// Whether records have times of their own, so that they can be sorted by them.
    #[must_use]
    pub fn has_times(&self) -> bool {
        match self {
            Self::Events | Self::Foreign(_) => true,
            Self::Table(table) => table.rows.has_times(),
        }
    }

    /// The learner of a record and its time, when it can be read and has one.
    #[must_use]
    pub fn moment(&self, record: &Record) -> Option<(String, Timestamp)> {
        match self {
            Self::Events => {
                let Proposal { learner, occurred_at, .. } =
                    wire::proposal(&record.text).filter(|_| record.damage.is_none())?;
                Some((learner.to_string(), occurred_at?))
            }
            Self::Table(table) => table.rows.when(record),
            Self::Foreign(foreign) => {
                let at = foreign.moment(record).filter(|_| record.damage.is_none())?;
                Some((String::new(), at))
            }
        }
    }

    /// Whether records only make sense in the order of their times: some are understood by those
    /// before them.
    #[must_use]
    pub fn needs_order(&self) -> bool {
        matches!(self, Self::Foreign(_))
    }

    /// What there was no use for; nothing of files that are events or tables.
    #[must_use]
    pub fn unused(&self) -> Option<&UnusedRecords> {
        match self {
            Self::Foreign(foreign) => Some(foreign.unused()),
            Self::Events | Self::Table(_) => None,
        }
    }

    /// What becomes of a record: at least one thing, and exactly one of a record that holds one answer. Only a blank record has none.
    pub fn decode(&mut self, record: &Record) -> Vec<Decoded> {
        if record.is_blank() {
            return Vec::new();
        }
        if let Some(rejection) = self.unusable(record) {
            return vec![Decoded::Rejected(rejection)];
        }
        let original: Arc<str> = Arc::from(record.text.as_str());
        match self {
            Self::Events => vec![wire::read(record.line, record.text.clone(), &original).into()],
            Self::Table(table) => {
                table.decode(record, &original).into_iter().map(Decoded::from).collect()
            }
            Self::Foreign(foreign) => foreign.decode(record),
        }
    }

    /// The rows of a record of a table, for those who want no events, or what is wrong with it. Only
    /// a blank record has none, and only files of events have no rows.
    #[must_use]
    pub fn rows(&self, record: &Record) -> Vec<Result<AnswerRow, Rejection>> {
        let Self::Table(table) = self else { return Vec::new() };
        if record.is_blank() {
            return Vec::new();
        }
        match self.unusable(record) {
            Some(rejection) => vec![Err(rejection)],
            None => table.rows.read(record),
        }
    }

    /// Why a record cannot be used as a whole. In a row of a table only the cells that are used
    /// must be UTF-8.
    fn unusable(&self, record: &Record) -> Option<Rejection> {
        let by_cells = matches!(self, Self::Table(table) if table.rows.has_cells());
        let (code, reason) = match record.damage? {
            Damage::TooLong => ("record_too_long", "the record is longer than 1 MiB"),
            Damage::NotUtf8 if by_cells => return None,
            Damage::NotUtf8 => ("not_utf8", values::NOT_UTF8),
        };
        Some(Rejection::new(record.line, code, reason, &record.text))
    }
}

impl TableDecoder {
    fn decode(
        &self,
        record: &Record,
        original: &Arc<str>,
    ) -> Vec<Result<IncomingAnswer, Rejection>> {
        let mark = self.lineage.mark(record.line);
        let base = format!("{}:{mark}:{}", self.course, record.line);
        let event = |(place, row): (usize, Result<AnswerRow, Rejection>)| {
            let mut row = row?;
            if self.nameless {
                row.learner = format!("{}-{mark}", row.learner);
            }
            let id = match place {
                0 => base.clone(),
                _ => format!("{base}.{place}"),
            };
            let json = wire::json(&row, id, self.rows.course());
            let json = json.map_err(|error| {
                Rejection::new(record.line, "not_json", error.to_string(), original)
            })?;
            let read = wire::read(record.line, json, original)?;
            Ok(IncomingAnswer { dropped: row.dropped, ..read })
        };
        self.rows.read(record).into_iter().enumerate().map(event).collect()
    }
}
