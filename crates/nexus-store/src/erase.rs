//! Erasing a learner from the files: redact their entries, drop their snapshot, note the ids that
//! stay used, and then write the database anew, so that no old byte is left in it.
//!
//! The first part is one transaction with the entry that says so and a checkpoint of the state
//! after it: after a crash all of it has happened, or nothing has. The second part,
//! [`Store::scrub`], changes no content and is done again at the next start when it was cut short.
//! It is needed because a database does not overwrite what it has moved, also not with
//! `secure_delete`.

use crate::checkpoint::{write_learner, write_shared};
use crate::erasures::ErasureList;
use crate::fault::{AppendFault, Stage, StoreFault, classify};
use crate::journal::chain::Stubs;
use crate::journal::row::{self, Row};
use crate::journal::{self, Found, Head, NewRecord, StoredEntry, signed};
use crate::record;
use crate::secret::entropy;
use crate::statements;
use crate::store::{Store, write_fault};
use nexus_engine::erasure::ErasureMark;
use nexus_engine::event::Event;
use nexus_engine::ids::{EventId, LearnerId};
use nexus_engine::workspace::redaction::Redaction;
use nexus_engine::workspace::{LearnerState, SharedState};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;
use std::path::Path;

/// `remains` of an erasure: the database must be written anew, and the log emptied.
const DATABASE_REMAINS: i64 = 2;
/// The log must be emptied.
const LOG_REMAINS: i64 = 1;

/// Where `nexus ingest` keeps what it rejected, and how the names of those files end.
const INGEST_FOLDER: &str = "ingest";
const REJECTIONS_END: &str = ".rejected.ndjson";

/// What is left of a learner's entries, ready to take their place.
#[derive(Debug)]
pub struct Redacted {
    learner: Option<LearnerId>,
    stubs: Vec<Stub>,
    digest: [u8; 32],
}

#[derive(Debug)]
struct Stub {
    row: Row,
    /// Keyed hash of the id that the entry had.
    id: [u8; 32],
}

impl Redacted {
    /// Of a learner without entries in the journal.
    #[must_use]
    pub fn nothing() -> Self {
        let (_, digest) = Stubs::default().digest();
        Self { learner: None, stubs: Vec::new(), digest }
    }

    /// How many entries are redacted.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.stubs.len() as u64
    }

    /// The digest of what is left of them.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }
}

impl Store {
    /// The mark of a learner's id; `None` before the first erasure.
    #[must_use]
    pub fn erasure_mark(&self, learner: &LearnerId) -> Option<ErasureMark> {
        self.erasures.as_ref().map(|list| list.mark(learner))
    }

    /// The mark of a learner's id, when the first erasure may need a key.
    ///
    /// Errors: when the list cannot be made.
    pub fn make_erasure_mark(&mut self, learner: &LearnerId) -> Result<ErasureMark, StoreFault> {
        self.usable()?;
        if self.erasures.is_none() {
            let list = ErasureList::fresh()?;
            // Durable before anything is marked with its key.
            list.write(&self.directory)?;
            self.erasures = Some(list);
        }
        let missing = || self.list_fault("it is missing");
        self.erasure_mark(learner).ok_or_else(missing)
    }

    /// A random name for what is left of a learner.
    ///
    /// Errors: when the operating system gives no random numbers.
    pub fn pseudonym(&self) -> Result<LearnerId, StoreFault> {
        let random: String = entropy::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect();
        // invariant: letters, a hyphen and digits are an id.
        Ok(LearnerId::new(&format!("erased-{random}")).expect("a random name is an id"))
    }

    /// What is to be left of a learner's entries, and of constraints that name them, under another name. Changes nothing.
    ///
    /// Errors: when one of the entries cannot be read.
    pub fn redact(
        &self,
        learner: &LearnerId,
        pseudonym: &LearnerId,
    ) -> Result<Redacted, StoreFault> {
        self.usable()?;
        let list = self.erasures.as_ref().ok_or_else(|| self.list_fault("it is missing"))?;
        let mut redaction = Redaction::new(pseudonym.clone());
        let own = "WHERE learner = ?1 ORDER BY seq";
        let mut found = row::select(&self.connection, own, &[&learner.as_str()])?;
        found.extend(self.constraints_of(learner)?);
        found.sort_by_key(|row| row.seq);
        let mut met = Vec::with_capacity(found.len());
        for row in found {
            let StoredEntry { entry, .. } = row.clone().decode()?;
            let id = redaction.meet(row.seq, &entry.event);
            met.push((row, entry.event, id));
        }
        let mut seen = Stubs::default();
        let stubs = met.into_iter().map(|(row, event, id)| {
            let body = record::encode(&redaction.redact(event));
            let stub = Stub { id: list.id(&row.id), row: redacted(row, &id, pseudonym, body) };
            seen.add(&stub.row);
            stub
        });
        let stubs: Vec<Stub> = stubs.collect();
        let (_, digest) = seen.digest();
        Ok(Redacted { learner: Some(learner.clone()), stubs, digest })
    }

