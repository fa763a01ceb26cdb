//! A classroom against a real node, with its thread, its disk and a clock that runs fast: rewards
//! find their decisions, every decision keeps its promises, and the state is what the journal says.

use nexus_engine::event::Event;
use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::ids::{CourseId, DecisionId, EventId, ExperimentId, LearnerId};
use nexus_engine::ids::{PolicyId, VariantName};
use nexus_engine::invariants;
use nexus_engine::workspace::Proposal;
use nexus_engine::workspace::closing_check::closing_check;
use nexus_server::clock::Clock;
use nexus_server::node::{
    self, DecisionAsk, ExposureAsk, Incoming, NodeConfig, NodeHandle, Receipt,
};
use nexus_sim::{
    Assigned, Classroom, CourseTruth, Happened, Move, SimulatedEvent, SimulatedLearner,
};
use nexus_testkit::shipped;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Simulated seconds a second: four days in twelve seconds.
const SPEED: f64 = 28_800.0;
const SECONDS: u64 = 12;
const LEARNERS: usize = 30;

/// Which course, and what time it is.
#[derive(Clone)]
struct World {
    node: NodeHandle,
    clock: Clock,
    course: CourseId,
    ends_at: Instant,
}

impl World {
    async fn report(&self, learner: &str, happenings: Vec<SimulatedEvent>) {
        let mut batch = Vec::new();
        for happening in happenings {
            let id = EventId::new(&format!("{learner}:e{}", happening.number)).expect("an id");
            let decision = happening.decision.as_deref().map(|it| DecisionId::new(it).expect("id"));
            match (happening.what, decision) {
                (Happened::Did(action), decision) => batch.push(Incoming {
                    id,
                    hash: [1; 16],
                    proposal: Proposal {
                        learner: LearnerId::new(learner).expect("an id"),
                        course: self.course.clone(),
                        course_version: None,
                        occurred_at: Some(happening.at),
                        decision,
                        action,
                    },
                }),
                (Happened::Shown, Some(decision)) => {
                    let occurred_at = Some(happening.at);
                    let ask = ExposureAsk { id, hash: [2; 16], decision, occurred_at };
                    let shown = self.node.expose(ask).await;
                    shown.expect("the exposure is recorded");
                }
                (Happened::Shown, None) => {}
            }
        }
        if batch.is_empty() {
            return;
        }
        for receipt in self.node.record(batch).await.expect("the batch is recorded") {
            assert!(matches!(receipt, Receipt::Accepted { late: false, .. }), "{receipt:?}");
        }
    }

    async fn decide(&self, learner: &SimulatedLearner) -> Assigned {
        let id = format!("{}:d{}", learner.id(), learner.decision_number());
        let learner = LearnerId::new(learner.id()).expect("an id");
        let mut ask = DecisionAsk::new(learner, self.course.clone(), [3; 16]);
        ask.id = Some(DecisionId::new(&id).expect("an id"));
        let reply = self.node.decide(ask).await.expect("a decision");
        let decision = reply.activity().expect("something to do").decision;
        invariants::decision(&decision).expect("the decision keeps its promises");
        Assigned {
            decision: Some(id),
            made_at: decision.origin.window.made_at,
            activity: decision.chosen().activity.to_string(),
            probe: decision.probe.as_ref().map(|probe| probe.question.to_string()),
        }
    }

    async fn placement(&self, learner: &SimulatedLearner) -> Option<String> {
        let id = LearnerId::new(learner.id()).expect("an id");
        let course = self.course.to_string();
        let read = self.node.read(move |reader| {
            let learner = reader.learner(&id)?;
            let shared = reader.state();
            let course = shared.course(&course)?;
            let next = shared.placement(course, &learner)?.next?;
            Some(course.questions[next.question].id.to_string())
        });
        read.await.expect("a read")
    }

    async fn check(&self, learner: &SimulatedLearner) -> Option<String> {
        let id = LearnerId::new(learner.id()).expect("an id");
        let course = self.course.to_string();
        let read = self.node.read(move |reader| {
            let learner = reader.learner(&id)?;
            let course = reader.state().course(&course)?;
            let next = *closing_check(course, &learner, reader.now())?.open.first()?;
            Some(course.questions[next].id.to_string())
        });
        read.await.expect("a read")
    }

