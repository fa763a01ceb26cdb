//! The journal: one durable, ordered sequence of events, each chained to the one before it.

pub(crate) mod chain;
pub(crate) mod row;

use crate::fault::{AppendFault, Conflict, Stage, StoreFault, classify};
use crate::positions::{self, SourcePosition};
use crate::record;
use crate::statements::{self, StatementKept};
use crate::store::{Store, write_fault};
use chain::{GENESIS, Hash, Salt, Walk};
use nexus_engine::event::Entry;
use nexus_engine::ids::{EventId, LearnerId};
use nexus_engine::workspace::corrections::Corrections;
use row::Row;
use rusqlite::{Connection, ErrorCode, OptionalExtension, ffi};
use std::ops::ControlFlow;

/// Pages of SQLite's log after which it is copied into the database.
const UNMERGED_PAGES_MAX: usize = 4_000;
/// Bytes of a page.
const PAGE_BYTES: usize = 4_096;
/// Pages that one entry touches in the worst case besides its body: its place in the table and in both indexes.
const PAGES_AN_ENTRY: usize = 3;

/// The end of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of the last entry; 0 when there is none.
    pub seq: u64,
    /// Its chained hash, which stands for the whole journal up to it.
    pub hash: [u8; 32],
}

/// An entry to append.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRecord {
    /// The entry. Its `seq` must continue the journal.
    pub entry: Entry,
    /// Its place in its learner's stream, from 0; `None` for an entry of no learner.
    pub learner_seq: Option<u64>,
    /// A hash of what the client sent, to tell a retry from a clash of ids.
    pub request_hash: [u8; 16],
}

/// What the journal knows of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The entry that has the id.
    pub seq: u64,
    /// The hash that was given with it.
    pub request_hash: [u8; 16],
    /// Whether the entry was redacted: then what was sent with the id is unknown.
    pub erased: bool,
}

/// An entry as it stands in the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEntry {
    pub entry: Entry,
    /// Its place in its learner's stream, from 0; `None` for an entry of no learner.
    pub learner_seq: Option<u64>,
    /// The hash that was given with it.
    pub request_hash: [u8; 16],
    pub hash: [u8; 32],
}

/// Which part of a learner's stream to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Oldest first, from this `learner_seq` on.
    From(u64),
    /// Newest first, below this `learner_seq`.
    Before(u64),
    /// Newest first, below this number of the whole journal.
    BeforeEntry(u64),
    /// Newest first, from the end.
    Latest,
}

impl Store {
    /// Appends a batch in one transaction. It is durable when this returns.
    ///
    /// Errors: [`AppendFault::Conflict`] when an id or a place is taken, [`AppendFault::StorageFull`] when
    /// the disk is full: then nothing of the batch was kept. [`AppendFault::SyncFailed`] is for good.
    pub fn append(&mut self, records: &[NewRecord]) -> Result<Head, AppendFault> {
        self.append_from(records, &[], &[])
    }

    /// Appends a batch, and in the same transaction moves sources ahead to where they have come and keeps
    /// statements of other systems.
    ///
    /// Errors: as [`Store::append`].
    pub fn append_from(
        &mut self,
        records: &[NewRecord],
        positions: &[SourcePosition],
        kept: &[StatementKept],
    ) -> Result<Head, AppendFault> {
        self.usable()?;
        if records.is_empty() && positions.is_empty() && kept.is_empty() {
            return Ok(self.head);
        }
        let rows = chained(&self.head, records)?;
        self.write_transaction("append", |connection| {
            insert(connection, &rows)?;
            positions::write(connection, positions)?;
            statements::write(connection, kept)
        })?;
        if let Some(last) = rows.last() {
            self.head = Head { seq: last.seq, hash: last.hash };
        }
        if let Err(error) = self.watermark.note(&self.head) {
            // The entries are durable; only the alarm for their loss is late.
            tracing::warn!(%error, "noting the watermark failed");
        }
        let bodies = rows.iter().map(|row| row.body.len());
        let bytes: usize = bodies.chain(kept.iter().map(|it| it.body.len())).sum();
        self.merge_log(
            (rows.len() + kept.len()) * PAGES_AN_ENTRY + positions.len() + bytes / PAGE_BYTES,
        );
        Ok(self.head)
    }

