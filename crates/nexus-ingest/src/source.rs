//! Sources: where records come from, in order, each with its place.
//!
//! Every line of a file belongs to exactly one record. A quote that opens a cell of a table and is
//! never closed costs its own line and no other: the row is cut to its first line, which is
//! rejected when it is read, and reading goes on behind it.

mod array;

use crate::Fault;
use crate::file::{self, BytesRead, LINE_BYTES_MAX};
use crate::fingerprint::{Hashed, RunningHash};
use crate::table::RowScan;
use array::ArrayScan;
use std::collections::VecDeque;
use std::io::BufRead;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its first line, from 1.
    pub line: u64,
    /// Its last line. Reading goes on behind it.
    pub last_line: u64,
    /// Its text, lines joined by `\n`; what is not UTF-8 stands there as U+FFFD.
    pub text: String,
    /// What is wrong with the text as a whole.
    pub damage: Option<Damage>,
}

impl Record {
    /// Whether nothing stands in it.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// What is wrong with the text of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It is longer than [`LINE_BYTES_MAX`] bytes; the rest is not there.
    TooLong,
    /// Some of its bytes are not UTF-8.
    NotUtf8,
}

/// Gives records one after the other, in an order that never changes.
pub trait Source {
    /// The next record; `None` at the end.
    ///
    /// Errors: [`Fault`] when the source cannot be read on.
    fn next(&mut self) -> Result<Option<Record>, Fault>;
}

/// How lines make records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assembly {
    /// A line is a record.
    Lines,
    /// A line is a row of a table whose cells this letter separates; it goes on while a cell is
    /// open.
    Rows(char),
    /// A line is a record; in a file that begins with `[` an element of an array is one, and its
    /// place among them stands for its line.
    LinesOrArray,
    /// That many lines are a record; the last one may have fewer.
    Blocks(usize),
}

/// A line of a file.
#[derive(Clone, Debug)]
struct FileLine {
    text: String,
    damage: Option<Damage>,
}

/// Records of a file, plain or gzipped, read as they are asked for.
pub struct FileSource {
    path: PathBuf,
    reader: Hashed,
    assembly: Assembly,
    /// The last line that is part of a record.
    line: u64,
    /// Lines that were read ahead, in vain.
    ahead: VecDeque<FileLine>,
    /// Cells of the first row.
    width: Option<usize>,
    /// Where the reading of arrays is, when the file holds arrays.
    array: Option<ArrayScan>,
    read: BytesRead,
    buffer: Vec<u8>,
}

impl FileSource {
    /// Opens a file. Errors: [`Fault::Open`] when it cannot be opened.
    pub fn open(path: &Path, assembly: Assembly) -> Result<Self, Fault> {
        let read = BytesRead::default();
        let mut reader = file::open(path, &read)?;
        let array = match assembly {
            Assembly::LinesOrArray => {
                let fault = |source| Fault::Read { path: path.to_owned(), line: 0, source };
                array::begins(reader.fill_buf().map_err(fault)?).then(ArrayScan::default)
            }
            _ => None,
        };
        let (reader, ahead, path) = (Hashed::new(reader), VecDeque::new(), path.to_owned());
        let (width, buffer) = (None, Vec::new());
        Ok(Self { path, reader, assembly, line: 0, ahead, width, array, read, buffer })
    }

    /// How many bytes of the file were read; it goes on counting.
    #[must_use]
    pub fn bytes_read(&self) -> BytesRead {
        self.read.clone()
    }

    /// What was read of the file so far; it goes on counting.
    #[must_use]
    pub fn consumed(&self) -> RunningHash {
        self.reader.running()
    }

    fn next_line(&mut self) -> Result<Option<FileLine>, Fault> {
        if let Some(line) = self.ahead.pop_front() {
            return Ok(Some(line));
        }
        let fault = |source| Fault::Read { path: self.path.clone(), line: self.line, source };
        let length = file::read_line(&mut self.reader, &mut self.buffer).map_err(fault)?;
        let Some(length) = length else { return Ok(None) };
        let damage = if length > LINE_BYTES_MAX as u64 {
            Some(Damage::TooLong)
        } else {
            std::str::from_utf8(&self.buffer).is_err().then_some(Damage::NotUtf8)
        };
        Ok(Some(FileLine { text: String::from_utf8_lossy(&self.buffer).into_owned(), damage }))
    }

    /// The lines behind the first one that belong to a row that has an open cell; none when the
    /// row would not be sound.
    fn rest_of_row(&mut self, mut scan: RowScan, first: &FileLine) -> Result<Vec<FileLine>, Fault> {
        let (mut lines, mut bytes) = (Vec::new(), first.text.len());
        while scan.is_open() && bytes <= LINE_BYTES_MAX {
            let Some(line) = self.next_line()? else { break };
            scan.feed("\n");
            scan.feed(&line.text);
            bytes += 1 + line.text.len();
            lines.push(line);
        }
        let fits = self.width.is_none_or(|width| width == scan.cells());
        if scan.is_sound() && fits && bytes <= LINE_BYTES_MAX {
            self.width.get_or_insert(scan.cells());
            return Ok(lines);
        }
        for line in lines.into_iter().rev() {
            self.ahead.push_front(line);
        }
        Ok(Vec::new())
    }

    /// The lines that follow a first one in its record.
    fn following(&mut self, first: &FileLine) -> Result<Vec<FileLine>, Fault> {
        match self.assembly {
            _ if first.damage == Some(Damage::TooLong) => Ok(Vec::new()),
            Assembly::Lines | Assembly::LinesOrArray => Ok(Vec::new()),
            Assembly::Blocks(count) => {
                let mut lines = Vec::new();
                while lines.len() + 1 < count {
                    let Some(line) = self.next_line()? else { break };
                    lines.push(line);
                }
                Ok(lines)
            }
            Assembly::Rows(separator) => {
                // Most rows have no quote, and only the first of all tells how many cells there are.
                if self.width.is_some() && !first.text.contains('"') {
                    return Ok(Vec::new());
                }
                let mut scan = RowScan::new(separator);
                scan.feed(&first.text);
                if scan.is_open() {
                    return self.rest_of_row(scan, first);
                }
                if scan.is_sound() && !first.text.trim().is_empty() {
                    self.width.get_or_insert(scan.cells());
                }
                Ok(Vec::new())
            }
        }
    }
}

impl Source for FileSource {
    fn next(&mut self) -> Result<Option<Record>, Fault> {
        if let Some(scan) = &mut self.array {
            let fault = |source| Fault::Read { path: self.path.clone(), line: self.line, source };
            let next = scan.next(&mut self.reader).map_err(fault)?;
            self.line += u64::from(next.is_some());
            return Ok(next);
        }
        let Some(mut first) = self.next_line()? else { return Ok(None) };
        self.line += 1;
        if self.line == 1 && first.text.starts_with('\u{feff}') {
            first.text.remove(0);
        }
        let line = self.line;
        let mut record = Record { line, last_line: line, text: String::new(), damage: None };
        let following = self.following(&first)?;
        record.last_line += following.len() as u64;
        self.line = record.last_line;
        (record.text, record.damage) = (first.text, first.damage);
        for line in following {
            record.text.push('\n');
            record.text.push_str(&line.text);
            record.damage = record.damage.or(line.damage);
        }
        if record.text.len() > LINE_BYTES_MAX {
            record.damage = Some(Damage::TooLong);
        }
        Ok(Some(record))
    }
}
