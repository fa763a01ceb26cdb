//! `nexus switch`: on a data directory, and on a server on it.

use crate::harness::{Server, admin_key, check, small_data};
use serde_json::{Value, json};

fn switch<'a>(place: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [&["switch"][..], more, place].concat()
}

#[test]
fn a_data_directory_is_switched_and_a_server_on_it_obeys() {
    let folder = tempfile::tempdir().unwrap();
    let data = small_data(folder.path());
    let here = ["--data", &data];
    check(&switch(&here, &["show"]), 0, "policies decide in all courses");
    let throw = switch(&here, &["on", "--reason", "rewards fell", "--course", "sums"]);
    let said = check(&throw, 0, "on           sums, journal entry 3");
    assert!(said.contains("static path  sums: rewards fell"), "{said}");
    assert!(said.contains("turned on by the command line"), "{said}");
    check(&throw, 0, "nothing changed");
    check(&switch(&here, &["show"]), 1, "static path  sums: rewards fell");
    check(&["verify", "--data", &data], 0, "sound");

    let key = admin_key(&data);
    let server = Server::start(&data);
    check(&switch(&here, &["show"]), 2, "ask the server itself");
    let there = ["--url", server.url.as_str(), "--key", key.as_str(), "--json"];
    let shown: Value = serde_json::from_str(&check(&switch(&there, &["show"]), 1, "")).unwrap();
    assert_eq!(shown["switches"][0]["course"], "sums", "{shown}");
    let release = ["off", "--reason", "mended", "--course", "sums"];
    let said: Value = serde_json::from_str(&check(&switch(&there, &release), 0, "")).unwrap();
    assert_eq!((&said["duplicate"], &said["switches"]), (&false.into(), &json!([])), "{said}");
    check(
        &switch(&there, &["on", "--reason", ""]),
        2,
        "/reason: a reason has 1 to 1000 characters",
    );
    check(&switch(&there, &["on", "--reason", "x", "--course", "no"]), 2, "unknown_course");
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
    check(&switch(&["--data", &nowhere], &["on"]), 2, "--reason");
    let data = small_data(folder.path());
    let here = ["--data", data.as_str()];
    check(&switch(&here, &["on", "--reason", " "]), 2, "a reason has 1 to 1000 characters");
    check(&switch(&here, &["on", "--reason", "x", "--course", "no"]), 2, "no course \"no\"");
    check(&switch(&here, &["show"]), 0, "policies decide");
}
