//! How far each source of events has come, beside the entries that its records became.
//!
//! A position is written in the transaction that appends the entries, so there is never one without
//! the other. It is no part of the fold: the same events give the same state, by whichever way they
//! came (`docs/decisions/0015-positions-of-sources.md`).

use crate::fault::{AppendFault, StoreFault};
use crate::journal::signed;
use crate::store::{Store, write_fault};
use rusqlite::{Connection, params};

/// How far a source has come in one of its partitions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourcePosition {
    pub source: String,
    pub partition: String,
    /// The position of the first record that is not taken yet.
    pub next: u64,
}

impl SourcePosition {
    fn sum(&self) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new();
        for text in [&self.source, &self.partition] {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
        hasher.update(&self.next.to_le_bytes());
        let mut sum = [0; 16];
        sum.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        sum
    }
}

impl Store {
    /// How far every source has come, in order.
    ///
    /// Errors: [`StoreFault::PositionDamaged`] at the first that cannot be believed.
    pub fn source_positions(&self) -> Result<Vec<SourcePosition>, StoreFault> {
        self.usable()?;
        read(&self.connection)?.into_iter().collect()
    }

    /// Moves a source to a position, ahead or back: a person says so, while nothing is read.
    ///
    /// Errors: as [`Store::append`].
    pub fn seek_source(&mut self, position: &SourcePosition) -> Result<(), AppendFault> {
        self.usable()?;
        self.write_transaction("move a source", |connection| {
            let delete = "DELETE FROM source_position WHERE source = ?1 AND partition = ?2";
            let deleted = connection.execute(delete, [&position.source, &position.partition]);
            deleted.map_err(|error| write_fault("move a source", error))?;
            write(connection, std::slice::from_ref(position))
        })
    }
}

/// Moves sources ahead. One that is there already, or further, stays.
pub(crate) fn write(
    connection: &Connection,
    positions: &[SourcePosition],
) -> Result<(), AppendFault> {
    if positions.is_empty() {
        return Ok(());
    }
    let fault = |error| write_fault("note the position of a source", error);
    let sql = "INSERT INTO source_position (source, partition, next, sum) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (source, partition) DO UPDATE SET next = excluded.next, \
               sum = excluded.sum WHERE excluded.next > next";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    for position in positions {
        let SourcePosition { source, partition, next } = position;
        let values = params![source, partition, signed(*next), position.sum()];
        statement.execute(values).map_err(fault)?;
    }
    Ok(())
}

/// Every position, or why it cannot be believed.
pub(crate) fn read(
    connection: &Connection,
) -> Result<Vec<Result<SourcePosition, StoreFault>>, StoreFault> {
    let fault = || StoreFault::database("read the positions of sources");
    // A database that no newer program has opened yet has no sources.
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'source_position'";
    let tables: i64 = connection.query_row(tables, [], |row| row.get(0)).map_err(fault())?;
    if tables == 0 {
        return Ok(Vec::new());
    }
    let select = "SELECT source, partition, next, sum FROM source_position ORDER BY 1, 2";
    let mut statement = connection.prepare_cached(select).map_err(fault())?;
    let rows = statement.query_map([], |row| {
        let (source, partition) = (row.get(0)?, row.get(1)?);
        let next = row.get::<_, i64>(2)?.unsigned_abs();
        Ok((SourcePosition { source, partition, next }, row.get::<_, Vec<u8>>(3)?))
    });
    let mut found = Vec::new();
    for row in rows.map_err(fault())? {
        let (position, sum) = row.map_err(fault())?;
        found.push(match sum == position.sum() {
            true => Ok(position),
            false => Err(StoreFault::PositionDamaged {
                source_name: position.source,
                partition: position.partition,
            }),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classroom::JournalFixture;
    use crate::store::OpenOptions;
    use crate::verify::verify;
    use std::path::Path;

    fn open(directory: &Path) -> Store {
        Store::open(directory, &OpenOptions::default()).unwrap()
    }

    fn at(partition: &str, next: u64) -> SourcePosition {
        SourcePosition { source: "lms".into(), partition: partition.into(), next }
    }

    #[test]
    fn a_position_is_kept_with_its_entries_and_only_grows() {
        let directory = tempfile::tempdir().unwrap();
        let records = JournalFixture::after(3).records;
        let mut store = open(directory.path());
        let (first, rest) = records.split_at(2);
        store.append_from(first, &[at("clicks/0", 20), at("clicks/1", 7)], &[]).unwrap();
        store.append_from(rest, &[at("clicks/0", 12)], &[]).unwrap();
        store.append_from(&[], &[at("clicks/1", 8)], &[]).unwrap();
        drop(store);
        let store = open(directory.path());
        assert_eq!(store.head().seq, records.len() as u64);
        let known = store.source_positions().unwrap();
        assert_eq!(known, [at("clicks/0", 20), at("clicks/1", 8)]);
        drop(store);
        assert!(verify(directory.path()).unwrap().is_sound());
    }

    #[test]
    fn a_batch_that_is_refused_moves_no_position() {
        let directory = tempfile::tempdir().unwrap();
        let records = JournalFixture::after(3).records;
        let mut store = open(directory.path());
        store.append_from(&records[..2], &[at("clicks/0", 2)], &[]).unwrap();
        let again = store.append_from(&records[..2], &[at("clicks/0", 4)], &[]);
        assert!(matches!(again, Err(AppendFault::Conflict(_))), "{again:?}");
        assert_eq!(store.source_positions().unwrap(), [at("clicks/0", 2)]);
    }

    #[test]
    fn a_position_that_was_changed_on_the_disk_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let mut store = open(directory.path());
        store.append_from(&JournalFixture::after(1).records, &[at("clicks/0", 2)], &[]).unwrap();
        drop(store);
        let database = Connection::open(directory.path().join("nexus.db")).unwrap();
        database.execute("UPDATE source_position SET next = next + 64", []).unwrap();
        drop(database);
        let report = verify(directory.path()).unwrap();
        assert!(report.problems.iter().any(|it| it.contains("clicks/0")), "{report:?}");
        let mut store = open(directory.path());
        let found = store.source_positions();
        assert!(matches!(found, Err(StoreFault::PositionDamaged { .. })), "{found:?}");
        store.seek_source(&at("clicks/0", 1)).unwrap();
        assert_eq!(store.source_positions().unwrap(), [at("clicks/0", 1)]);
    }
}
