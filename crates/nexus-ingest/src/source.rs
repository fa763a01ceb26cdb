//! Sources: where records come from, in order, each with its place.

use crate::Fault;
use crate::file::{self, BytesRead, LINE_BYTES_MAX};
use crate::fingerprint::{Hashed, RunningHash};
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its first line, from 1.
    pub line: u64,
    /// Its last line. Reading goes on behind it.
    pub last_line: u64,
    /// Its text, lines joined by `\n`.
    pub text: String,
    /// Why the text cannot be used: it is too long, or not UTF-8.
    pub damage: Option<&'static str>,
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
    /// A line is a record, and goes on while a double quote is open.
    QuotedLines,
    /// That many lines are a record; the last one may have fewer.
    Blocks(usize),
}

/// Records of a file, plain or gzipped, read as they are asked for.
pub struct FileSource {
    path: PathBuf,
    reader: Hashed,
    assembly: Assembly,
    line: u64,
    read: BytesRead,
    buffer: Vec<u8>,
}

impl FileSource {
    /// Opens a file. Errors: [`Fault::Open`] when it cannot be opened.
    pub fn open(path: &Path, assembly: Assembly) -> Result<Self, Fault> {
        let read = BytesRead::default();
        let reader = Hashed::new(file::open(path, &read)?);
        Ok(Self { path: path.to_owned(), reader, assembly, line: 0, read, buffer: Vec::new() })
    }

    /// How many bytes of the file were read; it goes on counting.
    #[must_use]
    pub fn bytes_read(&self) -> BytesRead {
        self.read.clone()
    }

    /// What its records so far were made of; it goes on counting.
    #[must_use]
    pub fn consumed(&self) -> RunningHash {
        self.reader.running()
    }

    /// Adds the next line to a record; says whether there was one.
    fn add_line(&mut self, record: &mut Record) -> Result<bool, Fault> {
        let fault = |source| Fault::Read { path: self.path.clone(), line: self.line, source };
        let length = file::read_line(&mut self.reader, &mut self.buffer).map_err(fault)?;
        let Some(length) = length else { return Ok(false) };
        if self.line >= record.line {
            record.text.push('\n');
        }
        self.line += 1;
        record.last_line = self.line;
        record.text.push_str(&String::from_utf8_lossy(&self.buffer));
        let total = record.text.len() as u64;
        if length > LINE_BYTES_MAX as u64 || total > LINE_BYTES_MAX as u64 {
            record.damage = Some("record_too_long");
        } else if std::str::from_utf8(&self.buffer).is_err() {
            record.damage = Some("not_utf8");
        }
        Ok(true)
    }

    fn complete(&self, record: &Record) -> bool {
        match self.assembly {
            _ if record.damage.is_some() => true,
            Assembly::Lines => true,
            Assembly::QuotedLines => record.text.bytes().filter(|b| *b == b'"').count() % 2 == 0,
            Assembly::Blocks(count) => record.last_line - record.line + 1 >= count as u64,
        }
    }
}

impl Source for FileSource {
    fn next(&mut self) -> Result<Option<Record>, Fault> {
        let line = self.line + 1;
        let mut record = Record { line, last_line: line, text: String::new(), damage: None };
        if !self.add_line(&mut record)? {
            return Ok(None);
        }
        if line == 1 && record.text.starts_with('\u{feff}') {
            record.text.remove(0);
        }
        while !self.complete(&record) && self.add_line(&mut record)? {}
        Ok(Some(record))
    }
}
