//! A sync that fails: nothing is acknowledged any more, the process ends and says why, and the
//! next one recovers.

use crate::journal;
use crate::kill_storm::lines;
use crate::ledger::{Extent, Recorded};
use crate::load::{Load, Seen, Settings};
use crate::randomness;
use crate::server::{self, Ended, Server, Site};
use crate::shim::Shim;
use std::time::{Duration, Instant};

/// How long the process may go on after the first sync that fails. The load reaches the merge of
/// the log only after a while.
const END_SECONDS_MAX: u64 = 15;

/// Which file cannot be synced, and when that is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    /// SQLite's log: by the next commit.
    Log,
    /// The database: once the log is merged into it.
    Database,
    /// The watermark: by the checkpoint of an orderly stop.
    Watermark,
}

impl Broken {
    fn ending(self) -> &'static str {
        match self {
            Self::Log => "nexus.db-wal",
            Self::Database => "nexus.db",
            Self::Watermark => "watermark",
        }
    }
}

#[test]
fn a_failed_sync_of_the_log_ends_the_process() {
    check(Broken::Log);
}

#[test]
fn a_failed_sync_of_the_database_ends_the_process() {
    check(Broken::Database);
}

#[test]
fn a_failed_sync_of_the_watermark_ends_in_an_error() {
    check(Broken::Watermark);
}

fn check(broken: Broken) {
    let _turn = server::turn();
    let seed = randomness::seed();
    println!("NEXUS_SEED={seed}");
    let Some(shim) = Shim::compile() else { return println!("skipped") };
    let mut site = Site::new();
    site.set_environment(shim.environment(&site.data, broken.ending()));
    let server = site.start();
    site.publish_course(&server);
    // The duplicates of this load would be answered from the journal, without any sync.
    let settings = Settings { duplicates: 0.0, clashes: 0.0, ..Settings::new(seed) };
    let load = Load::start(settings, &site.key);
    load.aim(server.address);
    std::thread::sleep(Duration::from_millis(500));
    shim.fail_syncs();
    let failing = Instant::now();
    let (ended, wrong) = match broken {
        Broken::Watermark => (server.stop(), Vec::new()),
        Broken::Log | Broken::Database => watch(&site, &load, server, failing),
    };
    println!("{broken:?}: ended after {:?} with {:?}", failing.elapsed(), ended.code);
    assert!(ended.code.is_some_and(|code| code != 0), "it ends with an error: {ended:?}");
    assert!(ended.log.contains("disk"), "it says why: {ended:?}");
    if broken != Broken::Watermark {
        wait_until_sent(&load, failing);
        refused_for_good(&load.seen(), broken, failing);
    }
    site.set_environment(Vec::new());
    let server = site.start();
    load.aim(server.address);
    std::thread::sleep(Duration::from_millis(300));
    let ledger = load.stop();
    let mut known: Vec<Recorded> = Vec::new();
    journal::follow(&mut site.client(&server), &mut known).expect("the journal can be read");
    let found = ledger.compare(&known, Extent::Whole);
    assert!(found.is_empty(), "NEXUS_SEED={seed}:\n{}", lines(&found));
    assert_eq!(server.stop().code, Some(0));
    site.verify();
    assert!(wrong.is_empty(), "while it ended:\n{}", wrong.join("\n"));
}

/// Looks on until the process has ended. As long as it answers at all, it must not hide entries,
/// and once it has refused a write it must not call itself ready.
fn watch(site: &Site, load: &Load, server: Server, failing: Instant) -> (Ended, Vec<String>) {
    let mut wrong = Vec::new();
    let mut client = site.client(&server);
    let deadline = failing + Duration::from_secs(END_SECONDS_MAX);
    while Instant::now() < deadline && wrong.len() < 5 {
        let refused = has_refused(load, failing);
        let Ok(ready) = client.ask("GET", "/readyz", None) else { break };
        if refused && ready.status == 200 {
            wrong.push("/readyz answers 200 after a write was refused for good".to_owned());
        }
        let Ok(page) = client.ask("GET", "/v1/journal?after=0&limit=2", None) else { break };
        let entries = page.body["entries"].as_array().map_or(0, Vec::len);
        if page.status == 200 && entries < 2 {
            wrong.push(format!("a failed store is shown as an empty journal: {}", page.body));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let ended = server.wait_end();
    let after = failing.elapsed();
    if after > Duration::from_secs(END_SECONDS_MAX) {
        wrong.push(format!("it took {after:?} to end"));
    }
    wrong.sort();
    wrong.dedup();
    (ended, wrong)
}

fn has_refused(load: &Load, failing: Instant) -> bool {
    let refused = |seen: &Seen| seen.begun > failing && seen.code == "storage_failed";
    load.seen().iter().any(refused)
}

/// The process may end before any client's turn comes: clients go on sending, so one is heard soon.
fn wait_until_sent(load: &Load, failing: Instant) {
    let deadline = Instant::now() + Duration::from_secs(END_SECONDS_MAX);
    while Instant::now() < deadline && !load.seen().iter().any(|seen| seen.begun > failing) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// No write that could not be synced was acknowledged, and none at all after the first refusal.
fn refused_for_good(seen: &[Seen], broken: Broken, failing: Instant) {
    let late: Vec<&Seen> = seen.iter().filter(|seen| seen.begun > failing).collect();
    assert!(!late.is_empty(), "nothing was sent after the sync began to fail");
    if broken == Broken::Log {
        let acknowledged: Vec<_> = late.iter().filter(|seen| seen.fresh).collect();
        assert!(acknowledged.is_empty(), "acknowledged without a sync: {acknowledged:?}");
    }
    let refused = late.iter().filter(|seen| seen.status != 200).map(|seen| seen.ended).min();
    let refused = refused.expect("the end of the process is seen");
    let after: Vec<_> =
        late.iter().filter(|seen| seen.begun > refused && seen.status == 200).collect();
    assert!(after.is_empty(), "acknowledged after the first refusal: {after:?}");
}
