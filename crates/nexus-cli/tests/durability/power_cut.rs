//! Power cuts under load: what was acknowledged is on the disk, not only in the memory of the
//! operating system, which survives every kill.

use crate::disk::SmallDisk;
use crate::journal;
use crate::kill_storm::lines;
use crate::ledger::{Extent, Recorded};
use crate::load::{Load, Settings};
use crate::randomness::{self, Randomness};
use crate::server::{self, Site};
use std::time::{Duration, Instant};

/// Cuts of the usual run, and of the long one.
const CUTS: usize = 4;
const CUTS_SOAK: usize = 60;

#[test]
fn power_cuts_lose_double_and_invent_nothing() {
    let _turn = server::turn();
    let seed = randomness::seed();
    println!("NEXUS_SEED={seed}");
    let Some(disk) = SmallDisk::make_fragile() else {
        return println!("skipped: no file system whose power can be cut may be mounted here");
    };
    let site = Site::at(disk.data());
    let load = Load::start(Settings::new(seed), &site.key);
    let mut random = Randomness::new(seed, 0);
    let mut known: Vec<Recorded> = Vec::new();
    let mut server = site.start();
    site.publish_course(&server);
    let cuts = if randomness::is_soak() { CUTS_SOAK } else { CUTS };
    for cut in 1..=cuts {
        load.aim(server.address);
        let until = Instant::now() + random.between_ms(100, 1_200);
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
        if cut % 3 == 0 {
            // In the middle of an orderly stop, which writes a checkpoint.
            server.terminate();
            std::thread::sleep(random.between_ms(0, 60));
        }
        // A real cut takes the process too. Here the two are cut one after the other, and a sync
        // that is under way meanwhile may succeed falsely: nobody may hear of it.
        server.freeze();
        disk.cut_power();
        server.kill();
        disk.restore_power();
        if cut % 2 == 0 {
            site.verify();
        }
        server = site.start();
        journal::follow(&mut site.client(&server), &mut known).expect("the journal can be read");
        let found = load.ledger().compare(&known, Extent::Whole);
        assert!(found.is_empty(), "NEXUS_SEED={seed}, cut {cut}:\n{}", lines(&found));
    }
    load.aim(server.address);
    std::thread::sleep(Duration::from_millis(300));
    let ledger = load.stop();
    journal::follow(&mut site.client(&server), &mut known).expect("the journal can be read");
    let found = ledger.compare(&known, Extent::Whole);
    assert!(found.is_empty(), "NEXUS_SEED={seed}, {cuts} cuts:\n{}", lines(&found));
    assert_eq!(server.stop().code, Some(0));
    site.verify();
    assert!(journal::read_directory(&site.data) == known, "the store and GET /v1/journal disagree");
    let totals = ledger.totals();
    println!("{cuts} cuts, {} acknowledged, {} unknown", totals.done, totals.unknown);
    assert!(totals.done > 30 * cuts, "only {} acknowledged", totals.done);
}
