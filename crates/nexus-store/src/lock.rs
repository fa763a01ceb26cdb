//! The lock: one process writes in a data directory, and a second one is told who.
//!
//! Both the directory and a file in it are locked. The file says who; the directory stays locked
//! when a person deletes the file to start another.

use crate::fault::StoreFault;
use crate::files;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Name of the lock file.
pub(crate) const LOCK_FILE: &str = "nexus.lock";

/// Holds the data directory until it is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    // The operating system's locks live as long as these handles.
    _file: File,
    _directory: Option<File>,
}

impl DirectoryLock {
    pub(crate) fn take(directory: &Path) -> Result<Self, StoreFault> {
        let path = directory.join(LOCK_FILE);
        let mut options = files::private_options();
        let opened = options.read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.map_err(StoreFault::files("opening", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = holder(&file);
                return Err(StoreFault::Locked { path: directory.to_path_buf(), holder });
            }
            Err(TryLockError::Error(source)) => {
                return Err(StoreFault::Files { action: "locking", path, source });
            }
        }
        let directory = lock_directory(directory, &file)?;
        sign(&mut file).map_err(StoreFault::files("writing", &path))?;
        Ok(Self { _file: file, _directory: directory })
    }
}

/// Locks the directory itself. `None` where a directory cannot be opened or locked, as on some
/// network file systems: then only the file counts.
fn lock_directory(directory: &Path, file: &File) -> Result<Option<File>, StoreFault> {
    let Ok(handle) = File::open(directory) else { return Ok(None) };
    match handle.try_lock() {
        Ok(()) => Ok(Some(handle)),
        Err(TryLockError::WouldBlock) => {
            Err(StoreFault::Locked { path: directory.to_path_buf(), holder: holder(file) })
        }
        Err(TryLockError::Error(error)) => {
            tracing::warn!(%error, "the data directory cannot be locked, only the file in it");
            Ok(None)
        }
    }
}

/// Leaves our process id for the message of a second process. The lock itself is what
/// counts, so a stale number in an unlocked file means nothing.
fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{}", std::process::id())
}

fn holder(file: &File) -> String {
    let mut text = String::new();
    let read = file.take(32).read_to_string(&mut text);
    match text.trim().parse::<u32>() {
        Ok(pid) if read.is_ok() => format!("process {pid}"),
        _ => "another process".to_owned(),
    }
}
