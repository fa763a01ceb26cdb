//! Help with a question over HTTP, as a site runs it: ask, show, read what came of it.

use crate::harness::{Server, check, course, event};
use serde_json::{Value, json};

/// The small course, in which `q1` offers three supports.
async fn server() -> Server {
    let server = Server::start().await;
    publish(&server).await;
    server
}

async fn publish(server: &Server) {
    let mut course = course();
    course["modules"][0]["activities"][1]["questions"][0]["supports"] = json!([
        {"id": "nudge", "kind": "hint", "text": "Count on."},
        {"id": "like-it", "kind": "worked_example", "text": "1 + 2 is 3."},
        {"id": "film", "kind": "remedial_activity", "activity": "watch"}
    ]);
    let answer = server.put("/v1/courses/sums").json(&course).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
}

async fn answers(server: &Server, id: &str, question: &str, right: bool) {
    let fields = json!({"type": "question_answered", "question": question, "correct": right});
    let receipts = server.post_json("/v1/events", &json!([event(id, "ada", fields)])).await;
    assert_eq!(receipts["receipts"][0]["status"], "accepted", "{receipts}");
}

fn ask(id: &str) -> Value {
    json!({"learner": "ada", "course": "sums", "question": "q1", "support_id": id})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_gets_help_and_what_comes_of_it_is_read() {
    let server = server().await;
    answers(&server, "e1", "q1", false).await;
    let mut request = ask("s1");
    request["reason"] = json!("wrong");
    let help = server.post_json("/v1/supports", &request).await;
    assert_eq!((&help["support_id"], &help["question"]), (&json!("s1"), &json!("q1")), "{help}");
    assert_eq!((&help["chooser"], &help["duplicate"]), (&json!("bandit"), &json!(false)));
    assert!(help["propensity"].as_f64().unwrap() > 0.0);
    let film = help["kind"] == "remedial_activity";
    assert_eq!(help["text"].is_string(), !film, "{help}");
    assert_eq!(help["activity"] == "watch", film, "{help}");
    assert!(help["explanation"].as_str().unwrap().starts_with("Of 3 supports, this "), "{help}");

    let again = server.post_json("/v1/supports", &request).await;
    assert_eq!((&again["support"], &again["seq"]), (&help["support"], &help["seq"]));
    assert_eq!(again["duplicate"], true);
    check(server.post("/v1/supports").json(&ask("s1")), 409, "idempotency_conflict").await;

    let waiting = server.get_json("/v1/supports/s1").await;
    assert_eq!((&waiting["state"], &waiting["learner"]), (&json!("waiting"), &json!("ada")));
    assert_eq!(waiting["choice"]["candidates"].as_array().unwrap().len(), 3);
    assert_eq!(waiting["choice"]["reason"], "wrong");
    assert!(waiting.get("outcome").is_none());

    answers(&server, "e2", "q1", true).await;
    answers(&server, "e3", "q3", true).await;
    answers(&server, "e4", "q2", true).await;
    let settled = server.get_json("/v1/supports/s1").await;
    assert_eq!(settled["state"], "rewarded", "{settled}");
    let outcome = &settled["outcome"];
    assert_eq!(
        (&outcome["retry"]["right"], &outcome["next"]["right"]),
        (&json!(true), &json!(true))
    );
    assert!(outcome["value"].as_f64().unwrap() > 0.0, "{settled}");

    let report = server.get_json("/v1/courses/sums/supports").await;
    assert_eq!(
        (&report["chosen"], &report["rewarded"], &report["waiting"]),
        (&json!(1), &json!(1), &json!(0))
    );
    let [question] = &report["questions"].as_array().unwrap()[..] else { panic!("{report}") };
    assert_eq!((&question["question"], &question["title"]), (&json!("q1"), &json!("drill")));
    let supports = question["supports"].as_array().unwrap();
    let served: Vec<u64> = supports.iter().map(|it| it["served"].as_u64().unwrap()).collect();
    assert_eq!(served.iter().sum::<u64>(), 1);
    let best: f64 = supports.iter().map(|it| it["best"].as_f64().unwrap()).sum();
    assert!((best - 1.0).abs() < 1e-9);
    let place = served.iter().position(|served| *served == 1).unwrap();
    assert_eq!(supports[place]["support"], help["support"]);
    assert_eq!(
        (&supports[place]["retries_right"], &supports[place]["nexts_right"]),
        (&json!(1), &json!(1))
    );

    let page = server.get_json("/v1/journal?limit=1000").await;
    let of = |kind: &str| {
        let entries = page["entries"].as_array().unwrap();
        entries.iter().find(|entry| entry["type"] == kind).unwrap().clone()
    };
    assert_eq!(of("support_chosen")["data"]["support_id"], "s1");
    assert_eq!(of("support_rewarded")["data"]["outcome"], *outcome);
    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("nexus_support_outcomes{course=\"sums\",outcome=\"rewarded\"} 1"));
    let server = server.restarted().await;
    assert_eq!(server.get_json("/v1/courses/sums/supports").await, report);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_possible_is_said() {
    let server = server().await;
    let with = |field: &str, value: Value| {
        let mut body = ask("s9");
        body[field] = value;
        server.post("/v1/supports").json(&body)
    };
    check(with("question", json!("q9")), 422, "unknown_question").await;
    check(with("question", json!("q2")), 422, "no_support").await;
    check(with("course", json!("gone")), 404, "unknown_course").await;
    check(with("reason", json!("wrong")), 409, "no_wrong_answer").await;
    check(with("reason", json!("bored")), 422, "schema_violation").await;
    check(with("hint", json!("please")), 422, "schema_violation").await;
    check(server.get("/v1/supports/s9"), 404, "not_found").await;
    check(server.get("/v1/courses/gone/supports"), 404, "unknown_course").await;
    // A decision is no support.
    let decided = json!({"learner": "ada", "course": "sums", "decision_id": "d1"});
    server.post_json("/v1/decisions", &decided).await;
    check(server.get("/v1/supports/d1"), 404, "not_found").await;
    check(server.post("/v1/supports").json(&ask("d1")), 409, "idempotency_conflict").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_leaves_no_word_of_whom_it_helped() {
    let server = server().await;
    answers(&server, "e1", "q1", false).await;
    server.post_json("/v1/supports", &ask("helped-ada")).await;
    let erase = server.bare(reqwest::Method::DELETE, "/v1/learners/ada").bearer_auth(&server.key);
    let reason = json!({"reason": "the parents asked for it"});
    assert_eq!(erase.json(&reason).send().await.unwrap().status(), 200);
    check(server.get("/v1/supports/helped-ada"), 404, "not_found").await;
    check(server.post("/v1/supports").json(&ask("s2")), 410, "learner_erased").await;
    let report = server.get_json("/v1/courses/sums/supports").await;
    assert_eq!(
        (&report["chosen"], &report["missing"], &report["waiting"]),
        (&json!(1), &json!(1), &json!(0))
    );
    let page = server.get_json("/v1/journal?limit=1000").await.to_string();
    assert!(page.contains("support_chosen") && !page.contains("ada"), "{page}");
}
