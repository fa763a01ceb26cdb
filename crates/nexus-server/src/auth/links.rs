//! Links for learners: tokens that this process signs and checks itself, with a secret that dies
//! with it. A demonstration needs no other issuer.

use super::jwt::{HolderKind, JwtIssuer, LIFE_SECONDS_MAX};
use super::key_set::IssuerKeys;
use super::sessions::NoRandomness;
use super::{Scope, ScopeSet};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use nexus_engine::ids::LearnerId;
use serde::Serialize;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

const ISSUER: &str = "nexus:links";
const AUDIENCE: &str = "nexus";

/// Signs the tokens of links.
pub struct LinkSigner {
    key: EncodingKey,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: u64,
    exp: u64,
}

impl LinkSigner {
    /// A signer with a new secret, and the issuer that trusts it.
    ///
    /// Errors: when the system gives no randomness.
    pub fn new() -> Result<(Self, JwtIssuer), NoRandomness> {
        let mut secret = [0_u8; 32];
        getrandom::fill(&mut secret).map_err(|_| NoRandomness)?;
        let issuer = JwtIssuer {
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            // Who signs is who checks, so one secret is enough.
            algorithm: Algorithm::HS256,
            keys: IssuerKeys::One(DecodingKey::from_secret(&secret)),
            kind: HolderKind::Learner,
            scopes: Scope::LEARNER.into_iter().collect::<ScopeSet>(),
        };
        Ok((Self { key: EncodingKey::from_secret(&secret) }, issuer))
    }

    /// A token for a learner, as long-lived as tokens may be. It follows `#token=` in the address
    /// of `/learn/{course}`, where no browser sends it and no log keeps it.
    ///
    /// Errors: what the signing library says.
    pub fn token(&self, learner: &LearnerId) -> Result<String, jsonwebtoken::errors::Error> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let claims = Claims {
            iss: ISSUER,
            aud: AUDIENCE,
            sub: learner.as_str(),
            iat: now,
            exp: now + LIFE_SECONDS_MAX as u64,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.key)
    }
}

impl fmt::Debug for LinkSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSigner")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::jwt::{JwtIssuers, TokenFault};
    use crate::auth::{CredentialFault, Identity};

    #[test]
    fn a_link_is_good_for_its_learner_and_here_alone() {
        let (signer, issuer) = LinkSigner::new().unwrap();
        let ada = LearnerId::new("ada").unwrap();
        let token = signer.token(&ada).unwrap();
        let caller = JwtIssuers(vec![issuer]).check(&token).unwrap();
        assert_eq!(caller.identity, Identity::Learner(ada));
        assert!(caller.scopes.has(Scope::EventsWrite) && !caller.scopes.has(Scope::GradesWrite));
        let (_, elsewhere) = LinkSigner::new().unwrap();
        let refused = JwtIssuers(vec![elsewhere]).check(&token);
        assert_eq!(refused.unwrap_err(), CredentialFault::Token(TokenFault::Signature));
    }
}
