//! Erasure and older copies of the data (promise P-02): whoever was erased is erased from an older
//! journal that is put back, before anything is served.

use nexus_engine::event::Action;
use nexus_engine::ids::{EventId, LearnerId};
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::Refusal;
use nexus_server::clock::Clock;
use nexus_server::node::{
    EraseAsk, Health, Incoming, NodeConfig, NodeHandle, NodeThread, Receipt, StartFault, start,
};
use nexus_store::fault::StoreFault;
use nexus_store::verify::verify;
use nexus_testkit::said::plain;
use nexus_testkit::tiny;
use std::path::Path;

const ADA: &str = "zqcanary-ada";

fn try_open(directory: &Path) -> Result<(NodeHandle, NodeThread), StartFault> {
    start(NodeConfig::new(directory.to_owned(), Clock::system()).unwrap())
}

fn stop((node, thread): (NodeHandle, NodeThread)) {
    node.stop_node();
    assert_eq!(thread.join(), Health::Stopping);
}

fn enrolled(id: &str, learner: &str) -> Incoming {
    Incoming {
        id: EventId::new(id).unwrap(),
        hash: [1; 16],
        proposal: plain(learner, "sums", Action::Enrolled { test: false }),
    }
}

fn ask() -> EraseAsk {
    let learner = LearnerId::new(ADA).unwrap();
    EraseAsk { learner, reason: "asked for".into(), by: "the office".into() }
}

/// Two learners, a copy of the data as a backup, and then one of them is erased.
async fn erased_after_a_backup(directory: &Path, backup: &Path) {
    let open = try_open(directory).unwrap();
    open.0.publish(tiny()).await.unwrap();
    open.0.record(vec![enrolled("e1", ADA), enrolled("e2", "bob")]).await.unwrap();
    stop(open);
    for file in std::fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        std::fs::copy(&path, backup.join(path.file_name().unwrap())).unwrap();
    }
    let open = try_open(directory).unwrap();
    assert!(open.0.erase(ask()).await.unwrap().bytes_gone);
    stop(open);
}

fn canaries(directory: &Path) -> usize {
    let files = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    let in_file = |path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(ADA.len()).filter(|window| *window == ADA.as_bytes()).count()
    };
    files.map(in_file).sum()
}

#[tokio::test]
async fn an_older_database_is_erased_from_before_it_serves() {
    let (directory, backup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    erased_after_a_backup(directory.path(), backup.path()).await;
    assert!(canaries(backup.path()) > 0);
    // The older database is put back; the list stays as it is, as the page on backups says.
    std::fs::copy(backup.path().join("nexus.db"), directory.path().join("nexus.db")).unwrap();
    nexus_store::backup::adopt(directory.path(), Timestamp(0)).unwrap();
    let (node, thread) = try_open(directory.path()).unwrap();
    assert_eq!(canaries(directory.path()), 0);
    let receipts = node.record(vec![enrolled("e1", ADA), enrolled("e9", ADA)]).await.unwrap();
    assert_eq!(receipts, vec![Receipt::Refused(Refusal::LearnerErased); 2]);
    let bob = LearnerId::new("bob").unwrap();
    assert!(node.read(move |reader| reader.learner(&bob).is_some()).await.unwrap());
    assert_eq!(node.erase(ask()).await.unwrap().entries, None, "they are erased already");
    stop((node, thread));
    assert_eq!(canaries(directory.path()), 0);
    let report = verify(directory.path()).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    assert_eq!(report.redacted, 1);
    // Nothing more is to be done at the next start.
    let head = report.head_seq;
    stop(try_open(directory.path()).unwrap());
    assert_eq!(verify(directory.path()).unwrap().head_seq, head);
}

#[tokio::test]
async fn a_mark_keeps_out_whom_the_older_journal_never_knew() {
    let (directory, backup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    erased_after_a_backup(directory.path(), backup.path()).await;
    let empty = tempfile::tempdir().unwrap();
    std::fs::copy(directory.path().join("erasures"), empty.path().join("erasures")).unwrap();
    let open = try_open(empty.path()).unwrap();
    open.0.publish(tiny()).await.unwrap();
    let receipts = open.0.record(vec![enrolled("e1", ADA)]).await.unwrap();
    assert_eq!(receipts, vec![Receipt::Refused(Refusal::LearnerErased)]);
    stop(open);
    assert_eq!(canaries(empty.path()), 0);
    assert!(verify(empty.path()).unwrap().is_sound());
}

#[tokio::test]
async fn without_its_list_a_journal_with_erasures_is_not_served() {
    let (directory, backup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    erased_after_a_backup(directory.path(), backup.path()).await;
    std::fs::remove_file(directory.path().join("erasures")).unwrap();
    let refused = try_open(directory.path()).err().unwrap();
    assert!(matches!(refused, StartFault::Store(StoreFault::ErasureList { .. })), "{refused:?}");
}
