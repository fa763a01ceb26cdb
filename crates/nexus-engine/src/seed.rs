//! Randomness as a value: a seed is stored with whatever it decided.
#![warn(missing_docs)]

use nexus_stats::random::Stream;

/// What a draw depends on. The node makes it from a server key and the decision's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seed(pub u64);

impl Seed {
    /// A stream of random numbers for one purpose. Two purposes never share draws, so a new
    /// consumer of randomness in one place does not shift the draws of another.
    #[must_use]
    pub fn stream(self, purpose: &str) -> Stream {
        Stream::keyed(self.0, purpose)
    }
}
