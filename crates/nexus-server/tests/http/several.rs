//! What a site meets in its first week: a choice of activities, several learners or marks in one call,
//! batches that must be whole, marks that contradict the key, and who is on which side.

use crate::harness::{Server, check, event};
use crate::rewards::course_with_mark;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_slate_begins_with_the_decision_and_repeats_nothing() {
    let server = Server::with_course().await;
    let ask = |count: Value| json!({"learner": "ada", "course": "sums", "decision_id": "d1", "count": count});
    let answer = server.post_json("/v1/decisions", &ask(json!(3))).await;
    let slate = answer["slate"].as_array().unwrap();
    let candidates = answer["ranking"].as_array().unwrap().len();
    assert_eq!(slate.len(), candidates.min(3), "{answer}");
    assert_eq!(slate[0]["activity"], answer["activity"]);
    assert_eq!(slate[0]["probability"], answer["propensity"]);
    let mut names: Vec<&str> = slate.iter().map(|it| it["activity"].as_str().unwrap()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), slate.len(), "{answer}");
    let again = server.post_json("/v1/decisions", &ask(json!(3))).await;
    assert_eq!((&again["slate"], &again["duplicate"]), (&answer["slate"], &json!(true)));
    for count in [json!(0), json!(21), json!(-1), json!("3")] {
        check(server.post("/v1/decisions").json(&ask(count)), 422, "schema_violation").await;
    }
    let plain = json!({"learner": "ben", "course": "sums"});
    assert!(server.post_json("/v1/decisions", &plain).await.get("slate").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_learners_are_answered_in_one_call() {
    let server = Server::with_course().await;
    let body = json!({"decisions": [
        {"learner": "ada", "course": "sums", "decision_id": "d1"},
        {"learner": "ben", "course": "none"},
        {"learner": "cara", "course": "sums", "decision_id": "d3", "candidate": []},
        {"learner": "dan", "course": "sums", "decision_id": "d4", "count": 2}
    ]});
    let answer = server.post_json("/v1/decision-batches", &body).await;
    assert_eq!((&answer["answered"], &answer["refused"]), (&json!(2), &json!(2)), "{answer}");
    let answers = answer["answers"].as_array().unwrap();
    assert_eq!(answers[0]["next"]["decision_id"], "d1");
    assert_eq!(answers[1]["problem"]["code"], "unknown_course");
    assert_eq!(answers[2]["problem"]["code"], "schema_violation", "{answer}");
    assert_eq!(answers[3]["next"]["learner"], "dan");
    // A retry of one alone is the same decision.
    let alone = server.post_json("/v1/decisions", &body["decisions"][0]).await;
    assert_eq!((&alone["seq"], &alone["duplicate"]), (&answers[0]["next"]["seq"], &json!(true)));
    for size in [0, 101] {
        let many = vec![json!({"learner": "ada", "course": "sums"}); size];
        let call = server.post("/v1/decision-batches").json(&json!({"decisions": many}));
        check(call, 422, "schema_violation").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_marks_are_reported_in_one_call() {
    let server = Server::start().await;
    let published = server.put("/v1/courses/sums").json(&course_with_mark()).send().await.unwrap();
    assert_eq!(published.status(), 200);
    for (learner, id) in [("ada", "d1"), ("ben", "d2")] {
        let ask = json!({"learner": learner, "course": "sums", "decision_id": id});
        server.post_json("/v1/decisions", &ask).await;
    }
    let mark = |decision: &str, id: &str, value: f64| json!({"decision_id": decision, "id": id, "component": "mark", "value": value});
    let body = json!({"rewards": [
        mark("d1", "m1", 7.0), mark("d2", "m2", 11.0), mark("gone", "m3", 1.0), mark("d2", "m4", 3.0)
    ]});
    let answer = server.post_json("/v1/reward-batches", &body).await;
    let counts = ["accepted", "duplicate", "rejected"].map(|word| answer[word].as_u64().unwrap());
    assert_eq!(counts, [2, 0, 2], "{answer}");
    assert_eq!(answer["receipts"][1]["code"], "component_out_of_range");
    assert_eq!(answer["receipts"][2]["code"], "unknown_decision");
    let again = server.post_json("/v1/reward-batches", &body).await;
    assert_eq!(again["duplicate"], 2, "{again}");
    let alone = json!({"id": "m1", "component": "mark", "value": 7.0});
    let alone = server.post_json("/v1/decisions/d1/rewards", &alone).await;
    assert_eq!(alone["duplicate"], true, "sent alone, it is the same report: {alone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_batch_with_a_rejection_is_an_error_and_loses_nothing() {
    let server = Server::with_course().await;
    let batch = |question: &str| {
        json!({"strict": true, "events": [
            event("e1", "ada", json!({"type": "enrolled"})),
            event("e2", "ada", json!({"type": "question_answered", "question": question, "correct": true}))
        ]})
    };
    let call = server.post("/v1/events").json(&batch("q-none"));
    let problem = check(call, 422, "events_rejected").await;
    let told = &problem["batch"];
    assert_eq!((&told["accepted"], &told["rejected"]), (&json!(1), &json!(1)), "{problem}");
    assert_eq!(told["receipts"][1]["code"], "unknown_question");
    let mended = server.post_json("/v1/events", &batch("q1")).await;
    assert_eq!((&mended["duplicate"], &mended["accepted"]), (&json!(1), &json!(1)), "{mended}");
    let mut lenient = batch("q-none");
    lenient["strict"] = json!(false);
    assert_eq!(server.post_json("/v1/events", &lenient).await["rejected"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_that_contradicts_the_key_is_told_and_counts() {
    let server = Server::with_course().await;
    // The key of q1 in the course of the tests.
    let right =
        crate::harness::course()["modules"][0]["activities"][1]["questions"][0]["answer"].clone();
    let answered = |id: &str, marks: Value| {
        let mut fields = json!({"type": "question_answered", "question": "q1"});
        fields.as_object_mut().unwrap().extend(marks.as_object().unwrap().clone());
        event(id, "ada", fields)
    };
    let events = json!([
        answered("e1", json!({"correct": true, "response": "surely wrong"})),
        answered("e2", json!({"correct": false, "response": right})),
        answered("e3", json!({"grade": 0.5, "response": right})),
        answered("e4", json!({"correct": true, "response": right})),
        answered("e5", json!({"response": "surely wrong"})),
    ]);
    let receipts = server.post_json("/v1/events", &events).await;
    let told = receipts["receipts"].as_array().unwrap().iter();
    let odd: Vec<bool> = told
        .map(|receipt| {
            assert_eq!(receipt["status"], "accepted", "{receipt}");
            receipt["remarks"][0]["code"] == "contradicts_response"
        })
        .collect();
    assert_eq!(odd, [true, true, true, false, false], "{receipts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_side_of_a_learner_is_known_before_the_first_decision() {
    let server = Server::with_course().await;
    let body = json!({"id": "exp-1", "course": "sums", "variants": [
        {"name": "control", "policy": "static", "weight": 3},
        {"name": "treatment", "policy": "random", "weight": 1}]});
    server.post_json("/v1/experiments", &body).await;
    let of = |learner: &str| format!("/v1/experiments/exp-1/assignment?learner={learner}");
    let mut control = 0;
    for number in 0..200 {
        let learner = format!("learner-{number}");
        let before = server.get_json(&of(&learner)).await;
        assert_eq!(before["standing"], "assigned");
        control += u32::from(before["variant"] == "control");
        if number < 5 {
            let ask = json!({"learner": learner, "course": "sums"});
            let decision = server.post_json("/v1/decisions", &ask).await;
            assert_eq!(
                (&decision["variant"], &decision["policy"]),
                (&before["variant"], &before["policy"])
            );
            let shown = event(
                &format!("s{number}"),
                &learner,
                json!({"type": "activity_started", "activity": decision["activity"]}),
            );
            server.post_json("/v1/events", &json!([shown])).await;
            assert_eq!(server.get_json(&of(&learner)).await["standing"], "shown");
        }
    }
    // 3 to 1: within five standard errors of 150 of 200.
    assert!(control.abs_diff(150) < 31, "{control}");
    // Asking made nobody known.
    check(server.get("/v1/learners/learner-100"), 404, "not_found").await;
    let stop = json!({"reason": "enough"});
    server.post_json("/v1/experiments/exp-1/stop", &stop).await;
    assert_eq!(server.get_json(&of("learner-0")).await["standing"], "shown");
    assert_eq!(server.get_json(&of("learner-100")).await["standing"], "not_running");
    check(server.get("/v1/experiments/none/assignment?learner=a"), 404, "unknown_experiment").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_type_of_a_problem_leads_to_its_words() {
    let server = Server::with_course().await;
    let problem = check(server.get("/v1/courses/none"), 404, "unknown_course").await;
    let address = problem["type"].as_str().unwrap();
    let page = server.bare(reqwest::Method::GET, address).send().await.unwrap();
    assert_eq!(page.status(), 200, "without a key");
    let text = page.text().await.unwrap();
    assert!(text.contains("No such course is published"), "{text}");
    let none = server.bare(reqwest::Method::GET, "/problems/made_up").send().await.unwrap();
    assert_eq!(none.status(), 404);
}
