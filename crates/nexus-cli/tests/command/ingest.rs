//! `nexus ingest --format`: a class that learns elsewhere, and whose LRS is read.

use crate::harness::{Server, admin_key, check, small_data};
use serde_json::{Value, json};
use std::path::Path;

const COURSE: &str = r#"{
    "format": 1, "id": "sums", "version": 1, "title": "Sums", "language": "en",
    "skills": [{"id": "add", "title": "Adding"}],
    "modules": [{"id": "m1", "title": "One", "activities": [
        {"id": "drill", "kind": "exercise", "title": "Drill", "skills": ["add"],
            "difficulty": 0.5, "minutes": 5, "questions": [
            {"id": "q1", "kind": "numeric", "prompt": "1 + 1 = ?", "answer": 2}]}]}],
    "iris": [{"prefix": "https://lms.example/drill", "activity": "drill"}]
}"#;

fn statement(id: u32, verb: &str, more: Value) -> Value {
    let mut statement = json!({
        "id": format!("6690e6c9-3ef0-4ed3-8b37-7f39647300{id:02}"),
        "actor": {"name": "Ada L.", "mbox": "mailto:ada@example.com"},
        "verb": {"id": format!("http://adlnet.gov/expapi/verbs/{verb}")},
        "object": {"id": "https://lms.example/drill/1"},
        "timestamp": format!("2026-11-22T09:{id:02}:00Z"),
    });
    statement.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    statement
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn statements_become_events_of_a_learner_without_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let course = write(folder.path(), "course.json", COURSE);
    let data = folder.path().join("data").to_str().unwrap().to_owned();
    let reference = |id: &Value| json!({"object": {"objectType": "StatementRef", "id": id}});
    let wrong = statement(12, "answered", json!({"result": {"response": "3"}}));
    let statements = json!([
        statement(20, "voided", reference(&wrong["id"])),
        statement(11, "answered", json!({"result": {"response": "2", "duration": "PT8S"}})),
        wrong,
        statement(10, "launched", json!({})),
        statement(13, "attended", json!({})),
        statement(14, "answered", json!({"object": {"id": "https://lms.example/essay"}})),
        statement(15, "answered", json!({"result": {"score": {"raw": 5, "max": 4}}})),
    ]);
    let file = write(folder.path(), "statements.json", &statements.to_string());
    let read = ["ingest", &file, "--data", &data, "--format", "xapi"];
    let nothing_named = check(&read, 2, "publish a course with them first");
    assert_eq!(nothing_named, "");
    let with_course = [&read[..], &["--course", &course]].concat();
    let said = check(&with_course, 1, "7 records: 4 accepted, 0 duplicate, 2 rejected, 1 unused");
    for told in ["1 x attended", "1 x https://lms.example/essay"] {
        assert!(said.contains(told), "{told}: {said}");
    }
    let again = [&read[..], &["--restart"]].concat();
    check(&again, 1, "7 records: 0 accepted, 4 duplicate, 2 rejected, 1 unused");

    let learner = check(
        &["learner", "name", "--data", &data, r#"{"mbox": "mailto:ada@example.com"}"#],
        0,
        "actor-",
    );
    let table = check(&["export", "answers", "--data", &data], 0, "predicted");
    assert!(table.contains(learner.trim()), "{learner} is in {table}");
    let journal = check(&["export", "learner", learner.trim(), "--data", &data], 0, "q1");
    assert!(!table.contains("ada@") && !journal.contains("ada@") && !journal.contains("Ada L."));
    let rejected = std::fs::read_dir(Path::new(&data).join("ingest")).unwrap();
    let rejected = rejected.map(|entry| entry.unwrap().path());
    let rejected = rejected.filter(|path| path.to_str().unwrap().ends_with(".rejected.ndjson"));
    let rejected: String = rejected.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let reason = "/result/score/raw: 5 is above the max, 4";
    assert!(rejected.contains(reason) && rejected.contains("unknown_object"), "{rejected}");
    check(&["verify", "--data", &data], 0, "");
}

#[test]
fn a_tracking_log_is_read_with_a_dry_run_first() {
    let folder = tempfile::tempdir().unwrap();
    let text = COURSE.replace("https://lms.example/drill", "block-v1:a+b+c+type@problem+block@d1");
    let course = write(folder.path(), "course.json", &text);
    let data = folder.path().join("data").to_str().unwrap().to_owned();
    let checked = json!({
        "name": "problem_check", "time": "2026-11-22T09:30:00Z", "event_source": "server",
        "context": {"user_id": 17, "course_id": "course-v1:a+b+c"}, "username": "ada",
        "event": {
            "problem_id": "block-v1:a+b+c+type@problem+block@d1", "attempts": 1,
            "grade": 1, "max_grade": 1, "answers": {"d1_2_1": "2"},
            "correct_map": {"d1_2_1": {"correctness": "correct"}},
        },
    });
    let logged = format!("2026-11-22 09:30:00,1 INFO 7 [tracking] - {checked}\nbroken {{\n");
    let file = write(folder.path(), "tracking.log", &logged);
    let read = ["ingest", &file, "--format", "openedx", "--course", &course];
    let counts = "2 records: 1 accepted, 0 duplicate, 1 rejected, 0 unused";
    check(&[&read[..], &["--dry-run"]].concat(), 1, counts);
    check(&[&read[..], &["--data", &data]].concat(), 1, counts);
    let who = check(&["learner", "name", "--data", &data, "--openedx-user", "17"], 0, "actor-");
    check(&["export", "learner", who.trim(), "--data", &data], 0, "q1");
}

/// History comes in while a server serves: the same counts as into its files, in the order of each
/// learner's times, and a run that is repeated sends nothing twice.
#[test]
fn a_table_is_brought_into_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = small_data(folder.path());
    let key = admin_key(&data);
    let server = Server::start(&data);
    let url = server.url.clone();
    let line = |number: usize| {
        let learner = ["ada", "ben", "cara", "dan", "eve"][number % 5];
        let minute = number / 5;
        json!({"id": format!("h{number}"), "type": "question_answered", "learner": learner,
            "course": "sums", "question": "q1", "correct": minute.is_multiple_of(2),
            "occurred_at": format!("2026-01-02T{:02}:{:02}:00Z", minute / 60, minute % 60)})
    };
    // 3,000 answers, and one that nobody can take; then more.
    let mut lines: Vec<String> = (0..3_000).map(|number| line(number).to_string()).collect();
    lines.insert(
        1_000,
        json!({"id": "x", "type": "question_answered", "learner": "ada",
        "course": "sums", "question": "q-none", "correct": true})
        .to_string(),
    );
    let file = write(folder.path(), "history.ndjson", &(lines.join("\n") + "\n"));
    let progress = folder.path().join("progress").to_str().unwrap().to_owned();
    let into = ["ingest", &file, "--url", &url, "--key", &key, "--progress", &progress];
    check(&into, 1, "3001 records: 3000 accepted, 0 duplicate, 1 rejected");
    check(&into, 0, "0 records: 0 accepted, 0 duplicate, 0 rejected");
    lines.push(line(3_000).to_string());
    std::fs::write(&file, lines.join("\n") + "\n").unwrap();
    check(&into, 0, "1 records: 1 accepted, 0 duplicate, 0 rejected");
    let again = [&into[..], &["--restart"]].concat();
    check(&again, 1, "3002 records: 0 accepted, 3001 duplicate, 1 rejected");
    let wrong =
        ["ingest", &file, "--url", &url, "--key", "nx_wrong", "--progress", &progress, "--restart"];
    check(&wrong, 2, "401");
    let both = ["ingest", &file, "--url", &url, "--key", &key, "--dry-run"];
    check(&both, 2, "cannot be used with");
    drop(server);
    // Other data behind the same address are told everything; the place belongs to the data.
    let other = folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    let elsewhere = small_data(&other);
    let (its_key, its_server) = (admin_key(&elsewhere), Server::start(&elsewhere));
    let into =
        ["ingest", &file, "--url", &its_server.url, "--key", &its_key, "--progress", &progress];
    check(&into, 1, "3002 records: 3001 accepted, 0 duplicate, 1 rejected");
    drop(its_server);
    let table = check(&["export", "answers", "--data", &data], 0, "predicted");
    let answers = table.lines().skip(1).filter(|row| row.contains("2026-01-02")).count();
    assert_eq!(answers, 3_001, "each once");
}
