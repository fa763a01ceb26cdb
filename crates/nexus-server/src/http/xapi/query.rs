//! `GET /xapi/statements`: what was sent, one by its id or several by what they say.

use super::super::error::Failure;
use super::super::state::AppState;
use super::answer::{answered, text_answer, version_of};
use crate::auth::{Caller, Identity};
use axum::extract::{Query, State};
use axum::http::header::HeaderName;
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::Response;
use nexus_api::time;
use nexus_ingest::foreign::ActorKey;
use nexus_ingest::xapi::learner_of_agent;
use nexus_store::secret::ServerKey;
use nexus_store::statements::{STATEMENTS_MAX, StatementFound, StatementQuery};

/// Statements of an answer when the request does not say, or says 0.
const STATEMENTS_USUAL: usize = 100;
const CONSISTENT: HeaderName = HeaderName::from_static("x-experience-api-consistent-through");

pub(super) async fn get_statements(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    answered(&headers, async {
        let version = version_of(&headers)?;
        if matches!(caller.identity, Identity::Learner(_)) {
            return Err(Failure::ForeignLearner);
        }
        let parameters = parameters(&uri)?;
        let now = time::print(state.clock.now());
        let text = match one(&parameters)? {
            Some((id, voided)) => {
                let found = state.look(move |reader| reader.statement(&id)).await?;
                let found = found.filter(|found| found.voided == voided);
                found.ok_or(Failure::NotFound { what: "statement" })?.body
            }
            None => several(&state, &parameters, &uri).await?,
        };
        let mut answer = text_answer(version, text);
        if let Ok(now) = HeaderValue::try_from(now) {
            answer.headers_mut().insert(CONSISTENT, now);
        }
        Ok(answer)
    })
    .await
}

/// The parameters of an address, in their order.
///
/// Errors: they cannot be read, or one is there twice.
pub(super) fn parameters(uri: &Uri) -> Result<Vec<(String, String)>, Failure> {
    let read = Query::<Vec<(String, String)>>::try_from_uri(uri);
    let Query(read) = read.map_err(|rejection| wrong(&rejection.body_text()))?;
    for (place, (name, _)) in read.iter().enumerate() {
        if read[..place].iter().any(|(other, _)| other == name) {
            return Err(wrong(&format!("the parameter {name:?} is there twice")));
        }
    }
    Ok(read)
}

fn wrong(detail: &str) -> Failure {
    Failure::statement("", "bad_parameter", detail)
}

/// The id of the one statement that is asked for, and whether it must be voided.
fn one(parameters: &[(String, String)]) -> Result<Option<(String, bool)>, Failure> {
    let named = |wanted: &str| parameters.iter().find(|(name, _)| name == wanted);
    let (id, voided) = match (named("statementId"), named("voidedStatementId")) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(wrong("ask for statementId or for voidedStatementId, not for both"));
        }
        (Some((_, id)), None) => (id, false),
        (None, Some((_, id))) => (id, true),
    };
    let beside = ["statementId", "voidedStatementId", "attachments", "format"];
    if let Some((other, _)) = parameters.iter().find(|(name, _)| !beside.contains(&name.as_str())) {
        return Err(wrong(&format!("{other:?} goes with no id: one statement is asked for")));
    }
    Ok(Some((id.to_ascii_lowercase(), voided)))
}

async fn several(
    state: &AppState,
    parameters: &[(String, String)],
    uri: &Uri,
) -> Result<String, Failure> {
    let wanted = wanted(state, parameters)?;
    let limit = wanted.limit;
    // One more says whether there are more.
    let ask = StatementQuery { limit: limit + 1, ..wanted };
    let mut found = state.look(move |reader| reader.statements(&ask)).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let more = match found.last().filter(|_| more) {
        None => String::new(),
        Some(StatementFound { place, .. }) => {
            let query = uri.query().unwrap_or_default().split('&');
            let rest = query.filter(|it| !it.is_empty() && !it.starts_with("behind="));
            let parts: Vec<String> =
                rest.map(str::to_owned).chain([format!("behind={place}")]).collect();
            format!("/xapi/statements?{}", parts.join("&"))
        }
    };
    let bodies: Vec<String> = found.into_iter().map(|it| it.body).collect();
    let more = serde_json::Value::from(more);
    Ok(format!("{{\"statements\":[{}],\"more\":{more}}}", bodies.join(",")))
}

fn wanted(state: &AppState, parameters: &[(String, String)]) -> Result<StatementQuery, Failure> {
    let mut wanted = StatementQuery { limit: STATEMENTS_USUAL, ..StatementQuery::default() };
    let moment = |name: &str, text: &str| {
        let read = time::read(text, "");
        read.map(Some).map_err(|problem| wrong(&format!("{name}: {}", problem.detail)))
    };
    for (name, value) in parameters {
        let truth = || match value.as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(wrong(&format!("{name} is true or false"))),
        };
        let whole = || value.parse().map_err(|_| wrong(&format!("{name} is a whole number")));
        match name.as_str() {
            "agent" => wanted.actor = Some(actor(state, value)?),
            "verb" => wanted.verb = Some(value.clone()),
            "activity" => wanted.activity = Some(value.clone()),
            "registration" => wanted.registration = Some(value.to_ascii_lowercase()),
            "since" => wanted.since = moment(name, value)?,
            "until" => wanted.until = moment(name, value)?,
            "ascending" => wanted.ascending = truth()?,
            "behind" => wanted.behind = Some(whole()?),
            "limit" => {
                let limit = whole()? as usize;
                let most = STATEMENTS_MAX - 1;
                wanted.limit = if limit == 0 { STATEMENTS_USUAL } else { limit.min(most) };
            }
            "related_activities" | "related_agents" | "attachments" => {
                if truth()? {
                    return Err(wrong(&format!("{name}=true is not known here")));
                }
            }
            "format" => {
                if value != "exact" {
                    return Err(wrong("statements are given as they were sent: format=exact"));
                }
            }
            other => return Err(wrong(&format!("{other:?} is no parameter of statements"))),
        }
    }
    Ok(wanted)
}

/// The learner that an agent of a query is.
fn actor(state: &AppState, agent: &str) -> Result<String, Failure> {
    let agent = serde_json::from_str(agent).map_err(|_| wrong("agent is an agent in JSON"))?;
    let key = ServerKey::open(&state.node.directory()).map_err(|fault| {
        tracing::error!(%fault, "the server key cannot be read");
        Failure::Internal
    })?;
    let learner = learner_of_agent(&ActorKey::new(key.actors()), &agent);
    learner.ok_or_else(|| wrong("agent needs one of mbox, mbox_sha1sum, openid, account"))
}
