//! Verification of a data directory that no server is using: is everything there, unchanged, and
//! is the stored state what the journal says?
//!
//! The journal is folded from empty, and beside it the stored checkpoint is brought forward by the
//! entries after it. Both must end in the same digest (invariant JRN-1).

mod fold;

use crate::fault::StoreFault;
use crate::journal::{self, Head, row};
use crate::lock::DirectoryLock;
use crate::store::DATABASE_FILE;
use crate::{checkpoint, migration, positions, watermark};
use fold::{Fold, State};
use nexus_engine::workspace::corrections::Corrections;
use rusqlite::{Connection, OpenFlags};
use std::ops::ControlFlow;
use std::path::Path;

/// Problems that are listed before the rest is only counted.
const PROBLEMS_MAX: usize = 20;

/// What was found in a data directory.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyReport {
    /// The last entry that could be reached along an unbroken chain.
    pub head_seq: u64,
    pub head_hash: [u8; 32],
    /// BLAKE3 of all columns but the hashes, of the entries up to there.
    pub journal_digest: [u8; 32],
    /// Digest of the state that those entries fold to, from empty.
    pub state_digest_replayed: [u8; 32],
    /// Digest of the stored checkpoint brought forward to the head; `None` without a checkpoint.
    pub state_digest_stored: Option<[u8; 32]>,
    pub entries: u64,
    /// How many of them are what is left of erased learners.
    pub redacted: u64,
    /// The first entry that is missing, changed or unreadable.
    pub first_bad_seq: Option<u64>,
    /// What is wrong, in words. Empty when all is well.
    pub problems: Vec<String>,
}

impl VerifyReport {
    /// Whether all is well.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Checks a data directory and changes nothing in it.
///
/// Errors: [`StoreFault::Locked`] while a server runs there, and when there is no journal to check.
/// Damage is no error: it is in the report.
pub fn verify(directory: &Path) -> Result<VerifyReport, StoreFault> {
    let _lock = DirectoryLock::take(directory)?;
    let connection = connect(directory)?;
    let mut problems = Problems::default();
    structure(&connection, &mut problems);
    let stored = stored(&connection, &mut problems);
    let mut fold = Fold::new(stored, corrections(&connection, &mut problems));
    let first_bad_seq = walk(&connection, &mut fold, u64::MAX, &mut problems);
    marks(directory, &connection, &fold.head(), &mut problems);
    positions(&connection, &mut problems);
    fold.compare(&mut problems);
    Ok(report(&fold, first_bad_seq, problems))
}

/// Folds the journal from empty up to an entry, or to its head, and checks nothing else.
///
/// Errors: as [`verify`].
pub fn replay(directory: &Path, until_seq: Option<u64>) -> Result<VerifyReport, StoreFault> {
    let _lock = DirectoryLock::take(directory)?;
    let connection = connect(directory)?;
    let mut problems = Problems::default();
    let until = until_seq.unwrap_or(u64::MAX);
    let known = match until_seq {
        // Up to an entry, what was corrected later counts as it did then.
        Some(until) => journal::corrections_until(&connection, until),
        None => journal::corrections(&connection),
    };
    let mut fold = Fold::new(None, readable(known, &mut problems));
    let first_bad_seq = walk(&connection, &mut fold, until, &mut problems);
    Ok(report(&fold, first_bad_seq, problems))
}

/// The problems so far.
#[derive(Default)]
struct Problems {
    listed: Vec<String>,
    more: usize,
}

impl Problems {
    fn add(&mut self, problem: String) {
        if self.listed.len() < PROBLEMS_MAX {
            self.listed.push(problem);
        } else {
            self.more += 1;
        }
    }

