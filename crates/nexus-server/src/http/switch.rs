//! `/v1/switch`: the kill switch.

use super::body::JsonBody;
use super::error::Failure;
use super::guard::caller_words;
use super::openapi::Unknown;
use super::state::AppState;
use crate::auth::Caller;
use axum::Json;
use axum::extract::State;
use nexus_api::switch::{SwitchReceipt, SwitchRequest, SwitchState, ThrownSwitch};

/// Read the kill switch
///
/// Which kill switches are on, by whom, when and why.
#[utoipa::path(get, path = "/v1/switch", tag = "switch",
    responses((status = 200, description = "Those that are on", body = SwitchState)))]
pub(super) async fn get_switch(
    State(state): State<AppState>,
) -> Result<Json<SwitchState>, Failure> {
    let switches = state.look(|reader| ThrownSwitch::all(reader.state())).await?;
    Ok(Json(SwitchState { switches }))
}

/// Turn the kill switch on or off
///
/// While it is on, every new decision of the course, or of all courses, serves the course's own
/// path with `fallback: "kill_switch"` and teaches no policy. It holds from the next decision on,
/// and until it is released, restarts included. The same may be sent again safely.
#[utoipa::path(post, path = "/v1/switch", tag = "switch", request_body = SwitchRequest,
    responses((status = 200, description = "It stands as asked, durably", body = SwitchReceipt), Unknown))]
pub(super) async fn post_switch(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody { value, .. }: JsonBody<SwitchRequest>,
) -> Result<Json<SwitchReceipt>, Failure> {
    let turned = state.ask(state.node.turn_kill_switch(value.read(caller_words(&caller))?)).await?;
    let thrown = turned.thrown.iter();
    Ok(Json(SwitchReceipt {
        duplicate: turned.seq.is_none(),
        seq: turned.seq,
        switches: thrown.map(|(course, it)| ThrownSwitch::new(course.as_ref(), it)).collect(),
    }))
}
