//! Every wrong input, as a table: what was sent, and the problem it gets.

use crate::harness::{Server, check, course, event};
use reqwest::{Body, Method};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn broken_bodies() {
    let server = Server::with_course().await;
    let decide = |body: &str| server.post_text("/v1/decisions", body.to_owned());
    for (body, status, code) in [
        ("", 400, "malformed_json"),
        ("{", 400, "malformed_json"),
        ("{\"learner\": }", 400, "malformed_json"),
        ("{\"learner\": NaN, \"course\": \"sums\"}", 400, "malformed_json"),
        ("{\"learner\": 3, }", 400, "malformed_json"),
        ("{} {}", 400, "malformed_json"),
        ("null", 422, "schema_violation"),
        ("[]", 422, "schema_violation"),
        ("{}", 422, "schema_violation"),
        ("{\"learner\": 1e999, \"course\": \"sums\"}", 422, "non_finite_number"),
        ("{\"learner\": \"a\", \"course\": \"sums\", \"counts\": 3}", 422, "schema_violation"),
        ("{\"learner\": \"a\", \"course\": \"sums\", \"learner\": \"b\"}", 422, "schema_violation"),
        ("{\"learner\": \"a\\tb\", \"course\": \"sums\"}", 422, "schema_violation"),
        ("{\"learner\": \"\", \"course\": \"sums\"}", 422, "schema_violation"),
        ("{\"learner\": \"a\", \"course\": \"gone\"}", 404, "unknown_course"),
    ] {
        check(decide(body), status, code).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_point_at_the_place() {
    let server = Server::with_course().await;
    let problem =
        check(server.post_text("/v1/decisions", "{\n \"learner\": tru }"), 400, "malformed_json");
    let detail = problem.await["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("line 2 column"), "{detail}");
    for (body, pointer) in [
        (r#"{"learner": 3, "course": "sums"}"#, "/learner"),
        (r#"{"learner": "a", "course": "sums", "exclude": ["x", 4]}"#, "/exclude/1"),
        (r#"{"learner": "a", "course": "sums", "candidates": ["x y"]}"#, "/candidates/0"),
        (r#"{"learner": "a", "course": "sums", "decision_id": "rwd:1"}"#, "/decision_id"),
    ] {
        let request = server.post_text("/v1/decisions", body);
        let problem = check(request, 422, "schema_violation").await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    for body in ["\"x\"", "3", "null"] {
        let problem = check(server.post_text("/v1/events", body), 422, "schema_violation").await;
        let detail = problem["detail"].as_str().unwrap();
        let expected = r#"expected {"events": [...]} or an array of events"#;
        assert!(detail.contains(expected), "{detail}");
    }
    let mut file = course();
    file["id"] = "other".into();
    let problem = check(server.put("/v1/courses/sums").json(&file), 422, "schema_violation").await;
    assert_eq!(problem["errors"][0]["code"], "id_mismatch");
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs() {
    let server = Server::with_course().await;
    let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    check(server.post_text("/v1/decisions", nested(10_000)), 400, "limit_depth").await;
    check(server.post_text("/v1/events", nested(33)), 400, "limit_depth").await;
    let large = |n: usize| format!("{{\"learner\": \"{}\"}}", "x".repeat(n));
    check(server.post_text("/v1/decisions", large(10_000_000)), 413, "too_large").await;
    check(server.post_text("/v1/decisions", large(1024 * 1024 - 14)), 413, "too_large").await;
    let unannounced = Body::wrap_stream(futures_util::stream::iter(
        (0..2_000).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1024])),
    ));
    let request = server.post("/v1/events").header("content-type", "application/json");
    check(request.body(unannounced), 413, "too_large").await;
    let long = format!("{{\"{}\": 1}}", "k".repeat(100_000));
    check(server.post_text("/v1/decisions", long), 422, "schema_violation").await;
    let events: Vec<_> = (0..501).map(|n| event(&format!("e{n}"), "a", json!({}))).collect();
    check(server.post("/v1/events").json(&events), 422, "batch_too_large").await;
    let zipped = server.post_text("/v1/events", "[]").header("content-encoding", "gzip");
    check(zipped, 415, "media_type").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_addresses_methods_and_media_types() {
    let server = Server::with_course().await;
    for path in ["/v1/nothing", "/v1/events/", "//v1/events", "/V1/EVENTS", "/v2/events", "/a/b"] {
        check(server.get(path), 404, "unknown_route").await;
    }
    for (method, path) in [
        (Method::GET, "/v1/events"),
        (Method::DELETE, "/v1/courses/sums"),
        (Method::TRACE, "/v1/journal"),
        (Method::OPTIONS, "/v1/journal"),
        (Method::PATCH, "/login"),
    ] {
        let request = server.bare(method.clone(), path).bearer_auth(&server.key);
        let answer = request.send().await.unwrap();
        assert!(answer.headers().contains_key("allow"), "{method} {path}");
        crate::harness::check_problem(answer, 405, "method_not_allowed").await;
    }
    let overridden = server.get("/v1/events").header("x-http-method-override", "POST");
    check(overridden, 405, "method_not_allowed").await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let request = server.post("/v1/events").header("content-type", kind).body("[]");
        check(request, 415, "media_type").await;
    }
    check(server.post("/v1/events").body("[]"), 415, "media_type").await;
    check(server.bare(Method::POST, "/login").body("key=x"), 415, "media_type").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_names_and_wrong_parameters() {
    let server = Server::with_course().await;
    for (path, code) in [
        ("/v1/courses/gone", "unknown_course"),
        ("/v1/courses/gone/report", "unknown_course"),
        ("/v1/courses/sums?version=9", "unknown_course_version"),
        ("/v1/learners/nobody", "not_found"),
        ("/v1/learners/no%20body", "not_found"),
        ("/v1/learners/nobody/mastery", "not_found"),
        ("/v1/learners/nobody/history", "not_found"),
        ("/v1/decisions/none", "not_found"),
        ("/v1/experiments/none", "unknown_experiment"),
        ("/v1/experiments/none/results", "unknown_experiment"),
    ] {
        check(server.get(path), 404, code).await;
    }
    for path in [
        "/v1/journal?after=x",
        "/v1/journal?after=-1",
        "/v1/journal?limit=0",
        "/v1/journal?limit=1001",
        "/v1/journal?afer=1",
        "/v1/courses/sums?version=one",
        "/v1/journal?after=1&after=2",
    ] {
        check(server.get(path), 422, "schema_violation").await;
    }
    let end = server.get_json("/v1/journal?after=18446744073709551615").await;
    assert_eq!(end["entries"], json!([]));
    let request = server.post("/v1/decisions/none/exposure");
    check(request, 404, "unknown_decision").await;
    let request = server.post("/v1/experiments/none/stop").json(&json!({"reason": "over"}));
    check(request, 404, "unknown_experiment").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn courses_and_experiments_are_refused_whole() {
    let server = Server::with_course().await;
    let mut broken = course();
    broken["version"] = 2.into();
    broken["modules"][1]["activities"][0]["skills"] = json!(["nonsense"]);
    let request = server.put("/v1/courses/sums").json(&broken);
    let problem = check(request, 422, "invalid_course").await;
    assert_eq!(problem["errors"][0]["pointer"], "/modules/1/activities/0/skills/0", "{problem}");
    let mut changed = course();
    changed["title"] = "Other".into();
    check(server.put("/v1/courses/sums").json(&changed), 409, "version_exists").await;
    changed["version"] = 7.into();
    check(server.put("/v1/courses/sums").json(&changed), 409, "version_out_of_order").await;
    let start = |weight: f64, policy: &str, course: &str| {
        server.post("/v1/experiments").json(&json!({"id": "exp-1", "course": course, "variants": [
            {"name": "control", "policy": "static", "weight": 0.5},
            {"name": "treatment", "policy": policy, "weight": weight}]}))
    };
    check(start(0.0, "lin-ts", "sums"), 422, "schema_violation").await;
    check(start(-2.0, "lin-ts", "sums"), 422, "schema_violation").await;
    check(start(0.5, "magic", "sums"), 422, "unknown_policy").await;
    check(start(0.5, "lin-ts", "gone"), 404, "unknown_course").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn request_ids_are_echoed_when_they_are_plain() {
    let server = Server::start().await;
    for (sent, kept) in [("abc-1.2_3", true), ("with blank", false), (&"x".repeat(65), false)] {
        let answer = server.get("/healthz").header("x-request-id", sent).send().await.unwrap();
        let got = answer.headers()["x-request-id"].to_str().unwrap();
        assert_eq!(got == sent, kept, "{got}");
        assert!(!got.is_empty());
    }
}
