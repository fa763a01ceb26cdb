//! Answer files: every record becomes one event or one rejection, however often it is sent.

#[path = "real_data/folder.rs"]
mod real_data;

use nexus_api::events::EventReceipt;
use nexus_engine::catalog::validation::check;
use nexus_ingest::Fault;
use nexus_ingest::answers::{Decoder, IncomingAnswer};
use nexus_ingest::course_from_answers::course_from_answers;
use nexus_ingest::fingerprint::{Beginning, Lineage};
use nexus_ingest::mapping::Mapping;
use nexus_ingest::pump::{FileOrder, PumpPlan, PumpTally, Sink, pump};
use nexus_ingest::rejection::Rejection;
use nexus_ingest::source::FileSource;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A system that keeps the JSON of every event by its id, and may fail at one batch.
#[derive(Default)]
struct Kept {
    events: BTreeMap<String, String>,
    batches: usize,
    fails_at: Option<usize>,
}

impl Sink for Kept {
    fn submit(
        &mut self,
        batch: &[IncomingAnswer],
    ) -> Result<Vec<EventReceipt>, Box<dyn std::error::Error + Send + Sync>> {
        self.batches += 1;
        if self.fails_at == Some(self.batches) {
            return Err("the plug was pulled".into());
        }
        let mut take = |incoming: &IncomingAnswer| {
            let id = incoming.event.id.to_string();
            if incoming.json.contains("\"nobody\"") {
                return EventReceipt::rejected(Some(&id), "unknown_learner", "nobody is there");
            }
            let seq = self.events.len() as u64 + 1;
            match self.events.insert(id.clone(), incoming.json.clone()) {
                None => EventReceipt::accepted(&id, seq, false),
                Some(_) => EventReceipt::duplicate(&id, seq),
            }
        };
        Ok(batch.iter().map(&mut take).collect())
    }
}

struct Run {
    result: Result<PumpTally, Fault>,
    rejected: Vec<Rejection>,
    saved: PumpTally,
}

fn lineage(path: &Path) -> Result<Lineage, Fault> {
    Ok(Lineage::of(&Beginning::read(path)?, std::iter::empty()))
}

fn run(
    path: &Path,
    mapping: Option<&Mapping>,
    kept: &mut Kept,
    batch_max: usize,
    done: PumpTally,
) -> Result<Run, Fault> {
    let mut source = FileSource::open(path, Decoder::assembly(mapping))?;
    let mut decoder = Decoder::new(mapping, &lineage(path)?)?;
    let (mut rejected, mut saved) = (Vec::new(), done);
    let mut save = |tally: &PumpTally| {
        saved = *tally;
        Ok(())
    };
    let folder = std::env::temp_dir();
    let plan = PumpPlan { batch_max, done, order: FileOrder::AsItStands, folder: &folder };
    let result = pump(&mut source, &mut decoder, kept, &mut rejected, &plan, &mut save);
    Ok(Run { result, rejected, saved })
}

/// A tally in which every record is accounted for.
fn tally_of(line: u64, accepted: u64, duplicate: u64, rejected: u64) -> PumpTally {
    let records = accepted + duplicate + rejected;
    PumpTally { line, accepted, duplicate, rejected, records, unused: 0, dropped: 0 }
}

fn written(folder: &Path, name: &str, text: &str) -> Result<PathBuf, std::io::Error> {
    let path = folder.join(name);
    std::fs::write(&path, text)?;
    Ok(path)
}

const MAPPING: &str = r#"
course = "fractions"
grade_max = 10
[columns]
learner = "who"
question = "what"
grade = "points"
time = "when"
duration_seconds = "took"
hints = "hints"
response = "said"
[constants]
attempt = "1"
[prefixes]
learner = "school-"
question = "q-"
[time]
unit = "moment"
"#;

const TABLE: &str = "who,what,points,when,took,hints,said\n\
    ada,1,10,2026-01-02T03:04:05Z,1.5,0,\"a, or\nb\"\n\
    \n\
    ben,2,11,2026-01-02T03:04:05Z,,,\n\
    cyd,2,5,2026-01-02 03:04:05,,2,\n\
    ,2,5,2026-01-02 03:04:05,,2,\n\
    dan,2,5,soon,,2,\n\
    b\u{7}d,2,5,2026-01-02 03:04:05,,2,\n";

