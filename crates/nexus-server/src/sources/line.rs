//! Lines of a stream, with how many bytes each took, in bounded memory.

use std::io::{BufRead, Error};

/// The longest line that is kept whole; of a longer one the beginning is put aside.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;

/// Collects a line over several reads, because the end of a growing file can cut one in two.
#[derive(Debug, Default)]
pub struct LineReader {
    bytes: Vec<u8>,
    /// Bytes of the line so far, also of those that were not kept.
    length: u64,
}

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    pub bytes: Vec<u8>,
    /// What it takes of the stream, with its end.
    pub length: u64,
}

impl Line {
    /// Whether more of it was read than was kept.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.length > LINE_BYTES_MAX as u64 + 2
    }
}

impl LineReader {
    /// The next whole line; `None` when the stream gives no more for now.
    ///
    /// Errors: the error of the stream.
    pub fn next(&mut self, stream: &mut dyn BufRead) -> Result<Option<Line>, Error> {
        loop {
            let buffer = stream.fill_buf()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = &buffer[..end.unwrap_or(buffer.len())];
            let room = LINE_BYTES_MAX.saturating_sub(self.bytes.len());
            self.bytes.extend_from_slice(&part[..part.len().min(room)]);
            let used = part.len() + usize::from(end.is_some());
            self.length += used as u64;
            stream.consume(used);
            if end.is_some() {
                return Ok(Some(self.take()));
            }
        }
    }

    /// What was begun and has no end, when the stream is over.
    pub fn rest(&mut self) -> Option<Line> {
        (self.length > 0).then(|| self.take())
    }

    fn take(&mut self) -> Line {
        let mut bytes = std::mem::take(&mut self.bytes);
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        Line { bytes, length: std::mem::take(&mut self.length) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_whole_also_when_it_is_written_in_two_parts() {
        let mut lines = LineReader::default();
        let mut first: &[u8] = b"one\r\ntw";
        let line = lines.next(&mut first).unwrap().unwrap();
        assert_eq!((line.bytes.as_slice(), line.length), (&b"one"[..], 5));
        assert_eq!(lines.next(&mut first).unwrap(), None);
        let mut second: &[u8] = b"o\nthree";
        let line = lines.next(&mut second).unwrap().unwrap();
        assert_eq!((line.bytes.as_slice(), line.length), (&b"two"[..], 4));
        assert_eq!(lines.next(&mut second).unwrap(), None);
        assert_eq!(lines.rest().unwrap().bytes, b"three");
        assert_eq!(lines.rest(), None);
    }

    #[test]
    fn an_endless_line_takes_bounded_memory() {
        let text = format!("{}\nnext\n", "x".repeat(LINE_BYTES_MAX * 3));
        let (mut stream, mut lines) = (text.as_bytes(), LineReader::default());
        let long = lines.next(&mut stream).unwrap().unwrap();
        assert!(long.is_cut());
        assert_eq!(
            (long.bytes.len(), long.length),
            (LINE_BYTES_MAX, LINE_BYTES_MAX as u64 * 3 + 1)
        );
        let next = lines.next(&mut stream).unwrap().unwrap();
        assert!(!next.is_cut());
        assert_eq!(next.bytes, b"next");
    }
}
