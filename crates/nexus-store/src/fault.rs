//! What can go wrong on disk. Every fault says what a person can do about it.

use crate::codec::CodecFault;
use crate::record::RecordFault;
use nexus_engine::ids::{EventId, LearnerId};
use rusqlite::ffi;
use std::path::PathBuf;
use thiserror::Error;

/// Why the store cannot be opened or read.
#[derive(Debug, Error)]
pub enum StoreFault {
    /// Another process writes in this directory.
    #[error(
        "the data directory {path} is in use by {holder}; stop that process, or choose another \
         directory with --data"
    )]
    Locked {
        path: PathBuf,
        /// Who holds it, as far as the lock file tells.
        holder: String,
    },
    /// A backup cannot be made there, or cannot be used.
    #[error("the backup in {path} cannot be used: {reason}")]
    Backup {
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// A backup is only put where nothing is.
    #[error(
        "{path} is not empty; restore into a new directory, and keep this one until you are sure \
         that nothing in it is newer"
    )]
    NotEmpty { path: PathBuf },
    /// There are entries and no watermark, as in a copy of the database alone.
    #[error(
        "{path} holds entries up to {seq} and no watermark, so it cannot be told what is missing: a \
         copy of nexus.db alone lacks what was still in nexus.db-wal. Use `nexus restore` with a \
         backup that `nexus backup` made, or copy the whole directory while the server is stopped. \
         If this is all there is, `nexus restore --as-it-is --data {path}` takes it up to entry \
         {seq}; what was acknowledged after that is lost"
    )]
    NoWatermark {
        path: PathBuf,
        /// The last entry that there is.
        seq: u64,
    },
    /// The journal lost entries that it once held, or holds others in their place.
    #[error(
        "the journal went backwards: it once reached entry {watermark_seq}, {found}; put back the \
         whole directory, or use `nexus restore` with a backup. If what is missing is lost for \
         good, `nexus restore --as-it-is --data {directory}` takes the journal as it is"
    )]
    WentBackwards {
        /// How far the journal had come.
        watermark_seq: u64,
        /// What it holds now, in words.
        found: String,
        directory: PathBuf,
    },
    /// The watermark file exists and cannot be believed.
    #[error(
        "the watermark file {path} is damaged, so lost entries could not be noticed; check the \
         journal with `nexus verify`, then take it as it is with `nexus restore --as-it-is`"
    )]
    WatermarkDamaged { path: PathBuf },
    /// An entry is missing, was changed, or stands in the wrong place.
    #[error("the journal is damaged at entry {seq}: {reason}; restore it from a backup")]
    ChainBroken {
        /// The first bad entry.
        seq: u64,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The body of an entry is whole but cannot be read.
    #[error("entry {seq} of the journal cannot be read")]
    Unreadable {
        seq: u64,
        #[source]
        source: RecordFault,
    },
    /// The snapshot of a learner is missing, stale or damaged. The state must be rebuilt from the
    /// journal: drop the checkpoint with [`crate::Store::discard_checkpoint`] and replay.
    // Whose is not in the words: they end up in logs, and logs outlive learners.
    #[error("the snapshot of a learner is damaged: {reason}")]
    SnapshotDamaged {
        learner: LearnerId,
        /// What is wrong with it.
        reason: String,
    },
    /// The list that keeps erased learners out cannot be used.
    #[error(
        "the list of erased learners in {path} cannot be used: {reason}; restore that file from a \
         backup, because without it an erased learner could come back unnoticed"
    )]
    ErasureList {
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// How far a source has come cannot be believed.
    #[error(
        "the position of source {source_name} in {partition} is damaged; say from where to read on \
         with `nexus source seek`: records that were taken before are known by their ids"
    )]
    PositionDamaged { source_name: String, partition: String },
    /// A snapshot's bytes cannot be read.
    #[error("a snapshot cannot be read")]
    Snapshot(#[from] CodecFault),
    /// The file was written by a newer Nexus.
    #[error("{path} has schema version {found}, this program knows {known}; use a newer program")]
    NewerSchema {
        path: PathBuf,
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// The file is not what its name says, or was changed by hand.
    #[error("{path} is not a Nexus database: {reason}")]
    Foreign {
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The SQLite library is older than the first one without the WAL-reset corruption.
    #[error("SQLite {found} may corrupt its log; 3.51.3 or newer is needed")]
    OldSqlite {
        /// The version that is linked.
        found: &'static str,
    },
    /// An earlier write to disk may not have arrived. The store is closed for good: restart the
    /// process, which recovers by replay.
    #[error("an earlier write to disk failed, so nothing can be promised; restart the server")]
    Poisoned,
    /// The operating system refused.
    #[error("{action} {path} failed")]
    Files {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The operating system gave no random numbers.
    #[error("the operating system gave no random numbers: {reason}")]
    Entropy { reason: String },
    #[error("the database refused to {action}")]
    Database {
        action: &'static str,
        #[source]
        source: rusqlite::Error,
    },
}

/// Why something was not written.
#[derive(Debug, Error)]
pub enum AppendFault {
    /// No space is left. Nothing of the batch was kept; try again later.
    #[error("no space is left on the disk of the data directory")]
    StorageFull,
    /// The disk did not confirm a write. Whether it arrived is unknown, and the store refuses
    /// every later call: leave the process, and recover by replay.
    #[error("the disk did not confirm a write; restart the server")]
    SyncFailed,
    /// The batch disagrees with the journal. Nothing of it was kept.
    #[error("the batch disagrees with the journal: {0}")]
    Conflict(#[source] Conflict),
    /// Something else failed. Nothing of the batch was kept.
    #[error("the journal could not be written")]
    Other(#[source] StoreFault),
}

/// How a batch disagrees with the journal.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Conflict {
    /// The id is taken.
    #[error("event {id} is in the journal already, as entry {seq}")]
    Id {
        id: EventId,
        /// The entry that has it; the position in the batch's numbering when both are in it.
        seq: u64,
    },
    /// Another writer continued this learner's stream.
    #[error("entry {learner_seq} of learner {learner} is in the journal already")]
    LearnerSeq {
        learner: LearnerId,
        /// The place in the learner's stream that is taken.
        learner_seq: u64,
    },
    /// The entry does not continue the journal.
    #[error("entry {given} does not follow: the journal continues with {expected}")]
    Seq {
        /// The number that would follow.
        expected: u64,
        /// The number that was given.
        given: u64,
    },
    /// An entry of a learner needs a place in the learner's stream, and no other entry has one.
    #[error("entry {seq} and its learner_seq do not belong together")]
    Stream { seq: u64 },
}

impl StoreFault {
    pub(crate) fn database(action: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| Self::Database { action, source }
    }

    pub(crate) fn files(
        action: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Files { action, path, source }
    }
}

impl From<StoreFault> for AppendFault {
    fn from(fault: StoreFault) -> Self {
        match fault {
            StoreFault::Poisoned => Self::SyncFailed,
            other => Self::Other(other),
        }
    }
}

/// Where in a transaction SQLite failed: before COMMIT nothing was promised to anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Write,
    Commit,
}

/// Sorts a failed write into those that may be tried again and those after which nothing is sure.
pub(crate) fn classify(stage: Stage, action: &'static str, error: rusqlite::Error) -> AppendFault {
    let extended = error.sqlite_extended_error_code().unwrap_or(0);
    let primary = extended & 0xff;
    let unsynced = matches!(extended, ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC);
    let unwritten = matches!(extended, ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE);
    if primary == ffi::SQLITE_FULL {
        AppendFault::StorageFull
    } else if unsynced || (primary == ffi::SQLITE_IOERR && stage == Stage::Commit) {
        AppendFault::SyncFailed
    } else if unwritten {
        // SQLite reports a full disk as SQLITE_FULL, but an exhausted quota, or no room for the
        // shared-memory file, as these. The transaction had not reached COMMIT: it can be retried.
        AppendFault::StorageFull
    } else {
        AppendFault::Other(StoreFault::Database { action, source: error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stage: Stage, code: i32) -> AppendFault {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        classify(stage, "write", error)
    }

    #[test]
    fn a_full_disk_may_be_tried_again_and_a_failed_sync_may_not() {
        assert!(matches!(check(Stage::Write, ffi::SQLITE_FULL), AppendFault::StorageFull));
        assert!(matches!(check(Stage::Commit, ffi::SQLITE_FULL), AppendFault::StorageFull));
        assert!(matches!(check(Stage::Write, ffi::SQLITE_IOERR_WRITE), AppendFault::StorageFull));
        assert!(matches!(check(Stage::Commit, ffi::SQLITE_IOERR_WRITE), AppendFault::SyncFailed));
        assert!(matches!(check(Stage::Commit, ffi::SQLITE_IOERR_FSYNC), AppendFault::SyncFailed));
        assert!(matches!(check(Stage::Write, ffi::SQLITE_IOERR_FSYNC), AppendFault::SyncFailed));
        assert!(matches!(check(Stage::Write, ffi::SQLITE_BUSY), AppendFault::Other(_)));
        assert!(matches!(check(Stage::Write, ffi::SQLITE_IOERR_READ), AppendFault::Other(_)));
    }
}
