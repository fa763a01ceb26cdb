//! Backups: whole and in parts, beside a writer, after an erasure, damaged, and put back.

use super::*;
use crate::classroom::{JournalFixture, filled, learner, tamper};
use crate::keys::{KeyEnvironment, KeyKind, KeyStore, NewKey};
use crate::secret::ServerKey;
use crate::store::{OpenOptions, Store};
use crate::verify::verify;
use std::path::PathBuf;
use tempfile::TempDir;

const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

/// A data directory with a key of a caller, a folder for its backup, and one to restore into.
struct Site {
    data: TempDir,
    folder: TempDir,
    target: TempDir,
}

impl Site {
    fn new() -> Self {
        let site = Self {
            data: tempfile::tempdir().unwrap(),
            folder: tempfile::tempdir().unwrap(),
            target: tempfile::tempdir().unwrap(),
        };
        ServerKey::open(site.data.path()).unwrap();
        KeyStore::open(site.data.path()).unwrap().create(&new_key(), NOW).unwrap();
        site
    }

    fn back_up(&self) -> BackupReport {
        back_up(self.data.path(), self.folder.path(), false, NOW).unwrap()
    }

    fn restore(&self) -> (PathBuf, Restored) {
        let data = self.target.path().join("data");
        let restored = restore(self.folder.path(), &data, None, NOW).unwrap();
        (data, restored)
    }

    /// The files of the backup whose names begin so.
    fn files(&self, begin: &str) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().path());
        let named = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(begin);
        let mut files: Vec<PathBuf> = files.filter(named).collect();
        files.sort();
        files
    }
}

fn new_key() -> NewKey {
    NewKey {
        kind: KeyKind::Secret,
        environment: KeyEnvironment::Test,
        name: "site".to_owned(),
        scopes: vec!["events:write".to_owned()],
        expires_at: None,
    }
}

fn open(data: &Path) -> Store {
    Store::open(data, &OpenOptions::default()).unwrap()
}

#[test]
fn a_backup_beside_a_writer_grows_by_what_came_since_and_is_put_back_whole() {
    let site = Site::new();
    let classroom = JournalFixture::after(10);
    let (early, late) = classroom.records.split_at(60);
    let mut store = open(site.data.path());
    store.append(early).unwrap();
    let first = site.back_up();
    assert_eq!((first.head, first.added, first.parts), (store.head(), 60, 1));
    assert_eq!(first.whole, Some(WholeReason::First));
    for batch in late.chunks(7) {
        store.append(batch).unwrap();
    }
    let second = site.back_up();
    assert_eq!((second.head, second.added, second.parts), (store.head(), late.len() as u64, 2));
    assert_eq!(second.whole, None);
    let idle = site.back_up();
    assert_eq!((idle.added, idle.parts), (0, 2), "nothing came");
    assert_eq!(check(site.folder.path()).unwrap().problems, Vec::<String>::new());

    let (data, restored) = site.restore();
    assert_eq!(restored.head, store.head());
    let here = KeyStore::open(site.data.path()).unwrap().list().unwrap();
    assert_eq!(KeyStore::open(&data).unwrap().list().unwrap(), here);
    let secret = |data: &Path| std::fs::read(data.join("server.key")).unwrap();
    assert_eq!(secret(&data), secret(site.data.path()));
    let note = restored_note(&data).unwrap().unwrap();
    assert_eq!((note.seq, note.restored_at), (store.head().seq, NOW.0));
    drop(store);
    let (theirs, ours) = (verify(site.data.path()).unwrap(), verify(&data).unwrap());
    assert!(ours.is_sound(), "{:?}", ours.problems);
    assert_eq!(ours.journal_digest, theirs.journal_digest);
    assert_eq!(ours.state_digest_replayed, theirs.state_digest_replayed);
    assert_eq!(open(&data).head(), restored.head, "it opens, and goes on from there");
}

