//! Erasure of a learner: what the journal says of it, and what is left of the learner afterwards.
//!
//! Everything is a fold of the journal, and what was learned from one learner is mixed with what
//! was learned from all others. So an erasure does two things. The entries of the learner are
//! rewritten under a random name, without anything that the fold does not need
//! (`workspace::redaction`); the fold of what is left gives the same shared state, bit for bit.
//! And one entry, [`LearnerErased`], ends the learner: decisions that wait are closed as `erased`,
//! the learner's own state and constraints are dropped, and the learner's id is blocked by a mark
//! that cannot be read back.

use crate::ids::LearnerId;
use crate::time::Timestamp;

/// Stands for the id of an erased learner: a keyed hash, made where the key is kept. With the key
/// it tells whether an id is the erased one, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ErasureMark(pub [u8; 32]);

/// A learner was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnerErased {
    /// The random name under which what is left stands in the journal.
    pub learner: LearnerId,
    /// The mark of the id that they had.
    pub mark: ErasureMark,
    /// How many earlier entries were redacted.
    pub entries: u64,
    /// A digest of what is left of those entries, made by the store.
    pub digest: [u8; 32],
    /// The reason that the caller gave. It must not name the learner.
    pub reason: String,
    pub by: String,
}

/// What the shared state keeps of an erasure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// The entry that says so.
    pub seq: u64,
    /// When the node received it.
    pub at: Timestamp,
}
