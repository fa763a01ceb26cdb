//! Erasing a learner over HTTP (promise P-01): a learner whose every name and word is a canary
//! lives through all that a learner can live through; afterwards no byte of a canary is in any
//! file, the journal still folds to what is served, everybody else is as before, and nothing brings
//! the learner back.

use crate::harness::{Server, check, course, event};
use nexus_engine::ids::LearnerId;
use nexus_store::codec;
use nexus_store::verify::{VerifyReport, verify};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::path::Path;

/// Stands in every text that is the learner's: ids, words, answers.
const CANARY: &str = "zqcanary";
const CHILD: &str = "zqcanary-child@school.example";

/// The course of the tests, with a mark that the site may report.
fn course_with_mark() -> Value {
    let mut file = course();
    file["reward"] = json!({"components": [{"name": "mark", "weight": 0.5, "max": 10}]});
    file
}

async fn school() -> Server {
    let server = Server::start().await;
    let published = server.put("/v1/courses/sums").json(&course_with_mark()).send().await.unwrap();
    assert_eq!(published.status(), 200);
    let definition = json!({"id": "exp-1", "version": 1, "course": "sums", "planned_learners": 100,
        "variants": [{"name": "control", "policy": "static", "weight": 0.5},
            {"name": "adaptive", "policy": "lin-ts", "weight": 0.5}]});
    server.post_json("/v1/experiments", &definition).await;
    server
}

fn erase(server: &Server, learner: &str, body: &Value) -> RequestBuilder {
    let path = format!("/v1/learners/{learner}");
    server.bare(Method::DELETE, &path).bearer_auth(&server.key).json(body)
}

fn reason() -> Value {
    json!({"reason": "the parents asked for it", "by": "the school office"})
}

async fn erased(server: &Server, learner: &str) -> Value {
    let answer = erase(server, learner, &reason()).send().await.unwrap();
    let (status, receipt) = (answer.status(), answer.json::<Value>().await.unwrap());
    assert_eq!(status, 200, "{receipt}");
    receipt
}

/// The events of one lesson; ids and words hold the learner's name.
fn lesson(learner: &str, round: u32) -> Value {
    let id = |part: &str| format!("{learner}:{round}-{part}");
    let decision = format!("{learner}:d{round}");
    let with = |fields: Value| {
        let mut fields = fields;
        fields["decision_id"] = json!(decision);
        fields
    };
    let answer = |question: &str| {
        json!({"type": "question_answered", "question": question,
            "correct": round.is_multiple_of(2), "duration_ms": 2_500 + round, "hints": 1,
            "response": format!("{learner} answers {round}")})
    };
    json!([
        event(&id("a"), learner, json!({"type": "session_started"})),
        event(&id("b"), learner, with(json!({"type": "activity_started", "activity": "drill"}))),
        event(&id("c"), learner, answer(if round.is_multiple_of(2) { "q1" } else { "q2" })),
        event(&id("d"), learner, answer("q3")),
        event(
            &id("e"),
            learner,
            json!({"type": "video_progressed", "activity": "watch",
            "segments": [[0.0, 10.0 + f64::from(round)]]})
        ),
        event(
            &id("f"),
            learner,
            json!({"type": "feedback", "activity": "watch", "rating": 4,
            "comment": format!("{learner} says it was fine")})
        ),
        event(&id("g"), learner, json!({"type": "activity_completed", "activity": "drill"})),
    ])
}

