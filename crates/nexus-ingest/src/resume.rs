//! Where to go on after an interruption: small files beside the data, one for each file read.
//!
//! A file is found again by its name and its content ([`crate::fingerprint`]). One whose content
//! is another one is another file, whatever it is called, and is read from its first line.

use crate::Fault;
use crate::fingerprint::{Beginning, Consumed, Kept, Lineage};
use crate::pump::PumpTally;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// How the names of resume files end.
const RESUME_END: &str = ".resume.json";
/// How the names of rejection files end.
const REJECTED_END: &str = ".rejected.ndjson";
/// Letters of a file's name that are repeated in those names; the mark makes them differ.
const NAME_CHARS_MAX: usize = 50;

/// What was done of a file so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// Name of the file, without its folder.
    pub file: String,
    /// The beginnings it had.
    pub lineage: Lineage,
    /// Its content up to the last line that is done with.
    pub consumed: Consumed,
    /// What was done by all runs since it was begun.
    #[serde(flatten)]
    pub tally: PumpTally,
}

impl Resume {
    /// Notes what is done with.
    pub fn note(&mut self, tally: &PumpTally, consumed: Consumed) {
        self.tally = *tally;
        self.consumed = consumed;
        self.lineage.reach(tally.line);
    }
}

/// Why a file is begun where it is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Nothing of it was read under this name, or everything is asked for again.
    First,
    /// It goes on behind what was done.
    GoesOn,
    /// Lines that were done with have changed, so it is read from its first line again.
    Changed,
    /// Another file of this name was read; this one is read from its first line.
    Namesake,
}

/// Where a file begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    pub opening: Opening,
    /// What was done of it.
    pub resume: Resume,
    /// What the names of its resume file and its rejection file begin with.
    stem: String,
}

/// The resume files of one data directory.
#[derive(Debug, Default)]
pub struct Places {
    folder: PathBuf,
    known: BTreeMap<String, Resume>,
}

impl Places {
    /// Reads all resume files of a folder. A folder that does not exist has none.
    ///
    /// Errors: [`Fault`] when one cannot be read or is damaged.
    pub fn load(folder: &Path) -> Result<Self, Fault> {
        let fault = |source| Fault::Open { path: folder.to_owned(), source };
        let mut places = Self { folder: folder.to_owned(), known: BTreeMap::new() };
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(places),
            Err(source) => return Err(fault(source)),
        };
        for entry in entries {
            let path = entry.map_err(fault)?.path();
            let name = base_name(&path);
            if let Some(stem) = name.strip_suffix(RESUME_END) {
                places.known.insert(stem.to_owned(), read(&path)?);
            }
        }
        Ok(places)
    }

    /// Where to begin with a file; `restart` begins at its first line in any case.
    ///
    /// Errors: [`Fault`] when the file cannot be read.
    pub fn start(&self, path: &Path, restart: bool) -> Result<Start, Fault> {
        let (file, beginning) = (base_name(path), Beginning::read(path)?);
        let namesakes = || self.known.iter().filter(|(_, known)| known.file == file);
        let own = namesakes()
            .filter(|(_, known)| known.lineage.is_of(&beginning))
            .max_by_key(|(_, known)| known.lineage.bytes());
        let Some((stem, known)) = own else {
            let known = self.known.values().map(|known| &known.lineage);
            let lineage = Lineage::of(&beginning, known);
            let short: String = file.chars().take(NAME_CHARS_MAX).collect();
            let stem = format!("{short}.{}", lineage.last_mark());
            let other = !restart && namesakes().next().is_some();
            let opening = if other { Opening::Namesake } else { Opening::First };
            let resume = Resume { file, lineage, ..Resume::default() };
            return Ok(Start { opening, resume, stem });
        };
        let lineage = Lineage::of(&beginning, std::iter::once(&known.lineage));
        let mut resume = Resume { lineage, ..known.clone() };
        let opening = if restart || known.tally.line == 0 {
            Opening::First
        } else {
            match known.consumed.check(path)? {
                Kept::Changed => Opening::Changed,
                Kept::Whole => Opening::GoesOn,
                Kept::LastLineGrew => {
                    resume.tally.line = resume.tally.line.saturating_sub(1);
                    Opening::GoesOn
                }
            }
        };
        if opening != Opening::GoesOn {
            (resume.tally, resume.consumed) = (PumpTally::default(), Consumed::default());
        }
        Ok(Start { opening, resume, stem: stem.clone() })
    }

    /// Saves how far a file is done with. An interruption leaves the old state or the new one. To
    /// be called before anything of the file is submitted, too, so that its lines keep their marks
    /// when the file grows after an interruption. An empty file needs no place.
    ///
    /// Errors: [`Fault::Write`] when that fails.
    pub fn save(&mut self, start: &Start) -> Result<(), Fault> {
        if start.resume.lineage.bytes() == 0 {
            return Ok(());
        }
        let path = self.path(start, RESUME_END);
        write(&path, &start.resume).map_err(|source| Fault::Write { path, source })?;
        self.known.insert(start.stem.clone(), start.resume.clone());
        Ok(())
    }

    /// Where the rejections of a file belong.
    #[must_use]
    pub fn rejections(&self, start: &Start) -> PathBuf {
        self.path(start, REJECTED_END)
    }

    fn path(&self, start: &Start, end: &str) -> PathBuf {
        self.folder.join(format!("{}{end}", start.stem))
    }
}

fn base_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn read(path: &Path) -> Result<Resume, Fault> {
    let open = |source| Fault::Open { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(open)?;
    serde_json::from_str(&text).map_err(|error| Fault::Malformed {
        path: path.to_owned(),
        line: error.line() as u64,
        detail: format!("this is no resume file ({error}); remove it to begin again"),
    })
}

fn write(path: &Path, resume: &Resume) -> std::io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let mut file = std::fs::File::create(&draft)?;
    file.write_all(&serde_json::to_vec(resume)?)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)
}
