//! `nexus doctor`: what it finds, beside a server and without one.

use crate::harness::{Server, admin_key, check, small_data};

#[test]
fn each_fault_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let data = small_data(folder.path());
    let doctor = ["doctor", "--data", &data];
    check(&doctor, 0, "none that is good: nexus key create");
    admin_key(&data);
    let server = Server::start(&data);
    let said = check(&doctor, 0, "1 good ones, and none expires soon");
    drop(server);
    for topic in ["disk", "log", "clock", "open files", "directory"] {
        assert!(said.contains(topic), "{topic} is not in\n{said}");
    }
    assert!(!said.contains("problem"), "{said}");
    let soon = ["key", "create", "--data", &data, "--name", "old", "--days", "3"];
    check(&soon, 0, "nx_");
    check(&doctor, 0, "\"old\"");

    let file = folder.path().join("nexus.toml");
    std::fs::write(&file, "htps = true").unwrap();
    let configured = [&doctor[..], &["--config", file.to_str().unwrap()]].concat();
    check(&configured, 1, "problem  configuration");
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    check(&doctor, 0, "others on this machine may enter");
}