/// One learner's life: decisions, answers, rewards, consent, a pin of their own.
async fn live(server: &Server, learner: &str, rounds: std::ops::Range<u32>) {
    for round in rounds {
        let decision = format!("{learner}:d{round}");
        let device = format!("{}-pad", learner.split('-').next().unwrap());
        let ask = json!({"learner": learner, "course": "sums", "decision_id": decision,
            "context": {"device": device}});
        server.post_json("/v1/decisions", &ask).await;
        server.post_json(&format!("/v1/decisions/{decision}/exposure"), &json!({})).await;
        let receipts = server.post_json("/v1/events", &lesson(learner, round)).await;
        assert_eq!(receipts["rejected"], 0, "{receipts}");
        let mark = json!({"id": format!("{learner}:mark{round}"), "component": "mark", "value": 7});
        server.post_json(&format!("/v1/decisions/{decision}/rewards"), &mark).await;
        if round == 2 {
            let no = json!({"exploration": true, "by": format!("{learner}'s mother"),
                "reason": format!("{learner} wants it")});
            let path = format!("/v1/learners/{learner}/consent");
            assert_eq!(server.put(&path).json(&no).send().await.unwrap().status(), 200);
            put_pin(server, learner).await;
            let path = format!("/v1/constraints/lifted-{learner}");
            let lift = server.bare(Method::DELETE, &path).bearer_auth(&server.key);
            let lift = lift.json(&json!({"reason": format!("{learner} has seen it")}));
            assert_eq!(lift.send().await.unwrap().status(), 200);
        }
    }
}

async fn put_pin(server: &Server, learner: &str) {
    for (id, rule) in [("pin", "pin"), ("lifted", "block")] {
        let activity = if rule == "pin" { "drill" } else { "carry-2" };
        let body = json!({"course": "sums", "learner": learner, "rule": rule,
            "activity": activity, "reason": format!("{learner} needs it"), "by": learner});
        let path = format!("/v1/constraints/{id}-{learner}");
        assert_eq!(server.put(&path).json(&body).send().await.unwrap().status(), 200);
    }
}

/// How often the canary stands in the files of the data directory.
fn canaries(directory: &Path) -> usize {
    let files = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    let in_file = |path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(CANARY.len()).filter(|window| *window == CANARY.as_bytes()).count()
    };
    files.map(in_file).sum()
}

async fn digest(server: &Server, learner: &str) -> Option<[u8; 32]> {
    let id = LearnerId::new(learner).unwrap();
    let look = move |reader: &mut dyn nexus_server::node::Reader| {
        reader.learner(&id).map(|state| codec::learner_digest(&state))
    };
    server.node.read(look).await.unwrap()
}

async fn shared_digest(server: &Server) -> [u8; 32] {
    server.node.read(|reader| codec::shared_digest(reader.state())).await.unwrap()
}

fn sound(directory: &Path) -> VerifyReport {
    let report = verify(directory).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    report
}

async fn metric(server: &Server, name: &str) -> f64 {
    let text = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("{name} is not in\n{text}")).parse().unwrap()
}

