//! The node without HTTP: what was damaged on disk heals from the journal, asking for strangers
//! costs nothing, and what is stopped can be started again.

use nexus_engine::event::Action;
use nexus_engine::ids::{EventId, LearnerId};
use nexus_engine::lifecycle::kill_switch::KillSwitchTurned;
use nexus_server::clock::Clock;
use nexus_server::node::{
    Health, Incoming, NodeConfig, NodeFault, NodeHandle, NodeThread, Reader, Receipt, start,
};
use nexus_testkit::said::plain;
use nexus_testkit::tiny;
use std::path::Path;

fn open(directory: &Path) -> (NodeHandle, NodeThread) {
    start(NodeConfig::new(directory.to_owned(), Clock::system()).unwrap()).unwrap()
}

fn enrolled(id: &str, learner: &str) -> Incoming {
    Incoming {
        id: EventId::new(id).unwrap(),
        hash: [1; 16],
        proposal: plain(learner, "sums", Action::Enrolled { test: false }),
    }
}

async fn entries_of(node: &NodeHandle, learner: &str) -> Option<u64> {
    let id = LearnerId::new(learner).unwrap();
    node.read(move |reader| reader.learner(&id).map(|state| state.entries)).await.unwrap()
}

/// Publishes the course, records one event each of two learners, and stops with a checkpoint.
async fn school_day(directory: &Path) {
    let (node, thread) = open(directory);
    node.publish(tiny()).await.unwrap();
    node.record(vec![enrolled("e1", "ada"), enrolled("e2", "bob")]).await.unwrap();
    node.stop_node();
    assert_eq!(thread.join(), Health::Stopping);
}

fn damage_ada(directory: &Path) {
    let database = rusqlite::Connection::open(directory.join("nexus.db")).unwrap();
    let sql = "UPDATE snapshot_learner SET bytes = zeroblob(8) WHERE learner = 'ada'";
    assert_eq!(database.execute(sql, []).unwrap(), 1);
}

#[tokio::test]
async fn a_damaged_snapshot_heals_when_it_is_read() {
    let directory = tempfile::tempdir().unwrap();
    school_day(directory.path()).await;
    damage_ada(directory.path());
    let (node, thread) = open(directory.path());
    assert_eq!(entries_of(&node, "ada").await, Some(1));
    assert_eq!(node.health(), Health::Ready);
    node.stop_node();
    let _ = thread.join();
}

#[tokio::test]
async fn a_damaged_snapshot_heals_when_it_is_written_to() {
    let directory = tempfile::tempdir().unwrap();
    school_day(directory.path()).await;
    damage_ada(directory.path());
    let (node, thread) = open(directory.path());
    let batch = || vec![enrolled("e3", "bob"), enrolled("e4", "ada")];
    // The first try finds the damage; the same ids may be sent again, and then it works.
    assert!(node.record(batch()).await.is_err());
    let receipts = node.record(batch()).await.unwrap();
    let taken =
        |receipt: &Receipt| matches!(receipt, Receipt::Accepted { .. } | Receipt::Duplicate { .. });
    assert!(receipts.iter().all(taken), "{receipts:?}");
    assert_eq!(entries_of(&node, "ada").await, Some(2));
    assert_eq!(entries_of(&node, "bob").await, Some(2));
    node.stop_node();
    let _ = thread.join();
    assert!(nexus_store::verify::verify(directory.path()).unwrap().is_sound());
}

#[tokio::test]
async fn a_stranger_is_nobody_and_stays_nobody() {
    let directory = tempfile::tempdir().unwrap();
    school_day(directory.path()).await;
    let (node, thread) = open(directory.path());
    assert_eq!(entries_of(&node, "nobody").await, None);
    assert_eq!(entries_of(&node, "nobody").await, None);
    node.stop_node();
    let _ = thread.join();
}

/// Holds the node's thread until the sender is used or dropped.
async fn hold(node: &NodeHandle) -> std::sync::mpsc::SyncSender<()> {
    let (release, held) = std::sync::mpsc::sync_channel::<()>(1);
    let (begun, begins) = tokio::sync::oneshot::channel();
    let node = node.clone();
    tokio::spawn(async move {
        let wait = move |_: &mut dyn Reader| {
            begun.send(()).unwrap();
            let _ = held.recv();
        };
        node.read(wait).await
    });
    begins.await.unwrap();
    release
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_is_not_done() {
    let directory = tempfile::tempdir().unwrap();
    school_day(directory.path()).await;
    let (node, thread) = open(directory.path());
    let release = hold(&node).await;
    let gone = node.record(vec![enrolled("e3", "ada")]);
    let patience = std::time::Duration::from_millis(1);
    assert!(tokio::time::timeout(patience, gone).await.is_err(), "the node is held");
    let waits = node.record(vec![enrolled("e4", "bob")]);
    let (receipts, ()) = tokio::join!(waits, async { drop(release) });
    assert!(matches!(receipts.unwrap()[..], [Receipt::Accepted { .. }]));
    assert_eq!(entries_of(&node, "ada").await, Some(1), "her client had gone");
    assert_eq!(entries_of(&node, "bob").await, Some(2));
    let again = node.record(vec![enrolled("e3", "ada")]).await.unwrap();
    assert!(matches!(again[..], [Receipt::Accepted { .. }]), "it is no duplicate: {again:?}");
    node.stop_node();
    let _ = thread.join();
}

#[tokio::test]
async fn a_full_queue_refuses_and_the_kill_switch_still_works() {
    let directory = tempfile::tempdir().unwrap();
    school_day(directory.path()).await;
    let config = NodeConfig::new(directory.path().to_owned(), Clock::system()).unwrap();
    let (node, thread) = start(NodeConfig { queue_max: 2, ..config }).unwrap();
    let release = hold(&node).await;
    let waiting: Vec<_> = (0..2)
        .map(|number| {
            let node = node.clone();
            let id = format!("e{}", number + 3);
            tokio::spawn(async move { node.record(vec![enrolled(&id, "ada")]).await })
        })
        .collect();
    while node.queue_len() < 2 {
        tokio::task::yield_now().await;
    }
    let refused = node.record(vec![enrolled("e9", "bob")]).await;
    assert_eq!(refused, Err(NodeFault::Overloaded));
    let switch = KillSwitchTurned {
        course: None,
        thrown: true,
        reason: "too much at once".to_owned(),
        by: "a test".to_owned(),
    };
    let (turned, ()) = tokio::join!(node.turn_kill_switch(switch), async { drop(release) });
    turned.unwrap();
    for waiting in waiting {
        waiting.await.unwrap().unwrap();
    }
    node.stop_node();
    let _ = thread.join();
}
