//! A full disk under load: writes are refused with a reason, reads go on, the lesson goes on, and
//! the server resumes by itself.

use crate::client::Client;
use crate::course;
use crate::disk::SmallDisk;
use crate::journal;
use crate::kill_storm::lines;
use crate::ledger::{Extent, Ledger, Recorded};
use crate::load::{Load, Settings};
use crate::randomness;
use crate::server::{self, Server, Site, poll};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long it may take until the load has used the space that is left.
const FILL_SECONDS_MAX: u64 = 30;
/// How long the server may take to notice that there is space again.
const RESUME_SECONDS_MAX: u64 = 10;
/// How long it stays full: longer than from one probe for space to the next, and in the long run
/// longer than from one checkpoint to the next.
const HOLD: Duration = Duration::from_millis(1_500);
const HOLD_SOAK: Duration = Duration::from_secs(40);
/// A learner who has completed the first activity, and whom the load leaves alone.
const WALKER: &str = "walker";

#[test]
fn a_full_disk_refuses_writes_serves_reads_and_resumes() {
    check(true);
}

#[test]
fn a_disk_that_is_full_before_the_first_checkpoint_does_the_same() {
    check(false);
}

fn check(with_checkpoint: bool) {
    let _turn = server::turn();
    let seed = randomness::seed();
    println!("NEXUS_SEED={seed}");
    let Some(disk) = SmallDisk::make() else {
        return println!("skipped: no small disk can be had here");
    };
    println!("the small disk is {}", disk.name());
    let mut site = Site::at(disk.data());
    site.set_environment(disk.environment());
    let mut server = site.start();
    site.publish_course(&server);
    let walked = walk(&site, &server);
    if with_checkpoint {
        // The learner's progress is in a checkpoint then, and not in memory.
        assert_eq!(server.stop().code, Some(0));
        server = site.start();
    }
    let load = Load::start(Settings::new(seed), &site.key);
    load.with_ledger(|ledger| note_walk(ledger, &walked));
    load.aim(server.address);
    for but in [0, 256 << 10, 4 << 10] {
        // Long enough for the log to be merged into the database, which then has to grow.
        std::thread::sleep(Duration::from_millis(900));
        // Its first use would be noted on the disk, if there were space.
        let unused = site.make_key();
        let full = fill(&disk, &load, but);
        while_full(&mut Client::new(server.address, &unused));
        let resumed = resume(&disk, &site, &server, &load);
        println!("full {full:?} after filling but for {but} bytes; resumed after {resumed:?}");
    }
    fill(&disk, &load, 0);
    if with_checkpoint {
        server.kill();
    } else {
        println!("told to stop on a full disk: {:?}", server.stop());
    }
    start_on_a_full_disk(&site);
    disk.free();
    let server = site.start();
    load.aim(server.address);
    std::thread::sleep(Duration::from_millis(300));
    finish(&site, server, load, seed);
}

/// Waits until the load is refused; answers how long that took.
fn fill(disk: &SmallDisk, load: &Load, but: u64) -> Duration {
    let filled = Instant::now();
    disk.fill(but);
    let refused = || load.seen().iter().any(|seen| seen.status == 507 && seen.begun > filled);
    poll(FILL_SECONDS_MAX, refused).expect("the load is refused on a full disk")
}