/// Everything that may still come for somebody who was erased; each is refused.
async fn check_gone(server: &Server) {
    let learner = format!("/v1/learners/{CHILD}");
    for path in [
        "",
        "/mastery",
        "/history",
        "/placement?course=sums",
        "/check?course=sums",
        "/lesson?course=sums",
    ] {
        check(server.get(&format!("{learner}{path}")), 410, "learner_erased").await;
    }
    let receipts = server.post_json("/v1/events", &lesson(CHILD, 1)).await;
    assert_eq!(receipts["rejected"], 7, "{receipts}");
    for receipt in receipts["receipts"].as_array().unwrap() {
        assert_eq!(receipt["code"], "learner_erased");
    }
    let new = json!([event("a-fresh-id", CHILD, json!({"type": "enrolled"}))]);
    assert_eq!(server.post_json("/v1/events", &new).await["rejected"], 1);
    let ask = |id: &str| json!({"learner": CHILD, "course": "sums", "decision_id": id});
    for id in [format!("{CHILD}:d1"), "another".to_owned()] {
        check(server.post("/v1/decisions").json(&ask(&id)), 410, "learner_erased").await;
    }
    let decision = format!("/v1/decisions/{CHILD}:d1");
    let mark = json!({"id": "late-mark", "component": "mark", "value": 3});
    let rewards = server.post(&format!("{decision}/rewards")).json(&mark);
    check(rewards, 410, "learner_erased").await;
    let shown = server.post(&format!("{decision}/exposure")).json(&json!({}));
    check(shown, 410, "learner_erased").await;
    check(server.get(&decision), 404, "not_found").await;
    let consent = json!({"exploration": false, "reason": "x"});
    let consent = server.put(&format!("{learner}/consent")).json(&consent);
    check(consent, 410, "learner_erased").await;
    let pin = json!({"course": "sums", "learner": CHILD, "rule": "pin", "activity": "drill",
        "reason": "x"});
    let pin = server.put("/v1/constraints/pin-again").json(&pin);
    check(pin, 410, "learner_erased").await;
    let theirs = server.get_json(&format!("/v1/constraints?learner={CHILD}")).await;
    assert_eq!(theirs["constraints"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_is_left_and_nothing_brings_them_back() {
    let server = school().await;
    live(&server, CHILD, 0..4).await;
    for n in 0..12 {
        live(&server, &format!("bystander-{n}"), 0..3).await;
    }
    server.node.checkpoint().await.unwrap();
    live(&server, CHILD, 4..7).await;
    live(&server, "bystander-0", 3..6).await;
    // One decision still waits when its learner is erased.
    let ask = json!({"learner": CHILD, "course": "sums", "decision_id": format!("{CHILD}:last")});
    server.post_json("/v1/decisions", &ask).await;
    let directory = server.node.directory();
    assert!(canaries(&directory) > 100, "the search finds nothing");
    let before = (digest(&server, "bystander-0").await, digest(&server, "bystander-7").await);

    let receipt = erased(&server, CHILD).await;
    assert_eq!((&receipt["duplicate"], &receipt["bytes_gone"]), (&json!(false), &json!(true)));
    assert!(receipt["redacted_entries"].as_u64().unwrap() > 60, "{receipt}");
    assert_eq!(canaries(&directory), 0, "while the server runs");
    check_gone(&server).await;
    let again = erased(&server, CHILD).await;
    assert_eq!((&again["duplicate"], &again["seq"]), (&json!(true), &receipt["seq"]));
    let refused = metric(&server, "nexus_erased_refusals_total").await;
    assert_eq!(refused, 14.0, "7 + 1 events, 2 decisions, a mark, an exposure, consent, a pin");
    assert_eq!(metric(&server, "nexus_erased_learners").await, 1.0);
    assert_eq!(metric(&server, "nexus_erased_bytes_remain").await, 0.0);
    assert_eq!(metric(&server, "nexus_outcomes_add_up{course=\"sums\"}").await, 1.0);
    let closed = "nexus_decision_outcomes{course=\"sums\",outcome=\"erased\"}";
    assert!(metric(&server, closed).await >= 1.0);
    let after = (digest(&server, "bystander-0").await, digest(&server, "bystander-7").await);
    assert_eq!(after, before, "a bystander changed");

    let shared = shared_digest(&server).await;
    let server = server.restarted_after(|directory| {
        assert_eq!(canaries(directory), 0, "after the server stopped");
        let report = sound(directory);
        assert_eq!(report.state_digest_stored, Some(report.state_digest_replayed));
        assert_eq!(report.redacted, receipt["redacted_entries"].as_u64().unwrap());
    });
    let server = server.await;
    assert_eq!(shared_digest(&server).await, shared, "a start changed the state");
    check_gone(&server).await;
    live(&server, "bystander-0", 6..8).await;
    // What is rebuilt from the journal alone is the same.
    let shared = shared_digest(&server).await;
    let server = server
        .restarted_after(|directory| {
            let database = rusqlite::Connection::open(directory.join("nexus.db")).unwrap();
            let forget = "DELETE FROM snapshot_shared; DELETE FROM snapshot_learner;";
            database.execute_batch(forget).unwrap();
        })
        .await;
    assert_eq!(shared_digest(&server).await, shared, "replay from empty differs");
    check_gone(&server).await;
    let directory = server.node.directory();
    assert_eq!(canaries(&directory), 0, "what was refused was kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_is_numbers_under_a_random_name() {
    let server = school().await;
    live(&server, CHILD, 0..4).await;
    let before = server.get_json("/v1/journal?limit=1000").await;
    let receipt = erased(&server, CHILD).await;
    let journal = server.get_json("/v1/journal?limit=1000").await;
    assert!(!journal.to_string().contains(CANARY));
    let entries = journal["entries"].as_array().unwrap();
    let last = entries.last().unwrap();
    assert_eq!((&last["type"], &last["seq"]), (&json!("learner_erased"), &receipt["seq"]));
    assert_eq!(last["data"]["erased_because"], "the parents asked for it");
    assert!(last["data"]["erased_by"].as_str().unwrap().starts_with("the school office, with key"));
    let name = last["learner"].as_str().unwrap();
    assert!(name.starts_with("erased-"), "{name}");
    for (was, is) in before["entries"].as_array().unwrap().iter().zip(entries) {
        assert_eq!((&was["seq"], &was["type"]), (&is["seq"], &is["type"]));
        assert_eq!(was["received_at"], is["received_at"]);
        if was["learner"] == CHILD {
            assert_eq!(is["learner"], name);
            for kept in ["grade", "question", "activity", "occurred_at", "predicted", "value"] {
                assert_eq!(was["data"][kept], is["data"][kept], "{kept}: {is}");
            }
            for dropped in ["response", "comment", "duration_ms"] {
                assert_eq!(is["data"][dropped], Value::Null, "{is}");
            }
        }
    }
    // The name that is left is nobody: nothing can be asked of it or recorded for it.
    check(server.get(&format!("/v1/learners/{name}")), 410, "learner_erased").await;
    let event = json!([event("e-x", name, json!({"type": "enrolled"}))]);
    let receipts = server.post_json("/v1/events", &event).await;
    assert_eq!(receipts["receipts"][0]["code"], "learner_erased", "{receipts}");
    check(erase(&server, name, &reason()), 410, "learner_erased").await;
    let decisions = entries.iter().filter(|entry| entry["type"] == "decision_made");
    for decision in decisions {
        let path = format!("/v1/decisions/{}", decision["id"].as_str().unwrap());
        check(server.get(&path), 410, "learner_erased").await;
        let shown = server.post(&format!("{path}/exposure")).json(&json!({}));
        check(shown, 410, "learner_erased").await;
    }
    let class = server.get_json("/v1/courses/sums/mastery").await;
    assert!(!class.to_string().contains(name), "{class}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_erased_says_why() {
    let server = school().await;
    live(&server, CHILD, 0..1).await;
    check(erase(&server, "nobody-1", &reason()), 404, "unknown_learner").await;
    check(erase(&server, "not%09an%09id", &reason()), 404, "not_found").await;
    for (body, pointer) in [
        (json!({}), ""),
        (json!({"reason": " "}), "/reason"),
        (json!({"reason": "x", "by": ""}), "/by"),
        (json!({"reason": "x", "also": 1}), "/also"),
    ] {
        let problem = check(erase(&server, CHILD, &body), 422, "schema_violation").await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let naming = json!({"reason": format!("asked by {}'s father", CHILD.to_uppercase())});
    check(erase(&server, CHILD, &naming), 422, "reason_names_learner").await;
    let (reader, _) = server.new_key(&["learners:read", "events:write", "courses:write"]);
    let path = format!("/v1/learners/{CHILD}");
    let asked = server.bare(Method::DELETE, &path).bearer_auth(reader).json(&reason());
    check(asked, 403, "missing_scope").await;
    // Nothing of this did anything.
    assert!(digest(&server, CHILD).await.is_some());
    assert_eq!(metric(&server, "nexus_erased_learners").await, 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_only_pinned_is_erased_too() {
    let server = school().await;
    put_pin(&server, CHILD).await;
    let receipt = erased(&server, CHILD).await;
    assert_eq!(receipt["redacted_entries"], 2);
    let directory = server.node.directory();
    assert_eq!(canaries(&directory), 0);
    let server = server.restarted_after(|directory| drop(sound(directory))).await;
    let pin = json!({"course": "sums", "learner": CHILD, "rule": "pin", "activity": "drill",
        "reason": "x"});
    let path = format!("/v1/constraints/pin-{CHILD}");
    check(server.put(&path).json(&pin), 410, "learner_erased").await;
    // Their ids are used, also by others.
    let mut other = pin;
    other["learner"] = json!("bystander-1");
    check(server.put(&path).json(&other), 409, "idempotency_conflict").await;
}
