//! The whole surface: every route has its guard and its place in the document.

use crate::harness::{Server, check_problem, document};
use nexus_api::events::EventType;
use nexus_server::http::{Access, openapi_json, routes};
use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeSet;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What anybody may ask: no data. Everything else says who may.
const OPEN: [&str; 16] = [
    "GET /",
    "GET /app/{path}",
    "GET /course/{id}",
    "GET /css/{path}",
    "GET /docs",
    "GET /healthz",
    "GET /experiment/{id}",
    "GET /glossary.md",
    "GET /learn/{course}",
    "GET /login",
    "GET /problems/{code}",
    "GET /openapi.json",
    "GET /policy/{course}",
    "GET /readyz",
    "GET /{page}",
    "POST /login",
];

#[test]
fn routes_and_document_are_the_same() {
    let listed: BTreeSet<_> =
        routes().iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    let mut documented = BTreeSet::new();
    for (path, entry) in document()["paths"].as_object().unwrap() {
        for method in entry.as_object().unwrap().keys() {
            documented.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    assert_eq!(listed, documented);
    let open = routes().into_iter().filter(|route| route.access == Access::Open);
    let open: BTreeSet<_> = open.map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(open, OPEN.map(str::to_owned).into());
}

#[test]
fn the_document_in_the_repository_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == openapi_json(), "docs/openapi.json is old: run `cargo xtask generate`");
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    fn look(value: &Value, schemas: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(target) = fields.get("$ref").and_then(Value::as_str) {
                    let name = target.strip_prefix("#/components/schemas/").unwrap();
                    assert!(schemas[name].is_object(), "{target}");
                }
                fields.values().for_each(|value| look(value, schemas));
            }
            Value::Array(values) => values.iter().for_each(|value| look(value, schemas)),
            _ => {}
        }
    }
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    look(&document, &document["components"]["schemas"]);
}

#[test]
fn the_document_has_every_word_of_the_engine() {
    let document = document();
    for (name, words) in nexus_api::words::lists() {
        let listed = &document["components"]["schemas"][name]["enum"];
        assert_eq!(*listed, serde_json::json!(words), "{name}");
    }
    let fallbacks = &document["components"]["schemas"]["Fallback"]["enum"];
    assert_eq!(*fallbacks, serde_json::json!(["invalid_distribution", "kill_switch"]));
    let events = &document["components"]["schemas"]["LearnerEvent"]["discriminator"]["mapping"];
    let types: BTreeSet<&str> = events.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(types, EventType::ALL.map(EventType::word).into());
}

#[test]
fn operations_have_a_name_of_their_own_and_say_what_may_go_wrong() {
    let document = document();
    let mut names = BTreeSet::new();
    for (path, entry) in document["paths"].as_object().unwrap() {
        for (method, operation) in entry.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} comes twice");
            let responses = operation["responses"].as_object().unwrap();
            let problems = responses.iter().filter(|(status, _)| *status >= &"4".to_owned());
            for (status, response) in problems.clone() {
                let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(*schema, "#/components/schemas/Problem", "{method} {path} {status}");
            }
            assert!(problems.count() >= 3, "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_closed_without_a_credential() {
    let server = Server::start().await;
    for route in routes().into_iter().filter(|route| route.access != Access::Open) {
        let path = route.path.replace("{id}", "x").replace("{version}", "1");
        let method = Method::from_bytes(route.method.as_str().as_bytes()).unwrap();
        let answer = server.bare(method, &path).send().await.unwrap();
        let challenge = answer.headers().get("www-authenticate").cloned();
        check_problem(answer, 401, "no_credential").await;
        assert!(challenge.is_some(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scoped_route_asks_for_its_scope() {
    let server = Server::start().await;
    let (key, _) = server.new_key(&["something:else"]);
    for route in routes() {
        let Access::Scope(_) = route.access else { continue };
        let path = route.path.replace("{id}", "x").replace("{version}", "1");
        let method = Method::from_bytes(route.method.as_str().as_bytes()).unwrap();
        let answer = server.bare(method, &path).bearer_auth(&key).send().await.unwrap();
        check_problem(answer, 403, "missing_scope").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_served_with_a_strict_policy() {
    let server = Server::start().await;
    for path in ["/", "/login", "/css/base.css", "/app/api.js"] {
        let answer = server.bare(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"));
        let tag = answer.headers()["etag"].clone();
        let again = server.bare(Method::GET, path).header("if-none-match", tag);
        assert_eq!(again.send().await.unwrap().status(), 304, "{path}");
    }
    let zipped = server.bare(Method::GET, "/app/api.js").header("accept-encoding", "gzip");
    let zipped = zipped.send().await.unwrap();
    assert_eq!(zipped.headers()["content-encoding"], "gzip");
    let strict = server.bare(Method::GET, "/docs").send().await.unwrap();
    let policy = strict.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let glossary = server.bare(Method::GET, "/glossary.md").send().await.unwrap();
    let kept = include_str!("../../../../docs/glossary.md");
    assert_eq!(glossary.text().await.unwrap(), kept, "one glossary, served as it is");
    // Over a bare socket, because clients tidy such addresses before they send them.
    for path in [
        "/app/%2e%2e/index.html",
        "/app/../index.html",
        "/css/..%2f..%2fCargo.toml",
        "/tests/run.mjs",
        "/Cargo.toml",
        "/..%2fCargo.toml",
    ] {
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics() {
    let server = Server::start().await;
    for (path, status) in [("/healthz", "alive"), ("/readyz", "ready")] {
        let answer = server.bare(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.json::<Value>().await.unwrap()["status"], status);
    }
    let text = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    for name in ["nexus_events_total{status=\"accepted\"} 0", "nexus_ready 1", "nexus_queue_depth"]
    {
        assert!(text.contains(name), "{text}");
    }
    server.node.stop_node();
    let mut node = server.node.clone();
    while node.health_changed().await != nexus_server::node::Health::Stopping {}
    let answer = server.bare(Method::GET, "/readyz").send().await.unwrap();
    check_problem(answer, 503, "stopping").await;
    let answer = server.get("/v1/courses").send().await.unwrap();
    check_problem(answer, 503, "stopping").await;
}
