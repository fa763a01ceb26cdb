//! `DELETE /v1/learners/{id}`: erasing a learner.

use super::body::{JsonBody, PathId};
use super::error::Failure;
use super::guard::caller_words;
use super::learners::UNKNOWN;
use super::openapi::Erased;
use super::state::AppState;
use crate::auth::Caller;
use crate::node::EraseAsk;
use axum::Json;
use axum::extract::State;
use nexus_api::erasure::{EraseReceipt, EraseRequest};
use nexus_api::text;
use nexus_engine::ids::LearnerId;

/// How long an erasure is waited for: less than any request may take.
const ERASE_SECONDS_MAX: u64 = 40;

/// Erase a learner
///
/// It cannot be undone. Their state, snapshot, history and constraints are gone; decisions that
/// wait are closed as `erased`; their entries in the journal are rewritten under a random name,
/// without words, responses and ids, so that what policies learned can still be computed again; and
/// the files are written anew, so that no byte of them is left. From then on everything under this
/// id is 410 `learner_erased`, and what still arrives for it is refused and counted. What remains,
/// and what a backup means, is in `docs/how-to/erase-a-learner.md`. Everybody else waits while the
/// files are written; when this takes longer than the answer may, the same request may be sent
/// again safely. The reason must not say who.
#[utoipa::path(delete, path = "/v1/learners/{id}", tag = "learners",
    params(("id" = inline(text::LearnerId), Path, description = "The learner")), request_body = EraseRequest,
    responses((status = 200, description = "They are erased, durably", body = EraseReceipt), Erased))]
pub(super) async fn delete_learner(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    JsonBody { value, .. }: JsonBody<EraseRequest>,
) -> Result<Json<EraseReceipt>, Failure> {
    let learner = LearnerId::new(&id).map_err(|_| UNKNOWN)?;
    let (reason, by) = value.read(&caller_words(&caller))?;
    let ask = EraseAsk { learner, reason, by };
    let erased = state.ask_within(ERASE_SECONDS_MAX, state.node.erase(ask)).await?;
    Ok(Json(EraseReceipt {
        seq: erased.seq,
        duplicate: erased.entries.is_none(),
        redacted_entries: erased.entries,
        bytes_gone: erased.bytes_gone,
    }))
}
