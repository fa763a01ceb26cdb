//! Browser sessions: in memory, for twelve hours, tied to the key that opened them.

use super::keys::KeyHolder;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The name of the cookie.
pub const COOKIE: &str = "nexus_session";
/// How long a session lasts.
pub const LIFE: Duration = Duration::from_secs(12 * 60 * 60);
/// The most sessions at once; the oldest ends for a new one.
const SESSIONS_MAX: usize = 1_000;

/// Who opened a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opener {
    /// The holder of a key, by the key's id; asked again at every request.
    Key(String),
    /// The link that this process printed when it started.
    LoginLink,
}

/// The open sessions. Only a hash of each cookie is kept.
#[derive(Debug, Default)]
pub struct LoginSessions(Mutex<BTreeMap<[u8; 32], Session>>);

#[derive(Clone, Debug)]
struct Session {
    opener: Opener,
    opened: Instant,
}

/// Why no session could be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no randomness")]
pub struct NoRandomness;

impl LoginSessions {
    /// Opens a session and answers with the value of its cookie.
    ///
    /// Errors: when the system gives no randomness.
    pub fn open(&self, opener: Opener) -> Result<String, NoRandomness> {
        let mut secret = [0_u8; 32];
        getrandom::fill(&mut secret).map_err(|_| NoRandomness)?;
        let cookie = URL_SAFE_NO_PAD.encode(secret);
        let mut sessions = self.lock();
        sessions.retain(|_, session| session.opened.elapsed() < LIFE);
        if sessions.len() >= SESSIONS_MAX {
            let oldest = sessions.iter().min_by_key(|(_, session)| session.opened);
            if let Some(oldest) = oldest.map(|(hash, _)| *hash) {
                sessions.remove(&oldest);
            }
        }
        sessions.insert(hash(&cookie), Session { opener, opened: Instant::now() });
        Ok(cookie)
    }

    /// Who opened the session of a cookie, when it is still open.
    #[must_use]
    pub fn opener(&self, cookie: &str) -> Option<Opener> {
        let sessions = self.lock();
        let session = sessions.get(&hash(cookie))?;
        (session.opened.elapsed() < LIFE).then(|| session.opener.clone())
    }

    /// Ends the session of a cookie.
    pub fn close(&self, cookie: &str) {
        self.lock().remove(&hash(cookie));
    }

    /// A panic elsewhere leaves the map whole, so the lock stays usable.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<[u8; 32], Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<&KeyHolder> for Opener {
    fn from(holder: &KeyHolder) -> Self {
        Self::Key(holder.id.clone())
    }
}

/// Looking up a hash says nothing about the cookie through the time it takes.
fn hash(cookie: &str) -> [u8; 32] {
    blake3::derive_key("nexus session cookie v1", cookie.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lives_until_it_is_closed() {
        let sessions = LoginSessions::default();
        let cookie = sessions.open(Opener::Key("k1".into())).unwrap();
        assert_eq!(sessions.opener(&cookie), Some(Opener::Key("k1".into())));
        assert_eq!(sessions.opener("another"), None);
        sessions.close(&cookie);
        assert_eq!(sessions.opener(&cookie), None);
    }

    #[test]
    fn the_number_of_sessions_is_bounded() {
        let sessions = LoginSessions::default();
        let first = sessions.open(Opener::LoginLink).unwrap();
        for _ in 0..SESSIONS_MAX {
            sessions.open(Opener::LoginLink).unwrap();
        }
        assert_eq!(sessions.opener(&first), None);
        assert_eq!(sessions.lock().len(), SESSIONS_MAX);
    }
}
