//! Events as sites really send them: odd optional fields, rounded grades, parts of videos, and
//! batches in no order.

use crate::harness::{Server, event};
use nexus_engine::time::Timestamp;
use nexus_server::clock::Clock;
use serde_json::{Value, json};

fn answer(id: &str, learner: &str, fields: Value) -> Value {
    let mut answer = event(id, learner, json!({"type": "question_answered", "question": "q1"}));
    answer.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    answer
}

/// The receipts of a batch.
async fn sent(server: &Server, events: &Value) -> Vec<Value> {
    let receipts = server.post_json("/v1/events", events).await;
    receipts["receipts"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_odd_optional_field_costs_no_answer_and_the_receipt_says_so() {
    let server = Server::with_course().await;
    for (number, (field, value, code)) in [
        ("duration_ms", json!(8_200.300_000_011_921), "rounded"),
        ("duration_ms", json!(-3_000), "left_out"),
        ("duration_ms", json!(5_184_000_000_u64), "left_out"),
        ("hints", json!("two"), "left_out"),
        ("attempt", json!(0), "left_out"),
        ("probe", json!(1), "left_out"),
        ("response", json!(["a", "c"]), "read_as_text"),
        ("response", json!({"x": 1}), "left_out"),
    ]
    .into_iter()
    .enumerate()
    {
        let one = answer(&format!("e{number}"), "ada", json!({"correct": true, field: value}));
        let receipt = sent(&server, &json!([one])).await.remove(0);
        assert_eq!(receipt["status"], "accepted", "{receipt}");
        let remarks = receipt["remarks"].as_array().unwrap();
        // What was read as a text may contradict the mark besides, which is told first.
        let remark = remarks.iter().find(|remark| remark["code"] == code).unwrap_or(&remarks[0]);
        assert_eq!(remark["pointer"], format!("/{field}"), "{receipt}");
        assert_eq!(remark["code"], code, "{receipt}");
    }
    let plain = sent(&server, &json!([answer("e9", "ada", json!({"correct": true}))])).await;
    assert!(plain[0].get("remarks").is_none(), "{plain:?}");
    // A retry of the same body is still the same event.
    let odd = answer("e0", "ada", json!({"correct": true, "duration_ms": 8_200.300_000_011_921}));
    assert_eq!(sent(&server, &json!([odd])).await[0]["status"], "duplicate");
}

#[tokio::test]
async fn full_marks_with_a_rounding_error_are_full_marks() {
    let server = Server::with_course().await;
    for (number, grade) in
        [0.999_999_9, 0.333_33 * 3.0, 1.000_000_000_000_000_2, 0.1 * 10.0, 1.00009]
            .iter()
            .enumerate()
    {
        let learner = format!("l{number}");
        let full =
            answer(&format!("e{number}"), &learner, json!({"grade": grade, "correct": true}));
        let receipt = sent(&server, &json!([full])).await.remove(0);
        assert_eq!(receipt["status"], "accepted", "{grade}: {receipt}");
        let known = server.get_json(&format!("/v1/learners/{learner}")).await;
        assert_eq!(known["right"], 1, "{grade}: {known}");
    }
    for grade in [1.001, 4.0, -0.1] {
        let points = answer(&format!("points-{grade}"), "bob", json!({"grade": grade}));
        let receipt = sent(&server, &json!([points])).await.remove(0);
        assert_eq!(receipt["code"], "grade_out_of_range", "{grade}: {receipt}");
    }
}

const MAY_2026: Timestamp = Timestamp(1_778_000_000_000_000);

/// What is believed of learners' skill, and when it was last met, after a batch on a new server. Every
/// event of it must be taken, and none out of order.
async fn believed(learners: &[&str], batch: &[Value]) -> Vec<(f64, Value)> {
    // Time stands still: what is believed fades from one reading to the next.
    let server = Server::start_at(Clock::still(MAY_2026), |_| ()).await;
    server.publish().await;
    let receipts = sent(&server, &json!(batch)).await;
    for (event, receipt) in batch.iter().zip(&receipts) {
        assert_eq!(event["id"], receipt["id"], "receipts stand in the order of the batch");
        assert_eq!(receipt["status"], "accepted", "{receipt}");
        assert!(receipt.get("out_of_order").is_none(), "{receipt}");
    }
    let mut found = Vec::new();
    for learner in learners {
        let address = format!("/v1/learners/{learner}/mastery?course=sums");
        let mastery = server.get_json(&address).await;
        let skill = &mastery["courses"][0]["skills"][0];
        let believed = skill["mastered_probability"].as_f64().unwrap();
        found.push((believed, skill["last_at"].clone()));
    }
    found
}

/// Four wrong answers and then six right ones, a day apart.
fn ten_days(learner: &str) -> Vec<Value> {
    let row = |day: u32| {
        let question = ["q1", "q2"][day as usize % 2];
        let at = format!("2026-03-{day:02}T10:00:00Z");
        let fields = json!({"question": question, "correct": day > 4, "occurred_at": at});
        answer(&format!("{learner}-{day}"), learner, fields)
    };
    (1..=10).map(row).collect()
}

#[tokio::test]
async fn a_batch_is_taken_in_the_order_of_its_times() {
    let rows = ten_days("ada");
    let expected = believed(&["ada"], &rows).await;
    let reversed: Vec<Value> = rows.iter().rev().cloned().collect();
    assert_eq!(believed(&["ada"], &reversed).await, expected, "newest first");
    for turn in [1, 4, 7] {
        let mut turned = rows.clone();
        turned.rotate_left(turn);
        assert_eq!(believed(&["ada"], &turned).await, expected, "turned by {turn}");
    }
    // Two learners in one batch, each in its own wrong order.
    let between = |one: Vec<Value>, two: Vec<Value>| -> Vec<Value> {
        one.into_iter().zip(two).flat_map(|(one, two)| [one, two]).collect()
    };
    let learners = ["ada", "ben"];
    let expected = believed(&learners, &between(rows.clone(), ten_days("ben"))).await;
    let mut turned = ten_days("ben");
    turned.rotate_left(3);
    assert_eq!(believed(&learners, &between(reversed, turned)).await, expected);
}

#[tokio::test]
async fn what_comes_later_and_is_older_says_so() {
    let server = Server::with_course().await;
    let at = |id: &str, day: u32| {
        let at = format!("2026-03-{day:02}T10:00:00Z");
        answer(id, "ada", json!({"correct": true, "occurred_at": at}))
    };
    let first = sent(&server, &json!([at("e1", 5)])).await;
    assert!(first[0].get("out_of_order").is_none(), "{first:?}");
    let older = sent(&server, &json!([at("e2", 3), at("e3", 6)])).await;
    assert_eq!(older[0]["out_of_order"], true, "{older:?}");
    assert!(older[1].get("out_of_order").is_none(), "{older:?}");
    // The journal keeps the time that was sent.
    let history = server.get_json("/v1/learners/ada/history").await;
    let entries = history["entries"].as_array().unwrap();
    let kept = entries.iter().find(|entry| entry["id"] == "e2").unwrap();
    assert!(kept.to_string().contains("2026-03-03T10:00:00Z"), "{kept}");
}

#[tokio::test]
async fn a_video_is_completed_by_what_was_watched() {
    let server = Server::with_course().await;
    let skipped = |step: f64, seen: f64| -> Value {
        let count = (120.0 / step) as u32;
        (0..count)
            .map(|part| json!([f64::from(part) * step, f64::from(part) * step + seen]))
            .collect()
    };
    for (learner, segments, completed) in [
        ("one-of-five", skipped(5.0, 1.0), false),
        ("a-tenth", skipped(1.0, 0.1), false),
        ("jump", json!([[0, 3], [117, 120]]), false),
        ("whole", json!([[0, 120]]), true),
        ("backwards", json!([[60, 120], [0, 60]]), true),
        ("beats", skipped(1.0, 0.98), true),
        ("an-empty-part", json!([[10, 10], [0, 115]]), true),
        ("a-little-before", json!([[-0.001, 115]]), true),
        ("one-far-beyond", json!([[0, 115], [0, 5_000]]), true),
        ("far-beyond", json!([[10, 20], [0, 5_000]]), false),
        ("nothing", json!([]), false),
    ] {
        let fields = json!({"type": "video_progressed", "activity": "watch", "segments": segments});
        let receipt = sent(&server, &json!([event(learner, learner, fields)])).await.remove(0);
        assert_eq!(receipt["status"], "accepted", "{learner}: {receipt}");
        let known = server.get_json(&format!("/v1/learners/{learner}")).await;
        let activities = known["courses"][0]["activities"].as_array().unwrap();
        let watch = activities.iter().find(|it| it["activity"] == "watch").unwrap();
        assert_eq!(!watch["completed_at"].is_null(), completed, "{learner}: {watch}");
    }
}

#[tokio::test]
async fn an_answer_that_is_told_twice_counts_once() {
    let server = Server::with_course().await;
    let told = |id: &str, fields: Value| {
        let mut event = answer(id, "ada", json!({"occurred_at": "2026-03-01T10:00:00.123Z"}));
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        event
    };
    let right = || json!({"correct": true});
    let receipts = sent(&server, &json!([told("e1", right()), told("e2", right())])).await;
    assert_eq!(receipts[0]["status"], "accepted", "{receipts:?}");
    assert_eq!(receipts[1]["status"], "duplicate", "in one batch: {receipts:?}");
    assert_eq!(receipts[1]["duplicate_of"], "e1", "{receipts:?}");
    let later = sent(&server, &json!([told("e3", json!({"grade": 1.0}))])).await;
    assert_eq!(later[0]["duplicate_of"], "e1", "in a later batch: {later:?}");
    let again = sent(&server, &json!([told("e1", right())])).await;
    assert!(again[0].get("duplicate_of").is_none(), "the same id is no other event: {again:?}");
    for (id, fields) in [
        ("mark", json!({"correct": false})),
        ("question", json!({"correct": true, "question": "q2"})),
        ("moment", json!({"correct": true, "occurred_at": "2026-03-01T10:00:00.124Z"})),
        ("learner", json!({"correct": true, "learner": "bob"})),
    ] {
        let other = sent(&server, &json!([told(id, fields)])).await;
        assert_eq!(other[0]["status"], "accepted", "another {id}: {other:?}");
    }
    let without = answer("now-1", "cy", json!({"correct": true}));
    let twice = answer("now-2", "cy", json!({"correct": true}));
    let receipts = sent(&server, &json!([without, twice])).await;
    assert_eq!(receipts[1]["status"], "accepted", "without a moment nothing is the same");
    let ada = server.get_json("/v1/learners/ada").await;
    assert_eq!(ada["answers"], 4, "{ada}");
}
