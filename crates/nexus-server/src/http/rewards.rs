//! `/v1/decisions/{id}/rewards`: what the learning site itself knows of how a decision turned out.

use super::body::{JsonBody, PathId};
use super::decisions::{UNKNOWN, require_own, require_several};
use super::error::Failure;
use super::openapi::{Conflict, Erased};
use super::state::AppState;
use crate::auth::{Caller, Identity};
use crate::node::{Receipt, ReportAsk};
use axum::Json;
use axum::extract::State;
use nexus_api::decisions::{RewardBatch, RewardReport, RewardReportAnswer};
use nexus_api::events::{EventReceipt, EventReceipts, UnreadEvent};
use nexus_api::{canonical, text};
use nexus_engine::ids::DecisionId;

/// Report a component of a decision's reward
///
/// For what only the learning site knows: a teacher's mark, a survey, a sale. The course declares
/// which components there are, what a value may be and until when one counts (`reward.components`
/// in its file); Nexus joins them with what it measures itself. The same `id` and body may be sent
/// again; what comes after its window, or when the decision no longer waits, is kept, marked `late`
/// and never learned from. It takes the scope `grades:write`, which a learner's token has only
/// when the configuration gives it; then it reports for own decisions only, with ids made as
/// `<learner>:` and then a part without `:`.
#[utoipa::path(post, path = "/v1/decisions/{id}/rewards", tag = "learning",
    params(("id" = inline(text::DecisionId), Path, description = "The decision")),
    request_body = RewardReport,
    responses((status = 200, description = "It is durable", body = RewardReportAnswer), Conflict, Erased))]
pub(super) async fn post_reward(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    body: Result<JsonBody<RewardReport>, Failure>,
) -> Result<Json<RewardReportAnswer>, Failure> {
    let answer = match body {
        Ok(JsonBody { value, hash }) => report(&state, &caller, id, &value, hash).await,
        Err(failure) => Err(failure),
    };
    // Every body from an authorized caller is counted, also one that could not be read.
    state.metrics.reported(answer.as_ref().ok().map(|answer| answer.duplicate));
    answer.map(Json)
}

/// Report components of several decisions' rewards
///
/// Each report is taken as if it were sent alone to `/v1/decisions/{id}/rewards`, in the order in
/// which they came, with a receipt each; one that is rejected spoils no other. Retries are safe report
/// by report, also if some were sent alone before.
#[utoipa::path(post, path = "/v1/reward-batches", tag = "learning", request_body = RewardBatch,
    responses((status = 200, description = "What became of each report", body = EventReceipts)))]
pub(super) async fn post_reward_batch(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody { value: RewardBatch { rewards }, .. }: JsonBody<RewardBatch>,
) -> Result<Json<EventReceipts>, Failure> {
    require_several(rewards.len(), "/rewards")?;
    let mut receipts = Vec::with_capacity(rewards.len());
    for reward in rewards {
        let body = reward.report();
        // What the body of a single report would hash to.
        let hash = serde_json::to_value(&body).map(|value| canonical::hash(&value));
        let hash = hash.map_err(|_| Failure::Internal)?;
        let answer = report(&state, &caller, reward.decision_id, &body, hash).await;
        state.metrics.reported(answer.as_ref().ok().map(|answer| answer.duplicate));
        receipts.push(match answer {
            Ok(RewardReportAnswer { seq, duplicate: true, .. }) => {
                EventReceipt::duplicate(&body.id, seq)
            }
            Ok(RewardReportAnswer { seq, late, .. }) => {
                EventReceipt::accepted(&body.id, seq, late == Some(true))
            }
            Err(failure) => EventReceipt::unread(&UnreadEvent {
                id: Some(body.id.clone()),
                problem: failure.in_short(),
            }),
        });
    }
    Ok(Json(receipts.into_iter().collect()))
}

async fn report(
    state: &AppState,
    caller: &Caller,
    decision_id: String,
    body: &RewardReport,
    hash: [u8; 16],
) -> Result<RewardReportAnswer, Failure> {
    let (id, report) = body.read()?;
    let decision = DecisionId::new(&decision_id).map_err(|_| UNKNOWN)?;
    if let Identity::Learner(own) = &caller.identity {
        require_own(state, &decision, own).await?;
    }
    if !caller.may_make_id(id.as_str()) {
        return Err(Failure::ForeignId);
    }
    let hash = hash_for(&decision, hash);
    let ask = ReportAsk { id, hash, decision, report };
    let (seq, duplicate, late) = match state.ask(state.node.report(ask)).await? {
        Receipt::Accepted { seq, late, .. } => (seq, false, Some(late)),
        // Whether it was late was said when it was accepted.
        Receipt::Duplicate { seq, .. } => (seq, true, None),
        Receipt::Conflict => return Err(Failure::Conflict(body.id.clone())),
        Receipt::Refused(refusal) => return Err(Failure::Refused(refusal)),
    };
    Ok(RewardReportAnswer { id: body.id.clone(), decision_id, seq, duplicate, late })
}

/// The decision stands in the path, so the same id and body of another decision is a conflict.
fn hash_for(decision: &DecisionId, body: [u8; 16]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&body).update(decision.as_str().as_bytes());
    let mut hash = [0; 16];
    hash.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    hash
}