    fn finish(mut self) -> Vec<String> {
        if self.more > 0 {
            self.listed.push(format!("and {} more", self.more));
        }
        self.listed
    }
}

fn report(fold: &Fold, first_bad_seq: Option<u64>, problems: Problems) -> VerifyReport {
    VerifyReport {
        head_seq: fold.head().seq,
        head_hash: fold.head().hash,
        journal_digest: fold.journal_digest(),
        state_digest_replayed: fold.replayed.digest(),
        state_digest_stored: fold.stored.as_ref().map(|stored| stored.state.digest()),
        entries: fold.head().seq,
        redacted: fold.walk.redacted_len(),
        first_bad_seq,
        problems: problems.finish(),
    }
}

/// A connection to the journal of a data directory that cannot write.
pub(crate) fn connect(directory: &Path) -> Result<Connection, StoreFault> {
    let path = directory.join(DATABASE_FILE);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(&path, flags);
    let connection = opened.map_err(StoreFault::database("open nexus.db"))?;
    let safe = connection
        .pragma_update(None, "trusted_schema", false)
        .and_then(|()| connection.pragma_update(None, "cell_size_check", true));
    safe.map_err(StoreFault::database("configure"))?;
    migration::check(&connection, &migration::JOURNAL, &path)?;
    Ok(connection)
}

/// SQLite's own check: above all, that the indexes which find duplicates are complete.
fn structure(connection: &Connection, problems: &mut Problems) {
    let check = || -> rusqlite::Result<Vec<String>> {
        let mut statement = connection.prepare("PRAGMA integrity_check(10)")?;
        statement.query_map([], |row| row.get(0))?.collect()
    };
    match check() {
        Ok(lines) => {
            let bad = lines.into_iter().filter(|line| line != "ok");
            bad.for_each(|line| problems.add(format!("nexus.db: {line}")));
        }
        Err(error) => problems.add(format!("nexus.db: {error}")),
    }
}

/// The stored checkpoint as a state of its own.
fn stored(connection: &Connection, problems: &mut Problems) -> Option<State> {
    let loaded = match checkpoint::read_shared(connection) {
        Ok(None) => return None,
        Ok(Some(loaded)) => loaded,
        Err(fault) => Err(chain_of(&fault)),
    };
    let shared = match loaded {
        Ok((_, shared)) => shared,
        Err(reason) => {
            problems.add(format!("the checkpoint cannot be used: {reason}"));
            return None;
        }
    };
    let mut state = State { shared, learners: Default::default() };
    let read = checkpoint::for_each_learner(connection, |learner, read| {
        match read {
            Ok(loaded) if loaded.id.as_str() == learner => {
                state.learners.insert(loaded.id.clone(), loaded);
            }
            Ok(_) => problems.add(format!("the snapshot of {learner} is of another learner")),
            Err(reason) => problems.add(format!("the snapshot of {learner}: {reason}")),
        };
    });
    if let Err(fault) = read {
        problems.add(format!("the checkpoint: {}", chain_of(&fault)));
    }
    Some(state)
}

fn corrections(connection: &Connection, problems: &mut Problems) -> Corrections {
    readable(journal::corrections(connection), problems)
}

/// Corrections that cannot be read are damage; the entries are then folded without them.
fn readable(read: Result<Corrections, StoreFault>, problems: &mut Problems) -> Corrections {
    read.unwrap_or_else(|fault| {
        problems.add(format!("the corrections: {}", chain_of(&fault)));
        Corrections::default()
    })
}

/// Follows the chain and folds, up to an entry or to the first bad one, which it answers.
fn walk(
    connection: &Connection,
    fold: &mut Fold,
    until_seq: u64,
    problems: &mut Problems,
) -> Option<u64> {
    if until_seq == 0 {
        return None;
    }
    let walked = row::stream(connection, 0, |row| {
        fold.step(row, problems)?;
        let done = fold.head().seq >= until_seq;
        Ok(if done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    });
    let walked = match walked {
        // Stopped early, an entry may still wait for the one that redacted it.
        Ok(()) if until_seq == u64::MAX => fold.walk.finish().map(drop),
        other => other,
    };
    let fault = walked.err()?;
    problems.add(chain_of(&fault));
    match fault {
        StoreFault::ChainBroken { seq, .. } => Some(seq),
        _ => Some(fold.head().seq + 1),
    }
}

fn marks(directory: &Path, connection: &Connection, head: &Head, problems: &mut Problems) {
    let mark = match watermark::read(directory) {
        Ok(mark) => mark,
        Err(fault) => return problems.add(chain_of(&fault)),
    };
    let Some(mark) = mark else {
        return problems.add("there is no watermark, so lost entries go unnoticed".to_owned());
    };
    match journal::shortfall(connection, head, &mark) {
        Ok(None) => {}
        Ok(Some(found)) => {
            problems.add(format!("the journal once reached entry {}, {found}", mark.seq));
        }
        Err(fault) => problems.add(chain_of(&fault)),
    }
}

fn positions(connection: &Connection, problems: &mut Problems) {
    match positions::read(connection) {
        Ok(found) => {
            let faults = found.into_iter().filter_map(Result::err);
            faults.for_each(|fault| problems.add(chain_of(&fault)));
        }
        Err(fault) => problems.add(chain_of(&fault)),
    }
}

/// A fault with all its causes in one line.
fn chain_of(fault: &dyn std::error::Error) -> String {
    let mut text = fault.to_string();
    let mut cause = fault.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
