//! `/v1/experiments`: their whole life, and what they say.

use super::body::{JsonBody, Params, PathId};
use super::error::Failure;
use super::guard::caller_words;
use super::openapi::{Conflict, Erased, Unknown};
use super::state::AppState;
use crate::auth::Caller;
use crate::node::Reader;
use axum::Json;
use axum::extract::State;
use nexus_api::assignment::{AssignmentAnswer, AssignmentQuery};
use nexus_api::experiments::{
    ArchiveRequest, ConclusionRequest, ExperimentBody, ExperimentChangeReceipt, ExperimentList,
    ExperimentReceipt, ExperimentResults, ExperimentStatus, ExperimentSummary, ShareRequest,
    StopRequest,
};
use nexus_api::field;
use nexus_api::history::{HistoryAnswer, HistoryQuery};
use nexus_api::text;
use nexus_engine::experiment::analysis::Metric;
use nexus_engine::experiment::life::ExperimentChanged;
use nexus_engine::experiment::tally::ExperimentState;
use nexus_engine::ids::ExperimentId;
use nexus_engine::workspace::{LearnerState, Refusal};

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

/// Read which side a learner is on
///
/// Also before their first decision, and of a learner whom Nexus does not know yet. It records nothing
/// and moves nobody: a site that has to prepare a side may ask, and only who was shown something is
/// counted.
#[utoipa::path(get, path = "/v1/experiments/{id}/assignment", tag = "experiments",
    params(("id" = inline(text::ExperimentId), Path, description = "The experiment"), AssignmentQuery),
    responses((status = 200, description = "How the learner stands", body = AssignmentAnswer), Erased))]
pub(super) async fn get_assignment(
    State(state): State<AppState>,
    PathId(id): PathId,
    Params(AssignmentQuery { learner }): Params<AssignmentQuery>,
) -> Result<Json<AssignmentAnswer>, Failure> {
    let experiment = experiment_id(&id)?;
    let learner = field::learner_id(&learner, "/learner")?;
    let share = state.node.holdout_share();
    let asked = learner.clone();
    let look = move |reader: &mut dyn Reader| {
        if reader.is_erased(&asked) {
            return Err(Refusal::LearnerErased);
        }
        let known = reader.learner(&asked).unwrap_or_else(|| LearnerState::new(asked.clone()));
        reader.state().assignment_of(&experiment, &known, share)
    };
    let outlook = state.look(look).await?.map_err(Failure::Refused)?;
    Ok(Json(AssignmentAnswer::new(id, &learner, outlook)))
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
        let has_check = shared.has_check(&experiment.definition.course);
        Some(ExperimentResults::new(experiment, has_check, shared.head))
    };
    let found = state.look(look).await?;
    found.map(Json).ok_or(Failure::Refused(Refusal::UnknownExperiment { experiment: id }))
}

/// Read an experiment over time
///
/// One metric at up to 64 moments in the past and now: how many learners, the mean of each variant,
/// and the difference of each treatment from the control with its interval. The server keeps it, so
/// it does not depend on who looked when.
#[utoipa::path(get, path = "/v1/experiments/{id}/history", tag = "experiments",
    params(("id" = inline(text::ExperimentId), Path, description = "The experiment"), HistoryQuery),
    responses((status = 200, description = "The metric over time", body = HistoryAnswer)))]
pub(super) async fn get_experiment_history(
    State(state): State<AppState>,
    PathId(id): PathId,
    Params(query): Params<HistoryQuery>,
) -> Result<Json<HistoryAnswer>, Failure> {
    let wanted = experiment_id(&id)?;
    let named = query.metric.as_deref().map(|word| {
        let unknown = || Failure::Query(format!("metric: no metric {:?}", shortened(word)));
        Metric::from_word(word).ok_or_else(unknown)
    });
    let named = named.transpose()?;
    let look = move |reader: &mut dyn Reader| {
        let now = reader.now();
        let shared = reader.state();
        let experiment = shared.experiments.get(&wanted)?.clone();
        let has_check = shared.has_check(&experiment.definition.course);
        Some((experiment, has_check, now, shared.head))
    };
    let Some((experiment, has_check, now, head)) = state.look(look).await? else {
        return Err(Failure::Refused(Refusal::UnknownExperiment { experiment: id }));
    };
    let primary = if has_check { Metric::ClosingCheck } else { Metric::ProbeSuccess };
    let metric = named.unwrap_or(primary);
    Ok(Json(HistoryAnswer::new(&experiment, metric, has_check, (now, head))))
}

/// Change the share of learners that an experiment takes in
///
/// From 0 to 1: 0 pauses it, a small share begins carefully. Who was shown something of it stays in
/// their variant and is counted, whatever the share; a share that grows moves no learner. Learners who are
/// outside get what decides when no experiment runs.
#[utoipa::path(post, path = "/v1/experiments/{id}/share", tag = "experiments",
    params(("id" = inline(text::ExperimentId), Path, description = "The experiment")),
    request_body = ShareRequest,
    responses((status = 200, description = "It stands as asked", body = ExperimentChangeReceipt), Conflict))]
pub(super) async fn set_experiment_share(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    JsonBody { value, .. }: JsonBody<ShareRequest>,
) -> Result<Json<ExperimentChangeReceipt>, Failure> {
    let changed = value.read(experiment_id(&id)?, caller_words(&caller))?;
    change(&state, id, changed).await
}

/// Say what an experiment came to
///
/// After it was stopped. It may be said again when it was wrong; the journal keeps both. It promotes
/// nothing: `POST /v1/policies/{policy}/promote` does.
#[utoipa::path(post, path = "/v1/experiments/{id}/conclude", tag = "experiments",
    params(("id" = inline(text::ExperimentId), Path, description = "The experiment")),
    request_body = ConclusionRequest,
    responses((status = 200, description = "It stands as asked", body = ExperimentChangeReceipt), Conflict))]
pub(super) async fn conclude_experiment(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    JsonBody { value, .. }: JsonBody<ConclusionRequest>,
) -> Result<Json<ExperimentChangeReceipt>, Failure> {
    let changed = value.read(experiment_id(&id)?, caller_words(&caller))?;
    change(&state, id, changed).await
}

/// Put an experiment away
///
/// After it was stopped. It stays readable.
#[utoipa::path(post, path = "/v1/experiments/{id}/archive", tag = "experiments",
    params(("id" = inline(text::ExperimentId), Path, description = "The experiment")),
    request_body = ArchiveRequest,
    responses((status = 200, description = "It stands as asked", body = ExperimentChangeReceipt), Conflict))]
pub(super) async fn archive_experiment(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    JsonBody { value, .. }: JsonBody<ArchiveRequest>,
) -> Result<Json<ExperimentChangeReceipt>, Failure> {
    let changed = value.read(experiment_id(&id)?, caller_words(&caller))?;
    change(&state, id, changed).await
}

async fn change(
    state: &AppState,
    id: String,
    changed: ExperimentChanged,
) -> Result<Json<ExperimentChangeReceipt>, Failure> {
    let seq = state.ask(state.node.change_experiment(changed)).await?;
    let status = ExperimentStatus::from(&find(state, id.clone()).await?);
    Ok(Json(ExperimentChangeReceipt { experiment: id, status, duplicate: seq.is_none(), seq }))
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
    let look = move |reader: &mut dyn Reader| {
        reader.state().experiments.get(&wanted).map(ExperimentState::without_history)
    };
    let found = state.look(look).await?;
    found.ok_or(Failure::Refused(Refusal::UnknownExperiment { experiment: id }))
}
