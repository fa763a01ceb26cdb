//! `/v1/policies`: which policy decides in a course, in which mode, and the versions of its
//! statistics.

use super::body::{JsonBody, Params, PathId};
use super::error::Failure;
use super::guard::caller_words;
use super::openapi::{Conflict, Unknown};
use super::state::AppState;
use crate::auth::Caller;
use crate::auth::scope::Scope;
use crate::node::{PolicySource, PolicyVersionAsk, PolicyVersioned, Reader};
use axum::Json;
use axum::extract::{Path, State};
use nexus_api::field::shorten;
use nexus_api::plans::CoursePlans;
use nexus_api::policies::{
    HoldoutReceipt, HoldoutRequest, ModeRequest, PolicyList, PolicyReceipt, PolicyVersionBody,
    PolicyVersionList, PolicyVersionSummary, PromoteRequest, RollbackRequest, VersionReceipt,
    VersionRequest, hexadecimal, policy_word,
};
use nexus_api::words;
use nexus_engine::event::Event;
use nexus_engine::ids::{CourseId, PolicyId};
use nexus_engine::lifecycle::LifecycleRefusal;
use nexus_engine::policy::kind::PolicyKind;
use nexus_engine::workspace::protocol::policy_version_event_id;
use nexus_engine::workspace::{Refusal, SharedState};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PoliciesParams {
    /// The id of the course.
    course: String,
}

impl PoliciesParams {
    fn course(&self) -> Result<CourseId, Failure> {
        let unknown = |_| Refusal::UnknownCourse { course: shorten(&self.course).to_owned() };
        CourseId::new(&self.course).map_err(unknown).map_err(Failure::Refused)
    }
}

fn published(shared: &SharedState, course: &CourseId) -> Result<(), Refusal> {
    let unknown = || Refusal::UnknownCourse { course: course.to_string() };
    shared.course(course.as_str()).map(drop).ok_or_else(unknown)
}

/// The policy that an address names.
fn named(id: &str) -> Result<PolicyId, Failure> {
    let kind = PolicyKind::named(shorten(id)).map_err(Failure::Refused)?;
    policy_word(kind.word()).map_err(Failure::Field)
}

/// List the policies of a course
///
/// Who decides when no experiment runs, what is known of those held out, and each policy with its
/// mode, its version, and what it learned from and refused.
#[utoipa::path(get, path = "/v1/policies", tag = "policies", params(PoliciesParams),
    responses((status = 200, description = "The policies", body = PolicyList), Unknown))]
pub(super) async fn get_policies(
    State(state): State<AppState>,
    Params(params): Params<PoliciesParams>,
) -> Result<Json<PolicyList>, Failure> {
    let (course, default) = (params.course()?, state.node.default_policy().clone());
    let share = state.node.holdout_share();
    let look = move |reader: &mut dyn Reader| {
        published(reader.state(), &course)?;
        Ok(PolicyList::new(reader.state(), &course, &default, share))
    };
    state.look(look).await?.map(Json).map_err(Failure::Refused)
}

/// List the plans of a course
///
/// Each whole plan that the policy `plans` may draw for a learner, what closing checks said of it,
/// and the probability with which the next learner gets it.
#[utoipa::path(get, path = "/v1/plans", tag = "policies", params(PoliciesParams),
    responses((status = 200, description = "The plans", body = CoursePlans), Unknown))]
pub(super) async fn get_plans(
    State(state): State<AppState>,
    Params(params): Params<PoliciesParams>,
) -> Result<Json<CoursePlans>, Failure> {
    let course = params.course()?;
    let look = move |reader: &mut dyn Reader| {
        published(reader.state(), &course)?;
        let unknown = || Refusal::UnknownCourse { course: course.to_string() };
        CoursePlans::new(reader.state(), &course).ok_or_else(unknown)
    };
    state.look(look).await?.map(Json).map_err(Failure::Refused)
}

/// List the versions of a policy
///
/// The newest first, each with its lineage: number, parent, the last journal entry it knows of, the
/// digest of its statistics, where they come from, who asked and why.
#[utoipa::path(get, path = "/v1/policies/{id}/versions", tag = "policies",
    params(("id" = inline(words::PolicyName), Path, description = "The policy's word"), PoliciesParams),
    responses((status = 200, description = "Its versions", body = PolicyVersionList)))]
