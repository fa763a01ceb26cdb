//! `nexus learner erase`: on a data directory, and on a server on it.

use crate::harness::{Server, admin_key, check, small_data};
use serde_json::Value;
use std::path::Path;

fn erase<'a>(place: &[&'a str], learner: &'a str, reason: &'a str) -> Vec<&'a str> {
    [&["learner", "erase", learner, "--reason", reason][..], place].concat()
}

/// How often some bytes stand in the files of a data directory.
fn count(data: &str, text: &str) -> usize {
    let ingest = Path::new(data).join("ingest");
    let files = [Path::new(data), &ingest].map(|folder| std::fs::read_dir(folder).unwrap());
    let files = files.into_iter().flatten().map(|file| file.unwrap().path());
    let files = files.filter(|path| path.is_file());
    let in_file = |path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
    };
    files.map(in_file).sum()
}

#[test]
fn a_learner_is_erased_from_a_directory_and_stays_out_of_a_server_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = small_data(folder.path());
    let here = ["--data", data.as_str()];
    assert!(count(&data, "\"learner\":\"ada\"") > 0);
    // Something of theirs that was rejected lies around too.
    let bad = folder.path().join("bad.ndjson");
    std::fs::write(&bad, "{\"learner\":\"ada\"}\n").unwrap();
    check(&["ingest", bad.to_str().unwrap(), "--data", &data], 1, "1 rejected");
    let said = check(&erase(&here, "ada", "asked for"), 0, "1 entries redacted, journal entry 3");
    assert!(said.contains("no byte of them is left"), "{said}");
    assert_eq!(count(&data, "\"learner\":\"ada\""), 0);
    check(&erase(&here, "ada", "asked for"), 0, "before, journal entry 3");
    check(&["verify", "--data", &data], 0, "redacted        1");
    check(&["verify", "--data", &data, "--json"], 0, "\"redacted\":1");

    let key = admin_key(&data);
    let server = Server::start(&data);
    check(&erase(&here, "ada", "asked for"), 2, "ask the server itself");
    let there = ["--url", server.url.as_str(), "--key", key.as_str(), "--json"];
    let said: Value = serde_json::from_str(&check(&erase(&there, "ada", "x"), 0, "")).unwrap();
    assert_eq!((&said["duplicate"], &said["bytes_gone"]), (&true.into(), &true.into()), "{said}");
    check(&erase(&there, "nobody", "x"), 2, "unknown_learner");
    check(&erase(&there, "nobody", " "), 2, "/reason: a reason has 1 to 1000 characters");
    drop(server);
    // The file that is ingested again, as a queue would deliver it again.
    let events = folder.path().join("events.ndjson");
    let again = ["ingest", events.to_str().unwrap(), "--restart", "--data", &data];
    check(&again, 1, "1 rejected");
    assert_eq!(count(&data, "\"code\":\"learner_erased\""), 1);
    assert_eq!(count(&data, "\"learner\":\"ada\""), 0);
}

#[test]
fn what_cannot_be_tried_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let data = small_data(folder.path());
    let here = ["--data", data.as_str()];
    check(&erase(&here, "no\tbody", "x"), 2, "the learner's id");
    check(&erase(&here, "nobody", "x"), 2, "nothing is known of this learner");
    check(&erase(&[], "ada", "x"), 2, "--data");
    check(&erase(&["--url", "http://127.0.0.1:9"], "ada", "x"), 2, "--key");
    check(&["learner", "erase", "ada", "--data", &data], 2, "--reason");
}
