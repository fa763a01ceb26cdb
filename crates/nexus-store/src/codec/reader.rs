//! Reading bytes that may be damaged: every step is checked against what is left.

use super::CodecFault;

/// Takes numbers and texts from the front of a buffer.
#[derive(Clone, Debug)]
pub struct SnapshotReader<'a> {
    rest: &'a [u8],
}

impl<'a> SnapshotReader<'a> {
    /// A reader of all of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// So many bytes. Errors: [`CodecFault::Truncated`] when fewer are left; the same for all that follow.
    pub fn bytes(&mut self, len: usize) -> Result<&'a [u8], CodecFault> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(CodecFault::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// So many bytes as an array.
    ///
    /// Errors: when the bytes end.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecFault> {
        self.bytes(N)?.try_into().map_err(|_| CodecFault::Truncated)
    }

    /// One byte. Errors: when the bytes end.
    pub fn byte(&mut self) -> Result<u8, CodecFault> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// The first bytes of a snapshot.
    ///
    /// Errors: [`CodecFault::Version`] when they are others.
    pub fn magic(&mut self, magic: &[u8]) -> Result<(), CodecFault> {
        if self.bytes(magic.len())? == magic { Ok(()) } else { Err(CodecFault::Version) }
    }

    /// An unsigned number. Errors: when the bytes end, or the number has more than 64 bits or needless bytes: one number has
    /// one form, so that equal states have equal bytes.
    pub fn unsigned(&mut self) -> Result<u64, CodecFault> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                let needless = byte == 0 && shift > 0;
                return if needless { Err(CodecFault::Range("integer")) } else { Ok(number) };
            }
        }
        Err(CodecFault::Range("integer"))
    }

    /// A signed number. Errors: as [`SnapshotReader::unsigned`].
    pub fn signed(&mut self) -> Result<i64, CodecFault> {
        let number = self.unsigned()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// A float. Errors: when the bytes end.
    pub fn float(&mut self) -> Result<f64, CodecFault> {
        Ok(f64::from_bits(u64::from_le_bytes(self.array()?)))
    }

    /// The number of elements that follow, each of at least one byte.
    ///
    /// Errors: when fewer bytes are left than that.
    pub fn count(&mut self) -> Result<usize, CodecFault> {
        let len = usize::try_from(self.unsigned()?).map_err(|_| CodecFault::Truncated)?;
        if len > self.rest.len() { Err(CodecFault::Truncated) } else { Ok(len) }
    }

    /// A text. Errors: when the bytes end or are not UTF-8.
    pub fn text(&mut self) -> Result<&'a str, CodecFault> {
        let len = self.count()?;
        std::str::from_utf8(self.bytes(len)?).map_err(|_| CodecFault::Text)
    }

    /// Checks that nothing is left.
    ///
    /// Errors: [`CodecFault::Trailing`] when something is.
    pub fn end(&self) -> Result<(), CodecFault> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(CodecFault::Trailing(left)),
        }
    }
}
