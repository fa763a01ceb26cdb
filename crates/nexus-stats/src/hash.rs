//! A hash that anybody can recompute in any language. It is fast and even, and no secret.

/// Fowler, Noll and Vo's hash, variant 1a, 64 bits, fed piece by piece: to feed two
/// texts one after the other is to feed them joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fnv1a(u64);

impl Default for Fnv1a {
    /// The hash of no bytes at all.
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv1a {
    /// The hash with these bytes after those before.
    #[must_use]
    pub fn feed(self, bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(self.0, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        }))
    }

    /// The hash so far, as published.
    #[must_use]
    pub fn value(self) -> u64 {
        self.0
    }

    /// The hash so far, with its bits mixed. The lowest bits of the published hash depend on the
    /// lowest bits of the bytes alone (its last bit is their parity), so a caller that needs a few bits
    /// takes them from this.
    #[must_use]
    pub fn mixed(self) -> u64 {
        mix(self.0)
    }
}

/// The finaliser of SplitMix64, Stafford's mix 13: each input bit flips each output bit about half of the time.
#[must_use]
#[inline]
pub fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_vectors() {
        // Vectors of draft-eastlake-fnv-17, section C.
        for (text, hash) in [
            ("", 0xcbf2_9ce4_8422_2325),
            ("a", 0xaf63_dc4c_8601_ec8c),
            ("foobar", 0x8594_4171_f739_67e8),
        ] {
            assert_eq!(Fnv1a::default().feed(text.as_bytes()).value(), hash, "{text}");
        }
        let joined = Fnv1a::default().feed(b"foo").feed(b"").feed(b"bar");
        assert_eq!(joined, Fnv1a::default().feed(b"foobar"));
    }

    #[test]
    fn mixing_reference() {
        // The first word of SplitMix64 from seed 0 is the mix of its step; Rosetta Code,
        // "Pseudo-random numbers/Splitmix64", which quotes Vigna's splitmix64.c.
        assert_eq!(mix(0x9e37_79b9_7f4a_7c15), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn low_bits_are_even_only_when_mixed() {
        // A and a, Q and q, 1 and Q: pairs of bytes that differ in their high bits alone.
        let low = |hash: u64| hash & 0b1111;
        let hash = |byte: u8| Fnv1a::default().feed(&[byte]);
        let pairs = (b'A'..=b'O').map(|byte| (hash(byte), hash(byte | 0x20)));
        let same = |of: fn(Fnv1a) -> u64| {
            pairs.clone().filter(|(one, other)| low(of(*one)) == low(of(*other))).count()
        };
        assert_eq!(same(Fnv1a::value), 15);
        assert!(same(Fnv1a::mixed) <= 4, "{}", same(Fnv1a::mixed));
    }
}
