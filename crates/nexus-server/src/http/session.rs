//! `/v1/session`: who asks, and what they may do.

use super::error::Failure;
use super::guard::caller_words;
use super::state::AppState;
use crate::auth::{Caller, Scope};
use axum::Json;
use axum::extract::State;
use nexus_api::session::SessionAnswer;
use nexus_store::secret::ServerKey;

/// Read who asks
///
/// The caller and its scopes, so that a page offers only what will be done; and which data are asked, so that
/// a program that brings history knows them again.
#[utoipa::path(get, path = "/v1/session", tag = "server",
    responses((status = 200, description = "The caller", body = SessionAnswer)))]
pub(super) async fn get_session(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<SessionAnswer>, Failure> {
    let scopes = Scope::ALL.into_iter().filter(|scope| caller.scopes.has(*scope));
    let key = ServerKey::open(&state.node.directory()).map_err(|fault| {
        tracing::error!(%fault, "the server key cannot be read");
        Failure::Internal
    })?;
    Ok(Json(SessionAnswer {
        by: caller_words(&caller),
        scopes: scopes.map(|scope| scope.word().to_owned()).collect(),
        data: key.data_id(),
        head: state.look(|reader| reader.state().head).await?,
    }))
}