pub(super) async fn get_policy_versions(
    State(state): State<AppState>,
    PathId(id): PathId,
    Params(params): Params<PoliciesParams>,
) -> Result<Json<PolicyVersionList>, Failure> {
    let (course, policy) = (params.course()?, named(&id)?);
    let look = move |reader: &mut dyn Reader| {
        published(reader.state(), &course)?;
        let life = reader.state().life(&course, &policy);
        let versions = life.into_iter().flat_map(|life| life.versions.iter().rev());
        let versions =
            versions.map(|it| PolicyVersionSummary::new(&policy, &it.lineage, it.seq, it.at));
        let versions = versions.collect();
        let (course, policy) = (course.to_string(), policy.to_string());
        Ok(PolicyVersionList { course, policy, versions })
    };
    state.look(look).await?.map(Json).map_err(Failure::Refused)
}

/// Read a version with its statistics
///
/// As they can be published again, here or in another course.
#[utoipa::path(get, path = "/v1/policies/{id}/versions/{version}", tag = "policies",
    params(("id" = inline(words::PolicyName), Path, description = "The policy's word"),
        ("version" = u32, Path, minimum = 1, description = "The version"), PoliciesParams),
    responses((status = 200, description = "The version", body = PolicyVersionBody)))]
pub(super) async fn get_policy_version(
    State(state): State<AppState>,
    Path((id, version)): Path<(String, String)>,
    Params(params): Params<PoliciesParams>,
) -> Result<Json<PolicyVersionBody>, Failure> {
    let (course, policy) = (params.course()?, named(&id)?);
    let version = version.parse().map_err(|_| Failure::NotFound { what: "version" })?;
    let look = move |reader: &mut dyn Reader| {
        published(reader.state(), &course)?;
        let entry = reader.entry(&policy_version_event_id(&course, &policy, version));
        let policy_word = policy.to_string();
        let unknown = LifecycleRefusal::UnknownVersion { policy: policy_word, version };
        let entry = entry.ok_or_else(|| Refusal::from(unknown.clone()))?;
        let Event::PolicyVersioned(made) = entry.event else { return Err(unknown.into()) };
        let (seq, at) = (entry.seq, entry.received_at);
        let summary = PolicyVersionSummary::new(&policy, &made.lineage, seq, at);
        Ok(PolicyVersionBody { summary, statistics: made.parts.into() })
    };
    state.look(look).await?.map(Json).map_err(Failure::Refused)
}

/// Save or publish a version
///
/// Without `statistics`, what the policy has learned is saved as it is; with them, they take the
/// place of what serves from the next decision on, if they are this policy's and pass the health
/// check (409 `policy_unhealthy`). Saving the same twice gives the first answer.
#[utoipa::path(post, path = "/v1/policies/{id}/versions", tag = "policies",
    params(("id" = inline(words::PolicyName), Path, description = "The policy's word")),
    request_body = VersionRequest,
    responses((status = 200, description = "It was made, durably", body = VersionReceipt), Conflict))]
pub(super) async fn post_policy_version(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    JsonBody { value, .. }: JsonBody<VersionRequest>,
) -> Result<Json<VersionReceipt>, Failure> {
    let policy = named(&id)?;
    let asked = value.read(&policy)?;
    let source = asked
        .trained
        .map_or(PolicySource::Learned, |(parts, through)| PolicySource::Trained { parts, through });
    let ask = PolicyVersionAsk {
        course: asked.course,
        policy: policy.clone(),
        source,
        parent: asked.parent,
        asked_by: caller_words(&caller),
        reason: asked.reason,
    };
    let made = state.ask(state.node.make_policy_version(ask)).await?;
    Ok(Json(receipt(&policy, made)))
}

/// Restore an older version
///
/// Its statistics become the next version and serve from the next decision on, if they pass the
/// health check (409 `policy_unhealthy`); what was learned since is left behind, and can be saved first.
#[utoipa::path(post, path = "/v1/policies/{id}/rollback", tag = "policies",
    params(("id" = inline(words::PolicyName), Path, description = "The policy's word")),
    request_body = RollbackRequest,
    responses((status = 200, description = "It serves, durably", body = VersionReceipt), Conflict))]
