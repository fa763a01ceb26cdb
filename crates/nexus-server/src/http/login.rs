//! `/login` and `/logout`: a browser trades a key for a session that reads, and does what a page offers.

use super::body::read_body;
use super::error::Failure;
use super::guard::{require_same_site, session_cookie};
use super::openapi::{CrossSite, WrongCredential};
use super::pages;
use super::state::AppState;
use crate::auth::CredentialFault;
use crate::auth::sessions::{COOKIE, LIFE, Opener};
use axum::extract::{Query, Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use subtle::ConstantTimeEq;

/// What is shown when there is no login page of its own.
const PLAIN_PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
     <title>Nexus: log in</title><h1>Log in</h1><form method=\"post\" action=\"/login\">\
     <label>API key <input type=\"password\" name=\"key\" autocomplete=\"off\" required></label> \
     <button>Log in</button></form></html>";

/// Log in by a link, or see the login page
///
/// With the `token` of the link that `nexus` prints when it starts, the answer sets the cookie
/// `nexus_session` and leads to `/`.
#[utoipa::path(get, path = "/login", tag = "pages",
    params(("token" = Option<String>, Query, description = "The printed link's own token")),
    responses((status = 200, description = "The login page", content_type = "text/html",
        body = String), (status = 303, description = "Logged in"), WrongCredential))]
pub(super) async fn get_login(
    State(state): State<AppState>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let Some(token) = parameter(uri.query().unwrap_or_default(), "token") else {
        let page = pages::file("login.html", &headers);
        return Ok(page.unwrap_or_else(|| Html(PLAIN_PAGE).into_response()));
    };
    let expected = state.login_token.as_deref().unwrap_or_default();
    let same = bool::from(expected.as_bytes().ct_eq(token.as_bytes()));
    if expected.is_empty() || !same {
        if wants_page(&headers) {
            return Ok(see_other("/login?error=1", None));
        }
        return Err(Failure::Credential(CredentialFault::Bad));
    }
    logged_in(&state, Opener::LoginLink)
}

/// Log in with an API key
///
/// A form with the field `key`. The session lasts twelve hours and ends with its key.
#[utoipa::path(post, path = "/login", tag = "pages",
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Logged in, or back to the page that asks"),
        WrongCredential, CrossSite))]
pub(super) async fn post_login(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, Failure> {
    let headers = request.headers().clone();
    require_form(&headers)?;
    // Another site must not log a person in under another identity. Programs send neither header.
    if headers.contains_key("origin") || headers.contains_key("sec-fetch-site") {
        require_same_site(&headers)?;
    }
    let body = read_body(request).await?;
    let form = String::from_utf8_lossy(&body);
    let key = parameter(&form, "key").unwrap_or_default();
    match state.keys.check(key.trim()) {
        Ok(holder) => logged_in(&state, Opener::from(&holder)),
        Err(fault) if fault == CredentialFault::Unavailable => Err(fault.into()),
        Err(_) if wants_page(&headers) => Ok(see_other("/login?error=1", None)),
        Err(fault) => Err(fault.into()),
    }
}

/// Log out
#[utoipa::path(post, path = "/logout", tag = "pages",
    responses((status = 303, description = "The session has ended")))]
pub(super) async fn post_logout(State(state): State<AppState>, headers: HeaderMap) -> Response {
    if let Some(cookie) = session_cookie(&headers) {
        state.sessions.close(cookie);
    }
    see_other("/login", cookie(&state, "", 0))
}

fn logged_in(state: &AppState, opener: Opener) -> Result<Response, Failure> {
    let value = state.sessions.open(opener).map_err(|_| Failure::Internal)?;
    Ok(see_other("/", cookie(state, &value, LIFE.as_secs())))
}

fn cookie(state: &AppState, value: &str, seconds: u64) -> Option<HeaderValue> {
    let secure = if state.https { "; Secure" } else { "" };
    let text =
        format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::try_from(text).ok()
}

fn see_other(place: &'static str, cookie: Option<HeaderValue>) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(LOCATION, HeaderValue::from_static(place));
    if let Some(cookie) = cookie {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// One field of a form or a query string.
fn parameter(encoded: &str, name: &str) -> Option<String> {
    let uri: Uri = format!("/?{encoded}").parse().ok()?;
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&uri).ok()?;
    pairs.into_iter().find(|(field, _)| field == name).map(|(_, value)| value)
}

fn require_form(headers: &HeaderMap) -> Result<(), Failure> {
    const FORM: &str = "application/x-www-form-urlencoded";
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if kind == FORM { Ok(()) } else { Err(Failure::MediaType { expected: FORM }) }
}

pub(super) fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}
