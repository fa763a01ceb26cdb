//! `nexus backup` and `nexus restore`: what they say, and what they refuse.

use crate::harness::{check, small_data};
use std::path::Path;

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_backup_is_made_checked_and_put_back_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let data = small_data(folder.path());
    let (backup, target) = (text(&folder.path().join("backup")), text(&folder.path().join("new")));
    let run = ["backup", &backup, "--data", &data];
    check(&run, 0, "everything, because it is the first run");
    check(&run, 0, "0 entries more");
    check(&["backup", "verify", &backup, "--fold"], 0, "sound");
    check(&["restore", &backup, "--data", &target], 0, "restored  up to entry 2, of ");
    check(&["verify", "--data", &target], 0, "sound");
    check(&["doctor", "--data", &target], 0, "up to entry 2");
    check(&["restore", &backup, "--data", &target], 2, "is not empty");
    check(&["backup", "verify", &data], 2, "there is no manifest.json in it");
    check(&["backup"], 2, "<FOLDER>");

    let part = folder.path().join("backup/journal-000001.db");
    let mut bytes = std::fs::read(&part).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&part, bytes).unwrap();
    check(&["backup", "verify", &backup], 1, "the bytes of journal-000001.db were changed");
}

#[test]
fn a_copied_database_is_refused_with_a_way_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = small_data(folder.path());
    let copied = folder.path().join("copied");
    std::fs::create_dir(&copied).unwrap();
    std::fs::copy(format!("{data}/nexus.db"), copied.join("nexus.db")).unwrap();
    let copied = text(&copied);
    let serve = ["serve", "--data", &copied, "--listen", "127.0.0.1:0"];
    check(&serve, 2, "a copy of nexus.db alone lacks what was still in nexus.db-wal");
    let adopt = ["restore", "--as-it-is", "--data", &copied];
    check(&adopt, 0, "restored  up to entry 2, of ");
    check(&["verify", "--data", &copied], 0, "sound");
    // There is no backup to restore and none was asked for.
    check(&["restore", "--data", &copied], 2, "<FOLDER>");
}
