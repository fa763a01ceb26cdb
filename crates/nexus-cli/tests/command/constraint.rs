//! `nexus constraint` on a running server.

use crate::harness::{Server, admin_key, check, small_data};
use serde_json::{Value, json};

#[test]
fn a_teacher_pins_sees_and_lifts() {
    let folder = tempfile::tempdir().unwrap();
    let data = small_data(folder.path());
    let key = admin_key(&data);
    let server = Server::start(&data);
    let there = ["--url", server.url.as_str(), "--key", key.as_str()];
    let constraint = |more: &[&str], code, said: &str| {
        check(&[&["constraint"][..], more, &there].concat(), code, said)
    };
    constraint(&["list"], 0, "no constraint is in force");
    let about = ["--course", "sums", "--activity", "drill", "--reason", "we spoke about it"];
    let pin = [&["set", "first", "--rule", "pin", "--learner", "ada"][..], &about].concat();
    constraint(&pin, 0, "set          first, journal entry 3; in force");
    constraint(&pin, 0, "as it was said before");
    let block = [&["set", "first", "--rule", "block"][..], &about].concat();
    constraint(&block, 1, "idempotency_conflict");
    let last = [&["set", "all", "--rule", "block"][..], &about].concat();
    constraint(&last, 1, "nothing_left");
    let listed = constraint(&["list", "--learner", "ada"], 0, "pin          sums/drill, for ada");
    assert!(listed.contains("first: we spoke about it; by key "), "{listed}");
    constraint(&["list", "--learner", "bob"], 0, "no constraint is in force");
    constraint(&["lift", "first", "--reason", "done"], 0, "lifted       first");
    let said = constraint(&["list", "--json"], 0, "");
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap(), json!({"constraints": []}));
}

#[test]
fn what_cannot_be_so_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let data = small_data(folder.path());
    let key = admin_key(&data);
    let server = Server::start(&data);
    let there = ["--url", server.url.as_str(), "--key", key.as_str(), "--reason", "x"];
    let set = |more: &[&str], said: &str| {
        check(&[&["constraint", "set"][..], more, &there].concat(), 2, said)
    };
    let drill = ["--course", "sums", "--activity", "drill"];
    set(&[&["a", "--rule", "cap"][..], &drill].concat(), "--shown-max");
    set(&[&["a", "--rule", "ban"][..], &drill].concat(), "possible values: pin, block, cap");
    set(&[&["a/b", "--rule", "pin"][..], &drill].concat(), "is no id");
    set(&["a", "--rule", "pin", "--course", "sums", "--activity", "no"], "unknown_activity");
    let late = [&["a", "--rule", "pin", "--expires-at", "soon"][..], &drill].concat();
    set(&late, "/expires_at");
    let lift = ["constraint", "lift", "none"];
    check(&[&lift[..], &there].concat(), 2, "unknown_constraint");
}
