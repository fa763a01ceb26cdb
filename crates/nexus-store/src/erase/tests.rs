//! Erasure: nothing of the learner is left in any byte, everything else is as it was, and neither a
//! crash nor a full disk nor an older backup leaves half of it.

use super::*;
use crate::classroom::{JournalFixture, copy, filled, learner, tamper};
use crate::codec;
use crate::erasures::ERASURES_FILE;
use crate::journal::chain::{self, GENESIS};
use crate::store::OpenOptions;
use crate::verify::{VerifyReport, verify};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

fn open(directory: &Path) -> Result<Store, StoreFault> {
    Store::open(directory, &OpenOptions::default())
}

/// How often some bytes stand in the files of a directory.
fn count(directory: &Path, text: &str) -> usize {
    let files = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|path| path.is_file());
    let wanted = text.as_bytes();
    let in_file = |path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(wanted.len()).filter(|window| *window == wanted).count()
    };
    files.map(in_file).sum()
}

fn digest(classroom: &JournalFixture) -> [u8; 32] {
    codec::state_digest(&classroom.shared, classroom.learners.values())
}

fn digests(classroom: &JournalFixture) -> BTreeMap<LearnerId, [u8; 32]> {
    let learners = classroom.learners.iter();
    learners.map(|(id, state)| (id.clone(), codec::learner_digest(state))).collect()
}

fn sound(directory: &Path) -> VerifyReport {
    let report = verify(directory).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    report
}

/// A classroom in a store with a checkpoint in the middle, so that snapshots of the learner lie
/// around in the database; `learner-2` has a pin of their own, and decisions that wait.
fn taught(directory: &Path) -> (JournalFixture, Store) {
    let (early, late) = (JournalFixture::after(5), JournalFixture::after(12));
    let mut store = filled(directory, &early);
    let place = store.head().seq;
    store.save_checkpoint(place, &early.shared, early.learners.values()).unwrap();
    store.append(late.records_after(place)).unwrap();
    (late, store)
}

#[test]
fn nothing_of_the_learner_is_left_and_everything_else_is() {
    let directory = tempfile::tempdir().unwrap();
    let (mut classroom, mut store) = taught(directory.path());
    let (before, entries) = (digests(&classroom), classroom.learners[&learner(2)].entries);
    assert!(count(directory.path(), "learner-2") > 0);
    let named = classroom.erase(&mut store, &learner(2)).unwrap();
    assert!(store.scrub_due());
    assert!(store.scrub().unwrap());
    assert_eq!(count(directory.path(), "learner-2"), 0, "before the store is closed");
    drop(store);
    assert_eq!(count(directory.path(), "learner-2"), 0);
    assert!(count(directory.path(), "learner-1") > 0, "the search itself finds nothing");

    let report = sound(directory.path());
    // Their own entries, and the pin that named them.
    assert_eq!(report.redacted, entries + 1);
    assert_eq!(report.state_digest_replayed, digest(&classroom));
    assert_eq!(report.state_digest_stored, Some(digest(&classroom)));
    let mut after = digests(&classroom);
    assert!(after.remove(&named).is_some() && classroom.learners[&named].erased);
    let others = before.into_iter().filter(|(id, _)| *id != learner(2));
    assert_eq!(after, others.collect(), "a bystander changed");
    classroom.shared.check_rewards().unwrap();
    classroom.shared.check_supports().unwrap();
    let closed = classroom.shared.reports.values().next().unwrap().closed;
    assert!(closed.erased > 0, "no decision of theirs waited");
}

#[test]
fn what_is_appended_later_follows_and_folds() {
    let directory = tempfile::tempdir().unwrap();
    let (mut classroom, mut store) = taught(directory.path());
    classroom.erase(&mut store, &learner(2)).unwrap();
    let _ = classroom.erase(&mut store, &learner(0)).unwrap();
    store.scrub().unwrap();
    let head = store.head();
    // A start from empty sees the redacted entries, one from the checkpoint sees none.
    assert_eq!(store.replay(0, |_| ControlFlow::Continue(())).unwrap(), head);
    assert_eq!(store.replay(head.seq, |_| ControlFlow::Continue(())).unwrap(), head);
    store.discard_checkpoint().unwrap();
    drop(store);
    assert_eq!(open(directory.path()).unwrap().head(), head);
    assert_eq!(sound(directory.path()).state_digest_replayed, digest(&classroom));
    for gone in ["learner-0", "learner-2"] {
        assert_eq!(count(directory.path(), gone), 0, "{gone}");
    }
}

#[test]
fn ids_of_erased_entries_stay_used_and_cannot_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let (mut classroom, mut store) = taught(directory.path());
    let stream = store.entries_of_learner(&learner(2), crate::Page::From(0), 1_000).unwrap();
    classroom.erase(&mut store, &learner(2)).unwrap();
    store.scrub().unwrap();
    drop(store);
    let store = open(directory.path()).unwrap();
    for stored in stream {
        let found = store.find(&stored.entry.id).unwrap().unwrap();
        assert_eq!((found.seq, found.erased), (stored.entry.seq, true));
        assert_eq!(store.entry_by_id(&stored.entry.id).unwrap(), None);
        let left = store.entry(stored.entry.seq).unwrap().unwrap();
        assert_eq!(left.request_hash, [0; 16]);
        assert_eq!(left.entry.event.word(), stored.entry.event.word());
    }
    let none = store.entries_of_learner(&learner(2), crate::Page::From(0), 10).unwrap();
    assert_eq!(none, []);
    assert_eq!(store.load_learner(&learner(2)).unwrap(), None);
}

