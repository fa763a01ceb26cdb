//! Pins, blocks and caps over HTTP: set, listed, applied, audited, lifted, and refused when wrong.

use crate::harness::{Server, check};
use nexus_engine::time::{DAY_MICROS, Timestamp};
use nexus_server::clock::Clock;
use reqwest::Method;
use serde_json::{Value, json};

/// 2026-11-22T12:00:00Z.
const NOW: Timestamp = Timestamp(1_795_348_800_000_000);

async fn server() -> Server {
    let server = Server::start_at(Clock::still(NOW), |_| ()).await;
    server.publish().await;
    server
}

fn pin() -> Value {
    json!({"course": "sums", "learner": "ada", "rule": "pin", "activity": "drill",
        "reason": "we did this in class", "by": "Ms Okafor"})
}

async fn put(server: &Server, id: &str, body: &Value) -> Value {
    let answer = server.put(&format!("/v1/constraints/{id}")).json(body).send().await.unwrap();
    let status = answer.status();
    let body = answer.json().await.unwrap();
    assert_eq!(status, 200, "{body}");
    body
}

async fn lift(server: &Server, id: &str) -> Value {
    let request = server.bare(Method::DELETE, &format!("/v1/constraints/{id}"));
    let request = request.bearer_auth(&server.key).json(&json!({"reason": "seen"}));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

async fn decide(server: &Server, learner: &str, id: &str) -> Value {
    let body = json!({"learner": learner, "course": "sums", "decision_id": id});
    server.post_json("/v1/decisions", &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_is_set_served_audited_and_lifted() {
    let server = server().await;
    let set = put(&server, "p1", &pin()).await;
    assert_eq!((&set["duplicate"], &set["in_force"]), (&false.into(), &true.into()));
    let again = put(&server, "p1", &pin()).await;
    assert_eq!((&again["duplicate"], &again["seq"]), (&true.into(), &set["seq"]));

    let decision = decide(&server, "ada", "d1").await;
    assert_eq!((&decision["activity"], &decision["override"]), (&"drill".into(), &"p1".into()));
    let words = decision["explanation"]["learner"].as_str().unwrap();
    assert!(words.starts_with("Your teacher chose this for you"), "{words}");
    assert_eq!(decide(&server, "ben", "d2").await["override"], Value::Null);

    let list = server.get_json("/v1/constraints?course=sums&learner=ben").await;
    assert_eq!(list["constraints"], json!([]));
    let list = server.get_json("/v1/constraints?course=sums&learner=ada").await;
    let by = list["constraints"][0]["by"].as_str().unwrap();
    assert!(by.starts_with("Ms Okafor, with key "), "{by}");

    let lifted = lift(&server, "p1").await;
    assert_eq!((&lifted["duplicate"], &lifted["in_force"]), (&false.into(), &false.into()));
    assert_eq!(lift(&server, "p1").await["duplicate"], true);
    let again = put(&server, "p1", &pin()).await;
    assert_eq!((&again["duplicate"], &again["in_force"]), (&true.into(), &false.into()));
    assert_eq!(decide(&server, "ada", "d3").await["override"], Value::Null);

    // What had a say stays on the audit page after it was lifted.
    let audit = server.get_json("/v1/decisions/d1").await;
    assert_eq!((&audit["override"], &audit["constraints"]), (&"p1".into(), &json!(["p1"])));
    assert_eq!(audit["constraints_in_full"][0]["reason"], "we did this in class");
    let journal = server.get_json("/v1/journal?after=1").await;
    let of = |kind: &str| {
        let entries = journal["entries"].as_array().unwrap();
        entries.iter().find(|entry| entry["type"] == kind).unwrap()["data"].clone()
    };
    assert_eq!(of("constraint_set")["activity"], "drill");
    assert_eq!(of("constraint_lifted")["lifted_because"], "seen");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_named_on_the_audit_page_until_it_expires() {
    let server = server().await;
    let tomorrow = nexus_api::time::print(NOW.plus_micros(DAY_MICROS));
    let body = json!({"course": "sums", "rule": "block", "activity": "watch",
        "reason": "no sound", "expires_at": tomorrow});
    put(&server, "b1", &body).await;
    assert_ne!(decide(&server, "ada", "d1").await["activity"], "watch");
    let audit = server.get_json("/v1/decisions/d1").await;
    let excluded = audit["exclusions"].as_array().unwrap();
    let watch = excluded.iter().find(|one| one["activity"] == "watch").unwrap();
    assert_eq!(watch["reason"], "blocked");
    assert_eq!(audit["constraints_in_full"][0]["expires_at"], tomorrow.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_refused_with_its_place() {
    let server = server().await;
    let wrong: [(&str, Value, u16, &str); 13] = [
        ("/course", json!("no such"), 422, "schema_violation"),
        ("/course", json!("other"), 404, "unknown_course"),
        ("/learner", json!(""), 422, "schema_violation"),
        ("/rule", json!("forbid"), 422, "schema_violation"),
        ("/rule", json!("cap"), 422, "schema_violation"),
        ("/shown_max", json!(3), 422, "schema_violation"),
        ("/activity", json!("nothing"), 422, "unknown_activity"),
        ("/reason", json!(" "), 422, "schema_violation"),
        ("/reason", json!("x".repeat(1_001)), 422, "schema_violation"),
        ("/by", json!(""), 422, "schema_violation"),
        ("/expires_at", json!("tomorrow"), 422, "schema_violation"),
        ("/expires_at", json!("2026-11-22T12:00:00Z"), 422, "constraint_expired"),
        ("/until", json!(1), 422, "schema_violation"),
    ];
    for (pointer, value, status, code) in wrong {
        let mut body = pin();
        body[&pointer[1..]] = value;
        let problem = check(server.put("/v1/constraints/w").json(&body), status, code).await;
        let expected = if body["rule"] == "cap" { "/shown_max" } else { pointer };
        let at = &problem["errors"][0]["pointer"];
        assert!(code != "schema_violation" || at == expected, "{pointer}: {problem}");
    }
    let cap = json!({"course": "sums", "rule": "cap", "shown_max": 0, "activity": "drill",
        "reason": "enough"});
    check(server.put("/v1/constraints/w").json(&cap), 422, "schema_violation").await;
    check(server.put("/v1/constraints/a%20b").json(&pin()), 422, "schema_violation").await;
    put(&server, "p1", &pin()).await;
    let mut other = pin();
    other["reason"] = json!("another");
    check(server.put("/v1/constraints/p1").json(&other), 409, "idempotency_conflict").await;
    check(server.get("/v1/constraints?course=other"), 404, "unknown_course").await;
    let delete = |id: &str, body: Value| {
        let request = server.bare(Method::DELETE, &format!("/v1/constraints/{id}"));
        request.bearer_auth(&server.key).json(&body)
    };
    check(delete("p2", json!({"reason": "x"})), 404, "unknown_constraint").await;
    check(delete("p1", json!({"reason": ""})), 422, "schema_violation").await;
    check(delete("p1", json!({})), 422, "schema_violation").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_are_those_of_courses() {
    let server = server().await;
    let key = |scope: &str| server.new_key(&[scope]).0;
    let put =
        |key: &str| server.bare(Method::PUT, "/v1/constraints/p1").bearer_auth(key).json(&pin());
    let list = |key: &str| server.bare(Method::GET, "/v1/constraints").bearer_auth(key);
    check(put(&key("courses:read")), 403, "missing_scope").await;
    check(list(&key("courses:write")), 403, "missing_scope").await;
    assert_eq!(put(&key("courses:write")).send().await.unwrap().status(), 200);
    assert_eq!(list(&key("courses:read")).send().await.unwrap().status(), 200);
}