/// Two JSON objects as one.
fn joined(left: &Value, right: &Value) -> Value {
    let fields = [left, right].into_iter().filter_map(Value::as_object).flatten();
    fields.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[test]
fn a_table_becomes_events_and_rejections() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mapping = Mapping::load(&written(folder.path(), "map.toml", MAPPING)?)?;
    let path = written(folder.path(), "answers.csv", TABLE)?;
    let mut kept = Kept::default();
    let run = run(&path, Some(&mapping), &mut kept, 500, PumpTally::default())?;
    let mut events = Vec::new();
    for json in kept.events.values() {
        events.push(serde_json::from_str::<serde_json::Value>(json)?);
    }
    let common = json!({"course": "fractions", "type": "question_answered", "attempt": 1,
        "occurred_at": "2026-01-02T03:04:05Z"});
    let lineage = lineage(&path)?;
    let id = |line: u64| format!("fractions:{}:{line}", lineage.mark(line));
    let ada = json!({"id": id(2), "learner": "school-ada", "question": "q-1",
        "grade": 1.0, "response": "a, or\nb", "duration_ms": 1500, "hints": 0});
    let cyd = json!({"id": id(6), "learner": "school-cyd", "question": "q-2",
        "grade": 0.5, "hints": 2});
    assert_eq!(events, [joined(&common, &ada), joined(&common, &cyd)]);
    let reasons: Vec<(u64, &str)> =
        run.rejected.iter().map(|rejected| (rejected.line, rejected.code.as_str())).collect();
    let expected = [(5, "bad_grade"), (7, "missing_value"), (8, "bad_time"), (9, "invalid_id")];
    assert_eq!(reasons, expected);
    assert_eq!(run.rejected[0].original, "ben,2,11,2026-01-02T03:04:05Z,,,");
    assert_eq!(run.result?, tally_of(9, 2, 0, 4));
    Ok(())
}

#[test]
fn events_are_taken_as_they_are() -> Outcome {
    let folder = tempfile::tempdir()?;
    let good = |id: u32, learner: &str| {
        format!(r#"{{"id":"e{id}","learner":"{learner}","course":"c","type":"enrolled","new":1}}"#)
    };
    let text = format!(
        "{}\n{}\nnot json\n{{\"id\":\"e9\"}}\n{}\n{}",
        good(1, "ada"),
        good(1, "ada"),
        good(2, "nobody"),
        "x".repeat(1_100_000)
    );
    let path = written(folder.path(), "events.ndjson", &text)?;
    let mut kept = Kept::default();
    let run = run(&path, None, &mut kept, 500, PumpTally::default())?;
    assert_eq!(kept.events.get("e1"), Some(&good(1, "ada")), "unknown fields are kept");
    let reasons: Vec<(u64, &str)> =
        run.rejected.iter().map(|rejected| (rejected.line, rejected.code.as_str())).collect();
    let expected = [
        (3, "malformed_json"),
        (4, "schema_violation"),
        (5, "unknown_learner"),
        (6, "record_too_long"),
    ];
    assert_eq!(reasons, expected);
    assert!(run.rejected[3].original.len() < 5_000);
    assert_eq!(run.result?, tally_of(6, 1, 1, 4));
    Ok(())
}

/// ING-1: wherever a run stops, the next goes on so that all is applied, and nothing twice.
#[test]
fn an_interrupted_run_goes_on_where_it_stopped() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mapping = Mapping::load(&written(folder.path(), "map.toml", MAPPING)?)?;
    let mut text = String::from("who,what,points,when,took,hints,said\n");
    for line in 2..200 {
        let points = if line % 50 == 0 { 99 } else { 10 };
        text.push_str(&format!("ada,{line},{points},2026-01-02T03:04:05Z,,,\n"));
    }
    let path = written(folder.path(), "answers.csv", &text)?;
    let mut kept = Kept { fails_at: Some(4), ..Kept::default() };
    let first = run(&path, Some(&mapping), &mut kept, 16, PumpTally::default())?;
    assert!(first.result.is_err());
    let second = run(&path, Some(&mapping), &mut kept, 16, first.saved)?;
    assert_eq!(second.result?, tally_of(199, 195, 0, 3));
    assert_eq!(kept.events.len(), 195);
    let again = run(&path, Some(&mapping), &mut kept, 16, PumpTally::default())?;
    assert_eq!(again.result?.duplicate, 195);
    Ok(())
}

#[test]
fn a_mapping_that_does_not_fit_says_so() -> Outcome {
    let folder = tempfile::tempdir()?;
    let check = |mapping: &str, expected: &str| -> Outcome {
        let path = written(folder.path(), "map.toml", mapping)?;
        let table = written(folder.path(), "table.csv", TABLE)?;
        let fault = Mapping::load(&path)
            .and_then(|mapping| course_from_answers(&[&table], &mapping))
            .err()
            .map(|fault| fault.to_string())
            .unwrap_or_default();
        assert!(fault.contains(expected), "{fault}");
        Ok(())
    };
    check("course = 1", "map.toml:1: invalid type")?;
    check("course = \"c\"\n\ncolor = 1", "map.toml:3: unknown field `color`")?;
    check("course = \"c\"", "`columns` must name `learner`")?;
    check(&MAPPING.replace("\"who\"", "\"pupil\""), "no column \"pupil\"; there are who, what")?;
    check(&MAPPING.replace("grade_max = 10", "grade_max = 0"), "`grade_max` must be")?;
    check(&MAPPING.replace("unit = \"moment\"", "start = \"now\""), "time.start: expected")?;
    Ok(())
}