pub(super) async fn post_rollback(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    JsonBody { value, .. }: JsonBody<RollbackRequest>,
) -> Result<Json<VersionReceipt>, Failure> {
    let policy = named(&id)?;
    let (course, version, reason) = value.read()?;
    let ask = PolicyVersionAsk {
        course,
        policy: policy.clone(),
        source: PolicySource::Older { version },
        parent: None,
        asked_by: caller_words(&caller),
        reason,
    };
    let made = state.ask(state.node.make_policy_version(ask)).await?;
    Ok(Json(receipt(&policy, made)))
}

/// Promote a policy
///
/// It decides in the course from the next decision on, whenever no experiment runs there, in the
/// place of the server's default; if it passes its health check (409 `policy_unhealthy`). It begins
/// with a small share of the learners and rises stage by stage: the same request again is the next
/// stage. To begin it needs `evidence` that passes the gate (409 `evidence_missing`,
/// `evidence_lacking`), but the course's own path needs none; `override` takes the scope
/// `policies:override`. Nexus ends a stage by itself whose learners earn clearly less than the others.
#[utoipa::path(post, path = "/v1/policies/{id}/promote", tag = "policies",
    params(("id" = inline(words::PolicyName), Path, description = "The policy's word")),
    request_body = PromoteRequest,
    responses((status = 200, description = "It decides, durably", body = PolicyReceipt), Conflict))]
pub(super) async fn post_promote(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    JsonBody { value, .. }: JsonBody<PromoteRequest>,
) -> Result<Json<PolicyReceipt>, Failure> {
    if value.r#override && !caller.scopes.has(Scope::PoliciesOverride) {
        return Err(Failure::MissingScope(Scope::PoliciesOverride));
    }
    let request = value.read(named(&id)?, caller_words(&caller))?;
    let (course, policy) = (request.course.clone(), request.policy.clone());
    let seq = state.ask(state.node.promote_policy(request)).await?;
    let look = move |reader: &mut dyn Reader| reader.state().promoted_share(&course, &policy);
    let share = Some(state.look(look).await?);
    Ok(Json(PolicyReceipt { policy: id, duplicate: seq.is_none(), seq, share }))
}

/// Set the mode of a policy
///
/// It holds from the next decision and the next reward on.
#[utoipa::path(post, path = "/v1/policies/{id}/mode", tag = "policies",
    params(("id" = inline(words::PolicyName), Path, description = "The policy's word")),
    request_body = ModeRequest,
    responses((status = 200, description = "It stands as asked, durably", body = PolicyReceipt), Conflict))]
pub(super) async fn post_mode(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    JsonBody { value, .. }: JsonBody<ModeRequest>,
) -> Result<Json<PolicyReceipt>, Failure> {
    let set = value.read(named(&id)?, caller_words(&caller))?;
    let seq = state.ask(state.node.set_policy_mode(set)).await?;
    Ok(Json(PolicyReceipt { policy: id, duplicate: seq.is_none(), seq, share: None }))
}

/// Set the share of learners who are held out
///
/// For them no policy that learns ever decides: they get the course's own path, or any eligible
/// activity with equal chances where the server is told so, for ever, outside of experiments. A learner who is held out at a share is held out at every greater one.
#[utoipa::path(post, path = "/v1/holdout", tag = "policies", request_body = HoldoutRequest,
    responses((status = 200, description = "It stands as asked, durably", body = HoldoutReceipt), Unknown, Conflict))]
pub(super) async fn post_holdout(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody { value, .. }: JsonBody<HoldoutRequest>,
) -> Result<Json<HoldoutReceipt>, Failure> {
    let set = value.read(caller_words(&caller))?;
    let (course, share) = (set.course.to_string(), set.share);
    let seq = state.ask(state.node.set_holdout(set)).await?;
    Ok(Json(HoldoutReceipt { course, share, duplicate: seq.is_none(), seq }))
}

fn receipt(policy: &PolicyId, made: PolicyVersioned) -> VersionReceipt {
    let PolicyVersioned { version, seq, digest, duplicate } = made;
    let (policy, digest) = (policy.to_string(), hexadecimal(&digest));
    VersionReceipt { policy, version, seq, digest, duplicate }
}
