//! Appending, finding, reading and replaying, also when the disk is full.

use super::*;
use crate::classroom::{JournalFixture, filled, learner, tamper};
use crate::store::OpenOptions;

fn open(directory: &std::path::Path) -> Result<Store, StoreFault> {
    Store::open(directory, &OpenOptions::default())
}

fn replayed(store: &Store, after: u64) -> Vec<StoredEntry> {
    let mut entries = Vec::new();
    let head = store.replay(after, |entry| {
        entries.push(entry);
        ControlFlow::Continue(())
    });
    assert_eq!(head.unwrap(), store.head());
    entries
}

#[test]
fn what_was_appended_is_there_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let classroom = JournalFixture::after(8);
    let store = filled(directory.path(), &classroom);
    let head = store.head();
    assert_eq!(head.seq, classroom.records.len() as u64);
    drop(store);
    let store = open(directory.path()).unwrap();
    assert_eq!(store.head(), head);
    let stored = replayed(&store, 0);
    assert_eq!(stored.len(), classroom.records.len());
    for (stored, record) in stored.iter().zip(&classroom.records) {
        assert_eq!(stored.entry, record.entry);
        assert_eq!(stored.learner_seq, record.learner_seq);
        assert_eq!(stored.request_hash, record.request_hash);
    }
    assert_eq!(replayed(&store, 10), stored[10..]);
    assert_eq!(store.entries(3, 5).unwrap(), stored[3..8]);
    assert_eq!(store.entries(head.seq, 5).unwrap(), []);
    assert_eq!(store.entries(u64::MAX, usize::MAX).unwrap(), []);
    assert_eq!(store.entry(4).unwrap().as_ref(), stored.get(3));
    assert_eq!(store.entry(0).unwrap(), None);
    let id = EventId::new("event-4").unwrap();
    assert_eq!(store.entry_by_id(&id).unwrap().as_ref(), stored.get(3));
    assert_eq!(
        store.find(&id).unwrap(),
        Some(Found { seq: 4, request_hash: [4; 16], erased: false })
    );
    assert_eq!(store.find(&EventId::new("unknown").unwrap()).unwrap(), None);
}

