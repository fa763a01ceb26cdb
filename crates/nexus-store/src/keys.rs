//! API keys, in their own file so that `nexus key` works beside a running server.
//!
//! A key is shown once, when it is made. What is stored is its id, a hash of its whole text, its
//! last four characters, and what it may do. The secret has 256 random bits, so a fast hash is
//! enough; every check reads the file, so a revocation counts from the next request on.

pub mod text;

pub use text::{KeyEnvironment, KeyKind, KeyText};

use crate::fault::StoreFault;
use crate::{files, migration};
use nexus_engine::time::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use subtle::ConstantTimeEq;
use thiserror::Error;

/// Name of the file in the data directory.
pub const KEYS_FILE: &str = "keys.db";

/// The longest name of a key, in bytes.
pub const NAME_BYTES_MAX: usize = 200;

/// What is known of a key: everything but the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its public part, which names it.
    pub id: String,
    /// Who may hold it.
    pub kind: KeyKind,
    /// Which data it is for.
    pub environment: KeyEnvironment,
    /// What people call it.
    pub name: String,
    /// What it may do, as `resource:verb`, sorted.
    pub scopes: Vec<String>,
    /// The last four characters of its secret, to recognise it by.
    pub last_four: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// The latest UTC day on which it was used, counted from 1970-01-01.
    pub last_used_day: Option<i64>,
}

impl KeyRecord {
    /// Whether the key may do something.
    #[must_use]
    pub fn allows(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == scope)
    }
}

/// A key to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// Who may hold it.
    pub kind: KeyKind,
    /// Which data it is for.
    pub environment: KeyEnvironment,
    /// What people call it.
    pub name: String,
    /// What it may do, as `resource:verb`.
    pub scopes: Vec<String>,
    /// From when on it is refused; `None` for never.
    pub expires_at: Option<Timestamp>,
}