#[test]
fn a_crash_before_the_bytes_are_overwritten_is_finished_by_the_next_start() {
    let (live, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut classroom, mut store) = taught(live.path());
    classroom.erase(&mut store, &learner(2)).unwrap();
    copy(live.path(), killed.path());
    assert!(count(killed.path(), "learner-2") > 0, "there was nothing to finish");
    // Verification changes nothing, also not this.
    assert_eq!(sound(killed.path()).state_digest_replayed, digest(&classroom));
    let store = open(killed.path()).unwrap();
    assert!(!store.scrub_due());
    assert_eq!(count(killed.path(), "learner-2"), 0);
    drop(store);
    assert_eq!(count(killed.path(), "learner-2"), 0);
    assert_eq!(sound(killed.path()).state_digest_stored, Some(digest(&classroom)));
}

#[test]
fn somebody_who_reads_delays_the_last_step_and_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let (mut classroom, mut store) = taught(directory.path());
    let reader = Connection::open(directory.path().join("nexus.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM journal;").unwrap();
    store.connection.busy_timeout(std::time::Duration::ZERO).unwrap();
    classroom.erase(&mut store, &learner(2)).unwrap();
    assert!(!store.scrub().unwrap());
    assert!(store.scrub_due() && count(directory.path(), "learner-2") > 0);
    reader.execute_batch("COMMIT").unwrap();
    drop(reader);
    assert!(store.scrub().unwrap());
    assert_eq!(count(directory.path(), "learner-2"), 0);
}

#[test]
fn a_full_disk_leaves_everything_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let (mut classroom, mut store) = taught(directory.path());
    let head = store.head();
    let pages: u32 = store.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    store.limit_pages(Some(pages)).unwrap();
    let refused = classroom.erase(&mut store, &learner(2));
    assert!(matches!(refused, Err(AppendFault::StorageFull)), "{refused:?}");
    assert_eq!(store.head(), head);
    assert!(!store.scrub_due());
    drop(store);
    let again = JournalFixture::after(12);
    assert_eq!(sound(directory.path()).state_digest_replayed, digest(&again));
    let mut store = open(directory.path()).unwrap();
    assert_eq!(store.settle_erasures(std::iter::empty()).unwrap(), []);
    let stream = store.entries_of_learner(&learner(2), crate::Page::From(0), 1_000).unwrap();
    assert_eq!(stream.len() as u64, again.learners[&learner(2)].entries);
}

/// Erases a learner, closes the store, damages it, and returns what opening and verifying say.
fn check_damage(sql: &str) {
    let directory = tempfile::tempdir().unwrap();
    let (mut classroom, mut store) = taught(directory.path());
    classroom.erase(&mut store, &learner(2)).unwrap();
    store.scrub().unwrap();
    // Without a checkpoint a start looks at everything.
    store.discard_checkpoint().unwrap();
    drop(store);
    sound(directory.path());
    tamper(directory.path(), sql);
    assert!(!verify(directory.path()).unwrap().is_sound(), "{sql}");
    let opened = open(directory.path());
    assert!(matches!(opened, Err(StoreFault::ChainBroken { .. })), "{sql}: {opened:?}");
}

#[test]
fn damage_to_what_is_left_is_noticed() {
    let first = "(SELECT min(seq) FROM journal WHERE erased_by IS NOT NULL)";
    let whole = "(SELECT max(seq) FROM journal WHERE kind = 'enrolled' AND erased_by IS NULL)";
    for sql in [
        format!("UPDATE journal SET body = replace(body, '\"v\"', ' \"v\"') WHERE seq = {first}"),
        format!("UPDATE journal SET received_at = received_at + 1 WHERE seq = {first}"),
        format!("UPDATE journal SET hash = zeroblob(32) WHERE seq = {first}"),
        format!("UPDATE journal SET erased_by = NULL WHERE seq = {first}"),
        format!("UPDATE journal SET erased_by = erased_by + 1 WHERE seq = {first}"),
        format!("UPDATE journal SET erased_by = erased_by - 1 WHERE seq = {first}"),
        format!("DELETE FROM journal WHERE seq = {first}"),
        // Hiding a change by calling the entry redacted.
        format!(
            "UPDATE journal SET erased_by = (SELECT max(seq) FROM journal) WHERE seq = {whole}"
        ),
        format!("UPDATE journal SET erased_by = {whole} + 1 WHERE seq = {whole}"),
        "UPDATE journal SET salt = NULL WHERE seq = 9".to_owned(),
        "UPDATE journal SET salt = zeroblob(16) WHERE seq = 9".to_owned(),
    ] {
        check_damage(&sql);
    }
}