#[test]
fn a_replay_can_stop_early() {
    let directory = tempfile::tempdir().unwrap();
    let store = filled(directory.path(), &JournalFixture::after(2));
    let mut shown = 0;
    let head = store.replay(2, |_| {
        shown += 1;
        if shown == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((head.unwrap().seq, shown), (5, 3));
    let beyond = store.replay(10_000, |_| ControlFlow::Continue(()));
    assert!(matches!(beyond, Err(StoreFault::ChainBroken { seq: 10_000, .. })));
}

#[test]
fn a_learner_s_stream_is_read_both_ways() {
    let directory = tempfile::tempdir().unwrap();
    let classroom = JournalFixture::after(4);
    let store = filled(directory.path(), &classroom);
    let whose = learner(1);
    let all = store.entries_of_learner(&whose, Page::From(0), 10_000).unwrap();
    assert_eq!(all.len() as u64, classroom.learners[&whose].entries);
    assert!(all.iter().all(|stored| stored.entry.event.learner() == Some(&whose)));
    let tail = store.entries_of_learner(&whose, Page::From(5), 3).unwrap();
    assert_eq!(tail, all[5..8]);
    let mut back = store.entries_of_learner(&whose, Page::Before(8), 3).unwrap();
    back.reverse();
    assert_eq!(back, all[5..8]);
    let latest = store.entries_of_learner(&whose, Page::Latest, 1).unwrap();
    assert_eq!(latest.first(), all.last());
    let none = store.entries_of_learner(&learner(99), Page::Latest, 1).unwrap();
    assert_eq!(none, []);
}

/// Appends a batch that must be refused, and checks that nothing of it was kept.
fn check_conflict(change: impl FnOnce(&mut [NewRecord])) -> Conflict {
    let directory = tempfile::tempdir().unwrap();
    let classroom = JournalFixture::after(3);
    let (first, second) = classroom.records.split_at(20);
    let mut store = open(directory.path()).unwrap();
    let head = store.append(first).unwrap();
    let mut batch = second.to_vec();
    change(&mut batch);
    let conflict = match store.append(&batch) {
        Err(AppendFault::Conflict(conflict)) => conflict,
        other => panic!("{other:?}"),
    };
    assert_eq!(store.head(), head);
    assert_eq!(replayed(&store, 0).len(), 20);
    store.append(second).unwrap();
    assert_eq!(replayed(&store, 0).len(), classroom.records.len());
    conflict
}

#[test]
fn a_taken_id_is_a_conflict() {
    let id = EventId::new("event-7").unwrap();
    let conflict = check_conflict(|batch| batch[2].entry.id = id.clone());
    assert_eq!(conflict, Conflict::Id { id, seq: 7 });
}

#[test]
fn an_id_twice_in_a_batch_is_a_conflict() {
    let conflict = check_conflict(|batch| batch[2].entry.id = batch[0].entry.id.clone());
    assert!(matches!(conflict, Conflict::Id { seq: 21, .. }), "{conflict:?}");
}

#[test]
fn a_taken_place_in_a_stream_is_a_conflict() {
    let conflict = check_conflict(|batch| {
        let record = batch.iter_mut().find(|record| record.learner_seq.is_some());
        record.unwrap().learner_seq = Some(0);
    });
    assert!(matches!(conflict, Conflict::LearnerSeq { learner_seq: 0, .. }), "{conflict:?}");
}

#[test]
fn entries_that_do_not_follow_are_a_conflict() {
    let conflict = check_conflict(|batch| batch[1].entry.seq += 1);
    assert_eq!(conflict, Conflict::Seq { expected: 22, given: 23 });
    let conflict = check_conflict(|batch| batch[0].learner_seq = None);
    assert_eq!(conflict, Conflict::Stream { seq: 21 });
}

#[test]
fn another_writer_is_a_fault_and_no_conflict() {
    let directory = tempfile::tempdir().unwrap();
    let classroom = JournalFixture::after(1);
    let mut store = open(directory.path()).unwrap();
    store.append(&classroom.records[..2]).unwrap();
    let copy = "INSERT INTO journal (seq, id, kind, received_at, body, hash)
                SELECT 3, 'x', kind, received_at, body, hash FROM journal WHERE seq = 1";
    tamper(directory.path(), copy);
    let refused = store.append(&classroom.records[2..]);
    assert!(matches!(refused, Err(AppendFault::Other(_))), "{refused:?}");
}

#[test]
fn a_full_disk_refuses_and_recovers() {
    let directory = tempfile::tempdir().unwrap();
    let classroom = JournalFixture::after(200);
    let options = OpenOptions { pages_max: Some(120), ..OpenOptions::default() };
    let mut store = Store::open(directory.path(), &options).unwrap();
    let mut batches = classroom.records.chunks(16);
    let refused = loop {
        let batch = batches.next().expect("the disk never fills");
        let before = store.head();
        match store.append(batch) {
            Ok(head) => assert_eq!(head.seq, before.seq + batch.len() as u64),
            Err(AppendFault::StorageFull) => break batch,
            Err(fault) => panic!("{fault:?}"),
        }
        assert!(store.head().seq > before.seq);
    };
    let head = store.head();
    assert_eq!(refused[0].entry.seq, head.seq + 1);
    assert_eq!(replayed(&store, 0).len() as u64, head.seq);
    assert!(matches!(store.probe_space(), Err(AppendFault::StorageFull)));
    assert!(matches!(store.append(refused), Err(AppendFault::StorageFull)));
    assert!(!store.is_poisoned());
    store.limit_pages(None).unwrap();
    store.probe_space().unwrap();
    store.append(refused).unwrap();
    batches.for_each(|batch| {
        store.append(batch).unwrap();
    });
    let head = store.head();
    drop(store);
    assert_eq!(open(directory.path()).unwrap().head(), head);
}

#[test]
fn a_poisoned_store_does_nothing_more() {
    let directory = tempfile::tempdir().unwrap();
    let classroom = JournalFixture::after(1);
    let mut store = filled(directory.path(), &classroom);
    store.poison("test");
    let next = [NewRecord { learner_seq: None, ..classroom.records[0].clone() }];
    assert!(matches!(store.append(&next), Err(AppendFault::SyncFailed)));
    assert!(matches!(store.append(&[]), Err(AppendFault::SyncFailed)));
    assert!(matches!(store.probe_space(), Err(AppendFault::SyncFailed)));
    assert!(matches!(store.entries(0, 1), Err(StoreFault::Poisoned)));
    let id = EventId::new("event-1").unwrap();
    assert!(matches!(store.find(&id), Err(StoreFault::Poisoned)));
    let saved = store.save_checkpoint(1, &classroom.shared, []);
    assert!(matches!(saved, Err(AppendFault::SyncFailed)));
    drop(store);
    // The log was left for recovery, which finds everything.
    assert!(directory.path().join("nexus.db-wal").exists());
    let again = open(directory.path()).unwrap();
    assert_eq!(again.head().seq, classroom.records.len() as u64);
}

/// Damages a closed journal and answers what opening says.
fn check_damage(sql: &str) -> StoreFault {
    let directory = tempfile::tempdir().unwrap();
    drop(filled(directory.path(), &JournalFixture::after(3)));
    tamper(directory.path(), sql);
    match open(directory.path()) {
        Ok(store) => panic!("opened with head {:?}", store.head()),
        Err(fault) => fault,
    }
}

#[test]
fn the_chain_notices_every_change() {
    let edits = [
        "UPDATE journal SET body = replace(body, ':', ': ') WHERE seq = 9",
        "UPDATE journal SET id = 'event-9x' WHERE seq = 9",
        "UPDATE journal SET kind = 'session_ended' WHERE seq = 9",
        "UPDATE journal SET received_at = received_at + 1 WHERE seq = 9",
        "UPDATE journal SET request_hash = zeroblob(16) WHERE seq = 9",
        "UPDATE journal SET request_hash = NULL WHERE seq = 9",
        "UPDATE journal SET learner_seq = 900 WHERE seq = 9",
        "UPDATE journal SET hash = zeroblob(32) WHERE seq = 9",
        "DELETE FROM journal WHERE seq = 9",
        "UPDATE journal SET seq = -seq WHERE seq = 9;
         UPDATE journal SET seq = 9 WHERE seq = 10;
         UPDATE journal SET seq = 10 WHERE seq = -9;",
    ];
    for sql in edits {
        let fault = check_damage(sql);
        assert!(matches!(fault, StoreFault::ChainBroken { seq: 9, .. }), "{sql}: {fault:?}");
    }
}

#[test]
fn lost_and_invented_ends_are_noticed() {
    let cut = check_damage("DELETE FROM journal WHERE seq > 30");
    assert!(matches!(cut, StoreFault::WentBackwards { .. }), "{cut:?}");
    assert!(cut.to_string().contains("now it ends with entry 30"), "{cut}");
    let all = check_damage("DELETE FROM journal");
    assert!(matches!(all, StoreFault::WentBackwards { .. }), "{all:?}");
    let negative = check_damage("UPDATE journal SET seq = -1 WHERE seq = 1");
    assert!(matches!(negative, StoreFault::ChainBroken { seq: 1, .. }), "{negative:?}");
}

#[test]
fn another_journal_in_its_place_is_noticed() {
    let (mine, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let classroom = JournalFixture::after(3);
    drop(filled(mine.path(), &classroom));
    let mut changed = JournalFixture::after(3);
    changed.records[5].request_hash = [9; 16];
    drop(filled(other.path(), &changed));
    std::fs::copy(other.path().join("nexus.db"), mine.path().join("nexus.db")).unwrap();
    let fault = open(mine.path()).unwrap_err();
    assert!(matches!(fault, StoreFault::WentBackwards { .. }), "{fault:?}");
    assert!(fault.to_string().contains("is another one"), "{fault}");
}

#[test]
fn the_views_show_what_happened() {
    let directory = tempfile::tempdir().unwrap();
    drop(filled(directory.path(), &JournalFixture::after(6)));
    let connection = Connection::open(directory.path().join("nexus.db")).unwrap();
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM v_events"), count("SELECT count(*) FROM journal"));
    assert!(count("SELECT count(*) FROM v_events WHERE question IS NOT NULL AND grade >= 0") > 0);
    assert_eq!(count("SELECT count(*) FROM v_decisions"), 18);
    let whole = "SELECT count(*) FROM v_decisions WHERE activity IS NOT NULL AND \
                 propensity > 0 AND propensity <= 1 AND made_at LIKE '2024-10-04T%'";
    assert_eq!(count(whole), 18);
    let joined = "SELECT count(*) FROM v_rewards JOIN v_decisions USING (decision) \
                  WHERE v_rewards.propensity = v_decisions.propensity AND abs(value) <= 1";
    assert_eq!(count(joined), count("SELECT count(*) FROM v_rewards"));
    assert!(count("SELECT count(*) FROM v_rewards") > 0);
}
