//! Verification finds what is wrong and agrees with the live state when nothing is.

use super::*;
use crate::classroom::{JournalFixture, copy, filled, learner, tamper};
use crate::codec;
use crate::store::{OpenOptions, Store};
use nexus_engine::workspace::corrections::CorrectionAsked;
use std::collections::{BTreeMap, BTreeSet};

/// A closed store with a checkpoint in the middle.
fn stored(directory: &Path) -> JournalFixture {
    let early = JournalFixture::after(3);
    let late = JournalFixture::after(6);
    let mut store = filled(directory, &early);
    let place = store.head().seq;
    store.save_checkpoint(place, &early.shared, early.learners.values()).unwrap();
    store.append(late.records_after(place)).unwrap();
    late
}

#[test]
fn a_sound_store_has_one_state() {
    let directory = tempfile::tempdir().unwrap();
    let classroom = stored(directory.path());
    let report = verify(directory.path()).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    let live = codec::state_digest(&classroom.shared, classroom.learners.values());
    assert_eq!(report.state_digest_replayed, live);
    assert_eq!(report.state_digest_stored, Some(live));
    assert_eq!(report.entries, classroom.records.len() as u64);
    assert_eq!(report.first_bad_seq, None);
    let replayed = replay(directory.path(), None).unwrap();
    assert_eq!(replayed.journal_digest, report.journal_digest);
    assert_eq!(replayed.state_digest_replayed, live);
    assert_eq!(replayed.head_hash, report.head_hash);
    let half = replay(directory.path(), Some(20)).unwrap();
    assert_eq!((half.head_seq, half.entries), (20, 20));
    assert_ne!(half.journal_digest, report.journal_digest);
    assert_eq!(replay(directory.path(), Some(0)).unwrap().head_seq, 0);
    Store::open(directory.path(), &OpenOptions::default()).unwrap();
}

/// A correction changes what earlier entries count as: a checkpoint from before it is served by nobody,
/// and compared with nothing.
#[test]
fn a_corrected_journal_has_one_state_whatever_the_checkpoint_is() {
    let answers = JournalFixture::after(6).answers_of(&learner(0));
    let (first, last) = (answers[0], answers[answers.len() - 1]);
    let asked = [
        CorrectionAsked::Void(BTreeSet::from([first])),
        CorrectionAsked::Grade(BTreeMap::from([(last, 0.5)])),
        CorrectionAsked::Void(BTreeSet::from([last])),
    ];
    for corrections in 1..=asked.len() {
        let directory = tempfile::tempdir().unwrap();
        let mut classroom = stored(directory.path());
        let before = codec::state_digest(&classroom.shared, classroom.learners.values());
        let place = classroom.records.len() as u64;
        asked[..corrections].iter().for_each(|asked| classroom.correct(asked.clone()));
        let live = codec::state_digest(&classroom.shared, classroom.learners.values());
        assert_ne!(live, before);
        let mut store = Store::open(directory.path(), &OpenOptions::default()).unwrap();
        store.append(classroom.records_after(place)).unwrap();
        assert!(store.corrected_after(place).unwrap());
        drop(store);
        let report = verify(directory.path()).unwrap();
        assert!(report.is_sound(), "{:?}", report.problems);
        assert_eq!(report.state_digest_replayed, live);
        assert_eq!(report.state_digest_stored, None, "it is from before the correction");
        // As far as before the correction, the journal means what it meant.
        let then = replay(directory.path(), Some(place)).unwrap();
        assert_eq!(then.state_digest_replayed, before);
        let mut store = Store::open(directory.path(), &OpenOptions::default()).unwrap();
        let head = store.head().seq;
        assert!(!store.corrected_after(head).unwrap());
        store.save_checkpoint(head, &classroom.shared, classroom.learners.values()).unwrap();
        drop(store);
        let report = verify(directory.path()).unwrap();
        assert!(report.is_sound(), "{:?}", report.problems);
        assert_eq!(report.state_digest_stored, Some(live));
    }
}

