//! `nexus experiment`: a whole life, from the start to the shelf.

use crate::harness::{Server, admin_key, check, small_data};
use serde_json::Value;

#[test]
fn an_experiment_is_started_ramped_paused_stopped_concluded_and_put_away() {
    let folder = tempfile::tempdir().unwrap();
    let data = small_data(folder.path());
    let key = admin_key(&data);
    let server = Server::start(&data);
    let there = ["--url", server.url.as_str(), "--key", key.as_str()];
    let ask = |words: &[&str], code, expected: &str| {
        check(&[&["experiment"][..], words, &there].concat(), code, expected)
    };
    ask(&["list"], 0, "nexus experiment start begins one");
    ask(&["start", "spring", "--course", "sums", "--variant", "control"], 2, "name=policy");
    let start = ["start", "spring", "--course", "sums", "--variant", "control=static=0.5"];
    let start = [&start[..], &["--variant", "treatment=pace=0.5"]].concat();
    ask(&start, 0, "started      spring, journal entry");
    ask(&start, 0, "started      spring: nothing changed");
    ask(&["list"], 0, "running      spring, in sums: 0 of 1000 learners");

    let ramp = ["ramp", "spring", "--share", "0.1", "--reason", "one class first"];
    ask(&ramp, 0, "running      spring, journal entry");
    ask(&ramp, 0, "nothing changed");
    ask(&["ramp", "spring", "--share", "2", "--reason", "x"], 2, "share_out_of_range");
    ask(&["pause", "spring", "--reason", "holidays"], 0, "paused       spring");
    ask(&["conclude", "spring", "--reason", "x"], 1, "experiment_running");
    ask(&["resume", "spring", "--reason", "back"], 0, "running      spring");
    ask(&["stop", "spring", "--reason", "enough"], 0, "stopped      spring, journal entry");
    ask(&["pause", "spring", "--reason", "x"], 1, "experiment_stopped");
    let choose =
        |variant| ["conclude", "spring", "--variant", variant, "--reason", "it is simpler"];
    ask(&choose("third"), 2, "unknown_variant");
    ask(&choose("control"), 0, "concluded    spring");
    ask(&["archive", "spring", "--reason", "done"], 0, "archived     spring");

    let said = ask(&["show", "spring"], 0, "archived     spring, version 1, in sums");
    let changes: Vec<_> =
        said.lines().filter(|line| line.contains("(key ")).map(|line| &line[..9]).collect();
    assert_eq!(
        changes,
        ["share    ", "share    ", "share    ", "concluded", "archived "],
        "{said}"
    );
    let said: Value = serde_json::from_str(&ask(&["show", "spring", "--json"], 0, "")).unwrap();
    assert_eq!(said["status"], "archived");
    assert_eq!(said["changes"][3]["variant"], "control");
    ask(&["show", "autumn"], 2, "unknown_experiment");
    drop(server);
    check(&["verify", "--data", &data], 0, "sound");
}
