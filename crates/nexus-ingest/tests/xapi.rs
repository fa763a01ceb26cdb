//! Statements of the Experience API that others wrote: the vectors of its conformance suite, and a
//! week of a real course.

#[path = "real_data/folder.rs"]
mod folder;

use nexus_api::events::{EventReceipt, ReceiptStatus};
use nexus_engine::catalog::{Course, Names, validation};
use nexus_engine::ids::ActivityKey;
use nexus_engine::learner::progress::Segment;
use nexus_engine::learner::viewing::Viewing;
use nexus_ingest::answers::{Decoder, IncomingAnswer};
use nexus_ingest::file::{BytesRead, open};
use nexus_ingest::foreign::{ActorKey, Foreign, ForeignFormat, IriIndex};
use nexus_ingest::pump::{FileOrder, PumpPlan, PumpTally, Sink, order_of, pump};
use nexus_ingest::rejection::Rejection;
use nexus_ingest::source::{Assembly, FileSource};
use nexus_ingest::xapi::{XapiVersion, validate};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The verdict of the suite on each of its statements is ours.
#[test]
fn the_vectors_of_the_conformance_suite() -> Outcome {
    let Some(folder) = folder::data("xapi-conformance") else { return Ok(()) };
    let file = open(&folder.join("vectors-1.0.3.jsonl.gz"), &BytesRead::default())?;
    let (mut agree, mut differ) = ([0, 0], Vec::new());
    for line in file.lines() {
        let vector: Value = serde_json::from_str(&line?)?;
        let expected = vector["expect"].as_u64() == Some(200);
        match validate(&vector["statement"], XapiVersion::V1) {
            found if found.is_ok() == expected => agree[usize::from(expected)] += 1,
            found => differ.push(format!("{}: {} {found:?}", vector["suite"], vector["name"])),
        }
    }
    println!("{} refused and {} taken as expected", agree[0], agree[1]);
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
    assert_eq!(agree, [424, 235]);
    Ok(())
}

/// Keeps what comes; an id that came is a duplicate.
#[derive(Default)]
struct Kept {
    events: Vec<Value>,
    ids: BTreeSet<String>,
    voided: Vec<String>,
}

impl Sink for Kept {
    fn submit(
        &mut self,
        batch: &[IncomingAnswer],
    ) -> Result<Vec<EventReceipt>, Box<dyn std::error::Error + Send + Sync>> {
        let mut take = |incoming: &IncomingAnswer| {
            let id = incoming.event.id.to_string();
            if !self.ids.insert(id.clone()) {
                return Ok(EventReceipt::duplicate(&id, 0));
            }
            self.events.push(serde_json::from_str(&incoming.json)?);
            Ok(EventReceipt::accepted(&id, 0, false))
        };
        batch.iter().map(&mut take).collect()
    }

    fn void(
        &mut self,
        events: &[String],
    ) -> Result<Vec<ReceiptStatus>, Box<dyn std::error::Error + Send + Sync>> {
        let became = |id: &String| match (self.ids.contains(id), self.voided.contains(id)) {
            (false, _) => ReceiptStatus::Rejected,
            (true, false) => ReceiptStatus::Accepted,
            (true, true) => ReceiptStatus::Duplicate,
        };
        let became = events.iter().map(became).collect();
        self.voided.extend(events.iter().cloned());
        Ok(became)
    }
}

fn course(text: &str) -> Arc<Course> {
    let draft = nexus_ingest::course_file::read(text).unwrap();
    Arc::new(validation::publish(&draft, &mut Names::default()).unwrap())
}

/// Five videos by the names and the lengths that the file has.
const VIDEOS: [(&str, &str, f64); 5] = [
    ("v1", "uuid://7d4f3c70-1e79-4243-9b7d-166076ce8bfb", 264.0),
    ("v2", "uuid://1c0c127a-f121-4bd1-8db6-918605c2645d", 525.0),
    ("v3", "uuid://dd38149d-956a-483d-8975-c1506de1e1a9", 586.0),
    ("v4", "uuid://0aecfa93-cef3-45ae-b7f5-a603e9e45f50", 903.0),
    ("v5", "uuid://541dab6b-50ae-4444-b230-494f0621f132", 895.0),
];

fn videos() -> Arc<Course> {
    let activity = |(id, _, seconds): (&str, &str, f64)| {
        format!(
            "      - {{id: {id}, kind: video, title: {id}, skills: [s], difficulty: 0.5, \
             minutes: 9, video: {{seconds: {seconds}}}}}\n"
        )
    };
    let named =
        |(id, iri, _): (&str, &str, f64)| format!("  - {{iri: \"{iri}\", activity: {id}}}\n");
    course(&format!(
        "format: 1\nid: mooc\nversion: 1\ntitle: Mooc\nlanguage: fr\n\
         skills:\n  - {{id: s, title: S}}\n\
         modules:\n  - id: m\n    title: M\n    activities:\n{}iris:\n{}",
        VIDEOS.map(activity).concat(),
        VIDEOS.map(named).concat(),
    ))
}