#[test]
fn a_killed_store_is_verified_from_its_log() {
    let (live, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let classroom = JournalFixture::after(4);
    let store = filled(live.path(), &classroom);
    copy(live.path(), killed.path());
    let before = std::fs::read(killed.path().join("nexus.db-wal")).unwrap();
    let report = verify(killed.path()).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    assert_eq!(report.head_hash, store.head().hash);
    assert_eq!(std::fs::read(killed.path().join("nexus.db-wal")).unwrap(), before);
    assert!(matches!(verify(live.path()), Err(StoreFault::Locked { .. })));
}

fn check(sql: &str) -> VerifyReport {
    let directory = tempfile::tempdir().unwrap();
    let _ = stored(directory.path());
    tamper(directory.path(), sql);
    let report = verify(directory.path()).unwrap();
    assert!(!report.is_sound(), "{sql}");
    report
}

#[test]
fn damage_before_the_checkpoint_is_found() {
    let report = check("UPDATE journal SET body = replace(body, '1', '2') WHERE seq = 12");
    assert_eq!(report.first_bad_seq, Some(12));
    assert_eq!(report.head_seq, 11);
    let report = check("DELETE FROM journal WHERE seq = 12");
    assert_eq!(report.first_bad_seq, Some(12));
}

#[test]
fn a_snapshot_that_says_something_else_is_found() {
    // A consistent forgery: the digest fits the bytes, but the bytes are not what happened.
    let directory = tempfile::tempdir().unwrap();
    let _ = stored(directory.path());
    let mut early = JournalFixture::after(3);
    let ada = early.learners.values_mut().next().unwrap();
    ada.belief.ability.mean += 1e-9;
    let mut store = Store::open(directory.path(), &OpenOptions::default()).unwrap();
    let place = early.records.len() as u64;
    store.save_checkpoint(place, &early.shared, early.learners.values()).unwrap();
    drop(store);
    let report = verify(directory.path()).unwrap();
    let expected = "the snapshot of learner-0 is not what the journal says";
    assert!(report.problems.iter().any(|problem| problem == expected), "{:?}", report.problems);
    assert_ne!(report.state_digest_stored, Some(report.state_digest_replayed));
    assert_eq!(report.first_bad_seq, None);
}

#[test]
fn missing_and_damaged_snapshots_are_found() {
    check("DELETE FROM snapshot_learner WHERE learner = 'learner-2'");
    check("UPDATE snapshot_learner SET bytes = zeroblob(10) WHERE learner = 'learner-2'");
    check("UPDATE snapshot_shared SET bytes = zeroblob(10)");
    check("UPDATE snapshot_shared SET hash = zeroblob(32)");
}

#[test]
fn a_lost_end_and_a_lost_watermark_are_found() {
    let report = check("DELETE FROM journal WHERE seq > 50");
    assert!(report.problems.iter().any(|problem| problem.contains("once reached")));
    let directory = tempfile::tempdir().unwrap();
    let _ = stored(directory.path());
    std::fs::remove_file(directory.path().join("watermark")).unwrap();
    assert!(!verify(directory.path()).unwrap().is_sound());
}

#[test]
fn an_incomplete_index_is_found() {
    // An index without a row lets a duplicate in: no chain would notice.
    let report = check(
        "PRAGMA writable_schema = ON;
         CREATE TABLE other (learner TEXT, learner_seq INTEGER) STRICT;
         CREATE UNIQUE INDEX other_index ON other (learner, learner_seq)
             WHERE learner IS NOT NULL;
         UPDATE sqlite_schema SET rootpage =
             (SELECT rootpage FROM sqlite_schema WHERE name = 'other_index')
             WHERE name = 'journal_by_learner';",
    );
    assert_eq!(report.first_bad_seq, None);
}

#[test]
fn nothing_to_verify_is_a_fault() {
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(verify(directory.path()), Err(StoreFault::Database { .. })));
}
