//! Sources: each record has its effect once, whatever is delivered twice, cut off or begun anew.

use nexus_engine::catalog::draft::IriDraft;
use nexus_engine::event::Action;
use nexus_engine::ids::{EventId, LearnerId};
use nexus_server::clock::Clock;
use nexus_server::node::{
    Health, Incoming, NodeConfig, NodeHandle, NodeThread, Receipt, SourceBatch, Taken, start,
};
use nexus_server::sources::board::SourceBoard;
use nexus_server::sources::dead_letters::DeadLetterLine;
use nexus_server::sources::section::{FileSection, RecordFormat, SourceSection};
use nexus_server::sources::{self, SourceThreads, dead_letter_path};
use nexus_testkit::said::plain;
use nexus_testkit::tiny;
use serde_json::json;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

fn open(directory: &Path) -> (NodeHandle, NodeThread) {
    start(NodeConfig::new(directory.to_owned(), Clock::system()).unwrap()).unwrap()
}

fn stop(node: NodeHandle, thread: NodeThread) {
    node.stop_node();
    drop(node);
    assert_eq!(thread.join(), Health::Stopping);
}

/// The enrolment of the learner whose number is the position.
fn enrolled(position: u64) -> (u64, Incoming) {
    let learner = format!("learner-{position}");
    let id = EventId::new(&format!("event-{position}")).unwrap();
    (
        position,
        Incoming {
            id,
            hash: [1; 16],
            proposal: plain(&learner, "sums", Action::Enrolled { test: false }),
        },
    )
}

fn batch(positions: std::ops::Range<u64>) -> SourceBatch {
    SourceBatch {
        source: "clicks".into(),
        partition: "clicks/0".into(),
        next: positions.end,
        events: positions.map(enrolled).collect(),
    }
}

async fn place(node: &NodeHandle) -> u64 {
    let places = node.source_positions().await.unwrap();
    places.get("clicks").and_then(|it| it.get("clicks/0")).copied().unwrap_or(0)
}

async fn head(node: &NodeHandle) -> u64 {
    node.read(|reader| reader.state().head).await.unwrap()
}

fn accepted(taken: &Taken) -> bool {
    matches!(taken, Taken::Now(Receipt::Accepted { .. }))
}

#[tokio::test]
async fn a_batch_that_comes_again_has_no_effect_and_the_position_only_grows() {
    let directory = tempfile::tempdir().unwrap();
    let (node, thread) = open(directory.path());
    node.publish(tiny()).await.unwrap();
    let taken = node.take_batch(batch(0..5)).await.unwrap();
    assert!(taken.events.iter().all(accepted), "{taken:?}");
    assert_eq!((taken.position, place(&node).await), (5, 5));
    let before = head(&node).await;
    // A member that does not know that it was replaced sends what it had.
    let again = node.take_batch(batch(1..4)).await.unwrap();
    assert_eq!((again.position, again.events), (5, vec![Taken::Behind; 3]));
    let overlapping = node.take_batch(batch(3..7)).await.unwrap();
    assert_eq!(overlapping.events[..2], [Taken::Behind, Taken::Behind]);
    assert!(overlapping.events[2..].iter().all(accepted), "{overlapping:?}");
    assert_eq!((overlapping.position, head(&node).await), (7, before + 2));
    stop(node, thread);
    // The same after a start, and the numbers are those of the journal.
    let (node, thread) = open(directory.path());
    assert_eq!(place(&node).await, 7);
    let again = node.take_batch(batch(0..7)).await.unwrap();
    assert_eq!((again.position, again.events), (7, vec![Taken::Behind; 7]));
    stop(node, thread);
    assert!(nexus_store::verify::verify(directory.path()).unwrap().is_sound());
}

#[tokio::test]
async fn an_event_that_came_another_way_is_known_by_its_id() {
    let directory = tempfile::tempdir().unwrap();
    let (node, thread) = open(directory.path());
    node.publish(tiny()).await.unwrap();
    node.record(vec![enrolled(1).1]).await.unwrap();
    let taken = node.take_batch(batch(0..3)).await.unwrap();
    let duplicate = matches!(taken.events[1], Taken::Now(Receipt::Duplicate { .. }));
    assert!(duplicate && accepted(&taken.events[0]) && accepted(&taken.events[2]), "{taken:?}");
    assert_eq!(taken.position, 3);
    stop(node, thread);
}

