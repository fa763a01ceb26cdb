//! `nexus consent` on a running server.

use crate::harness::{Server, admin_key, check, small_data};
use serde_json::Value;

#[test]
fn consent_is_withdrawn_and_given() {
    let folder = tempfile::tempdir().unwrap();
    let data = small_data(folder.path());
    let key = admin_key(&data);
    let server = Server::start(&data);
    let there = ["--url", server.url.as_str(), "--key", key.as_str()];
    let consent = |more: &[&str], code, said: &str| {
        check(&[&["consent"][..], more, &there].concat(), code, said)
    };
    let withdraw = ["withdraw", "ada", "--reason", "asked", "--by", "the parents"];
    consent(&withdraw, 0, "withdrawn    ada, journal entry");
    consent(&withdraw, 0, "as it was said before");
    let said = consent(&["give", "ada", "--reason", "asked again", "--json"], 0, "");
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["exploration"], &said["duplicate"]), (&true.into(), &false.into()));
    consent(&["withdraw", "a\tb", "--reason", "x"], 2, "there is no learner of this id");
    consent(&["withdraw", "ada"], 2, "--reason");
    drop(server);
    check(&["verify", "--data", &data], 0, "sound");
}
