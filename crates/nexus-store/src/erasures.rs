//! The erasure list: the marks of everybody who was erased, and the key that marks are made with,
//! in a file of their own beside the database.
//!
//! The database knows its erasures too. The list is for the day on which an older `nexus.db` is put
//! back: a learner on the list who is not erased in the journal is erased again before anything is
//! served. The key is not in the database, so that a copy of `nexus.db` alone does not tell whether
//! a learner once was in it.

use crate::fault::StoreFault;
use crate::files;
use crate::secret::entropy;
use nexus_engine::erasure::ErasureMark;
use nexus_engine::ids::{EventId, LearnerId};
use std::collections::BTreeSet;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

/// Name of the file in the data directory.
pub const ERASURES_FILE: &str = "erasures";

const HEADING: &str = "nexus erasures 1";

/// The key and the marks.
#[derive(Clone)]
pub(crate) struct ErasureList {
    secret: [u8; 32],
    learners: [u8; 32],
    ids: [u8; 32],
    pub(crate) marks: BTreeSet<ErasureMark>,
}

impl ErasureList {
    /// An empty list, with a new key.
    pub(crate) fn fresh() -> Result<Self, StoreFault> {
        Ok(Self::of(entropy()?))
    }

    fn of(secret: [u8; 32]) -> Self {
        // Keys of their own for each purpose, so that no mark of one is a mark of the other.
        Self {
            secret,
            learners: blake3::derive_key("nexus 2026 erased learners v1", &secret),
            ids: blake3::derive_key("nexus 2026 ids of erased entries v1", &secret),
            marks: BTreeSet::new(),
        }
    }

    /// Reads the list of a data directory: `None` when there is none.
    pub(crate) fn read(directory: &Path) -> Result<Option<Self>, StoreFault> {
        Self::read_file(&directory.join(ERASURES_FILE))
    }

    /// Reads a list from a file of any name: `None` when there is none.
    pub(crate) fn read_file(path: &Path) -> Result<Option<Self>, StoreFault> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreFault::files("reading", path)(error)),
        };
        match Self::parse(&text) {
            Some(list) => Ok(Some(list)),
            None => {
                let reason = "it is damaged".to_owned();
                Err(StoreFault::ErasureList { path: path.to_owned(), reason })
            }
        }
    }

    /// Every line must be whole: a list that was cut short would let an erased learner in again.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix("\nend\n")?.lines();
        if lines.next()? != HEADING {
            return None;
        }
        let mut list = Self::of(digest(lines.next()?.strip_prefix("key ")?)?);
        for line in lines {
            list.marks.insert(ErasureMark(digest(line)?));
        }
        Some(list)
    }

    /// Writes the list, durably: the file holds the old list or the new one.
    pub(crate) fn write(&self, directory: &Path) -> Result<(), StoreFault> {
        let mut text = format!("{HEADING}\nkey {}\n", hexadecimal(&self.secret));
        for mark in &self.marks {
            text.push_str(&hexadecimal(&mark.0));
            text.push('\n');
        }
        text.push_str("end\n");
        files::write_whole(&directory.join(ERASURES_FILE), text.as_bytes())
    }

    /// The mark of a learner's id.
    pub(crate) fn mark(&self, learner: &LearnerId) -> ErasureMark {
        ErasureMark(*blake3::keyed_hash(&self.learners, learner.as_str().as_bytes()).as_bytes())
    }

    /// The keyed hash of the id of an entry.
    pub(crate) fn id(&self, id: &str) -> [u8; 32] {
        *blake3::keyed_hash(&self.ids, id.as_bytes()).as_bytes()
    }

    /// The keyed hash of an id that is looked for.
    pub(crate) fn event(&self, id: &EventId) -> [u8; 32] {
        self.id(id.as_str())
    }

    /// Tells this key from another one, and nothing else.
    pub(crate) fn check(&self) -> [u8; 32] {
        blake3::derive_key("nexus 2026 check of the erasure key v1", &self.secret)
    }
}

impl fmt::Debug for ErasureList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ErasureList({} marks)", self.marks.len())
    }
}

fn hexadecimal(bytes: &[u8; 32]) -> String {
    crate::record::hexadecimal(bytes)
}

fn digest(text: &str) -> Option<[u8; 32]> {
    crate::record::digest(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_survives_and_marks_alike() {
        let directory = tempfile::tempdir().unwrap();
        assert!(ErasureList::read(directory.path()).unwrap().is_none());
        let mut list = ErasureList::fresh().unwrap();
        let (ada, ben) = (LearnerId::new("ada").unwrap(), LearnerId::new("ben").unwrap());
        list.marks.insert(list.mark(&ada));
        list.write(directory.path()).unwrap();
        let read = ErasureList::read(directory.path()).unwrap().unwrap();
        assert_eq!(read.marks, list.marks);
        assert_eq!(read.mark(&ada), list.mark(&ada));
        assert_ne!(read.mark(&ada), read.mark(&ben));
        assert_ne!(read.mark(&ada).0, read.id("ada"), "a learner's mark is no entry's");
        assert_eq!(read.check(), list.check());
        assert_ne!(ErasureList::fresh().unwrap().mark(&ada), list.mark(&ada));
    }

    #[test]
    fn a_damaged_list_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let mut list = ErasureList::fresh().unwrap();
        list.marks.insert(list.mark(&LearnerId::new("ada").unwrap()));
        list.write(directory.path()).unwrap();
        let path = directory.path().join(ERASURES_FILE);
        let whole = std::fs::read_to_string(&path).unwrap();
        let cut = whole.lines().take(2).fold(String::new(), |text, line| text + line + "\n");
        for text in [String::new(), cut, whole.replace('\n', " "), whole[3..].to_owned()] {
            std::fs::write(&path, text).unwrap();
            let read = ErasureList::read(directory.path());
            assert!(matches!(read, Err(StoreFault::ErasureList { .. })), "{read:?}");
        }
    }
}
