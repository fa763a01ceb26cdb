//! Putting a backup back, and taking a journal as it is.
//!
//! Both lose what is not there on purpose, so both leave a note in the data directory: up to which
//! entry the journal goes. The watermark is written last: a directory whose restoring was cut short
//! has none, and does not open.

use super::manifest::FileRecord;
use super::{check, copy, existing, fault};
use crate::erasures::{ERASURES_FILE, ErasureList};
use crate::fault::StoreFault;
use crate::journal::chain::{GENESIS, Walk};
use crate::journal::{self, Head};
use crate::keys::KEYS_FILE;
use crate::lock::DirectoryLock;
use crate::secret::SERVER_KEY_FILE;
use crate::store::DATABASE_FILE;
use crate::verify::connect;
use crate::watermark::Watermark;
use crate::{files, watermark};
use nexus_engine::time::Timestamp;
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

/// Name of the note in the data directory.
const NOTE_FILE: &str = "restored";

/// What was put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The last entry that there is now.
    pub head: Head,
    /// When it came in; `None` for an empty journal.
    pub received_at: Option<Timestamp>,
    /// Erased learners on the list beside it.
    pub erased: usize,
}

/// That a journal was restored, and how far it reached then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoredNote {
    /// The last entry that there was.
    pub seq: u64,
    /// When it came in, in microseconds since 1970; `None` for an empty journal.
    pub received_at: Option<i64>,
    /// When it was restored, in microseconds since 1970.
    pub restored_at: i64,
}

/// Puts a backup into a data directory that is empty or does not exist. The backup is checked
/// first, and the journal once more when it is whole again.
///
/// `erasures` is a newer list of erased learners than the one in the backup, of the same data:
/// each learner on it is erased again before the journal is served.
///
/// Errors: when the backup is damaged, the directory is not empty, or the disk refuses.
pub fn restore(
    folder: &Path,
    data: &Path,
    erasures: Option<&Path>,
    at: Timestamp,
) -> Result<Restored, StoreFault> {
    let checked = check(folder)?;
    if let Some(problem) = checked.problems.first() {
        return Err(fault(folder, format!("it is damaged: {problem}")));
    }
    let (manifest, head) = existing(folder)?;
    expect_empty(data)?;
    files::private_directory(data)?;
    let _lock = DirectoryLock::take(data)?;
    let database = data.join(DATABASE_FILE);
    let mut parts = manifest.parts.iter();
    if let Some(first) = parts.next() {
        copy_file(folder, &first.file, &database)?;
    }
    for part in parts {
        append(&folder.join(&part.file.name), &database, part.after_seq)?;
    }
    let beside = [
        (&manifest.keys, KEYS_FILE),
        (&manifest.server_key, SERVER_KEY_FILE),
        (&manifest.erasures, ERASURES_FILE),
    ];
    for (file, name) in beside {
        if let Some(file) = file {
            copy_file(folder, file, &data.join(name))?;
        }
    }
    let erased = merge_erasures(data, erasures)?;
    let connection = read_only(&database)?;
    let found = journal::checked_head(&connection)?;
    if found != head {
        return Err(fault(folder, format!("restored, it ends with entry {}", found.seq)));
    }
    let received_at = received_at(&connection, head.seq)?;
    drop(connection);
    note(data, head, received_at, at)?;
    Watermark::create(data, &head)?;
    Ok(Restored { head, received_at, erased })
}

/// Takes the journal of a data directory as it is, up to its last whole entry, and starts its
/// watermark there: for a database that was copied alone, or one that lost its end and has no
/// backup that reaches further.
///
/// Errors: [`StoreFault::Locked`] while a server runs there; [`StoreFault::ChainBroken`] when an
/// entry was changed.
pub fn adopt(data: &Path, at: Timestamp) -> Result<(Restored, Option<u64>), StoreFault> {
    let _lock = DirectoryLock::take(data)?;
    let connection = connect(data)?;
    let head = journal::checked_head(&connection)?;
    let once = watermark::read(data).ok().flatten().map(|mark| mark.seq);
    let received_at = received_at(&connection, head.seq)?;
    drop(connection);
    note(data, head, received_at, at)?;
    Watermark::create(data, &head)?;
    let erased = ErasureList::read(data)?.map_or(0, |list| list.marks.len());
    Ok((Restored { head, received_at, erased }, once))
}

