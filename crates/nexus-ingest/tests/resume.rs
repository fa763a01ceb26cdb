//! What a file is known by, and where a run goes on: nothing is lost and nothing comes twice,
//! whatever files are called and however they change.

use flate2::Compression;
use flate2::write::GzEncoder;
use nexus_api::events::EventReceipt;
use nexus_ingest::Fault;
use nexus_ingest::answers::{Decoder, IncomingAnswer};
use nexus_ingest::mapping::Mapping;
use nexus_ingest::pump::{PumpPlan, PumpTally, Sink, order_of, pump};
use nexus_ingest::resume::{Opening, Places};
use nexus_ingest::source::FileSource;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const MAPPING: &str = "course = \"c\"\n[columns]\nlearner = \"who\"\nquestion = \"what\"\n\
    correct = \"ok\"\n[constants]\nattempt = \"1\"\n[time]\nunit = \"none\"\n\
    start = \"2026-01-01T00:00:00Z\"\nstep_seconds = 30\n";
const HEADER: &str = "who,what,ok\n";

/// A system that answers as the node does: the same again is a duplicate, another event of the
/// same id a conflict. It may fail at one batch.
#[derive(Default)]
struct System {
    events: BTreeMap<String, String>,
    batches: usize,
    fails_at: Option<usize>,
}

impl Sink for System {
    fn submit(
        &mut self,
        batch: &[IncomingAnswer],
    ) -> Result<Vec<EventReceipt>, Box<dyn std::error::Error + Send + Sync>> {
        self.batches += 1;
        let mut receipts = Vec::new();
        for incoming in batch {
            let id = incoming.event.id.to_string();
            let seq = self.events.len() as u64 + 1;
            receipts.push(match self.events.get(&id) {
                None => EventReceipt::accepted(&id, seq, false),
                Some(old) if *old == incoming.json => EventReceipt::duplicate(&id, seq),
                Some(_) => EventReceipt::rejected(Some(&id), "idempotency_conflict", "differs"),
            });
            self.events.entry(id).or_insert_with(|| incoming.json.clone());
        }
        // The plug is pulled after the batch was taken, before anyone hears of it.
        if self.fails_at == Some(self.batches) {
            Err("the plug was pulled".into())
        } else {
            Ok(receipts)
        }
    }
}

/// A folder of files and what they went into.
struct World {
    folder: tempfile::TempDir,
    mapping: Mapping,
    system: System,
    batch: usize,
}

impl World {
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let map = folder.path().join("map.toml");
        std::fs::write(&map, MAPPING)?;
        std::fs::create_dir(folder.path().join("ingest"))?;
        Ok(Self { folder, mapping: Mapping::load(&map)?, system: System::default(), batch: 500 })
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<PathBuf, std::io::Error> {
        let path = self.folder.path().join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, content)?;
        Ok(path)
    }

    /// One run, as `nexus ingest` does it; the counts are those of this run.
    fn run(&mut self, path: &Path, restart: bool) -> Result<(Opening, u64, [u64; 3]), Fault> {
        let is_table =
            path.file_name().is_some_and(|name| !name.to_string_lossy().contains("ndjson"));
        let mapping = Some(&self.mapping).filter(|_| is_table);
        let mut places = Places::load(&self.folder.path().join("ingest"))?;
        let mut start = places.start(path, restart)?;
        places.save(&start)?;
        let mut source = FileSource::open(path, Decoder::assembly(mapping))?;
        let mut decoder = Decoder::new(mapping, &start.resume.lineage)?;
        let mut looking = Decoder::new(mapping, &start.resume.lineage)?;
        let (opening, done, consumed) = (start.opening, start.resume.tally, source.consumed());
        let mut after_batch = |tally: &PumpTally| {
            start.resume.note(tally, consumed.get());
            places.save(&start)
        };
        let (system, mut rejected) = (&mut self.system, Vec::new());
        let mut looked = FileSource::open(path, Decoder::assembly(mapping))?;
        let order = order_of(&mut looked, &mut looking, done.line)?;
        let plan = PumpPlan { batch_max: self.batch, done, order, folder: self.folder.path() };
        let tally =
            pump(&mut source, &mut decoder, system, &mut rejected, &plan, &mut after_batch)?;
        let PumpTally { accepted, duplicate, rejected, .. } = tally.since(&done);
        Ok((opening, done.line, [accepted, duplicate, rejected]))
    }
}

