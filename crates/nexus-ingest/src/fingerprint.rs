//! What a file is known by: its content, whatever it is called.
//!
//! A file is told from others by its beginning, the first 64 KiB after decompression. A shorter
//! file that is appended to gets another beginning, so the beginnings it had are kept one after
//! the other ([`Lineage`]). A line is marked by the first of them that covers it. So a copy gets
//! the marks of its original, a line keeps its mark when others are appended, and the mark of a
//! line in the first 64 KiB is made of content with this very line in it: two files that differ
//! there never share the mark of a line in which they differ.

use crate::Fault;
use crate::file::{self, BytesRead};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of a file's beginning that tell it from others.
pub const HEAD_BYTES_MAX: u64 = 64 * 1024;

/// Hexadecimal digits of a hash that make a mark.
const MARK_DIGITS: usize = 16;

/// A beginning that a file had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileHead {
    /// How many bytes were hashed.
    pub bytes: u64,
    /// How many lines begin in them.
    pub lines: u64,
    /// Their BLAKE3 hash in hexadecimal digits.
    pub hash: String,
}

impl FileHead {
    fn mark(&self) -> &str {
        self.hash.get(..MARK_DIGITS).unwrap_or(&self.hash)
    }
}

/// The beginning of a file as it is now.
pub struct Beginning(Vec<u8>);

impl Beginning {
    /// Reads the beginning of a file. Where it breaks off, it is what could be read: the next
    /// reader of the file meets the same fault and reports it with its line.
    ///
    /// Errors: [`Fault::Open`] when the file cannot be opened.
    pub fn read(path: &Path) -> Result<Self, Fault> {
        let mut bytes = Vec::new();
        let mut reader = file::open(path, &BytesRead::default())?.take(HEAD_BYTES_MAX);
        let _ = reader.read_to_end(&mut bytes);
        Ok(Self(bytes))
    }

    fn has(&self, head: &FileHead) -> bool {
        let start = usize::try_from(head.bytes).ok().and_then(|bytes| self.0.get(..bytes));
        start.is_some_and(|start| hash(start) == head.hash)
    }

    fn head(&self) -> FileHead {
        let ends = self.0.iter().filter(|byte| **byte == b'\n').count() as u64;
        let open = self.0.last().is_some_and(|byte| *byte != b'\n');
        let lines = ends + u64::from(open);
        FileHead { bytes: self.0.len() as u64, lines, hash: hash(&self.0) }
    }
}

/// The beginnings a file had, the shortest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lineage(Vec<FileHead>);

impl Lineage {
    /// The lineage of a file: the longest part that it shares with a known one, and its beginning
    /// as it is now.
    #[must_use]
    pub fn of<'a>(beginning: &Beginning, known: impl Iterator<Item = &'a Self>) -> Self {
        let shared = |lineage: &'a Self| -> &'a [FileHead] {
            let count = lineage.0.iter().take_while(|head| beginning.has(head)).count();
            &lineage.0[..count]
        };
        let longest = known.map(shared).max_by_key(|heads| heads.last().map(|head| head.bytes));
        let mut heads = longest.unwrap_or_default().to_vec();
        let now = beginning.head();
        if heads.last().map_or(0, |head| head.bytes) < now.bytes {
            heads.push(now);
        }
        Self(heads)
    }

    /// Whether a file still has the latest of these beginnings.
    #[must_use]
    pub fn is_of(&self, beginning: &Beginning) -> bool {
        self.0.last().is_some_and(|head| beginning.has(head))
    }

    /// Bytes of the latest beginning.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.last().map_or(0, |head| head.bytes)
    }

    /// The mark of a line.
    #[must_use]
    pub fn mark(&self, line: u64) -> &str {
        let covering = self.0.iter().find(|head| head.lines >= line).or(self.0.last());
        covering.map_or("empty", FileHead::mark)
    }

    /// The mark of the latest beginning.
    #[must_use]
    pub fn last_mark(&self) -> &str {
        self.0.last().map_or("empty", FileHead::mark)
    }

    /// Notes that lines up to this one have the marks they have, even when the file became longer
    /// while it was read.
    pub(crate) fn reach(&mut self, line: u64) {
        if let Some(head) = self.0.last_mut() {
            head.lines = head.lines.max(line);
        }
    }
}

/// What was consumed of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumed {
    /// How many bytes, after decompression.
    pub bytes: u64,
    /// Their BLAKE3 hash in hexadecimal digits.
    pub hash: String,
}

/// What has become of the consumed part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is as it was.
    Whole,
    /// It is as it was, but its last line had no end, and goes on now.
    LastLineGrew,
    /// It is another one.
    Changed,
}

impl Consumed {
    /// Compares with the file as it is now.
    ///
    /// Errors: [`Fault`] when the file cannot be read.
    pub fn check(&self, path: &Path) -> Result<Kept, Fault> {
        let fault = |source| Fault::Read { path: path.to_owned(), line: 0, source };
        let mut reader = file::open(path, &BytesRead::default())?;
        let mut hasher = blake3::Hasher::new();
        let (mut left, mut last) = (self.bytes, b'\n');
        loop {
            let buffer = reader.fill_buf().map_err(fault)?;
            let count = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if count == 0 {
                let next = buffer.first().copied().unwrap_or(b'\n');
                let ends = last == b'\n' || next == b'\n' || next == b'\r';
                let same = left == 0 && digits(&hasher.finalize()) == self.hash;
                return Ok(match (same, ends) {
                    (false, _) => Kept::Changed,
                    (true, false) => Kept::LastLineGrew,
                    (true, true) => Kept::Whole,
                });
            }
            hasher.update(&buffer[..count]);
            last = buffer[count - 1];
            left -= count as u64;
            reader.consume(count);
        }
    }
}

/// A reader that hashes what is consumed of it.
pub(crate) struct Hashed {
    reader: Box<dyn BufRead + Send>,
    running: RunningHash,
}

/// What was consumed of a reader so far.
#[derive(Clone, Default)]
pub struct RunningHash(Arc<Mutex<(u64, blake3::Hasher)>>);

impl RunningHash {
    /// The number of bytes so far and their hash.
    #[must_use]
    pub fn get(&self) -> Consumed {
        let state = self.lock();
        Consumed { bytes: state.0, hash: digits(&state.1.finalize()) }
    }

    fn lock(&self) -> MutexGuard<'_, (u64, blake3::Hasher)> {
        // Hashing does not panic, and half a hash would only make a file look changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hashed {
    pub(crate) fn new(reader: Box<dyn BufRead + Send>) -> Self {
        Self { reader, running: RunningHash::default() }
    }

    pub(crate) fn running(&self) -> RunningHash {
        self.running.clone()
    }
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Hashed {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        // Nothing is read here: what is consumed is in the buffer already.
        if count > 0
            && let Ok(buffer) = self.reader.fill_buf()
        {
            let part = &buffer[..count.min(buffer.len())];
            let mut state = self.running.lock();
            state.0 += part.len() as u64;
            state.1.update(part);
        }
        self.reader.consume(count);
    }
}

fn hash(bytes: &[u8]) -> String {
    digits(&blake3::hash(bytes))
}

fn digits(hash: &blake3::Hash) -> String {
    hash.to_hex().to_string()
}
