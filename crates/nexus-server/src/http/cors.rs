//! Pages of other sites: which of them may call, and what a browser is told (the CORS protocol of the
//! Fetch standard).
//!
//! Only `/v1/` is shared, and only with origins that the configuration names, each exactly. A browser
//! is never told that it may send its cookie along: pages of other sites come with a token.

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeSet;
use thiserror::Error;

const SHARED: &str = "/v1/";
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, DELETE");
const REQUEST_HEADERS: HeaderValue =
    HeaderValue::from_static("authorization, content-type, x-request-id");
const ANSWER_HEADERS: HeaderValue = HeaderValue::from_static("retry-after, x-request-id");
/// How long a browser may go by a preflight: ten minutes, so that a change is soon seen.
const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("600");

/// Origins whose pages may call; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedOrigins(BTreeSet<String>);

/// Why a text is no origin that a browser would send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OriginFault {
    /// It would share everything with everybody.
    #[error("every site must be named")]
    Wildcard,
    /// It has another form.
    #[error(
        "write it as a browser sends it: `https://learn.example`, in lower case, with a port only \
         when it is not the usual one, and nothing after it"
    )]
    Form,
}

impl AllowedOrigins {
    /// Origins by their texts.
    ///
    /// Errors: the first text that is no origin, and why.
    pub fn new(texts: &[String]) -> Result<Self, (String, OriginFault)> {
        let origin = |text: &String| match check(text) {
            Ok(()) => Ok(text.clone()),
            Err(fault) => Err((text.clone(), fault)),
        };
        texts.iter().map(origin).collect::<Result<_, _>>().map(Self)
    }

    fn named(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        // Two headers are two claims, and we would have to choose.
        let mut values = headers.get_all(ORIGIN).iter();
        let (origin, None) = (values.next()?, values.next()) else { return None };
        self.0.contains(origin.to_str().ok()?).then(|| origin.clone())
    }
}

fn check(text: &str) -> Result<(), OriginFault> {
    if text.contains('*') {
        return Err(OriginFault::Wildcard);
    }
    let uri: Uri = text.parse().map_err(|_| OriginFault::Form)?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(OriginFault::Form);
    };
    let usual_port = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return Err(OriginFault::Form),
    };
    let plain = authority.as_str();
    let fits = text == format!("{scheme}://{plain}")
        && plain.to_ascii_lowercase() == plain
        && !plain.contains('@')
        && authority.port_u16() != Some(usual_port);
    if fits { Ok(()) } else { Err(OriginFault::Form) }
}

/// What a request asks of the protocol.
pub(super) struct CrossOrigin {
    /// The page's origin, when it may call here.
    origin: Option<HeaderValue>,
    is_preflight: bool,
    /// Whether answers differ by who asks.
    varies: bool,
}

impl CrossOrigin {
    pub(super) fn of(allowed: &AllowedOrigins, request: &Request) -> Self {
        let shared = request.uri().path().starts_with(SHARED) && !allowed.0.is_empty();
        let origin = if shared { allowed.named(request.headers()) } else { None };
        let is_preflight = request.method() == Method::OPTIONS
            && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        Self { origin, is_preflight, varies: shared }
    }

    /// What a browser is told that asks first whether it may; it sends no credential with that.
    pub(super) fn preflight_answer(&self) -> Option<Response> {
        if !self.is_preflight || self.origin.is_none() {
            return None;
        }
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
        headers.insert(ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
        Some(response)
    }

    /// Every answer says whose page may read it, errors too.
    pub(super) fn write_headers(&self, response: &mut Response) {
        let headers = response.headers_mut();
        if self.varies {
            headers.append(VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = &self.origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            if !self.is_preflight {
                headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_sends() {
        let made = |text: &str| AllowedOrigins::new(&[text.to_owned()]).map_err(|(_, why)| why);
        for text in ["https://learn.example", "http://127.0.0.1:5173", "https://[::1]:8443"] {
            assert!(made(text).is_ok(), "{text}");
        }
        for text in ["*", "https://*.example"] {
            assert_eq!(made(text), Err(OriginFault::Wildcard), "{text}");
        }
        for text in [
            "null",
            "learn.example",
            "https://learn.example/",
            "https://learn.example/app",
            "https://Learn.example",
            "https://learn.example:443",
            "https://me@learn.example",
            "ftp://learn.example",
            "",
        ] {
            assert_eq!(made(text), Err(OriginFault::Form), "{text}");
        }
    }
}
