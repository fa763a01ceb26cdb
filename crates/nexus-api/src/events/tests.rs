//! One `check`: an event as text, and what is said of it.

use super::*;
use nexus_engine::workspace::ProposedAction;

fn check(text: &str, expected: Result<&str, (&str, &str)>) {
    let raw: &RawValue = serde_json::from_str(text).unwrap();
    let read = read_raw(raw);
    let said = read.as_ref().map(|event| event.id.as_str()).map_err(|unread| {
        let FieldProblem { pointer, code, .. } = &unread.problem;
        (pointer.as_str(), code.as_str())
    });
    assert_eq!(said, expected, "{text}");
}

fn with(fields: &str) -> String {
    format!(r#"{{"id":"e1","learner":"ada","course":"c",{fields}}}"#)
}

#[test]
fn every_type_is_read() {
    for fields in [
        r#""type":"enrolled""#,
        r#""type":"session_started","v":1"#,
        r#""type":"session_ended","occurred_at":"2026-01-01T00:00:00Z""#,
        r#""type":"activity_started","activity":"a1""#,
        r#""type":"activity_completed","activity":"a1","decision_id":"d1""#,
        r#""type":"activity_skipped","activity":"a1","course_version":2"#,
        r#""type":"video_progressed","activity":"a1","segments":[[0,1.5],[3,4]]"#,
        r#""type":"question_answered","question":"q1","correct":true"#,
        r#""type":"question_answered","question":"q1","grade":0.5,"response":"x","hints":1"#,
        r#""type":"quiz_completed","activity":"a1","grade":1"#,
        r#""type":"feedback","activity":"a1","rating":5,"comment":"nice","unknown":{"a":1}"#,
    ] {
        check(&with(fields), Ok("e1"));
    }
}

#[test]
fn what_is_wrong_is_pointed_at() {
    check("3", Err(("", "schema_violation")));
    check(r#"{"id":"e1"}"#, Err(("", "schema_violation")));
    let shape = "schema_violation";
    check(&with(r#""type":7"#), Err(("/type", shape)));
    check(&with(r#""type":"danced""#), Err(("/type", "unknown_type")));
    check(&with(r#""type":"enrolled","v":2"#), Err(("/v", "unknown_schema_version")));
    check(&with(r#""type":"activity_started""#), Err(("", shape)));
    check(&with(r#""type":"activity_started","activity":"a b""#), Err(("/activity", "invalid_id")));
    check(
        &with(r#""type":"enrolled","occurred_at":"soon""#),
        Err(("/occurred_at", "invalid_time")),
    );
    let video = r#""type":"video_progressed","activity":"a","segments":[[0,1],[0,"x"]]"#;
    check(&with(video), Err(("/segments/1/1", shape)));
    let unbounded = r#""type":"quiz_completed","activity":"a","grade":1e999"#;
    check(&with(unbounded), Err(("/grade", "non_finite_number")));
    let rating = r#""type":"feedback","activity":"a","rating":900"#;
    check(&with(rating), Err(("/rating", shape)));
    let long =
        format!(r#""type":"feedback","activity":"a","rating":1,"comment":"{}""#, "x".repeat(4001));
    check(&with(&long), Err(("/comment", "too_long")));
}

#[test]
fn answers_that_contradict_themselves_are_refused() {
    let answer =
        |fields: &str| with(&format!(r#""type":"question_answered","question":"q",{fields}"#));
    let contradiction = Err(("/grade", "contradiction"));
    check(&answer(r#""correct":true,"grade":0.99"#), contradiction);
    check(&answer(r#""correct":true,"grade":0"#), contradiction);
    check(&answer(r#""correct":false,"grade":1"#), contradiction);
    check(&answer(r#""correct":true,"grade":1.0"#), Ok("e1"));
    check(&answer(r#""correct":false,"grade":0.5"#), Ok("e1"));
    // The engine says that the grade is out of range.
    check(&answer(r#""correct":true,"grade":-1"#), Ok("e1"));
    check(&answer(r#""correct":true,"grade":0.9999999"#), Ok("e1"));
    check(&answer(r#""correct":true,"grade":1.0000000000000002"#), Ok("e1"));
    check(&answer(r#""correct":true,"attempt":0,"duration_ms":-3000.5"#), Ok("e1"));
    check(&answer(r#""correct":true,"attempt":1"#), Ok("e1"));
}

#[test]
fn the_id_is_kept_whatever_else_is_wrong() {
    fn id(text: &str) -> Option<String> {
        let raw: &RawValue = serde_json::from_str(text).unwrap();
        read_raw(raw).unwrap_err().id
    }
    for fields in [r#""grade":1e999"#, r#""a":1,"a":2"#, r#""type":"danced""#] {
        assert_eq!(id(&with(fields)).as_deref(), Some("e1"), "{fields}");
    }
    assert_eq!(id(r#"{"grade":1e999,"id":"e2"}"#).as_deref(), Some("e2"));
    assert_eq!(id(r#"{"id":"e1","id":"e2"}"#), None);
    assert_eq!(id(r#"{"id":7}"#), None);
    assert_eq!(id("3"), None);
    check(&with(r#""type":"enrolled","learner":"bob""#), Err(("/learner", "duplicate_key")));
    check(&with(r#""type":"enrolled","more":{"a":1,"a":1}"#), Err(("/more/a", "duplicate_key")));
}

#[test]
fn a_batch_is_an_object_or_an_array() {
    assert_eq!(split(r#"{"events":[{},1e999,null]}"#).unwrap().events.len(), 3);
    assert_eq!(split(" [{},{}]").unwrap().events.len(), 2);
    assert!(split(r#"{"events":[],"more":1}"#).is_err());
    for body in ["3", "\"x\"", "null"] {
        let problem = field::shape_problem(&split(body).unwrap_err());
        let expected = r#"expected {"events": [...]} or an array of events"#;
        assert!(problem.detail.contains(expected), "{}", problem.detail);
    }
}

#[test]
fn an_event_that_is_written_can_be_read() {
    let event = LearnerEvent::read(
        &serde_json::from_str(&with(r#""type":"question_answered","question":"q1","grade":1.0"#))
            .unwrap(),
    )
    .unwrap();
    let again = LearnerEvent::read(&serde_json::to_value(&event).unwrap()).unwrap();
    assert_eq!(again, event);
    let (_, proposal) = again.proposal().unwrap();
    assert!(
        matches!(proposal.action, ProposedAction::Answered(answer) if answer.grade == Some(1.0))
    );
}

#[test]
fn every_action_of_the_engine_has_a_type_of_event() {
    assert_eq!(EventType::ALL.map(EventType::word), nexus_engine::event::Action::WORDS);
}
