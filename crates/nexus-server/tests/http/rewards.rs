//! What became of decisions and answers, as a site and whoever watches the server read it.

use crate::harness::{Server, event};
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
