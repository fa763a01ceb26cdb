//! A course is edited while learners are in it, as a site sees it.

use super::harness::{Server, course, event};
use serde_json::{Value, json};

/// The next version, without the exercise that the decision chose.
fn without_drill() -> Value {
    let mut file = course();
    file["version"] = json!(2);
    file["modules"][0]["activities"].as_array_mut().unwrap().remove(1);
    file["modules"][1]["activities"][0]["skills"] = json!(["add"]);
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn what_names_a_decision_counts_under_its_version_before_and_after_it_is_settled() {
    let server = Server::start().await;
    let mut file = course();
    file["modules"][1]["activities"][0]["skills"] = json!(["add"]);
    assert_eq!(server.put("/v1/courses/sums").json(&file).send().await.unwrap().status(), 200);
    let rest = ["watch", "carry-1", "carry-2"];
    let ask = json!({"learner": "ada", "course": "sums", "decision_id": "d1", "exclude": rest});
    assert_eq!(server.post_json("/v1/decisions", &ask).await["activity"], "drill");
    let removed = without_drill();
    assert_eq!(server.put("/v1/courses/sums").json(&removed).send().await.unwrap().status(), 200);
    let answered = |id: &str, question: &str, decision: Option<&str>| {
        let fields = json!({"type": "question_answered", "question": question, "correct": true,
            "decision_id": decision});
        event(id, "ada", fields)
    };
    let drill = |id: &str, kind: &str| {
        event(id, "ada", json!({"type": kind, "activity": "drill", "decision_id": "d1"}))
    };
    let waiting = json!([
        drill("e1", "activity_started"),
        answered("e2", "q1", Some("d1")),
        drill("e3", "activity_completed"),
        event("e4", "ada", json!({"type": "session_ended"})),
        event("e5", "ada", json!({"type": "session_started"})),
        answered("e6", "q3", None),
    ]);
    let receipts = server.post_json("/v1/events", &waiting).await;
    assert_eq!(receipts["accepted"], 6, "{receipts}");
    let page = server.get_json("/v1/decisions/d1").await;
    assert_eq!(page["reward"]["state"], "joined", "{page}");
    // The decision is settled, and an answer that was kept back names it still.
    let after = json!([
        answered("e7", "q2", Some("d1")),
        // What only the latest version has belongs to the latest.
        answered("e8", "q4", Some("d1")),
        // The decision of somebody else, or none at all, says nothing of versions.
        event(
            "e9",
            "bo",
            json!({"type": "question_answered", "question": "q2",
            "correct": true, "decision_id": "d1"})
        ),
        answered("e10", "q2", Some("unknown")),
    ]);
    let receipts = server.post_json("/v1/events", &after).await;
    let statuses: Vec<_> =
        (0..4).map(|place| receipts["receipts"][place]["status"].clone()).collect();
    assert_eq!(statuses, ["accepted", "accepted", "rejected", "rejected"], "{receipts}");
    let history = server.get_json("/v1/learners/ada/history?limit=50").await;
    let under = |id: &str| {
        let entries = history["entries"].as_array().unwrap();
        entries.iter().find(|entry| entry["id"] == id).unwrap()["data"]["course_version"].clone()
    };
    assert_eq!([under("e2"), under("e7"), under("e6")], [1, 1, 2].map(|it| json!(it)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_in_three_courses_is_one_learner_of_the_totals() {
    let server = Server::start().await;
    for id in ["sums", "more", "most"] {
        let mut file = course();
        file["id"] = json!(id);
        let address = format!("/v1/courses/{id}");
        assert_eq!(server.put(&address).json(&file).send().await.unwrap().status(), 200);
        for activity in ["watch", "drill", "carry-1", "carry-2"] {
            let done = json!({"id": format!("{id}-{activity}"), "learner": "ada", "course": id,
                "type": "activity_completed", "activity": activity});
            assert_eq!(server.post_json("/v1/events", &json!([done])).await["accepted"], 1);
        }
        let report = server.get_json(&format!("{address}/report")).await;
        assert_eq!((&report["learners"], &report["completions"]), (&json!(1), &json!(1)));
        let totals = &server.get_json("/v1/stats").await["totals"];
        assert_eq!((&totals["learners"], &totals["completions"]), (&json!(1), &json!(1)));
    }
    let bo = event("b1", "bo", json!({"type": "session_started"}));
    server.post_json("/v1/events", &json!([bo])).await;
    let totals = &server.get_json("/v1/stats").await["totals"];
    assert_eq!((&totals["learners"], &totals["completions"]), (&json!(2), &json!(1)));
}
