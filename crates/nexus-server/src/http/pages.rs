//! Pages and their files, embedded into the binary; without data, so open to anybody.
//!
//! In a debug build they are read from disk at each request: reload, and the change is there.

use super::body::PathId;
use super::error::Failure;
use super::login::wants_page;
use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::Embed;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{PoisonError, RwLock};

#[derive(Embed)]
#[folder = "../../web/"]
#[include = "*.html"]
#[include = "*.js"]
#[include = "*.css"]
#[include = "*.svg"]
#[include = "*.woff2"]
#[include = "*.txt"]
#[include = "*.ico"]
#[include = "*.png"]
#[include = "*.json"]
#[exclude = "tests/*"]
struct Files;

/// Folders whose files are served; files beside them are pages.
const FOLDERS: [&str; 3] = ["app", "css", "vendor"];
/// Smaller files gain nothing from compression.
const GZIP_BYTES_MIN: usize = 1_024;

/// RapiDoc writes style elements of its own, so this one page allows them; scripts stay ours.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
     font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Compressed files by their hash, made at first sight.
static COMPRESSED: RwLock<BTreeMap<[u8; 32], Bytes>> = RwLock::new(BTreeMap::new());

/// Read the first page
#[utoipa::path(get, path = "/", tag = "pages",
    responses((status = 200, description = "A page", content_type = "text/html", body = String),
        (status = 304, description = "The browser has it already")))]
pub(super) async fn get_index(headers: HeaderMap) -> Result<Response, Failure> {
    file("index.html", &headers).ok_or(Failure::UnknownRoute)
}

/// A page
#[utoipa::path(get, path = "/{page}", tag = "pages",
    params(("page" = String, Path, description = "Its name, with or without `.html`")),
    responses((status = 200, description = "A page", content_type = "text/html", body = String),
        (status = 304, description = "The browser has it already")))]
pub(super) async fn get_page(
    PathId(page): PathId,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let found = file(&page, &headers).or_else(|| file(&format!("{page}.html"), &headers));
    match found.filter(|_| !page.contains('/')) {
        Some(found) => Ok(found),
        None => missing(headers).await,
    }
}

/// What is answered at an address where nothing is: a page to people, a problem to programs.
pub(super) async fn missing(headers: HeaderMap) -> Result<Response, Failure> {
    let page = wants_page(&headers).then(|| file("missing.html", &HeaderMap::new())).flatten();
    let mut page = page.ok_or(Failure::UnknownRoute)?;
    *page.status_mut() = StatusCode::NOT_FOUND;
    Ok(page)
}

/// The page to read and try this interface
#[utoipa::path(get, path = "/docs", tag = "pages",
    responses((status = 200, description = "A page", content_type = "text/html", body = String),
        (status = 304, description = "The browser has it already")))]
pub(super) async fn get_docs(headers: HeaderMap) -> Result<Response, Failure> {
    file("docs.html", &headers).ok_or(Failure::UnknownRoute)
}

/// The page on which a learner takes a course
///
/// The same file for every course. A learner's token follows `#token=`, which no browser sends.
#[utoipa::path(get, path = "/learn/{course}", tag = "pages",
    params(("course" = String, Path, description = "The course")),
    responses((status = 200, description = "A page", content_type = "text/html", body = String),
        (status = 304, description = "The browser has it already")))]
pub(super) async fn get_learn(headers: HeaderMap) -> Result<Response, Failure> {
    file("learn.html", &headers).ok_or(Failure::UnknownRoute)
}

/// The page of an experiment
///
/// The same file for every experiment.
#[utoipa::path(get, path = "/experiment/{id}", tag = "pages",
    params(("id" = String, Path, description = "The experiment")),
    responses((status = 200, description = "A page", content_type = "text/html", body = String),
        (status = 304, description = "The browser has it already")))]
pub(super) async fn get_experiment_page(headers: HeaderMap) -> Result<Response, Failure> {
    file("experiment.html", &headers).ok_or(Failure::UnknownRoute)
}

/// A script
#[utoipa::path(get, path = "/app/{*path}", tag = "pages",
    params(("path" = String, Path, description = "Its path")),
    responses((status = 200, description = "A file", content_type = "text/javascript", body = String),
        (status = 304, description = "The browser has it already")))]
pub(super) async fn get_app_file(
    PathId(path): PathId,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    file(&format!("app/{path}"), &headers).ok_or(Failure::UnknownRoute)
}

