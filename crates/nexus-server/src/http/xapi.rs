//! `/xapi/`: statements of the Experience API, as a learning record store takes and gives them.
//!
//! These addresses follow a standard of their own (IEEE 9274.1.1, and xAPI 1.0.3), so they are not in
//! `openapi.json`: the version stands in a header, a violation is a 400, and `GET` gives back what was
//! sent. What statements become is in `docs/how-to/connect-xapi-and-open-edx.md`.

mod answer;
mod desk;
mod query;

pub use desk::XapiDesk;

use super::body::JsonText;
use super::error::Failure;
use super::events::{receipt_of, says_grade};
use super::guard::{Access, guard};
use super::state::AppState;
use crate::auth::{Caller, Identity, Scope};
use crate::node::{CorrectAsk, CorrectionWanted, Incoming, Reader, StatementIncoming, voidable};
use answer::{answered, json_answer, version_of};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use desk::Translation;
use nexus_api::events::EventReceipts;
use nexus_api::{FieldProblem, unique};
use nexus_engine::ids::EventId;
use nexus_ingest::foreign::IriIndex;
use nexus_ingest::xapi::{VOIDED, XapiVersion, is_uuid, validate};
use nexus_store::statements::STATEMENTS_MAX;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How long voiding is waited for: everything is rebuilt meanwhile.
const VOID_SECONDS_MAX: u64 = 40;

/// The addresses, each behind its guard.
pub(super) fn routes() -> Router<AppState> {
    let guarded = |access: Access| from_fn(move |request, next| guard(access, request, next));
    let write = Access::Scope(Scope::EventsWrite);
    let statements = get(query::get_statements).layer(guarded(Access::Scope(Scope::JournalRead)));
    let sent = axum::routing::post(post_statements).put(put_statement).layer(guarded(write));
    let unknown = get(get_unknown).layer(guarded(Access::Scope(Scope::StreamRead)));
    Router::new()
        .route("/xapi/statements", statements.merge(sent))
        .route("/xapi/unknown_objects", unknown)
        .route("/xapi/about", get(get_about))
}

/// Which versions are spoken here.
async fn get_about() -> Response {
    json_answer(XapiVersion::V1, &json!({"version": ["1.0.3", "2.0.0"]}))
}

/// Names of things that no course knows, and how often they came since the server started.
async fn get_unknown(State(state): State<AppState>) -> Response {
    json_answer(XapiVersion::V1, &json!({"unknown_objects": state.xapi.unknown_objects()}))
}

/// Takes one statement, or several: all of them, or none.
async fn post_statements(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    JsonText(text): JsonText,
) -> Response {
    answered(&headers, async {
        let version = version_of(&headers)?;
        let sent = unique::read(&text).map_err(Failure::Statement)?;
        let (statements, places) = match sent {
            Value::Array(list) => (list, true),
            one => (vec![one], false),
        };
        let ids = take(&state, &caller, version, statements, places).await?;
        Ok(json_answer(version, &json!(ids)))
    })
    .await
}

