//! Problem details (RFC 9457): how every error looks.

use crate::events::EventReceipts;
use crate::field::FieldProblem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a request was not done. `code` is stable; programs look at it and at nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `/problems/` and the code.
    #[serde(rename = "type")]
    #[schema(example = "/problems/unknown_course")]
    pub kind: String,
    /// The kind of problem, for people; the same for all of one code.
    pub title: String,
    /// The HTTP status, once more.
    pub status: u16,
    /// What is wrong with this request, and what to do.
    pub detail: String,
    /// A stable word for programs.
    #[schema(example = "unknown_course")]
    pub code: String,
    /// Names this request in the server's log; also in the header `X-Request-Id`.
    pub request_id: String,
    /// The places in the request that are wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// Seconds after which a try may succeed; also in the header `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// The next activity on the course's own path, so that the lesson can go on without a decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub static_activity: Option<String>,
    /// Of a strict batch in which events were rejected: what became of each event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<EventReceipts>,
}
