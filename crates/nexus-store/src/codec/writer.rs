//! Writing bytes.

/// Appends numbers and texts to a buffer.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    /// A writer that appends to `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    /// Bytes as they are, without a length.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    pub fn byte(&mut self, byte: u8) {
        self.out.push(byte);
    }

    /// An unsigned number: seven bits a byte, the lowest first, the top bit says that more follow.
    pub fn unsigned(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.out.push((number as u8 & 0x7f) | 0x80);
            number >>= 7;
        }
        self.out.push(number as u8);
    }

    /// A signed number: zigzag, so that small negative numbers are short too.
    pub fn signed(&mut self, number: i64) {
        self.unsigned(((number << 1) ^ (number >> 63)) as u64);
    }

    /// A float as its bits. All that is not a number is the same bits, so that digests agree.
    pub fn float(&mut self, number: f64) {
        let bits = if number.is_nan() { f64::NAN.to_bits() } else { number.to_bits() };
        self.out.extend_from_slice(&bits.to_le_bytes());
    }

    /// A text with its length in bytes.
    pub fn text(&mut self, text: &str) {
        self.unsigned(text.len() as u64);
        self.out.extend_from_slice(text.as_bytes());
    }
}
