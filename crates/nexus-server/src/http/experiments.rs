//! `/v1/experiments`: starting, stopping, and what they say.

use super::body::{JsonBody, PathId};
use super::error::Failure;
use super::openapi::{Conflict, Unknown};
use super::state::AppState;
use crate::node::Reader;
use axum::Json;
use axum::extract::State;
use nexus_api::experiments::{
    ExperimentBody, ExperimentList, ExperimentReceipt, ExperimentResults, ExperimentSummary,
    StopRequest,
};
use nexus_api::field;
use nexus_api::text;
use nexus_engine::experiment::tally::ExperimentState;
use nexus_engine::ids::ExperimentId;
use nexus_engine::workspace::Refusal;

/// List the experiments
#[utoipa::path(get, path = "/v1/experiments", tag = "experiments",
    responses((status = 200, description = "The experiments", body = ExperimentList)))]
pub(super) async fn get_experiments(
    State(state): State<AppState>,
) -> Result<Json<ExperimentList>, Failure> {
    let look = |reader: &mut dyn Reader| {
        reader.state().experiments.values().map(ExperimentSummary::from).collect()
    };
    Ok(Json(ExperimentList { experiments: state.look(look).await? }))
}

/// Start an experiment
///
/// One runs in a course at a time. The same definition may be sent again safely while it runs; once
/// stopped, an experiment goes on only as its next version (else 409 `experiment_stopped`). Sides
/// without any `weight` have equal shares.
#[utoipa::path(post, path = "/v1/experiments", tag = "experiments", request_body = ExperimentBody,
    responses((status = 200, description = "It runs", body = ExperimentReceipt), Unknown, Conflict))]
pub(super) async fn post_experiment(
    State(state): State<AppState>,
    JsonBody { value, .. }: JsonBody<ExperimentBody>,
) -> Result<Json<ExperimentReceipt>, Failure> {
    let definition = value.read()?;
    let started = state.ask(state.node.start(definition)).await?;
    let (seq, duplicate) = (started.seq, started.duplicate);
    Ok(Json(ExperimentReceipt { experiment: value.id, seq, duplicate }))
}

/// Read an experiment
#[utoipa::path(get, path = "/v1/experiments/{id}", tag = "experiments",
    params(("id" = inline(text::ExperimentId), Path, description = "The experiment")),
    responses((status = 200, description = "The experiment", body = ExperimentSummary)))]
pub(super) async fn get_experiment(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<ExperimentSummary>, Failure> {
    let experiment = find(&state, id).await?;
    Ok(Json(ExperimentSummary::from(&experiment)))
}

/// Stop an experiment
#[utoipa::path(post, path = "/v1/experiments/{id}/stop", tag = "experiments",
    params(("id" = inline(text::ExperimentId), Path, description = "The experiment")), request_body = StopRequest,
    responses((status = 200, description = "It has ended", body = ExperimentReceipt), Conflict))]
pub(super) async fn stop_experiment(
    State(state): State<AppState>,
    PathId(id): PathId,
    JsonBody { value: StopRequest { reason }, .. }: JsonBody<StopRequest>,
) -> Result<Json<ExperimentReceipt>, Failure> {
    let reason = field::reason(reason)?;
    let experiment = experiment_id(&id)?;
    let stopped = state.ask(state.node.stop(experiment, reason)).await?;
    let (seq, duplicate) = (stopped.seq, stopped.duplicate);
    Ok(Json(ExperimentReceipt { experiment: id, seq, duplicate }))
}

/// Read what an experiment says
///
/// Intervals hold at every look, so looking often costs nothing.
#[utoipa::path(get, path = "/v1/experiments/{id}/results", tag = "experiments",
    params(("id" = inline(text::ExperimentId), Path, description = "The experiment")),
    responses((status = 200, description = "Effects with intervals", body = ExperimentResults)))]
pub(super) async fn get_experiment_results(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<ExperimentResults>, Failure> {
    let wanted = experiment_id(&id)?;
    let look = move |reader: &mut dyn Reader| {
        let shared = reader.state();
        let experiment = shared.experiments.get(&wanted)?;
        Some(ExperimentResults::new(experiment, shared.has_check(&experiment.definition.course)))
    };
    let found = state.look(look).await?;
    found.map(Json).ok_or(Failure::Refused(Refusal::UnknownExperiment { experiment: id }))
}

fn experiment_id(id: &str) -> Result<ExperimentId, Failure> {
    let unknown = |_| Failure::Refused(Refusal::UnknownExperiment { experiment: shortened(id) });
    ExperimentId::new(id).map_err(unknown)
}

fn shortened(id: &str) -> String {
    nexus_api::field::shorten(id).to_owned()
}

async fn find(state: &AppState, id: String) -> Result<ExperimentState, Failure> {
    let wanted = experiment_id(&id)?;
    let look = move |reader: &mut dyn Reader| reader.state().experiments.get(&wanted).cloned();
    let found = state.look(look).await?;
    found.ok_or(Failure::Refused(Refusal::UnknownExperiment { experiment: id }))
}
