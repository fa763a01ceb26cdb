//! Dead letters: records that were not taken, as they came, with the reason.

use super::dead_letter_path;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file of dead letters does not grow beyond this: its source waits until an operator looks.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The code of what came for a learner who was erased: nothing of it is kept, also not here.
pub(super) const ERASED: &str = "learner_erased";

/// A record that was not taken, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    pub source: String,
    pub partition: String,
    pub position: u64,
    /// A stable word for programs.
    pub code: String,
    /// What is wrong with it, for people.
    pub detail: String,
    /// The record as it came.
    pub original: Vec<u8>,
    pub key: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
}

/// Where dead letters are put.
pub trait DeadLetters: Send {
    /// Puts some aside. They are durable when it returns; after an error they may come again.
    ///
    /// Errors: why not, in words; it is tried again.
    fn put(&mut self, letters: &[DeadLetter]) -> Result<(), String>;
}

/// A dead letter as a line of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterLine {
    pub partition: String,
    pub position: u64,
    pub code: String,
    pub detail: String,
    /// The record, when it is text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// The record in Base64, when it is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_base64: Option<String>,
}

impl DeadLetterLine {
    fn new(letter: &DeadLetter) -> Self {
        let text = String::from_utf8(letter.original.clone()).ok();
        let base64 = text.is_none().then(|| STANDARD.encode(&letter.original));
        Self {
            partition: letter.partition.clone(),
            position: letter.position,
            code: letter.code.clone(),
            detail: letter.detail.clone(),
            original: text,
            original_base64: base64,
        }
    }
}

/// Dead letters in a file of the data directory, one a line.
#[derive(Debug)]
pub struct DeadLetterFile(PathBuf);

impl DeadLetterFile {
    /// The file of a source.
    #[must_use]
    pub fn of(data: &Path, source: &str) -> Self {
        Self(dead_letter_path(data, source))
    }

    /// Opened anew each time: an erasure or a person may have taken the file away.
    fn append(&self, lines: &[u8]) -> std::io::Result<()> {
        if let Some(folder) = self.0.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = private().append(true).create(true).open(&self.0)?;
        if file.metadata()?.len() + lines.len() as u64 > FILE_BYTES_MAX {
            let full = "the file is full; look at it, then redrive it or move it away";
            return Err(std::io::Error::other(full));
        }
        file.write_all(lines)?;
        file.sync_data()?;
        self.0.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }
}

/// Records hold what learners did: only the user of the server may read them.
fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

impl DeadLetters for DeadLetterFile {
    fn put(&mut self, letters: &[DeadLetter]) -> Result<(), String> {
        let mut lines = Vec::new();
        for letter in letters {
            serde_json::to_writer(&mut lines, &DeadLetterLine::new(letter))
                .map_err(|error| error.to_string())?;
            lines.push(b'\n');
        }
        let failed =
            |error| format!("dead letters cannot be put into {}: {error}", self.0.display());
        self.append(&lines).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(position: u64, original: &[u8]) -> DeadLetter {
        DeadLetter {
            source: "lms".into(),
            partition: "p".into(),
            position,
            code: "invalid_json".into(),
            detail: "line 1".into(),
            original: original.to_vec(),
            key: None,
            headers: Vec::new(),
        }
    }

    #[test]
    fn every_byte_of_a_record_is_kept() {
        let data = tempfile::tempdir().unwrap();
        let mut aside = DeadLetterFile::of(data.path(), "lms");
        aside.put(&[letter(3, b"{\"half\": ")]).unwrap();
        aside.put(&[letter(9, &[0xff, 0, b'\n'])]).unwrap();
        let text = std::fs::read_to_string(dead_letter_path(data.path(), "lms")).unwrap();
        let lines: Vec<DeadLetterLine> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0].original.as_deref(), Some("{\"half\": "));
        let bytes = STANDARD.decode(lines[1].original_base64.as_deref().unwrap()).unwrap();
        assert_eq!((lines[1].position, bytes), (9, vec![0xff, 0, b'\n']));
    }
}
