//! `/v1/keys`: everything about API keys but the keys themselves, and revoking one.

use super::body::{JsonBody, PathId};
use super::error::Failure;
use super::openapi::Conflict;
use super::state::AppState;
use crate::auth::{Caller, CredentialFault, Identity};
use crate::clock::Clock;
use axum::Json;
use axum::extract::State;
use nexus_api::keys::{KeyList, KeyRevocation, KeyState, KeySummary};
use nexus_api::time;
use nexus_engine::time::{DAY_MICROS, Timestamp};
use nexus_store::keys::KeyRecord;

/// List the API keys
///
/// What each may do, when it expires, and when it was last used. The keys themselves are not kept.
#[utoipa::path(get, path = "/v1/keys", tag = "server",
    responses((status = 200, description = "Every key", body = KeyList)))]
pub(super) async fn get_keys(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<KeyList>, Failure> {
    let keys = all(&state)?;
    Ok(Json(KeyList { keys: keys.iter().map(|key| summary(key, &caller)).collect() }))
}

/// Revoke an API key
///
/// It is refused from the next request on, for good, with every session that it opened. `name` is
/// the name of the key, so that nobody revokes the wrong one. A key does not revoke itself
/// (409 `own_key`). The same may be sent again safely.
#[utoipa::path(post, path = "/v1/keys/{id}/revoke", tag = "server", request_body = KeyRevocation,
    params(("id" = String, Path, description = "The id of the key")),
    responses((status = 200, description = "It is revoked", body = KeySummary), Conflict))]
pub(super) async fn revoke_key(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    JsonBody { value, .. }: JsonBody<KeyRevocation>,
) -> Result<Json<KeySummary>, Failure> {
    const UNKNOWN: Failure = Failure::NotFound { what: "key" };
    let found = all(&state)?.into_iter().find(|key| key.id == id).ok_or(UNKNOWN)?;
    if own(&caller) == Some(&id) {
        return Err(Failure::OwnKey);
    }
    if found.name != value.name {
        let detail = format!("the key {id} has another name");
        return Err(Failure::field("/name", "other_key", &detail));
    }
    state.keys.revoke(&id)?;
    tracing::info!(key = id, by = super::guard::caller_words(&caller), "a key was revoked");
    let revoked = all(&state)?.into_iter().find(|key| key.id == id).ok_or(UNKNOWN)?;
    Ok(Json(summary(&revoked, &caller)))
}

fn all(state: &AppState) -> Result<Vec<KeyRecord>, CredentialFault> {
    state.keys.records()
}

/// The id of the key that asks, itself or by its session.
fn own(caller: &Caller) -> Option<&String> {
    match &caller.identity {
        Identity::Key(id) => Some(id),
        Identity::Session { key } => key.as_ref(),
        Identity::Service(_) | Identity::Learner(_) => None,
    }
}

fn summary(key: &KeyRecord, caller: &Caller) -> KeySummary {
    // Keys live in the machine's time.
    let now = Clock::system().now();
    let state = match (key.revoked_at, key.expires_at) {
        (Some(_), _) => KeyState::Revoked,
        (None, Some(at)) if at <= now => KeyState::Expired,
        _ => KeyState::Valid,
    };
    KeySummary {
        id: key.id.clone(),
        name: key.name.clone(),
        last_four: key.last_four.clone(),
        scopes: key.scopes.clone(),
        created_at: time::print(key.created_at),
        expires_at: key.expires_at.map(time::print),
        revoked_at: key.revoked_at.map(time::print),
        last_used_on: key
            .last_used_day
            .map(|day| time::print(Timestamp(day.saturating_mul(DAY_MICROS)))),
        state,
        own: own(caller) == Some(&key.id),
    }
}
