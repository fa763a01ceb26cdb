//! Configuration: what `nexus serve` reads from a file.
//!
//! Unknown fields are refused, so that a typing error does not silently open or close a door.

use crate::auth::jwt::{HolderKind, JwtIssuer, JwtIssuers};
use crate::auth::key_set::{IssuerKeys, KeySet, KeySetFault, KeySource};
use crate::auth::{Scope, ScopeSet};
use crate::http::cors::{AllowedOrigins, OriginFault};
use crate::http::{ConnectionLimits, RequestRates};
use crate::sinks::section::{self as sinks, SinkSection};
use crate::sources::section::{self, SourceSection};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// The least bytes of a secret: as many as the hash of HS256 has (RFC 7518, 3.2).
pub const SECRET_BYTES_MIN: usize = 32;

/// What a configuration file may say.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen; the command line decides when absent.
    pub listen: Option<SocketAddr>,
    /// Where the data is; the command line decides when absent.
    pub data: Option<PathBuf>,
    /// Whether browsers reach this server over HTTPS only: then cookies say `Secure`.
    pub https: bool,
    /// Whether learners of whom nothing was said consent to exploration.
    pub exploration_consent: ConsentByDefault,
    /// Other sites whose pages may call `/v1/`, as `https://learn.example`; none by default.
    pub cors_origins: Vec<String>,
    /// What clients may take of the server.
    pub limits: LimitsSection,
    /// Issuers of signed tokens.
    pub jwt: JwtSection,
    /// Streams of events that the server reads itself.
    pub source: Vec<SourceSection>,
    /// Where entries of the journal are sent on to.
    pub sink: Vec<SinkSection>,
}

/// What clients may take of the server. What is not said is generous.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsSection {
    /// The most connections that are open at a time, at least 1.
    pub connections_max: Option<usize>,
    /// The most of them that one address may have open, at least 1.
    pub connections_per_address_max: Option<usize>,
    /// Requests a second that one API key or service may send; 0 is no limit.
    pub key_requests_per_second: Option<u32>,
    /// Requests a second that one learner's token may send; 0 is no limit.
    pub learner_requests_per_second: Option<u32>,
}

impl LimitsSection {
    /// One address may have half of the connections open, unless the file says otherwise.
    #[must_use]
    pub fn connections(&self) -> ConnectionLimits {
        let total = self.connections_max.unwrap_or(ConnectionLimits::default().total).max(1);
        let per_address = self.connections_per_address_max.unwrap_or(total / 2);
        ConnectionLimits { total, per_address: per_address.clamp(1, total) }
    }

    #[must_use]
    pub fn request_rates(&self) -> RequestRates {
        let rate = |said: Option<u32>, usual| match said {
            None => usual,
            Some(0) => None,
            Some(rate) => Some(f64::from(rate)),
        };
        let RequestRates { per_key, per_learner } = RequestRates::GENEROUS;
        RequestRates {
            per_key: rate(self.key_requests_per_second, per_key),
            per_learner: rate(self.learner_requests_per_second, per_learner),
        }
    }
}

