//! The one place where refusals and faults become problem+json.
//!
//! A handler answers with a [`Failure`]; it travels as an extension of an empty response to
//! `around`, which knows the request's id and writes the body.

use crate::auth::{CredentialFault, Scope};
use crate::node::{NodeError, NodeFault};
use axum::http::header::{CONNECTION, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use nexus_api::events::EventReceipts;
use nexus_api::field::shorten;
use nexus_api::{FieldProblem, Problem};
use nexus_engine::catalog::CourseProblem;
use nexus_engine::refusal::{Refusal, RefusalClass};
use std::time::Duration;
use thiserror::Error;

/// Why a request was not done.
#[derive(Debug, Error)]
pub enum Failure {
    /// The body is not JSON.
    #[error("the body is not JSON: {problem} at line {line} column {column}")]
    MalformedJson {
        /// What the parser says.
        problem: String,
        line: usize,
        column: usize,
    },
    /// The body is nested too deeply.
    #[error("JSON may be nested {max} levels deep")]
    LimitDepth { max: usize },
    /// The body has another shape, or a field an impossible value.
    #[error("{}", .0.detail)]
    Field(FieldProblem),
    /// A statement, or a request of the Experience API, is not as its standard says.
    #[error("{}", .0.detail)]
    Statement(FieldProblem),
    /// The query string has another shape.
    #[error("the query string is not valid: {0}")]
    Query(String),
    /// More events than a batch may hold.
    #[error("a batch holds at most {max} events, not {n}")]
    BatchTooLarge { max: usize, n: usize },
    /// Events of a strict batch were rejected.
    #[error(
        "{} of {} events were rejected; `batch` says which and why. What was accepted stays: mend \
         the others and send the batch again", .0.rejected, .0.receipts.len()
    )]
    EventsRejected(EventReceipts),
    /// The body is no JSON by its own word.
    #[error("send `Content-Type: {expected}` without any content encoding")]
    MediaType { expected: &'static str },
    /// The body is too large.
    #[error("a body has at most {max} bytes")]
    TooLarge { max: usize },
    /// The body did not arrive in time, or not whole.
    #[error("the body did not arrive whole within {seconds} seconds")]
    SlowBody { seconds: u64 },
    /// The domain says no.
    #[error("{0}")]
    Refused(Refusal),
    /// A course that cannot be published.
    #[error("the course has {} problems; nothing was published", .0.len())]
    InvalidCourse(Vec<CourseProblem>),
    /// The same id came before with another body.
    #[error("id {0:?} was used before with another body; choose another id")]
    Conflict(String),
    /// One training runs at a time.
    #[error("training {job} runs; GET /v1/tracing says how far it is")]
    TrainingRunning { job: u64 },
    #[error("{}", fault_detail(*.fault))]
    Fault {
        fault: NodeFault,
        /// What to show meanwhile.
        static_activity: Option<String>,
    },
    /// The node rebuilds its state.
    #[error("the state is rebuilt from the journal; try again shortly")]
    Recovering,
    /// The wall clock of the machine has jumped.
    #[error(
        "the clock of the machine jumped by {seconds} s and is not followed; set it right, or start \
         the server again to go by it"
    )]
    ClockJumped { seconds: i64 },
    /// The caller has no valid credential.
    #[error("{0}")]
    Credential(CredentialFault),
    /// The caller may not do this.
    #[error("this needs the scope `{0}`")]
    MissingScope(Scope),
    /// A learner's token was used for another learner.
    #[error("this token acts for its own learner only")]
    ForeignLearner,
    /// A learner's token was used to make an id that is not that learner's.
    #[error("{FOREIGN_ID}")]
    ForeignId,
    /// A secret in the address ends up in logs.
    #[error("keys and tokens do not belong in an address; send `Authorization: Bearer ...`")]
    KeyInUrl,
    /// A browser was sent here by another site.
    #[error("a browser session takes changes from its own pages only")]
    CrossSite,
    /// There is no such thing.
    #[error("there is no {what} of this id")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
    },
    /// A key would revoke itself, and leave its holder outside.
    #[error("a key does not revoke itself; use another one, or `nexus key revoke`")]
    OwnKey,
    /// There is no such address.
    #[error("there is nothing at this address; GET /openapi.json lists what there is")]
    UnknownRoute,
    /// The address has no such method.
    #[error("this address does not take this method")]
    MethodNotAllowed,
    /// The caller sends more than it may.
    #[error("this key or token has sent too many requests; nothing was done, try again later")]
    TooManyRequests {
        /// How long to wait.
        wait: Duration,
    },
    /// The answer took too long.
    #[error("no answer within {seconds} seconds; nothing is known about what was done")]
    HandlerTimeout { seconds: u64 },
    #[error("{BUG}")]
    Internal,
}

