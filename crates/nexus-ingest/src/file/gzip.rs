//! Gzip files as they are found: members one after the other, and zeros behind the last.

use flate2::bufread::GzDecoder;
use std::io::{BufRead, Error, ErrorKind, Read, Result};

/// What a gzip member begins with.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The members of a gzip file as one text. Zeros behind the last member are padding, which tapes
/// and block devices leave; anything else there is an error.
pub(super) struct Members<R: BufRead> {
    /// Taken out only while members change.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Members<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { member: Some(GzDecoder::new(reader)) }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let Some(ended) = self.member.take() else { break };
            let mut rest = ended.into_inner();
            if another(&mut rest)? {
                self.member = Some(GzDecoder::new(rest));
            }
        }
        Ok(0)
    }
}

/// Whether another member follows. Errors: when something else does.
fn another(reader: &mut impl BufRead) -> Result<bool> {
    let mut padded = false;
    loop {
        let buffer = reader.fill_buf()?;
        let Some(first) = buffer.first() else { return Ok(false) };
        match *first {
            0 => {
                let zeros = buffer.iter().take_while(|byte| **byte == 0).count();
                padded = true;
                reader.consume(zeros);
            }
            byte if byte == MAGIC[0] && !padded => return Ok(true),
            _ => {
                let words = "something that is not gzip follows the last gzip member";
                return Err(Error::new(ErrorKind::InvalidData, words));
            }
        }
    }
}
