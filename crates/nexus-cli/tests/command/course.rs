//! `nexus course check`: the file, and the course played to its end.

use crate::harness::check;
use serde_json::{Value, json};
use std::fs;

/// A course whose path leaves out the quiz that it requires.
fn course(path: &[&str]) -> Value {
    let activity = |id: &str, kind: &str, requires: &[&str]| {
        let question = json!({"id": format!("{id}-q"), "kind": "numeric", "prompt": "1 + 1 = ?",
            "answer": 2, "explanation": "Two."});
        json!({"id": id, "kind": kind, "title": id, "skills": ["add"], "difficulty": 0.5,
            "minutes": 5.0, "required": kind == "quiz", "requires": requires,
            "questions": [question]})
    };
    let activities = json!([
        activity("drill", "exercise", &[]),
        activity("test", "quiz", &[]),
        activity("more", "exercise", &["test"]),
    ]);
    json!({
        "format": 1, "id": "sums", "version": 1, "title": "Sums", "language": "en",
        "description": "Adding up.", "licence": "CC0-1.0", "path": path,
        "skills": [{"id": "add", "title": "Adding"}],
        "modules": [{"id": "m1", "title": "One", "activities": activities}]
    })
}

#[test]
fn what_the_path_never_reaches_is_found_by_playing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("course.json");
    let name = file.to_str().unwrap();
    fs::write(&file, format!("{:#}", course(&["drill", "more"]))).unwrap();
    check(&["course", "check", name], 1, "[required_off_path] \"test\" is required");
    let out = check(&["course", "check", name, "--json"], 1, "");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&report["sound"], &report["problems"]), (&json!(false), &json!([])), "{out}");
    let played = &report["played"];
    assert_eq!(played[0]["activity"], "test", "{out}");
    assert_eq!(played[1]["code"], "prerequisite_off_path", "{out}");
    assert_eq!(played[1]["waits_for"], json!(["test"]), "{out}");
    assert!(played[1]["line"].as_u64().unwrap() > 1, "{out}");
    fs::write(&file, course(&["drill", "test", "more"]).to_string()).unwrap();
    let out = check(&["course", "check", name, "--json"], 0, "");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&report["sound"], &report["played"]), (&json!(true), &json!([])), "{out}");
}
