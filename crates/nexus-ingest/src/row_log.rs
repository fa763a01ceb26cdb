//! The rows of a table for those who want no events, counted so that none disappears.

use crate::Fault;
use crate::answers::{AnswerRow, Decoder};
use crate::fingerprint::Lineage;
use crate::mapping::Mapping;
use crate::rejection::Rejection;
use crate::source::{FileSource, Record, Source};
use std::path::Path;

/// What a table held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowTally {
    /// Answers that were to be read.
    pub records: u64,
    /// Answers that were read.
    pub read: u64,
    /// Records that could not be read.
    pub rejected: u64,
}

/// What is done with the rows of a table.
pub trait TakeRows {
    /// Takes a row, and its record. Errors: [`Fault`] when the whole reading must stop.
    fn take(&mut self, row: AnswerRow, record: &Record) -> Result<(), Fault>;

    /// Takes a record that could not be read.
    fn reject(&mut self, rejection: Rejection);

    /// Is told the bytes read of the file now and then.
    fn tick(&mut self, _bytes: u64) {}
}

/// Lines between two ticks.
const TICK_LINES: u64 = 1_024;

/// Reads a table to its end.
///
/// Errors: [`Fault`] when it cannot be read, the mapping does not fit, or a record is not accounted
/// for.
pub fn read(path: &Path, mapping: &Mapping, taker: &mut dyn TakeRows) -> Result<RowTally, Fault> {
    let mut source = FileSource::open(path, Decoder::assembly(Some(mapping)))?;
    let bytes = source.bytes_read();
    let mut decoder = Decoder::new(Some(mapping), &Lineage::default())?;
    let (mut tally, mut last_line, mut ticked, mut begun) = (RowTally::default(), 0, 0, false);
    while let Some(record) = source.next()? {
        let lost = |last: u64| Fault::Unaccounted {
            first: last + 1,
            last: record.last_line,
            records: 1,
            accounted: 0,
        };
        if record.line != last_line + 1 {
            return Err(lost(last_line));
        }
        last_line = record.last_line;
        if record.is_blank() {
            continue;
        }
        if !begun {
            begun = true;
            if decoder.begin(&record)? {
                continue;
            }
        }
        let rows = decoder.rows(&record);
        if rows.is_empty() {
            return Err(lost(record.line - 1));
        }
        tally.records += rows.len() as u64;
        for row in rows {
            match row {
                Ok(row) => {
                    tally.read += 1;
                    taker.take(row, &record)?;
                }
                Err(rejection) => {
                    tally.rejected += 1;
                    taker.reject(rejection);
                }
            }
        }
        if record.line >= ticked + TICK_LINES {
            ticked = record.line;
            taker.tick(bytes.get());
        }
    }
    Ok(tally)
}
