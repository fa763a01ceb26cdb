//! The store: one writer's hold on a data directory.

use crate::erasures::ErasureList;
use crate::fault::{AppendFault, Stage, StoreFault, classify};
use crate::journal::{self, Head};
use crate::lock::DirectoryLock;
use crate::watermark::Watermark;
use crate::{erase, files, migration, watermark};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};

/// Name of the database file in the data directory.
pub const DATABASE_FILE: &str = "nexus.db";

/// The first SQLite without the WAL-reset corruption.
const SQLITE_MIN: i32 = 3_051_003;

/// How to open a store.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// SQLite's page cache, in KiB.
    pub cache_kib: u32,
    /// Refuses to grow `nexus.db` beyond so many pages of 4 KiB: a full disk, for tests.
    pub pages_max: Option<u32>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { cache_kib: 65_536, pages_max: None }
    }
}

/// The journal and its checkpoint, open for writing by this process alone.
#[derive(Debug)]
pub struct Store {
    pub(crate) connection: Connection,
    pub(crate) head: Head,
    pub(crate) directory: PathBuf,
    pub(crate) watermark: Watermark,
    // Pages written, at most, since SQLite's log was last copied into the database.
    pub(crate) unmerged_pages: usize,
    // The erased learners, from the first on, and what remains to be done for them (`erase`).
    pub(crate) erasures: Option<ErasureList>,
    pub(crate) remains: i64,
    poisoned: bool,
    // Last, so that the directory is released after the connection is closed.
    _lock: DirectoryLock,
}

impl Store {
    /// Opens the data directory, which is made when it does not exist, and checks the journal from
    /// the last checkpoint to its head.
    ///
    /// Errors: [`StoreFault::Locked`] when another process writes there; [`StoreFault::WentBackwards`]
    /// when entries were lost; [`StoreFault::ChainBroken`] when one was changed; and whatever the disk refuses.
    pub fn open(directory: &Path, options: &OpenOptions) -> Result<Self, StoreFault> {
        if rusqlite::version_number() < SQLITE_MIN {
            return Err(StoreFault::OldSqlite { found: rusqlite::version() });
        }
        files::private_directory(directory)?;
        let lock = DirectoryLock::take(directory)?;
        let path = directory.join(DATABASE_FILE);
        refuse_lost_database(directory, &path)?;
        files::private_file(&path)?;
        files::sync_parent(&path)?;
        let mut connection = connect(&path)?;
        configure(&connection, options).map_err(StoreFault::database("configure"))?;
        migration::migrate(&mut connection, &migration::JOURNAL, &path)?;
        let head = journal::checked_head(&connection)?;
        let watermark = settle_watermark(directory, &connection, &head)?;
        let (erasures, remains) = erase::open(directory, &connection)?;
        keep_log(&connection, false).map_err(StoreFault::database("configure"))?;
        let mut store = Self {
            connection,
            head,
            directory: directory.to_path_buf(),
            watermark,
            unmerged_pages: 0,
            erasures,
            remains,
            poisoned: false,
            _lock: lock,
        };
        store.limit_pages(options.pages_max)?;
        store.scrub_again();
        Ok(store)
    }

    /// Finishes an erasure that a crash cut short.
    fn scrub_again(&mut self) {
        if !self.scrub_due() {
            return;
        }
        match self.scrub() {
            Ok(gone) => tracing::info!(gone, "old bytes of an erased learner were overwritten"),
            Err(error) => tracing::warn!(%error, "erased bytes remain; it will be tried again"),
        }
    }

    /// The newest entry of the journal.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Whether a write failed in a way after which nothing can be promised.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    /// Finds out whether there is space again after [`AppendFault::StorageFull`], by writing
    /// 64 KiB durably and freeing them for the entries to come.
    ///
    /// Errors: [`AppendFault::StorageFull`] as long as there is none.
    pub fn probe_space(&mut self) -> Result<(), AppendFault> {
        self.usable()?;
        let take = "INSERT OR REPLACE INTO space_probe (one, bytes) VALUES (1, zeroblob(65536))";
        self.write_transaction("probe for space", |connection| {
            connection.execute(take, []).map(drop).map_err(|error| write_fault("probe", error))
        })?;
        self.write_transaction("probe for space", |connection| {
            let delete = connection.execute("DELETE FROM space_probe", []);
            delete.map(drop).map_err(|error| write_fault("probe", error))
        })
    }

