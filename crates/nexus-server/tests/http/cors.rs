//! A page of another site: what its browser is told, and that a learner's token of that site's own
//! server is enough.

use crate::harness::{Server, check_problem};
use jsonwebtoken::{EncodingKey, Header, encode};
use nexus_server::config::Config;
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

const SITE: &str = "https://learn.example";
const SECRET: &str = "a secret of a site, long enough to be one";

async fn server() -> Server {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("learn.secret"), format!("{SECRET}\n")).unwrap();
    let path = folder.path().join("nexus.toml");
    let text = format!(
        "cors_origins = ['{SITE}', 'http://127.0.0.1:5173']\n[[jwt.issuer]]\nissuer = 'site'\n\
         audience = 'nexus'\nalgorithm = 'HS256'\nsecret_file = 'learn.secret'\nkind = 'learner'\n"
    );
    std::fs::write(&path, text).unwrap();
    let config = Config::read(&path).unwrap();
    let server = Server::start_as(|state| {
        state.jwt = Arc::new(config.issuers().unwrap());
        state.origins = Arc::new(config.origins().unwrap());
    })
    .await;
    server.publish().await;
    server
}

fn token(secret: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({"iss": "site", "aud": "nexus", "sub": "ada", "exp": now + 900});
    encode(&Header::default(), &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn preflight(server: &Server, path: &str, origin: &str) -> RequestBuilder {
    let request = server.bare(Method::OPTIONS, path).header("origin", origin);
    let request = request.header("access-control-request-method", "POST");
    request.header("access-control-request-headers", "authorization,content-type")
}

/// The headers of the protocol, `vary` among them.
fn told(headers: &HeaderMap) -> Vec<(String, String)> {
    let of_protocol = |name: &str| name.starts_with("access-control-") || name == "vary";
    let told = headers.iter().filter(|(name, _)| of_protocol(name.as_str()));
    let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap().to_owned();
    let mut told: Vec<_> = told.map(|(name, value)| (name.to_string(), text(value))).collect();
    told.sort();
    told
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_of_a_named_site_is_answered_without_a_credential() {
    let server = server().await;
    let answer = preflight(&server, "/v1/decisions", SITE).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    let expected = [
        ("access-control-allow-headers", "authorization, content-type, x-request-id"),
        ("access-control-allow-methods", "GET, POST, PUT, DELETE"),
        ("access-control-allow-origin", SITE),
        ("access-control-max-age", "600"),
        ("vary", "Origin"),
    ];
    assert_eq!(told(answer.headers()), pairs(&expected));
    assert_eq!(answer.text().await.unwrap(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_told_nothing() {
    let server = server().await;
    for origin in [
        "https://evil.example",
        "https://learn.example.evil.example",
        "https://sub.learn.example",
        "http://learn.example",
        "https://learn.example:8443",
        "https://LEARN.example",
        "null",
        "*",
    ] {
        let answer = preflight(&server, "/v1/decisions", origin).send().await.unwrap();
        assert!(answer.status().is_client_error(), "{origin}: {}", answer.status());
        assert_eq!(told(answer.headers()), pairs(&[("vary", "Origin")]), "{origin}");
        let asked = server.get("/v1/courses").header("origin", origin);
        let answer = asked.send().await.unwrap();
        assert_eq!(told(answer.headers()), pairs(&[("vary", "Origin")]), "{origin}");
    }
    // What is outside the API is for our own pages.
    for path in ["/login", "/", "/healthz", "/v1"] {
        let answer = preflight(&server, path, SITE).send().await.unwrap();
        assert!(answer.status().is_client_error(), "{path}: {}", answer.status());
        assert_eq!(told(answer.headers()), pairs(&[]), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_named_site_there_is_no_cors() {
    let server = Server::with_course().await;
    let answer = preflight(&server, "/v1/decisions", SITE).send().await.unwrap();
    assert!(answer.status().is_client_error());
    assert_eq!(told(answer.headers()), pairs(&[]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_with_a_token_of_its_own_server_asks_and_reads_the_answer() {
    let server = server().await;
    let ask = |token: String, learner: &str| {
        let body = json!({"learner": learner, "course": "sums"});
        let request = server.bare(Method::POST, "/v1/decisions").bearer_auth(token);
        request.header("origin", SITE).json(&body)
    };
    let expected = pairs(&[
        ("access-control-allow-origin", SITE),
        ("access-control-expose-headers", "retry-after, x-request-id"),
        ("vary", "Origin"),
    ]);
    let answer = ask(token(SECRET), "ada").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), told(answer.headers())), (200, expected.clone()));
    // Errors can be read by the page too: without the headers it would only see "failed to fetch".
    for (token, learner, status, code) in [
        (token(SECRET), "grace", 403, "foreign_learner"),
        (token("another secret, which is long enough"), "ada", 401, "bad_credential"),
    ] {
        let answer = ask(token, learner).send().await.unwrap();
        assert_eq!(told(answer.headers()), expected);
        check_problem(answer, status, code).await;
    }
}