fn events(ids: std::ops::Range<u32>) -> String {
    let line = |id: u32| {
        format!("{{\"id\":\"e{id}\",\"learner\":\"ada\",\"course\":\"c\",\"type\":\"enrolled\"}}\n")
    };
    ids.map(line).collect()
}

fn rows(learner: &str, questions: std::ops::Range<u32>) -> String {
    questions.map(|question| format!("{learner},q{question},1\n")).collect()
}

#[test]
fn two_files_of_one_name_are_two_files() -> Outcome {
    let mut world = World::new()?;
    let first = world.write("a/day.ndjson", events(0..40))?;
    let second = world.write("b/day.ndjson", events(40..90))?;
    assert_eq!(world.run(&first, false)?, (Opening::First, 0, [40, 0, 0]));
    assert_eq!(world.run(&second, false)?, (Opening::Namesake, 0, [50, 0, 0]));
    assert_eq!(world.run(&first, false)?, (Opening::GoesOn, 40, [0, 0, 0]));
    assert_eq!(world.run(&second, false)?, (Opening::GoesOn, 50, [0, 0, 0]));
    // Tables whose rows even begin in the same way.
    let first = world.write("a/day.csv", format!("{HEADER}ada,q1,1\nben,q1,1\n"))?;
    let second = world.write("b/day.csv", format!("{HEADER}ada,q1,1\ncyd,q1,1\n"))?;
    assert_eq!(world.run(&first, false)?, (Opening::First, 0, [2, 0, 0]));
    assert_eq!(world.run(&second, false)?, (Opening::Namesake, 0, [2, 0, 0]));
    assert_eq!(world.system.events.len(), 94);
    Ok(())
}

#[test]
fn a_copy_under_another_name_gives_duplicates() -> Outcome {
    let mut world = World::new()?;
    for questions in [20, 20_000] {
        let text = format!("{HEADER}{}", rows("ada", 0..questions));
        let log = world.write("log.csv", &text)?;
        let many = u64::from(questions);
        assert!(world.run(&log, false)?.2[0] > 0);
        let mut zipped = GzEncoder::new(Vec::new(), Compression::fast());
        zipped.write_all(text.as_bytes())?;
        let copy = world.write(&format!("copy-{questions}.csv.gz"), zipped.finish()?)?;
        assert_eq!(world.run(&copy, false)?, (Opening::First, 0, [0, many, 0]));
    }
    assert_eq!(world.system.events.len(), 20_000);
    Ok(())
}

#[test]
fn a_file_that_is_appended_to_goes_on() -> Outcome {
    let mut world = World::new()?;
    let log = world.write("log.ndjson", events(0..3))?;
    assert_eq!(world.run(&log, false)?, (Opening::First, 0, [3, 0, 0]));
    world.write("log.ndjson", events(0..5) + "{\"id\":\"e5\",")?;
    assert_eq!(world.run(&log, false)?, (Opening::GoesOn, 3, [2, 0, 1]));
    // The line that was half there is whole now.
    world.write("log.ndjson", events(0..2_000))?;
    assert_eq!(world.run(&log, false)?, (Opening::GoesOn, 5, [1_995, 0, 0]));
    // A table keeps the ids of its rows on its way past 64 KiB, even when all is read again.
    let mut text = HEADER.to_owned();
    let table = world.write("log.csv", &text)?;
    assert_eq!(world.run(&table, false)?, (Opening::First, 0, [0, 0, 0]));
    let mut line = 0;
    for end in [10_u32, 20, 9_000, 20_000] {
        let begin = text.lines().count() as u32 - 1;
        text.push_str(&rows("ada", begin..end));
        world.write("log.csv", &text)?;
        let opening = if line == 0 { Opening::First } else { Opening::GoesOn };
        let new = u64::from(end - begin);
        assert_eq!(world.run(&table, false)?, (opening, line, [new, 0, 0]));
        line = u64::from(end) + 1;
    }
    assert_eq!(world.run(&table, true)?, (Opening::First, 0, [0, 20_000, 0]));
    Ok(())
}