/// Takes one statement under the id that the address says.
async fn put_statement(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    JsonText(text): JsonText,
) -> Response {
    answered(&headers, async {
        let version = version_of(&headers)?;
        let parameters = query::parameters(&uri)?;
        let wrong = |detail: &str| Failure::statement("", "bad_parameter", detail);
        let [(name, id)] = parameters.as_slice() else {
            return Err(wrong("PUT needs the parameter statementId, and no other"));
        };
        if name != "statementId" || !is_uuid(id) {
            return Err(wrong("PUT needs the parameter statementId, which is a UUID"));
        }
        let mut statement = unique::read(&text).map_err(Failure::Statement)?;
        match statement.get("id").and_then(Value::as_str) {
            Some(own) if !own.eq_ignore_ascii_case(id) => {
                let detail = "the statement has another id than the address";
                return Err(Failure::statement("/id", "other_id", detail));
            }
            Some(_) => {}
            None => {
                if let Some(map) = statement.as_object_mut() {
                    map.insert("id".to_owned(), json!(id));
                }
            }
        }
        take(&state, &caller, version, vec![statement], false).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}

/// Takes statements whole, and answers with their ids in the order in which they were sent.
async fn take(
    state: &AppState,
    caller: &Caller,
    version: XapiVersion,
    statements: Vec<Value>,
    places: bool,
) -> Result<Vec<String>, Failure> {
    if matches!(caller.identity, Identity::Learner(_)) {
        return Err(Failure::ForeignLearner);
    }
    if statements.len() > STATEMENTS_MAX {
        return Err(Failure::BatchTooLarge { max: STATEMENTS_MAX, n: statements.len() });
    }
    check(&statements, version, places)?;
    let courses =
        state.look(|reader| reader.state().latest_courses().cloned().collect::<Vec<_>>()).await?;
    let iris = IriIndex::new(courses);
    let (desk, directory, now) = (&state.xapi, state.node.directory(), state.clock.now());
    let by = super::guard::caller_words(caller);
    let translated = desk.translate(&directory, iris, statements, version, &by, now)?;
    let Translation { ids, batch, voids, marks: remembered } = translated;
    let graded = |event: &Incoming| says_grade(&event.proposal.action);
    // Taking back is correcting, and takes what correcting takes.
    let marks = !voids.is_empty() || batch.iter().flat_map(|it| &it.events).any(graded);
    if marks && !caller.scopes.has(Scope::GradesWrite) {
        return Err(Failure::MissingScope(Scope::GradesWrite));
    }
    refuse_voids_of_voids(state, &batch, &ids, places).await?;
    record(state, batch).await?;
    desk.taken(remembered);
    void(state, voids, &ids, by).await?;
    Ok(ids)
}

/// Refuses to take back a statement that takes another one back, as the standard has it.
async fn refuse_voids_of_voids(
    state: &AppState,
    batch: &[StatementIncoming],
    ids: &[String],
    places: bool,
) -> Result<(), Failure> {
    let voiding = batch.iter().filter_map(|it| Some((it.kept.id.clone(), it.kept.voids.clone()?)));
    let voiding: BTreeMap<String, String> = voiding.collect();
    if voiding.is_empty() {
        return Ok(());
    }
    let wrong = state.look(move |reader| {
        let mut pairs = voiding.iter();
        let wrong = pairs.find(|(own, target)| {
            voiding.contains_key(*target)
                // One that was kept before its target came is nothing new.
                || (takes_back(reader, target) && reader.statement(own).is_none())
        });
        wrong.map(|(own, _)| own.clone())
    });
    let Some(wrong) = wrong.await? else { return Ok(()) };
    let place = ids.iter().position(|id| *id == wrong).filter(|_| places);
    let prefix = place.map_or_else(String::new, |place| format!("/{place}"));
    let detail = "a statement that takes another one back cannot be taken back itself";
    let problem = FieldProblem::new("/object/id", "voids_a_void", detail);
    Err(Failure::Statement(problem.under(&prefix)))
}

/// Whether this is the id of a kept statement that takes another one back.
fn takes_back(reader: &mut dyn Reader, id: &str) -> bool {
    let Some(found) = reader.statement(id) else { return false };
    let body: Value = serde_json::from_str(&found.body).unwrap_or_default();
    body.pointer("/verb/id").and_then(Value::as_str) == Some(VOIDED)
}

/// Checks each statement, and that no two have one id.
fn check(statements: &[Value], version: XapiVersion, places: bool) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    for (place, statement) in statements.iter().enumerate() {
        let prefix = if places { format!("/{place}") } else { String::new() };
        let failed = |problem: FieldProblem| Failure::Statement(problem.under(&prefix));
        validate(statement, version).map_err(failed)?;
        let id = statement.get("id").and_then(Value::as_str).map(str::to_ascii_lowercase);
        if id.is_some_and(|id| !seen.insert(id)) {
            let detail = "another statement of this batch has the same id";
            return Err(failed(FieldProblem::new("/id", "duplicate_id", detail)));
        }
        let attachments = statement.get("attachments").and_then(Value::as_array);
        let bare = attachments.into_iter().flatten().any(|it| it.get("fileUrl").is_none());
        if bare {
            let detail = "files are not taken along: an attachment needs its fileUrl";
            return Err(failed(FieldProblem::new("/attachments", "no_file", detail)));
        }
    }
    Ok(())
}

async fn record(state: &AppState, batch: Vec<StatementIncoming>) -> Result<(), Failure> {
    let ids: Vec<Vec<String>> = batch
        .iter()
        .map(|it| it.events.iter().map(|event| event.id.to_string()).collect())
        .collect();
    let receipts = state.ask(state.node.take_statements(batch)).await?;
    // A statement that is taken back already has no receipts.
    let told = ids.iter().zip(&receipts).flat_map(|(ids, receipts)| ids.iter().zip(receipts));
    let told: EventReceipts = told.map(|(id, receipt)| receipt_of(id, receipt)).collect();
    for refused in told.receipts.iter().filter(|it| it.code.is_some()) {
        let (id, code, detail) = (&refused.id, &refused.code, &refused.detail);
        tracing::info!(?id, ?code, ?detail, "a statement was kept, and its event refused");
    }
    state.metrics.received(&told);
    Ok(())
}

/// Takes back what came of statements, if anything did: of the targets of those that were taken now, and
/// of those among them that an earlier one had taken back before they came.
async fn void(
    state: &AppState,
    voids: Vec<String>,
    taken: &[String],
    by: String,
) -> Result<(), Failure> {
    let taken = taken.to_vec();
    let events = state.look(move |reader| {
        let mut targets: BTreeSet<String> = voids.into_iter().collect();
        let voided = |id: &String| reader.statement(id).is_some_and(|found| found.voided);
        targets.extend(taken.into_iter().filter(voided));
        targets.iter().flat_map(|id| voidable(reader, id).1).collect::<Vec<EventId>>()
    });
    let events = events.await?;
    if events.is_empty() {
        return Ok(());
    }
    let wanted = CorrectionWanted::Void(events);
    let ask = CorrectAsk { wanted, reason: "voided by a statement".to_owned(), by, dry_run: false };
    state.ask_within(VOID_SECONDS_MAX, state.node.correct(ask)).await.map(drop)
}
