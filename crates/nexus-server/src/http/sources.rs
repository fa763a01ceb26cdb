//! `/v1/sources`: what the server reads by itself, and batches from programs that read for it.

use super::body::{JsonText, PathId};
use super::error::Failure;
use super::state::AppState;
use crate::auth::{Caller, Scope};
use crate::sinks::sink_of;
use crate::sources::delivery::EventBatchOf;
use axum::Json;
use axum::extract::State;
use nexus_api::events;
use nexus_api::field;
use nexus_api::objects::Objects;
use nexus_api::sources::{
    self, BatchReceipt, RECORDS_MAX, RawBatch, RecordBatch, SourceList, SourceReport,
};

/// Read the sources
///
/// What each source does, what became of its records, and how far it has come.
#[utoipa::path(get, path = "/v1/sources", tag = "sources",
    responses((status = 200, description = "Every source", body = SourceList)))]
pub(super) async fn get_sources(
    State(state): State<AppState>,
) -> Result<Json<SourceList>, Failure> {
    reports(&state).await.map(|sources| Json(SourceList { sources }))
}

/// Every source with its counts.
pub(super) async fn reports(state: &AppState) -> Result<Vec<SourceReport>, Failure> {
    let mut places = state.ask(state.node.source_positions()).await?;
    places.retain(|name, _| sink_of(name).is_none());
    Ok(state.source_board.reports(places))
}

/// Record a batch of a source
///
/// For a program that reads a source for this server, like `nexus source run`. The events and the
/// position `next` are durable together, or neither is: read on from `position`, also after a crash.
/// Records behind the position were taken before and have no effect. A rejected record holds the
/// position back until it is put aside and an empty batch with the same `next` is sent. Needs
/// `grades:write` besides, because sources speak for every learner.
#[utoipa::path(post, path = "/v1/sources/{id}/batches", tag = "sources", request_body = RecordBatch,
    params(("id" = String, Path, description = "The name of the source")),
    responses((status = 200, description = "How far the source has come", body = BatchReceipt)))]
pub(super) async fn post_batch(
    State(state): State<AppState>,
    caller: Caller,
    PathId(source): PathId,
    JsonText(text): JsonText,
) -> Result<Json<BatchReceipt>, Failure> {
    if !caller.scopes.has(Scope::GradesWrite) {
        return Err(Failure::MissingScope(Scope::GradesWrite));
    }
    sources::name(&source, "")?;
    if sink_of(&source).is_some() {
        let detail = format!("{source:?} is the name of a sink, and no source's");
        return Err(Failure::field("", "invalid_id", &detail));
    }
    let mut reader = serde_json::Deserializer::from_str(&text);
    let batch: RawBatch = serde_path_to_error::deserialize(Objects(&mut reader))
        .map_err(|error| field::shape_problem(&error))?;
    if batch.records.len() > RECORDS_MAX {
        return Err(Failure::BatchTooLarge { max: RECORDS_MAX, n: batch.records.len() });
    }
    batch.check()?;
    let read =
        batch.records.iter().map(|record| (record.position, events::read_raw(&record.event)));
    let read: Vec<_> = read.collect();
    let mut learners = read.iter().filter_map(|(_, event)| event.as_ref().ok());
    if learners.any(|event| !caller.may_act_for(&event.proposal.learner)) {
        return Err(Failure::ForeignLearner);
    }
    let status = state.source_board.of(&source);
    let batch = EventBatchOf {
        source: &source,
        partition: &batch.partition,
        next: batch.next,
        events: read,
        put_aside: batch.put_aside.into(),
    };
    state.ask(batch.take(&state.node, &status)).await.map(Json)
}
