//! Backups beside a server under load: what a backup says it holds is the journal up to there,
//! entry by entry, and a server on the restored data goes on from there and says so.

use crate::journal;
use crate::ledger::Extent;
use crate::load::{Load, Settings};
use crate::randomness;
use crate::server::{self, Site};
use serde_json::Value;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

/// Runs of `nexus backup` while clients send.
const RUNS: usize = 4;

#[test]
fn a_backup_beside_a_loaded_server_is_a_prefix_of_its_journal() {
    let _turn = server::turn();
    let seed = randomness::seed();
    println!("NEXUS_SEED={seed}");
    let site = Site::new();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let backup = folder.path().join("backup");
    let load = Load::start(Settings::new(seed), &site.key);
    let server = site.start();
    site.publish_course(&server);
    load.aim(server.address);
    let mut heads = Vec::new();
    for _ in 0..RUNS {
        std::thread::sleep(Duration::from_millis(400));
        let report = json(&site.run(&["backup", text(&backup), "--json"]));
        heads.push(report["head"].as_u64().expect("where it ends"));
    }
    assert!(heads.windows(2).all(|pair| pair[0] < pair[1]), "clients sent nothing: {heads:?}");
    // Acknowledged after the last run, and killed: this is what the backup does not hold.
    std::thread::sleep(Duration::from_millis(300));
    server.kill();
    let ledger = load.ledger();
    drop(load);

    let check = json(&Site::run_alone(&["backup", "verify", text(&backup), "--fold", "--json"]));
    let head = *heads.last().expect("some runs");
    assert_eq!((&check["sound"], check["head"].as_u64()), (&true.into(), Some(head)), "{check}");
    let until = head.to_string();
    let prefix = json(&site.run(&["replay", "--until", &until, "--json"]));
    assert_eq!(prefix["state_digest"], check["state_digest"], "the state at entry {head}");

    let restored = Site::restored(&site, folder.path().join("data"));
    let told = restored.run(&["restore", text(&backup)]);
    let words = String::from_utf8_lossy(&told.stdout);
    assert!(words.contains(&format!("restored  up to entry {head}, of ")), "{words}");
    restored.verify();
    let again = json(&restored.run(&["replay", "--json"]));
    assert_eq!(again["journal_digest"], prefix["journal_digest"], "entry by entry");

    let server = restored.start();
    assert!(server.log().contains(&format!("up to entry {head}")), "{}", server.log());
    let known = {
        let mut known = Vec::new();
        let mut client = restored.client(&server);
        journal::follow(&mut client, &mut known).expect("the keys came along");
        known
    };
    let found = ledger.compare(&known, Extent::Beginning);
    assert!(found.is_empty(), "NEXUS_SEED={seed}:\n{}", crate::kill_storm::lines(&found));
    assert_eq!(server.stop().code, Some(0));
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

fn json(output: &Output) -> Value {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}