/// What ids a learner's token may make.
pub const FOREIGN_ID: &str = "with a learner's token an id is the learner's id, a colon, and a \
     part without a colon, like \"learner-1:7\"";

type Kind = (StatusCode, &'static str, &'static str);

impl Failure {
    /// A field of the request that is not possible.
    #[must_use]
    pub fn field(pointer: &str, code: &str, detail: &str) -> Self {
        Self::Field(FieldProblem::new(pointer, code, detail))
    }

    /// What to show meanwhile, when a disk that is full kept a decision from being made.
    #[must_use]
    pub fn static_activity(&self) -> Option<String> {
        match self {
            Self::Fault { static_activity, .. } => static_activity.clone(),
            _ => None,
        }
    }

    /// The code and the words, for one part of a request that has several.
    #[must_use]
    pub fn in_short(self) -> FieldProblem {
        let pointer = match &self {
            Self::Field(problem) => return problem.clone(),
            _ => "",
        };
        FieldProblem::new(pointer, self.kind().1, shorten(&self.to_string()))
    }

    /// Something in a statement, or a request of the Experience API, that is not possible.
    #[must_use]
    pub fn statement(pointer: &str, code: &str, detail: &str) -> Self {
        Self::Statement(FieldProblem::new(pointer, code, detail))
    }

    /// Status, code and title.
    fn kind(&self) -> Kind {
        match self {
            Self::MalformedJson { .. } => {
                (StatusCode::BAD_REQUEST, "malformed_json", "Malformed JSON")
            }
            Self::LimitDepth { .. } => {
                (StatusCode::BAD_REQUEST, "limit_depth", "Nested too deeply")
            }
            Self::Field(problem) => field_kind(&problem.code),
            Self::Statement(_) => {
                (StatusCode::BAD_REQUEST, "invalid_statement", "Not as xAPI says")
            }
            Self::Query(_) => (UNPROCESSABLE, "schema_violation", "Not the expected shape"),
            Self::BatchTooLarge { .. } => (UNPROCESSABLE, "batch_too_large", "Batch too large"),
            Self::EventsRejected(_) => (UNPROCESSABLE, "events_rejected", "Events rejected"),
            Self::MediaType { .. } => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", "Wrong media type")
            }
            Self::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "Body too large"),
            Self::SlowBody { .. } => (StatusCode::REQUEST_TIMEOUT, "slow_body", "Body too slow"),
            Self::Refused(refusal) => refusal_kind(refusal),
            Self::InvalidCourse(_) => (UNPROCESSABLE, "invalid_course", "Invalid course"),
            Self::Conflict(_) => (StatusCode::CONFLICT, "idempotency_conflict", "Id used before"),
            Self::TrainingRunning { .. } => {
                (StatusCode::CONFLICT, "training_running", "A training runs")
            }
            Self::Fault { fault, .. } => fault_kind(*fault),
            Self::Recovering => (StatusCode::SERVICE_UNAVAILABLE, "recovering", "Recovering"),
            Self::ClockJumped { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, "clock_jumped", "Clock jumped")
            }
            Self::Credential(fault) => credential_kind(*fault),
            Self::MissingScope(_) => (StatusCode::FORBIDDEN, "missing_scope", "Missing scope"),
            Self::ForeignLearner => (StatusCode::FORBIDDEN, "foreign_learner", "Foreign learner"),
            Self::ForeignId => (StatusCode::FORBIDDEN, "foreign_id", "Foreign id"),
            Self::KeyInUrl => (StatusCode::BAD_REQUEST, "key_in_url", "Key in the address"),
            Self::CrossSite => (StatusCode::FORBIDDEN, "cross_site", "Cross-site request"),
            Self::NotFound { .. } => (StatusCode::NOT_FOUND, "not_found", "Not found"),
            Self::OwnKey => (StatusCode::CONFLICT, "own_key", "The key that asks"),
            Self::UnknownRoute => (StatusCode::NOT_FOUND, "unknown_route", "Unknown address"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed")
            }
            Self::TooManyRequests { .. } => {
                (StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests")
            }
            Self::HandlerTimeout { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, "handler_timeout", "Took too long")
            }
            Self::Internal => INTERNAL,
        }
    }

    fn errors(&self) -> Vec<FieldProblem> {
        match self {
            Self::Field(problem) | Self::Statement(problem) => vec![problem.clone()],
            Self::InvalidCourse(problems) => problems.iter().map(course_problem).collect(),
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<u32> {
        match self {
            Self::Fault { fault: NodeFault::StorageFull, .. } => Some(5),
            Self::Fault { fault: NodeFault::Overloaded, .. } | Self::Recovering => Some(1),
            // Whole seconds, rounded up.
            Self::TooManyRequests { wait } => {
                Some(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1))
            }
            _ => None,
        }
    }

    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Credential(CredentialFault::Unavailable) => None,
            Self::Credential(_) => {
                Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"nexus\"")))
            }
            // What is left of the body is not read, so the connection cannot be used again.
            Self::SlowBody { .. } | Self::TooLarge { .. } => {
                Some((CONNECTION, HeaderValue::from_static("close")))
            }
            _ => None,
        }
    }
}

