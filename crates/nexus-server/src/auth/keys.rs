//! API keys, as the HTTP edge needs them.

use super::{CredentialFault, ScopeSet};
use crate::clock::Clock;
use nexus_store::keys::{KeyRecord, KeyRefusal, KeyStore};

/// The holder of a key that is valid now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHolder {
    /// The key's id: not secret.
    pub id: String,
    /// What the key allows.
    pub scopes: ScopeSet,
}

/// Where keys are looked up. Asked at every request, so that a revoked key ends at once.
pub trait KeyLookup: Send + Sync {
    /// The holder of a key in its text form.
    ///
    /// Errors: the key is not valid, or no longer, or the keys cannot be read now.
    fn check(&self, text: &str) -> Result<KeyHolder, CredentialFault>;

    /// The holder of the key with an id, for a session that the key opened.
    ///
    /// Errors: the key is no longer valid, or the keys cannot be read now.
    fn holder(&self, id: &str) -> Result<KeyHolder, CredentialFault>;

    /// What is known of every key, the oldest first.
    ///
    /// Errors: the keys cannot be read now.
    fn records(&self) -> Result<Vec<KeyRecord>, CredentialFault>;

    /// Revokes a key for good. Answers whether there is such a key.
    ///
    /// Errors: the keys cannot be written now.
    fn revoke(&self, id: &str) -> Result<bool, CredentialFault>;
}

impl KeyLookup for KeyStore {
    fn check(&self, text: &str) -> Result<KeyHolder, CredentialFault> {
        // Keys live in the machine's time, also where learners live in a faster one.
        match Self::check(self, text, Clock::system().now()) {
            Ok(record) => Ok(KeyHolder::from(&record)),
            Err(KeyRefusal::Expired) => Err(CredentialFault::Expired),
            Err(KeyRefusal::Unavailable(fault)) => {
                tracing::error!(%fault, "keys cannot be checked");
                Err(CredentialFault::Unavailable)
            }
            Err(_) => Err(CredentialFault::Bad),
        }
    }

    fn holder(&self, id: &str) -> Result<KeyHolder, CredentialFault> {
        let records = self.records()?;
        let now = Clock::system().now();
        let is_valid = |record: &&KeyRecord| {
            let expired = record.expires_at.is_some_and(|expires_at| expires_at <= now);
            record.id == id && record.revoked_at.is_none() && !expired
        };
        records.iter().find(is_valid).map(KeyHolder::from).ok_or(CredentialFault::Expired)
    }

    fn records(&self) -> Result<Vec<KeyRecord>, CredentialFault> {
        self.list().map_err(|fault| {
            tracing::error!(%fault, "keys cannot be listed");
            CredentialFault::Unavailable
        })
    }

    fn revoke(&self, id: &str) -> Result<bool, CredentialFault> {
        Self::revoke(self, id, Clock::system().now()).map_err(|fault| {
            tracing::error!(%fault, "a key cannot be revoked");
            CredentialFault::Unavailable
        })
    }
}

impl From<&KeyRecord> for KeyHolder {
    fn from(record: &KeyRecord) -> Self {
        let scopes = ScopeSet::from_words(record.scopes.iter().map(String::as_str));
        Self { id: record.id.clone(), scopes }
    }
}

/// Whether a text looks like an API key.
#[must_use]
pub fn looks_like_key(text: &str) -> bool {
    text.starts_with("nx_")
}
