//! `GET /v1/sinks`: what the server sends on by itself.

use super::error::Failure;
use super::state::AppState;
use crate::sinks::sink_of;
use axum::Json;
use axum::extract::State;
use nexus_api::sinks::{SinkList, SinkReport};

/// Read the sinks
///
/// What each sink does, what became of its entries, and how far it has come.
#[utoipa::path(get, path = "/v1/sinks", tag = "sources",
    responses((status = 200, description = "Every sink", body = SinkList)))]
pub(super) async fn get_sinks(State(state): State<AppState>) -> Result<Json<SinkList>, Failure> {
    reports(&state).await.map(|sinks| Json(SinkList { sinks }))
}

/// Every sink with its counts.
pub(super) async fn reports(state: &AppState) -> Result<Vec<SinkReport>, Failure> {
    let places = state.ask(state.node.source_positions()).await?;
    let head = state.look(|reader| reader.state().head).await?;
    let own = places.into_iter().filter_map(|(name, partitions)| {
        let position = partitions.into_values().next()?;
        Some((sink_of(&name)?.to_owned(), position))
    });
    Ok(state.sink_board.reports(&own.collect(), head))
}
