//! `nexus switch` from outside: the real binary on a temporary data directory, with and without a
//! server on it.

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn nexus(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nexus"));
    for name in ["NEXUS_DATA_DIR", "NEXUS_URL", "NEXUS_KEY"] {
        command.env_remove(name);
    }
    command.args(arguments).output().expect("run nexus")
}

/// Runs the command, and answers with its standard output when it ends as it must.
fn check(arguments: &[&str], code: i32, said: &str) -> String {
    let output = nexus(arguments);
    let (out, log) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}{log}");
    assert!(out.contains(said) || log.contains(said), "{said:?} is not in\n{out}{log}");
    out.into_owned()
}

/// A data directory with a course and one event.
fn data(folder: &Path) -> String {
    let course = json!({
        "format": 1, "id": "sums", "version": 1, "title": "Sums", "language": "en",
        "description": "Adding up.", "licence": "CC0-1.0",
        "skills": [{"id": "add", "title": "Adding"}],
        "modules": [{"id": "m1", "title": "One", "activities": [
            {"id": "drill", "kind": "exercise", "title": "Drill", "skills": ["add"],
                "difficulty": 0.5, "minutes": 5.0, "required": true, "questions": [
                {"id": "q1", "kind": "numeric", "prompt": "1 + 1 = ?", "answer": 2,
                    "tolerance": 0.1, "explanation": "Two."}]}]}]
    });
    let event = json!({"id": "e1", "type": "enrolled", "learner": "ada", "course": "sums"});
    let (course_file, events) = (folder.join("course.json"), folder.join("events.ndjson"));
    fs::write(&course_file, course.to_string()).unwrap();
    fs::write(&events, format!("{event}\n")).unwrap();
    let data = folder.join("data").to_str().unwrap().to_owned();
    let (course_file, events) = (course_file.to_str().unwrap(), events.to_str().unwrap());
    check(&["ingest", events, "--data", &data, "--course", course_file], 0, "0 rejected");
    data
}

fn switch<'a>(place: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [&["switch"][..], more, place].concat()
}

#[test]
fn a_data_directory_is_switched_and_a_server_on_it_obeys() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(folder.path());
    let here = ["--data", &data];
    check(&switch(&here, &["show"]), 0, "policies decide in all courses");
    let throw = switch(&here, &["throw", "--reason", "rewards fell", "--course", "sums"]);
    let said = check(&throw, 0, "thrown       sums, journal entry 3");
    assert!(said.contains("static path  sums: rewards fell"), "{said}");
    assert!(said.contains("thrown by the command line"), "{said}");
    check(&throw, 0, "it stood so already");
    check(&switch(&here, &["show"]), 1, "static path  sums: rewards fell");
    check(&["verify", "--data", &data], 0, "sound");

    let key = ["key", "create", "--data", &data, "--name", "admin", "--for", "admin"];
    let key = check(&key, 0, "nx_").trim().to_owned();
    let server = Server::start(&data);
    check(&switch(&here, &["show"]), 2, "ask the server itself");
    let there = ["--url", server.url.as_str(), "--key", key.as_str(), "--json"];
    let shown: Value = serde_json::from_str(&check(&switch(&there, &["show"]), 1, "")).unwrap();
    assert_eq!(shown["switches"][0]["course"], "sums", "{shown}");
    let release = ["release", "--reason", "mended", "--course", "sums"];
    let said: Value = serde_json::from_str(&check(&switch(&there, &release), 0, "")).unwrap();
    assert_eq!((&said["duplicate"], &said["switches"]), (&false.into(), &json!([])), "{said}");
    check(&switch(&there, &["throw", "--reason", ""]), 2, "/reason: say why");
    check(&switch(&there, &["throw", "--reason", "x", "--course", "no"]), 2, "unknown_course");
    let wrong = ["--url", server.url.as_str(), "--key", "nx_x"];
    check(&switch(&wrong, &["show"]), 2, "bad_credential");
    drop(server);
    check(&switch(&here, &["show"]), 0, "policies decide in all courses");
}

#[test]
fn what_cannot_be_tried_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere").to_str().unwrap().to_owned();
    check(&switch(&["--data", &nowhere], &["show"]), 2, "no data directory");
    check(&switch(&[], &["show"]), 2, "--data");
    check(&switch(&["--url", "http://127.0.0.1:9"], &["show"]), 2, "--key");
    check(&switch(&["--data", &nowhere], &["throw"]), 2, "--reason");
    let data = data(folder.path());
    let here = ["--data", data.as_str()];
    check(&switch(&here, &["throw", "--reason", " "]), 2, "say why in 1 to 1000 bytes");
    check(&switch(&here, &["throw", "--reason", "x", "--course", "no"]), 2, "no course \"no\"");
    check(&switch(&here, &["show"]), 0, "policies decide");
}

/// A server of this test alone, ended when it goes out of scope.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(data: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nexus"));
        command.args(["serve", "--data", data, "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("start nexus serve");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{line:?}");
        Self { child, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