#[test]
fn a_changed_file_begins_anew_and_loses_nothing() -> Outcome {
    let mut world = World::new()?;
    // Far behind the first 64 KiB: the same file with another row.
    let mut text = format!("{HEADER}{}", rows("ada", 0..20_000));
    let table = world.write("log.csv", &text)?;
    assert_eq!(world.run(&table, false)?.2, [20_000, 0, 0]);
    text = text.replace("ada,q19000,1", "ada,q19000,0") + "ben,q1,1\n";
    world.write("log.csv", &text)?;
    assert_eq!(world.run(&table, false)?, (Opening::Changed, 0, [1, 19_999, 1]));
    // Events have ids of their own, so a change anywhere shows in the changed lines only.
    let log = world.write("log.ndjson", events(0..40))?;
    assert_eq!(world.run(&log, false)?.2, [40, 0, 0]);
    let changed = events(0..41).replace("\"e7\",\"learner\":\"ada\"", "\"e7\",\"learner\":\"ben\"");
    world.write("log.ndjson", changed)?;
    assert_eq!(world.run(&log, false)?, (Opening::Namesake, 0, [1, 39, 1]));
    // A short table that lost its end and goes on in another way.
    let short = world.write("short.csv", format!("{HEADER}{}", rows("ada", 0..5)))?;
    assert_eq!(world.run(&short, false)?.2, [5, 0, 0]);
    world.write("short.csv", format!("{HEADER}{}", rows("ada", 0..9)))?;
    assert_eq!(world.run(&short, false)?, (Opening::GoesOn, 6, [4, 0, 0]));
    world.write("short.csv", format!("{HEADER}{}{}", rows("ada", 0..5), rows("ben", 0..4)))?;
    assert_eq!(world.run(&short, false)?, (Opening::Namesake, 0, [4, 5, 0]));
    Ok(())
}

#[test]
fn a_killed_run_goes_on_and_counts_what_it_does() -> Outcome {
    let mut world = World::new()?;
    let text = format!("{HEADER}{}", rows("ada", 0..100));
    let table = world.write("log.csv", &text)?;
    world.batch = 16;
    world.system.fails_at = Some(1);
    assert!(world.run(&table, false).is_err());
    // It grew before it is read again: the batch that was taken must not come twice.
    world.write("log.csv", text + &rows("ben", 0..100))?;
    world.system.fails_at = Some(6);
    assert!(world.run(&table, false).is_err());
    let (opening, line, counts) = world.run(&table, false)?;
    assert_eq!((opening, line, counts), (Opening::GoesOn, 65, [120, 16, 0]));
    assert_eq!(world.system.events.len(), 200);
    let places = Places::load(&world.folder.path().join("ingest"))?;
    let total = places.start(&table, false)?.resume.tally;
    let (line, accepted, duplicate, records) = (201, 168, 32, 200);
    let expected = PumpTally { line, accepted, duplicate, records, ..PumpTally::default() };
    assert_eq!(total, expected, "the state keeps the total");
    Ok(())
}

#[test]
fn a_damaged_resume_file_says_what_to_do() -> Outcome {
    let world = World::new()?;
    world.write("ingest/log.csv.resume.json", "{}")?;
    let fault = Places::load(&world.folder.path().join("ingest")).err();
    let words = fault.map(|fault| fault.to_string()).unwrap_or_default();
    assert!(words.contains("remove it to begin again"), "{words}");
    assert!(Places::load(&world.folder.path().join("none")).is_ok());
    Ok(())
}
