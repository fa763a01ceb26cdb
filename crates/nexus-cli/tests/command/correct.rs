//! `nexus correct`: on a server, tried first.

use crate::harness::{Server, admin_key, check, small_data};
use serde_json::Value;

#[test]
fn events_are_voided_and_grades_corrected_on_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = small_data(folder.path());
    let key = admin_key(&data);
    let server = Server::start(&data);
    let there = ["--url", server.url.as_str(), "--key", key.as_str()];
    let correct = |words: &[&str], code: i32, says: &str| {
        check(&[&["correct"], words, &there].concat(), code, says)
    };
    let why = ["--reason", "a test account"];
    let word = |words: &[&'static str]| [words, &why].concat();
    correct(&word(&["void", "nowhere"]), 2, "unknown_event");
    correct(&word(&["grade", "nowhere", "0.8"]), 2, "unknown_event");
    correct(&["void", "nowhere"], 2, "--reason");
    correct(&word(&["grade", "nowhere", "much"]), 2, "invalid value");
    correct(&["regrade", "nowhere"], 2, "unknown_course");
    correct(&["regrade", "sums", "--question", "nowhere"], 2, "unknown_question");
    let said = correct(&["regrade", "sums", "--dry-run"], 0, "unchanged");
    assert!(said.contains("looked at    "), "{said}");
    let said = correct(&["regrade", "sums", "--json"], 0, "");
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["duplicate"], &said["correction"]), (&true.into(), &"regraded".into()));
    correct(&word(&["grade", "e1", "0.8"]), 2, "not_correctable");
    correct(&word(&["void", "e1", "--dry-run"]), 0, "would be     1 events of 1 learners");
    let said = correct(&word(&["void", "e1"]), 0, "voided       1 events of 1 learners");
    assert!(said.contains("entry        "), "{said}");
    correct(&word(&["void", "e1"]), 0, "unchanged");
    correct(&word(&["grade", "e1", "0.8"]), 2, "not_correctable");
    drop(server);
    check(&["verify", "--data", &data], 0, "sound");
}
