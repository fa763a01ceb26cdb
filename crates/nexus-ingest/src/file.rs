//! Files, plain or gzipped, read in pieces of bounded size.
//!
//! Whatever wrote a text, its readers see UTF-8 with lines that end with a line feed or with both
//! marks: UTF-16 is decoded, and a file that knows only carriage returns gets line feeds.

mod gzip;
mod text;

use crate::Fault;
use gzip::Members;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The longest line that is kept; the rest of a longer one is skipped.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;
/// The largest file that is read as a whole, after decompression.
pub const WHOLE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// How many bytes of a file were read so far, for a progress bar; compressed bytes count as stored.
#[derive(Clone, Debug, Default)]
pub struct BytesRead(Arc<AtomicU64>);

impl BytesRead {
    /// The number so far.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Bytes of a file's beginning that say how its lines end.
const SNIFFED_BYTES: u64 = 64 * 1024;

/// Opens a text file; one whose first bytes say gzip is decompressed on the way, and UTF-16 becomes
/// UTF-8. What cannot be decoded becomes a byte that is no UTF-8, so that no reader takes it for
/// letters.
///
/// Errors: [`Fault::Open`] when it cannot be opened.
pub fn open(path: &Path, read: &BytesRead) -> Result<Box<dyn BufRead + Send>, Fault> {
    let fault = |source| Fault::Open { path: path.to_owned(), source };
    let file = Counted { file: File::open(path).map_err(fault)?, read: read.clone() };
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    let zipped = reader.fill_buf().map_err(fault)?.starts_with(&[0x1f, 0x8b]);
    if zipped {
        return decoded(Box::new(BufReader::with_capacity(64 * 1024, Members::new(reader))), fault);
    }
    decoded(Box::new(reader), fault)
}

type Reader = Box<dyn BufRead + Send>;

/// The reader as UTF-8 with line feeds.
fn decoded(reader: Reader, fault: impl Fn(std::io::Error) -> Fault) -> Result<Reader, Fault> {
    let (head, reader) = peeked(reader, 4);
    let reader = match text::form(&head) {
        text::Form::Utf8 => reader,
        text::Form::Utf16(order) => Box::new(text::Utf16::new(reader, order)),
        text::Form::Utf32 => {
            let words = "the file is UTF-32; save it as UTF-8";
            return Err(fault(std::io::Error::new(std::io::ErrorKind::InvalidData, words)));
        }
    };
    let (head, reader) = peeked(reader, SNIFFED_BYTES);
    if head.contains(&b'\r') && !head.contains(&b'\n') {
        return Ok(Box::new(text::CarriageReturns::new(reader)));
    }
    Ok(reader)
}

/// The first bytes of a reader, and a reader that gives them once more. Where reading fails, they
/// end, and the returned reader fails at the same place.
fn peeked(mut reader: Reader, bytes: u64) -> (Vec<u8>, Reader) {
    let mut head = Vec::new();
    let failed = reader.by_ref().take(bytes).read_to_end(&mut head).err();
    let again = Cursor::new(head.clone());
    match failed {
        None => (head, Box::new(again.chain(reader))),
        Some(error) => (head, Box::new(again.chain(BufReader::new(Failing(Some(error)))))),
    }
}

/// A reader that fails with an error that was met before.
struct Failing(Option<std::io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(self.0.take().unwrap_or_else(|| std::io::ErrorKind::UnexpectedEof.into()))
    }
}

/// The whole text of a file of at most [`WHOLE_BYTES_MAX`] bytes.
///
/// Errors: [`Fault`] when it cannot be read, is too large, or is not UTF-8.
pub fn read_whole(path: &Path) -> Result<String, Fault> {
    let mut text = String::new();
    let mut reader = open(path, &BytesRead::default())?.take(WHOLE_BYTES_MAX + 1);
    let fault = |source| Fault::Read { path: path.to_owned(), line: 0, source };
    reader.read_to_string(&mut text).map_err(fault)?;
    if text.len() as u64 > WHOLE_BYTES_MAX {
        return Err(Fault::TooMany { what: "bytes in one file", max: WHOLE_BYTES_MAX });
    }
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    Ok(text)
}

/// Reads one line, without its end, into `line`, of which at most [`LINE_BYTES_MAX`] bytes are
/// kept. Gives how many bytes the line has, or `None` at the end of the file.
///
/// Errors: the error of the reader.
pub fn read_line(
    reader: &mut dyn BufRead,
    line: &mut Vec<u8>,
) -> Result<Option<u64>, std::io::Error> {
    line.clear();
    let mut total: u64 = 0;
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok((total > 0).then_some(total));
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        let room = LINE_BYTES_MAX.saturating_sub(line.len());
        line.extend_from_slice(&part[..part.len().min(room)]);
        total += part.len() as u64;
        let used = part.len() + usize::from(end.is_some());
        reader.consume(used);
        if end.is_some() {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(Some(total));
        }
    }
}

struct Counted {
    file: File,
    read: BytesRead,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.0.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_and_counted() -> Result<(), std::io::Error> {
        let text = format!("one\r\n\n{}\nlast", "x".repeat(LINE_BYTES_MAX + 5));
        let mut reader = text.as_bytes();
        let mut line = Vec::new();
        assert_eq!(read_line(&mut reader, &mut line)?, Some(4));
        assert_eq!(line, b"one");
        assert_eq!(read_line(&mut reader, &mut line)?, Some(0));
        assert_eq!(read_line(&mut reader, &mut line)?, Some(LINE_BYTES_MAX as u64 + 5));
        assert_eq!(line.len(), LINE_BYTES_MAX);
        assert_eq!(read_line(&mut reader, &mut line)?, Some(4));
        assert_eq!(line, b"last");
        assert_eq!(read_line(&mut reader, &mut line)?, None);
        Ok(())
    }
}