    /// Entries of constraints that were set for a learner, or lifted again. They stand in no learner's
    /// stream, so all of their kind are looked through.
    fn constraints_of(&self, learner: &LearnerId) -> Result<Vec<Row>, StoreFault> {
        let kinds = "WHERE kind IN ('constraint_set', 'constraint_lifted') ORDER BY seq";
        let (mut own, mut found) = (Vec::new(), Vec::new());
        for row in row::select(&self.connection, kinds, &[])? {
            match row.clone().decode()?.entry.event {
                Event::ConstraintSet(set) if set.learner.as_ref() == Some(learner) => {
                    own.push(set.id);
                    found.push(row);
                }
                Event::ConstraintLifted { constraint, .. } if own.contains(&constraint) => {
                    found.push(row);
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// Puts what is left in the place of a learner's entries, appends the entry that says so, and
    /// writes a checkpoint of the state after it, in one durable transaction. Then the learner is
    /// on the erasure list. The old bytes are still in the files until [`Store::scrub`] has run.
    ///
    /// Errors: as [`Store::append`]: nothing was changed, unless the disk did not confirm it.
    pub fn erase<'a>(
        &mut self,
        redacted: &Redacted,
        record: &NewRecord,
        shared: &SharedState,
        dirty: impl IntoIterator<Item = &'a LearnerState>,
    ) -> Result<Head, AppendFault> {
        self.usable()?;
        let Event::LearnerErased(erased) = &record.entry.event else {
            return Err(AppendFault::Other(self.list_fault("no erasure was given")));
        };
        let missing = || AppendFault::Other(self.list_fault("it is missing"));
        let check = self.erasures.as_ref().ok_or_else(missing)?.check();
        let rows = journal::chained(&self.head, std::slice::from_ref(record))?;
        let hash = rows.last().map_or(self.head.hash, |row| row.hash);
        let place = Head { seq: record.entry.seq, hash };
        self.write_transaction("erase a learner", |connection| {
            replace(connection, &redacted.stubs, place.seq)?;
            journal::insert(connection, &rows)?;
            forget(connection, redacted.learner.as_ref(), place.seq, &check)?;
            write_shared(connection, &place, shared)?;
            for learner in dirty {
                write_learner(connection, place.seq, learner)?;
            }
            Ok(())
        })?;
        self.head = place;
        self.remains = DATABASE_REMAINS;
        self.note_erased(erased.mark);
        if let Err(error) = self.watermark.note(&place).and_then(|()| self.watermark.sync()) {
            tracing::error!(%error, "the watermark could not be made durable");
            self.poison("sync the watermark");
            return Err(AppendFault::SyncFailed);
        }
        Ok(place)
    }

    /// Puts a learner on the erasure list, in its file too. When that fails the journal still knows
    /// it, and the next start tries again.
    fn note_erased(&mut self, mark: ErasureMark) {
        let Some(list) = &mut self.erasures else { return };
        list.marks.insert(mark);
        if let Err(error) = list.write(&self.directory) {
            tracing::error!(%error, "the erasure list could not be written; a start tries again");
        }
    }

    /// Brings the list up to what the journal says, and answers with the marks that the journal
    /// does not know: after an older database was put back.
    ///
    /// Errors: when the list cannot be written.
    pub fn settle_erasures(
        &mut self,
        known: impl Iterator<Item = ErasureMark>,
    ) -> Result<Vec<ErasureMark>, StoreFault> {
        self.usable()?;
        let Some(list) = &mut self.erasures else { return Ok(Vec::new()) };
        let known: BTreeSet<ErasureMark> = known.collect();
        let unknown = list.marks.difference(&known).copied().collect();
        let before = list.marks.len();
        list.marks.extend(known);
        if list.marks.len() > before {
            list.write(&self.directory)?;
        }
        Ok(unknown)
    }

    /// Learners in the journal whose ids have one of these marks.
    ///
    /// Errors: when the journal cannot be read.
    pub fn learners_marked(&self, marks: &[ErasureMark]) -> Result<Vec<LearnerId>, StoreFault> {
        self.usable()?;
        let Some(list) = self.erasures.as_ref().filter(|_| !marks.is_empty()) else {
            return Ok(Vec::new());
        };
        let fault = || StoreFault::database("look for erased learners");
        let select = "SELECT DISTINCT learner FROM journal WHERE learner IS NOT NULL";
        let mut statement = self.connection.prepare(select).map_err(fault())?;
        let mut rows = statement.query([]).map_err(fault())?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(fault())? {
            let name: String = row.get(0).map_err(fault())?;
            let learner = LearnerId::new(&name).ok();
            found.extend(learner.filter(|learner| marks.contains(&list.mark(learner))));
        }
        Ok(found)
    }

    /// Whether old bytes of erased learners may still be in the files.
    #[must_use]
    pub fn scrub_due(&self) -> bool {
        self.remains > 0
    }

    /// Makes the old bytes of erased learners disappear: deletes what ingests rejected, writes the
    /// whole database anew from what it holds now, then empties SQLite's log. Takes time in
    /// proportion to the database, and as much space again. Returns whether all of them are gone:
    /// a process that reads the journal can hold the log for as long as it reads.
    ///
    /// Errors: as [`Store::append`]. Content is never changed, and it can be tried again.
    pub fn scrub(&mut self) -> Result<bool, AppendFault> {
        self.usable()?;
        if self.remains == DATABASE_REMAINS {
            let directory = self.directory.clone();
            drop_rejections(&directory)?;
            self.step(|connection| rewrite(connection, &directory))?;
            self.unmerged_pages = 0;
            self.set_remains(LOG_REMAINS)?;
        }
        if self.remains == LOG_REMAINS {
            if !self.step(empty_log)? {
                return Ok(false);
            }
            self.set_remains(0)?;
        }
        Ok(true)
    }

    fn step<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, AppendFault> {
        let done = work(&self.connection);
        let done = done.map_err(|error| classify(Stage::Write, "overwrite erased bytes", error));
        if matches!(done, Err(AppendFault::SyncFailed)) {
            self.poison("overwrite erased bytes");
        }
        done
    }

    fn set_remains(&mut self, remains: i64) -> Result<(), AppendFault> {
        self.write_transaction("note an erasure", |connection| {
            let update = "UPDATE erasure SET remains = ?1 WHERE remains > ?1";
            let updated = connection.execute(update, [remains]);
            updated.map(drop).map_err(|error| write_fault("note an erasure", error))
        })?;
        self.remains = remains;
        Ok(())
    }

    /// A redacted entry that had an id.
    pub(crate) fn find_erased(&self, id: &EventId) -> Result<Option<Found>, StoreFault> {
        let Some(list) = &self.erasures else { return Ok(None) };
        let fault = || StoreFault::database("look an id up");
        let select = "SELECT seq FROM erased_id WHERE digest = ?1";
        let mut statement = self.connection.prepare_cached(select).map_err(fault())?;
        let found = statement.query_row([list.event(id)], |row| row.get::<_, i64>(0));
        let found = found.optional().map_err(fault())?;
        Ok(found.map(|seq| Found {
            seq: seq.unsigned_abs(),
            request_hash: Default::default(),
            erased: true,
        }))
    }

    fn list_fault(&self, reason: &str) -> StoreFault {
        list_fault(&self.directory, reason)
    }
}

/// What the store must know of erasures before it serves: the list, and what remains to be done.
pub(crate) fn open(
    directory: &Path,
    connection: &Connection,
) -> Result<(Option<ErasureList>, i64), StoreFault> {
    let list = ErasureList::read(directory)?;
    let fault = || StoreFault::database("read the erasures");
    let select = "SELECT DISTINCT key_check FROM erasure";
    let mut statement = connection.prepare(select).map_err(fault())?;
    let checks = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).map_err(fault())?;
    for check in checks {
        let check = check.map_err(fault())?;
        match &list {
            None => return Err(list_fault(directory, "it is missing")),
            Some(list) if list.check().as_slice() != check => {
                return Err(list_fault(directory, "it belongs to another database"));
            }
            Some(_) => {}
        }
    }
    let remains = "SELECT coalesce(max(remains), 0) FROM erasure";
    let remains = connection.query_row(remains, [], |row| row.get(0)).map_err(fault())?;
    Ok((list, remains))
}

fn list_fault(directory: &Path, reason: &str) -> StoreFault {
    let path = directory.join(crate::erasures::ERASURES_FILE);
    StoreFault::ErasureList { path, reason: reason.to_owned() }
}

/// The row that takes the place of another.
fn redacted(row: Row, id: &EventId, pseudonym: &LearnerId, body: String) -> Row {
    Row {
        seq: row.seq,
        id: id.to_string(),
        kind: row.kind,
        learner: row.learner.map(|_| pseudonym.to_string()),
        learner_seq: row.learner_seq,
        received_at: row.received_at,
        request_hash: None,
        body,
        hash: row.hash,
        salt: None,
        erased_by: None,
    }
}

fn replace(connection: &Connection, stubs: &[Stub], by: u64) -> Result<(), AppendFault> {
    let fault = |error| write_fault("redact", error);
    let update = "UPDATE journal SET id = ?2, learner = ?3, request_hash = NULL, body = ?4, \
                  salt = NULL, erased_by = ?5 WHERE seq = ?1";
    let mut update = connection.prepare_cached(update).map_err(fault)?;
    let insert = "INSERT INTO erased_id (digest, seq) VALUES (?1, ?2)";
    let mut insert = connection.prepare_cached(insert).map_err(fault)?;
    for Stub { row, id } in stubs {
        let values = params![signed(row.seq), row.id, row.learner, row.body, signed(by)];
        update.execute(values).map_err(fault)?;
        insert.execute(params![id, signed(row.seq)]).map_err(fault)?;
    }
    Ok(())
}

fn forget(
    connection: &Connection,
    learner: Option<&LearnerId>,
    seq: u64,
    check: &[u8; 32],
) -> Result<(), AppendFault> {
    let fault = |error| write_fault("forget a learner", error);
    let delete = "DELETE FROM snapshot_learner WHERE learner = ?1";
    if let Some(learner) = learner {
        connection.execute(delete, [learner.as_str()]).map_err(fault)?;
        statements::forget(connection, learner)?;
    }
    let insert = "INSERT INTO erasure (seq, key_check, remains) VALUES (?1, ?2, ?3)";
    let values = params![signed(seq), check, DATABASE_REMAINS];
    connection.execute(insert, values).map(drop).map_err(fault)
}

/// Records that an ingest rejected are kept as they were sent, of any learner: they go. The
/// files that they came from are elsewhere, and can be read again.
fn drop_rejections(directory: &Path) -> Result<(), StoreFault> {
    let folder = directory.join(INGEST_FOLDER);
    let listed = match std::fs::read_dir(&folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreFault::files("listing", &folder)(error)),
    };
    for file in listed {
        let path = file.map_err(StoreFault::files("listing", &folder))?.path();
        if path.to_string_lossy().ends_with(REJECTIONS_END) {
            std::fs::remove_file(&path).map_err(StoreFault::files("deleting", &path))?;
        }
    }
    crate::files::sync_parent(&folder.join(REJECTIONS_END))
}

/// Writes every page anew. What is written on the way holds no erased byte any more.
fn rewrite(connection: &Connection, directory: &Path) -> rusqlite::Result<()> {
    // In a file, because a large database would not fit in memory; and beside the database, because
    // there may be no other place to write, and learners' data belong nowhere else.
    connection.pragma_update(None, "temp_store", "FILE")?;
    if let Some(directory) = directory.to_str() {
        connection.pragma_update(None, "temp_store_directory", directory)?;
    }
    let rewritten = connection.execute_batch("VACUUM");
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    rewritten
}

/// Copies the log into the database and cuts it to nothing; `false` when a process still reads it.
fn empty_log(connection: &Connection) -> rusqlite::Result<bool> {
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    connection.query_row(checkpoint, [], |row| row.get::<_, i64>(0)).map(|busy| busy == 0)
}

#[cfg(test)]
mod tests;
