//! Elements of JSON arrays as records, one after the other, however long an array is.
//!
//! What is looked at are brackets, quotes and commas. Whether an element is sound is found out when
//! it is read; one that breaks off at the end of the file is a record like every other.

use super::{Damage, Record};
use crate::file::LINE_BYTES_MAX;
use std::io::{BufRead, Error};

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Where the reading of arrays is.
#[derive(Debug, Default)]
pub(super) struct ArrayScan {
    /// The number of the last element.
    place: u64,
    /// Whether an array is open.
    inside: bool,
}

/// Where the reading of one element is.
#[derive(Default)]
struct ElementScan {
    bytes: Vec<u8>,
    too_long: bool,
    depth: usize,
    quoted: bool,
    escaped: bool,
}

/// What a byte does to an element.
enum Step {
    Goes,
    /// The element ends before the byte; whether the array ends as well.
    Ends {
        array: bool,
    },
}

impl ElementScan {
    fn take(&mut self, byte: u8) -> Step {
        if self.quoted {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.quoted = false,
                _ => {}
            }
        } else {
            match byte {
                b'"' => self.quoted = true,
                b'{' | b'[' => self.depth += 1,
                b']' if self.depth == 0 => return Step::Ends { array: true },
                b',' if self.depth == 0 => return Step::Ends { array: false },
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        self.push(byte);
        Step::Goes
    }

    /// Keeps a byte, up to as many as a record may have; blanks at the beginning are none of it.
    fn push(&mut self, byte: u8) {
        if self.bytes.is_empty() && byte.is_ascii_whitespace() {
            return;
        }
        if self.bytes.len() < LINE_BYTES_MAX {
            self.bytes.push(byte);
        } else {
            self.too_long = true;
        }
    }

    fn is_blank(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Whether a text begins with an array.
pub(super) fn begins(head: &[u8]) -> bool {
    let head = head.strip_prefix(&BYTE_ORDER_MARK).unwrap_or(head);
    head.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[')
}

impl ArrayScan {
    /// The next element; `None` at the end of the file.
    pub(super) fn next(&mut self, reader: &mut impl BufRead) -> Result<Option<Record>, Error> {
        let mut element = ElementScan::default();
        loop {
            let buffer = reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(self.last(element));
            }
            let (mut used, mut ended) = (0, false);
            for byte in buffer {
                used += 1;
                if self.inside {
                    if let Step::Ends { array } = element.take(*byte) {
                        self.inside = !array;
                        ended = true;
                    }
                } else if *byte == b'[' && element.is_blank() {
                    self.inside = true;
                } else if *byte == b'\n' {
                    // What stands outside of all arrays is shown as it is, a line at a time.
                    ended = true;
                } else if !(BYTE_ORDER_MARK.contains(byte) && self.place == 0) {
                    element.push(*byte);
                }
                if ended && !element.is_blank() {
                    break;
                }
                ended = false;
            }
            reader.consume(used);
            if ended {
                return Ok(Some(self.record(element)));
            }
        }
    }

    /// What is left at the end of the file: an element that breaks off, or an array that does.
    fn last(&mut self, mut element: ElementScan) -> Option<Record> {
        let open = std::mem::take(&mut self.inside);
        if element.is_blank() {
            element.bytes = if open { b"[".to_vec() } else { Vec::new() };
        }
        (!element.bytes.is_empty()).then(|| self.record(element))
    }

    fn record(&mut self, element: ElementScan) -> Record {
        self.place += 1;
        let damage = match std::str::from_utf8(&element.bytes) {
            _ if element.too_long => Some(Damage::TooLong),
            Ok(_) => None,
            Err(_) => Some(Damage::NotUtf8),
        };
        let text = String::from_utf8_lossy(&element.bytes).trim().to_owned();
        Record { line: self.place, last_line: self.place, text, damage }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn elements(text: &str, buffer_bytes: usize) -> Vec<String> {
        let mut reader = BufReader::with_capacity(buffer_bytes, text.as_bytes());
        let (mut scan, mut found) = (ArrayScan::default(), Vec::new());
        while let Some(record) = scan.next(&mut reader).unwrap() {
            assert_eq!(record.line, found.len() as u64 + 1);
            found.push(record.text);
        }
        found
    }

    #[test]
    fn elements_of_arrays_are_records() {
        for (text, expected) in [
            ("[]", vec![]),
            (
                "[{\"a\": [1, 2]}, {\"b\": \"],[\\\"\"}]",
                vec!["{\"a\": [1, 2]}", "{\"b\": \"],[\\\"\"}"],
            ),
            ("\n[\n  {\"a\": 1},\n  {\"b\": 2}\n]\n", vec!["{\"a\": 1}", "{\"b\": 2}"]),
            ("[1]\n[2, 3]", vec!["1", "2", "3"]),
            ("[[1, 2], []]", vec!["[1, 2]", "[]"]),
            ("[{\"a\": 1}, {\"b\": ", vec!["{\"a\": 1}", "{\"b\":"]),
            ("[{\"a\": 1},", vec!["{\"a\": 1}", "["]),
            ("[1] and more\n[2]", vec!["1", "and more", "2"]),
        ] {
            for buffer_bytes in [1, 3, 1_000] {
                assert_eq!(elements(text, buffer_bytes), expected, "{text}");
            }
        }
    }

    #[test]
    fn an_element_that_is_too_long_costs_no_other() {
        let text = format!("[\"{}\", 2]", "x".repeat(LINE_BYTES_MAX + 10));
        let mut reader = text.as_bytes();
        let mut scan = ArrayScan::default();
        let first = scan.next(&mut reader).unwrap().unwrap();
        assert_eq!((first.damage, first.text.len()), (Some(Damage::TooLong), LINE_BYTES_MAX));
        assert_eq!(scan.next(&mut reader).unwrap().unwrap().text, "2");
    }

    #[test]
    fn text_outside_of_arrays_has_a_bound_as_well() {
        let text = format!("[1]\n{}\n[2]", "x".repeat(LINE_BYTES_MAX + 10));
        let mut reader = text.as_bytes();
        let mut scan = ArrayScan::default();
        assert_eq!(scan.next(&mut reader).unwrap().unwrap().text, "1");
        let outside = scan.next(&mut reader).unwrap().unwrap();
        assert_eq!((outside.damage, outside.text.len()), (Some(Damage::TooLong), LINE_BYTES_MAX));
        assert_eq!(scan.next(&mut reader).unwrap().unwrap().text, "2");
        assert_eq!(scan.next(&mut reader).unwrap(), None);
    }

    #[test]
    fn blanks_cost_no_element_however_many_they_are() {
        let blanks = " ".repeat(LINE_BYTES_MAX + 10);
        let text = format!("{blanks}[{blanks}1,\n2]{blanks}");
        let mut reader = text.as_bytes();
        let mut scan = ArrayScan::default();
        for expected in ["1", "2"] {
            let element = scan.next(&mut reader).unwrap().unwrap();
            assert_eq!((element.text.as_str(), element.damage), (expected, None));
        }
        assert_eq!(scan.next(&mut reader).unwrap(), None);
    }
}
