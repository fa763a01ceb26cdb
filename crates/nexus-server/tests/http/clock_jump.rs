//! A wall clock that jumps: nothing ends by it, and whoever asks is told.

use crate::harness::Server;
use nexus_server::clock::Clock;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const START: i64 = 1_700_000_000_000_000;
const DAY: i64 = 86_400_000_000;

/// A server by a clock that the test sets, with one decision that waits for its reward.
async fn taught() -> (Server, Arc<AtomicI64>, Clock) {
    let wall = Arc::new(AtomicI64::new(START));
    let clock = Clock::given(wall.clone());
    let server = Server::start_at(clock.clone(), |_| ()).await;
    server.publish().await;
    server.post_json("/v1/decisions", &json!({"learner": "ada", "course": "sums"})).await;
    assert_eq!(waiting(&server).await, 1);
    (server, wall, clock)
}

/// How many decisions wait, after the node has looked after itself a few times.
async fn waiting(server: &Server) -> u64 {
    tokio::time::sleep(Duration::from_millis(500)).await;
    open(server).await
}

async fn open(server: &Server) -> u64 {
    server.node.read(|reader| reader.state().waiting().values().sum()).await.unwrap()
}

async fn ready(server: &Server) -> (u16, Value) {
    let answer = server.get("/readyz").send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_year_in_a_second_closes_no_decision() {
    let (server, wall, _) = taught().await;
    wall.store(START + 365 * DAY, Ordering::Relaxed);
    assert_eq!(waiting(&server).await, 1, "it was closed by a clock that jumped");
    let (status, told) = ready(&server).await;
    assert_eq!((status, &told["code"]), (503, &json!("clock_jumped")), "{told}");
    // Lessons go on, in the time of before.
    let event = json!({"events": [
        {"id": "e1", "type": "enrolled", "learner": "ben", "course": "sums"}
    ]});
    let told = server.post_json("/v1/events", &event).await;
    assert_eq!(told["accepted"], 1, "{told}");
    server.post_json("/v1/decisions", &json!({"learner": "ada", "course": "sums"})).await;
    assert!(waiting(&server).await >= 1, "her own next step closed it");

    wall.store(START + 1_000_000, Ordering::Relaxed);
    assert_eq!(ready(&server).await.0, 200);
}

#[tokio::test]
async fn a_window_that_ends_in_its_time_is_closed() {
    let (server, wall, clock) = taught().await;
    // Half an hour is a correction, and many of them are time that passed.
    for halves in 1..=2_000 {
        wall.store(START + halves * 1_800_000_000, Ordering::Relaxed);
        assert_eq!(clock.jump_seconds(), None);
    }
    // If nothing is ever closed, the other test shows nothing.
    while open(&server).await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
