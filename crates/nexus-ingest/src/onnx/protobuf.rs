//! The wire format of protocol buffers: fields of a message, one after the other. As much of it as
//! ONNX files use, and nothing is allocated for what a length only claims.

use super::OnnxRefusal;

/// A field of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    /// A whole number; negative ones as two's complement.
    Varint(u64),
    Fixed32(u32),
    Fixed64,
    /// A text, bytes, a message or packed numbers.
    Bytes(&'a [u8]),
}

/// Reads the fields of one message.
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The number of the next field and its value; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Value<'a>)>, OnnxRefusal> {
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => {
                self.take(8)?;
                Value::Fixed64
            }
            2 => {
                let len = self.varint()?;
                let len = usize::try_from(len).map_err(|_| self.broken("a length is too large"))?;
                Value::Bytes(self.take(len)?)
            }
            5 => {
                let four = self.take(4)?;
                // invariant: four bytes were taken.
                Value::Fixed32(u32::from_le_bytes(four.try_into().expect("four bytes")))
            }
            _ => return Err(self.broken("a field has no known type")),
        };
        Ok(Some((tag >> 3, value)))
    }

    /// A whole number of up to ten bytes, seven bits each.
    pub(super) fn varint(&mut self) -> Result<u64, OnnxRefusal> {
        let mut number = 0_u64;
        for shift in (0..70).step_by(7) {
            let byte =
                *self.bytes.get(self.at).ok_or_else(|| self.broken("it ends in a number"))?;
            self.at += 1;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(self.broken("a number is too large"));
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(self.broken("a number is too long"))
    }

    pub(super) fn is_over(&self) -> bool {
        self.at == self.bytes.len()
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], OnnxRefusal> {
        let end = self.at.checked_add(len).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| self.broken("it ends in a field"))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn broken(&self, what: &'static str) -> OnnxRefusal {
        OnnxRefusal::Broken { what, at: self.at }
    }
}

impl<'a> Value<'a> {
    pub(super) fn bytes(self) -> Result<&'a [u8], OnnxRefusal> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(OnnxRefusal::Broken { what: "a field has another type", at: 0 }),
        }
    }

    pub(super) fn text(self) -> Result<String, OnnxRefusal> {
        let text = std::str::from_utf8(self.bytes()?);
        let broken = |_| OnnxRefusal::Broken { what: "a text is not UTF-8", at: 0 };
        text.map(str::to_owned).map_err(broken)
    }

    pub(super) fn whole(self) -> Result<i64, OnnxRefusal> {
        match self {
            Self::Varint(number) => Ok(number as i64),
            _ => Err(OnnxRefusal::Broken { what: "a field has another type", at: 0 }),
        }
    }

    pub(super) fn float(self) -> Result<f32, OnnxRefusal> {
        match self {
            Self::Fixed32(bits) => Ok(f32::from_bits(bits)),
            _ => Err(OnnxRefusal::Broken { what: "a field has another type", at: 0 }),
        }
    }

    /// Whole numbers, one or packed.
    pub(super) fn wholes(self, into: &mut Vec<i64>) -> Result<(), OnnxRefusal> {
        let Self::Bytes(bytes) = self else {
            into.push(self.whole()?);
            return Ok(());
        };
        let mut packed = Fields::of(bytes);
        while !packed.is_over() {
            into.push(packed.varint()? as i64);
        }
        Ok(())
    }

    /// Numbers in single precision, one or packed.
    pub(super) fn floats(self, into: &mut Vec<f32>) -> Result<(), OnnxRefusal> {
        let Self::Bytes(bytes) = self else {
            into.push(self.float()?);
            return Ok(());
        };
        let (whole, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(OnnxRefusal::Broken { what: "packed numbers break off", at: 0 });
        }
        into.extend(whole.iter().map(|four| f32::from_le_bytes(*four)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_one_after_the_other() {
        let bytes = [0x08, 0x96, 0x01, 0x12, 0x02, b'h', b'i', 0x1d, 0, 0, 0x80, 0x3f];
        let mut fields = Fields::of(&bytes);
        assert_eq!(fields.next().unwrap(), Some((1, Value::Varint(150))));
        assert_eq!(fields.next().unwrap(), Some((2, Value::Bytes(b"hi"))));
        let (number, value) = fields.next().unwrap().unwrap();
        assert_eq!((number, value.float().unwrap()), (3, 1.0));
        assert_eq!(fields.next().unwrap(), None);
    }

    #[test]
    fn what_breaks_off_or_claims_too_much_is_refused() {
        let odd: [&[u8]; 6] = [
            &[0x08],
            &[0x08, 0xff],
            &[0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
            &[0x1d, 0, 0],
            &[0x0b],
            &[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        ];
        for bytes in odd {
            assert!(Fields::of(bytes).next().is_err(), "{bytes:x?}");
        }
    }
}