#[tokio::test]
async fn a_refused_record_holds_the_position_back_until_it_is_put_aside() {
    let directory = tempfile::tempdir().unwrap();
    let (node, thread) = open(directory.path());
    node.publish(tiny()).await.unwrap();
    let mut with_stranger = batch(0..4);
    with_stranger.events[2].1.proposal =
        plain("learner-2", "no-such-course", Action::Enrolled { test: false });
    let taken = node.take_batch(with_stranger.clone()).await.unwrap();
    assert!(matches!(taken.events[2], Taken::Now(Receipt::Refused(_))), "{taken:?}");
    assert_eq!((taken.position, place(&node).await), (2, 2));
    // A kill now delivers the batch again: what was taken behind the refused one is known.
    let again = node.take_batch(with_stranger).await.unwrap();
    assert_eq!(again.events[..2], [Taken::Behind, Taken::Behind]);
    assert!(matches!(again.events[3], Taken::Now(Receipt::Duplicate { .. })), "{again:?}");
    let moved = node.take_batch(SourceBatch { events: Vec::new(), ..batch(0..4) }).await.unwrap();
    assert_eq!((moved.position, place(&node).await), (4, 4));
    stop(node, thread);
}

/// A node, and a file of events that it reads.
struct Stage {
    folder: TempDir,
    node: NodeHandle,
    thread: NodeThread,
    board: Arc<SourceBoard>,
}

impl Stage {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (node, thread) = open(&folder.path().join("data"));
        node.publish(tiny()).await.unwrap();
        Self { folder, node, thread, board: Arc::default() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("events.ndjson")
    }