/// What must hold as long as the disk is full, looked at for more than one probe for space.
fn while_full(client: &mut Client) {
    let began = Instant::now();
    let hold = if randomness::is_soak() { HOLD_SOAK } else { HOLD };
    while began.elapsed() < hold {
        // First of all: nobody has asked for this learner lately.
        let ask = json!({"learner": WALKER, "course": course::ID, "decision_id": "full-d"});
        let decision = client.ask("POST", "/v1/decisions", Some(&ask)).expect("an answer");
        assert_eq!(decision.status, 507, "{}", decision.body);
        assert_eq!(decision.body["static_activity"], "a2", "a1 is done: {}", decision.body);
        assert!(decision.header("retry-after").is_some(), "{}", decision.body);
        let ready = client.get("/readyz");
        assert!(matches!(ready.status, 503 | 507), "/readyz {} {}", ready.status, ready.body);
        assert_eq!(ready.code(), "storage_full", "{}", ready.body);
        assert_eq!(client.get("/healthz").status, 200);
        for path in ["/v1/journal?after=0&limit=3", "/v1/courses", "/v1/learners/walker"] {
            let read = client.get(path);
            assert_eq!(read.status, 200, "{path} {}", read.body);
        }
        let page = client.get("/v1/journal?after=0&limit=3");
        assert_eq!(page.body["entries"].as_array().map(Vec::len), Some(3), "{}", page.body);
        let event = json!({"events": [event("full", "session_started", None)]});
        let refused = client.ask("POST", "/v1/events", Some(&event)).expect("an answer");
        assert_eq!((refused.status, refused.code()), (507, "storage_full"), "{}", refused.body);
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Makes room; answers how long the server took to take writes again.
fn resume(disk: &SmallDisk, site: &Site, server: &Server, load: &Load) -> Duration {
    let freed = Instant::now();
    disk.free();
    let accepted = || load.seen().iter().any(|seen| seen.fresh && seen.begun > freed);
    let resumed = poll(RESUME_SECONDS_MAX, accepted).expect("the server resumes by itself");
    assert_eq!(site.client(server).get("/readyz").status, 200, "it serves again");
    resumed
}

/// Either it serves reads and says so, or it does not start and says why.
fn start_on_a_full_disk(site: &Site) {
    match site.try_start() {
        Ok(server) => {
            let mut client = site.client(&server);
            assert_eq!(client.get("/v1/courses").status, 200);
            println!("on a full disk it starts; /readyz says {}", client.get("/readyz").body);
            server.kill();
        }
        Err(ended) => {
            println!("on a full disk it does not start: {}", ended.log.trim());
            assert_eq!(ended.code, Some(2), "{ended:?}");
            let log = ended.log.to_lowercase();
            assert!(log.contains("space") || log.contains("full"), "{ended:?}");
        }
    }
}

fn finish(site: &Site, server: Server, load: Load, seed: u64) {
    let ledger = load.stop();
    let mut known: Vec<Recorded> = Vec::new();
    journal::follow(&mut site.client(&server), &mut known).expect("the journal can be read");
    let found = ledger.compare(&known, Extent::Whole);
    assert!(found.is_empty(), "NEXUS_SEED={seed}:\n{}", lines(&found));
    let ended = server.stop();
    assert_eq!(ended.code, Some(0), "an orderly stop: {ended:?}");
    site.verify();
    assert!(journal::read_directory(&site.data) == known, "the store and GET /v1/journal disagree");
    let totals = ledger.totals();
    println!("{} acknowledged, {} unknown, {} entries", totals.done, totals.unknown, known.len());
    assert!(totals.done > 100, "only {} acknowledged", totals.done);
}

fn event(id: &str, kind: &str, activity: Option<&str>) -> Value {
    let mut event = json!({"id": id, "learner": WALKER, "course": course::ID, "type": kind});
    if let Some(activity) = activity {
        event["activity"] = activity.into();
    }
    event
}

/// Lets a learner complete the first activity; answers with the events and their places.
fn walk(site: &Site, server: &Server) -> Vec<(Value, u64)> {
    let events = vec![
        event("walk-1", "enrolled", None),
        event("walk-2", "activity_started", Some("a1")),
        event("walk-3", "activity_completed", Some("a1")),
    ];
    let body = json!({ "events": events });
    let answer = site.client(server).ask("POST", "/v1/events", Some(&body)).expect("an answer");
    let receipts = answer.body["receipts"].as_array().cloned().unwrap_or_default();
    let places = receipts.iter().filter_map(|receipt| receipt["seq"].as_u64());
    let walked: Vec<_> = events.into_iter().zip(places).collect();
    assert_eq!(walked.len(), 3, "{}", answer.body);
    walked
}

fn note_walk(ledger: &mut Ledger, walked: &[(Value, u64)]) {
    for (event, seq) in walked {
        let (id, content) =
            (event["id"].as_str().unwrap_or_default(), journal::content_sent(event));
        let outcome = crate::ledger::Outcome::Done { seq: *seq, duplicate: false, answer: None };
        ledger.begin(id, &content);
        // No client has this number.
        ledger.end(usize::MAX, id, &content, &outcome);
    }
}
