//! The binary form of state: compact, versioned, and the same bytes for the same state on every
//! machine, so that a hash of the bytes is a digest of the state.
//!
//! Integers are variable-length, signed ones zigzag; floats are their 64 bits, little endian; maps
//! are in key order; a field added to a type does not compile until it is added here. A snapshot
//! begins with a hash of its layout. One of another layout is not converted: the journal rebuilds
//! it.

mod learner;
mod lifecycle;
mod policies;
mod reader;
mod shared;
mod strategies;
mod supports;
mod wire;
mod writer;

pub use reader::SnapshotReader;
pub use writer::Writer;

use nexus_engine::ids::IdRefusal;
use nexus_engine::learner::tracing::TracingModel;
use nexus_engine::policy::parts::PolicyParts;
use nexus_engine::workspace::{LearnerState, SharedState};
use std::sync::LazyLock;
use thiserror::Error;
use wire::{SnapshotLayout, Wire};

/// Bytes before the state itself, in both kinds of snapshot: three letters that name the kind, and
/// a hash of the layout. That of the shared state covers the learners too, so that a checkpoint is
/// read as a whole or not at all.
pub(crate) const HEADER_BYTES: usize = 11;

type Header = [u8; HEADER_BYTES];

/// The first letters of a learner's bytes and of the shared state's, by how many of the sections that
/// came later they end with. The reader then expects as many, so bytes that were cut off before
/// them are refused, and a state without them keeps the bytes that it had before they came.
static LEARNER_HEADERS: LazyLock<[Header; 8]> = LazyLock::new(|| {
    let kinds = [b"nxl", b"nxm", b"nxn", b"nxo", b"nxp", b"nxq", b"nxr", b"nya"];
    kinds.map(|kind| header(kind, learner::describe))
});
static SHARED_HEADERS: LazyLock<[Header; 8]> = LazyLock::new(|| {
    let kinds = [b"nxs", b"nxt", b"nxu", b"nxv", b"nxw", b"nxx", b"nxy", b"nxz"];
    kinds.map(|kind| header(kind, shared::describe))
});

fn header(kind: &[u8; 3], describe: fn(&mut SnapshotLayout)) -> Header {
    let mut layout = SnapshotLayout::default();
    describe(&mut layout);
    let mut header = [0; HEADER_BYTES];
    header[..3].copy_from_slice(kind);
    header[3..].copy_from_slice(&layout.hash());
    header
}

/// Why bytes are not a state.
#[derive(Debug, Error)]
pub enum CodecFault {
    /// The bytes end too early.
    #[error("the bytes end too early")]
    Truncated,
    /// The bytes go on after the end.
    #[error("there are {0} bytes too many")]
    Trailing(usize),
    /// Another kind of snapshot, or another version of it.
    #[error("the bytes are another kind or version of snapshot")]
    Version,
    /// A number does not fit where it stands.
    #[error("a number is out of range for {0}")]
    Range(&'static str),
    /// A text is not UTF-8.
    #[error("a text is not UTF-8")]
    Text,
    /// A text is not an id.
    #[error("a text is not an id")]
    Id(#[from] IdRefusal),
    /// Keys that must grow do not.
    #[error("the keys of {0} are out of order")]
    Order(&'static str),
    /// A published course cannot be read.
    #[error("a published course cannot be read")]
    Course(#[from] crate::record::RecordFault),
    /// A published course is not valid any more.
    #[error("a published course has {0} problems")]
    CourseRefused(usize),
    /// A policy has no parameters of this shape.
    #[error("the parameters of policy {0} have another shape")]
    Policy(String),
}

/// How many sections bytes end with that begin with one of these headers.
fn sections(reader: &mut SnapshotReader<'_>, headers: &[Header]) -> Result<usize, CodecFault> {
    let found: Header = reader.array()?;
    headers.iter().position(|header| *header == found).ok_or(CodecFault::Version)
}

/// Appends the bytes of a learner.
pub fn encode_learner(learner: &LearnerState, out: &mut Vec<u8>) {
    let mut writer = Writer::new(out);
    let sections = learner::sections(learner);
    writer.bytes(&LEARNER_HEADERS[sections]);
    learner.write(&mut writer);
    learner::write_sections(learner, sections, &mut writer);
}

/// A learner from their bytes.
///
/// Errors: [`CodecFault`] when the bytes are not exactly one learner of this version.
pub fn decode_learner(bytes: &[u8]) -> Result<LearnerState, CodecFault> {
    let mut reader = SnapshotReader::new(bytes);
    let sections = sections(&mut reader, &LEARNER_HEADERS[..])?;
    let mut learner = LearnerState::read(&mut reader)?;
    learner::read_sections(&mut learner, sections, &mut reader)?;
    reader.end()?;
    learner::check(&learner)?;
    Ok(learner)
}

/// Appends the bytes of the shared state.
pub fn encode_shared(shared: &SharedState, out: &mut Vec<u8>) {
    let mut writer = Writer::new(out);
    let sections = shared::sections(shared);
    writer.bytes(&SHARED_HEADERS[sections]);
    shared::write(shared, &mut writer);
    shared::write_sections(shared, sections, &mut writer);
}

/// The shared state from its bytes. Published courses are validated anew.
///
/// Errors: [`CodecFault`] when the bytes are not exactly one shared state of this version.
pub fn decode_shared(bytes: &[u8]) -> Result<SharedState, CodecFault> {
    let mut reader = SnapshotReader::new(bytes);
    let sections = sections(&mut reader, &SHARED_HEADERS[..])?;
    let mut shared = shared::read(&mut reader)?;
    shared::read_sections(&mut shared, sections, &mut reader)?;
    reader.end()?;
    Ok(shared)
}

/// The digest of a snapshot's bytes.
#[must_use]
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    *blake3::hash(bytes).as_bytes()
}

/// The digest of a learner.
#[must_use]
pub fn learner_digest(learner: &LearnerState) -> [u8; 32] {
    let mut bytes = Vec::new();
    encode_learner(learner, &mut bytes);
    digest(&bytes)
}

/// The digest of the shared state.
#[must_use]
pub fn shared_digest(shared: &SharedState) -> [u8; 32] {
    let mut bytes = Vec::new();
    encode_shared(shared, &mut bytes);
    digest(&bytes)
}

/// The digest of some tracing parameters.
#[must_use]
pub fn tracing_digest(model: &TracingModel) -> [u8; 32] {
    let mut bytes = Vec::new();
    model.write(&mut Writer::new(&mut bytes));
    digest(&bytes)
}

/// The digest of a policy's statistics.
#[must_use]
pub fn policy_digest(parts: &PolicyParts) -> [u8; 32] {
    let mut bytes = Vec::new();
    parts.write(&mut Writer::new(&mut bytes));
    digest(&bytes)
}

/// The digest of everything; `learners` in the order of their ids.
#[must_use]
pub fn state_digest<'a>(
    shared: &SharedState,
    learners: impl IntoIterator<Item = &'a LearnerState>,
) -> [u8; 32] {
    combined_digest(shared_digest(shared), learners.into_iter().map(learner_digest))
}

/// [`state_digest`] from the digests of the parts, so that not all learners need to be in memory.
#[must_use]
pub fn combined_digest(shared: [u8; 32], learners: impl IntoIterator<Item = [u8; 32]>) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&shared);
    for learner in learners {
        hasher.update(&learner);
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests;