const UNPROCESSABLE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

/// The body of a failure while it travels to `around`.
#[derive(Clone, Debug)]
pub struct PendingProblem(pub Problem);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, code, title) = self.kind();
        let static_activity = self.static_activity();
        let batch = match &self {
            Self::EventsRejected(receipts) => Some(receipts.clone()),
            _ => None,
        };
        let problem = Problem {
            kind: format!("/problems/{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: shorten(&self.to_string()).to_owned(),
            code: code.to_owned(),
            request_id: String::new(),
            errors: self.errors(),
            retry_after: self.retry_after(),
            static_activity,
            batch,
        };
        let mut response = status.into_response();
        if let Some(seconds) = problem.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some((name, value)) = self.header() {
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(PendingProblem(problem));
        response
    }
}

/// The address exists, but not with this method. axum has set `Allow`.
pub async fn method_not_allowed() -> Failure {
    Failure::MethodNotAllowed
}

/// Problems of single fields share a title; those with a code of their own keep it.
fn field_kind(code: &str) -> Kind {
    match code {
        "non_finite_number" => (UNPROCESSABLE, "non_finite_number", "Not a finite number"),
        _ => (UNPROCESSABLE, "schema_violation", "Not the expected shape"),
    }
}

fn refusal_kind(refusal: &Refusal) -> Kind {
    let status = match refusal.class() {
        RefusalClass::NotFound => StatusCode::NOT_FOUND,
        RefusalClass::Gone => StatusCode::GONE,
        RefusalClass::Conflict => StatusCode::CONFLICT,
        RefusalClass::Invalid => UNPROCESSABLE,
    };
    (status, refusal.code(), "Refused")
}

fn credential_kind(fault: CredentialFault) -> Kind {
    let unauthorized = StatusCode::UNAUTHORIZED;
    match fault {
        CredentialFault::Missing => (unauthorized, "no_credential", "No credential"),
        CredentialFault::Bad | CredentialFault::Token(_) => {
            (unauthorized, "bad_credential", "Bad credential")
        }
        CredentialFault::Expired => (unauthorized, "expired_credential", "Expired credential"),
        CredentialFault::Unavailable => {
            (StatusCode::SERVICE_UNAVAILABLE, "keys_unavailable", "Keys cannot be read")
        }
    }
}

