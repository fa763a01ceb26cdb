//! Rows of the journal table, before their bodies are decoded.

use super::chain::{Hash, Salt};
use super::{StoredEntry, signed};
use crate::fault::StoreFault;
use crate::record::{self, RecordFault};
use nexus_engine::event::Entry;
use nexus_engine::ids::EventId;
use nexus_engine::time::Timestamp;
use rusqlite::Connection;
use std::ops::ControlFlow;

const COLUMNS: &str = "SELECT seq, id, kind, learner, learner_seq, received_at, request_hash, \
                       body, hash, salt, erased_by FROM journal";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) seq: u64,
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) learner: Option<String>,
    pub(crate) learner_seq: Option<u64>,
    pub(crate) received_at: i64,
    pub(crate) request_hash: Option<[u8; 16]>,
    pub(crate) body: String,
    pub(crate) hash: Hash,
    /// Enters the hash; none in entries of before there were salts, and in redacted ones.
    pub(crate) salt: Option<Salt>,
    /// The entry that redacted this one.
    pub(crate) erased_by: Option<u64>,
}

impl Row {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: unsigned(0, row.get(0)?)?,
            id: row.get(1)?,
            kind: row.get(2)?,
            learner: row.get(3)?,
            learner_seq: row.get::<_, Option<i64>>(4)?.map(|at| unsigned(4, at)).transpose()?,
            received_at: row.get(5)?,
            request_hash: row.get(6)?,
            body: row.get(7)?,
            hash: row.get(8)?,
            salt: row.get(9)?,
            erased_by: row.get::<_, Option<i64>>(10)?.map(|by| unsigned(10, by)).transpose()?,
        })
    }

    /// The entry in the row.
    pub(crate) fn decode(self) -> Result<StoredEntry, StoreFault> {
        let unreadable = |source| StoreFault::Unreadable { seq: self.seq, source };
        let id = EventId::new(&self.id)
            .map_err(|source| unreadable(RecordFault::Id { field: "id", source }))?;
        let event = record::decode(&self.kind, &self.body).map_err(unreadable)?;
        let received_at = Timestamp(self.received_at);
        Ok(StoredEntry {
            entry: Entry { seq: self.seq, id, received_at, event },
            learner_seq: self.learner_seq,
            request_hash: self.request_hash.unwrap_or_default(),
            hash: self.hash,
        })
    }
}

fn unsigned(column: usize, number: i64) -> rusqlite::Result<u64> {
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

/// The rows that the tail of a SELECT names.
pub(crate) fn select(
    connection: &Connection,
    tail: &str,
    parameters: &[&dyn rusqlite::ToSql],
) -> Result<Vec<Row>, StoreFault> {
    let fault = || StoreFault::database("read entries");
    let sql = format!("{COLUMNS} {tail}");
    let mut statement = connection.prepare_cached(&sql).map_err(fault())?;
    let rows = statement.query_map(parameters, Row::read).map_err(fault())?;
    rows.collect::<Result<_, _>>().map_err(fault())
}

/// Shows every row after a number to `visit`, in order, one at a time.
pub(crate) fn stream(
    connection: &Connection,
    after_seq: u64,
    mut visit: impl FnMut(Row) -> Result<ControlFlow<()>, StoreFault>,
) -> Result<(), StoreFault> {
    let fault = || StoreFault::database("read the journal");
    let sql = format!("{COLUMNS} WHERE seq > ?1 ORDER BY seq");
    let mut statement = connection.prepare_cached(&sql).map_err(fault())?;
    let mut rows = statement.query([signed(after_seq)]).map_err(fault())?;
    while let Some(row) = rows.next().map_err(fault())? {
        if visit(Row::read(row).map_err(fault())?)?.is_break() {
            break;
        }
    }
    Ok(())
}
