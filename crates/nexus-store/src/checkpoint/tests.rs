//! Checkpoints: what is saved is loaded, and what was damaged is not believed.

use super::*;
use crate::classroom::{JournalFixture, filled, learner, tamper};
use crate::store::OpenOptions;
use std::path::Path;

fn open(directory: &Path) -> Store {
    Store::open(directory, &OpenOptions::default()).unwrap()
}

fn saved(directory: &Path, classroom: &JournalFixture) -> Store {
    let mut store = filled(directory, classroom);
    let place = store.head();
    let learners = classroom.learners.values();
    assert_eq!(store.save_checkpoint(place.seq, &classroom.shared, learners).unwrap(), place);
    store
}

#[test]
fn a_checkpoint_is_loaded_as_it_was_saved() {
    let directory = tempfile::tempdir().unwrap();
    let classroom = JournalFixture::after(5);
    drop(saved(directory.path(), &classroom));
    let store = open(directory.path());
    let (seq, shared) = store.load_checkpoint().unwrap().unwrap();
    assert_eq!((seq, &shared), (store.head().seq, &classroom.shared));
    for (id, state) in &classroom.learners {
        assert_eq!(store.load_learner(id).unwrap().as_ref(), Some(state));
    }
    assert_eq!(store.load_learner(&learner(99)).unwrap(), None);
    assert_eq!(store.learners_len().unwrap(), 3);
    let first = store.learner_ids(None, 2).unwrap();
    assert_eq!(first, [learner(0), learner(1)]);
    assert_eq!(store.learner_ids(first.last(), 2).unwrap(), [learner(2)]);
}

#[test]
fn a_new_store_has_no_checkpoint() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = open(directory.path());
    assert_eq!(store.load_checkpoint().unwrap(), None);
    assert_eq!(store.load_learner(&learner(0)).unwrap(), None);
    store.save_checkpoint(0, &SharedState::default(), []).unwrap();
    assert_eq!(store.load_checkpoint().unwrap(), Some((0, SharedState::default())));
    let beyond = store.save_checkpoint(7, &SharedState::default(), []);
    assert!(matches!(beyond, Err(AppendFault::Conflict(_))), "{beyond:?}");
}

#[test]
fn only_those_who_changed_need_saving() {
    let directory = tempfile::tempdir().unwrap();
    let early = JournalFixture::after(2);
    let mut store = saved(directory.path(), &early);
    let late = JournalFixture::after(4);
    let (seq, tail) = (early.records.len() as u64, late.records.len() as u64);
    store.append(late.records_after(seq)).unwrap();
    store.save_checkpoint(tail, &late.shared, late.learners.values()).unwrap();
    // No learner changed since: the same ones belong to a later cut too.
    store.save_checkpoint(tail, &late.shared, []).unwrap();
    for (id, state) in &late.learners {
        assert_eq!(store.load_learner(id).unwrap().as_ref(), Some(state));
    }
}

#[test]
fn a_forgotten_learner_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let early = JournalFixture::after(2);
    let mut store = saved(directory.path(), &early);
    let late = JournalFixture::after(4);
    store.append(late.records_after(early.records.len() as u64)).unwrap();
    let all_but_one = late.learners.values().skip(1);
    store.save_checkpoint(late.records.len() as u64, &late.shared, all_but_one).unwrap();
    let stale = store.load_learner(&learner(0)).unwrap_err();
    assert!(matches!(stale, StoreFault::SnapshotDamaged { .. }), "{stale:?}");
    assert!(store.load_learner(&learner(1)).unwrap().is_some());
}

#[test]
fn a_checkpoint_before_the_head_still_counts() {
    let directory = tempfile::tempdir().unwrap();
    let early = JournalFixture::after(2);
    let mut store = saved(directory.path(), &early);
    let late = JournalFixture::after(4);
    store.append(late.records_after(early.records.len() as u64)).unwrap();
    drop(store);
    let store = open(directory.path());
    assert_eq!(store.head().seq, late.records.len() as u64);
    let (seq, shared) = store.load_checkpoint().unwrap().unwrap();
    assert_eq!((seq, shared), (early.records.len() as u64, early.shared));
    assert_eq!(store.load_learner(&learner(0)).unwrap().as_ref(), early.learners.get(&learner(0)));
}

fn check_shared(sql: &str) {
    let directory = tempfile::tempdir().unwrap();
    let classroom = JournalFixture::after(3);
    drop(saved(directory.path(), &classroom));
    tamper(directory.path(), sql);
    let mut store = open(directory.path());
    assert_eq!(store.head().seq, classroom.records.len() as u64);
    assert_eq!(store.load_checkpoint().unwrap(), None, "{sql}");
    store.discard_checkpoint().unwrap();
    assert_eq!(store.learners_len().unwrap(), 0);
}

#[test]
fn a_damaged_shared_snapshot_is_not_used() {
    check_shared("UPDATE snapshot_shared SET bytes = zeroblob(100)");
    check_shared("UPDATE snapshot_shared SET bytes = substr(bytes, 1, 50)");
    check_shared("UPDATE snapshot_shared SET digest = zeroblob(32)");
    check_shared("UPDATE snapshot_shared SET hash = zeroblob(32)");
    check_shared("UPDATE snapshot_shared SET hash = zeroblob(3)");
    check_shared("UPDATE snapshot_shared SET seq = seq - 1");
    check_shared("UPDATE snapshot_shared SET seq = 1000000");
    check_shared("UPDATE snapshot_shared SET seq = -1");
}

#[test]
fn a_damaged_learner_snapshot_is_not_used() {
    for sql in [
        "DELETE FROM snapshot_learner WHERE learner = 'learner-1'",
        "UPDATE snapshot_learner SET bytes = zeroblob(9) WHERE learner = 'learner-1'",
        "UPDATE snapshot_learner SET digest = zeroblob(9) WHERE learner = 'learner-1'",
        "UPDATE snapshot_learner SET (bytes, digest) = (SELECT bytes, digest FROM
         snapshot_learner WHERE learner = 'learner-2') WHERE learner = 'learner-1'",
    ] {
        let directory = tempfile::tempdir().unwrap();
        drop(saved(directory.path(), &JournalFixture::after(3)));
        tamper(directory.path(), sql);
        let store = open(directory.path());
        let refused = store.load_learner(&learner(1)).unwrap_err();
        assert!(matches!(refused, StoreFault::SnapshotDamaged { .. }), "{sql}: {refused:?}");
        assert!(store.load_learner(&learner(0)).unwrap().is_some());
    }
}

#[test]
fn a_checkpoint_that_finds_no_space_leaves_the_old_one() {
    let directory = tempfile::tempdir().unwrap();
    let classroom = JournalFixture::after(3);
    let mut store = saved(directory.path(), &classroom);
    let many: Vec<LearnerState> =
        (100..400).map(|number| LearnerState::new(learner(number))).collect();
    store.limit_pages(Some(1)).unwrap();
    let place = store.head().seq;
    let refused = store.save_checkpoint(place, &classroom.shared, &many);
    assert!(matches!(refused, Err(AppendFault::StorageFull)), "{refused:?}");
    assert_eq!(store.load_checkpoint().unwrap().unwrap().1, classroom.shared);
    assert_eq!(store.learners_len().unwrap(), 3);
}
