//! What every answer carries: the version that is spoken.

use super::super::error::Failure;
use axum::http::header::{CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use nexus_ingest::xapi::XapiVersion;
use serde_json::Value;

const VERSION: HeaderName = HeaderName::from_static("x-experience-api-version");

/// The version that a request speaks.
///
/// Errors: it does not say, or speaks another one.
pub(super) fn version_of(headers: &HeaderMap) -> Result<XapiVersion, Failure> {
    let written = headers.get(VERSION).and_then(|value| value.to_str().ok());
    let detail = match written {
        None => "send the header X-Experience-API-Version, such as 1.0.3".to_owned(),
        Some(written) => match XapiVersion::of(written) {
            Some(version) => return Ok(version),
            None => format!("versions 1.0.x and 2.0.x are spoken here, not {written:?}"),
        },
    };
    Err(Failure::statement("", "bad_version", &detail))
}

/// The answer of some work, with the version in its header, whatever came of it.
pub(super) async fn answered(
    headers: &HeaderMap,
    work: impl Future<Output = Result<Response, Failure>>,
) -> Response {
    let version = version_of(headers).unwrap_or(XapiVersion::V1);
    let mut answer = work.await.unwrap_or_else(IntoResponse::into_response);
    answer.headers_mut().insert(VERSION, spoken(version));
    answer
}

fn spoken(version: XapiVersion) -> HeaderValue {
    HeaderValue::from_static(match version {
        XapiVersion::V1 => "1.0.3",
        XapiVersion::V2 => "2.0.0",
    })
}

pub(super) fn json_answer(version: XapiVersion, value: &Value) -> Response {
    text_answer(version, value.to_string())
}

/// JSON that is text already.
pub(super) fn text_answer(version: XapiVersion, text: String) -> Response {
    let headers =
        [(CONTENT_TYPE, HeaderValue::from_static("application/json")), (VERSION, spoken(version))];
    (headers, text).into_response()
}
