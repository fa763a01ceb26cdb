//! Numbers that would poison a model, sent through the API: each is refused or bounded and said to
//! be, and what is believed and decided afterwards is made of numbers.

use crate::harness::{Server, course};
use serde_json::{Value, json};

/// An answer of `mallory` in words, so that the number arrives as it is written here.
fn answer(id: &str, fields: &str) -> String {
    format!(
        "{{\"id\": \"{id}\", \"learner\": \"mallory\", \"course\": \"sums\", \
         \"type\": \"question_answered\", \"question\": \"q1\", {fields}}}"
    )
}

/// Sends one event and answers with its receipt's status and code.
async fn send(server: &Server, event: String) -> (String, String) {
    let answer = server.post_text("/v1/events", format!("[{event}]")).send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    let body: Value = serde_json::from_str(&text).unwrap();
    if status != 200 {
        return (status.to_string(), body["code"].as_str().unwrap().to_owned());
    }
    let receipt = &body["receipts"][0];
    let code = receipt["code"].as_str().unwrap_or_default();
    (receipt["status"].as_str().unwrap().to_owned(), code.to_owned())
}

/// Every number in a JSON value lies within what a page can show.
fn check_numbers(value: &Value, path: &str) {
    match value {
        Value::Number(number) => {
            let number = number.as_f64().unwrap();
            assert!(number.is_finite() && number.abs() < 1e16, "{path} is {number}");
        }
        Value::Array(all) => all.iter().for_each(|one| check_numbers(one, path)),
        Value::Object(all) => {
            all.iter().for_each(|(name, one)| check_numbers(one, &format!("{path}/{name}")));
        }
        _ => {}
    }
}

