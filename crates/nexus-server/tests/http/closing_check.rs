//! A closing check over HTTP, as a site runs it: decide, read what it asks, answer, read the result.

use crate::harness::{Server, check, course, event};
use serde_json::{Value, json};

const READ: &str = "/v1/learners/ada/check?course=sums";

/// The small course, with an exercise of ten questions that is required, and a check at its end.
async fn server() -> Server {
    let server = Server::with_course().await;
    let mut course = course();
    course["version"] = json!(2);
    let skill = course["skills"][0]["id"].clone();
    let question = |number: usize| json!({"id": format!("last-{number}"), "kind": "numeric", "prompt": "1 + 1?", "answer": 2});
    let last = json!({"id": "last", "kind": "exercise", "title": "Last", "skills": [skill],
        "difficulty": 0.5, "minutes": 3.0, "required": true,
        "questions": (0..10).map(question).collect::<Vec<_>>()});
    let closing = json!({"id": "closing", "kind": "check", "title": "Show it", "skills": [skill],
        "difficulty": 0.5, "minutes": 10.0, "check": {"questions": 10}});
    for module in course["modules"].as_array_mut().unwrap() {
        for activity in module["activities"].as_array_mut().unwrap() {
            activity["required"] = json!(false);
        }
    }
    let activities = course["modules"][0]["activities"].as_array_mut().unwrap();
    activities.extend([last, closing]);
    let answer = server.put("/v1/courses/sums").json(&course).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    server
}

async fn send(server: &Server, id: &str, fields: Value) {
    let receipts = server.post_json("/v1/events", &json!([event(id, "ada", fields)])).await;
    assert_eq!(receipts["receipts"][0]["status"], "accepted", "{receipts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_at_the_end_is_checked_once() {
    let server = server().await;
    let ask = |id: &str| json!({"learner": "ada", "course": "sums", "decision_id": id});
    let early = server.get_json(READ).await;
    assert_eq!((&early["status"], &early["questions"]), (&json!("not_due"), &json!([])));
    send(&server, "e", json!({"type": "activity_completed", "activity": "last"})).await;
    let decided = server.post_json("/v1/decisions", &ask("d1")).await;
    assert_eq!(decided["activity"], "closing", "{decided}");
    let open = server.get_json(READ).await;
    assert_eq!((&open["status"], &open["asked"]), (&json!("open"), &json!(10)), "{open}");
    assert!(open.get("result").is_none());
    assert_eq!(open, server.get_json(READ).await, "reading changes nothing");
    let questions = open["questions"].as_array().unwrap();
    assert_eq!(questions.len(), 10);
    for (number, question) in questions.iter().enumerate() {
        let right = number < 7;
        let answer = json!({"type": "question_answered", "activity": "closing",
            "question": question["question"], "correct": right});
        send(&server, &format!("e{number}"), answer).await;
    }
    let done = server.get_json(READ).await;
    assert_eq!((&done["status"], &done["questions"]), (&json!("done"), &json!([])), "{done}");
    let result = &done["result"];
    assert_eq!((&result["mean_grade"], &result["right"]), (&json!(0.7), &json!(7)), "{done}");
    assert_eq!(result["course_version"], 2);
    assert!(result["completed_at"].is_string() && result["minutes"].is_number());
    let next = server.post_json("/v1/decisions", &ask("d2")).await;
    assert_ne!(next["activity"], "closing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said() {
    let plain = Server::with_course().await;
    let none = plain.get_json(READ).await;
    assert_eq!((&none["status"], &none["asked"]), (&json!("not_offered"), &json!(0)));
    check(plain.get("/v1/learners/ada/check?course=gone"), 404, "not_found").await;
    check(plain.get("/v1/learners/ada/check"), 422, "schema_violation").await;
}
