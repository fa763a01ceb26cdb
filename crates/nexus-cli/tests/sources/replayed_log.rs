//! `nexus stream`: a log, sent as if it happened now.

use crate::stage::{Stage, event, words};

#[test]
fn a_log_that_is_replayed_twice_is_recorded_once() {
    let stage = Stage::new();
    stage.configure("");
    let mut log = String::new();
    for number in 0..700 {
        let mut event = event(number);
        // Half a minute an event, at sixty thousand times its speed.
        event["occurred_at"] = format!(
            "2026-01-0{}T{:02}:{:02}:00Z",
            1 + number / 600,
            (number / 60) % 24,
            number % 60
        )
        .into();
        log.push_str(&format!("{event}\n"));
    }
    std::fs::write(stage.path("log.ndjson"), &log).unwrap();
    let server = stage.serve();
    let replay = ["stream", "log.ndjson", "--speed", "600000"];
    let said = stage.check(&replay);
    assert!(said.contains("700 accepted, 0 duplicate, 0 rejected"), "{said}");
    let again = stage.check(&replay);
    assert!(again.contains("0 accepted, 700 duplicate, 0 rejected"), "{again}");
    std::fs::write(stage.path("bad.ndjson"), "{\"id\": \"x\"}\n").unwrap();
    let refused = stage.run(&["stream", "bad.ndjson"]);
    assert_eq!(refused.status.code(), Some(1), "{}", words(&refused.stderr));
    server.stop();
    assert_eq!(stage.events().values().sum::<u32>(), 700);
}