fn foreign(course: Arc<Course>) -> Foreign {
    let (key, iris) = (ActorKey::new([7; 32]), IriIndex::new([course]));
    Foreign { format: ForeignFormat::Xapi, key, iris }
}

fn ingest(
    file: &Path,
    foreign: &Foreign,
    sink: &mut Kept,
) -> Result<(PumpTally, Vec<Rejection>, Decoder), Box<dyn std::error::Error>> {
    let mut decoder = Decoder::Foreign(Box::new(foreign.decoder()?));
    let order = order_of(&mut FileSource::open(file, Assembly::LinesOrArray)?, &mut decoder, 0)?;
    assert_eq!(order, FileOrder::ByTime);
    let folder = tempfile::tempdir()?;
    let plan =
        PumpPlan { batch_max: 500, done: PumpTally::default(), order, folder: folder.path() };
    let mut source = FileSource::open(file, Assembly::LinesOrArray)?;
    let mut rejections = Vec::new();
    let none = &mut |_: &PumpTally| Ok(());
    let tally = pump(&mut source, &mut decoder, sink, &mut rejections, &plan, none)?;
    Ok((tally, rejections, decoder))
}

/// Of a real week every statement is an event, or is counted with its reason, and what learners
/// have completed is what the file says they watched.
#[test]
fn a_week_of_a_real_course() -> Outcome {
    let Some(folder) = folder::data("xapi-fun-mooc-video") else { return Ok(()) };
    let file = folder.join("statements.jsonl.gz");
    let mut kept = Kept::default();
    let (tally, rejections, decoder) = ingest(&file, &foreign(videos()), &mut kept)?;
    println!("{tally:?} {:?}", decoder.unused());
    assert_eq!(rejections, []);
    assert_eq!(tally.records, 13_309);
    assert_eq!(tally.accepted + tally.unused, 13_309);
    let unused = &decoder.unused().unwrap().records;
    assert_eq!(unused["downloaded"], 27);
    assert_eq!(unused["interacted without a result"], 1_942);
    let starts = kept.events.iter().filter(|event| event["type"] == "activity_started").count();
    let again: u64 = unused
        .iter()
        .filter(|(why, _)| why.ends_with("again in its session"))
        .map(|it| *it.1)
        .sum();
    assert_eq!(starts as u64 + again, 639 + 4_270, "initialized and played");
    assert_eq!(completions(&kept.events), watched_enough(&file)?);
    let again = ingest(&file, &foreign(videos()), &mut kept)?.0;
    assert_eq!((again.accepted, again.duplicate), (0, tally.accepted), "sent twice, counted once");
    Ok(())
}

/// Which learner completed which video, as the engine counts what is watched.
fn completions(events: &[Value]) -> BTreeSet<(String, String)> {
    let mut viewings: BTreeMap<(String, String), Viewing> = BTreeMap::new();
    for event in events.iter().filter(|event| event["type"] == "video_progressed") {
        let part = |key: &str| event[key].as_str().unwrap().to_owned();
        let segments: Vec<[f64; 2]> = serde_json::from_value(event["segments"].clone()).unwrap();
        let segment = |[from_seconds, to_seconds]: &[f64; 2]| Segment {
            from_seconds: *from_seconds,
            to_seconds: *to_seconds,
        };
        let segments: Vec<_> = segments.iter().map(segment).collect();
        let viewing = viewings.entry((part("learner"), part("activity")));
        let viewing = viewing.or_insert_with(|| Viewing::of(ActivityKey(0), &[]));
        viewing.watch(&segments);
    }
    let length = |id: &str| VIDEOS.iter().find(|(known, ..)| *known == id).unwrap().2;
    let enough =
        |((_, video), viewing): &(&(String, String), &Viewing)| viewing.is_enough(length(video));
    viewings.iter().filter(enough).map(|(whose, _)| whose.clone()).collect()
}

/// The same by counting hundredths of seconds: 90 % of all but the last tenth were played.
fn watched_enough(file: &Path) -> Result<BTreeSet<(String, String)>, Box<dyn std::error::Error>> {
    const PLAYED: &str = "https://w3id.org/xapi/video/extensions/played-segments";
    let key = ActorKey::new([7; 32]);
    let mut seen: BTreeMap<(String, String), Vec<bool>> = BTreeMap::new();
    for line in open(file, &BytesRead::default())?.lines() {
        let statement: Value = serde_json::from_str(&line?)?;
        let account = &statement["actor"]["account"];
        let part = |key: &str| account[key].as_str().unwrap();
        let learner = key.of_account(part("homePage"), part("name"));
        let video = VIDEOS.iter().find(|(_, iri, _)| statement["object"]["id"] == *iri).unwrap();
        let hundredths = vec![false; (video.2 * 90.0).round() as usize];
        let seen = seen.entry((learner, video.0.to_owned())).or_insert(hundredths);
        let played = statement["result"]["extensions"][PLAYED].as_str().unwrap_or_default();
        for part in played.split("[,]").filter_map(|part| part.split_once("[.]")) {
            let at = |text: &str| (text.parse::<f64>().unwrap() * 100.0).round() as usize;
            let (from, to) = (at(part.0), at(part.1).min(seen.len()));
            seen[from.min(to)..to].fill(true);
        }
    }
    let enough = |(_, seen): &(&(String, String), &Vec<bool>)| {
        let played = seen.iter().filter(|it| **it).count() as f64;
        played >= 0.9 * seen.len() as f64
    };
    Ok(seen.iter().filter(enough).map(|(whose, _)| whose.clone()).collect())
}

