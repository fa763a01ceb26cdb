//! Faults: what the world, not the data, did wrong.

use std::path::PathBuf;
use thiserror::Error;

/// Why reading cannot go on.
#[derive(Debug, Error)]
pub enum Fault {
    /// A file cannot be opened.
    #[error("cannot open {}", path.display())]
    Open { path: PathBuf, source: std::io::Error },
    /// A file cannot be read to its end.
    #[error("cannot read {} after line {line}", path.display())]
    Read {
        path: PathBuf,
        /// The last line that was read, from 1.
        line: u64,
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    /// A file is not what it should be.
    #[error("{}:{line}: {detail}", path.display())]
    Malformed {
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        detail: String,
    },
    /// A mapping does not say what is needed, or names a column that the file lacks.
    #[error("the mapping does not fit: {detail}")]
    Mapping {
        /// What is wrong with it.
        detail: String,
    },
    /// The course that was asked for is not in the collection.
    #[error("there is no course {asked:?} here; there are: {known}")]
    UnknownCourse {
        /// What was asked for.
        asked: String,
        known: String,
    },
    /// Nothing of a course in a collection can be taught.
    #[error("the course {name:?} cannot be imported: {detail}")]
    Course {
        name: String,
        /// Why, and what of it was left out.
        detail: String,
    },
    /// More than this crate takes.
    #[error("{what}: more than {max}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How much is taken.
        max: u64,
    },
    /// The system did not take a batch.
    #[error("the batch that ends at line {line} was not taken")]
    Sink {
        /// The last line of the batch, from 1.
        line: u64,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The system answered with another number of receipts than there were events.
    #[error("{events} events were sent, and {receipts} receipts came back")]
    Receipts {
        events: usize,
        /// Receipts that came back.
        receipts: usize,
    },
    /// Records were neither taken nor rejected: a bug of the reader, which must not pass in silence.
    #[error(
        "lines {first} to {last} hold {records} records, of which {accounted} were taken, known or \
         rejected; please report this"
    )]
    Unaccounted {
        /// The first line of the part in which they are, from 1.
        first: u64,
        /// The last line of that part.
        last: u64,
        records: u64,
        /// Records that were taken, were known before, or were rejected.
        accounted: u64,
    },
}
