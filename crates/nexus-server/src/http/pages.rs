//! Pages and their files, embedded into the binary; without data, so open to anybody.
//!
//! In a debug build they are read from disk at each request: reload, and the change is there.

use super::body::PathId;
use super::error::Failure;
use super::login::wants_page;
use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::Embed;
use std::borrow::Cow;
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
const FOLDERS: [&str; 2] = ["app", "css"];
/// Smaller files gain nothing from packing.
const PACKED_BYTES_MIN: usize = 256;

/// The glossary, as the repository has it.
const GLOSSARY: &str = include_str!("../../../../docs/glossary.md");
const MARKDOWN: MediaType =
    MediaType { name: "text/markdown; charset=utf-8", is_text: true, has_comments: false };

/// Packed files by the hash of the file.
static PACKED: RwLock<BTreeMap<([u8; 32], Packing), Bytes>> = RwLock::new(BTreeMap::new());

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

/// The page of the policies of a course
///
/// The same file for every course.
#[utoipa::path(get, path = "/policy/{course}", tag = "pages",
    params(("course" = String, Path, description = "The course")),
    responses((status = 200, description = "A page", content_type = "text/html", body = String),
        (status = 304, description = "The browser has it already")))]
pub(super) async fn get_policy_page(headers: HeaderMap) -> Result<Response, Failure> {
    file("policy.html", &headers).ok_or(Failure::UnknownRoute)
}

/// The page of a course
///
/// The same file for every course.
#[utoipa::path(get, path = "/course/{id}", tag = "pages",
    params(("id" = String, Path, description = "The course")),
    responses((status = 200, description = "A page", content_type = "text/html", body = String),
        (status = 304, description = "The browser has it already")))]
pub(super) async fn get_course_page(headers: HeaderMap) -> Result<Response, Failure> {
    file("course.html", &headers).ok_or(Failure::UnknownRoute)
}

/// Read the glossary
///
/// `docs/glossary.md` of this version, from which `/help` is made.
#[utoipa::path(get, path = "/glossary.md", tag = "pages",
    responses((status = 200, description = "Markdown", content_type = "text/markdown", body = String),
        (status = 304, description = "The browser has it already")))]
pub(super) async fn get_glossary(headers: HeaderMap) -> Response {
    let hash = blake3::hash(GLOSSARY.as_bytes());
    sent(MARKDOWN, GLOSSARY.as_bytes().into(), hash.as_bytes(), &headers)
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

/// An embedded file, or that the browser has it already.
pub(super) fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let kind = media_type(path)?;
    if !is_plain(path) {
        return None;
    }
    let found = Files::get(path)?;
    let hash = found.metadata.sha256_hash();
    Some(sent(kind, found.data, &hash, headers))
}

