//! Who calls, and what they may do: API keys, signed tokens, browser sessions. Closed by default.
//!
//! Every route says which scope it takes (`http::guard`). A request proves who it comes from in one
//! of three ways, and `Authorization` wins over a cookie:
//!
//! * `Authorization: Bearer nx_...`, an API key, looked up at every request, so that a revoked key
//!   ends at once;
//! * `Authorization: Bearer <JWT>` of a configured issuer;
//! * the cookie `nexus_session` of a browser, which reads, and does what a page offers where its key may.

pub mod jwt;
pub mod key_set;
pub mod keys;
pub mod links;
pub mod scope;
pub mod sessions;

pub use scope::{Scope, ScopeSet};

use nexus_engine::ids::LearnerId;
use thiserror::Error;

/// Who calls, and what they may do.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The key, service, learner or browser session that calls.
    pub identity: Identity,
    /// What they may do.
    pub scopes: ScopeSet,
}

/// What a request comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identity {
    /// The holder of an API key, by the key's id.
    Key(String),
    /// Another service, by the issuer of its token.
    Service(String),
    /// A learner, who may only do things as themselves.
    Learner(LearnerId),
    /// A browser that logged in.
    Session {
        /// The id of the key that opened it; absent of the link that the server printed.
        key: Option<String>,
    },
}

/// Why a request does not prove who it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CredentialFault {
    /// There is nothing that proves it.
    #[error("send an API key or a token as `Authorization: Bearer ...`, or log in at /login")]
    Missing,
    /// What there is proves nothing.
    #[error("the credential is not valid here")]
    Bad,
    /// It is a signed token that is not valid.
    #[error("{0}")]
    Token(jwt::TokenFault),
    /// It was valid once.
    #[error("the credential has expired")]
    Expired,
    /// The key store cannot be read.
    #[error("keys cannot be checked now")]
    Unavailable,
}

impl Caller {
    /// Whether a learner calls, who is not told which side of an experiment they are on.
    #[must_use]
    pub fn is_learner(&self) -> bool {
        matches!(self.identity, Identity::Learner(_))
    }

    /// Whether this caller may act for a learner: everybody but another learner.
    #[must_use]
    pub fn may_act_for(&self, learner: &LearnerId) -> bool {
        match &self.identity {
            Identity::Learner(own) => own == learner,
            Identity::Key(_) | Identity::Service(_) | Identity::Session { .. } => true,
        }
    }

    /// Whether this caller may give an event or a decision this id. All ids share one space, so a
    /// learner's token makes its own as `<learner>:` and then a part without `:`; learners `a` and
    /// `a:b` would take each other's otherwise.
    #[must_use]
    pub fn may_make_id(&self, id: &str) -> bool {
        match &self.identity {
            Identity::Learner(own) => {
                id.rsplit_once(':').is_some_and(|(owner, _)| owner == own.as_str())
            }
            Identity::Key(_) | Identity::Service(_) | Identity::Session { .. } => true,
        }
    }
}
