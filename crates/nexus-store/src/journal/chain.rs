//! The chain: every entry carries a hash of itself and of the hash before it, so that no entry
//! can be changed, dropped or moved without all later hashes disagreeing.
//!
//! An entry that was redacted keeps the hash that it had, so that all later ones still agree. What
//! is left of it is covered by the entry that says so (`learner_erased`), which stands later in the
//! same chain and carries a digest of all entries that it redacted.

use super::Head;
use super::row::Row;
use crate::fault::StoreFault;
use crate::record;
use nexus_engine::erasure::LearnerErased;
use nexus_engine::event::Event;
use std::collections::BTreeMap;

pub(crate) type Hash = [u8; 32];

/// Random bytes in the hash of an entry. Once they are deleted, trial cannot
/// reveal what the hash covered.
pub(crate) type Salt = [u8; 16];

/// What the first entry is chained to.
pub(crate) const GENESIS: Hash = [0; 32];

/// Stands for the length of a field that is absent.
const ABSENT: u64 = u64::MAX;

/// The hash of an entry: BLAKE3 over the previous hash and every column in order, each as a
/// little-endian length of eight bytes and its bytes, and last the salt where there is one.
/// Numbers are eight bytes, little endian; the learner and the body enter as their own hashes.
pub(crate) fn link(previous: &Hash, row: &Row) -> Hash {
    let mut hasher = blake3::Hasher::new();
    field(&mut hasher, Some(previous));
    columns(&mut hasher, row);
    if let Some(salt) = &row.salt {
        field(&mut hasher, Some(salt));
    }
    *hasher.finalize().as_bytes()
}

/// Feeds every column but the hash, the salt and who redacted it.
pub(crate) fn columns(hasher: &mut blake3::Hasher, row: &Row) {
    field(hasher, Some(&row.seq.to_le_bytes()));
    field(hasher, Some(row.id.as_bytes()));
    field(hasher, Some(row.kind.as_bytes()));
    let learner = row.learner.as_deref().map(|learner| blake3::hash(learner.as_bytes()));
    field(hasher, learner.as_ref().map(|hash| &hash.as_bytes()[..]));
    field(hasher, row.learner_seq.map(u64::to_le_bytes).as_ref().map(|bytes| &bytes[..]));
    field(hasher, Some(&row.received_at.to_le_bytes()));
    field(hasher, row.request_hash.as_ref().map(|bytes| &bytes[..]));
    field(hasher, Some(blake3::hash(row.body.as_bytes()).as_bytes()));
}

fn field(hasher: &mut blake3::Hasher, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        }
        None => {
            hasher.update(&ABSENT.to_le_bytes());
        }
    }
}

/// A walk along the chain, from the beginning or from a checkpoint.
pub(crate) struct Walk {
    head: Head,
    /// A checkpoint is written with every erasure, so nothing after one was redacted.
    from_checkpoint: bool,
    /// What was seen of redacted entries, by the entry that redacted them.
    redacted: BTreeMap<u64, Stubs>,
    redacted_len: u64,
}

impl Walk {
    pub(crate) fn from(head: Head) -> Self {
        let from_checkpoint = head.seq > 0;
        Self { head, from_checkpoint, redacted: BTreeMap::new(), redacted_len: 0 }
    }

    /// Where the walk has come to.
    pub(crate) fn head(&self) -> Head {
        self.head
    }

    /// Redacted entries so far.
    pub(crate) fn redacted_len(&self) -> u64 {
        self.redacted_len
    }

    /// One step, when the row is the right one.
    pub(crate) fn step(&mut self, row: &Row) -> Result<(), StoreFault> {
        let expected = self.head.seq + 1;
        let broken = |reason| StoreFault::ChainBroken { seq: expected, reason };
        if row.seq != expected {
            return Err(broken("it is missing"));
        }
        match row.erased_by {
            Some(by) if by > row.seq && !self.from_checkpoint => {
                self.redacted.entry(by).or_default().add(row);
                self.redacted_len += 1;
            }
            Some(_) => return Err(broken("it is marked as redacted where nothing was")),
            None if link(&self.head.hash, row) != row.hash => {
                return Err(broken("it, or the entry before it, was changed"));
            }
            None => self.settle(row)?,
        }
        self.head = Head { seq: row.seq, hash: row.hash };
        Ok(())
    }

    /// At the end of the journal: every redacted entry has met the one that redacted it.
    pub(crate) fn finish(&self) -> Result<Head, StoreFault> {
        match self.redacted.values().map(|stubs| stubs.first).min() {
            None => Ok(self.head),
            Some(seq) => {
                let reason = "it is marked as redacted, and nothing says by what";
                Err(StoreFault::ChainBroken { seq, reason })
            }
        }
    }

    /// An erasure says what it redacted.
    fn settle(&mut self, row: &Row) -> Result<(), StoreFault> {
        let stubs = self.redacted.remove(&row.seq);
        let says = row.kind == "learner_erased";
        if stubs.is_none() && !says {
            return Ok(());
        }
        let stubs = stubs.unwrap_or_default();
        let (first, seen) = (stubs.first, stubs.digest());
        let erased = if says { erased(row)? } else { None };
        let said = erased.map(|erased| (erased.entries, erased.digest));
        // After a checkpoint, what was redacted before it was not seen.
        let holds = match said {
            Some(said) => self.from_checkpoint || said == seen,
            None => seen.0 == 0,
        };
        if holds {
            return Ok(());
        }
        let reason = "what was left of an erased learner's entries was changed";
        Err(StoreFault::ChainBroken { seq: if seen.0 > 0 { first } else { row.seq }, reason })
    }
}

fn erased(row: &Row) -> Result<Option<LearnerErased>, StoreFault> {
    let event = record::decode(&row.kind, &row.body);
    let event = event.map_err(|source| StoreFault::Unreadable { seq: row.seq, source })?;
    Ok(match event {
        Event::LearnerErased(erased) => Some(*erased),
        _ => None,
    })
}

/// A digest of redacted entries, in the order of their numbers.
#[derive(Clone, Default)]
pub(crate) struct Stubs {
    first: u64,
    len: u64,
    hasher: blake3::Hasher,
}

impl Stubs {
    pub(crate) fn add(&mut self, row: &Row) {
        if self.len == 0 {
            self.first = row.seq;
        }
        self.len += 1;
        columns(&mut self.hasher, row);
        field(&mut self.hasher, Some(&row.hash));
    }

    /// How many, and their digest.
    pub(crate) fn digest(&self) -> (u64, Hash) {
        (self.len, *self.hasher.finalize().as_bytes())
    }
}
