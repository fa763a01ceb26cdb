//! The kill switch over HTTP: true with the next decision, there after a restart, seen everywhere.

use crate::harness::{Server, check, event};
use serde_json::{Value, json};

/// Asks for a decision, and compares why the static path was served, if it was.
async fn decides(server: &Server, id: &str, learner: &str, fallback: Option<&str>) -> Value {
    let body = json!({"learner": learner, "course": "sums", "decision_id": id});
    let decision = server.post_json("/v1/decisions", &body).await;
    assert_eq!(decision["fallback"].as_str(), fallback, "{decision}");
    decision
}

async fn turn(server: &Server, body: Value) -> Value {
    server.post_json("/v1/switch", &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn it_holds_from_the_next_decision_on_and_through_a_restart() {
    let server = Server::with_course().await;
    assert_eq!(server.get_json("/v1/switch").await, json!({"switches": []}));
    let policy = decides(&server, "d1", "ada", None).await["policy"].clone();
    let asked = json!({"thrown": true, "reason": "rewards fell"});
    let receipt = turn(&server, asked.clone()).await;
    let thrown = &receipt["switches"][0];
    assert_eq!((&receipt["duplicate"], &thrown["reason"]), (&false.into(), &asked["reason"]));
    assert_eq!((&thrown["seq"], &thrown["course"]), (&receipt["seq"], &Value::Null));
    assert!(thrown["by"].as_str().unwrap().starts_with("key "), "{receipt}");
    let decision = decides(&server, "d2", "bob", Some("kill_switch")).await;
    assert_eq!((&decision["policy"], &decision["propensity"]), (&policy, &json!(1.0)));
    // The same id is the same decision, whatever was turned on since.
    decides(&server, "d1", "ada", None).await;
    let again = turn(&server, asked).await;
    assert_eq!((&again["duplicate"], &again["seq"]), (&true.into(), &Value::Null));
    assert_eq!(again["switches"], receipt["switches"]);

    let server = server.restarted().await;
    assert_eq!(server.get_json("/v1/switch").await["switches"], receipt["switches"]);
    decides(&server, "d3", "cid", Some("kill_switch")).await;
    let released = turn(&server, json!({"thrown": false, "reason": "it was the clock"})).await;
    assert_eq!((&released["duplicate"], &released["switches"]), (&false.into(), &json!([])));
    decides(&server, "d4", "dan", None).await;
    let after = released["seq"].as_u64().unwrap() - 1;
    let entry = &server.get_json(&format!("/v1/journal?after={after}&limit=1")).await["entries"][0];
    assert_eq!(entry["type"], "kill_switch_turned");
    assert_eq!((&entry["data"]["thrown"], &entry["course"]), (&false.into(), &Value::Null));
    assert_eq!(entry["data"]["reason"], "it was the clock");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_course_has_its_own_and_everybody_sees_it() {
    let server = Server::with_course().await;
    let other = json!({"course": "sums", "thrown": true, "reason": "wrong answer keys"});
    let receipt = turn(&server, other).await;
    assert_eq!(receipt["switches"][0]["course"], "sums");
    decides(&server, "d1", "ada", Some("kill_switch")).await;
    let stats = server.get_json("/v1/stats").await;
    assert_eq!(stats["switches"], receipt["switches"]);
    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("\nnexus_kill_switches 1\n"), "{metrics}");
    let audit = server.get_json("/v1/decisions/d1").await;
    let words = audit["explanation"]["teacher"].as_str().unwrap();
    assert!(words.contains("because the kill switch was on"), "{words}");
    // That of all courses is another one, which was never on.
    let all = turn(&server, json!({"thrown": false, "reason": "x"})).await;
    assert_eq!((&all["duplicate"], &all["switches"]), (&true.into(), &receipt["switches"]));
    turn(&server, json!({"course": "sums", "thrown": false, "reason": "mended"})).await;
    decides(&server, "d2", "bob", None).await;
    assert_eq!(server.get_json("/v1/stats").await["switches"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_turned_says_why() {
    let server = Server::with_course().await;
    for (body, pointer) in [
        (json!({"thrown": true}), ""),
        (json!({"thrown": true, "reason": ""}), "/reason"),
        (json!({"thrown": true, "reason": " \n"}), "/reason"),
        (json!({"thrown": true, "reason": "x".repeat(1_001)}), "/reason"),
        (json!({"thrown": "yes", "reason": "x"}), "/thrown"),
        (json!({"thrown": true, "reason": "x", "courses": []}), "/courses"),
        (json!({"thrown": true, "reason": "x", "course": ""}), "/course"),
    ] {
        let problem = check(server.post("/v1/switch").json(&body), 422, "schema_violation").await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let nowhere = json!({"thrown": true, "reason": "x", "course": "none"});
    check(server.post("/v1/switch").json(&nowhere), 404, "unknown_course").await;
    check(server.post_text("/v1/switch", "{"), 400, "malformed_json").await;
    let reserved = event("kill-switch:7", "ada", json!({"type": "enrolled"}));
    let receipts = server.post_json("/v1/events", &json!([reserved])).await;
    assert_eq!(receipts["receipts"][0]["code"], "reserved_id");
    assert_eq!(server.get_json("/v1/switch").await, json!({"switches": []}));
    decides(&server, "d1", "ada", None).await;
}