#[test]
fn an_entry_after_the_checkpoint_cannot_be_called_redacted() {
    let directory = tempfile::tempdir().unwrap();
    let (mut classroom, mut store) = taught(directory.path());
    classroom.erase(&mut store, &learner(2)).unwrap();
    store.scrub().unwrap();
    let mut record = classroom.records[0].clone();
    record.entry.seq = store.head().seq + 1;
    record.entry.id = EventId::new("one-more").unwrap();
    store.append(&[record]).unwrap();
    drop(store);
    tamper(directory.path(), "UPDATE journal SET erased_by = 1000 WHERE id = 'one-more'");
    let opened = open(directory.path());
    assert!(matches!(opened, Err(StoreFault::ChainBroken { .. })), "{opened:?}");
}

#[test]
fn what_an_ingest_rejected_goes_too() {
    let directory = tempfile::tempdir().unwrap();
    let (mut classroom, mut store) = taught(directory.path());
    let ingest = directory.path().join(INGEST_FOLDER);
    std::fs::create_dir(&ingest).unwrap();
    let path = |end: &str| ingest.join(format!("day.ndjson.0a1b{end}"));
    std::fs::write(path(REJECTIONS_END), "{\"original\":\"learner-2 said\"}").unwrap();
    std::fs::write(path(".resume.json"), "{}").unwrap();
    classroom.erase(&mut store, &learner(2)).unwrap();
    assert!(store.scrub().unwrap());
    assert!(!path(REJECTIONS_END).exists());
    assert!(path(".resume.json").exists());
}

#[test]
fn a_list_that_is_lost_or_foreign_keeps_the_store_shut() {
    let directory = tempfile::tempdir().unwrap();
    let (mut classroom, mut store) = taught(directory.path());
    classroom.erase(&mut store, &learner(2)).unwrap();
    drop(store);
    let path = directory.path().join(ERASURES_FILE);
    let list = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let opened = open(directory.path());
    assert!(matches!(opened, Err(StoreFault::ErasureList { .. })), "{opened:?}");
    ErasureList::fresh().unwrap().write(directory.path()).unwrap();
    let opened = open(directory.path()).unwrap_err();
    assert!(opened.to_string().contains("it belongs to another database"), "{opened}");
    std::fs::write(&path, list).unwrap();
    open(directory.path()).unwrap();
}

#[test]
fn an_older_database_is_held_against_the_list() {
    let (directory, backup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut classroom, mut store) = taught(directory.path());
    copy(directory.path(), backup.path());
    classroom.erase(&mut store, &learner(2)).unwrap();
    let known: Vec<ErasureMark> = classroom.shared.erasures.keys().copied().collect();
    assert_eq!(store.settle_erasures(known.clone().into_iter()).unwrap(), []);
    drop(store);
    std::fs::copy(directory.path().join(ERASURES_FILE), backup.path().join(ERASURES_FILE)).unwrap();
    let mut store = open(backup.path()).unwrap();
    let unknown = store.settle_erasures(std::iter::empty()).unwrap();
    assert_eq!(unknown, known);
    assert_eq!(store.learners_marked(&unknown).unwrap(), [learner(2)]);
    assert_eq!(store.learners_marked(&[]).unwrap(), []);
}

/// Makes a database what it was before there were salts and erasures.
fn aged(directory: &Path) {
    let connection = Connection::open(directory.join("nexus.db")).unwrap();
    let rows = row::select(&connection, "ORDER BY seq", &[]).unwrap();
    let mut head = Head { seq: 0, hash: GENESIS };
    for mut row in rows {
        row.salt = None;
        head = Head { seq: row.seq, hash: chain::link(&head.hash, &row) };
        let update = "UPDATE journal SET hash = ?2, salt = NULL WHERE seq = ?1";
        connection.execute(update, params![signed(row.seq), head.hash]).unwrap();
    }
    let older = "ALTER TABLE journal DROP COLUMN salt; ALTER TABLE journal DROP COLUMN erased_by;
                 DROP TABLE erased_id; DROP TABLE erasure; DELETE FROM snapshot_shared;
                 DELETE FROM snapshot_learner; DROP TABLE source_position;
                 DROP TABLE statement; DROP TABLE statement_person;
                 DELETE FROM schema_migration WHERE version >= 2;";
    connection.execute_batch(older).unwrap();
    crate::watermark::Watermark::create(directory, &head).unwrap();
}

#[test]
fn a_database_of_before_there_were_salts_is_erased_from_too() {
    let directory = tempfile::tempdir().unwrap();
    let (mut classroom, store) = taught(directory.path());
    drop(store);
    aged(directory.path());
    let mut store = open(directory.path()).unwrap();
    assert_eq!(store.head().seq, classroom.records.len() as u64);
    classroom.erase(&mut store, &learner(2)).unwrap();
    assert!(store.scrub().unwrap());
    drop(store);
    assert_eq!(count(directory.path(), "learner-2"), 0);
    assert_eq!(sound(directory.path()).state_digest_replayed, digest(&classroom));
}
