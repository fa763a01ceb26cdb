//! Backups of a data directory, beside a running server.
//!
//! A backup is a folder. It holds the journal in parts, each a database of its own that continues
//! the one before it, and beside them the keys of callers, the server's secret and the list of
//! erased learners. The first run copies everything, each later one only what came since. When a
//! learner was erased in between, everything is copied anew, so that the old parts, which still
//! hold what they were, can go.
//!
//! Nothing is called done before it was read back: every entry is checked along the chain while it
//! is copied, and every file is read again once it is durable. Checkpoints are not copied, because
//! they are caches.

mod copy;
mod manifest;
mod note;
mod restore;

pub use note::{BackupNote, backup_note, note_backup};
pub use restore::{Restored, RestoredNote, adopt, restore, restored_note};

use crate::erasures::ERASURES_FILE;
use crate::fault::StoreFault;
use crate::files;
use crate::journal::chain::{GENESIS, Walk};
use crate::journal::{Head, hash_at};
use crate::keys::KEYS_FILE;
use crate::lock::DirectoryLock;
use crate::migration::JOURNAL;
use crate::secret::SERVER_KEY_FILE;
use crate::verify::connect;
use manifest::{FileRecord, MANIFEST_FILE, Manifest, Part};
use nexus_engine::time::Timestamp;
use rusqlite::{Connection, OpenFlags};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

/// How often a copy begins anew because a learner was erased meanwhile.
const TRIES: usize = 5;
/// How long to wait for a lock of the server: it holds one for moments.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// What a backup holds after a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupReport {
    /// The last entry in it.
    pub head: Head,
    /// Entries that this run added; all of them when it began anew.
    pub added: u64,
    /// Why this run copied everything; `None` when it continued the parts before it.
    pub whole: Option<WholeReason>,
    /// Parts of the journal.
    pub parts: usize,
    /// Bytes of all its files.
    pub bytes: u64,
}

/// Why everything was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WholeReason {
    /// There was no backup in the folder yet.
    First,
    /// It was asked for.
    Asked,
    /// A learner was erased since, and the old parts still held what they were.
    Erasure,
    /// The database has another schema than the parts before.
    Schema,
}

/// Copies what came since the last run, or everything, and checks it.
///
/// Errors: when the data directory is another one than the folder holds a backup of, when something
/// in either is damaged, and whatever the disk refuses. The backup that was there before is kept.
pub fn back_up(
    data: &Path,
    folder: &Path,
    whole: bool,
    at: Timestamp,
) -> Result<BackupReport, StoreFault> {
    let source = connect(data)?;
    let waits = source.busy_timeout(BUSY_WAIT);
    waits.map_err(StoreFault::database("configure"))?;
    files::private_directory(folder)?;
    let _lock = DirectoryLock::take(folder)?;
    let before = Manifest::read(folder)?;
    for _ in 0..TRIES {
        let erasures = copy::erasures(&source)?;
        let plan = plan(before.as_ref(), &source, folder, whole, erasures)?;
        if let Some(report) = run(data, folder, &source, plan, erasures, at)? {
            return Ok(report);
        }
    }
    Err(fault(folder, "learners are being erased all the time; try again later".to_owned()))
}

/// What a run begins with.
struct Plan {
    manifest: Manifest,
    head: Head,
    whole: Option<WholeReason>,
    number: usize,
}

fn plan(
    before: Option<&Manifest>,
    source: &Connection,
    folder: &Path,
    whole: bool,
    erasures: (u64, u64),
) -> Result<Plan, StoreFault> {
    let anew = |reason, number| Plan {
        manifest: Manifest::new(),
        head: Head { seq: 0, hash: GENESIS },
        whole: Some(reason),
        number,
    };
    let Some((manifest, last)) = before.and_then(|it| Some((it, it.parts.last()?))) else {
        return Ok(anew(WholeReason::First, 1));
    };
    let head = last.head().ok_or_else(|| fault(folder, "its manifest is damaged".to_owned()))?;
    let number = number_of(&last.file.name) + 1;
    // Also for a whole copy: a folder is never turned into the backup of another journal.
    if head.seq > 0 && hash_at(source, head.seq)? != Some(head.hash) {
        return Err(fault(
            folder,
            format!(
                "it holds the journal up to entry {}, and the data directory has another entry there \
             or none; it is a backup of other data, or the data were restored from an older \
             backup: use a new folder",
                head.seq
            ),
        ));
    }
    let reason = match () {
        () if whole => WholeReason::Asked,
        () if last.erasures != erasures => WholeReason::Erasure,
        () if last.schema != JOURNAL.migrations.len() => WholeReason::Schema,
        () => return Ok(Plan { manifest: manifest.clone(), head, whole: None, number }),
    };
    Ok(anew(reason, number))
}

