//! Rejections: records that did not become events, kept so that nothing is lost silently.

use crate::Fault;
use crate::slug::shortened;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Characters of a record that a rejection repeats.
pub const ORIGINAL_CHARS_MAX: usize = 4_000;

/// A record that was not taken, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// First line of the record, from 1.
    pub line: u64,
    /// A stable word for programs.
    pub code: String,
    /// What is wrong with it, for people.
    pub reason: String,
    /// The record as it was, at most [`ORIGINAL_CHARS_MAX`] characters of it.
    pub original: String,
    /// Whose record it is, when it says so readably.
    #[serde(skip)]
    pub learner: Option<String>,
}

/// The code of what came for a learner who was erased.
pub const ERASED: &str = "learner_erased";

impl Rejection {
    /// A rejection of a record.
    #[must_use]
    pub fn new(line: u64, code: &str, reason: impl Into<String>, original: &str) -> Self {
        Self {
            line,
            code: code.to_owned(),
            reason: reason.into(),
            original: shortened(original, ORIGINAL_CHARS_MAX),
            learner: None,
        }
    }

    /// The same, of a known learner.
    #[must_use]
    pub fn of(self, learner: Option<String>) -> Self {
        Self { learner, ..self }
    }

    /// Keeps nothing of the record but its place: its learner was erased, or may have been.
    pub fn forget(&mut self) {
        self.original.clear();
        if self.learner.take().is_some() {
            ERASED.clone_into(&mut self.code);
            "the learner was erased; nothing of the record is kept".clone_into(&mut self.reason);
        } else {
            "the record does not say readably whose it is, and learners were erased; nothing of it is \
             kept but its line"
                .clone_into(&mut self.reason);
        }
    }
}

/// Takes rejections, in order.
pub trait Rejections {
    /// Takes one. Errors: [`Fault`] when it cannot be kept.
    fn put(&mut self, rejection: Rejection) -> Result<(), Fault>;

    /// Makes sure that all taken so far are kept.
    ///
    /// Errors: [`Fault`] when they cannot be kept.
    fn flush(&mut self) -> Result<(), Fault>;
}

/// Keeps rejections in memory, for tests and small files.
impl Rejections for Vec<Rejection> {
    fn put(&mut self, rejection: Rejection) -> Result<(), Fault> {
        self.push(rejection);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}

/// Writes rejections to a file, one JSON object a line. The file is made with the first of them.
pub struct RejectionFile {
    path: PathBuf,
    out: Option<BufWriter<File>>,
}

impl RejectionFile {
    /// A file that will be appended to.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), out: None }
    }

    fn fault(&self, source: std::io::Error) -> Fault {
        Fault::Write { path: self.path.clone(), source }
    }

    fn write(&mut self, rejection: &Rejection) -> std::io::Result<()> {
        let out = match &mut self.out {
            Some(out) => out,
            None => {
                let file = File::options().create(true).append(true).open(&self.path)?;
                self.out.insert(BufWriter::new(file))
            }
        };
        serde_json::to_writer(&mut *out, rejection)?;
        out.write_all(b"\n")
    }
}

impl Rejections for RejectionFile {
    fn put(&mut self, rejection: Rejection) -> Result<(), Fault> {
        self.write(&rejection).map_err(|source| self.fault(source))
    }

    fn flush(&mut self) -> Result<(), Fault> {
        let flushed = self.out.as_mut().map_or(Ok(()), Write::flush);
        flushed.map_err(|source| self.fault(source))
    }
}
