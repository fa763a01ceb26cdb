//! A lesson over HTTP: what a learner sees, and what is told only after an answer.

use crate::harness::{Server, check, event};
use nexus_engine::ids::LearnerId;
use nexus_server::auth::jwt::JwtIssuers;
use nexus_server::auth::links::LinkSigner;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;

const DRILL: &str = "/v1/learners/ada/lesson?course=sums&activity=drill";

/// A server with the small course, and a learner's own token on it.
async fn server() -> (Server, String) {
    let (signer, issuer) = LinkSigner::new().unwrap();
    let issuers = Arc::new(JwtIssuers(vec![issuer]));
    let server = Server::start_as(|state| state.jwt = issuers).await;
    server.publish().await;
    let token = signer.token(&LearnerId::new("ada").unwrap()).unwrap();
    (server, token)
}

async fn read(server: &Server, token: &str, path: &str) -> Value {
    let answer = server.bare(Method::GET, path).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

async fn send(server: &Server, token: &str, id: &str, fields: Value) {
    let id = format!("ada:{id}");
    let body = json!([event(&id, "ada", fields)]);
    let request = server.bare(Method::POST, "/v1/events").bearer_auth(token).json(&body);
    let receipts: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(receipts["receipts"][0]["status"], "accepted", "{receipts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_right_is_told_after_the_answer() {
    let (server, token) = server().await;
    let before = read(&server, &token, DRILL).await;
    let text = before.to_string();
    assert!(!text.contains("One and one is two."), "no explanation before an answer: {text}");
    assert!(!text.contains("solution"), "{text}");
    assert_eq!(before["begun"], false);
    let activity = &before["activity"];
    assert_eq!((&activity["asked"], &activity["answered"]), (&json!(2), &json!(0)));
    assert_eq!(activity["questions"][0]["options"][1], json!({"id": "b", "text": "2"}));
    assert_eq!(activity["questions"][0]["graded"], true);

    send(&server, &token, "1", json!({"type": "activity_started", "activity": "drill"})).await;
    let wrong = json!({"type": "question_answered", "activity": "drill", "question": "q1", "response": "a"});
    send(&server, &token, "2", wrong).await;
    let after = read(&server, &token, DRILL).await;
    let answer = &after["activity"]["questions"][0]["answer"];
    assert_eq!((&answer["correct"], &answer["response"]), (&json!(false), &json!("a")), "{after}");
    assert_eq!((&answer["solution"], &answer["attempt"]), (&json!(["b"]), &json!(1)));
    assert_eq!(answer["explanation"], "One and one is two.");
    assert!(after["activity"]["questions"][1].get("answer").is_none(), "{after}");
    assert_eq!((&after["activity"]["answered"], &after["begun"]), (&json!(1), &json!(true)));

    let right = json!({"type": "question_answered", "activity": "drill", "question": "q1", "response": "b"});
    send(&server, &token, "3", right).await;
    let again = read(&server, &token, DRILL).await;
    let answer = &again["activity"]["questions"][0]["answer"];
    assert_eq!((&answer["correct"], &answer["attempt"]), (&json!(true), &json!(2)), "the latest");

    send(&server, &token, "4", json!({"type": "activity_started", "activity": "drill"})).await;
    let new_round = read(&server, &token, DRILL).await;
    assert_eq!(new_round["activity"]["answered"], 0, "another round begins without answers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_course_alone_and_what_is_not_there() {
    let (server, token) = server().await;
    let cover = read(&server, &token, "/v1/learners/ada/lesson?course=sums").await;
    assert_eq!((&cover["title"], &cover["language"]), (&json!("Sums"), &json!("en")));
    assert_eq!(cover["skills"][1], json!({"skill": "carry", "title": "Carrying"}));
    assert!(cover.get("activity").is_none() && cover.get("goal").is_none(), "{cover}");
    let video = read(&server, &token, "/v1/learners/ada/lesson?course=sums&activity=watch").await;
    assert_eq!(video["activity"]["video"]["script"], "One and one is two.");
    assert_eq!(video["activity"]["harder"], json!(["drill"]));
    assert_eq!(video["activity"]["asking"], json!(["drill"]));

    let get = |path: &str| server.bare(Method::GET, path).bearer_auth(&token);
    check(get("/v1/learners/ada/lesson?course=gone"), 404, "unknown_course").await;
    let gone = get("/v1/learners/ada/lesson?course=sums&activity=gone");
    check(gone, 422, "unknown_activity").await;
    check(get("/v1/learners/ada/lesson"), 422, "schema_violation").await;
    check(get("/v1/learners/bob/lesson?course=sums"), 403, "foreign_learner").await;
    let page = server.bare(Method::GET, "/learn/sums").send().await.unwrap();
    assert_eq!(page.status(), 200, "the page holds no data, so anybody may have it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_placement_shows_its_question_and_tells_nothing() {
    let (server, token) = server().await;
    let mut course = crate::harness::course();
    course["version"] = json!(2);
    let placement = json!({"id": "begin", "kind": "placement", "title": "Begin", "skills": [],
        "difficulty": 0.5, "minutes": 3.0, "placement": {"questions_min": 1, "questions_max": 2}});
    course["modules"][0]["activities"].as_array_mut().unwrap().insert(0, placement);
    let answer = server.put("/v1/courses/sums").json(&course).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    let path = "/v1/learners/ada/lesson?course=sums&activity=begin";
    let open = read(&server, &token, path).await["activity"].clone();
    assert_eq!((&open["measures"], &open["asked"]), (&json!(true), &json!(2)), "{open}");
    let questions = open["questions"].as_array().unwrap();
    let asked = server.get_json("/v1/learners/ada/placement?course=sums").await;
    assert_eq!(questions.len(), 1);
    assert_eq!(questions[0]["question"], asked["next"]["question"]);
    let fields = json!({"type": "question_answered", "activity": "begin", "question": questions[0]["question"], "response": "b"});
    send(&server, &token, "1", fields).await;
    let next = read(&server, &token, path).await["activity"].clone();
    assert_eq!(next["answered"], 1);
    assert!(!next.to_string().contains("explanation"), "nothing is said of the answer: {next}");
}
