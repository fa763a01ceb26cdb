//! The real binary on a temporary data directory, and a server of one test alone.

use serde_json::json;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn nexus(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nexus"));
    for name in ["NEXUS_DATA_DIR", "NEXUS_URL", "NEXUS_KEY", "NEXUS_LISTEN", "NEXUS_CONFIG"] {
        command.env_remove(name);
    }
    command.args(arguments).output().expect("run nexus")
}

/// Runs the command, and answers with its standard output when it ends as it must.
pub fn check(arguments: &[&str], code: i32, said: &str) -> String {
    let output = nexus(arguments);
    let (out, log) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}{log}");
    assert!(out.contains(said) || log.contains(said), "{said:?} is not in\n{out}{log}");
    out.into_owned()
}

/// A data directory with a course and one event.
pub fn small_data(folder: &Path) -> String {
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

/// A key of a data directory that may do everything.
pub fn admin_key(data: &str) -> String {
    let key = [
        "key",
        "create",
        "--data",
        data,
        "--name",
        "admin",
        "--scope",
        "admin",
        "--scope",
        "policies:override",
    ];
    check(&key, 0, "nx_").trim().to_owned()
}

/// A server of this test alone, ended when it goes out of scope.
pub struct Server {
    child: Child,
    pub url: String,
}

impl Server {
    pub fn start(data: &str) -> Self {
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
