//! Sinks beside a real node: every entry that a sink wants reaches its receiver, in order, through
//! answers that fail, entries that are refused and a restart.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use nexus_engine::event::Action;
use nexus_engine::ids::EventId;
use nexus_server::clock::Clock;
use nexus_server::config::Config;
use nexus_server::node::{Incoming, NodeConfig, NodeHandle, NodeThread, start};
use nexus_server::sinks::{self, SinkBoard, SinkThreads, position_name, signature};
use nexus_testkit::said::plain;
use nexus_testkit::tiny;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SECRET: &str = "a secret that is long enough for a test";

/// What a receiver got, and how it answers.
#[derive(Default)]
struct Inbox {
    /// The places of the entries of each batch that came, whatever was answered.
    batches: Vec<Vec<u64>>,
    /// Answers to give before the receiver is well.
    answers: Vec<StatusCode>,
    /// The place of an entry that it never takes.
    refused_seq: Option<u64>,
    taken: Vec<u64>,
}

type Shared = Arc<Mutex<Inbox>>;

async fn receive(State(inbox): State<Shared>, headers: HeaderMap, body: String) -> StatusCode {
    let signed = headers["nexus-signature"].to_str().unwrap();
    let seconds = signed.strip_prefix("t=").and_then(|it| it.split_once(',')).unwrap().0;
    let seconds = seconds.parse().unwrap();
    assert_eq!(signed, signature(SECRET.as_bytes(), seconds, body.as_bytes()));
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["sink"], "lms");
    let entries = body["entries"].as_array().unwrap();
    assert!(entries.iter().all(|entry| entry["type"] == "enrolled"), "{body}");
    let places: Vec<u64> = entries.iter().map(|entry| entry["seq"].as_u64().unwrap()).collect();
    let mut inbox = inbox.lock().unwrap();
    inbox.batches.push(places.clone());
    if !inbox.answers.is_empty() {
        return inbox.answers.remove(0);
    }
    if inbox.refused_seq.is_some_and(|seq| places.contains(&seq)) {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    inbox.taken.extend(places);
    StatusCode::NO_CONTENT
}

async fn receiver() -> (SocketAddr, Shared) {
    let inbox = Shared::default();
    let router = Router::new().route("/nexus", post(receive)).with_state(Arc::clone(&inbox));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, inbox)
}

/// A node with a sink that sends enrolments on.
struct Site {
    node: NodeHandle,
    thread: NodeThread,
    sinks: SinkThreads,
    board: SinkBoard,
}

impl Site {
    fn open(directory: &Path, receiver: SocketAddr) -> Self {
        std::fs::write(directory.join("hook.secret"), format!("{SECRET}\n")).unwrap();
        let file = directory.join("nexus.toml");
        let text = format!(
            "[[sink]]\nname = 'lms'\nkind = 'webhook'\nurl = 'http://{receiver}/nexus'\n\
             secret_file = 'hook.secret'\ntypes = ['enrolled']\nstart = 'beginning'\n"
        );
        std::fs::write(&file, text).unwrap();
        let config = Config::read(&file).unwrap();
        let data = directory.join("data");
        let (node, thread) = start(NodeConfig::new(data, Clock::system()).unwrap()).unwrap();
        let board = SinkBoard::default();
        let runtime = tokio::runtime::Handle::current();
        let sinks = sinks::start(&config.sink, &node, &board, &runtime).unwrap();
        Self { node, thread, sinks, board }
    }

    async fn enrols(&self, learners: std::ops::Range<usize>) {
        let enrolled = |number: usize| Incoming {
            id: EventId::new(&format!("e{number}")).unwrap(),
            hash: [1; 16],
            proposal: plain(&format!("learner-{number}"), "sums", Action::Enrolled { test: false }),
        };
        self.node.record(learners.map(enrolled).collect()).await.unwrap();
    }

    /// How far the sink has come.
    async fn position(&self) -> u64 {
        let places = self.node.source_positions().await.unwrap();
        places.get(&position_name("lms")).and_then(|it| it.get("journal")).copied().unwrap_or(0)
    }

    async fn has_come_to(&self, position: u64) {
        let waiting = async {
            while self.position().await < position {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let limit = Duration::from_secs(60);
        if tokio::time::timeout(limit, waiting).await.is_err() {
            let reports = self.board.reports(&Default::default(), 0);
            panic!("the sink does not come to {position}: {reports:?}");
        }
    }

    async fn stops(self) {
        tokio::task::spawn_blocking(|| self.sinks.stop()).await.unwrap();
        self.node.stop_node();
        let _ = self.thread.join();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_entry_arrives_in_order_though_answers_fail() {
    let directory = tempfile::tempdir().unwrap();
    let (address, inbox) = receiver().await;
    inbox.lock().unwrap().answers =
        vec![StatusCode::SERVICE_UNAVAILABLE, StatusCode::UNAUTHORIZED, StatusCode::NOT_FOUND];
    let site = Site::open(directory.path(), address);
    site.node.publish(tiny()).await.unwrap();
    site.enrols(0..200).await;
    site.has_come_to(202).await;
    let expected: Vec<u64> = (2..=201).collect();
    assert_eq!(inbox.lock().unwrap().taken, expected, "the course is entry 1");
    let report = &site.board.reports(&[("lms".to_owned(), 202)].into(), 201)[0];
    assert_eq!((report.delivered, report.put_aside, report.retries), (200, 0, 3));
    assert_eq!((report.seq, report.lag), (Some(201), Some(0)));
    site.stops().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_where_the_receiver_had_answered() {
    let directory = tempfile::tempdir().unwrap();
    let (address, inbox) = receiver().await;
    let site = Site::open(directory.path(), address);
    site.node.publish(tiny()).await.unwrap();
    site.enrols(0..3).await;
    site.has_come_to(5).await;
    site.stops().await;
    let site = Site::open(directory.path(), address);
    site.enrols(3..5).await;
    site.has_come_to(7).await;
    assert_eq!(inbox.lock().unwrap().taken, [2, 3, 4, 5, 6]);
    site.stops().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_good_is_put_aside_alone() {
    let directory = tempfile::tempdir().unwrap();
    let (address, inbox) = receiver().await;
    inbox.lock().unwrap().refused_seq = Some(4);
    let site = Site::open(directory.path(), address);
    site.node.publish(tiny()).await.unwrap();
    site.enrols(0..5).await;
    site.has_come_to(7).await;
    assert_eq!(inbox.lock().unwrap().taken, [2, 3, 5, 6]);
    let aside = directory.path().join("data/sinks/lms.refused.ndjson");
    let line: serde_json::Value =
        serde_json::from_str(std::fs::read_to_string(aside).unwrap().trim()).unwrap();
    assert_eq!(line["seq"], 4);
    assert!(line.get("learner").is_none(), "an erasure need not look here: {line}");
    site.stops().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_away_holds_nothing_else_up() {
    let directory = tempfile::tempdir().unwrap();
    let (address, inbox) = receiver().await;
    inbox.lock().unwrap().answers = vec![StatusCode::INTERNAL_SERVER_ERROR; 1_000_000];
    let site = Site::open(directory.path(), address);
    site.node.publish(tiny()).await.unwrap();
    site.enrols(0..100).await;
    while inbox.lock().unwrap().batches.len() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    site.enrols(100..200).await;
    assert!(site.position().await <= 2, "nothing was taken, so nothing moves");
    inbox.lock().unwrap().answers.clear();
    site.has_come_to(202).await;
    assert_eq!(inbox.lock().unwrap().taken, (2..=201).collect::<Vec<u64>>());
    site.stops().await;
}
