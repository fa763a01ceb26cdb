//! `/v1/session`: who asks, and what they may do.

use super::guard::caller_words;
use crate::auth::{Caller, Scope};
use axum::Json;
use nexus_api::session::SessionAnswer;

/// Read who asks
///
/// The caller and its scopes, so that a page offers only what will be done.
#[utoipa::path(get, path = "/v1/session", tag = "server",
    responses((status = 200, description = "The caller", body = SessionAnswer)))]
pub(super) async fn get_session(caller: Caller) -> Json<SessionAnswer> {
    let scopes = Scope::ALL.into_iter().filter(|scope| caller.scopes.has(*scope));
    Json(SessionAnswer {
        by: caller_words(&caller),
        scopes: scopes.map(|scope| scope.word().to_owned()).collect(),
    })
}
