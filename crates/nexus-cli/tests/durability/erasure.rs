//! SIGKILL in the middle of erasures: after each kill a learner is there as a whole or erased as a
//! whole, the journal is sound, and once a start has finished the work no byte of them is left.

use crate::client::Client;
use crate::randomness::{self, Randomness};
use crate::server::{self, Site};
use serde_json::json;
use std::path::Path;

/// Kills of the usual run, and of the long one.
const KILLS: usize = 8;
const KILLS_SOAK: usize = 100;

fn learner(number: usize) -> String {
    format!("zqcanary-child-{number:03}.")
}

/// How often some bytes stand in the files of the data directory.
fn count(data: &Path, text: &str) -> usize {
    let files = std::fs::read_dir(data).expect("the data").map(|file| file.expect("a file").path());
    let in_file = |path| {
        let bytes = std::fs::read(path).expect("a file of the data");
        bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
    };
    files.map(in_file).sum()
}

/// Somebody begins to learn.
fn live(client: &mut Client, learner: &str) {
    let event = |id: usize, kind: &str| {
        json!({"id": format!("{learner}:{id}"), "type": kind, "learner": learner,
            "course": crate::course::ID})
    };
    let events: Vec<_> = (0..20).map(|id| event(id, "session_started")).collect();
    let sent = client.ask("POST", "/v1/events", Some(&json!(events))).expect("events are answered");
    assert_eq!(sent.body["accepted"], 20, "{}", sent.body);
    let ask = json!({"learner": learner, "course": crate::course::ID});
    let made = client.ask("POST", "/v1/decisions", Some(&ask)).expect("it is answered");
    assert_eq!(made.status, 200, "{}", made.body);
}

#[test]
fn a_kill_leaves_a_learner_whole_or_erased() {
    let _turn = server::turn();
    let seed = randomness::seed();
    println!("NEXUS_SEED={seed}");
    let mut random = Randomness::new(seed, 7);
    let kills = if randomness::is_soak() { KILLS_SOAK } else { KILLS };
    let site = Site::new();
    let server = site.start();
    site.publish_course(&server);
    let mut client = site.client(&server);
    (0..kills).for_each(|number| live(&mut client, &learner(number)));
    assert!(server.stop().code == Some(0), "an orderly stop");
    let (mut whole, mut erased) = (0, 0);
    for number in 0..kills {
        let server = site.start();
        let path = format!("/v1/learners/{}", learner(number));
        let mut client = site.client(&server);
        let asked = std::thread::spawn({
            let path = path.clone();
            move || client.ask("DELETE", &path, Some(&json!({"reason": "asked for"})))
        });
        std::thread::sleep(random.between_ms(0, 60));
        server.kill();
        let acknowledged = asked.join().expect("it asked").is_ok_and(|it| it.status == 200);
        // As the crash left it, before any server mends it.
        site.verify();
        let server = site.start();
        let found = site.client(&server).get(&path).status;
        match found {
            200 => whole += 1,
            410 => erased += 1,
            other => panic!("NEXUS_SEED={seed}, learner {number}: {other}"),
        }
        assert!(!acknowledged || found == 410, "NEXUS_SEED={seed}: {number} came back");
        let left = count(&site.data, &learner(number));
        assert_eq!(left == 0, found == 410, "NEXUS_SEED={seed}, learner {number}: {left} left");
        assert!(server.stop().code == Some(0), "an orderly stop");
        site.verify();
    }
    println!("{kills} kills: {whole} learners whole, {erased} erased");
}
