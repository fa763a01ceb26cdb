//! Random choices from one seed, which is printed so that a failure can be looked for again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A generator of random choices (SplitMix64).
#[derive(Clone, Debug)]
pub struct Randomness(u64);

/// The seed of this run: `NEXUS_SEED`, or another one every time.
pub fn seed() -> u64 {
    if let Some(given) = std::env::var("NEXUS_SEED").ok().and_then(|text| text.parse().ok()) {
        return given;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_nanos() as u64 % 1_000_000_007
}

/// Whether the long variant was asked for.
pub fn is_soak() -> bool {
    std::env::var("NEXUS_SOAK").is_ok_and(|value| value == "1")
}

impl Randomness {
    /// The generator of one part of a run.
    pub fn new(seed: u64, part: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ part.wrapping_mul(0xd134_2543_de82_ef95))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A whole number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Yes with a probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        ((self.next() >> 11) as f64) < probability * (1_u64 << 53) as f64
    }

    /// A duration between two, in milliseconds.
    pub fn between_ms(&mut self, from: u64, to: u64) -> Duration {
        let micros = (to - from) * 1_000;
        Duration::from_micros(from * 1_000 + self.next() % micros.max(1))
    }
}
