//! Reading requests: bodies, path and query, with every wrong input answered as a problem.

use super::error::Failure;
use super::state::AppState;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method};
use http_body_util::BodyExt;
use nexus_api::canonical;
use nexus_api::field::{self, FieldProblem};
use nexus_api::objects::Objects;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use std::time::Duration;

/// The largest body, in bytes.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// The largest course, in bytes: whole courses come in one body, from few and trusted senders.
pub const COURSE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The largest form of the login page, in bytes: anybody may send one.
const FORM_BYTES_MAX: usize = 4 * 1024;
/// The most memory that is set aside for a body before it arrives, in bytes.
const AHEAD_BYTES_MAX: usize = 64 * 1024;
/// How long a body may take to arrive.
pub const BODY_SECONDS_MAX: u64 = 30;
/// How deeply JSON may be nested.
pub const DEPTH_MAX: usize = 32;
/// How much of a body that is too large is read and dropped, so that its sender reads our
/// answer instead of a broken connection.
const DRAIN_BYTES_MAX: usize = 24 * 1024 * 1024;

const JSON: &str = "application/json";

/// A JSON body as text: UTF-8, not too large, not too deep, and well-formed.
#[derive(Debug)]
pub struct JsonText(pub String);

/// A JSON body as a type, with the hash of its canonical form.
#[derive(Debug)]
pub struct JsonBody<T> {
    pub value: T,
    /// Hash of its canonical form.
    pub hash: [u8; 16],
}

/// A JSON body that may be left out altogether.
#[derive(Debug)]
pub struct OptionalJson<T>(pub JsonBody<T>);

/// The last part of a path.
#[derive(Debug)]
pub struct PathId(pub String);

/// The query string as a type; unknown parameters are refused by the types themselves.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl FromRequest<AppState> for JsonText {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, Failure> {
        require_json(request.headers())?;
        let bytes = read_body(request).await?;
        well_formed(&bytes).map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<AppState> for JsonBody<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Failure> {
        let JsonText(text) = JsonText::from_request(request, state).await?;
        parse(&text)
    }
}

impl<T: DeserializeOwned> FromRequest<AppState> for OptionalJson<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, Failure> {
        let headers = request.headers().clone();
        let bytes = read_body(request).await?;
        if bytes.is_empty() {
            return parse("{}").map(Self);
        }
        require_json(&headers)?;
        parse(&well_formed(&bytes)?).map(Self)
    }
}

impl FromRequestParts<AppState> for PathId {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| Failure::UnknownRoute)
    }
}

impl<T: DeserializeOwned> FromRequestParts<AppState> for Params<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Failure> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        query
            .map(|Query(value)| Self(value))
            .map_err(|rejection| Failure::Query(rejection.body_text()))
    }
}

/// Reads a body that is not too large, does not come too slowly, and is not compressed.
///
/// Errors: [`Failure::TooLarge`], [`Failure::SlowBody`] or [`Failure::MediaType`].
pub async fn read_body(request: Request) -> Result<Bytes, Failure> {
    if encoded(request.headers()) {
        return Err(Failure::MediaType { expected: JSON });
    }
    let announced = header(request.headers(), CONTENT_LENGTH).and_then(|text| text.parse().ok());
    let max = bytes_max(&request);
    let collect = collect(request.into_body(), announced.unwrap_or(0), max);
    match tokio::time::timeout(Duration::from_secs(BODY_SECONDS_MAX), collect).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Failure::SlowBody { seconds: BODY_SECONDS_MAX }),
    }
}

fn bytes_max(request: &Request) -> usize {
    let path = request.uri().path();
    match *request.method() {
        Method::PUT if path.starts_with("/v1/courses/") => COURSE_BYTES_MAX,
        Method::POST if path == "/login" => FORM_BYTES_MAX,
        _ => BODY_BYTES_MAX,
    }
}

async fn collect(mut body: Body, announced: usize, max: usize) -> Result<Bytes, Failure> {
    let mut kept = Vec::with_capacity(announced.min(max).min(AHEAD_BYTES_MAX));
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let broken = |_| Failure::SlowBody { seconds: BODY_SECONDS_MAX };
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        seen = seen.saturating_add(data.len());
        if seen > DRAIN_BYTES_MAX {
            break;
        }
        if seen <= max {
            kept.extend_from_slice(&data);
        } else {
            kept.clear();
        }
    }
    if seen > max {
        return Err(Failure::TooLarge { max });
    }
    Ok(kept.into())
}

fn require_json(headers: &HeaderMap) -> Result<(), Failure> {
    let kind = header(headers, CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = kind == JSON || (kind.starts_with("application/") && kind.ends_with("+json"));
    if is_json { Ok(()) } else { Err(Failure::MediaType { expected: JSON }) }
}

fn encoded(headers: &HeaderMap) -> bool {
    header(headers, CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity")
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The whole body is looked at before any of it is believed, so that broken JSON is always called
/// broken, whatever else is wrong with it.
fn well_formed(bytes: &[u8]) -> Result<String, Failure> {
    check_depth(bytes)?;
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        Failure::MalformedJson { problem: "not UTF-8".to_owned(), line, column }
    })?;
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(malformed(&error)),
    }
}

fn malformed(error: &serde_json::Error) -> Failure {
    let whole = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let problem = field::shorten(whole.strip_suffix(&place).unwrap_or(&whole)).to_owned();
    Failure::MalformedJson { problem, line: error.line(), column: error.column() }
}

/// Counts brackets outside of texts, before the parser has to remember any.
fn check_depth(bytes: &[u8]) -> Result<(), Failure> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(Failure::LimitDepth { max: DEPTH_MAX });
                }
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Reads well-formed JSON as a type.
///
/// Errors: the first field that has another shape, with its pointer.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<JsonBody<T>, Failure> {
    let value = typed::<T>(text)?;
    let hash = canonical::hash(&typed::<Value>(text)?);
    Ok(JsonBody { value, hash })
}

fn typed<T: DeserializeOwned>(text: &str) -> Result<T, FieldProblem> {
    let mut reader = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(Objects(&mut reader))
        .map_err(|error| field::shape_problem(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &[u8], expected: &str) {
        let said = match well_formed(body) {
            Ok(_) => "fine".to_owned(),
            Err(Failure::MalformedJson { line, column, .. }) => format!("{line}:{column}"),
            Err(Failure::LimitDepth { .. }) => "deep".to_owned(),
            Err(other) => other.to_string(),
        };
        assert_eq!(said, expected, "{}", String::from_utf8_lossy(body));
    }

    #[test]
    fn broken_json_is_placed() {
        check(b"{\"a\":[1,2,3]}", "fine");
        check(b"{\"a\":1e999}", "fine");
        check(b"{\n\"a\":}", "2:5");
        check(b"{\"a\":NaN}", "1:6");
        check(b"{} x", "1:4");
        check(b"", "1:0");
        check(b"{\n\"\xff\"}", "2:2");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_given_up() {
        let began = tokio::time::Instant::now();
        let never = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
        let request = Request::new(Body::from_stream(never));
        let outcome = read_body(request).await;
        assert!(matches!(outcome, Err(Failure::SlowBody { seconds: 30 })), "{outcome:?}");
        assert_eq!(began.elapsed().as_secs(), BODY_SECONDS_MAX);
    }

    #[test]
    fn depth_is_counted_outside_of_texts() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        check(nested(32).as_bytes(), "fine");
        check(nested(33).as_bytes(), "deep");
        check("[".repeat(1_000_000).as_bytes(), "deep");
        check(format!("\"\\\"{}\"", "[".repeat(99)).as_bytes(), "fine");
    }
}
