//! Topics, read by several members of a group for one server, on a broker that is a real process.

use crate::stage::{Program, Stage, event, until, words};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Events of the usual run and of the long one, and seconds in which they are produced.
const USUAL: (u64, u64) = (3_000, 15);
const SOAK: (u64, u64) = (20_000, 60);
/// Every so manieth record is no event.
const POISON_EVERY: u64 = 250;
const PARTITIONS: usize = 6;

/// A broker that speaks the protocol of Kafka: Tansu, in memory. It is the program that
/// `NEXUS_BROKER` names; `cargo xtask test` installs it.
struct Broker {
    program: Program,
    binary: String,
    port: u16,
}

impl Broker {
    fn start() -> Option<Self> {
        let Ok(binary) = std::env::var("NEXUS_BROKER") else {
            println!("skipped: NEXUS_BROKER names no broker (`cargo xtask test` installs one)");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("tcp://127.0.0.1:{port}");
        let mut command = Command::new(&binary);
        command.args(["broker", "--storage-engine", "memory://tansu/", "--listener-url", &url]);
        command.args(["--advertised-listener-url", &url]);
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let program = Program::of(quiet.spawn().unwrap());
        let broker = Self { program, binary, port };
        until("the broker takes a topic", || broker.make_topic("clicks"));
        Some(broker)
    }

    fn make_topic(&self, topic: &str) -> bool {
        let url = format!("tcp://127.0.0.1:{}", self.port);
        let partitions = PARTITIONS.to_string();
        let mut command = Command::new(&self.binary);
        command.args(["topic", "create", topic, "--broker", &url, "--partitions", &partitions]);
        command.output().unwrap().status.success()
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A configuration with the topic as a source.
    fn source(&self) -> String {
        format!(
            "[[source]]\nname = 'clicks'\nkind = 'kafka'\nbrokers = '{}'\ntopics = ['clicks']\n\
             group = 'nexus'\nbatch_max = 20\n[source.properties]\n'session.timeout.ms' = '6000'\n\
             'heartbeat.interval.ms' = '1000'\n",
            self.address()
        )
    }
}

/// Writes a log of events, each twice where its number ends in 7, with records that are none in between.
fn write_log(stage: &Stage, events: u64, seconds: u64) -> (u64, u64) {
    let (mut log, mut records, mut poison) = (String::new(), 0, 0);
    for number in 0..events {
        let millis = number * seconds * 1_000 / events;
        let (minute, second, milli) = (millis / 60_000, millis / 1_000 % 60, millis % 1_000);
        let mut event = event(number);
        event["occurred_at"] = format!("2026-01-02T03:{minute:02}:{second:02}.{milli:03}Z").into();
        let copies = if number % 10 == 7 { 2 } else { 1 };
        for _ in 0..copies {
            log.push_str(&format!("{event}\n"));
            records += 1;
        }
        if number.is_multiple_of(POISON_EVERY) {
            log.push_str(&format!("{{\"no\": \"event\", \"learner\": \"p{number}\"}}\n"));
            (records, poison) = (records + 1, poison + 1);
        }
    }
    std::fs::write(stage.path("log.ndjson"), log).unwrap();
    (records, poison)
}

fn taken(stage: &Stage) -> u64 {
    stage.places("clicks").map_or(0, |places| places.values().sum())
}

/// Looks at the positions all the time: none may ever shrink.
fn watch(stage: &Arc<Stage>, over: &Arc<AtomicBool>) -> std::thread::JoinHandle<u32> {
    let (stage, over) = (Arc::clone(stage), Arc::clone(over));
    std::thread::spawn(move || {
        let (mut known, mut looks) = (BTreeMap::<String, u64>::new(), 0);
        while !over.load(Ordering::Relaxed) {
            for (partition, place) in stage.places("clicks").unwrap_or_default() {
                let before = known.insert(partition.clone(), place).unwrap_or(0);
                assert!(place >= before, "{partition} went back from {before} to {place}");
                looks += 1;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        looks
    })
}

#[test]
fn each_record_has_its_effect_once_though_members_die_leave_join_and_freeze() {
    let Some(broker) = Broker::start() else { return };
    let soak = std::env::var("NEXUS_SOAK").is_ok_and(|value| value == "1");
    let (events, seconds) = if soak { SOAK } else { USUAL };
    let stage = Arc::new(Stage::new());
    stage.configure(&broker.source());
    std::fs::rename(stage.path("nexus.toml"), stage.path("member.toml")).unwrap();
    stage.configure("");
    let server = stage.serve();
    let (records, poison) = write_log(&stage, events, seconds);
    let member = || stage.start(&["source", "run", "clicks", "--config", "member.toml"]);
    let (first, second, third) = (member(), member(), member());
    let over = Arc::default();
    let watcher = watch(&stage, &over);
    let address = broker.address();
    let replay = ["stream", "log.ndjson", "--brokers", &address, "--topic", "clicks"];
    let mut producer = stage.command(&replay).stdout(Stdio::null()).spawn().unwrap();

    until("a fifth is taken", || taken(&stage) >= records / 5);
    first.kill();
    let fourth = member();
    until("two fifths are taken", || taken(&stage) >= records * 2 / 5);
    second.stop();
    broker.program.signal("-STOP");
    std::thread::sleep(Duration::from_secs(if soak { 10 } else { 3 }));
    broker.program.signal("-CONT");
    until("three fifths are taken", || taken(&stage) >= records * 3 / 5);
    // Longer than its session: the group gives its partitions away, and it wakes up with a batch.
    third.signal("-STOP");
    std::thread::sleep(Duration::from_secs(9));
    third.signal("-CONT");
    server.kill();
    let server = stage.serve();
    assert!(producer.wait().unwrap().success());
    until("everything is taken", || taken(&stage) >= records);

    // What was put aside comes again when it is asked for, and is put aside again.
    let said = stage.check(&["source", "redrive", "clicks", "--config", "member.toml"]);
    let again: u64 = said.split(' ').next().unwrap().parse().unwrap();
    assert!(again >= poison, "{again} dead letters of {poison}: {said}");
    until("what was sent again is taken", || taken(&stage) >= records + again);
    assert_eq!(taken(&stage), records + again);
    over.store(true, Ordering::Relaxed);
    assert!(watcher.join().unwrap() > 0);
    let report = stage.report("clicks").unwrap();
    println!("since its last start the server counted: {report}");
    third.stop();
    fourth.stop();
    server.stop();
    let found = stage.events();
    assert_eq!(found.len() as u64, events);
    assert!(found.values().all(|count| *count == 1));
}

#[test]
fn the_server_reads_a_topic_itself_and_goes_on_where_it_was_killed() {
    let Some(broker) = Broker::start() else { return };
    let stage = Stage::new();
    stage.configure(&broker.source());
    let (records, _) = write_log(&stage, 400, 4);
    let server = stage.serve();
    let address = broker.address();
    let replay = ["stream", "log.ndjson", "--brokers", &address, "--topic", "clicks"];
    let mut producer = stage.command(&replay).stdout(Stdio::null()).spawn().unwrap();
    until("a third is taken", || taken(&stage) >= records / 3);
    server.kill();
    let server = stage.serve();
    assert!(producer.wait().unwrap().success());
    until("everything is taken", || taken(&stage) >= records);
    until("the lag is known", || stage.report("clicks").is_some_and(|report| report["lag"] == 0));
    server.stop();
    let found = stage.events();
    assert_eq!((found.len(), found.values().sum::<u32>()), (400, 400));
}

#[test]
fn a_broker_that_cannot_be_reached_is_told_and_the_server_serves() {
    let stage = Stage::new();
    stage.configure(
        "[[source]]\nname = 'clicks'\nkind = 'kafka'\nbrokers = '127.0.0.1:1'\n\
         topics = ['clicks']\ngroup = 'nexus'\n",
    );
    let server = stage.serve();
    until("the source says what is wrong", || {
        stage.report("clicks").is_some_and(|report| {
            report["activity"] == "waiting" && report["last_error"]["detail"].is_string()
        })
    });
    server.stop();
    stage.configure(
        "[[source]]\nname = 'clicks'\nkind = 'kafka'\nbrokers = '127.0.0.1:1'\n\
         topics = ['clicks']\ngroup = 'nexus'\n[source.properties]\n'enable.auto.commit' = 'true'\n",
    );
    let refused = stage.run(&["serve", "--config", "nexus.toml"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(words(&refused.stderr).contains("enable.auto.commit"), "{}", words(&refused.stderr));
}