/// Why a key is not made.
#[derive(Debug, Error)]
pub enum KeyFault {
    /// The name is empty or too long.
    #[error("a key needs a name of at most 200 bytes")]
    Name,
    /// A scope is not written as one.
    #[error("{scope:?} is not a scope; write it as resource:verb in small letters")]
    Scope { scope: String },
    /// It could not be stored.
    #[error("the key could not be stored")]
    Store(#[from] StoreFault),
}

/// Why a key is refused.
#[derive(Debug, Error)]
pub enum KeyRefusal {
    /// The text is not a key.
    #[error("this is not an API key")]
    Malformed,
    /// The checksum does not fit: a typing or copying mistake.
    #[error("the API key has a typing mistake")]
    Checksum,
    /// No key has this id.
    #[error("the API key is not known")]
    Unknown,
    #[error("the API key was revoked")]
    Revoked,
    /// Its time is over.
    #[error("the API key has expired")]
    Expired,
    /// The keys cannot be read now: refuse the request, but do not call the key bad.
    #[error("API keys cannot be checked now")]
    Unavailable(#[source] StoreFault),
}

/// The keys of one data directory. It may be shared between threads.
#[derive(Debug)]
pub struct KeyStore {
    connection: Mutex<Connection>,
}

const COLUMNS: &str = "SELECT id, kind, environment, name, scopes, last_four, created_at, \
                       expires_at, revoked_at, last_used_day, hash FROM api_key";

impl KeyStore {
    /// Opens the keys of a data directory, and makes both when they do not exist.
    ///
    /// Errors: when the disk refuses, or the file is not ours.
    pub fn open(directory: &Path) -> Result<Self, StoreFault> {
        files::private_directory(directory)?;
        let path = directory.join(KEYS_FILE);
        files::private_file(&path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(&path, flags);
        let mut connection = opened.map_err(StoreFault::database("open keys.db"))?;
        configure(&connection).map_err(StoreFault::database("configure keys.db"))?;
        migration::migrate(&mut connection, &migration::KEYS, &path)?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// Makes a key. The text is not stored: the caller must keep it.
    ///
    /// Errors: [`KeyFault`] when the name or a scope is wrong, or the key cannot be stored.
    pub fn create(&self, new: &NewKey, now: Timestamp) -> Result<(KeyText, KeyRecord), KeyFault> {
        if new.name.trim().is_empty() || new.name.len() > NAME_BYTES_MAX {
            return Err(KeyFault::Name);
        }
        if let Some(scope) = new.scopes.iter().find(|scope| !is_scope(scope)) {
            return Err(KeyFault::Scope { scope: scope.clone() });
        }
        let text = KeyText::generate(new.kind, new.environment)?;
        let mut scopes = new.scopes.clone();
        scopes.sort();
        scopes.dedup();
        let record = KeyRecord {
            id: text.id().to_owned(),
            kind: new.kind,
            environment: new.environment,
            name: new.name.clone(),
            scopes,
            last_four: text.last_four().to_owned(),
            created_at: now,
            expires_at: new.expires_at,
            revoked_at: None,
            last_used_day: None,
        };
        self.insert(&record, &text.hash()).map_err(StoreFault::database("store a key"))?;
        Ok((text, record))
    }

    /// All keys, the oldest first.
    ///
    /// Errors: when the file cannot be read.
    pub fn list(&self) -> Result<Vec<KeyRecord>, StoreFault> {
        let fault = || StoreFault::database("list the keys");
        let connection = self.lock();
        let sql = format!("{COLUMNS} ORDER BY created_at, id");
        let mut statement = connection.prepare_cached(&sql).map_err(fault())?;
        let rows = statement.query_map([], record).map_err(fault())?;
        rows.collect::<Result<_, _>>().map_err(fault())
    }

    /// Revokes a key for good. Answers whether there is such a key.
    ///
    /// Errors: when the file cannot be written.
    pub fn revoke(&self, id: &str, now: Timestamp) -> Result<bool, StoreFault> {
        // A second revocation keeps the time of the first.
        let sql = "UPDATE api_key SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1";
        let changed = self.lock().execute(sql, (id, now.0));
        changed.map(|rows| rows > 0).map_err(StoreFault::database("revoke a key"))
    }

    /// The record of a key, when it is good now.
    ///
    /// Errors: [`KeyRefusal`] says why not. Only a holder of the whole key learns that it was revoked or has expired.
    pub fn check(&self, text: &str, now: Timestamp) -> Result<KeyRecord, KeyRefusal> {
        let key = KeyText::parse(text)?;
        let unavailable =
            |error| KeyRefusal::Unavailable(StoreFault::database("look a key up")(error));
        let connection = self.lock();
        let found = find(&connection, key.id()).map_err(unavailable)?;
        // An unknown id costs the same comparison, so that the time tells nothing.
        let (record, hash) = match found {
            Some((record, hash)) => (Some(record), hash),
            None => (None, vec![0; 32]),
        };
        let same = bool::from(key.hash().ct_eq(hash.as_slice()));
        let Some(record) = record.filter(|_| same) else { return Err(KeyRefusal::Unknown) };
        if record.revoked_at.is_some() {
            return Err(KeyRefusal::Revoked);
        }
        if record.expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err(KeyRefusal::Expired);
        }
        Ok(note_use(&connection, record, now))
    }

    fn insert(&self, record: &KeyRecord, hash: &[u8; 32]) -> rusqlite::Result<()> {
        let sql = "INSERT INTO api_key (id, kind, environment, hash, last_four, name, scopes, \
                   created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let row = rusqlite::params![
            record.id,
            record.kind.word(),
            record.environment.word(),
            hash,
            record.last_four,
            record.name,
            record.scopes.join(" "),
            record.created_at.0,
            record.expires_at.map(|at| at.0),
        ];
        self.lock().execute(sql, row).map(drop)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // SQLite rolls back what a panicking thread left; the connection itself stays sound.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)
}

fn find(connection: &Connection, id: &str) -> rusqlite::Result<Option<(KeyRecord, Vec<u8>)>> {
    let sql = format!("{COLUMNS} WHERE id = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_row([id], |row| Ok((record(row)?, row.get(10)?))).optional()
}

fn record(row: &Row<'_>) -> rusqlite::Result<KeyRecord> {
    let wrong = |column, text: String| {
        let kind = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(column, kind, text.into())
    };
    let kind: String = row.get(1)?;
    let environment: String = row.get(2)?;
    let scopes: String = row.get(4)?;
    Ok(KeyRecord {
        id: row.get(0)?,
        kind: KeyKind::from_word(&kind).ok_or_else(|| wrong(1, kind))?,
        environment: KeyEnvironment::from_word(&environment)
            .ok_or_else(|| wrong(2, environment))?,
        name: row.get(3)?,
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        last_four: row.get(5)?,
        created_at: Timestamp(row.get(6)?),
        expires_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
        revoked_at: row.get::<_, Option<i64>>(8)?.map(Timestamp),
        last_used_day: row.get(9)?,
    })
}

/// Notes the day, once a day. A key that cannot be noted is good all the same.
fn note_use(connection: &Connection, mut record: KeyRecord, now: Timestamp) -> KeyRecord {
    let today = now.day_number();
    if record.last_used_day.is_none_or(|day| day < today) {
        let sql = "UPDATE api_key SET last_used_day = ?2 WHERE id = ?1";
        match connection.execute(sql, (&record.id, today)) {
            Ok(_) => record.last_used_day = Some(today),
            Err(error) => tracing::warn!(%error, "noting the use of an API key failed"),
        }
    }
    record
}

/// `resource:verb`, both of small letters and `_`.
fn is_scope(scope: &str) -> bool {
    let word = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    // One scope is a word alone: everything.
    scope == "admin"
        || scope.split_once(':').is_some_and(|(resource, verb)| word(resource) && word(verb))
}

#[cfg(test)]
mod tests;