    /// The entry that has an id, if any.
    ///
    /// Errors: when the database cannot be read: then it is unknown whether the id is taken.
    pub fn find(&self, id: &EventId) -> Result<Option<Found>, StoreFault> {
        self.usable()?;
        let fault = || StoreFault::database("look an id up");
        let select = "SELECT seq, request_hash FROM journal WHERE id = ?1";
        let mut statement = self.connection.prepare_cached(select).map_err(fault())?;
        let found = statement.query_row([id.as_str()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Option<[u8; 16]>>(1)?))
        });
        match found.optional().map_err(fault())? {
            Some((seq, hash)) => Ok(Some(Found {
                seq: seq.unsigned_abs(),
                request_hash: hash.unwrap_or_default(),
                erased: false,
            })),
            None => self.find_erased(id),
        }
    }

    /// The entry with a number.
    ///
    /// Errors: when it cannot be read.
    pub fn entry(&self, seq: u64) -> Result<Option<StoredEntry>, StoreFault> {
        let rows = self.rows("WHERE seq = ?1 LIMIT ?2", &[&signed(seq), &1_i64])?;
        rows.into_iter().next().map(Row::decode).transpose()
    }

    /// The entry with an id.
    ///
    /// Errors: when it cannot be read.
    pub fn entry_by_id(&self, id: &EventId) -> Result<Option<StoredEntry>, StoreFault> {
        let rows = self.rows("WHERE id = ?1 LIMIT ?2", &[&id.as_str(), &1_i64])?;
        rows.into_iter().next().map(Row::decode).transpose()
    }

    /// At most `limit` entries after a number, in order.
    ///
    /// Errors: when one of them cannot be read.
    pub fn entries(&self, after_seq: u64, limit: usize) -> Result<Vec<StoredEntry>, StoreFault> {
        let tail = "WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        self.decoded(tail, &[&signed(after_seq), &signed(limit as u64)])
    }

    /// Entries of some kinds between two numbers, both left out, in order. Others are passed over
    /// without being decoded.
    ///
    /// Errors: when one of them cannot be read.
    pub fn entries_of_kinds(
        &self,
        after_seq: u64,
        before_seq: u64,
        kinds: &[&str],
    ) -> Result<Vec<StoredEntry>, StoreFault> {
        let tail = "WHERE seq > ?1 AND seq < ?2 AND kind IN (SELECT value FROM json_each(?3)) \
                    ORDER BY seq";
        // invariant: a list of texts is JSON.
        let kinds = serde_json::to_string(kinds).expect("texts are JSON");
        self.decoded(tail, &[&signed(after_seq), &signed(before_seq), &kinds])
    }

    /// At most `limit` entries of a learner.
    ///
    /// Errors: when one of them cannot be read.
    pub fn entries_of_learner(
        &self,
        learner: &LearnerId,
        page: Page,
        limit: usize,
    ) -> Result<Vec<StoredEntry>, StoreFault> {
        let (tail, bound) = match page {
            Page::From(from) => {
                ("WHERE learner = ?1 AND learner_seq >= ?2 ORDER BY learner_seq LIMIT ?3", from)
            }
            Page::Before(before) => (
                "WHERE learner = ?1 AND learner_seq < ?2 ORDER BY learner_seq DESC LIMIT ?3",
                before,
            ),
            Page::BeforeEntry(before) => {
                ("WHERE learner = ?1 AND seq < ?2 ORDER BY learner_seq DESC LIMIT ?3", before)
            }
            Page::Latest => (
                "WHERE learner = ?1 AND learner_seq <= ?2 ORDER BY learner_seq DESC LIMIT ?3",
                u64::MAX,
            ),
        };
        self.decoded(tail, &[&learner.as_str(), &signed(bound), &signed(limit as u64)])
    }

    /// Shows every entry after a number to `visit`, in order, checking the chain on the way, until
    /// `visit` breaks. Returns the last entry shown, or where it began.
    ///
    /// Errors: [`StoreFault::ChainBroken`] at the first entry that is missing or changed.
    pub fn replay(
        &self,
        after_seq: u64,
        visit: impl FnMut(StoredEntry) -> ControlFlow<()>,
    ) -> Result<Head, StoreFault> {
        self.usable()?;
        replay(&self.connection, after_seq, visit)
    }

    /// What the journal's corrections say of its other entries.
    ///
    /// Errors: when one of them cannot be read.
    pub fn corrections(&self) -> Result<Corrections, StoreFault> {
        self.usable()?;
        corrections(&self.connection)
    }

    /// The same of one learner's entries.
    ///
    /// Errors: when one of them cannot be read.
    pub fn corrections_of(&self, learner: &LearnerId) -> Result<Corrections, StoreFault> {
        let mut corrections = Corrections::default();
        let tail = "WHERE learner = ?1 AND kind = 'corrected' ORDER BY learner_seq";
        for stored in self.decoded(tail, &[&learner.as_str()])? {
            corrections.read(&stored.entry);
        }
        Ok(corrections)
    }

    /// Whether something was corrected after an entry: then no state from before it can be brought
    /// forward.
    ///
    /// Errors: when the journal cannot be read.
    pub fn corrected_after(&self, seq: u64) -> Result<bool, StoreFault> {
        self.usable()?;
        let select = "SELECT EXISTS (SELECT 1 FROM journal WHERE seq > ?1 AND kind = 'corrected')";
        let found = self.connection.query_row(select, [signed(seq)], |row| row.get(0));
        found.map_err(StoreFault::database("look for corrections"))
    }

    fn decoded(
        &self,
        tail: &str,
        parameters: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<StoredEntry>, StoreFault> {
        self.rows(tail, parameters)?.into_iter().map(Row::decode).collect()
    }

    fn rows(
        &self,
        tail: &str,
        parameters: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<Row>, StoreFault> {
        self.usable()?;
        row::select(&self.connection, tail, parameters)
    }

    /// Copies SQLite's log into the database once it has grown, and says when that fails.
    pub(crate) fn merge_log(&mut self, pages: usize) {
        self.unmerged_pages += pages;
        if self.unmerged_pages < UNMERGED_PAGES_MAX {
            return;
        }
        self.unmerged_pages = 0;
        let merged = self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        match merged.map_err(|error| classify(Stage::Write, "merge the log", error)) {
            Ok(()) => {}
            Err(AppendFault::SyncFailed) => self.poison("merge the log"),
            // The entries are safe in the log, which grows until there is space to merge it.
            Err(error) => tracing::warn!(%error, "merging the log failed; it will be tried again"),
        }
    }
}

/// [`Store::corrections`] on any connection.
pub(crate) fn corrections(connection: &Connection) -> Result<Corrections, StoreFault> {
    corrections_until(connection, u64::MAX)
}

/// The same of the entries up to one.
pub(crate) fn corrections_until(
    connection: &Connection,
    until_seq: u64,
) -> Result<Corrections, StoreFault> {
    let mut corrections = Corrections::default();
    let tail = "WHERE kind = 'corrected' AND seq <= ?1 ORDER BY seq";
    for row in row::select(connection, tail, &[&signed(until_seq)])? {
        corrections.read(&row.decode()?.entry);
    }
    Ok(corrections)
}

/// [`Store::replay`] on any connection.
pub(crate) fn replay(
    connection: &Connection,
    after_seq: u64,
    mut visit: impl FnMut(StoredEntry) -> ControlFlow<()>,
) -> Result<Head, StoreFault> {
    let mut walk = Walk::from(start(connection, after_seq)?);
    let mut ended = true;
    row::stream(connection, after_seq, |row| {
        walk.step(&row)?;
        let flow = visit(row.decode()?);
        ended = flow.is_continue();
        Ok(flow)
    })?;
    if ended { walk.finish() } else { Ok(walk.head()) }
}

/// The head of the journal, after checking the chain from the last believable checkpoint.
pub(crate) fn checked_head(connection: &Connection) -> Result<Head, StoreFault> {
    let head = match crate::checkpoint::place(connection)? {
        Some(place) if hash_at(connection, place.seq)? == Some(place.hash) => place,
        _ => Head { seq: 0, hash: GENESIS },
    };
    let mut walk = Walk::from(head);
    row::stream(connection, head.seq, |row| {
        walk.step(&row)?;
        Ok(ControlFlow::Continue(()))
    })?;
    walk.finish()
}

/// Says in words how the journal falls short of a watermark, if it does.
pub(crate) fn shortfall(
    connection: &Connection,
    head: &Head,
    mark: &Head,
) -> Result<Option<String>, StoreFault> {
    if mark.seq > head.seq {
        return Ok(Some(format!("but now it ends with entry {}", head.seq)));
    }
    if mark.seq > 0 && hash_at(connection, mark.seq)? != Some(mark.hash) {
        return Ok(Some(format!("but now entry {} is another one", mark.seq)));
    }
    Ok(None)
}

/// The stored hash of an entry.
pub(crate) fn hash_at(connection: &Connection, seq: u64) -> Result<Option<Hash>, StoreFault> {
    let fault = || StoreFault::database("read a hash");
    let select = "SELECT hash FROM journal WHERE seq = ?1";
    let mut statement = connection.prepare_cached(select).map_err(fault())?;
    let hash = statement.query_row([signed(seq)], |row| row.get::<_, Vec<u8>>(0));
    let hash = hash.optional().map_err(fault())?;
    // A hash of another length is damage, and equals nothing.
    Ok(hash.and_then(|bytes| bytes.try_into().ok()))
}

fn start(connection: &Connection, after_seq: u64) -> Result<Head, StoreFault> {
    if after_seq == 0 {
        return Ok(Head { seq: 0, hash: GENESIS });
    }
    let missing = StoreFault::ChainBroken { seq: after_seq, reason: "it is missing" };
    let hash = hash_at(connection, after_seq)?.ok_or(missing)?;
    Ok(Head { seq: after_seq, hash })
}

/// Encodes and chains a batch, before any transaction begins.
pub(crate) fn chained(head: &Head, records: &[NewRecord]) -> Result<Vec<Row>, AppendFault> {
    let secret = crate::secret::entropy::<32>()?;
    let mut previous = *head;
    let mut rows = Vec::with_capacity(records.len());
    for record in records {
        let salt = salt_of(&secret, record.entry.seq);
        let row = chained_row(&previous, record, salt).map_err(AppendFault::Conflict)?;
        previous = Head { seq: row.seq, hash: row.hash };
        rows.push(row);
    }
    Ok(rows)
}

/// The salt of an entry, from random bytes that live as long as the batch is being written.
fn salt_of(secret: &[u8; 32], seq: u64) -> Salt {
    let mut salt = Salt::default();
    salt.copy_from_slice(&blake3::keyed_hash(secret, &seq.to_le_bytes()).as_bytes()[..16]);
    salt
}

fn chained_row(previous: &Head, record: &NewRecord, salt: Salt) -> Result<Row, Conflict> {
    let NewRecord { entry, learner_seq, request_hash } = record;
    let expected = previous.seq + 1;
    if entry.seq != expected {
        return Err(Conflict::Seq { expected, given: entry.seq });
    }
    let learner = entry.event.learner();
    if learner.is_some() != learner_seq.is_some() {
        return Err(Conflict::Stream { seq: entry.seq });
    }
    let mut row = Row {
        seq: entry.seq,
        id: entry.id.as_str().to_owned(),
        kind: entry.event.word().to_owned(),
        learner: learner.map(|id| id.as_str().to_owned()),
        learner_seq: *learner_seq,
        received_at: entry.received_at.0,
        request_hash: Some(*request_hash),
        body: record::encode(&entry.event),
        hash: GENESIS,
        salt: Some(salt),
        erased_by: None,
    };
    row.hash = chain::link(&previous.hash, &row);
    Ok(row)
}

pub(crate) fn insert(connection: &Connection, rows: &[Row]) -> Result<(), AppendFault> {
    for row in rows {
        if let Err(error) = insert_row(connection, row) {
            return Err(conflict(connection, row, error));
        }
    }
    Ok(())
}

/// Writes one row as it is.
pub(crate) fn insert_row(connection: &Connection, row: &Row) -> rusqlite::Result<()> {
    let sql = "INSERT INTO journal (seq, id, kind, learner, learner_seq, received_at, \
               request_hash, body, hash, salt, erased_by) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let parameters = rusqlite::params![
        signed(row.seq),
        row.id,
        row.kind,
        row.learner,
        row.learner_seq.map(signed),
        row.received_at,
        row.request_hash,
        row.body,
        row.hash,
        row.salt,
        row.erased_by.map(signed),
    ];
    connection.prepare_cached(sql)?.execute(parameters).map(drop)
}

