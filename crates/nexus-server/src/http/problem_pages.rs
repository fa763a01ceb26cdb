//! `/problems/{code}`: where the `type` of an error leads. The words are those of `docs/problems.md`.

use super::body::PathId;
use super::error::Failure;
use super::pages;
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Response};

const WORDS: &str = include_str!("../../../../docs/problems.md");

/// What an error code means, and what to do
///
/// The `type` of every error is the address of its code here.
#[utoipa::path(get, path = "/problems/{code}", tag = "pages",
    params(("code" = String, Path, description = "The code of a problem")),
    responses((status = 200, description = "A page", content_type = "text/html", body = String)))]
pub(super) async fn get_problem(
    PathId(code): PathId,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    match words_of(&code) {
        Some(words) => Ok(Html(page(&code, words)).into_response()),
        None => pages::missing(headers).await,
    }
}

/// What stands under the heading of a code.
#[must_use]
fn words_of(code: &str) -> Option<&'static str> {
    let sections = WORDS.split("\n## ").skip(1);
    let mut named = sections.filter_map(|section| section.split_once('\n'));
    named.find(|(heading, _)| *heading == code).map(|(_, words)| words.trim())
}

/// The code is one of ours and the words are in the repository: neither needs escaping.
fn page(code: &str, words: &str) -> String {
    let words = html(words);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{code} · Nexus</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <link rel=\"stylesheet\" href=\"/css/tokens.css\">\n\
         <link rel=\"stylesheet\" href=\"/css/base.css\">\n\
         <link rel=\"stylesheet\" href=\"/css/frame.css\">\n</head>\n<body>\n<main id=\"main\">\n\
         <h1><code>{code}</code></h1>\n<p>{words}</p>\n\
         <p><a href=\"/docs\">The API</a></p>\n</main>\n</body>\n</html>\n"
    )
}

/// A paragraph of Markdown with code and links, and nothing else.
fn html(words: &str) -> String {
    let mut text = String::new();
    for (position, part) in words.split('`').enumerate() {
        match position % 2 {
            0 => text.push_str(&linked(part)),
            _ => text.push_str(&format!("<code>{part}</code>")),
        }
    }
    text
}

fn linked(text: &str) -> String {
    let Some((before, rest)) = text.split_once('[') else { return text.to_owned() };
    match rest.split_once("](").and_then(|(name, rest)| Some((name, rest.split_once(')')?))) {
        Some((name, (address, after))) => {
            format!("{before}<a href=\"{address}\">{name}</a>{}", linked(after))
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every word in quotes that follows a mark in a source: the codes of a match.
    fn codes(source: &str, mark: &str) -> Vec<String> {
        let rest = source.split(mark).skip(1).filter_map(|part| part.split_once('"'));
        let codes = rest.map(|(code, _)| code.to_owned());
        codes.filter(|code| code.chars().all(|it| it.is_ascii_lowercase() || it == '_')).collect()
    }

    #[test]
    fn every_code_that_an_error_can_have_is_explained() {
        let refusals = include_str!("../../../nexus-engine/src/refusal.rs");
        let failures = include_str!("error.rs");
        let mut all = codes(refusals, "=> (\"");
        let before = all.len();
        assert!(before > 60, "{before} refusals were found");
        for mark in [
            "UNPROCESSABLE, \"",
            "StatusCode::BAD_REQUEST, \"",
            "unauthorized, \"",
            "StatusCode::CONFLICT, \"",
            "unavailable, \"",
            "StatusCode::FORBIDDEN, \"",
            "StatusCode::NOT_FOUND, \"",
            "StatusCode::SERVICE_UNAVAILABLE, \"",
            "StatusCode::TOO_MANY_REQUESTS, \"",
            "StatusCode::REQUEST_TIMEOUT, \"",
            "StatusCode::PAYLOAD_TOO_LARGE, \"",
            "StatusCode::UNSUPPORTED_MEDIA_TYPE, \"",
            "StatusCode::METHOD_NOT_ALLOWED, \"",
            "StatusCode::INTERNAL_SERVER_ERROR, \"",
            "StatusCode::INSUFFICIENT_STORAGE, \"",
        ] {
            all.extend(codes(failures, mark));
        }
        assert!(all.len() > before + 25, "{} failures were found", all.len() - before);
        let missing: Vec<_> = all.iter().filter(|code| words_of(code).is_none()).collect();
        assert!(missing.is_empty(), "docs/problems.md lacks {missing:?}");
    }

    #[test]
    fn words_become_a_page() {
        let page = html("Send `a` or see [the API](/docs), twice: [it](/x).");
        let expected = "Send <code>a</code> or see <a href=\"/docs\">the API</a>, twice: \
             <a href=\"/x\">it</a>.";
        assert_eq!(page, expected);
    }
}