    /// Limits the database to so many pages, or lifts the limit: a full disk, for tests.
    ///
    /// Errors: when SQLite refuses.
    #[doc(hidden)]
    pub fn limit_pages(&mut self, pages_max: Option<u32>) -> Result<(), StoreFault> {
        let pages = pages_max.unwrap_or(u32::MAX - 1);
        let set = self.connection.pragma_update_and_check(
            None,
            "max_page_count",
            i64::from(pages),
            |row| row.get::<_, i64>(0),
        );
        set.map(drop).map_err(StoreFault::database("limit the pages"))
    }

    /// Refuses when an earlier write may not have arrived.
    pub(crate) fn usable(&self) -> Result<(), StoreFault> {
        if self.poisoned { Err(StoreFault::Poisoned) } else { Ok(()) }
    }

    /// Runs one durable transaction: all of it, or nothing and a connection that can go on.
    pub(crate) fn write_transaction(
        &mut self,
        action: &'static str,
        work: impl FnOnce(&Connection) -> Result<(), AppendFault>,
    ) -> Result<(), AppendFault> {
        let began = self.connection.execute_batch("BEGIN IMMEDIATE");
        let written = began.map_err(|error| write_fault(action, error));
        let written = written.and_then(|()| work(&self.connection));
        let committed = written.and_then(|()| {
            let commit = self.connection.execute_batch("COMMIT");
            commit.map_err(|error| classify(Stage::Commit, action, error))
        });
        let Err(fault) = committed else { return Ok(()) };
        if matches!(fault, AppendFault::SyncFailed) {
            self.poison(action);
        } else if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            // Without a rollback the next transaction could carry half of this one.
            tracing::error!(%error, "rolling back a failed transaction failed");
            self.poison(action);
            return Err(AppendFault::SyncFailed);
        }
        Err(fault)
    }

    /// Stops every later call. SQLite must not tidy up at close either: what is on the disk now
    /// is what recovery has to start from.
    pub(crate) fn poison(&mut self, action: &'static str) {
        self.poisoned = true;
        let kept = keep_log(&self.connection, true);
        tracing::error!(
            action,
            log_kept = kept.is_ok(),
            "the disk did not confirm a write; the store accepts nothing more"
        );
    }
}

/// A failed statement inside a transaction.
pub(crate) fn write_fault(action: &'static str, error: rusqlite::Error) -> AppendFault {
    classify(Stage::Write, action, error)
}

fn connect(path: &Path) -> Result<Connection, StoreFault> {
    // No URI names: a directory called `file:x?mode=memory` must mean itself.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).map_err(StoreFault::database("open nexus.db"))
}

/// Whether SQLite's log stays as it is when the connection closes, instead of being merged.
fn keep_log(connection: &Connection, keep: bool) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep).map(drop)
}

/// SQLite deletes a log that it finds without its database: entries that could still be saved.
fn refuse_lost_database(directory: &Path, path: &Path) -> Result<(), StoreFault> {
    if std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0) {
        return Ok(());
    }
    match watermark::read(directory)? {
        Some(mark) if mark.seq > 0 => {
            Err(went_backwards(directory, &mark, "but now nexus.db is gone".to_owned()))
        }
        _ => Ok(()),
    }
}

fn went_backwards(directory: &Path, mark: &Head, found: String) -> StoreFault {
    let directory = directory.to_owned();
    StoreFault::WentBackwards { watermark_seq: mark.seq, found, directory }
}

fn configure(connection: &Connection, options: &OpenOptions) -> rusqlite::Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    // Until the journal has been checked, its log is evidence.
    keep_log(connection, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        tracing::warn!(mode, "the file system does not support a write-ahead log");
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -i64::from(options.cache_kib))?;
    let ignore = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    connection.pragma_update_and_check(None, "mmap_size", 0, ignore).or_else(no_row)?;
    connection.pragma_update_and_check(None, "journal_size_limit", 64 << 20, ignore)?;
    // The writer merges the log itself (`journal::merge_log`): SQLite's own hook hides failures.
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, ignore)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// A build without memory mapping answers that pragma with nothing.
fn no_row(error: rusqlite::Error) -> rusqlite::Result<i64> {
    match error {
        rusqlite::Error::QueryReturnedNoRows => Ok(0),
        other => Err(other),
    }
}

/// Compares the journal with its watermark, then starts the watermark anew at the head.
fn settle_watermark(
    directory: &Path,
    connection: &Connection,
    head: &Head,
) -> Result<Watermark, StoreFault> {
    match watermark::read(directory)? {
        Some(mark) => {
            if let Some(found) = journal::shortfall(connection, head, &mark)? {
                return Err(went_backwards(directory, &mark, found));
            }
        }
        None if head.seq > 0 => {
            let path = directory.to_owned();
            return Err(StoreFault::NoWatermark { path, seq: head.seq });
        }
        None => {}
    }
    Watermark::create(directory, head)
}

#[cfg(test)]
mod tests;
