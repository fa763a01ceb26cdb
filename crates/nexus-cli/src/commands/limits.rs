//! Limits of this process that the operating system sets and that it may raise by itself.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files and connections that a server wants to have open at once: each connection is one, the
/// database and its readers take some more.
pub const OPEN_FILES_WANTED: u64 = 65_536;

/// Raises the soft limit of open files to what is wanted, or as near as the hard limit allows.
/// Answers the limit that holds then.
pub fn raise_open_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let now = limit.current.unwrap_or(u64::MAX);
    let wanted = OPEN_FILES_WANTED.min(limit.maximum.unwrap_or(u64::MAX));
    if now >= wanted {
        return now;
    }
    let raised = Rlimit { current: Some(wanted), maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::warn!(%error, now, "the limit of open files could not be raised");
            now
        }
    }
}
