//! `/v1/learners/{id}/consent`: consent to exploration.

use super::body::{JsonBody, PathId};
use super::error::Failure;
use super::guard::caller_words;
use super::learners::own_learner;
use super::openapi::Erased;
use super::state::AppState;
use crate::auth::Caller;
use axum::Json;
use axum::extract::State;
use nexus_api::consent::{ConsentReceipt, ConsentRequest};
use nexus_api::text;

/// Give or withdraw consent to exploration
///
/// It holds from the learner's next decision on, in all courses. Without it the learner is shown
/// what the policy thinks best, with propensity 1 and `exploration.withheld: "no_consent"`. What
/// holds for learners of whom nothing was said is `exploration_consent` in the configuration. A
/// learner's token may speak for that learner only. The same may be sent again safely.
#[utoipa::path(put, path = "/v1/learners/{id}/consent", tag = "learners",
    params(("id" = inline(text::LearnerId), Path, description = "The learner")), request_body = ConsentRequest,
    responses((status = 200, description = "It stands as asked, durably", body = ConsentReceipt), Erased))]
pub(super) async fn put_consent(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    JsonBody { value, .. }: JsonBody<ConsentRequest>,
) -> Result<Json<ConsentReceipt>, Failure> {
    let learner = own_learner(&caller, &id)?;
    let exploration = value.exploration;
    let changed = value.read(learner, caller_words(&caller))?;
    let said = state.ask(state.node.change_consent(changed)).await?;
    let (duplicate, seq) = (said.duplicate, said.seq);
    Ok(Json(ConsentReceipt { learner: id, exploration, duplicate, seq }))
}
