//! A file that grows while the server that reads it is killed, again and again.

use crate::stage::{Stage, event, until};
use std::fs::OpenOptions;
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Events of the usual run and of the long one, and kills.
const USUAL: (u64, u32) = (1_500, 4);
const SOAK: (u64, u32) = (20_000, 25);

fn seed() -> u64 {
    let given = std::env::var("NEXUS_SEED").ok().and_then(|text| text.parse().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    given.unwrap_or(now.as_nanos() as u64 % 1_000_000_007)
}

#[test]
fn each_line_of_a_growing_file_has_its_effect_once_through_kills() {
    let seed = seed();
    println!("NEXUS_SEED={seed}");
    let soak = std::env::var("NEXUS_SOAK").is_ok_and(|value| value == "1");
    let (events, kills) = if soak { SOAK } else { USUAL };
    let stage = Stage::new();
    stage.configure("[[source]]\nname = 'lms'\nkind = 'file'\npath = 'events.ndjson'\n");
    let file = stage.path("events.ndjson");
    let writer = std::thread::spawn(move || {
        let mut file = OpenOptions::new().append(true).create(true).open(file).unwrap();
        for number in 0..events {
            // In two pieces, so that the reader often sees the half of a line.
            let line = format!("{}\n", event(number));
            let (half, rest) = line.split_at(line.len() / 2);
            file.write_all(half.as_bytes()).unwrap();
            file.write_all(rest.as_bytes()).unwrap();
            if number.is_multiple_of(40) {
                file.write_all(b"{\"no\": \"event\"}\n").unwrap();
            }
            if number.is_multiple_of(10) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    });
    let mut random = seed;
    for _ in 0..kills {
        let server = stage.serve();
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        std::thread::sleep(Duration::from_millis(50 + (random >> 33) % 700));
        server.kill();
    }
    writer.join().unwrap();
    let server = stage.serve();
    let length = std::fs::metadata(stage.path("events.ndjson")).unwrap().len();
    until("the file is read to its end", || {
        stage.places("lms").is_some_and(|places| places.values().any(|place| *place == length))
    });
    server.stop();
    let found = stage.events();
    assert_eq!(found.len() as u64, events);
    assert!(found.values().all(|count| *count == 1));
    let letters = stage.path("data/ingest/source-lms.rejected.ndjson");
    let letters = std::fs::read_to_string(letters).unwrap();
    let mut positions: Vec<u64> = letters
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|letter| letter["position"].as_u64().unwrap())
        .collect();
    positions.sort_unstable();
    positions.dedup();
    assert_eq!(positions.len() as u64, events.div_ceil(40));
}

#[test]
fn dead_letters_are_sent_again_when_their_cause_is_gone() {
    let stage = Stage::new();
    stage.configure("[[source]]\nname = 'lms'\nkind = 'file'\npath = 'events.ndjson'\n");
    let early = event(7).to_string().replace("sums", "fractions");
    std::fs::write(stage.path("events.ndjson"), format!("{early}\nnot json\n{}\n", event(8)))
        .unwrap();
    let server = stage.serve();
    until("both are put aside", || {
        stage.report("lms").is_some_and(|report| report["rejected"] == 2)
    });
    let redrive = ["source", "redrive", "lms", "--data", "data"];
    let refused = stage.run(&redrive);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let course = std::fs::read_to_string(stage.path("course.json")).unwrap();
    let course = course.replace("\"sums\"", "\"fractions\"");
    std::fs::write(stage.path("fractions.json"), course).unwrap();
    stage.check(&["course", "publish", "fractions.json"]);
    let said = crate::stage::words(&stage.run(&redrive).stdout);
    assert!(said.contains("1 taken, 1 still rejected"), "{said}");
    server.stop();
    assert_eq!(stage.events().into_keys().collect::<Vec<_>>(), ["e7", "e8"]);
    let left = std::fs::read_to_string(stage.path("data/ingest/source-lms.rejected.ndjson"));
    assert!(left.unwrap().contains("not json"));
}

#[test]
fn standard_input_given_again_from_its_beginning_changes_nothing() {
    let stage = Stage::new();
    stage.configure("[[source]]\nname = 'pipe'\nkind = 'file'\npath = '-'\n");
    let log: String = (0..50).map(|number| format!("{}\n", event(number))).collect();
    std::fs::write(stage.path("log.ndjson"), log).unwrap();
    for _ in 0..2 {
        let input = std::fs::File::open(stage.path("log.ndjson")).unwrap();
        let mut command = stage.command(&["serve", "--config", "nexus.toml"]);
        let mut child = command.stdin(input).stdout(std::process::Stdio::null()).spawn().unwrap();
        until("the input is read to its end", || {
            stage.report("pipe").is_some_and(|report| report["activity"] == "ended")
        });
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let found = stage.events();
    assert_eq!((found.len(), found.values().sum::<u32>()), (50, 50));
}