/// The learner's state and a decision for them are still made of numbers.
async fn check_sane(server: &Server, decision: &str) {
    for path in ["/v1/learners/mallory", "/v1/learners/mallory/mastery", "/v1/courses/sums/report"]
    {
        check_numbers(&server.get_json(path).await, path);
    }
    let ask = json!({"learner": "mallory", "course": "sums", "decision_id": decision});
    let decided = server.post_json("/v1/decisions", &ask).await;
    check_numbers(&decided, "/v1/decisions");
    assert!(decided["fallback"].is_null(), "{decided}");
    let ranking = decided["ranking"].as_array().unwrap();
    let sum: f64 = ranking.iter().map(|it| it["probability"].as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{decided}");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_no_answer_has() {
    let server = Server::with_course().await;
    let mut otherwise = Vec::new();
    for (id, fields, status, code) in [
        ("p1", "\"grade\": 1e308", "rejected", "grade_out_of_range"),
        ("p2", "\"grade\": -1e308", "rejected", "grade_out_of_range"),
        ("p3", "\"grade\": 1.001", "rejected", "grade_out_of_range"),
        ("p4", "\"grade\": -0.001", "rejected", "grade_out_of_range"),
        ("p5", "\"grade\": 1e999", "rejected", "non_finite_number"),
        ("p6", "\"grade\": -1e999", "rejected", "non_finite_number"),
        ("p7", "\"grade\": \"NaN\"", "rejected", "schema_violation"),
        ("p8", "\"grade\": \"Infinity\"", "rejected", "schema_violation"),
        ("p9", "\"grade\": NaN", "400 Bad Request", "malformed_json"),
        ("p10", "\"grade\": Infinity", "400 Bad Request", "malformed_json"),
        ("p11", "\"grade\": 5e-324", "accepted", ""),
        ("p12", "\"grade\": -0.0", "accepted", ""),
        ("p13", "\"correct\": true, \"duration_ms\": 1e308", "accepted", ""),
        ("p14", "\"correct\": true, \"duration_ms\": -1", "accepted", ""),
        ("p15", "\"correct\": true, \"duration_ms\": 4294967295", "accepted", ""),
        ("p16", "\"correct\": true, \"attempt\": 65536", "accepted", ""),
        ("p17", "\"correct\": true, \"attempt\": 65535", "accepted", ""),
        ("p18", "\"correct\": true, \"hints\": 1e5", "accepted", ""),
        ("p19", "\"correct\": true, \"occurred_at\": \"0001-01-01T00:00:00Z\"", "accepted", ""),
        ("p20", "\"correct\": true, \"occurred_at\": 1e308", "rejected", "schema_violation"),
        ("p21", "\"response\": \"1e999\"", "accepted", ""),
        ("p22", "\"response\": \"NaN\"", "accepted", ""),
    ] {
        let got = send(&server, answer(id, fields)).await;
        if got != (status.to_owned(), code.to_owned()) {
            otherwise.push((fields, got));
        }
    }
    assert!(otherwise.is_empty(), "{otherwise:#?}");
    check_sane(&server, "mallory-1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_no_video_and_no_rating_has() {
    let server = Server::with_course().await;
    let event = |id: &str, kind: &str, fields: &str| {
        format!(
            "{{\"id\": \"{id}\", \"learner\": \"mallory\", \"course\": \"sums\", \
             \"type\": \"{kind}\", \"activity\": \"watch\", {fields}}}"
        )
    };
    for (id, kind, fields, code) in [
        ("v1", "video_progressed", "\"segments\": [[0, 1e308]]", "invalid_segment"),
        ("v2", "video_progressed", "\"segments\": [[-1e308, 10]]", "invalid_segment"),
        ("v3", "video_progressed", "\"segments\": [[10, 5]]", "invalid_segment"),
        ("v4", "video_progressed", "\"segments\": [[0, 1e999]]", "non_finite_number"),
        ("v5", "video_progressed", "\"segments\": [[0, \"NaN\"]]", "schema_violation"),
        ("v6", "feedback", "\"rating\": 1e308", "schema_violation"),
        ("v7", "feedback", "\"rating\": -1", "schema_violation"),
        ("v8", "feedback", "\"rating\": 0", "rating_out_of_range"),
        ("v9", "quiz_completed", "\"grade\": 1e308", "grade_out_of_range"),
    ] {
        let got = send(&server, event(id, kind, fields)).await;
        assert_eq!(got, ("rejected".to_owned(), code.to_owned()), "{fields}");
    }
    // A thousand overlapping pieces are one watched part.
    let pieces: Vec<String> = (0..1_000).map(|n| format!("[{}, 119.5]", n as f64 / 10.0)).collect();
    let fields = format!("\"segments\": [{}]", pieces.join(", "));
    let got = send(&server, event("v10", "video_progressed", &fields)).await;
    assert_eq!(got.0, "accepted");
    check_sane(&server, "mallory-1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_no_course_and_no_experiment_has() {
    let server = Server::with_course().await;
    assert_eq!(send(&server, answer("p0", "\"correct\": true")).await.0, "accepted");
    for (field, number) in [
        ("difficulty", "1e308"),
        ("difficulty", "-0.1"),
        ("minutes", "1e308"),
        ("minutes", "0"),
        ("minutes", "1e-320"),
    ] {
        let mut file = course();
        file["version"] = 2.into();
        file["modules"][0]["activities"][1][field] = json!(12345.5);
        let text = file.to_string().replace("12345.5", number);
        let request = server.put("/v1/courses/sums").header("content-type", "application/json");
        let answer = request.body(text).send().await.unwrap();
        if (field, number) == ("minutes", "1e-320") {
            // Above 0 and nothing else is asked of it; what is made of it stays bounded.
            assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
            continue;
        }
        assert_eq!(answer.status(), 422, "{field} of {number}");
    }
    for weight in ["1e308", "-0.5", "0", "1e999", "\"NaN\""] {
        let body = format!(
            "{{\"id\": \"x\", \"course\": \"sums\", \"variants\": [\
             {{\"name\": \"a\", \"policy\": \"static\", \"weight\": {weight}}}, \
             {{\"name\": \"b\", \"policy\": \"lin-ts\", \"weight\": 0.5}}]}}"
        );
        let answer = server.post_text("/v1/experiments", body).send().await.unwrap();
        assert_eq!(answer.status(), 422, "a weight of {weight}");
    }
    check_sane(&server, "mallory-1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_again_and_the_wrong_way_round() {
    let server = Server::with_course().await;
    let ask = json!({"learner": "mallory", "course": "sums", "decision_id": "d-1"});
    let decided = server.post_json("/v1/decisions", &ask).await;
    let activity = decided["activity"].as_str().unwrap();
    let happened = |id: &str, kind: &str, at: &str| {
        json!({"id": id, "learner": "mallory", "course": "sums", "type": kind,
            "activity": activity, "decision_id": "d-1", "occurred_at": at})
    };
    // Completed before it was started, skipped before that, and everything three times.
    let batch = json!([
        happened("e1", "activity_completed", "2026-01-02T00:10:00Z"),
        happened("e2", "activity_started", "2026-01-02T00:00:00Z"),
        happened("e3", "activity_skipped", "2026-01-01T00:00:00Z"),
    ]);
    for round in 0..3 {
        let receipts = server.post_json("/v1/events", &batch).await;
        let expected = if round == 0 { "accepted" } else { "duplicate" };
        for receipt in receipts["receipts"].as_array().unwrap() {
            assert_eq!(receipt["status"], expected, "{receipts}");
        }
    }
    let report = server.get_json("/v1/courses/sums/report").await;
    assert_eq!(report["events"], 3, "{report}");
    assert!(report["rewards_joined"].as_u64().unwrap() <= 1, "{report}");
    check_sane(&server, "d-2").await;
}
