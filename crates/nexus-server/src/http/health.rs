//! `/healthz` and `/readyz`: is the process there, and does it serve.

use super::error::Failure;
use super::state::AppState;
use crate::node::{Health, NodeFault};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// That all is well.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatusBody {
    /// `alive` or `ready`.
    status: &'static str,
}

/// Is the process there
#[utoipa::path(get, path = "/healthz", tag = "server",
    responses((status = 200, description = "It is", body = StatusBody)))]
pub(super) async fn healthz() -> Json<StatusBody> {
    Json(StatusBody { status: "alive" })
}

/// Does it serve
///
/// 503 or 507 with the reason as `code` when not: `recovering`, `storage_full`, `storage_failed`
/// or `stopping`.
#[utoipa::path(get, path = "/readyz", tag = "server",
    responses((status = 200, description = "It does", body = StatusBody)))]
pub(super) async fn readyz(State(state): State<AppState>) -> Result<Json<StatusBody>, Failure> {
    if *state.stopping.borrow() {
        return Err(NodeFault::Stopping.into());
    }
    match state.node.health() {
        Health::Ready => Ok(Json(StatusBody { status: "ready" })),
        Health::Recovering => Err(Failure::Recovering),
        Health::StorageFull => Err(NodeFault::StorageFull.into()),
        Health::StorageFailed => Err(NodeFault::StorageFailed.into()),
        Health::Stopping => Err(NodeFault::Stopping.into()),
    }
}

/// The word for a state of health.
pub(super) fn word(health: Health) -> &'static str {
    match health {
        Health::Ready => "ready",
        Health::Recovering => "recovering",
        Health::StorageFull => "storage_full",
        Health::StorageFailed => "storage_failed",
        Health::Stopping => "stopping",
    }
}