/// Makes the next part. `None` when a learner was erased meanwhile, so that it must begin anew.
fn run(
    data: &Path,
    folder: &Path,
    source: &Connection,
    plan: Plan,
    erasures: (u64, u64),
    at: Timestamp,
) -> Result<Option<BackupReport>, StoreFault> {
    let Plan { mut manifest, head: from, whole, number } = plan;
    tidy(folder, &manifest_on_disk(folder)?)?;
    let name = format!("journal-{number:06}.db");
    let path = folder.join(&name);
    let copied = match part(source, &path, from, erasures)? {
        Some(head) => head,
        None => return Ok(None),
    };
    manifest.keys = keys(data, folder, number)?;
    manifest.server_key = small_file(data, folder, SERVER_KEY_FILE, "server-key", number)?;
    // After the journal: a list that knows more erasures is right, one that knows fewer is not.
    manifest.erasures = small_file(data, folder, ERASURES_FILE, "erasures", number)?;
    let file = FileRecord::seal(folder, &name)?;
    read_back(&path, from, copied, folder)?;
    if copied.seq > from.seq || whole.is_some() {
        manifest.parts.push(Part {
            file,
            after_seq: from.seq,
            head_seq: copied.seq,
            head_hash: crate::record::hexadecimal(&copied.hash),
            schema: JOURNAL.migrations.len(),
            erasures,
        });
    }
    manifest.made_at = at.0;
    manifest.write(folder)?;
    tidy(folder, &manifest)?;
    Ok(Some(BackupReport {
        head: copied,
        added: copied.seq - from.seq,
        whole,
        parts: manifest.parts.len(),
        bytes: manifest.files().map(|file| file.bytes).sum(),
    }))
}

/// Copies the journal after an entry, and the other tables as they are with its last entry.
fn part(
    source: &Connection,
    path: &Path,
    from: Head,
    erasures: (u64, u64),
) -> Result<Option<Head>, StoreFault> {
    let read = || StoreFault::database("read the data directory");
    let copy = copy::create(path)?;
    // From a later place, entries that were redacted before it are not met.
    let mut walk = Walk::from(from);
    copy::journal(source, &copy, &mut walk)?;
    // The last entries and the other tables in one read, so that they belong together.
    source.execute_batch("BEGIN").map_err(read())?;
    let last = (|| {
        if copy::erasures(source)? != erasures {
            return Ok(None);
        }
        copy::journal(source, &copy, &mut walk)?;
        copy::other_tables(source, &copy)?;
        walk.finish().map(Some)
    })();
    source.execute_batch("COMMIT").map_err(read())?;
    let closed = copy.close().map_err(|(_, error)| error);
    closed.map_err(StoreFault::database("close the copy"))?;
    last
}

/// Reads a part as a restore would, from the disk, and compares where it ends.
fn read_back(path: &Path, from: Head, head: Head, folder: &Path) -> Result<(), StoreFault> {
    let read = walked(path, from)?;
    if read == head {
        return Ok(());
    }
    Err(fault(folder, format!("{} does not hold what was copied", path.display())))
}

/// Follows the chain through one part.
fn walked(path: &Path, from: Head) -> Result<Head, StoreFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags);
    let connection = connection.map_err(StoreFault::database("open a part of a backup"))?;
    let mut walk = Walk::from(from);
    crate::journal::row::stream(&connection, from.seq, |row| {
        walk.step(&row)?;
        Ok(ControlFlow::Continue(()))
    })?;
    walk.finish()
}

/// The keys, whole: there are few of them.
fn keys(data: &Path, folder: &Path, number: usize) -> Result<Option<FileRecord>, StoreFault> {
    let path = data.join(KEYS_FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let name = format!("keys-{number:06}.db");
    let into = folder.join(&name);
    // SQLite writes into an empty file, which keeps its mode.
    files::private_file(&into)?;
    let place = into.to_str().ok_or_else(|| fault(folder, "its path is no text".to_owned()))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let copied = Connection::open_with_flags(&path, flags).and_then(|connection| {
        connection.busy_timeout(BUSY_WAIT)?;
        connection.execute("VACUUM INTO ?1", [place])
    });
    copied.map_err(StoreFault::database("copy keys.db"))?;
    FileRecord::seal(folder, &name).map(Some)
}

/// A small file, under a name of this run.
fn small_file(
    data: &Path,
    folder: &Path,
    name: &str,
    kind: &str,
    number: usize,
) -> Result<Option<FileRecord>, StoreFault> {
    let path = data.join(name);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreFault::files("reading", &path)(error)),
    };
    let copy = format!("{kind}-{number:06}");
    files::write_whole(&folder.join(&copy), &bytes)?;
    FileRecord::seal(folder, &copy).map(Some)
}