/// The same statements as lines, as one array, as two arrays, and zipped.
#[test]
fn lines_arrays_and_gzip_hold_the_same() -> Outcome {
    let statement = |verb: &str, minute: u32, object: &str| {
        serde_json::json!({
            "actor": {"mbox": "mailto:ada@example.com"},
            "verb": {"id": format!("http://adlnet.gov/expapi/verbs/{verb}")},
            "object": {"id": object},
            "timestamp": format!("2026-11-22T09:{minute:02}:00Z"),
        })
    };
    let statements = [
        statement("terminated", 9, VIDEOS[0].1),
        statement("initialized", 3, VIDEOS[0].1),
        statement("initialized", 4, "uuid://nobody-knows"),
        statement("launched", 5, VIDEOS[1].1),
        serde_json::json!({"actor": {"mbox": "ada"}}),
    ];
    let lines: Vec<String> = statements.iter().map(ToString::to_string).collect();
    let folder = tempfile::tempdir()?;
    let mut told = Vec::new();
    for (name, text) in [
        ("lines.ndjson", lines.join("\n")),
        ("array.json", serde_json::to_string_pretty(&statements)?),
        ("arrays.json", format!("[{}]\n[{}]\n", lines[..2].join(","), lines[2..].join(","))),
        ("array.json.gz", format!("[{}]", lines.join(","))),
    ] {
        let file = folder.path().join(name);
        let mut bytes = text.into_bytes();
        if name.ends_with(".gz") {
            let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            zip.write_all(&bytes)?;
            bytes = zip.finish()?;
        }
        std::fs::write(&file, bytes)?;
        let mut kept = Kept::default();
        let (tally, rejections, decoder) = ingest(&file, &foreign(videos()), &mut kept)?;
        let counts = (tally.records, tally.accepted, tally.rejected, tally.unused);
        assert_eq!(counts, (5, 2, 2, 1), "{name}");
        let reasons: Vec<_> =
            rejections.iter().map(|it| (it.line, it.code.clone(), it.reason.clone())).collect();
        assert_eq!(decoder.unused().unwrap().unknown_objects["uuid://nobody-knows"], 1);
        told.push((kept.events, reasons));
    }
    let (line, code, reason) = &told[0].1[1];
    assert_eq!((*line, code.as_str()), (5, "bad_mailbox"));
    assert!(reason.starts_with("/actor/mbox: "), "{reason}");
    assert!(told.iter().all(|it| *it == told[0]), "{told:#?}");
    Ok(())
}

/// A statement that takes another one back is done in the end, whatever the order of the file.
#[test]
fn a_void_takes_back_what_came_of_a_statement() -> Outcome {
    let known = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee";
    let statement = |more: Value| {
        let mut statement = serde_json::json!({
            "actor": {"mbox": "mailto:ada@example.com"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
            "object": {"objectType": "StatementRef", "id": known},
            "timestamp": "2026-11-22T09:00:00Z",
        });
        statement.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        statement.to_string()
    };
    let started = serde_json::json!({
        "id": known,
        "verb": {"id": "http://adlnet.gov/expapi/verbs/launched"},
        "object": {"id": VIDEOS[0].1},
    });
    let stranger = "8f87ccde-bb56-4c2e-ab83-44982ef22df0";
    let unknown = serde_json::json!({"object": {"objectType": "StatementRef", "id": stranger}});
    let lines = [statement(serde_json::json!({})), statement(started), statement(unknown)];
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("statements.ndjson");
    std::fs::write(&file, lines.join("\n"))?;
    let mut kept = Kept::default();
    let (tally, rejections, _) = ingest(&file, &foreign(videos()), &mut kept)?;
    assert_eq!(kept.voided, [known, stranger]);
    assert_eq!((tally.records, tally.accepted, tally.rejected), (3, 2, 1));
    assert_eq!((rejections[0].line, rejections[0].code.as_str()), (3, "unknown_statement"));
    Ok(())
}

#[test]
fn without_names_nothing_is_read() {
    let unnamed = "format: 1\nid: c\nversion: 1\ntitle: C\nlanguage: en\n\
                   skills: [{id: s, title: S}]\nmodules:\n  - id: m\n    title: M\n    activities:\n      \
                   - {id: v, kind: video, title: V, skills: [s], difficulty: 0.5, minutes: 9, video: {seconds: 9}}\n";
    let fault = foreign(course(unnamed)).decoder().err().map(|fault| fault.to_string());
    assert!(fault.is_some_and(|fault| fault.contains("iris")), "the fault says what to do");
}
