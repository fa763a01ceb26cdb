//! The node stops a policy by itself: a journal in which rewards have crashed, as a node that died
//! at the wrong moment leaves it, and what the next node does with it.

use nexus_engine::decision::reward::RewardJoined;
use nexus_engine::event::{Entry, Event};
use nexus_engine::ids::{CourseId, EventId, LearnerId};
use nexus_engine::lifecycle::kill_switch::KillSwitchTurned;
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::{LearnerState, SharedState};
use nexus_server::clock::Clock;
use nexus_server::node::{DecisionAsk, NodeConfig, NodeHandle, start};
use nexus_store::journal::NewRecord;
use nexus_store::store::{OpenOptions, Store};
use nexus_testkit::ids::{course_id, decision_id, policy_id};
use nexus_testkit::said::DecisionTerms;
use nexus_testkit::tiny;
use std::path::Path;

fn course() -> CourseId {
    course_id("sums")
}

/// A journal as it grows.
struct Pen {
    state: SharedState,
    records: Vec<NewRecord>,
}

impl Pen {
    fn add(&mut self, learner: Option<&mut LearnerState>, event: Event) {
        let seq = self.records.len() as u64 + 1;
        let id = EventId::new(&format!("e{seq}")).unwrap();
        let entry = Entry { seq, id, received_at: Timestamp(1_000_000), event };
        let learner_seq = learner.as_ref().map(|learner| learner.entries);
        self.state.apply(learner, &entry);
        self.records.push(NewRecord { entry, learner_seq, request_hash: [1; 16] });
    }

    /// A decision of a new learner, and its reward.
    fn lesson(&mut self, number: u64, value: f64) {
        let mut learner = LearnerState::new(LearnerId::new(&format!("l{number}")).unwrap());
        let terms = DecisionTerms::new(course(), policy_id("lin-ts"));
        let id = decision_id(&format!("d{number}"));
        let decision = terms.preview(&self.state, &learner, id, Timestamp(1_000_000), number);
        let decision = decision.unwrap().activity().unwrap();
        self.add(Some(&mut learner), Event::DecisionMade(Box::new(decision.clone())));
        let joined = RewardJoined::bare(&decision, value, Timestamp(1_000_000));
        self.add(Some(&mut learner), Event::RewardJoined(Box::new(joined)));
    }
}

fn journal_of_a_crash(directory: &Path) -> u64 {
    let mut pen = Pen { state: SharedState::default(), records: Vec::new() };
    pen.add(None, Event::CoursePublished(Box::new(tiny())));
    (0..400).for_each(|number| pen.lesson(number, 0.4));
    (400..600).for_each(|number| pen.lesson(number, -0.4));
    let mut store = Store::open(directory, &OpenOptions::default()).unwrap();
    store.append(&pen.records).unwrap();
    pen.records.len() as u64
}

async fn fallback(node: &NodeHandle, learner: &str) -> Option<&'static str> {
    let ask = DecisionAsk::new(LearnerId::new(learner).unwrap(), course(), [2; 16]);
    let decided = node.decide(ask).await.unwrap().activity().unwrap();
    decided.decision.choice.fallback.map(|fallback| fallback.word())
}

#[tokio::test]
async fn a_crash_of_rewards_throws_the_switch_and_only_people_release_it() {
    let folder = tempfile::tempdir().unwrap();
    let head = journal_of_a_crash(folder.path());
    let open = || start(NodeConfig::new(folder.path().to_owned(), Clock::system()).unwrap());
    let (node, thread) = open().unwrap();
    // The first decision is still the policy's; with it the switch is turned on, in one commit.
    assert_eq!(fallback(&node, "ada").await, None);
    assert_eq!(fallback(&node, "bob").await, Some("kill_switch"));
    let thrown = node.read(move |reader| reader.entries(head, 10)).await.unwrap();
    let Event::KillSwitchTurned(turned) = &thrown[1].event else { panic!("{thrown:?}") };
    assert_eq!((turned.by.as_str(), turned.course.as_ref()), ("nexus", Some(&course())));
    assert!(turned.reason.contains("the mean of its latest 200 rewards is -0.400"), "{turned:?}");
    node.stop_node();
    drop(node);
    let _ = thread.join();

    let (node, thread) = open().unwrap();
    assert_eq!(fallback(&node, "cid").await, Some("kill_switch"));
    let release = KillSwitchTurned {
        course: Some(course()),
        thrown: false,
        reason: "the questions were broken, not the policy".into(),
        by: "a person".into(),
    };
    node.turn_kill_switch(release).await.unwrap();
    assert_eq!(fallback(&node, "dan").await, None);
    assert_eq!(fallback(&node, "eve").await, None);
    node.stop_node();
    drop(node);
    let _ = thread.join();
}