fn manifest_on_disk(folder: &Path) -> Result<Manifest, StoreFault> {
    Ok(Manifest::read(folder)?.unwrap_or_else(Manifest::new))
}

/// Deletes files of ours that the manifest does not name: of a run that was cut short, and those
/// that a new whole copy has replaced.
fn tidy(folder: &Path, manifest: &Manifest) -> Result<(), StoreFault> {
    for entry in std::fs::read_dir(folder).map_err(StoreFault::files("listing", folder))? {
        let entry = entry.map_err(StoreFault::files("listing", folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let named = manifest.files().any(|file| file.name == name);
        if is_ours(&name) && !named {
            let path = entry.path();
            std::fs::remove_file(&path).map_err(StoreFault::files("deleting", &path))?;
        }
    }
    files::sync_parent(&folder.join(MANIFEST_FILE))
}

/// The names that runs give, with whatever ends a half-written file has.
fn is_ours(name: &str) -> bool {
    ["journal-", "keys-", "server-key-", "erasures-"].iter().any(|begin| {
        let number = name.strip_prefix(begin).and_then(|rest| rest.get(..6));
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// The number of a run in the name of a part.
fn number_of(name: &str) -> usize {
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// What a check of a backup found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupCheck {
    /// The last entry in it.
    pub head: Head,
    /// When the last part was made.
    pub made_at: Timestamp,
    pub parts: usize,
    pub bytes: u64,
    /// What is wrong, in words. Empty when all is well.
    pub problems: Vec<String>,
}

/// Reads every byte of a backup: each file is the one that was written, and the chain leads through
/// all parts to the last entry. Changes nothing.
///
/// Errors: when there is no backup in the folder, or it cannot be read. Damage is in the report.
pub fn check(folder: &Path) -> Result<BackupCheck, StoreFault> {
    let (manifest, last) = existing(folder)?;
    let mut problems: Vec<String> =
        manifest.files().filter_map(|file| file.fault(folder)).collect();
    if problems.is_empty()
        && let Err(fault) = chain(folder, &manifest, last)
    {
        problems.push(fault.to_string());
    }
    Ok(BackupCheck {
        head: last,
        made_at: Timestamp(manifest.made_at),
        parts: manifest.parts.len(),
        bytes: manifest.files().map(|file| file.bytes).sum(),
        problems,
    })
}

/// The manifest of a folder that must hold a backup, and where it ends.
fn existing(folder: &Path) -> Result<(Manifest, Head), StoreFault> {
    let none = || {
        let reason = format!("there is no {MANIFEST_FILE} in it; `nexus backup` writes one");
        fault(folder, reason)
    };
    let manifest = Manifest::read(folder)?.ok_or_else(none)?;
    let last = manifest.parts.last().ok_or_else(none)?;
    let head = last.head().ok_or_else(|| fault(folder, "its manifest is damaged".to_owned()))?;
    Ok((manifest, head))
}

/// Follows the chain through all parts, as one journal.
fn chain(folder: &Path, manifest: &Manifest, last: Head) -> Result<(), StoreFault> {
    let mut walk = Walk::from(Head { seq: 0, hash: GENESIS });
    for part in &manifest.parts {
        let path = folder.join(&part.file.name);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags);
        let connection = connection.map_err(StoreFault::database("open a part of a backup"))?;
        crate::journal::row::stream(&connection, part.after_seq, |row| {
            walk.step(&row)?;
            Ok(ControlFlow::Continue(()))
        })?;
    }
    let head = walk.finish()?;
    if head != last {
        let reason = format!("it ends with entry {} and says {}", head.seq, last.seq);
        return Err(fault(folder, reason));
    }
    Ok(())
}

fn fault(folder: &Path, reason: String) -> StoreFault {
    StoreFault::Backup { path: folder.to_owned(), reason }
}

#[cfg(test)]
mod tests;
