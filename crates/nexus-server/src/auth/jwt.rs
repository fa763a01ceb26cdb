//! Signed tokens (JWT) of configured issuers.
//!
//! The issuer's configuration says everything that matters: the audience, the one algorithm, the
//! key. The token may not: headers that name keys or addresses are refused, `kid` is ignored, and
//! no address is ever visited. `exp` is required and must be a number.

use super::{Caller, CredentialFault, Identity, Scope, ScopeSet};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use nexus_engine::ids::LearnerId;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::time::{SystemTime, UNIX_EPOCH};

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
    pub key: DecodingKey,
    /// Who holds its tokens.
    pub kind: HolderKind,
    /// What its tokens allow.
    pub scopes: ScopeSet,
}

/// The issuers that are trusted; none by default.
#[derive(Clone, Debug, Default)]
pub struct JwtIssuers(pub Vec<JwtIssuer>);

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
            return Err(CredentialFault::Bad);
        }
        let issuer = self.issuer_of(token).ok_or(CredentialFault::Bad)?;
        let claims = issuer.verify(token)?;
        check_life(&claims)?;
        let identity = match issuer.kind {
            HolderKind::Service => Identity::Service(issuer.issuer.clone()),
            HolderKind::Learner => {
                let learner = LearnerId::new(claims.sub.as_deref().unwrap_or_default());
                Identity::Learner(learner.map_err(|_| CredentialFault::Bad)?)
            }
        };
        let scopes = match issuer.kind {
            HolderKind::Service => issuer.scopes,
            HolderKind::Learner => issuer.scopes.limited_to(&Scope::LEARNER_MOST),
        };
        Ok(Caller { identity, scopes })
    }

    /// The issuer a token names, unverified: it only selects what the token is checked against.
    fn issuer_of(&self, token: &str) -> Option<&JwtIssuer> {
        let mut parts = token.split('.');
        let (header, claims) = (parts.next()?, parts.next()?);
        if parts.next().is_none() || parts.next().is_some() {
            return None;
        }
        let header = part(header)?;
        if REFUSED_HEADERS.iter().any(|name| header.contains_key(*name)) {
            return None;
        }
        let claims = part(claims)?;
        let issuer = claims.get("iss")?.as_str()?;
        self.0.iter().find(|known| known.issuer == issuer)
    }
}

impl JwtIssuer {
    fn verify(&self, token: &str) -> Result<Claims, CredentialFault> {
        let mut validation = Validation::new(self.algorithm);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        let decoded = jsonwebtoken::decode::<Claims>(token, &self.key, &validation);
        decoded.map(|token| token.claims).map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::ExpiredSignature => CredentialFault::Expired,
            _ => CredentialFault::Bad,
        })
    }
}

/// A token that is valid for longer than a day is a key that cannot be revoked.
fn check_life(claims: &Claims) -> Result<(), CredentialFault> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let begins = claims.iat.unwrap_or(now).min(now + LEEWAY_SECONDS as f64);
    let too_long = claims.exp - begins > LIFE_SECONDS_MAX;
    if too_long || !claims.exp.is_finite() { Err(CredentialFault::Bad) } else { Ok(()) }
}

fn part(text: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    serde_json::from_slice(&bytes).ok()
}
