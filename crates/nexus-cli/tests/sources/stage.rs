//! A data directory with a course, its configuration, its server, and programs beside it.

use nexus_engine::event::Event;
use nexus_store::store::{OpenOptions, Store};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take before a test is called stuck.
pub const STUCK: Duration = Duration::from_secs(120);

pub struct Stage {
    folder: tempfile::TempDir,
    pub key: String,
    port: u16,
}

/// A program that is killed when it goes out of scope.
pub struct Program(Child);

impl Stage {
    /// A course is published, and a key may do everything.
    pub fn new() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        let mut stage = Self { folder, key: String::new(), port };
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
        std::fs::write(stage.path("course.json"), course.to_string()).unwrap();
        std::fs::write(stage.path("none.ndjson"), "").unwrap();
        stage.run(&["ingest", "none.ndjson", "--data", "data", "--course", "course.json"]);
        let made = stage.run(&["key", "create", "--data", "data", "--name", "a", "--for", "admin"]);
        stage.key = String::from_utf8_lossy(&made.stdout).trim().to_owned();
        stage
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Writes the configuration; its sources are as given.
    pub fn configure(&self, sources: &str) {
        let text = format!("data = 'data'\nlisten = '127.0.0.1:{}'\n{sources}", self.port);
        std::fs::write(self.path("nexus.toml"), text).unwrap();
    }

    /// A command of `nexus` in the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nexus"));
        command.args(arguments).current_dir(self.folder.path());
        command
            .env("NEXUS_URL", self.url())
            .env("NEXUS_KEY", &self.key)
            .env_remove("NEXUS_DATA_DIR");
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The same, and it must end well: what it said.
    pub fn check(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}{}", words(&output.stderr));
        said
    }

    /// Starts a command and waits for its first line.
    pub fn start(&self, arguments: &[&str]) -> Program {
        let mut command = self.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next();
        assert!(matches!(first, Some(Ok(_))), "{arguments:?} said nothing: {:?}", child.wait());
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Program(child)
    }

    /// Starts the server.
    pub fn serve(&self) -> Program {
        self.start(&["serve", "--config", "nexus.toml"])
    }

    /// The report of a source, when the server answers.
    pub fn report(&self, source: &str) -> Option<Value> {
        let output = self.command(&["source", "show", "--json"]).output().unwrap();
        let list: Value = serde_json::from_slice(&output.stdout).ok()?;
        let mut sources = list["sources"].as_array()?.iter();
        sources.find(|report| report["source"] == source).cloned()
    }

    /// How far a source has come, by partition.
    pub fn places(&self, source: &str) -> Option<BTreeMap<String, u64>> {
        let report = self.report(source)?;
        let place =
            |it: &Value| Some((it["partition"].as_str()?.to_owned(), it["position"].as_u64()?));
        report["partitions"].as_array()?.iter().map(place).collect()
    }

    /// How often each event of learners stands in the journal, with the data at rest and verified.
    pub fn events(&self) -> BTreeMap<String, u32> {
        self.check(&["verify", "--data", "data"]);
        let store = Store::open(&self.path("data"), &OpenOptions::default()).unwrap();
        let (mut events, mut after) = (BTreeMap::new(), 0);
        loop {
            let page = store.entries(after, 1_000).unwrap();
            let Some(last) = page.last() else { return events };
            after = last.entry.seq;
            for stored in page {
                if matches!(stored.entry.event, Event::Happened(_)) {
                    *events.entry(stored.entry.id.to_string()).or_default() += 1;
                }
            }
        }
    }
}

impl Program {
    /// Ends it at once, as a crash does.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.0.id().to_string()]).status();
        assert!(sent.unwrap().success(), "the program is gone");
    }

    /// Asks it to end and waits until it did.
    pub fn stop(mut self) {
        self.signal("-TERM");
        until("a program ends", || self.0.try_wait().unwrap().is_some());
    }

    #[cfg(feature = "kafka")]
    pub fn of(child: Child) -> Self {
        Self(child)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An event whose id and learner follow from its number.
pub fn event(number: u64) -> Value {
    let learner = format!("learner-{}", number % 97);
    json!({"id": format!("e{number}"), "type": "question_answered", "learner": learner,
        "course": "sums", "question": "q1", "correct": !number.is_multiple_of(3)})
}

/// Waits until something holds.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < STUCK, "stuck: not yet so that {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
