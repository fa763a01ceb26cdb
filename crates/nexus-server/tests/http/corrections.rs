//! Corrections as a site sees them: what counts afterwards, what is refused, and who may.

use super::harness::{Server, check, course, event};
use nexus_store::verify::verify;
use serde_json::{Value, json};

/// The course with other answer keys.
fn keyed(version: u32, key: &str) -> Value {
    let mut file = course();
    file["version"] = json!(version);
    for place in 0..2 {
        file["modules"][0]["activities"][1]["questions"][place]["answer"] = json!(key);
    }
    file
}

async fn publish(server: &Server, file: &Value) {
    let answer = server.put("/v1/courses/sums").json(file).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
}

fn responds(id: &str, learner: &str, question: &str, response: &str) -> Value {
    let fields = json!({"type": "question_answered", "question": question, "response": response});
    event(id, learner, fields)
}

/// Answers and right ones of a learner.
async fn counts(server: &Server, learner: &str) -> (Value, Value) {
    let mut page = server.get_json(&format!("/v1/learners/{learner}")).await;
    (page["answers"].take(), page["right"].take())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mended_key_is_tried_first_and_then_counts_also_after_a_restart() {
    let server = Server::start().await;
    publish(&server, &keyed(1, "a")).await;
    for learner in ["ada", "bo"] {
        for question in ["q1", "q2", "q3"] {
            let id = format!("{learner}-{question}");
            let told = json!([responds(&id, learner, question, "b")]);
            assert_eq!(server.post_json("/v1/events", &told).await["accepted"], 1);
        }
    }
    publish(&server, &keyed(2, "b")).await;
    assert_eq!(counts(&server, "ada").await.1, 1, "q3 alone has the right key");
    let head = server.get_json("/v1/stats").await["head"].clone();
    let dry = json!({"dry_run": true});
    let tried = server.post_json("/v1/courses/sums/regrade", &dry).await;
    assert_eq!((&tried["learners"], &tried["answers"]), (&json!(2), &json!(4)), "{tried}");
    assert_eq!(tried["changes"][0]["right"], json!([1, 3]), "{tried}");
    assert_eq!(tried["regrade"]["same"], 2, "{tried}");
    assert!(tried["seq"].is_null(), "{tried}");
    assert_eq!(server.get_json("/v1/stats").await["head"], head, "nothing was journaled");
    assert_eq!(counts(&server, "ada").await.1, 1);

    let only = json!({"questions": ["q1"], "reason": "the key of q1 said a"});
    let first = server.post_json("/v1/courses/sums/regrade", &only).await;
    assert_eq!((&first["answers"], &first["correction"]), (&json!(2), &json!("regraded")));
    assert_eq!(counts(&server, "ada").await.1, 2);
    // Without a body of reasons or questions: all, because the key was mended.
    let rest = server.post_json("/v1/courses/sums/regrade", &json!({})).await;
    assert_eq!((&rest["answers"], &rest["duplicate"]), (&json!(2), &json!(false)), "{rest}");
    assert_eq!(counts(&server, "ada").await.1, 3);
    let again = server.post_json("/v1/courses/sums/regrade", &json!({})).await;
    assert_eq!((&again["duplicate"], &again["seq"]), (&json!(true), &Value::Null), "{again}");
    let mastery = server.get_json("/v1/learners/ada/mastery").await;
    let evidence = mastery["courses"][0]["skills"][0]["evidence"].as_array().unwrap();
    assert_eq!(evidence.len(), 2, "{mastery}");
    assert!(evidence.iter().all(|answer| answer["right"] == true), "{mastery}");

    // Audited: who, why and when stand in the learner's own history, beside what was said.
    let history = server.get_json("/v1/learners/ada/history?limit=50").await;
    let entries = history["entries"].as_array().unwrap();
    let made: Vec<_> = entries.iter().filter(|it| it["type"] == "corrected").collect();
    assert_eq!(made.len(), 2, "{history}");
    assert_eq!(made[1]["data"]["corrected_because"], "the key of q1 said a");
    assert!(made[1]["data"]["corrected_by"].as_str().unwrap().starts_with("key "), "{}", made[1]);
    let said = entries.iter().find(|it| it["id"] == "ada-q1").unwrap();
    assert_eq!(said["data"]["grade"], 0.0, "the journal keeps what was said");

    let server = server
        .restarted_after(|data| {
            let report = verify(data).unwrap();
            assert!(report.is_sound(), "{:?}", report.problems);
            assert_eq!(report.state_digest_stored, Some(report.state_digest_replayed));
        })
        .await;
    let after = server.get_json("/v1/learners/ada/mastery").await;
    let said = |mastery: &Value| {
        let skills = mastery["courses"][0]["skills"].as_array().unwrap().clone();
        let said = skills.into_iter().map(|it| [it["evidence"].clone(), it["because"].clone()]);
        said.collect::<Vec<_>>()
    };
    assert_eq!(said(&after), said(&mastery));
    let more = json!([responds("ada-q4", "ada", "q4", "b")]);
    assert_eq!(server.post_json("/v1/events", &more).await["accepted"], 1);
    assert_eq!(counts(&server, "ada").await.1, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voided_event_never_was_and_a_second_grade_is_the_grade() {
    let server = Server::with_course().await;
    let told = json!([
        event("a1", "ada", json!({"type": "activity_started", "activity": "drill"})),
        event("a2", "ada", json!({"type": "question_answered", "question": "q1", "grade": 0.4})),
        responds("a3", "ada", "q2", "b"),
        event("a4", "ada", json!({"type": "activity_completed", "activity": "drill"})),
        responds("b1", "bo", "q1", "c"),
    ]);
    assert_eq!(server.post_json("/v1/events", &told).await["accepted"], 5);
    let correct = async |body: Value| server.post_json("/v1/corrections", &body).await;
    let reading = |grade: f64, reason: &str| json!({"grades": [{"event": "a2", "grade": grade}], "reason": reason});
    let second = correct(reading(0.8, "second reading")).await;
    assert_eq!((&second["correction"], &second["learners"]), (&json!("graded"), &json!(1)));
    let mean = async || {
        let page = server.get_json("/v1/learners/ada").await;
        (page["courses"][0]["mean_grade"].as_f64().unwrap() * 1e6).round()
    };
    assert_eq!(mean().await, 900_000.0);
    assert_eq!(correct(reading(0.8, "once more")).await["duplicate"], true);
    assert_eq!(correct(reading(1.0, "third reading")).await["answers"], 1);
    assert_eq!(counts(&server, "ada").await, (json!(2), json!(2)));

    let void = |events: &[&str]| json!({"void": events, "reason": "a test account"});
    let voided = correct(void(&["a3", "a4"])).await;
    assert_eq!((&voided["events"], &voided["answers"]), (&json!(2), &json!(1)), "{voided}");
    assert_eq!(counts(&server, "ada").await, (json!(1), json!(1)));
    assert_eq!(server.get_json("/v1/learners/ada").await["courses"][0]["completed"], 0);
    assert_eq!(correct(void(&["a3"])).await["duplicate"], true);
    // Everything of somebody: the learner is as new, and the id stays theirs.
    assert_eq!(correct(void(&["b1"])).await["learners"], 1);
    assert_eq!(counts(&server, "bo").await, (json!(0), json!(0)));
    // The voided event is known still, so a retry of it does not bring it back.
    let retry = json!([responds("b1", "bo", "q1", "c")]);
    assert_eq!(server.post_json("/v1/events", &retry).await["receipts"][0]["status"], "duplicate");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_corrected_says_why_and_nothing_is() {
    let server = Server::with_course().await;
    let told = json!([
        responds("a1", "adalovelace", "q1", "b"),
        event("a2", "adalovelace", json!({"type": "session_ended"})),
        responds("a3", "adalovelace", "q2", "b"),
    ]);
    assert_eq!(server.post_json("/v1/events", &told).await["accepted"], 3);
    let ask = json!({"learner": "adalovelace", "course": "sums", "decision_id": "d1"});
    server.post_json("/v1/decisions", &ask).await;
    server.post_json("/v1/corrections", &json!({"void": ["a3"], "reason": "a mistake"})).await;
    let head = server.get_json("/v1/stats").await["head"].clone();
    let no = async |body: Value, status: u16, code: &str| {
        check(server.post("/v1/corrections").json(&body), status, code).await
    };
    let grade = |event: &str, grade: f64| json!({"grades": [{"event": event, "grade": grade}], "reason": "x"});
    no(json!({"void": ["a1", "nowhere"], "reason": "x"}), 404, "unknown_event").await;
    no(json!({"void": ["d1"], "reason": "x"}), 422, "not_correctable").await;
    no(grade("a2", 0.5), 422, "not_correctable").await;
    no(grade("a1", 1.5), 422, "schema_violation").await;
    no(grade("a3", 0.5), 409, "event_voided").await;
    no(json!({"void": ["a1"], "reason": "adalovelace was not there"}), 422, "reason_names_learner")
        .await;
    no(json!({"void": ["a1"], "reason": ""}), 422, "schema_violation").await;
    no(json!({"reason": "x"}), 422, "schema_violation").await;
    let both = json!({"void": ["a2"], "grades": [{"event": "a1", "grade": 1.0}], "reason": "x"});
    no(both, 422, "schema_violation").await;
    let regrade = |course: &str| server.post(&format!("/v1/courses/{course}/regrade"));
    check(regrade("nowhere").json(&json!({})), 404, "unknown_course").await;
    let questions = json!({"questions": ["q1", "q99"]});
    check(regrade("sums").json(&questions), 422, "unknown_question").await;
    assert_eq!(server.get_json("/v1/stats").await["head"], head, "nothing was journaled");

    let (reader, _) = server.new_key(&["learners:read"]);
    let post = server.bare(reqwest::Method::POST, "/v1/corrections").bearer_auth(&reader);
    check(post.json(&json!({"void": ["a1"], "reason": "x"})), 403, "missing_scope").await;
    let (teacher, _) = server.new_key(&["grades:write"]);
    let post = server.bare(reqwest::Method::POST, "/v1/corrections").bearer_auth(&teacher);
    let answer = post.json(&json!({"void": ["a1"], "reason": "x"})).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_learner_stays_erased_after_corrections() {
    let server = Server::with_course().await;
    let told = json!([
        responds("a1", "adalovelace", "q1", "b"),
        responds("a2", "adalovelace", "q2", "a"),
        responds("b1", "bo", "q1", "b"),
    ]);
    assert_eq!(server.post_json("/v1/events", &told).await["accepted"], 3);
    let grades = json!({"grades": [{"event": "a2", "grade": 1.0}], "reason": "read again"});
    assert_eq!(server.post_json("/v1/corrections", &grades).await["learners"], 1);
    let erase = server.bare(reqwest::Method::DELETE, "/v1/learners/adalovelace");
    let erase = erase.bearer_auth(&server.key).json(&json!({"reason": "asked for"}));
    assert_eq!(erase.send().await.unwrap().status(), 200);
    let void = json!({"void": ["a1"], "reason": "x"});
    check(server.post("/v1/corrections").json(&void), 404, "unknown_event").await;
    let void = json!({"void": ["b1"], "reason": "x"});
    assert_eq!(server.post_json("/v1/corrections", &void).await["learners"], 1);
    let server = server
        .restarted_after(|data| {
            let report = verify(data).unwrap();
            assert!(report.is_sound(), "{:?}", report.problems);
            for name in ["nexus.db", "nexus.db-wal"] {
                let bytes = std::fs::read(data.join(name)).unwrap_or_default();
                let found = bytes.windows(11).any(|window| window == b"adalovelace");
                assert!(!found, "{name} names an erased learner");
            }
        })
        .await;
    check(server.get("/v1/learners/adalovelace"), 410, "learner_erased").await;
}
