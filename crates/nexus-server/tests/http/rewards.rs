//! What became of decisions and answers, as a site and whoever watches the server read it.

use crate::harness::{Server, check, course, event};
use serde_json::json;

/// One decision is followed and its reward joins, one waits; the counters say so, and add up.
#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_decisions_is_counted_and_adds_up() {
    let server = Server::with_course().await;
    let others = ["watch", "carry-1", "carry-2"];
    let ask = |id: &str, who: &str| {
        let (learner, course) = (who, "sums");
        json!({"learner": learner, "course": course, "decision_id": id, "exclude": others})
    };
    server.post_json("/v1/decisions", &ask("d1", "ada")).await;
    server.post_json("/v1/decisions", &ask("d2", "bob")).await;
    let did = |id: &str, fields| event(id, "ada", fields);
    let answer = json!({"type": "question_answered", "question": "q1", "correct": true});
    let sent = json!([
        did("e1", json!({"type": "activity_started", "activity": "drill"})),
        did("e2", answer.clone()),
        did("e3", answer),
        did("e4", json!({"type": "activity_skipped", "activity": "drill"})),
        event("e5", "bob", json!({"type": "activity_started", "activity": "watch"})),
    ]);
    assert_eq!(server.post_json("/v1/events", &sent).await["accepted"], 5);
    let report = server.get_json("/v1/courses/sums/report").await;
    let decisions = (&report["decisions"], &report["waiting"], &report["rewards_joined"]);
    assert_eq!(decisions, (&json!(2), &json!(2), &json!(0)), "{report}");
    let seen = json!({"total": 2, "inside": 1, "gain": 0, "inside_and_gain": 0, "between": 0,
        "hasty": 0, "nothing": 1});
    assert_eq!(report["answers_seen"], seen, "the second attempt is used for nothing: {report}");
    let text = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    for line in [
        "nexus_course_decisions_total{course=\"sums\"} 2",
        "nexus_decision_outcomes{course=\"sums\",outcome=\"waiting\"} 2",
        "nexus_decision_outcomes{course=\"sums\",outcome=\"declined\"} 0",
        "nexus_course_answers_total{course=\"sums\",use=\"inside\"} 1",
        "nexus_late_events_total{course=\"sums\"} 0",
        "nexus_outcomes_add_up{course=\"sums\"} 1",
    ] {
        assert!(text.contains(&format!("\n{line}\n")), "{line} is not in\n{text}");
    }
}

/// The course of the tests, with a mark that the site may report.
pub fn course_with_mark() -> serde_json::Value {
    let mut file = course();
    file["reward"] = json!({"components": [{"name": "mark", "weight": 0.5, "max": 10}]});
    file
}

/// A reported mark is durable, idempotent, and counted; whatever cannot be one is refused, and
/// what was sent adds up.
#[tokio::test(flavor = "multi_thread")]
async fn the_site_reports_a_mark() {
    let server = Server::start().await;
    let published = server.put("/v1/courses/sums").json(&course_with_mark()).send().await.unwrap();
    assert_eq!(published.status(), 200);
    let ask = json!({"learner": "ada", "course": "sums", "decision_id": "d1"});
    server.post_json("/v1/decisions", &ask).await;
    let path = "/v1/decisions/d1/rewards";
    let mark = json!({"id": "m1", "component": "mark", "value": 7.5});
    let answer = server.post_json(path, &mark).await;
    assert_eq!((&answer["duplicate"], &answer["late"]), (&json!(false), &json!(false)), "{answer}");
    let again = server.post_json(path, &mark).await;
    assert_eq!((&again["duplicate"], &again["seq"]), (&json!(true), &answer["seq"]));

    let send = |body: serde_json::Value| server.post(path).json(&body);
    let other = json!({"id": "m1", "component": "mark", "value": 8});
    check(send(other), 409, "idempotency_conflict").await;
    let of =
        |component: &str, value: f64| json!({"id": "m2", "component": component, "value": value});
    check(send(of("mark", 1e308)), 422, "component_out_of_range").await;
    check(send(of("sales", 1.0)), 422, "unknown_component").await;
    let huge = r#"{"id": "m2", "component": "mark", "value": 1e999}"#;
    check(server.post_text(path, huge), 422, "non_finite_number").await;
    check(server.post_text(path, huge.replace("1e999", "NaN")), 400, "malformed_json").await;
    let nobody = "/v1/decisions/never-made/rewards";
    check(server.post(nobody).json(&of("mark", 1.0)), 404, "unknown_decision").await;
    let early =
        json!({"id": "m2", "component": "mark", "value": 1, "occurred_at": "2001-01-01T00:00:00Z"});
    check(send(early), 422, "reward_before_decision").await;

    let report = server.get_json("/v1/courses/sums/report").await;
    assert_eq!(report["reports_seen"], json!({"total": 1, "joined": 1, "late": 0}), "{report}");
    let text = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    for (status, count) in [("accepted", 1), ("duplicate", 1), ("refused", 7)] {
        let line = format!("\nnexus_reported_rewards_total{{status=\"{status}\"}} {count}\n");
        assert!(text.contains(&line), "{line} is not in\n{text}");
    }
    let journal = server.get_json("/v1/journal?after=0").await.to_string();
    assert!(journal.contains("\"reported_value\":7.5"), "{journal}");
}
