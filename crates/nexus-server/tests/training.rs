//! Training without HTTP: what is published survives a restart, what is not leaves no trace.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::workspace::{ProposedAction, SharedState};
use nexus_server::clock::Clock;
use nexus_server::node::{Incoming, NodeConfig, NodeHandle, NodeThread, Receipt, start};
use nexus_server::training::{FitFault, TrainingAsk, TrainingOutcome, TrainingProgress, fit, run};
use nexus_stats::math::logistic;
use nexus_stats::random::Stream;
use nexus_store::verify::verify;
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise};
use nexus_testkit::ids::event_id;
use nexus_testkit::said::{answer, proposal};
use std::path::Path;
use std::sync::Arc;

const QUESTIONS: u64 = 40;
const SKILLS: u64 = 4;

fn draft() -> CourseDraft {
    let drill = |skill: u64| {
        let questions = (0..QUESTIONS).filter(|number| number % SKILLS == skill);
        exercise(&format!("drill-{skill}"), &format!("s{skill}"))
            .asks(questions.map(|number| format!("q{number}")))
    };
    course("c").teaches((0..SKILLS).map(drill))
}

/// Learners whose questions differ much from what their author wrote, so that a fit is worth it.
fn answers(learners: u64) -> Vec<Incoming> {
    let mut stream = Stream::keyed(1, "school");
    let mut answers = Vec::new();
    for learner in 0..learners {
        let ability = 0.7 * stream.normal();
        for step in 0..20 {
            let question = stream.below(QUESTIONS);
            let easiness = 0.5 + Stream::keyed(question, "easiness").normal();
            let right = stream.uniform() < logistic(ability + easiness);
            answers.push(incoming(learner, step, question, right));
        }
    }
    answers
}

fn incoming(learner: u64, step: u64, question: u64, right: bool) -> Incoming {
    let answer = ProposedAction::Answered(answer(&format!("q{question}"), right));
    Incoming {
        id: event_id(&format!("a-{learner}-{step}")),
        hash: [1; 16],
        proposal: proposal(&format!("l{learner}"), "c", answer),
    }
}

fn open(directory: &Path) -> (NodeHandle, NodeThread) {
    start(NodeConfig::new(directory.to_owned(), Clock::system()).unwrap()).unwrap()
}

fn close(node: NodeHandle, thread: NodeThread) {
    node.stop_node();
    drop(node);
    let _ = thread.join();
}

async fn school(directory: &Path, learners: u64) -> (NodeHandle, NodeThread) {
    let (node, thread) = open(directory);
    node.publish(draft()).await.unwrap();
    for batch in answers(learners).chunks(500) {
        let receipts = node.record(batch.to_vec()).await.unwrap();
        assert!(receipts.iter().all(|receipt| matches!(receipt, Receipt::Accepted { .. })));
    }
    (node, thread)
}

async fn state(node: &NodeHandle) -> SharedState {
    node.read(|reader| reader.state().clone()).await.unwrap()
}

fn ask(dry_run: bool) -> TrainingAsk {
    let options = nexus_engine::learner::training::TrainingOptions::default();
    TrainingAsk { options, answers_max: 1_000_000, dry_run, asked_by: "a test".to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let (node, thread) = school(directory.path(), 150).await;
    let before = state(&node).await;
    let progress = Arc::<TrainingProgress>::default();
    let outcome = run(&node, &ask(false), &progress).await;
    let TrainingOutcome::Published { version: 1, seq, run } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((run.report.answers, run.report.learners), (3_000, 150));
    assert!(run.report.log_loss_fitted < run.report.log_loss_serving, "{run:?}");
    assert_eq!(progress.entries(), (before.head, before.head));
    let after = state(&node).await;
    assert_eq!((after.tracing_version(), after.head), (1, seq));
    assert_ne!(after.tracing, before.tracing);
    let published = after.tracing_versions[0].lineage.clone();
    assert_eq!((published.parent, published.through), (0, before.head));
    assert_eq!(published.asked_by, "a test");
    // Serving goes on from there.
    let receipts = node.record(vec![incoming(999, 0, 3, true)]).await.unwrap();
    assert!(matches!(receipts[..], [Receipt::Accepted { .. }]));
    let served = state(&node).await;
    close(node, thread);
    let report = verify(directory.path()).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    let (node, thread) = open(directory.path());
    assert_eq!(state(&node).await, served);
    let restored = node.restore_tracing(1, "another".to_owned()).await.unwrap();
    assert_eq!(restored.version, 2);
    let last = state(&node).await;
    assert_eq!(last.tracing_versions[1].lineage.digest, published.digest);
    assert_eq!(last.tracing, after.tracing);
    close(node, thread);
    assert!(verify(directory.path()).unwrap().is_sound());
}

/// A process that dies between the fit and its event leaves what a fit alone leaves: nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_fit_that_is_not_published_leaves_the_old_version() {
    let directory = tempfile::tempdir().unwrap();
    let (node, thread) = school(directory.path(), 150).await;
    let before = state(&node).await;
    let outcome = run(&node, &ask(true), &Arc::default()).await;
    assert!(matches!(outcome, TrainingOutcome::Fitted { .. }), "{outcome:?}");
    let fitted = fit(directory.path(), &ask(false), &TrainingProgress::default()).unwrap();
    assert_eq!(fitted.through, before.head);
    assert_eq!(state(&node).await, before);
    close(node, thread);
    let (node, thread) = open(directory.path());
    assert_eq!(state(&node).await, before);
    assert_eq!(before.tracing_version(), 0);
    close(node, thread);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_answers_are_read_and_a_refusal_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let (node, thread) = school(directory.path(), 150).await;
    let few = TrainingAsk { answers_max: 100, ..ask(false) };
    match fit(directory.path(), &few, &TrainingProgress::default()) {
        Err(FitFault::Refused { code: "too_few_learners", detail }) => {
            assert!(detail.contains("only 5 learners"), "{detail}");
        }
        other => panic!("{other:?}"),
    }
    let latest = TrainingAsk { answers_max: 2_900, ..ask(false) };
    let fitted = fit(directory.path(), &latest, &TrainingProgress::default()).unwrap();
    assert_eq!((fitted.run.answers_left_out, fitted.run.report.answers), (100, 2_900));
    close(node, thread);
}
