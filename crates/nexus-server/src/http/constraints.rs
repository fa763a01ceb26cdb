//! `/v1/constraints`: what teachers pin, block and cap.

use super::body::{JsonBody, Params, PathId};
use super::error::Failure;
use super::guard::caller_words;
use super::openapi::{Conflict, Erased, Unknown};
use super::state::AppState;
use crate::auth::Caller;
use crate::node::Reader;
use axum::Json;
use axum::extract::State;
use nexus_api::constraints::{
    ConstraintBody, ConstraintList, ConstraintReceipt, ConstraintSummary, LiftRequest,
};
use nexus_api::field::shorten;
use nexus_api::text;
use nexus_engine::ids::ConstraintId;
use nexus_engine::workspace::Refusal;
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ConstraintParams {
    /// Only those of this course.
    course: Option<String>,
    /// Only those that hold for this learner: their own, and those for everyone.
    learner: Option<String>,
}

/// List the constraints that are in force
#[utoipa::path(get, path = "/v1/constraints", tag = "constraints", params(ConstraintParams),
    responses((status = 200, description = "Those in force now", body = ConstraintList), Unknown))]
pub(super) async fn get_constraints(
    State(state): State<AppState>,
    Params(params): Params<ConstraintParams>,
) -> Result<Json<ConstraintList>, Failure> {
    let look = move |reader: &mut dyn Reader| {
        let now = reader.now();
        let shared = reader.state();
        if let Some(course) = params.course.as_ref().filter(|id| shared.course(id).is_none()) {
            return Err(Refusal::UnknownCourse { course: shorten(course).to_owned() });
        }
        let asked = |id: &str| params.course.as_deref().is_none_or(|course| course == id);
        let courses = shared.constraints.iter().filter(|(id, _)| asked(id.as_str()));
        let all = courses.flat_map(|(_, known)| known.all(now));
        let holds = |learner: &str| params.learner.as_deref().is_none_or(|asked| asked == learner);
        let all = all.filter(|it| it.learner.as_ref().is_none_or(|own| holds(own.as_str())));
        Ok(all.map(ConstraintSummary::from).collect())
    };
    let constraints = state.look(look).await?.map_err(Failure::Refused)?;
    Ok(Json(ConstraintList { constraints }))
}

/// Pin, block or cap an activity
///
/// It holds from the next decision on, for everyone in the course or for one learner, until it is
/// lifted or `expires_at`. The same id and body may be sent again safely; another body is 409
/// `idempotency_conflict`, also after the constraint was lifted: an id is used once.
#[utoipa::path(put, path = "/v1/constraints/{id}", tag = "constraints",
    params(("id" = inline(text::ConstraintId), Path, description = "Its id, made by you")),
    request_body = ConstraintBody,
    responses((status = 200, description = "It holds, durably", body = ConstraintReceipt), Conflict, Erased))]
pub(super) async fn put_constraint(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    JsonBody { value, hash }: JsonBody<ConstraintBody>,
) -> Result<Json<ConstraintReceipt>, Failure> {
    let invalid = |refusal: nexus_engine::ids::IdRefusal| {
        Failure::field("", "invalid_id", &format!("the id in the address: {refusal}"))
    };
    let constraint =
        value.read(ConstraintId::new(&id).map_err(invalid)?, &caller_words(&caller))?;
    let said = state.ask(state.node.set_constraint(constraint, hash)).await?;
    let (seq, duplicate, in_force) = (said.seq, said.duplicate, said.in_force);
    Ok(Json(ConstraintReceipt { constraint: id, seq, duplicate, in_force }))
}

/// Lift a constraint
///
/// With the reason as the request's body. Lifting again gives the first answer.
#[utoipa::path(delete, path = "/v1/constraints/{id}", tag = "constraints",
    params(("id" = inline(text::ConstraintId), Path, description = "The constraint")), request_body = LiftRequest,
    responses((status = 200, description = "It has ended", body = ConstraintReceipt), Conflict))]
pub(super) async fn delete_constraint(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    JsonBody { value, .. }: JsonBody<LiftRequest>,
) -> Result<Json<ConstraintReceipt>, Failure> {
    let (reason, by) = value.read(&caller_words(&caller))?;
    let unknown =
        |_| Failure::Refused(Refusal::UnknownConstraint { constraint: shorten(&id).to_owned() });
    let constraint = ConstraintId::new(&id).map_err(unknown)?;
    let said = state.ask(state.node.lift_constraint(constraint, reason, by)).await?;
    let (seq, duplicate, in_force) = (said.seq, said.duplicate, said.in_force);
    Ok(Json(ConstraintReceipt { constraint: id, seq, duplicate, in_force }))
}
