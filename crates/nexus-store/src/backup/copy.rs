//! Copying a database row by row: the journal from an entry on, checked along its chain, and every
//! other table whole.

use crate::fault::StoreFault;
use crate::journal::chain::Walk;
use crate::journal::row;
use crate::journal::{self, signed};
use crate::migration::{self, JOURNAL};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Entries in one read: short, so that the server's log can be merged between two of them.
const PAGE_ENTRIES: usize = 2_000;

/// Tables that are not copied as they are: the journal has its own way; checkpoints are caches; the
/// rest belongs to the file and not to its content.
const NOT_COPIED: [&str; 5] =
    ["journal", "snapshot_shared", "snapshot_learner", "space_probe", "schema_migration"];

/// A new database with the schema of this program. Until it is sealed, its writes are not synced.
pub(super) fn create(path: &Path) -> Result<Connection, StoreFault> {
    crate::files::private_file(path)?;
    let mut connection = open(path)?;
    migration::migrate(&mut connection, &JOURNAL, path)?;
    Ok(connection)
}

/// A copy that is being made, open for writing without a log of its own.
pub(super) fn open(path: &Path) -> Result<Connection, StoreFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags);
    let connection = connection.map_err(StoreFault::database("open the copy"))?;
    let set = connection
        .pragma_update_and_check(None, "journal_mode", "MEMORY", |_| Ok(()))
        .and_then(|()| connection.pragma_update(None, "synchronous", "OFF"))
        .and_then(|()| connection.pragma_update(None, "trusted_schema", false));
    set.map_err(StoreFault::database("configure the copy"))?;
    Ok(connection)
}

/// Appends every entry after the walk's place, as far as the journal reaches when the last page is
/// read. Each step along the chain is checked.
pub(super) fn journal(
    from: &Connection,
    into: &Connection,
    walk: &mut Walk,
) -> Result<(), StoreFault> {
    loop {
        let tail = "WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        let bounds = (signed(walk.head().seq), signed(PAGE_ENTRIES as u64));
        let rows = row::select(from, tail, &[&bounds.0, &bounds.1])?;
        in_transaction(into, || {
            for row in &rows {
                walk.step(row)?;
                journal::insert_row(into, row).map_err(StoreFault::database("copy an entry"))?;
            }
            Ok(())
        })?;
        if rows.len() < PAGE_ENTRIES {
            return Ok(());
        }
    }
}

/// Replaces every other table by what the source holds, whatever tables there are.
pub(super) fn other_tables(from: &Connection, into: &Connection) -> Result<(), StoreFault> {
    let fault = || StoreFault::database("copy a table");
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' \
                 ESCAPE '\\' ORDER BY name";
    let mut statement = from.prepare(names).map_err(fault())?;
    let names = statement.query_map([], |row| row.get::<_, String>(0)).map_err(fault())?;
    let names: Vec<String> = names.collect::<Result<_, _>>().map_err(fault())?;
    in_transaction(into, || {
        for name in names.iter().filter(|name| !NOT_COPIED.contains(&name.as_str())) {
            table(from, into, name).map_err(fault())?;
        }
        Ok(())
    })
}

/// The names come from our own schema, which was checked, so they need no quotes of their own.
fn table(from: &Connection, into: &Connection, name: &str) -> rusqlite::Result<()> {
    into.execute(&format!("DELETE FROM \"{name}\""), [])?;
    let mut select = from.prepare(&format!("SELECT * FROM \"{name}\""))?;
    let columns = select.column_count();
    let places = vec!["?"; columns].join(", ");
    let mut insert = into.prepare(&format!("INSERT INTO \"{name}\" VALUES ({places})"))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let values = (0..columns).map(|column| row.get::<_, Value>(column));
        let values: Vec<Value> = values.collect::<Result<_, _>>()?;
        insert.execute(rusqlite::params_from_iter(values))?;
    }
    Ok(())
}

fn in_transaction(
    into: &Connection,
    work: impl FnOnce() -> Result<(), StoreFault>,
) -> Result<(), StoreFault> {
    let fault = || StoreFault::database("write the copy");
    into.execute_batch("BEGIN IMMEDIATE").map_err(fault())?;
    // A copy that fails half-way is thrown away, so nothing has to be rolled back.
    work()?;
    into.execute_batch("COMMIT").map_err(fault())
}

/// How many erasures a journal knows, and the entry of the last one.
pub(super) fn erasures(connection: &Connection) -> Result<(u64, u64), StoreFault> {
    let select = "SELECT count(*), coalesce(max(seq), 0) FROM erasure";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
    let (count, last) = connection
        .query_row(select, [], read)
        .map_err(StoreFault::database("read the erasures"))?;
    Ok((count.unsigned_abs(), last.unsigned_abs()))
}
