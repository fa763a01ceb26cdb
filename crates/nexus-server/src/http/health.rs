//! `/healthz` and `/readyz`: is the process there, and does it serve.

use super::error::Failure;
use super::openapi::DiskFull;
use super::state::AppState;
use crate::node::{Health, NodeFault};
use axum::Json;
use axum::extract::State;
use nexus_api::live::NodeHealth;
use serde::Serialize;
use utoipa::ToSchema;

/// That all is well.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatusBody {
    /// That it is there, or that it serves.
    status: Status,
}

/// The state of a server that is well.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    /// The process is there.
    Alive,
    /// The server can serve every request.
    Ready,
}

/// Is the process there
#[utoipa::path(get, path = "/healthz", tag = "server",
    responses((status = 200, description = "It is", body = StatusBody)))]
pub(super) async fn healthz() -> Json<StatusBody> {
    Json(StatusBody { status: Status::Alive })
}

/// Does it serve
///
/// 503 or 507 with the reason as `code` when not: `recovering`, `storage_full`, `storage_failed`, `clock_jumped` or `stopping`.
#[utoipa::path(get, path = "/readyz", tag = "server",
    responses((status = 200, description = "It does", body = StatusBody), DiskFull))]
pub(super) async fn readyz(State(state): State<AppState>) -> Result<Json<StatusBody>, Failure> {
    if *state.stopping.borrow() {
        return Err(NodeFault::Stopping.into());
    }
    match state.node.health() {
        Health::Ready => match state.clock.jump_seconds() {
            None => Ok(Json(StatusBody { status: Status::Ready })),
            Some(seconds) => Err(Failure::ClockJumped { seconds }),
        },
        Health::Recovering => Err(Failure::Recovering),
        Health::StorageFull => Err(NodeFault::StorageFull.into()),
        Health::StorageFailed => Err(NodeFault::StorageFailed.into()),
        Health::Stopping => Err(NodeFault::Stopping.into()),
    }
}

/// The state of health on the wire.
pub(super) fn on_the_wire(health: Health) -> NodeHealth {
    match health {
        Health::Ready => NodeHealth::Ready,
        Health::Recovering => NodeHealth::Recovering,
        Health::StorageFull => NodeHealth::StorageFull,
        Health::StorageFailed => NodeHealth::StorageFailed,
        Health::Stopping => NodeHealth::Stopping,
    }
}
