//! `nexus train tracing`: on a data directory, and on a server on it.

use crate::harness::{Server, admin_key, check};
use nexus_stats::math::logistic;
use nexus_stats::random::Stream;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const QUESTIONS: u64 = 40;

/// A course file of 40 questions.
fn course() -> Value {
    let question = |number| {
        json!({"id": format!("q{number}"), "kind": "numeric", "prompt": "1 + 1 = ?",
            "answer": 2, "tolerance": 0.1, "explanation": "Two."})
    };
    let questions: Vec<_> = (0..QUESTIONS).map(question).collect();
    json!({
        "format": 1, "id": "sums", "version": 1, "title": "Sums", "language": "en",
        "description": "Adding up.", "licence": "CC0-1.0",
        "skills": [{"id": "add", "title": "Adding"}],
        "modules": [{"id": "m1", "title": "One", "activities": [
            {"id": "drill", "kind": "exercise", "title": "Drill", "skills": ["add"],
                "difficulty": 0.5, "minutes": 5.0, "required": true, "questions": questions}]}]
    })
}

/// Events of learners whose questions differ much from what their author wrote.
fn events(learners: u64) -> String {
    let mut stream = Stream::keyed(1, "school");
    let mut lines = String::new();
    for learner in 0..learners {
        let ability = 0.7 * stream.normal();
        for step in 0..20 {
            let question = stream.below(QUESTIONS);
            let easiness = 0.5 + Stream::keyed(question, "easiness").normal();
            let right = stream.uniform() < logistic(ability + easiness);
            let event = json!({"id": format!("a-{learner}-{step}"), "type": "question_answered",
                "learner": format!("l{learner}"), "course": "sums",
                "question": format!("q{question}"), "correct": right});
            lines.push_str(&format!("{event}\n"));
        }
    }
    lines
}

/// A data directory with the answers of so many learners.
fn ingested(folder: &Path, learners: u64) -> String {
    let (course_file, answers) = (folder.join("course.json"), folder.join("answers.ndjson"));
    fs::write(&course_file, course().to_string()).unwrap();
    fs::write(&answers, events(learners)).unwrap();
    let data = folder.join("data").to_str().unwrap().to_owned();
    let (course_file, answers) = (course_file.to_str().unwrap(), answers.to_str().unwrap());
    check(&["ingest", answers, "--data", &data, "--course", course_file], 0, "0 rejected");
    data
}

fn train<'a>(data: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["train", "tracing", "--data", data][..], more].concat()
}

#[test]
fn a_data_directory_is_trained_and_stays_sound() {
    let folder = tempfile::tempdir().unwrap();
    let data = ingested(folder.path(), 150);
    let before = check(&["verify", "--data", &data, "--json"], 0, "\"sound\":true");
    let dry = check(&train(&data, &["--dry-run"]), 0, "nothing: a dry run");
    assert!(dry.contains("answers      3000 of 150 learners"), "{dry}");
    let strict = ["--answers-min", "1000000"];
    let refused = check(&train(&data, &strict), 1, "no question has 1000000 answers");
    assert!(refused.contains("try          --answers-min"), "{refused}");
    assert_eq!(check(&["verify", "--data", &data, "--json"], 0, ""), before, "nothing changed");
    let text = check(&train(&data, &["--json"]), 0, "");
    let said: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&said["published"]["version"], &said["refusal"]), (&1.into(), &Value::Null));
    let number = |name: &str| said["report"][name].as_f64().unwrap();
    assert!(number("log_loss_fitted") < number("log_loss_serving"), "{said}");
    check(&["verify", "--data", &data], 0, "sound");
    check(&train(&data, &[]), 0, "published    version 2");
}

#[test]
fn what_cannot_be_tried_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere").to_str().unwrap().to_owned();
    check(&train(&nowhere, &[]), 2, "no data directory");
    assert!(!folder.path().join("nowhere").exists());
    check(&["train", "tracing"], 2, "--data");
    check(&["train", "tracing", "--url", "http://127.0.0.1:9"], 2, "--key");
    let closed = ["train", "tracing", "--url", "http://127.0.0.1:9", "--key", "nx_x"];
    check(&closed, 2, "reach http://127.0.0.1:9");
    let data = ingested(folder.path(), 3);
    check(&train(&data, &["--folds", "1"]), 2, "2 to 20 folds");
    check(&train(&data, &[]), 1, "only 3 learners");
}

#[test]
fn a_running_server_is_asked_to_train() {
    let folder = tempfile::tempdir().unwrap();
    let data = ingested(folder.path(), 150);
    let key = admin_key(&data);
    let server = Server::start(&data);
    check(&train(&data, &[]), 2, "nexus train tracing --url");
    let asked = ["train", "tracing", "--url", &server.url, "--key", &key];
    let text = check(&asked, 0, "published    version 1");
    assert!(text.contains("of learners who took no part"), "{text}");
    let strict = [&asked[..], &["--answers-min", "1000000", "--json"]].concat();
    let said: Value = serde_json::from_str(&check(&strict, 1, "")).unwrap();
    assert_eq!(said["refusal"]["code"], "no_question_with_evidence", "{said}");
    let wrong = ["train", "tracing", "--url", &server.url, "--key", "nx_x"];
    check(&wrong, 2, "bad_credential");
    drop(server);
    check(&["verify", "--data", &data], 0, "sound");
}
