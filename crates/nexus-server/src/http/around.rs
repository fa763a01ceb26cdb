//! Around every request: its id, its time limit, its place in the counters, and what every answer
//! carries: the id, the security headers, and the body of a problem.

use super::cors;
use super::edge::Lane;
use super::error::{Failure, PendingProblem};
use super::state::AppState;
use crate::node::NodeFault;
use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderValue, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::time::{Duration, Instant};

/// The header that names a request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How long a request may take from its header to its answer's header; a body has its own limit.
pub const HANDLER_SECONDS_MAX: u64 = 45;

/// What a page may load and do: nothing but what this server gave it.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const HEADERS: [(&str, &str); 7] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
];

/// Wraps the whole router.
pub async fn around(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(&request);
    let has_key_in_url = key_in_url(request.uri());
    let shared = cors::CrossOrigin::of(&state.origins, &request);
    let lane = request.extensions().get::<Lane>().copied().unwrap_or(Lane::Usual);
    let is_answered = lane.answers(request.uri().path());
    request.extensions_mut().insert(state.clone());
    let limit = Duration::from_secs(HANDLER_SECONDS_MAX);
    let mut response = if has_key_in_url {
        Failure::KeyInUrl.into_response()
    } else if let Some(answer) = shared.preflight_answer() {
        answer
    } else if !is_answered {
        Failure::from(NodeFault::Overloaded).into_response()
    } else {
        match tokio::time::timeout(limit, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Failure::HandlerTimeout { seconds: HANDLER_SECONDS_MAX }.into_response(),
        }
    };
    write_problem(&mut response, &id);
    write_headers(&mut response, &id);
    shared.write_headers(&mut response);
    state.metrics.answered(response.status(), began.elapsed());
    response
}

/// Turns a panic in a handler into a problem. The panic itself is in the log, by the hook.
#[must_use]
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    Failure::Internal.into_response()
}

/// The client's id when it is short and plain, else one of ours.
fn request_id(request: &Request) -> HeaderValue {
    let given = request.headers().get(REQUEST_ID);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let sane = |value: &&HeaderValue| {
        (1..=64).contains(&value.len()) && value.as_bytes().iter().all(plain)
    };
    given.filter(sane).cloned().unwrap_or_else(fresh_id)
}

fn fresh_id() -> HeaderValue {
    let mut random = [0_u8; 10];
    // Without randomness all ids are the same, which only makes logs harder to read.
    let _ = getrandom::fill(&mut random);
    let mut text = String::from("req_");
    for byte in random {
        text.push_str(&format!("{byte:02x}"));
    }
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("req"))
}

/// Whether the query string holds a key or a token. The login link's own token is neither.
fn key_in_url(uri: &Uri) -> bool {
    let Some(query) = uri.query() else { return false };
    const NAMES: [&str; 6] =
        ["key", "api_key", "apikey", "access_token", "authorization", "bearer"];
    let is_login = uri.path() == "/login";
    let named = |name: &str| {
        NAMES.contains(&name.to_ascii_lowercase().as_str()) || (name == "token" && !is_login)
    };
    match Query::<Vec<(String, String)>>::try_from_uri(uri) {
        Ok(Query(pairs)) => pairs.iter().any(|(name, value)| named(name) || value.contains("nx_")),
        Err(_) => query.contains("nx_"),
    }
}

fn write_problem(response: &mut Response, id: &HeaderValue) {
    let Some(PendingProblem(mut problem)) = response.extensions_mut().remove() else { return };
    problem.request_id = id.to_str().unwrap_or_default().to_owned();
    if response.status().is_server_error() {
        let (code, request) = (problem.code.as_str(), problem.request_id.as_str());
        tracing::warn!(code, request, "request {request} failed: {code}");
    }
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    *response.body_mut() = Body::from(body);
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response.headers_mut().remove("content-length");
}

/// What a handler has set itself stays: the documentation page has a policy of its own, and files
/// may be kept by browsers.
fn write_headers(response: &mut Response, id: &HeaderValue) {
    let is_problem = response.status().is_client_error() || response.status().is_server_error();
    let headers = response.headers_mut();
    if is_problem {
        headers.remove(CACHE_CONTROL);
    }
    for (name, value) in HEADERS {
        let name = HeaderName::from_static(name);
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.insert(REQUEST_ID, id.clone());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_problem() {
        use tower::ServiceExt;
        async fn bug() -> Response {
            panic!("a bug")
        }
        let router = axum::Router::new()
            .route("/", axum::routing::get(bug))
            .layer(tower_http::catch_panic::CatchPanicLayer::custom(panicked));
        let mut response = router.oneshot(Request::new(Body::empty())).await.unwrap();
        write_problem(&mut response, &HeaderValue::from_static("r1"));
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        let body = axum::body::to_bytes(response.into_body(), 2048).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&problem["code"], &problem["request_id"]), (&"internal".into(), &"r1".into()));
    }

    #[test]
    fn secrets_in_addresses_are_seen() {
        for (uri, expected) in [
            ("/v1/journal?after=3", false),
            ("/v1/journal?after=nx_sk_live_abc", true),
            ("/v1/journal?a=nx%5Fsk", true),
            ("/v1/journal?API_KEY=secret", true),
            ("/v1/stream?token=abc", true),
            ("/login?token=abc", false),
            ("/login?token=nx_sk_live_abc", true),
            ("/v1/journal", false),
        ] {
            assert_eq!(key_in_url(&uri.parse().unwrap()), expected, "{uri}");
        }
    }
}
