//! Signed tokens (JWT) of configured issuers.
//!
//! The issuer's configuration says everything that matters: the audience, the one algorithm, the
//! key or the set of keys. The token may not: headers that carry keys or addresses are refused, and
//! `kid` only chooses from the configured set. `exp` is required and must be a number.

use super::key_set::{IssuerKeys, KeySet};
use super::{Caller, CredentialFault, Identity, Scope, ScopeSet};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation};
use nexus_engine::ids::LearnerId;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use thiserror::Error;

/// The longest token that is looked at, in bytes.
pub const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// The longest time a token may be valid.
pub const LIFE_SECONDS_MAX: f64 = 24.0 * 60.0 * 60.0;
/// How far the issuer's clock may be off.
pub const LEEWAY_SECONDS: u64 = 60;

/// Headers by which a token would tell us how to check it.
const REFUSED_HEADERS: [&str; 8] = ["jku", "x5u", "jwk", "x5c", "x5t", "x5t#S256", "crit", "zip"];

/// Who holds the tokens of an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HolderKind {
    /// A learner: `sub` is the learner's id.
    Learner,
    Service,
}

/// One issuer that is trusted.
#[derive(Clone, Debug)]
pub struct JwtIssuer {
    /// What `iss` of a token has to be, letter by letter.
    pub issuer: String,
    /// What `aud` of a token has to be or to hold, letter by letter.
    pub audience: String,
    pub algorithm: Algorithm,
    /// What its tokens are checked with.
    pub keys: IssuerKeys,
    /// Who holds its tokens.
    pub kind: HolderKind,
    /// What its tokens allow.
    pub scopes: ScopeSet,
}

/// The issuers that are trusted; none by default.
#[derive(Clone, Debug, Default)]
pub struct JwtIssuers(pub Vec<JwtIssuer>);

/// What is wrong with a token. All of it may be told to whoever sent it: it says what the token is,
/// and nothing of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenFault {
    #[error("this is neither a key, which begins with `nx_`, nor a signed token of three parts")]
    NoToken,
    #[error("a token has at most 8 KiB")]
    TooLong,
    #[error("a token must not carry keys or addresses in its header, nor `crit` or `zip`")]
    Header,
    #[error("no issuer of the token's `iss` is configured here")]
    Issuer,
    #[error("the token is signed by another algorithm than is configured for its issuer")]
    Algorithm,
    #[error("the signature of the token is not that of its issuer's key")]
    Signature,
    #[error("the token's `aud` is not what is configured for its issuer")]
    Audience,
    #[error(
        "a claim of the token is missing or has another type; `iss`, `aud` and `exp` are required"
    )]
    Claims,
    #[error("the token's `nbf` lies in the future; compare the clocks")]
    NotYet,
    #[error("a token lives at most 24 hours, from `iat` to `exp`")]
    Life,
    #[error("the token's `sub` cannot be the id of a learner")]
    Subject,
    #[error("the keys of its issuer could not be read yet; send the token again in some seconds")]
    NoKeys,
    #[error("its issuer has several keys, and the token does not say by `kid` which one signed it")]
    KeyNotNamed,
    #[error(
        "its issuer's set of keys has none of the token's `kid`; after a rotation, send it again in some seconds"
    )]
    UnknownKey,
}

impl From<TokenFault> for CredentialFault {
    fn from(fault: TokenFault) -> Self {
        Self::Token(fault)
    }
}

#[derive(Deserialize)]
struct Claims {
    exp: f64,
    iat: Option<f64>,
    sub: Option<String>,
}

impl JwtIssuers {
    /// Who holds a token.
    ///
    /// Errors: the token is not valid, or no longer.
    pub fn check(&self, token: &str) -> Result<Caller, CredentialFault> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenFault::TooLong.into());
        }
        let (issuer, kid) = self.issuer_of(token)?;
        let claims = issuer.verify(token, kid.as_deref())?;
        check_life(&claims)?;
        let identity = match issuer.kind {
            HolderKind::Service => Identity::Service(issuer.issuer.clone()),
            HolderKind::Learner => {
                let learner = LearnerId::new(claims.sub.as_deref().unwrap_or_default());
                Identity::Learner(learner.map_err(|_| TokenFault::Subject)?)
            }
        };
        let scopes = match issuer.kind {
            HolderKind::Service => issuer.scopes,
            HolderKind::Learner => issuer.scopes.limited_to(&Scope::LEARNER_MOST),
        };
        Ok(Caller { identity, scopes })
    }

    /// The issuer and the key that a token names, unverified: they only select what the token is
    /// checked against.
    fn issuer_of(&self, token: &str) -> Result<(&JwtIssuer, Option<String>), TokenFault> {
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, _] = parts[..] else { return Err(TokenFault::NoToken) };
        let (header, claims) = part(header).zip(part(claims)).ok_or(TokenFault::NoToken)?;
        if REFUSED_HEADERS.iter().any(|name| header.contains_key(*name)) {
            return Err(TokenFault::Header);
        }
        let named = claims.get("iss").and_then(Value::as_str);
        let issuer = self.0.iter().find(|known| Some(known.issuer.as_str()) == named);
        let kid = header.get("kid").and_then(Value::as_str).map(str::to_owned);
        Ok((issuer.ok_or(TokenFault::Issuer)?, kid))
    }

    /// The sets of keys that have to be read again from time to time.
    pub fn key_sets(&self) -> impl Iterator<Item = &Arc<KeySet>> {
        self.0.iter().filter_map(|issuer| match &issuer.keys {
            IssuerKeys::Set(set) => Some(set),
            IssuerKeys::One(_) => None,
        })
    }
}

impl JwtIssuer {
    fn verify(&self, token: &str, kid: Option<&str>) -> Result<Claims, CredentialFault> {
        let key = self.keys.key_for(kid)?;
        let mut validation = Validation::new(self.algorithm);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        let decoded = jsonwebtoken::decode::<Claims>(token, &key, &validation);
        decoded.map(|token| token.claims).map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => CredentialFault::Expired,
            ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => {
                TokenFault::Algorithm.into()
            }
            ErrorKind::InvalidAudience => TokenFault::Audience.into(),
            ErrorKind::ImmatureSignature => TokenFault::NotYet.into(),
            ErrorKind::MissingRequiredClaim(_) | ErrorKind::Json(_) => TokenFault::Claims.into(),
            _ => TokenFault::Signature.into(),
        })
    }
}

/// A token that is valid for longer than a day is a key that cannot be revoked.
fn check_life(claims: &Claims) -> Result<(), TokenFault> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let begins = claims.iat.unwrap_or(now).min(now + LEEWAY_SECONDS as f64);
    let too_long = claims.exp - begins > LIFE_SECONDS_MAX;
    if too_long || !claims.exp.is_finite() { Err(TokenFault::Life) } else { Ok(()) }
}

fn part(text: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    serde_json::from_slice(&bytes).ok()
}
