//! `/v1/tracing`: the parameters that predictions are made with, and training them anew.

use super::body::{JsonBody, OptionalJson, PathId};
use super::error::Failure;
use super::guard::caller_words;
use super::openapi::{Conflict, NotPossible};
use super::state::AppState;
use crate::auth::Caller;
use crate::node::Reader;
use crate::training::board::Job;
use crate::training::{TrainingAsk, TrainingOutcome};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use nexus_api::field::shorten;
use nexus_api::time;
use nexus_api::tracing::{
    TracingReceipt, TracingState, TracingVersionSummary, TrainingJob, TrainingNumbers,
    TrainingRefused, TrainingRequest, TrainingStatus,
};
use nexus_engine::workspace::Refusal;

/// Read which parameters serve
///
/// The version that serves, the latest published ones with the fit behind each, and the training
/// that runs, or else the last one of this process.
#[utoipa::path(get, path = "/v1/tracing", tag = "tracing",
    responses((status = 200, description = "The parameters that serve", body = TracingState)))]
pub(super) async fn get_tracing(
    State(state): State<AppState>,
) -> Result<Json<TracingState>, Failure> {
    let look = |reader: &mut dyn Reader| {
        let shared = reader.state();
        let versions = shared.tracing_versions.iter().rev().map(|published| {
            TracingVersionSummary::new(&published.lineage, published.seq, published.at)
        });
        TracingState {
            version: shared.tracing_version(),
            questions: shared.tracing.questions.len() as u64,
            skills: shared.tracing.skills.len() as u64,
            versions: versions.collect(),
            job: None,
        }
    };
    // The job first: one that has ended shows its version below.
    let job = state.training.last().map(|job| job_body(&job));
    Ok(Json(TracingState { job, ..state.look(look).await? }))
}

/// Train a new version
///
/// Reads the journal and fits in the background, while serving goes on. The fit is published as the
/// next version, at once for all, if learners who took no part are predicted better; else the job
/// says why not. One training runs at a time (409 `training_running`).
#[utoipa::path(post, path = "/v1/tracing/versions", tag = "tracing",
    request_body = Option<TrainingRequest>,
    responses((status = 202, description = "It has begun; follow GET /v1/tracing",
        body = TrainingJob), Conflict))]
pub(super) async fn post_tracing_version(
    State(state): State<AppState>,
    caller: Caller,
    OptionalJson(JsonBody { value, .. }): OptionalJson<TrainingRequest>,
) -> Result<(StatusCode, Json<TrainingJob>), Failure> {
    let ask = TrainingAsk {
        options: value.options()?,
        answers_max: value.answers_max()?,
        dry_run: value.dry_run,
        asked_by: caller_words(&caller),
    };
    let started = state.training.start(state.node.clone(), ask, state.clock.clone());
    let job = started.map_err(|running| Failure::TrainingRunning { job: running.number })?;
    Ok((StatusCode::ACCEPTED, Json(job_body(&job))))
}

/// Publish an older version again
///
/// Its parameters become the next version. Questions that it did not know keep what serving has learned since.
#[utoipa::path(post, path = "/v1/tracing/versions/{id}/restore", tag = "tracing",
    params(("id" = u32, Path, minimum = 1, description = "The version to publish again, from 1")),
    responses((status = 200, description = "It serves, durably", body = TracingReceipt), Conflict, NotPossible))]
pub(super) async fn post_restore(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<Json<TracingReceipt>, Failure> {
    let unknown = Refusal::UnknownTracingVersion { version: shorten(&id).to_owned() };
    let version = id.parse().map_err(|_| Failure::Refused(unknown))?;
    let restored = state.ask(state.node.restore_tracing(version, caller_words(&caller))).await?;
    Ok(Json(TracingReceipt { version: restored.version, seq: restored.seq }))
}

fn job_body(job: &Job) -> TrainingJob {
    let ended = job.ended();
    let (entries_read, entries) = job.progress.entries();
    let running = TrainingJob {
        job: job.number,
        status: TrainingStatus::Running,
        stage: ended.is_none().then(|| job.progress.stage()),
        entries_read,
        entries,
        asked_by: job.ask.asked_by.clone(),
        dry_run: job.ask.dry_run,
        started_at: time::print(job.started_at),
        finished_at: ended.as_ref().map(|(at, _)| time::print(*at)),
        version: None,
        seq: None,
        report: None,
        refusal: None,
    };
    let Some((_, outcome)) = ended else { return running };
    let status = match &outcome {
        TrainingOutcome::Published { .. } => TrainingStatus::Published,
        TrainingOutcome::Fitted { .. } => TrainingStatus::Fitted,
        TrainingOutcome::Refused { .. } => TrainingStatus::Refused,
        TrainingOutcome::Failed { .. } => TrainingStatus::Failed,
    };
    let ended = TrainingJob { status, ..running };
    match outcome {
        TrainingOutcome::Published { version, seq, run } => TrainingJob {
            version: Some(version),
            seq: Some(seq),
            report: Some(TrainingNumbers::from(&run)),
            ..ended
        },
        TrainingOutcome::Fitted { run } => {
            TrainingJob { report: Some(TrainingNumbers::from(&run)), ..ended }
        }
        TrainingOutcome::Refused { code, detail } => TrainingJob {
            refusal: Some(TrainingRefused { code: code.to_owned(), detail }),
            ..ended
        },
        TrainingOutcome::Failed { detail } => {
            let refusal = TrainingRefused { code: "failed".to_owned(), detail };
            TrainingJob { refusal: Some(refusal), ..ended }
        }
    }
}