    async fn live(self, mut learner: SimulatedLearner) {
        while Instant::now() < self.ends_at {
            let now = self.clock.now();
            match learner.next_move(now) {
                Move::Left => return,
                Move::Pause { until } => {
                    let seconds = (until.0 - now.0) as f64 / 1e6 / SPEED;
                    let left = self.ends_at.saturating_duration_since(Instant::now());
                    tokio::time::sleep(Duration::from_secs_f64(seconds).min(left)).await;
                }
                Move::Report(happenings) => self.report(learner.id(), happenings).await,
                Move::Place => {
                    let question = self.placement(&learner).await;
                    learner.place(question.as_deref(), self.clock.now());
                }
                Move::Check => {
                    let question = self.check(&learner).await;
                    learner.place(question.as_deref(), self.clock.now());
                }
                Move::Ask => {
                    let assigned = self.decide(&learner).await;
                    let happenings = learner.assign(&assigned, self.clock.now());
                    self.report(learner.id(), happenings).await;
                }
            }
        }
    }
}

fn experiment(course: &CourseId) -> ExperimentDefinition {
    let side = |name: &str, policy: &str| Variant {
        name: VariantName::new(name).expect("an id"),
        policy: PolicyId::new(policy).expect("an id"),
        weight: 0.5,
    };
    ExperimentDefinition {
        id: ExperimentId::new("static-vs-learned").expect("an id"),
        version: 1,
        course: course.clone(),
        variants: vec![side("control", "static"), side("treatment", "lin-ts")],
        planned_learners: 100,
        leaves_out_moved: true,
    }
}

/// Checks every entry of the journal; answers with decisions made and rewards joined.
async fn check_journal(node: &NodeHandle) -> (usize, usize) {
    let (mut after, mut made, mut joined) = (0, 0, 0);
    loop {
        let page = node.read(move |reader| reader.entries(after, 500)).await.expect("a page");
        let Some(last) = page.last() else { return (made, joined) };
        after = last.seq;
        for entry in page {
            match &entry.event {
                Event::DecisionMade(decision) => {
                    made += 1;
                    invariants::decision(decision).expect("the decision keeps its promises");
                }
                Event::RewardJoined(reward) => {
                    joined += 1;
                    invariants::rwd_1(reward).expect("the reward keeps its promises");
                }
                _ => {}
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_classroom_on_a_real_node() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::scaled(SPEED);
    let config = NodeConfig::new(folder.path().to_owned(), clock.clone()).expect("a config");
    let (node, thread) = node::start(config).expect("the node starts");
    let draft = shipped();
    let course = node.publish(draft).await.expect("the course is published").course;
    node.start(experiment(&course)).await.expect("the experiment starts");
    let id = course.to_string();
    let published = node.read(move |reader| reader.state().course(&id).cloned()).await;
    let published = published.expect("a read").expect("the course is there");
    let truth = Arc::new(CourseTruth::new(&published, 4));
    let ends_at = Instant::now() + Duration::from_secs(SECONDS);
    let world = World { node: node.clone(), clock: clock.clone(), course, ends_at };
    let learners = Classroom::mixed(LEARNERS, 1.0, 4).learners(&truth, clock.now());
    let tasks: Vec<_> =
        learners.into_iter().map(|learner| tokio::spawn(world.clone().live(learner))).collect();
    for task in tasks {
        task.await.expect("every learner's life went well");
    }
    drop(world);

    let (made, joined) = check_journal(&node).await;
    assert!(made > 200, "{made} decisions");
    assert!(joined * 2 > made, "{joined} rewards of {made} decisions");
    node.stop_node();
    drop(node);
    let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    let report = nexus_store::verify::verify(folder.path()).expect("the data can be checked");
    assert!(report.is_sound(), "{:?}", report.problems);
    let stored = report.state_digest_stored.expect("a checkpoint was written at the end");
    assert_eq!(stored, report.state_digest_replayed);
}