/// The note of a data directory; `None` when its journal was never restored.
///
/// Errors: when it cannot be read.
pub fn restored_note(data: &Path) -> Result<Option<RestoredNote>, StoreFault> {
    let path = data.join(NOTE_FILE);
    match std::fs::read_to_string(&path) {
        // A note that says nothing is no reason not to serve.
        Ok(text) => Ok(serde_json::from_str(&text).ok()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreFault::files("reading", &path)(error)),
    }
}

fn note(
    data: &Path,
    head: Head,
    received_at: Option<Timestamp>,
    at: Timestamp,
) -> Result<(), StoreFault> {
    let received_at = received_at.map(|at| at.0);
    let note = RestoredNote { seq: head.seq, received_at, restored_at: at.0 };
    // invariant: it holds numbers, which JSON has.
    let text = serde_json::to_string(&note).expect("a note is JSON");
    files::write_whole(&data.join(NOTE_FILE), text.as_bytes())
}

/// A directory that holds something is never written over.
fn expect_empty(data: &Path) -> Result<(), StoreFault> {
    let mut entries = match std::fs::read_dir(data) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreFault::files("listing", data)(error)),
    };
    // A new file system has this folder, and a restoring that was refused leaves the lock file.
    let harmless = |name: &std::ffi::OsStr| name == "lost+found" || name == crate::lock::LOCK_FILE;
    let other = entries.find(|entry| entry.as_ref().map_or(true, |it| !harmless(&it.file_name())));
    match other {
        None => Ok(()),
        Some(_) => Err(StoreFault::NotEmpty { path: data.to_owned() }),
    }
}

fn copy_file(folder: &Path, file: &FileRecord, into: &Path) -> Result<(), StoreFault> {
    files::private_file(into)?;
    std::fs::copy(folder.join(&file.name), into).map_err(StoreFault::files("writing", into))?;
    files::make_private(into)?;
    let written = File::open(into).and_then(|file| file.sync_all());
    written.map_err(StoreFault::files("syncing", into))?;
    files::sync_parent(into)
}

/// Appends the entries of a part, and takes its other tables.
fn append(part: &Path, database: &Path, after_seq: u64) -> Result<(), StoreFault> {
    let (from, into) = (read_only(part)?, copy::open(database)?);
    let hash = journal::hash_at(&into, after_seq)?.unwrap_or(GENESIS);
    let mut walk = Walk::from(Head { seq: after_seq, hash });
    copy::journal(&from, &into, &mut walk)?;
    copy::other_tables(&from, &into)?;
    let closed = into.close().map_err(|(_, error)| error);
    closed.map_err(StoreFault::database("close the database"))?;
    let written = File::open(database).and_then(|file| file.sync_all());
    written.map_err(StoreFault::files("syncing", database))
}

/// Adds the marks of a newer list, when it was made with the same key. Answers how many there are.
fn merge_erasures(data: &Path, newer: Option<&Path>) -> Result<usize, StoreFault> {
    let list = ErasureList::read(data)?;
    let Some(newer) = newer else { return Ok(list.map_or(0, |list| list.marks.len())) };
    let unusable = |reason: &str| StoreFault::ErasureList {
        path: newer.to_owned(),
        reason: reason.to_owned(),
    };
    let added = ErasureList::read_file(newer)?.ok_or_else(|| unusable("it is missing"))?;
    let merged = match list {
        Some(list) if list.check() != added.check() => {
            return Err(unusable("it is of other data than the backup"));
        }
        Some(mut list) => {
            list.marks.extend(added.marks);
            list
        }
        None => added,
    };
    merged.write(data)?;
    Ok(merged.marks.len())
}

fn received_at(connection: &Connection, seq: u64) -> Result<Option<Timestamp>, StoreFault> {
    if seq == 0 {
        return Ok(None);
    }
    let select = "SELECT received_at FROM journal WHERE seq = ?1";
    let at = connection.query_row(select, [journal::signed(seq)], |row| row.get::<_, i64>(0));
    at.map(|at| Some(Timestamp(at))).map_err(StoreFault::database("read the last entry"))
}

fn read_only(path: &Path) -> Result<Connection, StoreFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags);
    connection.map_err(StoreFault::database("open a database"))
}
