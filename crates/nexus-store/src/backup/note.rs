//! A note in the data directory of when it was last backed up, for pages that say so. It is no
//! promise: whoever removes the folder of the backup does not change the note.

use crate::fault::StoreFault;
use crate::files;
use nexus_engine::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Name of the note in the data directory.
const NOTE_FILE: &str = "backed-up";

/// When data were last backed up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupNote {
    /// When, in microseconds since 1970.
    pub at: i64,
    /// The last entry in it.
    pub seq: u64,
    /// The folder of the backup.
    pub folder: String,
}

/// The note of a data directory; `None` when there is none that can be read.
#[must_use]
pub fn backup_note(data: &Path) -> Option<BackupNote> {
    serde_json::from_str(&std::fs::read_to_string(data.join(NOTE_FILE)).ok()?).ok()
}

/// Leaves the note.
///
/// Errors: when the directory cannot be written, which makes the backup no worse.
pub fn note_backup(data: &Path, folder: &Path, seq: u64, at: Timestamp) -> Result<(), StoreFault> {
    let folder = folder.display().to_string();
    // invariant: it holds numbers and a text, which JSON has.
    let text = serde_json::to_string(&BackupNote { at: at.0, seq, folder }).expect("it is JSON");
    files::write_whole(&data.join(NOTE_FILE), text.as_bytes())
}