#[test]
fn every_other_table_comes_along_in_its_last_state() {
    let site = Site::new();
    let classroom = JournalFixture::after(6);
    let (early, late) = classroom.records.split_at(40);
    let mut store = open(site.data.path());
    store.append(early).unwrap();
    // Stands for whatever a later schema keeps beside the journal.
    let probe = |data: &Path, sql: &str| tamper(data, sql);
    probe(site.data.path(), "INSERT INTO erased_id VALUES (x'01', 1), (x'02', 2)");
    site.back_up();
    store.append(late).unwrap();
    probe(site.data.path(), "DELETE FROM erased_id WHERE seq = 1");
    site.back_up();
    let (data, _) = site.restore();
    let connection = Connection::open(data.join("nexus.db")).unwrap();
    let rows = connection.query_row("SELECT count(*), max(seq) FROM erased_id", [], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
    });
    assert_eq!(rows.unwrap(), (1, 2));
}

#[test]
fn after_an_erasure_no_byte_of_the_learner_is_left_in_the_backup() {
    let site = Site::new();
    let mut classroom = JournalFixture::after(8);
    let mut store = filled(site.data.path(), &classroom);
    site.back_up();
    let holds = |name: &str| {
        site.files("journal-").iter().any(|file| {
            let bytes = std::fs::read(file).unwrap();
            bytes.windows(name.len()).any(|window| window == name.as_bytes())
        })
    };
    assert!(holds("learner-2"), "the search itself finds nothing");
    classroom.erase(&mut store, &learner(2)).unwrap();
    let report = site.back_up();
    assert_eq!((report.whole, report.parts), (Some(WholeReason::Erasure), 1));
    assert!(!holds("learner-2") && holds("learner-1"));
    assert_eq!(site.files("journal-").len(), 1, "the old part is gone");
    let (data, restored) = site.restore();
    assert_eq!(restored.erased, 1);
    drop(store);
    let report = verify(&data).unwrap();
    assert!(report.is_sound() && report.redacted > 0, "{:?}", report.problems);
}

#[test]
fn an_older_backup_takes_a_newer_list_of_erased_learners() {
    let site = Site::new();
    let mut classroom = JournalFixture::after(8);
    let mut store = filled(site.data.path(), &classroom);
    classroom.erase(&mut store, &learner(1)).unwrap();
    site.back_up();
    classroom.erase(&mut store, &learner(2)).unwrap();
    let newer = site.data.path().join("erasures");
    let target = |name: &str| site.target.path().join(name);
    let restored = restore(site.folder.path(), &target("new"), Some(&newer), NOW).unwrap();
    assert_eq!(restored.erased, 2);
    assert_eq!(restore(site.folder.path(), &target("old"), None, NOW).unwrap().erased, 1);
    let strange = Site::new();
    let mut theirs = JournalFixture::after(4);
    let mut other = filled(strange.data.path(), &theirs);
    theirs.erase(&mut other, &learner(1)).unwrap();
    let list = strange.data.path().join("erasures");
    let refused = restore(site.folder.path(), &target("x"), Some(&list), NOW).unwrap_err();
    assert!(refused.to_string().contains("it is of other data"), "{refused}");
}

#[test]
fn a_folder_stays_the_backup_of_one_journal() {
    let (site, other) = (Site::new(), Site::new());
    drop(filled(site.data.path(), &JournalFixture::after(5)));
    drop(filled(other.data.path(), &JournalFixture::after(6)));
    let report = site.back_up();
    let refused = back_up(other.data.path(), site.folder.path(), false, NOW).unwrap_err();
    assert!(refused.to_string().contains("use a new folder"), "{refused}");
    let whole = back_up(other.data.path(), site.folder.path(), true, NOW).unwrap_err();
    assert!(whole.to_string().contains("use a new folder"), "{whole}");
    // The one that was there is untouched.
    assert_eq!(check(site.folder.path()).unwrap().head, report.head);
}

#[test]
fn what_was_asked_for_whole_replaces_the_parts_and_leftovers_go() {
    let site = Site::new();
    let classroom = JournalFixture::after(6);
    let (early, late) = classroom.records.split_at(40);
    let mut store = open(site.data.path());
    store.append(early).unwrap();
    site.back_up();
    store.append(late).unwrap();
    // A run that was cut short.
    let begun = site.folder.path().join("journal-000002.db");
    std::fs::write(&begun, "half a database").unwrap();
    // A file that is not of the backup.
    let foreign = site.folder.path().join("keys-of-the-house.txt");
    std::fs::write(&foreign, "not ours").unwrap();
    assert_eq!(site.back_up().parts, 2);
    let whole = back_up(site.data.path(), site.folder.path(), true, NOW).unwrap();
    assert_eq!((whole.parts, whole.whole), (1, Some(WholeReason::Asked)));
    assert_eq!((site.files("journal-").len(), site.files("keys-0").len()), (1, 1));
    assert!(foreign.exists());
    assert_eq!(check(site.folder.path()).unwrap().problems, Vec::<String>::new());
}

