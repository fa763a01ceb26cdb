//! The guard before every route: who calls, and whether they may.

use super::error::Failure;
use super::state::AppState;
use crate::auth::keys::looks_like_key;
use crate::auth::sessions::{COOKIE, Opener};
use crate::auth::{Caller, CredentialFault, Identity, Scope};
use axum::extract::{FromRequestParts, Request};
use axum::http::header::{AUTHORIZATION, COOKIE as COOKIE_HEADER, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nexus_api::field::shorten;
use std::fmt;
use std::time::Instant;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody: it shows no data.
    Open,
    /// Any caller with a valid credential.
    Anyone,
    /// A caller with this scope.
    Scope(Scope),
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Anyone => f.write_str("any credential"),
            Self::Scope(scope) => scope.fmt(f),
        }
    }
}

/// Lets a request through to its handler, with its [`Caller`], or refuses it.
///
/// Errors: 401, 403, or a fault when keys cannot be read.
pub async fn guard(access: Access, mut request: Request, next: Next) -> Result<Response, Failure> {
    // `around` always puts the state there; without it every request is refused.
    let state = request.extensions().get::<AppState>().cloned().ok_or(Failure::Internal)?;
    if access == Access::Open {
        return Ok(next.run(request).await);
    }
    let caller = match basic(&request) {
        Some(key) => by_bearer(&state, &key)?,
        None => caller(&state, request.headers())?,
    };
    if matches!(caller.identity, Identity::Session { .. }) && !is_safe(request.method()) {
        require_same_site(request.headers())?;
    }
    if let Access::Scope(scope) = access
        && !caller.scopes.has(scope)
    {
        return Err(Failure::MissingScope(scope));
    }
    let taken = state.rate_limits.take(&caller.identity, Instant::now());
    taken.map_err(|wait| Failure::TooManyRequests { wait })?;
    if matches!(caller.identity, Identity::Learner(_)) {
        state.learner_heard.notify_one();
    }
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Failure> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or(Failure::Credential(CredentialFault::Missing))
    }
}

/// Who sends a request, by its headers.
///
/// Errors: no credential, one that is not valid, or keys that cannot be read.
pub fn caller(state: &AppState, headers: &HeaderMap) -> Result<Caller, CredentialFault> {
    if headers.contains_key(AUTHORIZATION) {
        return by_bearer(state, bearer(headers).ok_or(CredentialFault::Bad)?);
    }
    match session_cookie(headers) {
        Some(cookie) => by_session(state, cookie),
        None => Err(CredentialFault::Missing),
    }
}

/// The API key that a request of the Experience API gives as a password, which its clients know no
/// other way to give. The name before it is that of the key, and says nothing that the key does not.
fn basic(request: &Request) -> Option<String> {
    if !request.uri().path().starts_with("/xapi/") {
        return None;
    }
    let mut values = request.headers().get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else { return None };
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let pair = String::from_utf8(decoded).ok()?;
    let (_, key) = pair.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| key.to_owned())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    // Two headers are two claims, and we would have to choose.
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else { return None };
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn by_bearer(state: &AppState, token: &str) -> Result<Caller, CredentialFault> {
    if !looks_like_key(token) {
        return state.jwt.check(token).inspect_err(|fault| {
            tracing::info!(%fault, "a token was refused");
        });
    }
    let holder = state.keys.check(token)?;
    Ok(Caller { identity: Identity::Key(holder.id), scopes: holder.scopes })
}

/// A session does no more than pages offer, and only while the key that opened it is valid. That of
/// the printed link only reads.
fn by_session(state: &AppState, cookie: &str) -> Result<Caller, CredentialFault> {
    let (key, scopes) = match state.sessions.opener(cookie).ok_or(CredentialFault::Expired)? {
        Opener::LoginLink => (None, Scope::READ.into_iter().collect()),
        Opener::Key(id) => {
            let scopes = state.keys.holder(&id)?.scopes.limited_to(&Scope::PAGES);
            (Some(id), scopes)
        }
    };
    Ok(Caller { identity: Identity::Session { key }, scopes })
}

/// The value of the session's cookie, if the browser sent one.
#[must_use]
pub fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(COOKIE_HEADER).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|text| text.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.trim() == COOKIE).map(|(_, value)| value.trim())
}

/// Refuses a change that another site made a browser send.
///
/// Errors: [`Failure::CrossSite`] unless the browser says that the request comes from our own page.
pub fn require_same_site(headers: &HeaderMap) -> Result<(), Failure> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let same = match (text("sec-fetch-site"), text(ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text(HOST.as_str())
        }
        (None, None) => false,
    };
    if same { Ok(()) } else { Err(Failure::CrossSite) }
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Who asks, in words, for the journal.
pub(super) fn caller_words(caller: &Caller) -> String {
    let words = match &caller.identity {
        Identity::Key(id) => format!("key {id}"),
        Identity::Service(issuer) => format!("service {issuer}"),
        Identity::Learner(learner) => format!("learner {learner}"),
        Identity::Session { key: Some(id) } => format!("key {id}, in a browser"),
        Identity::Session { key: None } => "a browser session".to_owned(),
    };
    shorten(&words).to_owned()
}
