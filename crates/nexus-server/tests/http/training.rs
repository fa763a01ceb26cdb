//! Training over HTTP: it runs beside serving, one at a time, and says what came of it.

use crate::harness::{Server, check, event};
use nexus_stats::math::logistic;
use nexus_stats::random::Stream;
use serde_json::{Value, json};
use std::time::Duration;

const QUESTIONS: u64 = 40;

fn course() -> Value {
    let questions = |skill: u64| -> Vec<Value> {
        let own = (0..QUESTIONS).filter(|number| number % 2 == skill);
        own.map(|number| {
            json!({"id": format!("q{number}"), "kind": "numeric", "prompt": "1 + 1 = ?",
                "answer": 2, "tolerance": 0.1, "explanation": "Two."})
        })
        .collect()
    };
    let exercise = |skill: u64| {
        json!({"id": format!("drill-{skill}"), "kind": "exercise", "title": "Drill",
            "skills": [format!("s{skill}")], "difficulty": 0.5, "minutes": 5.0, "required": true,
            "questions": questions(skill)})
    };
    json!({
        "format": 1, "id": "sums", "version": 1, "title": "Sums", "language": "en",
        "description": "Adding up.", "licence": "CC0-1.0",
        "skills": [{"id": "s0", "title": "Adding"}, {"id": "s1", "title": "Carrying"}],
        "modules": [{"id": "m1", "title": "One", "activities": [exercise(0), exercise(1)]}]
    })
}

/// Learners whose questions differ much from what their author wrote, so that a fit is worth it.
async fn school(server: &Server, learners: u64) {
    let answer = server.put("/v1/courses/sums").json(&course()).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    let mut stream = Stream::keyed(1, "school");
    let mut events = Vec::new();
    for learner in 0..learners {
        let ability = 0.7 * stream.normal();
        for step in 0..20 {
            let question = stream.below(QUESTIONS);
            let easiness = 0.5 + Stream::keyed(question, "easiness").normal();
            let right = stream.uniform() < logistic(ability + easiness);
            let fields = json!({"type": "question_answered", "question": format!("q{question}"),
                "correct": right});
            events.push(event(&format!("a-{learner}-{step}"), &format!("l{learner}"), fields));
        }
    }
    for batch in events.chunks(500) {
        let receipts = server.post_json("/v1/events", &json!({"events": batch})).await;
        assert_eq!(receipts["accepted"], batch.len(), "{receipts}");
    }
}

async fn train(server: &Server, body: &Value) -> Value {
    let answer = server.post("/v1/tracing/versions").json(body).send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 202, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Waits until the training has ended.
async fn ended(server: &Server) -> Value {
    for _ in 0..600 {
        let state = server.get_json("/v1/tracing").await;
        if state["job"]["status"] != "running" {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the training does not end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_publishes_a_version_and_rewrites_nothing() {
    let server = Server::start().await;
    school(&server, 150).await;
    let state = server.get_json("/v1/tracing").await;
    assert_eq!((&state["version"], &state["job"]), (&0.into(), &Value::Null));
    assert_eq!((&state["questions"], &state["skills"]), (&QUESTIONS.into(), &2.into()));
    let history = server.get_json("/v1/learners/l7/history?limit=100").await;
    let job = train(&server, &json!({"dry_run": true})).await;
    assert_eq!(
        (&job["job"], &job["status"], &job["dry_run"]),
        (&1.into(), &"running".into(), &true.into())
    );
    check(server.post("/v1/tracing/versions"), 409, "training_running").await;
    let dry = ended(&server).await;
    assert_eq!((&dry["job"]["status"], &dry["version"]), (&"fitted".into(), &0.into()), "{dry}");
    // Without a body, everything has its default.
    let answer = server.post("/v1/tracing/versions").send().await.unwrap();
    assert_eq!(answer.status(), 202);
    let state = ended(&server).await;
    let (job, version) = (&state["job"], &state["versions"][0]);
    assert_eq!((&job["status"], &job["version"]), (&"published".into(), &1.into()), "{state}");
    assert_eq!(job["report"], dry["job"]["report"], "the same answers give the same fit");
    assert_eq!((&version["version"], &version["parent"]), (&1.into(), &0.into()));
    assert!(version["asked_by"].as_str().unwrap().starts_with("key "), "{version}");
    let number = |name: &str| version["trained"][name].as_f64().unwrap();
    assert!(number("log_loss_fitted") < number("log_loss_serving"), "{version}");
    assert_eq!((number("answers"), number("learners")), (3000.0, 150.0));
    assert_eq!(server.get_json("/v1/learners/l7/history?limit=100").await, history);
    let after = version["seq"].as_u64().unwrap() - 1;
    let page = server.get_json(&format!("/v1/journal?after={after}")).await;
    assert_eq!(page["entries"][0]["type"], "tracing_trained", "{page}");
    assert_eq!(page["entries"][0]["data"], *version);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_version_can_be_published_again() {
    let server = Server::start().await;
    school(&server, 150).await;
    train(&server, &json!({})).await;
    assert_eq!(ended(&server).await["version"], 1);
    train(&server, &json!({"folds": 3, "seed": 7, "answers_max": 2900})).await;
    let state = ended(&server).await;
    assert_eq!(state["version"], 2, "{state}");
    assert_eq!(state["versions"][0]["trained"]["answers_left_out"], 100);
    let receipt = server.post_json("/v1/tracing/versions/1/restore", &json!({})).await;
    assert_eq!(receipt["version"], 3);
    let state = server.get_json("/v1/tracing").await;
    assert_eq!(state["versions"][0]["restored_from"], 1);
    assert_eq!(state["versions"][0]["digest"], state["versions"][2]["digest"]);
    for id in ["0", "9", "x", "-1"] {
        let request = server.post(&format!("/v1/tracing/versions/{id}/restore"));
        check(request, 404, "unknown_tracing_version").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_trained_says_why() {
    let server = Server::with_course().await;
    for (body, pointer) in [
        (json!({"folds": 1}), "/folds"),
        (json!({"folds": 21}), "/folds"),
        (json!({"answers_min": 0}), "/answers_min"),
        (json!({"learners_min": 0}), "/learners_min"),
        (json!({"answers_max": 0}), "/answers_max"),
        (json!({"seed": -1}), "/seed"),
    ] {
        let request = server.post("/v1/tracing/versions").json(&body);
        let problem = check(request, 422, "schema_violation").await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let request = server.post("/v1/tracing/versions").json(&json!({"fold": 3}));
    check(request, 422, "schema_violation").await;
    train(&server, &json!({})).await;
    let state = ended(&server).await;
    let job = &state["job"];
    assert_eq!(
        (&job["status"], &job["refusal"]["code"]),
        (&"refused".into(), &"too_few_learners".into())
    );
    assert!(job["refusal"]["detail"].as_str().unwrap().contains("training needs 20"), "{job}");
    assert_eq!(state["version"], 0);
    let reserved = event("tracing-version:1", "ada", json!({"type": "enrolled"}));
    let receipts = server.post_json("/v1/events", &json!([reserved])).await;
    assert_eq!(receipts["receipts"][0]["code"], "reserved_id");
}
