//! Getting out: who there is, everything about one learner, the journal by learner, type and time; and test
//! learners, who are kept apart.

use crate::harness::{Server, event};
use serde_json::{Value, json};

/// Ada answers, Ben enrols, and Tess only tries the site out.
async fn class() -> Server {
    let server = Server::with_course().await;
    let events = json!([
        event("e1", "ada", json!({"type": "enrolled"})),
        event("e2", "ada", json!({"type": "question_answered", "question": "q1", "correct": true})),
        event("e3", "ben", json!({"type": "enrolled"})),
        event("e4", "tess", json!({"type": "enrolled", "test": true})),
        event(
            "e5",
            "tess",
            json!({"type": "question_answered", "question": "q1", "correct": true})
        ),
        event("e6", "ada", json!({"type": "session_ended"})),
    ]);
    let receipts = server.post_json("/v1/events", &events).await;
    for receipt in receipts["receipts"].as_array().unwrap() {
        assert_eq!(receipt["status"], "accepted", "{receipt}");
    }
    let asked = json!({"learner": "ada", "course": "sums", "decision_id": "d1"});
    server.post_json("/v1/decisions", &asked).await;
    server
}

fn ids(body: &Value) -> Vec<&str> {
    let learners = body["learners"].as_array().unwrap().iter();
    learners.map(|it| it["learner"].as_str().unwrap()).collect()
}

fn types(body: &Value) -> Vec<&str> {
    body["entries"].as_array().unwrap().iter().map(|it| it["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn learners_are_listed_with_filters_and_in_pages() {
    let server = class().await;
    for (query, expected) in [
        ("", vec!["ada", "ben", "tess"]),
        ("?course=sums", vec!["ada", "ben", "tess"]),
        ("?test=true", vec!["tess"]),
        ("?test=false", vec!["ada", "ben"]),
        ("?course=sums&status=unclear&test=false", vec!["ada", "ben"]),
        ("?course=sums&status=ahead", vec![]),
        ("?active_since=2000-01-01T00:00:00Z", vec!["ada", "ben", "tess"]),
        ("?active_since=2999-01-01T00:00:00Z", vec![]),
        ("?after=ada", vec!["ben", "tess"]),
    ] {
        let page = server.get_json(&format!("/v1/learners{query}")).await;
        assert_eq!(ids(&page), expected, "{query}: {page}");
        assert!(page.get("next").is_none(), "{query}: {page}");
    }
    let first = server.get_json("/v1/learners?limit=2").await;
    assert_eq!((ids(&first), &first["next"]), (vec!["ada", "ben"], &json!("ben")));
    let second = server.get_json("/v1/learners?limit=2&after=ben").await;
    assert_eq!(ids(&second), ["tess"]);
    assert_eq!(second["learners"][0]["test"], true, "{second}");
    for (query, status) in [
        ("?status=ahead", 422),
        ("?course=gone", 404),
        ("?active_since=yesterday", 422),
        ("?limit=0", 422),
        ("?colour=red", 422),
    ] {
        let answer = server.get(&format!("/v1/learners{query}")).send().await.unwrap();
        assert_eq!(answer.status(), status, "{query}");
    }
}

#[tokio::test]
async fn everything_about_a_learner_is_one_call() {
    let server = class().await;
    let export = server.get_json("/v1/learners/ada/export").await;
    assert_eq!(
        types(&export),
        ["enrolled", "question_answered", "session_ended", "decision_made"],
        "{export}"
    );
    assert_eq!(export["learner"], server.get_json("/v1/learners/ada").await);
    assert_eq!(export["mastery"]["courses"][0]["skills"][0]["attempts"], 1, "{export}");
    let text = export.to_string();
    assert!(!text.contains("ben") && !text.contains("tess"), "nobody else is in it: {text}");
    let none = server.get("/v1/learners/nobody/export").send().await.unwrap();
    assert_eq!(none.status(), 404);
}

#[tokio::test]
async fn the_journal_is_read_by_learner_type_and_time() {
    let server = class().await;
    for (query, expected) in [
        ("?learner=ben", vec!["enrolled"]),
        ("?type=question_answered", vec!["question_answered", "question_answered"]),
        ("?type=session_ended,decision_made", vec!["session_ended", "decision_made"]),
        ("?learner=ada&type=question_answered", vec!["question_answered"]),
        ("?learner=nobody", vec![]),
        ("?type=enrolled&since=2999-01-01T00:00:00Z", vec![]),
        ("?type=decision_made&until=2999-01-01T00:00:00Z", vec!["decision_made"]),
        ("?until=2000-01-01T00:00:00Z", vec![]),
    ] {
        let page = server.get_json(&format!("/v1/journal{query}")).await;
        assert_eq!(types(&page), expected, "{query}: {page}");
        assert!(page.get("next").is_none(), "{query}: {page}");
    }
    // Page by page it is the same.
    let (mut after, mut found) = (0, Vec::new());
    loop {
        let query = format!("/v1/journal?learner=ada&limit=1&after={after}");
        let page = server.get_json(&query).await;
        found.extend(types(&page).into_iter().map(str::to_owned));
        match page.get("next").and_then(Value::as_u64) {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(found, ["enrolled", "question_answered", "session_ended", "decision_made"]);
    for query in ["?type=answered", "?since=soon", "?learner="] {
        let answer = server.get(&format!("/v1/journal{query}")).send().await.unwrap();
        assert_eq!(answer.status(), 422, "{query}");
    }
}

#[tokio::test]
async fn a_test_learner_is_shown_apart_and_counts_nowhere() {
    let server = class().await;
    let tess = server.get_json("/v1/learners/tess").await;
    assert_eq!((&tess["test"], &tess["answers"]), (&json!(true), &json!(1)), "{tess}");
    assert!(server.get_json("/v1/learners/ada").await.get("test").is_none());
    let class = server.get_json("/v1/courses/sums/mastery").await;
    assert_eq!(class["tests"], json!(["tess"]), "{class}");
    assert_eq!((&class["learners"], &class["course_learners"]), (&json!(2), &json!(2)), "{class}");
    assert_eq!(class["skills"][0]["asked"], 1, "{class}");
    let report = server.get_json("/v1/courses/sums/report").await;
    assert_eq!(report["learners"], 2, "{report}");
    // Who has taught already cannot become one.
    let late = json!([event("e9", "ada", json!({"type": "enrolled", "test": true}))]);
    let receipts = server.post_json("/v1/events", &late).await;
    assert_eq!(receipts["receipts"][0]["code"], "test_too_late", "{receipts}");
}
