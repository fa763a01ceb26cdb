//! Where to go on after an interruption: a small file beside the data.

use crate::Fault;
use crate::pump::Tally;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;

/// What was done of a file so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// Name of the file, without its folder.
    pub file: String,
    /// Its size in bytes. A file that has shrunk is another file.
    pub bytes: u64,
    /// What was done.
    #[serde(flatten)]
    pub tally: Tally,
}

/// Reads a resume file; `None` when there is none.
///
/// # Errors
/// [`Fault`] when it cannot be read or is damaged.
pub fn load(path: &Path) -> Result<Option<Resume>, Fault> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Fault::Open { path: path.to_owned(), source }),
    };
    let damaged = |error: serde_json::Error| Fault::Malformed {
        path: path.to_owned(),
        line: error.line() as u64,
        detail: format!("this is no resume file ({error}); remove it to begin again"),
    };
    serde_json::from_str(&text).map(Some).map_err(damaged)
}

/// Writes a resume file as a whole: an interruption leaves the old one or the new one.
///
/// # Errors
/// [`Fault::Write`] when that fails.
pub fn save(path: &Path, resume: &Resume) -> Result<(), Fault> {
    let fault = |source| Fault::Write { path: path.to_owned(), source };
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::File::create(&draft)?;
        file.write_all(&serde_json::to_vec(resume)?)?;
        file.sync_all()?;
        std::fs::rename(&draft, path)
    };
    write().map_err(fault)
}
