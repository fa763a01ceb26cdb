//! Bytes on disk: the journal, its checkpoints, and the keys, on SQLite.
//!
//! A data directory holds
//!
//! * `nexus.db` — the journal, which is the truth, the latest checkpoint, which is a cache,
//!   and statements of other systems as they were sent;
//! * `watermark` — how far the journal had come, kept outside SQLite so that loss is noticed;
//! * `nexus.lock` — held by the one process that writes;
//! * `keys.db` — API keys, in their own file so that they can be changed beside a running server;
//! * `server.key` — the secret from which the seeds of decisions are made;
//! * `erasures` — marks of erased learners that cannot be read back; written at the first erasure;
//! * `restored` — how far the journal went when it was put back from a backup, if it ever was.
//!
//! Everything here is synchronous and has one writer: the node's thread owns the [`Store`].

pub mod record;

pub mod fault;
pub mod journal;
pub mod reading;
pub mod store;

pub mod backup;
pub mod checkpoint;
pub mod codec;
pub mod erase;
pub mod erasures;
pub mod positions;
pub mod statements;
pub mod verify;

pub mod keys;
pub mod secret;

#[cfg(test)]
mod classroom;
mod files;
#[cfg(test)]
mod golden;
mod lock;
mod migration;
mod watermark;

pub use fault::{AppendFault, StoreFault};
pub use journal::{Found, Head, NewRecord, Page, StoredEntry};
pub use positions::SourcePosition;
pub use store::{OpenOptions, Store};
