//! The server key: 32 random bytes that make the seeds of decisions unpredictable from outside.
//!
//! Every decision carries its seed in the journal, so losing this file changes no past decision. But people of
//! other systems are known by it: without it they come as new learners. Backups hold it.

use crate::fault::StoreFault;
use crate::files;
use nexus_engine::ids::DecisionId;
use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// Name of the file in the data directory.
pub const SERVER_KEY_FILE: &str = "server.key";

const KEY_BYTES: usize = 32;

/// The secret of one data directory.
#[derive(Clone)]
pub struct ServerKey {
    seeds: [u8; KEY_BYTES],
    actors: [u8; KEY_BYTES],
}

impl ServerKey {
    /// Reads the key of a data directory, or makes one on first sight.
    ///
    /// Errors: when the file cannot be read or made, or is no key. A damaged key is never replaced silently.
    pub fn open(directory: &Path) -> Result<Self, StoreFault> {
        files::private_directory(directory)?;
        let path = directory.join(SERVER_KEY_FILE);
        let mut bytes = Vec::new();
        match File::open(&path) {
            Ok(file) => {
                let read = file.take(KEY_BYTES as u64 + 1).read_to_end(&mut bytes);
                read.map_err(StoreFault::files("reading", &path))?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                bytes = entropy::<KEY_BYTES>()?.to_vec();
                files::write_whole(&path, &bytes)?;
            }
            Err(error) => return Err(StoreFault::files("opening", &path)(error)),
        }
        let secret: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| StoreFault::Foreign {
            path,
            reason: "a server key has 32 bytes; restore it from a backup, or delete the file to make a new \
                     one: learners that came from other systems are new ones then".to_owned(),
        })?;
        // A key of its own for each purpose, so that one purpose can never collide with another.
        Ok(Self {
            seeds: blake3::derive_key("nexus 2026 decision seeds v1", &secret),
            actors: blake3::derive_key("nexus 2026 actors of other systems v1", &secret),
        })
    }

    /// The key by which people of other systems become learners: with another one they would all be
    /// new learners.
    #[must_use]
    pub fn actors(&self) -> [u8; KEY_BYTES] {
        self.actors
    }

    /// Tells these data from all others, also after they were restored elsewhere. It says nothing of
    /// the keys.
    #[must_use]
    pub fn data_id(&self) -> String {
        blake3::keyed_hash(&self.actors, b"the id of these data").to_hex()[..16].to_owned()
    }

    /// The seed of a decision: the same for the same id, and unrelated for any other.
    #[must_use]
    pub fn seed_for(&self, decision: &DecisionId) -> u64 {
        let hash = blake3::keyed_hash(&self.seeds, decision.as_str().as_bytes());
        let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKey(secret)")
    }
}

/// Random bytes from the operating system.
pub(crate) fn entropy<const N: usize>() -> Result<[u8; N], StoreFault> {
    let mut bytes = [0; N];
    let filled = getrandom::fill(&mut bytes);
    filled.map_err(|error| StoreFault::Entropy { reason: error.to_string() })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept_private() {
        let directory = tempfile::tempdir().unwrap();
        let id = DecisionId::new("d-1").unwrap();
        let other = DecisionId::new("d-2").unwrap();
        let first = ServerKey::open(directory.path()).unwrap();
        let again = ServerKey::open(directory.path()).unwrap();
        assert_eq!(first.seed_for(&id), again.seed_for(&id));
        assert_ne!(first.seed_for(&id), first.seed_for(&other));
        let elsewhere = tempfile::tempdir().unwrap();
        let third = ServerKey::open(elsewhere.path()).unwrap();
        assert_ne!(first.seed_for(&id), third.seed_for(&id));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let path = directory.path().join(SERVER_KEY_FILE);
            let mode = std::fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_key_is_refused_and_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(SERVER_KEY_FILE);
        std::fs::write(&path, b"short").unwrap();
        let opened = ServerKey::open(directory.path());
        assert!(matches!(opened, Err(StoreFault::Foreign { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), b"short");
    }
}