    fn write(&self, text: &str) {
        let mut file = OpenOptions::new().append(true).create(true).open(self.file()).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn read(&self) -> SourceThreads {
        self.read_as(RecordFormat::Nexus)
    }

    fn read_as(&self, format: RecordFormat) -> SourceThreads {
        let section = SourceSection::File(FileSection {
            name: "lms".into(),
            path: self.file(),
            format,
            records_per_second_max: None,
            batch_max: 8,
        });
        let runtime = tokio::runtime::Handle::current();
        sources::start(&[section], &self.node, &Clock::system(), &self.board, &runtime).unwrap()
    }

    async fn knows(&self, learner: &str) -> bool {
        let id = LearnerId::new(learner).unwrap();
        let known = self.node.read(move |reader| reader.learner(&id)).await.unwrap();
        known.is_some_and(|state| state.entries > 0)
    }

    /// Waits until so many records were dealt with.
    async fn until(&self, records: u64) {
        for _ in 0..3_000 {
            let counts = self.board.of("lms").counts();
            if counts.accepted + counts.duplicate + counts.rejected >= records {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not {records} records within 30 s: {:?}", self.board.of("lms").counts());
    }

    fn dead_letters(&self) -> Vec<DeadLetterLine> {
        let path = dead_letter_path(&self.folder.path().join("data"), "lms");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    async fn stop_reading(&self, threads: SourceThreads) {
        tokio::task::spawn_blocking(|| threads.stop()).await.unwrap();
    }
}

fn line(number: u32) -> String {
    let learner = format!("pupil-{number}");
    let event = json!({"id": format!("e{number}"), "type": "enrolled", "learner": learner, "course": "sums"});
    format!("{event}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_read_on_where_it_was_left_also_when_a_line_is_half_written() {
    let stage = Stage::new().await;
    let lines: Vec<String> = (1..=30).map(line).collect();
    let (half, rest) = lines[19].split_at(15);
    stage.write(&lines[..19].concat());
    stage.write(half);
    let threads = stage.read();
    stage.until(19).await;
    stage.stop_reading(threads).await;
    assert!(stage.knows("pupil-19").await && !stage.knows("pupil-20").await);
    stage.write(rest);
    stage.write(&lines[20..].concat());
    let threads = stage.read();
    stage.until(30).await;
    stage.stop_reading(threads).await;
    let counts = stage.board.of("lms").counts();
    assert_eq!((counts.accepted, counts.duplicate, counts.behind), (30, 0, 0));
    let places = stage.node.source_positions().await.unwrap();
    let length = std::fs::metadata(stage.file()).unwrap().len();
    assert_eq!(places["lms"].values().copied().collect::<Vec<_>>(), [length]);
    stop(stage.node, stage.thread);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_are_no_events_are_put_aside_with_every_byte() {
    let stage = Stage::new().await;
    let stranger = json!({"id": "s", "type": "enrolled", "learner": "eve", "course": "nowhere"});
    stage.write(&line(1));
    stage.write("{\"id\": \"half\n\n");
    stage.write(&format!("{stranger}\n"));
    stage.write(&line(2));
    let threads = stage.read();
    stage.until(4).await;
    stage.stop_reading(threads).await;
    assert!(stage.knows("pupil-2").await);
    let letters = stage.dead_letters();
    let codes: Vec<&str> = letters.iter().map(|letter| letter.code.as_str()).collect();
    assert_eq!(codes, ["malformed_json", "unknown_course"]);
    assert_eq!(letters[0].original.as_deref(), Some("{\"id\": \"half"));
    assert_eq!(letters[1].original.as_deref(), Some(stranger.to_string().as_str()));
    let reports = stage.board.reports(stage.node.source_positions().await.unwrap());
    assert_eq!((reports[0].accepted, reports[0].rejected, reports[0].lag), (2, 2, Some(0)));
    stop(stage.node, stage.thread);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_rotated_away_is_read_to_its_end_and_the_new_one_from_its_beginning() {
    let stage = Stage::new().await;
    stage.write(&(1..=5).map(line).collect::<String>());
    let threads = stage.read();
    stage.until(5).await;
    let old = stage.folder.path().join("events.1");
    std::fs::rename(stage.file(), &old).unwrap();
    let mut writer = OpenOptions::new().append(true).open(&old).unwrap();
    writer.write_all(line(6).as_bytes()).unwrap();
    stage.write(&(7..=9).map(line).collect::<String>());
    stage.until(9).await;
    stage.stop_reading(threads).await;
    assert_eq!(stage.board.of("lms").counts().accepted, 9);
    assert_eq!(stage.node.source_positions().await.unwrap()["lms"].len(), 2);
    stop(stage.node, stage.thread);
}

/// Statements and tracking events become events on the way; what says nothing moves the position on.
#[tokio::test(flavor = "multi_thread")]
async fn records_of_other_systems_become_events() {
    let statement = |number: u32, verb: &str, object: &str| {
        let statement = json!({
            "id": format!("6690e6c9-3ef0-4ed3-8b37-7f39647300{number:02}"),
            "actor": {"account": {"homePage": "https://lms.example", "name": "17"}},
            "verb": {"id": format!("http://adlnet.gov/expapi/verbs/{verb}")},
            "object": {"id": object},
            "timestamp": format!("2026-11-22T09:{number:02}:00Z"),
        });
        format!("{statement}\n")
    };
    let tracked = |name: &str, user: u32, completion: f64| {
        let told = json!({
            "name": name, "time": "2026-11-22T09:30:00Z", "event_source": "server",
            "context": {"user_id": user, "course_id": "course-v1:a+b+c"},
            "event": {"block_id": "https://lms.example/1", "completion": completion},
        });
        format!("2026-11-22 09:30:00,1 INFO 7 [tracking] - {told}\n")
    };
    let changed = "edx.completion.block_completion.changed";
    for (format, lines, letter) in [
        (
            RecordFormat::Xapi,
            [
                statement(1, "read", "https://lms.example/1"),
                statement(2, "attended", "https://lms.example/1"),
                statement(3, "read", "https://lms.example/2"),
                statement(4, "completed", "https://lms.example/1"),
            ],
            "unknown_object",
        ),
        (
            RecordFormat::Openedx,
            [
                tracked(changed, 17, 1.0),
                tracked(changed, 17, 0.5),
                "no event at all\n".to_owned(),
                tracked(changed, 18, 1.0),
            ],
            "malformed_json",
        ),
    ] {
        let stage = Stage::new().await;
        let mut named = tiny();
        named.version += 1;
        let activity = named.modules[0].activities[0].id.clone();
        named.iris = vec![IriDraft {
            iri: Some("https://lms.example/1".to_owned()),
            activity: Some(activity),
            ..IriDraft::default()
        }];
        stage.node.publish(named).await.unwrap();
        stage.write(&lines.concat());
        let threads = stage.read_as(format);
        stage.until(3).await;
        stage.stop_reading(threads).await;
        let counts = stage.board.of("lms").counts();
        assert_eq!((counts.accepted, counts.rejected), (2, 1), "{format:?}");
        let letters = stage.dead_letters();
        assert_eq!((letters.len(), letters[0].code.as_str()), (1, letter), "{format:?}");
        let places = stage.node.source_positions().await.unwrap();
        let length = std::fs::metadata(stage.file()).unwrap().len();
        assert_eq!(places["lms"].values().copied().collect::<Vec<_>>(), [length]);
        stop(stage.node, stage.thread);
    }
}
