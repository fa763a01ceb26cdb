//! The chain: every entry carries a hash of itself and of the hash before it, so that no entry
//! can be changed, dropped or moved without all later hashes disagreeing.

use super::Head;
use super::row::Row;
use crate::fault::StoreFault;

/// A BLAKE3 hash.
pub(crate) type Hash = [u8; 32];

/// What the first entry is chained to.
pub(crate) const GENESIS: Hash = [0; 32];

/// Stands for the length of a field that is absent.
const ABSENT: u64 = u64::MAX;

/// The hash of an entry: BLAKE3 over the previous hash and every column in order, each as a
/// little-endian length of eight bytes and its bytes. Numbers are eight bytes, little endian. What
/// may have to be erased one day, the learner and the body, enters as its own BLAKE3 hash, so that
/// a stub with that hash in its place can keep the chain whole.
pub(crate) fn link(previous: &Hash, row: &Row) -> Hash {
    let mut hasher = blake3::Hasher::new();
    field(&mut hasher, Some(previous));
    columns(&mut hasher, row);
    *hasher.finalize().as_bytes()
}

/// Feeds every column but the hash.
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

/// One step along the chain: the next head, when the row is the right one.
pub(crate) fn follow(head: &Head, row: &Row) -> Result<Head, StoreFault> {
    let expected = head.seq + 1;
    if row.seq != expected {
        return Err(StoreFault::ChainBroken { seq: expected, reason: "it is missing" });
    }
    if link(&head.hash, row) != row.hash {
        let reason = "it, or the entry before it, was changed";
        return Err(StoreFault::ChainBroken { seq: expected, reason });
    }
    Ok(Head { seq: row.seq, hash: row.hash })
}
