//! The loop of a learning site: publish, decide, send what happened, look at what came of it.

use crate::harness::{Server, check, course, event};
use nexus_engine::policy::gain::{GAIN_COLUMNS, GAIN_SCHEMA};
use serde_json::{Value, json};

fn statuses(receipts: &Value) -> Vec<&str> {
    let receipts = receipts["receipts"].as_array().unwrap();
    receipts.iter().map(|receipt| receipt["status"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_event_never_spoils_its_batch() {
    let server = Server::with_course().await;
    let good =
        |id: &str| event(id, "ada", json!({"type": "activity_started", "activity": "watch"}));
    let body = json!({"events": [
        good("e1"),
        {"id": "e2"},
        event("e3", "ada", json!({"type": "danced"})),
        event("e4", "ada", json!({"type": "activity_started", "activity": "gone"})),
        event("e5", "ada", json!({"type": "enrolled", "occurred_at": "2999-01-01T00:00:00Z"})),
        3,
        event("rwd:e6", "ada", json!({"type": "enrolled"})),
        event("e7", "ada", json!({"type": "feedback", "activity": "watch", "rating": 9})),
        event("e8", "ada", json!({"type": "question_answered", "question": "q1",
            "response": "b", "unknown_field": [1, 2]})),
    ]});
    let text = body.to_string().replacen("\"e8\"", "\"e8\", \"extra\": 1e999", 1);
    assert!(text.contains("1e999"));
    let receipts = server.post_json("/v1/events", &body).await;
    let codes: Vec<_> =
        receipts["receipts"].as_array().unwrap().iter().map(|r| r["code"].clone()).collect();
    assert_eq!(
        codes,
        [
            Value::Null,
            "schema_violation".into(),
            "unknown_type".into(),
            "unknown_activity".into(),
            "in_the_future".into(),
            "schema_violation".into(),
            "reserved_id".into(),
            "rating_out_of_range".into(),
            Value::Null
        ],
        "{receipts}"
    );
    assert_eq!((&receipts["accepted"], &receipts["rejected"]), (&2.into(), &7.into()));
    let unbounded = server.post_text("/v1/events", text).send().await.unwrap();
    let receipts: Value = unbounded.json().await.unwrap();
    let broken = &receipts["receipts"][8];
    assert_eq!(broken["code"], "non_finite_number", "{receipts}");
    assert_eq!((&broken["id"], &broken["pointer"]), (&"e8".into(), &"/extra".into()));
    assert_eq!(receipts["receipts"][0]["status"], "duplicate");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_contradict_themselves_are_rejected() {
    let server = Server::with_course().await;
    let answer = |id: &str, fields: Value| {
        let mut answer = event(id, "ada", json!({"type": "question_answered", "question": "q1"}));
        answer.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        answer
    };
    let body = json!([
        answer("e1", json!({"correct": true, "grade": 0.5})),
        answer("e2", json!({"correct": false, "grade": 1})),
        answer("e3", json!({"correct": true, "attempt": 0})),
        answer("e4", json!({"correct": true, "grade": 7})),
        answer("e5", json!({"correct": false, "grade": 0.5, "attempt": 1})),
    ]);
    let receipts = server.post_json("/v1/events", &body).await;
    let said: Vec<_> = receipts["receipts"].as_array().unwrap().iter().map(words).collect();
    assert_eq!(
        said,
        [
            ("e1", "contradiction", "/grade"),
            ("e2", "contradiction", "/grade"),
            ("e3", "", ""),
            ("e4", "grade_out_of_range", ""),
            ("e5", "", ""),
        ],
        "{receipts}"
    );
    let twice = body[4].to_string().replacen("\"e5\"", "\"e6\", \"grade\": 1", 1);
    let answer = server.post_text("/v1/events", format!("[{twice}]")).send().await.unwrap();
    let receipts: Value = answer.json().await.unwrap();
    assert_eq!(words(&receipts["receipts"][0]), ("e6", "duplicate_key", "/grade"), "{receipts}");
}

/// The id, the code and the pointer of a receipt.
fn words(receipt: &Value) -> (&str, &str, &str) {
    let word = |name: &str| receipt[name].as_str().unwrap_or_default();
    (word("id"), word("code"), word("pointer"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_id_and_body_is_a_duplicate_and_another_body_a_conflict() {
    let server = Server::with_course().await;
    let body = |activity: &str| {
        json!([event("e1", "ada", json!({"type": "activity_started", "activity": activity}))])
    };
    let first = server.post_json("/v1/events", &body("watch")).await;
    assert_eq!(statuses(&first), ["accepted"]);
    let again = server.post_json("/v1/events", &body("watch")).await;
    assert_eq!(statuses(&again), ["duplicate"]);
    assert_eq!(again["receipts"][0]["seq"], first["receipts"][0]["seq"]);
    let other = server.post_json("/v1/events", &body("drill")).await;
    assert_eq!(other["receipts"][0]["code"], "idempotency_conflict");
    let twice = json!([
        event("e2", "ada", json!({"type": "enrolled"})),
        event("e2", "ada", json!({"type": "enrolled"}))
    ]);
    assert_eq!(statuses(&server.post_json("/v1/events", &twice).await), ["accepted", "duplicate"]);
    let ask = json!({"learner": "ada", "course": "sums", "decision_id": "d1"});
    let made = server.post_json("/v1/decisions", &ask).await;
    let mut again = server.post_json("/v1/decisions", &ask).await;
    assert_eq!((&made["duplicate"], &again["duplicate"]), (&false.into(), &true.into()));
    again["duplicate"] = false.into();
    assert_eq!(made, again);
    let other =
        json!({"learner": "ada", "course": "sums", "decision_id": "d1", "exclude": ["drill"]});
    check(server.post("/v1/decisions").json(&other), 409, "idempotency_conflict").await;
    let taken = json!({"learner": "ada", "course": "sums", "decision_id": "e1"});
    check(server.post("/v1/decisions").json(&taken), 409, "idempotency_conflict").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_can_be_audited() {
    let server = Server::with_course().await;
    let ask =
        json!({"learner": "ada", "course": "sums", "decision_id": "d1", "exclude": ["carry-2"]});
    let made = server.post_json("/v1/decisions", &ask).await;
    let total: f64 = made["ranking"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["probability"].as_f64().unwrap())
        .sum();
    assert!((total - 1.0).abs() < 1e-9, "{made}");
    assert!(!made["title"].as_str().unwrap().is_empty());
    assert!(!made["explanation"]["teacher"].as_str().unwrap().is_empty());
    let shown = server.post_json("/v1/decisions/d1/exposure", &json!({})).await;
    assert_eq!(shown["duplicate"], false);
    let again = server.post("/v1/decisions/d1/exposure").send().await.unwrap();
    assert_eq!(again.json::<Value>().await.unwrap()["duplicate"], true);
    let page = server.get_json("/v1/decisions/d1").await;
    assert_eq!(page["propensity"], made["propensity"]);
    assert_eq!(page["reward"]["state"], "open");
    assert!(page["exposed_at"].is_string(), "{page}");
    assert!(page["seed"].as_str().unwrap().parse::<u64>().is_ok());
    let excluded = page["exclusions"].as_array().unwrap();
    assert!(excluded.iter().any(|row| row["activity"] == "carry-2"), "{page}");
    assert_eq!(page["feature_schema"], GAIN_SCHEMA);
    assert_eq!(page["features"].as_array().unwrap().len(), GAIN_COLUMNS);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_of_a_decision_is_found_however_much_happened_since() {
    let server = Server::start().await;
    let mut file = course();
    // Another activity that asks about the same skill: it measures the gain.
    file["modules"][1]["activities"][0]["skills"] = json!(["add"]);
    assert_eq!(server.put("/v1/courses/sums").json(&file).send().await.unwrap().status(), 200);
    // The longest id there is: those that follow from it are hashed.
    let id = "d".repeat(128);
    let path = format!("/v1/decisions/{id}");
    let rest = ["watch", "carry-1", "carry-2"];
    let ask = json!({"learner": "ada", "course": "sums", "decision_id": id, "exclude": rest});
    assert_eq!(server.post_json("/v1/decisions", &ask).await["activity"], "drill");
    let page = server.get_json(&path).await;
    assert_eq!(page["reward"], json!({"state": "open", "answers": 0}), "{page}");
    assert!(page["exposed_at"].is_null(), "{page}");
    let drill = |id: &str, kind: &str| event(id, "ada", json!({"type": kind, "activity": "drill"}));
    let answered = |id: &str, question: &str| {
        let fields = json!({"type": "question_answered", "question": question, "correct": true});
        event(id, "ada", fields)
    };
    let events = json!([drill("e1", "activity_started"), answered("e2", "q1")]);
    assert_eq!(server.post_json("/v1/events", &events).await["accepted"], 2);
    let page = server.get_json(&path).await;
    assert_eq!((&page["reward"]["state"], &page["reward"]["answers"]), (&json!("open"), &json!(1)));
    assert!(page["reward"]["started_at"].is_string(), "{page}");
    assert_eq!(page["exposed_at"], page["reward"]["started_at"]);
    assert!(page["reward"]["ended"].is_null() && page["reward"]["gain"].is_null(), "{page}");
    server.post_json("/v1/events", &json!([drill("e3", "activity_completed")])).await;
    let page = server.get_json(&path).await;
    assert_eq!(page["reward"]["ended"], "completed", "{page}");
    // A later session measures the gain, and the reward joins.
    let later = json!([
        event("e4a", "ada", json!({"type": "session_ended"})),
        event("e4", "ada", json!({"type": "session_started"})),
        answered("e5", "q3"),
    ]);
    assert_eq!(server.post_json("/v1/events", &later).await["accepted"], 3);
    for batch in 0..5 {
        let one =
            |n: usize| event(&format!("m{batch}-{n}"), "ada", json!({"type": "session_started"}));
        let many: Vec<_> = (0..500).map(one).collect();
        assert_eq!(server.post_json("/v1/events", &json!(many)).await["accepted"], 500);
    }
    let page = server.get_json(&path).await;
    assert_eq!(page["reward"]["state"], "joined", "{page}");
    assert_eq!(page["reward"]["reward"]["gain_source"], "later_session", "{page}");
    assert!(page["exposed_at"].is_string(), "{page}");
    assert!(page["reward"]["started_at"].is_null(), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_may_narrow_the_choice_but_not_to_nothing() {
    let server = Server::with_course().await;
    let ask = |fields: Value| {
        let mut ask = json!({"learner": "ada", "course": "sums"});
        ask.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        server.post("/v1/decisions").json(&ask)
    };
    for (fields, code) in [
        (json!({"candidates": ["watch", "gone"]}), "unknown_activity"),
        (json!({"exclude": ["gone"]}), "unknown_activity"),
        (json!({"candidates": []}), "no_candidate"),
        (json!({"candidates": ["drill"], "exclude": ["drill"]}), "no_candidate"),
        (json!({"exclude": ["watch", "drill", "carry-1", "carry-2"]}), "no_candidate"),
        // Its skill builds on one that nobody has learned yet.
        (json!({"candidates": ["carry-1"]}), "no_candidate"),
    ] {
        check(ask(fields), 422, code).await;
    }
    let answer = ask(json!({"candidates": ["drill"]})).send().await.unwrap();
    let made: Value = answer.json().await.unwrap();
    assert_eq!(made["activity"], "drill", "{made}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_can_be_read_back() {
    let server = Server::with_course().await;
    let events = json!([
        event("e1", "ada", json!({"type": "session_started"})),
        event("e2", "ada", json!({"type": "activity_started", "activity": "drill"})),
        event("e3", "ada", json!({"type": "question_answered", "question": "q1", "response": "b"})),
        event(
            "e4",
            "ada",
            json!({"type": "question_answered", "question": "q2", "correct": false})
        ),
        event("e5", "ada", json!({"type": "activity_completed", "activity": "drill"})),
        event(
            "e6",
            "ada",
            json!({"type": "video_progressed", "activity": "watch",
            "segments": [[0, 30]]})
        ),
    ]);
    let receipts = server.post_json("/v1/events", &events).await;
    assert_eq!(receipts["accepted"], 6, "{receipts}");
    let learner = server.get_json("/v1/learners/ada").await;
    assert_eq!((&learner["answers"], &learner["right"]), (&2.into(), &1.into()));
    assert_eq!(learner["courses"][0]["completed"], 1, "{learner}");
    let mastery = server.get_json("/v1/learners/ada/mastery?course=sums").await;
    let skills = &mastery["courses"][0]["skills"];
    assert_eq!((&skills[0]["attempts"], &skills[1]["status"]), (&2.into(), &"not_started".into()));
    let history = server.get_json("/v1/learners/ada/history?limit=4").await;
    assert_eq!(history["entries"][0]["id"], "e6", "{history}");
    let older = format!("/v1/learners/ada/history?before={}", history["next"]);
    assert_eq!(server.get_json(&older).await["entries"].as_array().unwrap().len(), 2);
    let mut after = 0;
    let mut kinds = Vec::new();
    loop {
        let page = server.get_json(&format!("/v1/journal?after={after}&limit=3")).await;
        let entries = page["entries"].as_array().unwrap();
        kinds.extend(entries.iter().map(|entry| entry["type"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_u64() else { break };
        after = next;
    }
    assert_eq!((kinds.len(), kinds[0].as_str()), (7, "course_published"));
    let report = server.get_json("/v1/courses/sums/report").await;
    assert_eq!((&report["learners"], &report["answers"]), (&1.into(), &2.into()));
    let file = server.get_json("/v1/courses/sums").await;
    assert_eq!(file["modules"][0]["activities"][1]["questions"][0]["options"]["d"], "4");
    let list = server.get_json("/v1/courses").await;
    assert_eq!(list["courses"][0]["activities"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_experiment_runs_and_stops() {
    let server = Server::with_course().await;
    let definition = json!({"id": "exp-1", "course": "sums", "variants": [
        {"name": "control", "policy": "static", "weight": 0.5},
        {"name": "treatment", "policy": "lin-ts", "weight": 0.5}]});
    let started = server.post_json("/v1/experiments", &definition).await;
    assert_eq!(started["duplicate"], false);
    assert_eq!(server.post_json("/v1/experiments", &definition).await["duplicate"], true);
    for n in 0..10 {
        let ask = json!({"learner": format!("learner-{n}"), "course": "sums"});
        let made = server.post_json("/v1/decisions", &ask).await;
        assert_eq!(made["experiment"], "exp-1");
        let path = format!("/v1/decisions/{}/exposure", made["decision_id"].as_str().unwrap());
        server.post_json(&path, &json!({})).await;
    }
    let results = server.get_json("/v1/experiments/exp-1/results").await;
    let learners = |side: usize| results["variants"][side]["learners"].as_u64().unwrap();
    assert_eq!(learners(0) + learners(1), 10, "{results}");
    assert_eq!(results["effects"][0]["metric"], "probe_success");
    assert_eq!(results["effects"][0]["verdict"], "undecided");
    let stats = server.get_json("/v1/stats").await;
    assert_eq!(stats["totals"]["decisions"], 10, "{stats}");
    assert_eq!(stats["experiments"][0]["running"], true);
    server.post_json("/v1/experiments/exp-1/stop", &json!({"reason": "enough"})).await;
    let summary = server.get_json("/v1/experiments/exp-1").await;
    assert_eq!(summary["status"], "stopped");
    assert_eq!(server.get_json("/v1/experiments").await["experiments"][0]["learners"], 10);
    // What was stopped goes on only as the next version.
    let again = |version: u32| {
        let mut next = definition.clone();
        next["version"] = version.into();
        server.post("/v1/experiments").json(&next)
    };
    check(again(1), 409, "experiment_stopped").await;
    check(again(3), 409, "experiment_exists").await;
    assert_eq!(again(2).send().await.unwrap().status(), 200);
    let summary = server.get_json("/v1/experiments/exp-1").await;
    assert_eq!((&summary["status"], &summary["version"]), (&"running".into(), &2.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn sides_without_shares_have_equal_ones() {
    let server = Server::with_course().await;
    let start = |shares: [Option<f64>; 3]| {
        let side = |(n, share): (usize, Option<f64>)| match share {
            Some(share) => json!({"name": format!("s{n}"), "policy": "random", "weight": share}),
            None => json!({"name": format!("s{n}"), "policy": "random"}),
        };
        let variants: Vec<_> = shares.into_iter().enumerate().map(side).collect();
        server
            .post("/v1/experiments")
            .json(&json!({"id": "exp-1", "course": "sums", "variants": variants}))
    };
    let problem = check(start([Some(0.5), Some(0.5), None]), 422, "schema_violation").await;
    assert_eq!(problem["errors"][0]["pointer"], "/variants/2/weight", "{problem}");
    assert_eq!(problem["errors"][0]["code"], "weight_missing");
    assert_eq!(start([None; 3]).send().await.unwrap().status(), 200);
    let summary = server.get_json("/v1/experiments/exp-1").await;
    let shares = summary["variants"].as_array().unwrap().iter().map(|side| &side["weight"]);
    assert!(shares.clone().all(|share| share.as_f64() == Some(1.0 / 3.0)), "{summary}");
    let same = start([Some(1.0 / 3.0); 3]).send().await.unwrap();
    assert_eq!(same.json::<Value>().await.unwrap()["duplicate"], true);
}