#[test]
fn a_flipped_bit_in_any_file_is_found_and_never_put_back() {
    let site = Site::new();
    let classroom = JournalFixture::after(6);
    let (early, late) = classroom.records.split_at(40);
    let mut store = open(site.data.path());
    store.append(early).unwrap();
    site.back_up();
    store.append(late).unwrap();
    site.back_up();
    let files = ["journal-", "keys-", "server-key-"].map(|begin| site.files(begin)).concat();
    assert_eq!(files.len(), 4);
    for file in files {
        let good = std::fs::read(&file).unwrap();
        let mut bad = good.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 4;
        for damaged in [Some(bad), Some(good[..good.len() - 1].to_vec()), None] {
            match &damaged {
                Some(bytes) => std::fs::write(&file, bytes).unwrap(),
                None => std::fs::remove_file(&file).unwrap(),
            }
            let problems = check(site.folder.path()).unwrap().problems;
            assert_eq!(problems.len(), 1, "{}: {problems:?}", file.display());
            let target = site.target.path().join("never");
            let refused = restore(site.folder.path(), &target, None, NOW).unwrap_err();
            assert!(refused.to_string().contains("it is damaged"), "{refused}");
            assert!(!target.exists(), "nothing was begun");
        }
        std::fs::write(&file, good).unwrap();
    }
    assert_eq!(check(site.folder.path()).unwrap().problems, Vec::<String>::new());
}

#[test]
fn a_changed_entry_is_found_while_it_is_copied() {
    let site = Site::new();
    drop(filled(site.data.path(), &JournalFixture::after(5)));
    site.back_up();
    tamper(site.data.path(), "UPDATE journal SET body = replace(body, '1', '2') WHERE seq = 30");
    let refused = back_up(site.data.path(), site.folder.path(), true, NOW).unwrap_err();
    assert!(matches!(refused, StoreFault::ChainBroken { .. }), "{refused:?}");
    assert_eq!(check(site.folder.path()).unwrap().problems, Vec::<String>::new());
}

#[test]
fn nothing_is_written_over_and_a_restoring_that_was_cut_short_does_not_open() {
    let site = Site::new();
    drop(filled(site.data.path(), &JournalFixture::after(4)));
    site.back_up();
    let refused = restore(site.folder.path(), site.data.path(), None, NOW).unwrap_err();
    assert!(matches!(refused, StoreFault::NotEmpty { .. }), "{refused:?}");
    let (data, _) = site.restore();
    // The watermark comes last.
    std::fs::remove_file(data.join("watermark")).unwrap();
    let refused = Store::open(&data, &OpenOptions::default()).unwrap_err();
    assert!(matches!(refused, StoreFault::NoWatermark { .. }), "{refused:?}");
}

#[test]
fn a_copy_of_the_database_alone_is_refused_until_somebody_says_so() {
    let site = Site::new();
    let classroom = JournalFixture::after(8);
    let (early, late) = classroom.records.split_at(50);
    let mut store = open(site.data.path());
    store.append(early).unwrap();
    store.merge_log(usize::MAX / 2);
    store.append(late).unwrap();
    // What is in the log alone is not in the copy.
    let copied = site.target.path().join("copied");
    std::fs::create_dir(&copied).unwrap();
    std::fs::copy(site.data.path().join("nexus.db"), copied.join("nexus.db")).unwrap();
    let refused = Store::open(&copied, &OpenOptions::default()).unwrap_err();
    assert!(matches!(refused, StoreFault::NoWatermark { seq: 50, .. }), "{refused:?}");
    assert!(refused.to_string().contains("nexus restore --as-it-is"), "{refused}");
    let (adopted, once) = adopt(&copied, NOW).unwrap();
    assert_eq!((adopted.head.seq, once), (50, None));
    assert_eq!(restored_note(&copied).unwrap().unwrap().seq, 50);
    assert_eq!(open(&copied).head().seq, 50);
}
