//! The manifest of a backup: which files belong to it, what each held, and how far they reach.
//!
//! It is written last and replaced whole, so a backup that was cut short has changed nothing: files
//! that the manifest does not name are no part of it.

use crate::fault::StoreFault;
use crate::files;
use crate::journal::Head;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// Name of the file in the folder of a backup.
pub(crate) const MANIFEST_FILE: &str = "manifest.json";

/// The form of the manifest that this program writes.
const FORMAT: u32 = 1;

/// Everything that belongs to a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    format: u32,
    /// When the last run was, in microseconds since 1970.
    pub(crate) made_at: i64,
    /// The parts of the journal, in order; each continues the one before it.
    pub(crate) parts: Vec<Part>,
    /// The keys of callers, in the state of the last part.
    pub(crate) keys: Option<FileRecord>,
    /// The secret behind the seeds of decisions.
    pub(crate) server_key: Option<FileRecord>,
    /// The list of erased learners.
    pub(crate) erasures: Option<FileRecord>,
}

/// One part of the journal, a database of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    pub(crate) file: FileRecord,
    /// The entry before its first one.
    pub(crate) after_seq: u64,
    pub(crate) head_seq: u64,
    pub(crate) head_hash: String,
    /// Version of the schema of the database.
    pub(crate) schema: usize,
    /// Erasures that the journal knew, and the entry of the last one: another erasure changes
    /// entries in earlier parts, which must then be made anew.
    pub(crate) erasures: (u64, u64),
}

/// A file, and how to tell that it is unchanged.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileRecord {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    blake3: String,
}

impl Manifest {
    pub(crate) fn new() -> Self {
        Self {
            format: FORMAT,
            made_at: 0,
            parts: Vec::new(),
            keys: None,
            server_key: None,
            erasures: None,
        }
    }

    /// The manifest of a folder; `None` when there is none yet.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, StoreFault> {
        let path = folder.join(MANIFEST_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreFault::files("reading", &path)(error)),
        };
        let unreadable = |reason: String| StoreFault::Backup { path: folder.to_owned(), reason };
        let manifest: Self = serde_json::from_str(&text)
            .map_err(|error| unreadable(format!("{MANIFEST_FILE} cannot be read: {error}")))?;
        if manifest.format != FORMAT {
            let reason = format!("it has format {}, this program knows {FORMAT}", manifest.format);
            return Err(unreadable(reason));
        }
        Ok(Some(manifest))
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<(), StoreFault> {
        // invariant: it holds text and numbers, which JSON has.
        let text = serde_json::to_string_pretty(self).expect("a manifest is JSON");
        files::write_whole(&folder.join(MANIFEST_FILE), text.as_bytes())
    }

    /// All files that belong to it.
    pub(crate) fn files(&self) -> impl Iterator<Item = &FileRecord> {
        let beside = [&self.keys, &self.server_key, &self.erasures];
        self.parts.iter().map(|part| &part.file).chain(beside.into_iter().flatten())
    }
}

impl Part {
    pub(crate) fn head(&self) -> Option<Head> {
        let hash = crate::record::digest(&self.head_hash)?;
        Some(Head { seq: self.head_seq, hash })
    }
}

impl FileRecord {
    /// Reads a file of a folder to its end and makes it durable.
    pub(crate) fn seal(folder: &Path, name: &str) -> Result<Self, StoreFault> {
        let path = folder.join(name);
        let file = File::open(&path).map_err(StoreFault::files("opening", &path))?;
        file.sync_all().map_err(StoreFault::files("syncing", &path))?;
        files::sync_parent(&path)?;
        let (bytes, blake3) = digest(&path)?;
        Ok(Self { name: name.to_owned(), bytes, blake3 })
    }

    /// Says in words what is wrong with the file, if anything is.
    pub(crate) fn fault(&self, folder: &Path) -> Option<String> {
        // A name is one of ours: a manifest leads to no other folder.
        if self.name.contains(['/', '\\']) || self.name.starts_with('.') {
            return Some(format!("{:?} is not the name of a file of a backup", self.name));
        }
        match digest(&folder.join(&self.name)) {
            Ok((bytes, blake3)) if (bytes, &blake3) == (self.bytes, &self.blake3) => None,
            Ok((bytes, _)) if bytes != self.bytes => {
                Some(format!("{} has {bytes} bytes and had {}", self.name, self.bytes))
            }
            Ok(_) => Some(format!("the bytes of {} were changed", self.name)),
            Err(StoreFault::Files { source, .. }) if source.kind() == ErrorKind::NotFound => {
                Some(format!("{} is missing", self.name))
            }
            Err(fault) => Some(fault.to_string()),
        }
    }
}

/// Length and BLAKE3 of a file.
fn digest(path: &Path) -> Result<(u64, String), StoreFault> {
    let mut file = File::open(path).map_err(StoreFault::files("opening", path))?;
    let (mut hasher, mut bytes) = (blake3::Hasher::new(), 0);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer).map_err(StoreFault::files("reading", path))?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        bytes += read as u64;
    }
    Ok((bytes, crate::record::hexadecimal(hasher.finalize().as_bytes())))
}
