//! Texts as programs write them: UTF-16, and lines that end with a carriage return alone.

use std::io::{BufRead, Read, Result};

/// Bytes that are decoded at a time.
const PIECE_BYTES: usize = 16 * 1024;
/// Stands for what cannot be decoded: no byte of UTF-8.
const UNDECODABLE: u8 = 0xff;

/// Which byte of a unit of UTF-16 comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    LittleEndian,
    BigEndian,
}

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Utf8,
    Utf16(ByteOrder),
    Utf32,
}

/// The form of a text by its first four bytes: its byte order mark, or else where the zeros of two
/// ASCII letters stand.
pub(super) fn form(head: &[u8]) -> Form {
    match *head {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Form::Utf32,
        [0xff, 0xfe, ..] => Form::Utf16(ByteOrder::LittleEndian),
        [0xfe, 0xff, ..] => Form::Utf16(ByteOrder::BigEndian),
        [a, 0, b, 0, ..] if a != 0 && b != 0 => Form::Utf16(ByteOrder::LittleEndian),
        [0, a, 0, b, ..] if a != 0 && b != 0 => Form::Utf16(ByteOrder::BigEndian),
        _ => Form::Utf8,
    }
}

/// What was decoded and not read yet.
#[derive(Default)]
struct Decoded {
    bytes: Vec<u8>,
    at: usize,
}

impl Decoded {
    fn left(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.at = 0;
    }
}

/// UTF-16 as UTF-8. The byte order mark stays, as U+FEFF.
pub(super) struct Utf16<R> {
    reader: R,
    order: ByteOrder,
    decoded: Decoded,
    /// The first byte of a unit whose second one is not read yet.
    half: Option<u8>,
    /// The first unit of a pair whose second one is not read yet.
    high: Option<u16>,
}

impl<R: BufRead> Utf16<R> {
    pub(super) fn new(reader: R, order: ByteOrder) -> Self {
        Self { reader, order, decoded: Decoded::default(), half: None, high: None }
    }

    fn unit(&mut self, unit: u16) {
        let code = match (self.high.take(), unit) {
            (Some(high), 0xdc00..=0xdfff) => {
                0x1_0000 + ((u32::from(high) - 0xd800) << 10) + u32::from(unit) - 0xdc00
            }
            (lone, unit) => {
                if lone.is_some() {
                    self.decoded.bytes.push(UNDECODABLE);
                }
                if (0xd800..=0xdbff).contains(&unit) {
                    self.high = Some(unit);
                    return;
                }
                u32::from(unit)
            }
        };
        match char::from_u32(code) {
            Some(letter) => {
                let mut bytes = [0; 4];
                self.decoded.bytes.extend_from_slice(letter.encode_utf8(&mut bytes).as_bytes());
            }
            None => self.decoded.bytes.push(UNDECODABLE),
        }
    }

    fn fill(&mut self) -> Result<()> {
        self.decoded.clear();
        while self.decoded.bytes.is_empty() {
            let buffer = self.reader.fill_buf()?;
            let piece = buffer[..buffer.len().min(PIECE_BYTES)].to_vec();
            self.reader.consume(piece.len());
            if piece.is_empty() {
                if self.half.take().is_some() | self.high.take().is_some() {
                    self.decoded.bytes.push(UNDECODABLE);
                }
                return Ok(());
            }
            for byte in piece {
                match self.half.take() {
                    None => self.half = Some(byte),
                    Some(first) => self.unit(match self.order {
                        ByteOrder::LittleEndian => u16::from_le_bytes([first, byte]),
                        ByteOrder::BigEndian => u16::from_be_bytes([first, byte]),
                    }),
                }
            }
        }
        Ok(())
    }
}

/// A text whose lines end with a carriage return, with a line feed instead.
pub(super) struct CarriageReturns<R> {
    reader: R,
    decoded: Decoded,
    /// Whether the last byte was a carriage return, so that a line feed adds nothing.
    after_return: bool,
}

impl<R: BufRead> CarriageReturns<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, decoded: Decoded::default(), after_return: false }
    }

    fn fill(&mut self) -> Result<()> {
        self.decoded.clear();
        while self.decoded.bytes.is_empty() {
            let buffer = self.reader.fill_buf()?;
            let piece = buffer[..buffer.len().min(PIECE_BYTES)].to_vec();
            self.reader.consume(piece.len());
            if piece.is_empty() {
                return Ok(());
            }
            for byte in piece {
                let doubled = self.after_return && byte == b'\n';
                self.after_return = byte == b'\r';
                if !doubled {
                    self.decoded.bytes.push(if byte == b'\r' { b'\n' } else { byte });
                }
            }
        }
        Ok(())
    }
}

/// Reads what `fill` decodes.
macro_rules! reads_decoded {
    ($name:ident) => {
        impl<R: BufRead> Read for $name<R> {
            fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
                let count = self.fill_buf()?.read(buffer)?;
                self.consume(count);
                Ok(count)
            }
        }

        impl<R: BufRead> BufRead for $name<R> {
            fn fill_buf(&mut self) -> Result<&[u8]> {
                if self.decoded.left().is_empty() {
                    self.fill()?;
                }
                Ok(self.decoded.left())
            }

            fn consume(&mut self, count: usize) {
                self.decoded.at = (self.decoded.at + count).min(self.decoded.bytes.len());
            }
        }
    };
}

reads_decoded!(Utf16);
reads_decoded!(CarriageReturns);
