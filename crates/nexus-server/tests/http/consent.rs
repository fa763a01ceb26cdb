//! Consent to exploration over HTTP: true with the next decision, there after a restart, and
//! readable by whoever weighs decisions by their propensities.

use crate::harness::{Server, check};
use serde_json::{Value, json};

async fn put(server: &Server, learner: &str, body: &Value) -> Value {
    let path = format!("/v1/learners/{learner}/consent");
    let answer = server.put(&path).json(body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// Asks for a decision, and compares why nothing was left to chance, if so.
async fn decides(server: &Server, id: &str, withheld: Option<&str>) -> Value {
    let body = json!({"learner": "ada", "course": "sums", "decision_id": id});
    let decision = server.post_json("/v1/decisions", &body).await;
    assert_eq!(decision["exploration"]["withheld"].as_str(), withheld, "{decision}");
    let audit = server.get_json(&format!("/v1/decisions/{id}")).await;
    assert_eq!(audit["withheld"], decision["exploration"]["withheld"]);
    if withheld.is_some() {
        let floor = &decision["exploration"]["floor"];
        assert_eq!((floor, &decision["propensity"]), (&json!(0.0), &json!(1.0)));
    }
    decision
}

#[tokio::test(flavor = "multi_thread")]
async fn it_holds_from_the_next_decision_on_and_through_a_restart() {
    let server = Server::with_course().await;
    decides(&server, "d1", None).await;
    let no = json!({"exploration": false, "by": "the parents", "reason": "asked at school"});
    let receipt = put(&server, "ada", &no).await;
    assert_eq!(receipt["duplicate"], false);
    decides(&server, "d2", Some("no_consent")).await;
    let again = put(&server, "ada", &no).await;
    assert_eq!((&again["duplicate"], &again["seq"]), (&true.into(), &receipt["seq"]));

    let server = server.restarted().await;
    let learner = server.get_json("/v1/learners/ada").await;
    assert_eq!(learner["consent"]["exploration"], false);
    decides(&server, "d3", Some("no_consent")).await;
    let after = receipt["seq"].as_u64().unwrap() - 1;
    let entry = &server.get_json(&format!("/v1/journal?after={after}&limit=1")).await["entries"][0];
    assert_eq!((&entry["type"], &entry["learner"]), (&"consent_changed".into(), &"ada".into()));
    let by = entry["data"]["by"].as_str().unwrap();
    assert!(by.starts_with("the parents (key "), "{by}");
    put(&server, "ada", &json!({"exploration": true, "reason": "they changed their mind"})).await;
    decides(&server, "d4", None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_said_says_why() {
    let server = Server::with_course().await;
    for (body, pointer) in [
        (json!({"exploration": false}), ""),
        (json!({"exploration": false, "reason": " "}), "/reason"),
        (json!({"exploration": false, "reason": "x", "by": ""}), "/by"),
        (json!({"exploration": "no", "reason": "x"}), "/exploration"),
    ] {
        let asked = server.put("/v1/learners/ada/consent").json(&body);
        let problem = check(asked, 422, "schema_violation").await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
}