fn map(name: &str) -> Result<Mapping, Fault> {
    Mapping::load(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../maps").join(name))
}

#[test]
fn assistments_becomes_a_course_and_its_events() -> Outcome {
    let Some(folder) = real_data::data("kt-assistments2009-lpp") else { return Ok(()) };
    let mapping = map("kt-assistments2009-lpp.toml")?;
    let (train, test) = (folder.join("train.tsv.gz"), folder.join("test.tsv.gz"));
    let draft = course_from_answers(&[&train, &test], &mapping)?.draft;
    assert_eq!(check(&draft), []);
    let activities = &draft.modules[0].activities;
    let questions: usize = activities.iter().map(|activity| activity.questions.len()).sum();
    assert_eq!((questions, draft.skills.len(), activities.len()), (17_708, 123, 149));
    let mut kept = Kept::default();
    let tally = run(&test, Some(&mapping), &mut kept, 500, PumpTally::default())?.result?;
    assert_eq!(tally, tally_of(58267, 58266, 0, 0));
    Ok(())
}

#[test]
fn four_lines_a_learner_become_events_without_the_leak() -> Outcome {
    let Some(folder) = real_data::data("kt-assistments2009-akt") else { return Ok(()) };
    let mapping = map("kt-assistments2009-akt.toml")?;
    let part = folder.join("part1.csv.gz");
    let draft = course_from_answers(&[&part], &mapping)?.draft;
    assert_eq!(check(&draft), []);
    let titles = draft.skills.iter().filter(|skill| skill.title.starts_with("Skill ")).count();
    assert_eq!(titles, 0, "every skill has its title");
    let mut kept = Kept::default();
    let tally = run(&part, Some(&mapping), &mut kept, 500, PumpTally::default())?.result?;
    println!("{tally:?}");
    // 60,915 rows, of which 52,000 do not repeat the question before them.
    assert!((52_000..53_000).contains(&tally.accepted), "{tally:?}");
    assert_eq!(tally.rejected, 0);
    Ok(())
}

#[test]
fn times_of_a_log_are_kept() -> Outcome {
    let Some(folder) = real_data::data("kt-algebra2005-timed") else { return Ok(()) };
    let mapping = map("kt-algebra2005-timed.toml")?;
    let log = folder.join("test.tsv.gz");
    let draft = course_from_answers(&[&log], &mapping)?.draft;
    assert_eq!(check(&draft), []);
    let questions: usize = draft.modules[0].activities.iter().map(|a| a.questions.len()).sum();
    assert_eq!(questions, 48_080);
    let mut kept = Kept::default();
    let tally = run(&log, Some(&mapping), &mut kept, 500, PumpTally::default())?.result?;
    assert_eq!((tally.accepted, tally.rejected), (129_998, 0));
    let first = kept
        .events
        .get(&format!("algebra2005:{}:2", lineage(&log)?.mark(2)))
        .map(String::as_str)
        .unwrap_or_default();
    assert!(first.contains("\"occurred_at\":\"2005-09-01T11:13:42Z\""), "{first}");
    Ok(())
}

#[test]
fn dkvmn_has_three_lines_a_learner() -> Outcome {
    let Some(folder) = real_data::data("kt-assistments2009-dkvmn") else { return Ok(()) };
    let mapping = map("kt-assistments2009-dkvmn.toml")?;
    let mut kept = Kept::default();
    let tally =
        run(&folder.join("test.csv.gz"), Some(&mapping), &mut kept, 500, PumpTally::default())?;
    // The count of SOURCE.md.
    assert_eq!(tally.result?.accepted, 101_419);
    Ok(())
}

#[test]
fn three_lines_are_a_learner_without_a_name() -> Outcome {
    let folder = tempfile::tempdir()?;
    let file = written(folder.path(), "log.csv", "2\n7,8\n1,0\n1\n8\n1\n2\n8\n1\n")?;
    let map = "course = \"c\"\nlayout = \"skill_sequences\"";
    let mapping = Mapping::load(&written(folder.path(), "map.toml", map)?)?;
    let mut kept = Kept::default();
    let tally = run(&file, Some(&mapping), &mut kept, 500, PumpTally::default())?.result?;
    // Two learners with three answers, and a block whose lengths differ.
    assert_eq!((tally.accepted, tally.rejected), (3, 1));
    Ok(())
}
