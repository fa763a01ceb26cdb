//! A placement over HTTP, as a site runs it: decide, ask, answer, until it is done.

use crate::harness::{Server, check, course, event};
use serde_json::{Value, json};

const READ: &str = "/v1/learners/ada/placement?course=sums";

/// The small course, begun by a placement of at most three questions.
async fn server() -> Server {
    let server = Server::with_course().await;
    let mut course = course();
    course["version"] = json!(2);
    let placement = json!({"id": "begin", "kind": "placement", "title": "Begin", "skills": [],
        "difficulty": 0.5, "minutes": 3.0,
        "placement": {"questions_min": 2, "questions_max": 3, "gain_min": 0.0, "error_max": 0.0}});
    course["modules"][0]["activities"].as_array_mut().unwrap().insert(0, placement);
    let answer = server.put("/v1/courses/sums").json(&course).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    server
}

async fn send(server: &Server, id: &str, fields: Value) {
    let receipts = server.post_json("/v1/events", &json!([event(id, "ada", fields)])).await;
    assert_eq!(receipts["receipts"][0]["status"], "accepted", "{receipts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_is_placed() {
    let server = server().await;
    let ask = |id: &str| json!({"learner": "ada", "course": "sums", "decision_id": id});
    let first = server.post_json("/v1/decisions", &ask("d1")).await;
    assert_eq!(first["activity"], "begin", "{first}");
    for number in 0..3 {
        let open = server.get_json(READ).await;
        assert_eq!(open["status"], "open", "{open}");
        assert_eq!((&open["asked"], &open["questions_max"]), (&json!(number), &json!(3)));
        assert_eq!(open["skills"].as_array().unwrap().len(), 2);
        assert!(open["next"]["why"].as_str().unwrap().starts_with("It asks about "), "{open}");
        assert_eq!(open["next"], server.get_json(READ).await["next"], "reading changes nothing");
        let answer = json!({"type": "question_answered", "activity": "begin",
            "question": open["next"]["question"], "response": "b"});
        send(&server, &format!("e{number}"), answer).await;
    }
    let done = server.get_json(READ).await;
    assert_eq!(done["status"], "done", "{done}");
    assert_eq!(done["stopped_because"], "it asked as many questions as it may");
    assert!(done.get("next").is_none());
    let learner = server.get_json("/v1/learners/ada?course=sums").await;
    let sums = &learner["courses"][0];
    assert_eq!((&sums["answered"], &sums["streak"]), (&json!(0), &json!(0)), "{learner}");
    assert_eq!(sums["activities"][0]["activity"], "begin");
    assert!(sums["activities"][0]["completed_at"].is_string());
    assert_eq!(sums["activities"].as_array().unwrap().len(), 1, "no other activity is touched");
    let next = server.post_json("/v1/decisions", &ask("d2")).await;
    assert_ne!(next["activity"], "begin");
    let journal = server.get_json("/v1/journal?limit=100").await.to_string();
    assert!(journal.contains("\"placement_stopped\":\"questions_max\""), "{journal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said() {
    let plain = Server::with_course().await;
    let none = plain.get_json(READ).await;
    assert_eq!((&none["status"], &none["skills"]), (&json!("not_offered"), &json!([])));
    let server = server().await;
    send(&server, "e1", json!({"type": "activity_skipped", "activity": "begin"})).await;
    let skipped = server.get_json(READ).await;
    assert_eq!(skipped["status"], "skipped");
    assert!(skipped["stopped_because"].as_str().unwrap().contains("skipped"));
    check(server.get("/v1/learners/ada/placement?course=gone"), 404, "not_found").await;
    check(server.get("/v1/learners/ada/placement"), 422, "schema_violation").await;
}
