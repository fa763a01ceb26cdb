//! SIGKILL under load at random moments: recovery, recovery of recovery, and stopping that is cut
//! short. After every kill the clients' ledger is compared with the journal.

use crate::client::Client;
use crate::journal;
use crate::ledger::{Extent, Ledger, Recorded, Violation};
use crate::load::{Load, Settings};
use crate::randomness::{self, Randomness};
use crate::server::{self, Server, Site};
use std::time::{Duration, Instant};

/// Kills of the usual run, and the time after which no more are made.
const KILLS: (usize, Duration) = (12, Duration::from_secs(40));
/// The same for the long run.
const KILLS_SOAK: (usize, Duration) = (150, Duration::from_secs(1_200));
/// How often the data is verified as the crash left it, before any server mends it.
const VERIFY_EVERY: usize = 4;

/// How often the next life is killed while it may still be recovering.
const RECOVERY_KILLED_EVERY: usize = 5;

/// How a life of the server ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// Killed so long after it was ready.
    Killed(Duration),
    /// Told to stop so long after it was ready, and killed so long after that.
    Interrupted(Duration, Duration),
}

struct Storm {
    site: Site,
    load: Load,
    random: Randomness,
    known: Vec<Recorded>,
    ready: Vec<Duration>,
}

#[test]
fn kills_lose_double_and_invent_nothing() {
    let _turn = server::turn();
    let seed = randomness::seed();
    println!("NEXUS_SEED={seed}");
    let (kills, time) = if randomness::is_soak() { KILLS_SOAK } else { KILLS };
    let began = Instant::now();
    let site = Site::new();
    let load = Load::start(Settings::new(seed), &site.key);
    let random = Randomness::new(seed, 0);
    let mut storm = Storm { site, load, random, known: Vec::new(), ready: Vec::new() };
    let mut server = storm.site.start();
    storm.site.publish_course(&server);
    let mut made = 0;
    while made < kills && began.elapsed() < time {
        let end = storm.choose_end(made);
        storm.live(server, end);
        made += 1;
        if made % VERIFY_EVERY == 0 {
            storm.site.verify();
        }
        if made % RECOVERY_KILLED_EVERY == 0 {
            let after = storm.random.between_ms(0, 300);
            storm.site.start_and_kill(after);
            made += 1;
        }
        server = storm.site.start();
    }
    storm.finish(server, made, seed);
}

impl Storm {
    /// A quarter of the kills hit the first moments, when the last recovery is fresh; every sixth
    /// end begins as an orderly one, which writes a checkpoint, and is cut short.
    fn choose_end(&mut self, number: usize) -> End {
        if number % 6 == 5 {
            let after = self.random.between_ms(100, 1_000);
            return End::Interrupted(after, self.random.between_ms(0, 60));
        }
        let early = number % 4 == 2;
        let (from, to) = if early { (0, 300) } else { (100, 2_000) };
        End::Killed(self.random.between_ms(from, to))
    }

    /// One life under load. Meanwhile the journal is read, and compared with the ledger.
    fn live(&mut self, server: Server, end: End) {
        let began = Instant::now();
        self.ready.push(server.ready_after);
        self.load.aim(server.address);
        let mut client = self.site.client(&server);
        let (End::Killed(after) | End::Interrupted(after, _)) = end;
        self.read_on(&mut client, began + after);
        wait_until(began + after);
        if let End::Interrupted(_, then) = end {
            server.terminate();
            wait_until(began + after + then);
        }
        server.kill();
    }

    fn read_on(&mut self, client: &mut Client, until: Instant) {
        // A little before the end, so that no kill waits for a page.
        if Instant::now() + Duration::from_millis(100) < until {
            journal::follow(client, &mut self.known).expect("the journal can be read");
            let found = self.load.ledger().compare(&self.known, Extent::Beginning);
            assert!(found.is_empty(), "after a restart:\n{}", lines(&found));
        }
    }

    fn finish(mut self, server: Server, kills: usize, seed: u64) {
        self.ready.push(server.ready_after);
        self.load.aim(server.address);
        std::thread::sleep(Duration::from_millis(500));
        let ledger = self.load.stop();
        let mut client = self.site.client(&server);
        journal::follow(&mut client, &mut self.known).expect("the journal can be read");
        let found = ledger.compare(&self.known, Extent::Whole);
        assert!(found.is_empty(), "NEXUS_SEED={seed}, {kills} kills:\n{}", lines(&found));
        let ended = server.stop();
        assert_eq!(ended.code, Some(0), "an orderly stop: {ended:?}");
        self.site.verify();
        let stored = journal::read_directory(&self.site.data);
        assert!(stored == self.known, "the store and GET /v1/journal disagree");
        report(&ledger, &self.known, kills, &mut self.ready);
    }
}

/// What was tried; a run in which nothing much happened proves nothing.
fn report(ledger: &Ledger, known: &[Recorded], kills: usize, ready: &mut [Duration]) {
    let totals = ledger.totals();
    let rewards = known.iter().filter(|entry| entry.kind == "reward_joined").count();
    ready.sort();
    let slow = ready[ready.len() * 95 / 100];
    println!(
        "{kills} kills, {} acknowledged, {} unknown, {} entries, {rewards} rewards; ready after \
         {slow:?} (95 %); 0 failures: below {:.1} % per kill (95 %)",
        totals.done,
        totals.unknown,
        known.len(),
        300.0 / kills as f64
    );
    assert!(kills >= 10, "only {kills} kills");
    assert!(totals.done > 50 * kills, "only {} acknowledged", totals.done);
    assert!(totals.unknown > 0, "no kill hit a client that does not retry");
    assert!(rewards > kills, "only {rewards} rewards");
}

fn wait_until(moment: Instant) {
    std::thread::sleep(moment.saturating_duration_since(Instant::now()));
}

/// The first violations, one a line.
pub fn lines(found: &[Violation]) -> String {
    let first: Vec<String> = found.iter().take(20).map(ToString::to_string).collect();
    format!("{} violations\n{}", found.len(), first.join("\n"))
}
