//! The public keys of an issuer: one that was configured, or a set (JWKS, RFC 7517) in a file or at an
//! address, which is read again so that an issuer can rotate its keys.
//!
//! Only what the configuration names is ever read: a token may say which key of the set it was
//! signed with (`kid`), and never where keys are.

use super::jwt::TokenFault;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use reqwest::Client;
use serde::Deserialize;
use serde_json::Value;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// How often a set is read again when nothing asks for it.
const FILE_SECONDS: u64 = 30;
const URL_SECONDS: u64 = 300;
/// How soon it is read again at most, whatever tokens say.
const PAUSE_SECONDS: u64 = 5;
/// How long a fetch may take, and how much it may bring.
const FETCH_SECONDS: u64 = 10;
const SET_BYTES_MAX: usize = 256 * 1024;

/// What the tokens of an issuer are checked with.
#[derive(Clone, Debug)]
pub enum IssuerKeys {
    /// One key; what a token says of it does not count.
    One(DecodingKey),
    /// A set, from which a token names one.
    Set(Arc<KeySet>),
}

/// Where a set of keys is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    File(PathBuf),
    /// `https`, or `http` on this machine.
    Url(String),
}

/// The keys of an issuer as they were read last.
#[derive(Debug)]
pub struct KeySet {
    source: KeySource,
    algorithm: Algorithm,
    known: RwLock<Vec<NamedKey>>,
    /// A token named a key that is not known: time to read again.
    wanted: Notify,
}

#[derive(Clone, Debug)]
struct NamedKey {
    kid: Option<String>,
    key: DecodingKey,
}

/// Why a set cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum KeySetFault {
    #[error("{0} cannot be read: {1}")]
    Unreadable(KeySource, String),
    #[error("{0} is no JSON object with a list of `keys`")]
    NoSet(KeySource),
    #[error("{0} has no public key for {1:?}")]
    NoKey(KeySource, Algorithm),
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Url(url) => f.write_str(url),
        }
    }
}

impl IssuerKeys {
    /// The key for a token that names one, or none.
    ///
    /// Errors: the set has no such key, or several and the token names none.
    pub fn key_for(&self, kid: Option<&str>) -> Result<DecodingKey, TokenFault> {
        match self {
            Self::One(key) => Ok(key.clone()),
            Self::Set(set) => set.key_for(kid),
        }
    }
}

impl KeySet {
    /// A set that has not been read yet.
    #[must_use]
    pub fn new(source: KeySource, algorithm: Algorithm) -> Self {
        Self { source, algorithm, known: RwLock::default(), wanted: Notify::new() }
    }

    fn key_for(&self, kid: Option<&str>) -> Result<DecodingKey, TokenFault> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let found = match (kid, known.as_slice()) {
            (_, []) => Err(TokenFault::NoKeys),
            (None, [only]) => Ok(only),
            (None, _) => Err(TokenFault::KeyNotNamed),
            (Some(kid), known) => {
                let named = known.iter().find(|key| key.kid.as_deref() == Some(kid));
                named.ok_or(TokenFault::UnknownKey)
            }
        };
        // Whatever is missing may be there after a rotation.
        let found = found.inspect_err(|_| self.wanted.notify_one());
        found.map(|named| named.key.clone())
    }

    fn is_empty(&self) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Reads a set that lies in a file; one at an address is read later, beside the service.
    ///
    /// # Errors
    /// The file cannot be read, or has no usable key.
    pub fn read_file(&self) -> Result<(), KeySetFault> {
        let KeySource::File(path) = &self.source else { return Ok(()) };
        let text = std::fs::read_to_string(path)
            .map_err(|error| KeySetFault::Unreadable(self.source.clone(), error.to_string()))?;
        self.take(&text)
    }

    /// Reads the set again. What was known stays when that fails.
    ///
    /// # Errors
    /// It cannot be read, or has no usable key.
    pub async fn read(&self, client: &Client) -> Result<(), KeySetFault> {
        let KeySource::Url(url) = &self.source else { return self.read_file() };
        let unreadable = |why: String| KeySetFault::Unreadable(self.source.clone(), why);
        let fetch = async {
            let mut answer = client.get(url).send().await?.error_for_status()?;
            let mut bytes = Vec::new();
            while let Some(chunk) = answer.chunk().await? {
                bytes.extend_from_slice(&chunk);
                if bytes.len() > SET_BYTES_MAX {
                    return Ok(None);
                }
            }
            Ok(Some(bytes))
        };
        let fetched = timeout(Duration::from_secs(FETCH_SECONDS), fetch).await;
        let bytes = fetched
            .map_err(|_| unreadable(format!("no answer within {FETCH_SECONDS} seconds")))?
            .map_err(|error: reqwest::Error| unreadable(error.without_url().to_string()))?
            .ok_or_else(|| unreadable(format!("it has more than {SET_BYTES_MAX} bytes")))?;
        self.take(&String::from_utf8_lossy(&bytes))
    }

    fn take(&self, text: &str) -> Result<(), KeySetFault> {
        #[derive(Deserialize)]
        struct Listed {
            keys: Vec<Value>,
        }
        let Ok(Listed { keys }) = serde_json::from_str(text) else {
            return Err(KeySetFault::NoSet(self.source.clone()));
        };
        // A set may hold keys for other purposes, and of kinds that we do not know.
        let jwks = keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        let named = jwks.filter(|jwk| verifies(jwk, self.algorithm)).filter_map(|jwk| {
            let key = DecodingKey::from_jwk(&jwk).ok()?;
            Some(NamedKey { kid: jwk.common.key_id, key })
        });
        let named: Vec<NamedKey> = named.collect();
        if named.is_empty() {
            return Err(KeySetFault::NoKey(self.source.clone(), self.algorithm));
        }
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = named;
        Ok(())
    }

    /// Reads the set again and again: from time to time, and when a token names an unknown key.
    pub async fn keep_fresh(self: Arc<Self>) {
        let redirects = reqwest::redirect::Policy::none();
        let mut builder = Client::builder().redirect(redirects);
        if matches!(&self.source, KeySource::Url(url) if url.starts_with("http://")) {
            // This machine is asked itself.
            builder = builder.no_proxy();
        }
        let client = match builder.build() {
            Ok(client) => client,
            Err(error) => return tracing::error!(%error, "key sets cannot be fetched"),
        };
        let usual = match self.source {
            KeySource::File(_) => FILE_SECONDS,
            KeySource::Url(_) => URL_SECONDS,
        };
        loop {
            if let Err(fault) = self.read(&client).await {
                tracing::warn!(%fault, "a key set was not read; what was known stays");
            }
            sleep(Duration::from_secs(PAUSE_SECONDS)).await;
            if self.is_empty() {
                continue;
            }
            let _ = timeout(Duration::from_secs(usual), self.wanted.notified()).await;
        }
    }
}

/// Whether a key is a public one that checks signatures by this algorithm.
fn verifies(jwk: &Jwk, algorithm: Algorithm) -> bool {
    let signs = !matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption));
    let named = jwk.common.key_algorithm;
    let same = named.is_none_or(|named| named.to_string() == format!("{algorithm:?}"));
    let kind = match algorithm {
        Algorithm::RS256 => matches!(jwk.algorithm, AlgorithmParameters::RSA(_)),
        Algorithm::ES256 => matches!(jwk.algorithm, AlgorithmParameters::EllipticCurve(_)),
        Algorithm::EdDSA => matches!(jwk.algorithm, AlgorithmParameters::OctetKeyPair(_)),
        _ => false,
    };
    signs && same && kind
}