/// Finds out what a refused row clashed with.
fn conflict(connection: &Connection, row: &Row, error: rusqlite::Error) -> AppendFault {
    let extended = error.sqlite_extended_error_code();
    // A taken number means that another program wrote here: no conflict that a node could solve.
    let foreign = extended == Some(ffi::SQLITE_CONSTRAINT_PRIMARYKEY)
        || extended == Some(ffi::SQLITE_CONSTRAINT_ROWID);
    if foreign || error.sqlite_error_code() != Some(ErrorCode::ConstraintViolation) {
        return write_fault("append", error);
    }
    let select = "SELECT seq FROM journal WHERE id = ?1";
    let taken = connection.query_row(select, [&row.id], |found| found.get::<_, i64>(0));
    let conflict = match (taken, &row.learner, row.learner_seq) {
        (Ok(seq), _, _) => {
            EventId::new(&row.id).ok().map(|id| Conflict::Id { id, seq: seq.unsigned_abs() })
        }
        (Err(_), Some(learner), Some(learner_seq)) => LearnerId::new(learner)
            .ok()
            .map(|learner| Conflict::LearnerSeq { learner, learner_seq }),
        _ => None,
    };
    conflict.map_or_else(|| write_fault("append", error), AppendFault::Conflict)
}

/// SQLite's integers are signed; numbers beyond them can only be bounds, never entries.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