/// A style sheet
#[utoipa::path(get, path = "/css/{*path}", tag = "pages",
    params(("path" = String, Path, description = "Its path")),
    responses((status = 200, description = "A file", content_type = "text/css", body = String),
        (status = 304, description = "The browser has it already")))]
pub(super) async fn get_css_file(
    PathId(path): PathId,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    file(&format!("css/{path}"), &headers).ok_or(Failure::UnknownRoute)
}

/// A file made by others
#[utoipa::path(get, path = "/vendor/{*path}", tag = "pages",
    params(("path" = String, Path, description = "Its path")),
    responses((status = 200, description = "A file", content((String = "text/javascript"), (String = "text/plain"))),
        (status = 304, description = "The browser has it already")))]
pub(super) async fn get_vendor_file(
    PathId(path): PathId,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    file(&format!("vendor/{path}"), &headers).ok_or(Failure::UnknownRoute)
}

/// An embedded file, or that the browser has it already.
pub(super) fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let kind = media_type(path)?;
    if !is_plain(path) {
        return None;
    }
    let found = Files::get(path)?;
    let hash = found.metadata.sha256_hash();
    let zip = kind.is_text && found.data.len() >= GZIP_BYTES_MIN && accepts_gzip(headers);
    let tag = etag(&hash, zip);
    let mut response = if headers.get(IF_NONE_MATCH).is_some_and(|known| holds(known, &tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if zip {
        let mut response = Body::from(compressed(&hash, &found.data)).into_response();
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        response
    } else {
        Body::from(found.data.into_owned()).into_response()
    };
    let out = response.headers_mut();
    out.insert(CONTENT_TYPE, HeaderValue::from_static(kind.name));
    // Browsers keep the file and ask each time whether it is still the same.
    out.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(ETAG, tag);
    if path == "docs.html" {
        out.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(DOCS_POLICY));
    }
    Some(response)
}

struct MediaType {
    name: &'static str,
    is_text: bool,
}

/// Only kinds that are known are served at all.
fn media_type(path: &str) -> Option<MediaType> {
    let text = |name| Some(MediaType { name, is_text: true });
    let binary = |name| Some(MediaType { name, is_text: false });
    match path.rsplit_once('.')?.1 {
        "html" => text("text/html; charset=utf-8"),
        "js" => text("text/javascript; charset=utf-8"),
        "css" => text("text/css; charset=utf-8"),
        "svg" => text("image/svg+xml"),
        "json" => text("application/json"),
        "txt" => text("text/plain; charset=utf-8"),
        "woff2" => binary("font/woff2"),
        "png" => binary("image/png"),
        "ico" => binary("image/x-icon"),
        _ => None,
    }
}

/// A page beside the folders, or a file inside one of them; never a way out of them.
fn is_plain(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let steps_are_names = path.split('/').all(|step| !step.is_empty() && !step.starts_with('.'));
    let is_known = match path.split_once('/') {
        Some((folder, _)) => FOLDERS.contains(&folder),
        None => true,
    };
    is_known && steps_are_names && path.bytes().all(plain)
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.split(',').any(|one| one.trim() == "gzip"))
}

fn etag(hash: &[u8; 32], zip: bool) -> HeaderValue {
    let mut text = String::from("\"");
    for byte in &hash[..12] {
        text.push_str(&format!("{byte:02x}"));
    }
    text.push_str(if zip { "-gz\"" } else { "\"" });
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("\"\""))
}

fn holds(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(known), Ok(tag)) = (known.to_str(), tag.to_str()) else { return false };
    known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)
}

fn compressed(hash: &[u8; 32], data: &[u8]) -> Bytes {
    let known = COMPRESSED.read().unwrap_or_else(PoisonError::into_inner).get(hash).cloned();
    known.unwrap_or_else(|| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        // Writing into memory cannot fail.
        let _ = encoder.write_all(data);
        let made = Bytes::from(encoder.finish().unwrap_or_default());
        let mut all = COMPRESSED.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(*hash, made.clone());
        made
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_and_their_folders_are_files() {
        for (path, expected) in [
            ("index.html", true),
            ("app/live/chart.js", true),
            ("vendor/LICENSES/rapidoc.txt", true),
            ("tests/run.js", false),
            ("../Cargo.json", false),
            ("app/../index.html", false),
            ("app//x.js", false),
            ("app/.hidden.js", false),
            ("app/a%2e.js", false),
        ] {
            assert_eq!(is_plain(path), expected, "{path}");
        }
    }
}