/// A file on its way, or that the browser has it already.
fn sent(kind: MediaType, data: Cow<'_, [u8]>, hash: &[u8; 32], headers: &HeaderMap) -> Response {
    let is_packed = kind.is_text && data.len() >= PACKED_BYTES_MIN;
    let packing = if is_packed { Packing::accepted(headers) } else { None };
    let tag = etag(hash, packing);
    let mut response = if headers.get(IF_NONE_MATCH).is_some_and(|known| holds(known, &tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if let Some(packing) = packing {
        let mut response = Body::from(packed(packing, &kind, hash, &data)).into_response();
        let name = HeaderValue::from_static(packing.name());
        response.headers_mut().insert(CONTENT_ENCODING, name);
        response
    } else {
        Body::from(data.into_owned()).into_response()
    };
    let out = response.headers_mut();
    out.insert(CONTENT_TYPE, HeaderValue::from_static(kind.name));
    // Browsers keep the file and ask each time whether it is still the same.
    out.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(ETAG, tag);
    response
}

/// How a file is made smaller on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Packing {
    Brotli,
    Gzip,
}

impl Packing {
    /// The smaller one of those that a browser takes. Most take Brotli only over HTTPS and at home.
    fn accepted(headers: &HeaderMap) -> Option<Self> {
        let accepted = headers.get(ACCEPT_ENCODING)?.to_str().ok()?;
        let takes = |name| accepted.split(',').any(|one| one.trim() == name);
        [Self::Brotli, Self::Gzip].into_iter().find(|packing| takes(packing.name()))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    fn pack(self, data: &[u8]) -> Vec<u8> {
        // Writing into memory cannot fail.
        match self {
            Self::Brotli => {
                let mut out = Vec::new();
                let settings = brotli::enc::BrotliEncoderParams {
                    mode: brotli::enc::backward_references::BrotliEncoderMode::BROTLI_MODE_TEXT,
                    size_hint: data.len(),
                    ..Default::default()
                };
                let _ = brotli::BrotliCompress(&mut &*data, &mut out, &settings);
                out
            }
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
                let _ = encoder.write_all(data);
                encoder.finish().unwrap_or_default()
            }
        }
    }
}

/// A script or a style sheet without the lines that only people read: whoever reads them asks for
/// the file as it is.
fn squeezed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_comment = false;
    for line in text.lines() {
        let words = line.trim();
        if in_comment {
            in_comment = !words.ends_with("*/");
        } else if words.starts_with("/*") && !words.contains("*/") {
            in_comment = true;
        } else if !(words.is_empty()
            || words.starts_with("//")
            || words.starts_with("/*") && words.ends_with("*/"))
        {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

struct MediaType {
    name: &'static str,
    is_text: bool,
    /// Whether lines of it are for people alone.
    has_comments: bool,
}

/// Only kinds that are known are served at all.
fn media_type(path: &str) -> Option<MediaType> {
    let text = |name| Some(MediaType { name, is_text: true, has_comments: false });
    let code = |name| Some(MediaType { name, is_text: true, has_comments: true });
    let binary = |name| Some(MediaType { name, is_text: false, has_comments: false });
    match path.rsplit_once('.')?.1 {
        "html" => text("text/html; charset=utf-8"),
        "js" => code("text/javascript; charset=utf-8"),
        "css" => code("text/css; charset=utf-8"),
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

fn etag(hash: &[u8; 32], packing: Option<Packing>) -> HeaderValue {
    let mut text = String::from("\"");
    for byte in &hash[..12] {
        text.push_str(&format!("{byte:02x}"));
    }
    if let Some(packing) = packing {
        text.push('-');
        text.push_str(packing.name());
    }
    text.push('"');
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("\"\""))
}

fn holds(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(known), Ok(tag)) = (known.to_str(), tag.to_str()) else { return false };
    known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)
}

/// A file as it is sent, made at first sight.
fn packed(packing: Packing, kind: &MediaType, hash: &[u8; 32], data: &[u8]) -> Bytes {
    let key = (*hash, packing);
    let known = PACKED.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    known.unwrap_or_else(|| {
        let made = Bytes::from(match std::str::from_utf8(data) {
            Ok(text) if kind.has_comments => packing.pack(squeezed(text).as_bytes()),
            _ => packing.pack(data),
        });
        PACKED.write().unwrap_or_else(PoisonError::into_inner).insert(key, made.clone());
        made
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_stay_at_home() {
        let text = "// What it is.\n\nconst a = 1; // why\n/** @type {x} */\n/**\n * Long.\n */\n  b(`\n  c`);\n/* d */ e();\n";
        assert_eq!(squeezed(text), "const a = 1; // why\n  b(`\n  c`);\n/* d */ e();\n");
        let ours = include_str!("../../../../web/app/dom.js");
        let sent = squeezed(ours);
        assert!(sent.len() < ours.len() && sent.contains("export function fill("));
        assert!(!sent.lines().any(|line| line.trim_start().starts_with("* ")), "{sent}");
    }

    #[test]
    fn a_browser_gets_the_smallest_that_it_takes() {
        let takes = |text| {
            let headers = [(ACCEPT_ENCODING, HeaderValue::from_static(text))];
            Packing::accepted(&headers.into_iter().collect())
        };
        assert_eq!(takes("gzip, deflate, br, zstd"), Some(Packing::Brotli));
        assert_eq!(takes("gzip, deflate"), Some(Packing::Gzip));
        assert_eq!(takes("identity"), None);
        let data = include_bytes!("../../../../web/app/words.js");
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut Packing::Brotli.pack(data).as_slice(), &mut back).unwrap();
        assert_eq!(back, data);
        assert!(Packing::Brotli.pack(data).len() < Packing::Gzip.pack(data).len());
    }

    #[test]
    fn only_pages_and_their_folders_are_files() {
        for (path, expected) in [
            ("index.html", true),
            ("app/live/chart.js", true),
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
