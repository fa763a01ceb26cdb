//! Schema versions: embedded SQL files, applied forward only, each in one transaction.
//!
//! The database remembers the checksum of every file it has applied. A file that was edited after
//! it was applied is refused: two databases of the same version must have the same schema.

use crate::fault::StoreFault;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::path::Path;

pub(crate) struct Migration {
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

/// The history of one database file.
pub(crate) struct Schema {
    /// SQLite's `application_id`: tells the file apart from any other SQLite file.
    pub(crate) application_id: i32,
    pub(crate) migrations: &'static [Migration],
    /// The oldest version that can be read as it is, without bringing it to the newest.
    pub(crate) readable: usize,
}

pub(crate) const JOURNAL: Schema = Schema {
    application_id: i32::from_be_bytes(*b"nxjr"),
    // Before the third there were no sources, and so no positions.
    readable: 2,
    migrations: &[
        Migration {
            name: "0001_journal",
            sql: include_str!("../migrations/journal/0001_journal.sql"),
        },
        Migration {
            name: "0002_erasure",
            sql: include_str!("../migrations/journal/0002_erasure.sql"),
        },
        Migration {
            name: "0003_sources",
            sql: include_str!("../migrations/journal/0003_sources.sql"),
        },
        Migration {
            name: "0004_statements",
            sql: include_str!("../migrations/journal/0004_statements.sql"),
        },
    ],
};

pub(crate) const KEYS: Schema = Schema {
    application_id: i32::from_be_bytes(*b"nxky"),
    readable: 1,
    migrations: &[Migration {
        name: "0001_keys",
        sql: include_str!("../migrations/keys/0001_keys.sql"),
    }],
};

const REGISTER: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    version  INTEGER PRIMARY KEY,
    name     TEXT NOT NULL,
    checksum BLOB NOT NULL
) STRICT";

/// Brings a database to the newest schema this program knows.
pub(crate) fn migrate(
    connection: &mut Connection,
    schema: &Schema,
    path: &Path,
) -> Result<(), StoreFault> {
    if applied(connection, schema, path)? < schema.migrations.len() {
        return apply(connection, schema, path);
    }
    Ok(())
}

/// Checks that a database can be read as it is, and changes nothing.
pub(crate) fn check(
    connection: &Connection,
    schema: &Schema,
    path: &Path,
) -> Result<(), StoreFault> {
    if applied(connection, schema, path)? < schema.readable {
        let reason = "its schema is older than this program; start the server once".to_owned();
        return Err(StoreFault::Foreign { path: path.to_path_buf(), reason });
    }
    Ok(())
}

fn apply(connection: &mut Connection, schema: &Schema, path: &Path) -> Result<(), StoreFault> {
    let fault = || StoreFault::database("migrate the schema");
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fault())?;
    // Another process may have migrated while this one waited for the lock.
    let done = applied(&transaction, schema, path)?;
    transaction.execute_batch(REGISTER).map_err(fault())?;
    for (position, migration) in schema.migrations.iter().enumerate().skip(done) {
        transaction.execute_batch(migration.sql).map_err(fault())?;
        let sum = blake3::hash(migration.sql.as_bytes());
        let row = (version(position), migration.name, sum.as_bytes().as_slice());
        let insert = "INSERT INTO schema_migration (version, name, checksum) VALUES (?1, ?2, ?3)";
        transaction.execute(insert, row).map_err(fault())?;
    }
    transaction.pragma_update(None, "application_id", schema.application_id).map_err(fault())?;
    transaction.commit().map_err(fault())
}

/// How many migrations of this schema the database has, after checking that they are ours.
fn applied(connection: &Connection, schema: &Schema, path: &Path) -> Result<usize, StoreFault> {
    let fault = || StoreFault::database("read the schema version");
    let foreign = |reason: String| StoreFault::Foreign { path: path.to_path_buf(), reason };
    let id: i32 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(fault())?;
    let tables = "SELECT count(*), coalesce(sum(name = 'schema_migration'), 0) FROM sqlite_schema";
    let (tables, registers): (i64, i64) =
        connection.query_row(tables, [], |row| Ok((row.get(0)?, row.get(1)?))).map_err(fault())?;
    if tables == 0 {
        return Ok(0);
    }
    if id != schema.application_id || registers == 0 {
        return Err(foreign("another program made it".to_owned()));
    }
    let newest: u32 = connection
        .query_row("SELECT coalesce(max(version), 0) FROM schema_migration", [], |row| row.get(0))
        .map_err(fault())?;
    let known = schema.migrations.len();
    if newest as usize > known {
        let known = u32::try_from(known).unwrap_or(u32::MAX);
        return Err(StoreFault::NewerSchema { path: path.to_path_buf(), found: newest, known });
    }
    for (position, migration) in schema.migrations.iter().enumerate().take(newest as usize) {
        let select = "SELECT checksum FROM schema_migration WHERE version = ?1";
        let sum: Option<Vec<u8>> = connection
            .query_row(select, [version(position)], |row| row.get(0))
            .optional()
            .map_err(fault())?;
        if sum.as_deref() != Some(blake3::hash(migration.sql.as_bytes()).as_bytes().as_slice()) {
            return Err(foreign(format!("its schema step {} is not ours", migration.name)));
        }
    }
    Ok(newest as usize)
}

fn version(position: usize) -> i64 {
    position as i64 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_refusal(damage: &str) -> StoreFault {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &JOURNAL, Path::new("nexus.db")).unwrap();
        migrate(&mut connection, &JOURNAL, Path::new("nexus.db")).unwrap();
        connection.execute_batch(damage).unwrap();
        migrate(&mut connection, &JOURNAL, Path::new("nexus.db")).unwrap_err()
    }

    #[test]
    fn foreign_newer_and_edited_schemas_are_refused() {
        let newer = "INSERT INTO schema_migration VALUES (5, '0005_later', x'00')";
        assert!(matches!(check_refusal(newer), StoreFault::NewerSchema { found: 5, .. }));
        let edited = "UPDATE schema_migration SET checksum = x'00'";
        assert!(matches!(check_refusal(edited), StoreFault::Foreign { .. }));
        let foreign = "PRAGMA application_id = 7";
        assert!(matches!(check_refusal(foreign), StoreFault::Foreign { .. }));
    }
}
