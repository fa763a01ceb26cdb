//! Opening: the lock, the watermark, and files that were damaged while closed.

use super::*;
use crate::classroom::{JournalFixture, copy, filled};
use crate::watermark::WATERMARK_FILE;
use nexus_engine::time::Timestamp;
use std::ops::ControlFlow;

fn open(directory: &Path) -> Result<Store, StoreFault> {
    Store::open(directory, &OpenOptions::default())
}

#[test]
fn a_second_writer_is_told_who_is_first() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).unwrap();
    let refused = open(directory.path()).unwrap_err();
    assert!(matches!(refused, StoreFault::Locked { .. }), "{refused:?}");
    let message = refused.to_string();
    assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
    assert!(message.contains("--data"), "{message}");
    // Deleting the file does not let anybody in.
    std::fs::remove_file(directory.path().join("nexus.lock")).unwrap();
    let refused = open(directory.path()).unwrap_err();
    assert!(refused.to_string().contains("in use by another process"), "{refused}");
    drop(store);
    open(directory.path()).unwrap();
}

#[test]
fn a_new_directory_is_private_and_empty() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("deep").join("data");
    let store = open(&directory).unwrap();
    assert_eq!(store.head(), Head { seq: 0, hash: [0; 32] });
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700);
        for file in std::fs::read_dir(&directory).unwrap() {
            let path = file.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    }
}

#[test]
fn a_database_of_another_program_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(DATABASE_FILE);
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE photos (id)").unwrap();
    let refused = open(directory.path()).unwrap_err();
    assert!(matches!(refused, StoreFault::Foreign { .. }), "{refused:?}");
    std::fs::write(&path, "not a database at all, but long enough to look like one?").unwrap();
    let refused = open(directory.path()).unwrap_err();
    assert!(matches!(refused, StoreFault::Database { .. }), "{refused:?}");
}

#[test]
fn an_older_backup_needs_a_person_to_agree() {
    let directory = tempfile::tempdir().unwrap();
    let backup = tempfile::tempdir().unwrap();
    let classroom = JournalFixture::after(6);
    let (early, late) = classroom.records.split_at(40);
    let mut store = open(directory.path()).unwrap();
    store.append(early).unwrap();
    copy(directory.path(), backup.path());
    store.append(late).unwrap();
    drop(store);
    std::fs::copy(backup.path().join("nexus.db"), directory.path().join("nexus.db")).unwrap();
    let wal = "nexus.db-wal";
    std::fs::copy(backup.path().join(wal), directory.path().join(wal)).unwrap();
    let refused = open(directory.path()).unwrap_err();
    assert!(matches!(refused, StoreFault::WentBackwards { .. }), "{refused:?}");
    // To delete the watermark is no way around it: what is missing would then be unknown.
    std::fs::remove_file(directory.path().join(WATERMARK_FILE)).unwrap();
    let refused = open(directory.path()).unwrap_err();
    assert!(matches!(refused, StoreFault::NoWatermark { seq: 40, .. }), "{refused:?}");
    let (adopted, _) = crate::backup::adopt(directory.path(), Timestamp(0)).unwrap();
    assert_eq!(adopted.head.seq, 40);
    assert_eq!(open(directory.path()).unwrap().head().seq, 40);
}

#[test]
fn a_lost_database_is_noticed_and_its_log_is_kept() {
    let (live, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let _store = filled(live.path(), &JournalFixture::after(2));
    copy(live.path(), killed.path());
    std::fs::remove_file(killed.path().join(DATABASE_FILE)).unwrap();
    let refused = open(killed.path()).unwrap_err();
    assert!(matches!(refused, StoreFault::WentBackwards { .. }), "{refused:?}");
    assert!(killed.path().join("nexus.db-wal").exists());
}

#[test]
fn a_refused_log_is_left_as_evidence() {
    let (live, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let _store = filled(live.path(), &JournalFixture::after(2));
    copy(live.path(), killed.path());
    let log = killed.path().join("nexus.db-wal");
    let mut bytes = std::fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&log, &bytes).unwrap();
    for _ in 0..2 {
        let refused = open(killed.path()).unwrap_err();
        assert!(matches!(refused, StoreFault::WentBackwards { .. }), "{refused:?}");
        assert_eq!(std::fs::read(&log).unwrap(), bytes);
    }
}

/// What became of a damaged copy.
#[derive(Debug, PartialEq)]
enum Outcome {
    Noticed,
    Whole,
}

/// Opens a damaged copy: it is refused, or nothing is missing.
fn reopen(directory: &Path, head: Head) -> Outcome {
    let Ok(store) = open(directory) else { return Outcome::Noticed };
    assert_eq!(store.head(), head, "entries were lost silently");
    let mut seen = 0;
    let walked = store.replay(0, |_| {
        seen += 1;
        ControlFlow::Continue(())
    });
    match walked {
        Ok(end) => assert_eq!((end, seen), (head, head.seq)),
        Err(_) => return Outcome::Noticed,
    }
    Outcome::Whole
}

/// Damages one file of a killed store in many places.
fn check_damage(file: &str, mut damage: impl FnMut(&mut Vec<u8>, usize)) -> (usize, usize) {
    let live = tempfile::tempdir().unwrap();
    let classroom = JournalFixture::after(12);
    let (early, late) = classroom.records.split_at(100);
    let mut store = open(live.path()).unwrap();
    store.append(early).unwrap();
    // Merge the beginning, so that both files hold entries.
    store.merge_log(usize::MAX / 2);
    for batch in late.chunks(5) {
        store.append(batch).unwrap();
    }
    let head = store.head();
    let (mut noticed, mut whole) = (0, 0);
    for step in 0..60 {
        let copied = tempfile::tempdir().unwrap();
        copy(live.path(), copied.path());
        let path = copied.path().join(file);
        let mut bytes = std::fs::read(&path).unwrap();
        let position = bytes.len() * step / 60 + 37 * step % 61;
        damage(&mut bytes, position);
        std::fs::write(&path, bytes).unwrap();
        match reopen(copied.path(), head) {
            Outcome::Noticed => noticed += 1,
            Outcome::Whole => whole += 1,
        }
    }
    (noticed, whole)
}

#[test]
fn a_shortened_log_never_loses_silently() {
    let (noticed, _) = check_damage("nexus.db-wal", |bytes, at| bytes.truncate(at));
    assert!(noticed > 50, "{noticed}");
}

#[test]
fn a_flipped_bit_in_the_log_never_loses_silently() {
    let (noticed, _) = check_damage("nexus.db-wal", |bytes, at| bytes[at] ^= 0x10);
    assert!(noticed > 0, "{noticed}");
}

#[test]
fn a_flipped_bit_in_the_database_never_loses_silently() {
    check_damage("nexus.db", |bytes, at| bytes[at] ^= 0x10);
    check_damage("nexus.db", |bytes, at| bytes.truncate(at));
}

#[test]
fn a_copy_without_damage_is_whole() {
    let (noticed, whole) = check_damage("nexus.db-wal", |_, _| {});
    assert_eq!((noticed, whole), (0, 60));
}
