//! Who is held out while an experiment runs: the same learners, whatever the configuration of the
//! next start says.

use nexus_engine::event::Event;
use nexus_engine::experiment::definition::ExperimentDefinition;
use nexus_engine::ids::{CourseId, LearnerId};
use nexus_engine::lifecycle::holdout::is_held_out;
use nexus_server::clock::Clock;
use nexus_server::node::{DecisionAsk, NodeConfig, NodeHandle, NodeThread, start};
use nexus_testkit::ids::{course_id, experiment};
use nexus_testkit::tiny;
use std::path::Path;

fn course() -> CourseId {
    course_id("sums")
}

fn two_sides() -> ExperimentDefinition {
    experiment("x", "sums", &[("control", "static"), ("treatment", "lin-ts")])
}

fn open(directory: &Path, share: f64) -> (NodeHandle, NodeThread) {
    let mut config = NodeConfig::new(directory.to_owned(), Clock::system()).unwrap();
    config.defaults.holdout_share = share;
    start(config).unwrap()
}

fn close((node, thread): (NodeHandle, NodeThread)) {
    node.stop_node();
    drop(node);
    let _ = thread.join();
}

/// The next decision of a learner: whether they are held out, and their side.
async fn place(node: &NodeHandle, learner: &str) -> (bool, Option<String>) {
    let ask = DecisionAsk::new(LearnerId::new(learner).unwrap(), course(), [2; 16]);
    let decision = node.decide(ask).await.unwrap().activity().unwrap().decision;
    (
        decision.origin.decider.held_out,
        decision.origin.decider.assignment.as_ref().map(|side| side.variant.to_string()),
    )
}

/// The first learner who is, or is not, held out at a share.
fn learner(held_out: bool, share: f64) -> String {
    let mut all = (0..10_000).map(|number| format!("l{number}"));
    let is = |who: &String| is_held_out(&course(), &LearnerId::new(who).unwrap(), share);
    all.find(|who| is(who) == held_out).unwrap()
}

#[tokio::test]
async fn nobody_moves_under_a_running_experiment() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path(), 0.1);
    let (held, other) = (learner(true, 0.1), learner(false, 0.1));
    opened.0.publish(tiny()).await.unwrap();
    opened.0.start(two_sides()).await.unwrap();
    let before = (place(&opened.0, &held).await, place(&opened.0, &other).await);
    assert!(before.0.0 && before.1.1.is_some(), "{before:?}");
    close(opened);
    // The next start is configured otherwise; the one after that as the first was.
    for share in [0.0, 0.05, 0.1] {
        let opened = open(folder.path(), share);
        let after = (place(&opened.0, &held).await, place(&opened.0, &other).await);
        assert_eq!(after, before, "at a share of {share}");
        close(opened);
    }
    assert!(nexus_store::verify::verify(folder.path()).unwrap().is_sound());
}

/// What was set stands in the journal, before the experiment, with who and why.
#[tokio::test]
async fn the_share_of_the_start_is_the_courses_own() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path(), 0.07);
    opened.0.publish(tiny()).await.unwrap();
    opened.0.start(two_sides()).await.unwrap();
    assert!(opened.0.start(two_sides()).await.unwrap().duplicate);
    let entries = opened.0.read(|reader| reader.entries(1, 10)).await.unwrap();
    let [set, started] = &entries[..] else { panic!("{entries:?}") };
    let Event::HoldoutSet(set) = &set.event else { panic!("{set:?}") };
    assert_eq!((set.share, set.by.as_str()), (0.07, "nexus"));
    assert!(set.reason.contains("experiment x"), "{}", set.reason);
    assert!(matches!(started.event, Event::ExperimentStarted(_)));
    close(opened);
}