const BUG: &str = "a bug on our side; the request id names it in the log";
const INTERNAL: Kind = (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error");

fn fault_kind(fault: NodeFault) -> Kind {
    let unavailable = StatusCode::SERVICE_UNAVAILABLE;
    match fault {
        NodeFault::Overloaded => (unavailable, "overloaded", "Overloaded"),
        NodeFault::StorageFull => (StatusCode::INSUFFICIENT_STORAGE, "storage_full", "Disk full"),
        NodeFault::StorageFailed => (unavailable, "storage_failed", "Disk failed"),
        NodeFault::Stopping => (unavailable, "stopping", "Stopping"),
        NodeFault::Internal => INTERNAL,
    }
}

fn fault_detail(fault: NodeFault) -> &'static str {
    match fault {
        NodeFault::Overloaded => "too many requests wait; nothing was done, try again shortly",
        NodeFault::StorageFull => "the disk is full; nothing was done, try again when it has space",
        NodeFault::StorageFailed => "the disk failed; nothing is acknowledged any more",
        NodeFault::Stopping => "the server is stopping; ask again when it is back",
        NodeFault::Internal => BUG,
    }
}

/// A place like `modules[2].activities[1]` becomes the pointer `/modules/2/activities/1`.
fn course_problem(problem: &CourseProblem) -> FieldProblem {
    let place = problem.place.to_string();
    let mut pointer = String::new();
    for step in place.split(['.', '[']).filter(|step| !step.is_empty()) {
        pointer.push('/');
        pointer.push_str(step.trim_end_matches(']'));
    }
    FieldProblem::new(pointer, problem.code, problem.message.clone())
}

impl From<FieldProblem> for Failure {
    fn from(problem: FieldProblem) -> Self {
        Self::Field(problem)
    }
}

impl From<CredentialFault> for Failure {
    fn from(fault: CredentialFault) -> Self {
        Self::Credential(fault)
    }
}

impl From<NodeFault> for Failure {
    fn from(fault: NodeFault) -> Self {
        Self::Fault { fault, static_activity: None }
    }
}

impl From<NodeError> for Failure {
    fn from(error: NodeError) -> Self {
        match error {
            NodeError::Refused(refusal) => Self::Refused(refusal),
            NodeError::Invalid(problems) => Self::InvalidCourse(problems),
            NodeError::Conflict { id } => Self::Conflict(id),
            NodeError::Fault { fault, static_activity } => Self::Fault {
                fault,
                static_activity: static_activity.map(|activity| activity.to_string()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_engine::ids::ActivityId;

    fn check(failure: impl Into<Failure>, status: u16, code: &str, retry_after: Option<u32>) {
        let response = failure.into().into_response();
        let PendingProblem(problem) = response.extensions().get().cloned().unwrap();
        assert_eq!((response.status().as_u16(), problem.code.as_str()), (status, code));
        assert_eq!((problem.status, problem.retry_after), (status, retry_after), "{code}");
        let header = response.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap());
        assert_eq!(header.map(str::to_owned), retry_after.map(|seconds| seconds.to_string()));
        assert!(!problem.detail.is_empty() && !problem.title.is_empty());
    }

    #[test]
    fn faults_say_when_to_try_again() {
        check(NodeFault::Overloaded, 503, "overloaded", Some(1));
        check(NodeFault::StorageFull, 507, "storage_full", Some(5));
        check(NodeFault::StorageFailed, 503, "storage_failed", None);
        check(NodeFault::Stopping, 503, "stopping", None);
        check(NodeFault::Internal, 500, "internal", None);
        check(NodeError::from(NodeFault::Overloaded), 503, "overloaded", Some(1));
        check(Failure::Recovering, 503, "recovering", Some(1));
        check(Failure::HandlerTimeout { seconds: 10 }, 503, "handler_timeout", None);
        check(NodeError::Conflict { id: "d1".into() }, 409, "idempotency_conflict", None);
        check(CredentialFault::Unavailable, 503, "keys_unavailable", None);
    }

    #[test]
    fn a_lesson_goes_on_when_the_disk_is_full() {
        let static_activity = Some(ActivityId::new("watch").unwrap());
        let error = NodeError::Fault { fault: NodeFault::StorageFull, static_activity };
        let response = Failure::from(error).into_response();
        let PendingProblem(problem) = response.extensions().get().cloned().unwrap();
        assert_eq!(problem.static_activity.as_deref(), Some("watch"));
    }

    #[test]
    fn inputs_are_not_repeated_at_length() {
        let response = Failure::Conflict("x".repeat(5_000)).into_response();
        let PendingProblem(problem) = response.extensions().get().cloned().unwrap();
        assert!(problem.detail.len() <= 200);
    }
}
