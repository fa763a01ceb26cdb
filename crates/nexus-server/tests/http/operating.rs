//! What an operator and an author read: how the server is, what activities teach, and the journal
//! from its end.

use crate::harness::{Server, check, event};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_server_works_and_a_thrown_switch_is_told() {
    let server = Server::with_course().await;
    let system = server.get_json("/v1/system").await;
    assert_eq!((&system["works"], &system["health"]), (&json!(true), &json!("ready")));
    assert_eq!(system["version"], env!("CARGO_PKG_VERSION"));
    assert!(system["disk"]["free_bytes"].as_u64().unwrap() > 0, "{system}");
    assert!(system["disk"]["database_bytes"].as_u64().unwrap() > 0, "{system}");
    assert!(system["backup"].is_null() && system["alarms"].as_array().unwrap().is_empty());
    server.post_json("/v1/switch", &json!({"thrown": true, "reason": "rewards fell."})).await;
    let system = server.get_json("/v1/system").await;
    let alarm = &system["alarms"][0];
    assert_eq!((&alarm["code"], &alarm["level"]), (&json!("kill_switch"), &json!("warning")));
    assert!(alarm["detail"].as_str().unwrap().contains("all courses"), "{alarm}");
    assert!(alarm["detail"].as_str().unwrap().ends_with("rewards fell."), "{alarm}");
    assert_eq!(system["works"], true, "a switch is no fault");
    let (key, _) = server.new_key(&["courses:read"]);
    check(server.bare(Method::GET, "/v1/system").bearer_auth(&key), 403, "missing_scope").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_activity_teaches_counts_each_learner_once() {
    let server = Server::with_course().await;
    check(server.get("/v1/courses/nothing/teaching"), 404, "unknown_course").await;
    let empty = server.get_json("/v1/courses/sums/teaching").await;
    assert_eq!(empty["through"], empty["head"]);
    let [first, ..] = &empty["activities"].as_array().unwrap()[..] else { panic!("{empty}") };
    let activity = first["activity"].clone();
    assert_eq!((&first["learners"], &first["verdict"]), (&json!(0), &json!("unknown")));
    let at = |minute: u32| format!("2026-11-01T10:{minute:02}:00Z");
    let told = |id: &str, kind: &str, minute: u32| {
        event(id, "ada", json!({"type": kind, "activity": activity, "occurred_at": at(minute)}))
    };
    let events = json!({"events": [told("e1", "activity_started", 1),
        told("e2", "activity_started", 2), told("e3", "activity_completed", 4)]});
    server.post_json("/v1/events", &events).await;
    let taught = server.get_json("/v1/courses/sums/teaching").await;
    let row = taught["activities"].as_array().unwrap().iter();
    let row = row.clone().find(|row| row["activity"] == activity).unwrap();
    assert_eq!((&row["learners"], &row["completed"]), (&json!(1), &json!(1)), "{row}");
    assert_eq!((&row["minutes_mean"], &row["minutes_n"]), (&json!(2.0), &json!(1)), "{row}");
    assert_eq!(taught["through"], taught["head"]);
    let skills = taught["skills"].as_array().unwrap();
    assert!(!skills.is_empty() && skills.iter().all(|skill| skill["activities"].is_array()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_is_read_from_its_end() {
    let server = Server::with_course().await;
    for number in 0..7 {
        let (thrown, reason) = (number % 2 == 0, format!("try {number}"));
        server.post_json("/v1/switch", &json!({"thrown": thrown, "reason": reason})).await;
    }
    let page = |query: &str| {
        let (server, address) = (&server, format!("/v1/journal?{query}"));
        async move { server.get_json(&address).await }
    };
    let seqs = |page: &Value| -> Vec<u64> {
        let entries = page["entries"].as_array().unwrap();
        entries.iter().map(|entry| entry["seq"].as_u64().unwrap()).collect()
    };
    let newest = page("type=kill_switch_turned&before=1000&limit=3").await;
    assert_eq!(seqs(&newest), [8, 7, 6]);
    let next = newest["next"].as_u64().unwrap();
    let older = page(&format!("type=kill_switch_turned&before={next}&limit=3")).await;
    assert_eq!(seqs(&older), [5, 4, 3]);
    let next = older["next"].as_u64().unwrap();
    let oldest = page(&format!("type=kill_switch_turned&before={next}&limit=3")).await;
    assert_eq!((seqs(&oldest), &oldest["next"]), (vec![2], &Value::Null));
    assert_eq!(seqs(&page("before=4").await), [3, 2, 1], "without a filter too");
    assert_eq!(seqs(&page("type=course_published&before=9").await), [1]);
    assert!(seqs(&page("before=1").await).is_empty());
    check(server.get("/v1/journal?before=4&after=1"), 422, "schema_violation").await;
}
