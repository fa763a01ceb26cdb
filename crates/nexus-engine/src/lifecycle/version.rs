//! Versions of a policy's statistics: saved as they are, published by a program that learned
//! elsewhere, or restored. What is published or restored takes the place of what serves, after a
//! health check; what is saved changes nothing.

use crate::ids::{CourseId, PolicyId};
use crate::policy::parts::PolicyParts;
use crate::time::Timestamp;
use crate::words;

/// The latest versions of a policy that are kept in the state; the journal has all.
pub const LINEAGE_MAX: usize = 100;

/// A version of a policy's statistics, whole, with its lineage.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyVersion {
    pub course: CourseId,
    pub policy: PolicyId,
    /// Where it comes from.
    pub lineage: PolicyLineage,
    pub parts: PolicyParts,
}

/// Where a version comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyLineage {
    /// Its number: that of the one before plus one.
    pub version: u32,
    /// The version before; 0 for what the policy learned before any was saved.
    pub parent: u32,
    /// The last journal entry that it knows of.
    pub through: u64,
    /// How it came about.
    pub origin: PolicyOrigin,
    /// Who asked for it, in words.
    pub asked_by: String,
    /// The reason that the caller gave.
    pub reason: String,
    /// A digest of the statistics, made outside of the engine.
    pub digest: [u8; 32],
}

/// How a version came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyOrigin {
    /// What the policy had learned was saved as it was.
    Saved,
    /// Another program made it, and it took the place of what served.
    Trained,
    /// An older version took the place of what served.
    Restored { version: u32 },
}

words!(PolicyOrigin:
    Self::Saved => "saved",
    Self::Trained => "trained",
    Self::Restored { .. } => "restored",
);

/// A version that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPublication {
    /// Its place in the journal.
    pub seq: u64,
    pub at: Timestamp,
    /// Where it comes from.
    pub lineage: PolicyLineage,
}