/// What holds for learners of whose consent nothing was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsentByDefault {
    /// They take part in exploration until they, or a guardian, say no.
    #[default]
    Assumed,
    /// They are shown what the policy thinks best until they say yes.
    Asked,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JwtSection {
    /// `[[jwt.issuer]]`, once an issuer.
    pub issuer: Vec<IssuerSection>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerSection {
    /// What `iss` of a token has to be, letter by letter.
    pub issuer: String,
    /// What `aud` of a token has to be or to hold, letter by letter.
    pub audience: String,
    /// `RS256`, `ES256`, `EdDSA` or `HS256`.
    pub algorithm: String,
    /// A PEM file, relative to the configuration file; for all algorithms but `HS256`.
    #[serde(default)]
    pub public_key_file: Option<PathBuf>,
    /// Instead of it, a set of keys (JWKS) from which tokens choose by `kid`, relative to the
    /// configuration file. It is read again when it changes.
    #[serde(default)]
    pub jwks_file: Option<PathBuf>,
    /// The same at an address: `https`, or `http` on this machine. No other address is ever visited.
    #[serde(default)]
    pub jwks_url: Option<String>,
    /// What the issuer signs with, for `HS256`: a file of at least 32 bytes, relative to the
    /// configuration file. Blanks and line ends around it do not count.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    pub kind: HolderKind,
    /// What its tokens allow; for learners, at most what learners may do at all, and without it not to grade.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
}

/// Why a configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigFault {
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML, or says something that is not known.
    #[error("the configuration is not valid")]
    Parse(#[from] toml::de::Error),
    /// An issuer names an algorithm that is not accepted.
    #[error(
        "algorithm {algorithm:?} of issuer {issuer:?} is not one of RS256, ES256, EdDSA, HS256"
    )]
    Algorithm { issuer: String, algorithm: String },
    /// Two sections name one issuer, so it is not said whose keys count.
    #[error(
        "issuer {issuer:?} is configured twice; a set of keys (`jwks_file`) has several keys of one issuer"
    )]
    IssuerTwice { issuer: String },
    /// A set of keys cannot be used.
    #[error(transparent)]
    KeySet(#[from] KeySetFault),
    #[error("`jwks_url` of issuer {issuer:?} is {url:?}; use https, or http on this machine")]
    KeySetAddress { issuer: String, url: String },
    /// An issuer needs one file for its algorithm, and not the other.
    #[error("issuer {issuer:?} with algorithm {algorithm} needs `{wanted}`, and no other file")]
    KeyFile { issuer: String, algorithm: String, wanted: &'static str },
    /// A secret could be guessed.
    #[error("{path} holds {bytes} bytes; a secret needs at least {SECRET_BYTES_MIN}")]
    ShortSecret { path: PathBuf, bytes: usize },
    /// Pages of a site cannot be let in.
    #[error("`cors_origins` cannot hold {origin:?}: {fault}")]
    Origin { origin: String, fault: OriginFault },
    /// An issuer's public key cannot be used.
    #[error("{path} holds no public key for {algorithm}")]
    PublicKey {
        path: PathBuf,
        /// What it should be good for.
        algorithm: String,
        /// Why it is not.
        #[source]
        source: jsonwebtoken::errors::Error,
    },
    /// An issuer names a scope that does not exist.
    #[error("scope {scope:?} of issuer {issuer:?} does not exist")]
    Scope { issuer: String, scope: String },
    /// A source cannot be read as it is set.
    #[error("source {name:?} cannot be read: {reason}")]
    Source { name: String, reason: String },
    /// A sink cannot be used as it is set.
    #[error("sink {name:?} cannot be used: {reason}")]
    Sink { name: String, reason: String },
    /// A service's tokens would allow nothing.
    #[error("issuer {issuer:?} has kind \"service\" and needs `scopes`")]
    NoScopes { issuer: String },
}

impl Config {
    /// Reads a configuration file. Paths inside it are relative to its folder.
    ///
    /// Errors: a [`ConfigFault`].
    pub fn read(path: &Path) -> Result<Self, ConfigFault> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigFault::Read { path: path.to_owned(), source })?;
        Self::parse(&text, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads the text of a configuration file that lies in a folder.
    pub(crate) fn parse(text: &str, folder: &Path) -> Result<Self, ConfigFault> {
        let mut config: Self = toml::from_str(text)?;
        for issuer in &mut config.jwt.issuer {
            let files =
                [&mut issuer.public_key_file, &mut issuer.jwks_file, &mut issuer.secret_file];
            for file in files.into_iter().flatten() {
                *file = folder.join(&file);
            }
        }
        config.data = config.data.map(|data| folder.join(data));
        config.source.iter_mut().for_each(|source| source.place_in(folder));
        config.sink.iter_mut().for_each(|sink| sink.place_in(folder));
        section::check(&config.source)?;
        sinks::check(&config.sink)?;
        Ok(config)
    }

    /// The issuers with their keys.
    ///
    /// Errors: a [`ConfigFault`] about the first issuer that cannot be used.
    pub fn issuers(&self) -> Result<JwtIssuers, ConfigFault> {
        for (position, section) in self.jwt.issuer.iter().enumerate() {
            if self.jwt.issuer[..position].iter().any(|other| other.issuer == section.issuer) {
                return Err(ConfigFault::IssuerTwice { issuer: section.issuer.clone() });
            }
        }
        let issuers = self.jwt.issuer.iter().map(IssuerSection::issuer);
        issuers.collect::<Result<_, _>>().map(JwtIssuers)
    }

    /// The sites whose pages may call.
    ///
    /// Errors: [`ConfigFault::Origin`] about the first that no browser would name so.
    pub fn origins(&self) -> Result<AllowedOrigins, ConfigFault> {
        AllowedOrigins::new(&self.cors_origins)
            .map_err(|(origin, fault)| ConfigFault::Origin { origin, fault })
    }
}

impl IssuerSection {
    fn issuer(&self) -> Result<JwtIssuer, ConfigFault> {
        let (algorithm, keys) = match self.algorithm.as_str() {
            "RS256" => self.public_keys(Algorithm::RS256, DecodingKey::from_rsa_pem)?,
            "ES256" => self.public_keys(Algorithm::ES256, DecodingKey::from_ec_pem)?,
            "EdDSA" => self.public_keys(Algorithm::EdDSA, DecodingKey::from_ed_pem)?,
            "HS256" => (Algorithm::HS256, IssuerKeys::One(self.secret()?)),
            other => {
                let (issuer, algorithm) = (self.issuer.clone(), other.to_owned());
                return Err(ConfigFault::Algorithm { issuer, algorithm });
            }
        };
        Ok(JwtIssuer {
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            algorithm,
            keys,
            kind: self.kind,
            scopes: self.scopes()?,
        })
    }

    fn public_keys(
        &self,
        algorithm: Algorithm,
        read_pem: fn(&[u8]) -> Result<DecodingKey, jsonwebtoken::errors::Error>,
    ) -> Result<(Algorithm, IssuerKeys), ConfigFault> {
        let Self { public_key_file, jwks_file, jwks_url, secret_file, .. } = self;
        let source = match (public_key_file, jwks_file, jwks_url, secret_file) {
            (Some(path), None, None, None) => {
                let key = read_pem(&read(path)?).map_err(|source| ConfigFault::PublicKey {
                    path: path.clone(),
                    algorithm: self.algorithm.clone(),
                    source,
                })?;
                return Ok((algorithm, IssuerKeys::One(key)));
            }
            (None, Some(path), None, None) => KeySource::File(path.clone()),
            (None, None, Some(url), None) => self.address(url)?,
            _ => {
                return Err(self.key_file("public_key_file`, `jwks_file` or `jwks_url"));
            }
        };
        let set = KeySet::new(source, algorithm);
        set.read_file()?;
        Ok((algorithm, IssuerKeys::Set(Arc::new(set))))
    }

    /// Keys that travel in the clear could be anybody's.
    fn address(&self, url: &str) -> Result<KeySource, ConfigFault> {
        let parsed = reqwest::Url::parse(url).ok();
        let plain = parsed.filter(|it| it.username().is_empty() && it.password().is_none());
        let safe = plain.is_some_and(|it| match (it.scheme(), it.host_str()) {
            ("https", Some(_)) => true,
            ("http", Some(host)) => ["127.0.0.1", "[::1]", "localhost"].contains(&host),
            _ => false,
        });
        if safe {
            return Ok(KeySource::Url(url.to_owned()));
        }
        Err(ConfigFault::KeySetAddress { issuer: self.issuer.clone(), url: url.to_owned() })
    }

    fn secret(&self) -> Result<DecodingKey, ConfigFault> {
        let public = self.public_key_file.is_some() || self.jwks_file.is_some();
        let Some(path) = self.secret_file.as_ref().filter(|_| !public && self.jwks_url.is_none())
        else {
            return Err(self.key_file("secret_file"));
        };
        let file = read(path)?;
        let secret = file.trim_ascii();
        if secret.len() < SECRET_BYTES_MIN {
            return Err(ConfigFault::ShortSecret { path: path.clone(), bytes: secret.len() });
        }
        Ok(DecodingKey::from_secret(secret))
    }

    /// A public key that is taken for a secret would let everybody sign.
    fn key_file(&self, wanted: &'static str) -> ConfigFault {
        let (issuer, algorithm) = (self.issuer.clone(), self.algorithm.clone());
        ConfigFault::KeyFile { issuer, algorithm, wanted }
    }

    fn scopes(&self) -> Result<ScopeSet, ConfigFault> {
        let Some(words) = &self.scopes else {
            return match self.kind {
                HolderKind::Learner => Ok(Scope::LEARNER.into_iter().collect()),
                HolderKind::Service => Err(ConfigFault::NoScopes { issuer: self.issuer.clone() }),
            };
        };
        let scope = |word: &String| {
            Scope::from_word(word).ok_or_else(|| ConfigFault::Scope {
                issuer: self.issuer.clone(),
                scope: word.clone(),
            })
        };
        words.iter().map(scope).collect()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ConfigFault> {
    std::fs::read(path).map_err(|source| ConfigFault::Read { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<JwtIssuers, ConfigFault> {
        toml::from_str::<Config>(text)?.issuers()
    }

    #[test]
    fn an_empty_file_trusts_nobody() {
        assert!(check("").unwrap().0.is_empty());
    }

    #[test]
    fn limits_are_generous_unless_the_file_says_otherwise() {
        let read = |text: &str| toml::from_str::<Config>(text).unwrap().limits;
        assert_eq!(read("").connections(), ConnectionLimits { total: 1_024, per_address: 512 });
        assert_eq!(read("").request_rates(), RequestRates::GENEROUS);
        let set = read("limits = { connections_max = 10, connections_per_address_max = 99 }");
        assert_eq!(set.connections(), ConnectionLimits { total: 10, per_address: 10 });
        let set = read("limits = { key_requests_per_second = 0, learner_requests_per_second = 3 }");
        let expected = RequestRates { per_key: None, per_learner: Some(3.0) };
        assert_eq!(set.request_rates(), expected);
        assert!(toml::from_str::<Config>("limits = { connections = 10 }").is_err());
    }

    #[test]
    fn consent_is_assumed_unless_the_file_says_that_it_is_asked() {
        let read = |text: &str| toml::from_str::<Config>(text).map(|it| it.exploration_consent);
        assert_eq!(read("").unwrap(), ConsentByDefault::Assumed);
        let asked = read("exploration_consent = 'asked'").unwrap();
        assert_eq!(asked, ConsentByDefault::Asked);
        assert!(read("exploration_consent = 'maybe'").is_err());
    }

    #[test]
    fn typing_errors_are_found() {
        assert!(matches!(check("htps = true"), Err(ConfigFault::Parse(_))));
        let issuer = "[[jwt.issuer]]\nissuer = 'a'\naudience = 'b'\nalgorithm = 'RS256'\n\
             public_key_file = 'missing.pem'\nkind = 'learner'";
        assert!(matches!(check(issuer), Err(ConfigFault::Read { .. })));
        let unsigned = issuer.replace("RS256", "none").replace("missing.pem", "Cargo.toml");
        assert!(matches!(check(&unsigned), Err(ConfigFault::Algorithm { .. })));
        assert!(matches!(check(&issuer.replace("learner", "king")), Err(ConfigFault::Parse(_))));
    }

    #[test]
    fn a_shared_secret_is_a_file_of_its_own_and_long() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        let issuer = |file: &str| {
            let head = "[[jwt.issuer]]\nissuer = 'a'\naudience = 'b'\nalgorithm = 'HS256'\n";
            format!("{head}kind = 'learner'\n{file} = {secret:?}")
        };
        let write = |bytes: usize| std::fs::write(&secret, "s".repeat(bytes) + "\n").unwrap();
        write(32);
        assert!(check(&issuer("secret_file")).is_ok());
        assert!(matches!(check(&issuer("public_key_file")), Err(ConfigFault::KeyFile { .. })));
        let other = issuer("secret_file").replace("HS256", "ES256");
        assert!(matches!(check(&other), Err(ConfigFault::KeyFile { .. })));
        write(31);
        let short = check(&issuer("secret_file"));
        assert!(matches!(short, Err(ConfigFault::ShortSecret { bytes: 31, .. })));
    }
}
