//! `GET /v1/system`: whether the server works, and what it stands on.

use super::error::Failure;
use super::health;
use super::state::AppState;
use crate::clock::Clock;
use crate::node::Reader;
use axum::Json;
use axum::extract::State;
use nexus_api::live::NodeHealth;
use nexus_api::sinks::SinkActivity;
use nexus_api::sources::SourceActivity;
use nexus_api::switch::ThrownSwitch;
use nexus_api::system::{AlarmLevel, DiskUse, LastBackup, SystemAlarm, SystemReport};
use nexus_api::time;
use nexus_engine::time::{DAY_MICROS, Timestamp};
use nexus_store::backup::backup_note;
use nexus_store::store::DATABASE_FILE;
use std::path::Path;
use std::time::Instant;

/// Free space below which events may soon be refused.
const FREE_BYTES_MIN: u64 = 256 << 20;
/// A key that expires within so many days is told.
const KEY_DAYS_MIN: i64 = 14;

/// When the process began.
#[derive(Clone, Copy, Debug)]
pub struct ProcessStart {
    at: Timestamp,
    began: Instant,
}

impl Default for ProcessStart {
    fn default() -> Self {
        // The machine's time, also where learners live in a faster one.
        Self { at: Clock::system().now(), began: Instant::now() }
    }
}

/// Read how the server is
///
/// Whether it works, and if not, what is wrong and what to do; the version, the disk, the journal,
/// sources and sinks.
#[utoipa::path(get, path = "/v1/system", tag = "server",
    responses((status = 200, description = "How it is", body = SystemReport)))]
pub(super) async fn get_system(
    State(state): State<AppState>,
) -> Result<Json<SystemReport>, Failure> {
    let look = |reader: &mut dyn Reader| {
        let shared = reader.state();
        (shared.head, ThrownSwitch::all(shared), time::print(reader.now()))
    };
    let (head, switches, at) = state.look(look).await?;
    let data = state.node.directory();
    let mut report = SystemReport {
        works: true,
        alarms: Vec::new(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: time::print(state.started.at),
        uptime_seconds: state.started.began.elapsed().as_secs(),
        at,
        health: health::on_the_wire(state.node.health()),
        head,
        queue: state.node.queue_len(),
        connections: state.metrics.connections(),
        streams: state.metrics.streams(),
        disk: disk(&data),
        backup: last_backup(&data),
        sources: super::sources::reports(&state).await?,
        sinks: super::sinks::reports(&state).await?,
    };
    report.alarms = alarms(&state, &report, &switches);
    report.works = report.alarms.iter().all(|alarm| alarm.level != AlarmLevel::Problem);
    Ok(Json(report))
}

fn disk(data: &Path) -> Option<DiskUse> {
    let system = rustix::fs::statvfs(data).ok()?;
    let size = |name: &str| std::fs::metadata(data.join(name)).map_or(0, |file| file.len());
    Some(DiskUse {
        free_bytes: system.f_bavail.saturating_mul(system.f_frsize),
        total_bytes: system.f_blocks.saturating_mul(system.f_frsize),
        database_bytes: size(DATABASE_FILE) + size(&format!("{DATABASE_FILE}-wal")),
    })
}

fn last_backup(data: &Path) -> Option<LastBackup> {
    let note = backup_note(data)?;
    Some(LastBackup { at: time::print(Timestamp(note.at)), seq: note.seq, folder: note.folder })
}

/// Everything that is wrong, the worst first.
fn alarms(state: &AppState, report: &SystemReport, switches: &[ThrownSwitch]) -> Vec<SystemAlarm> {
    let mut found = Vec::new();
    found.extend(sick(report.health));
    found.extend(state.clock.jump_seconds().map(jumped));
    found.extend(report.disk.as_ref().and_then(low));
    found.extend(switches.iter().map(switched));
    found.extend(streams(report));
    found.extend(keys(state));
    found.sort_by_key(|alarm| alarm.level);
    found
}

fn alarm(code: &str, level: AlarmLevel, detail: String, advice: &str) -> SystemAlarm {
    SystemAlarm { code: code.to_owned(), level, detail, advice: advice.to_owned() }
}

fn sick(health: NodeHealth) -> Option<SystemAlarm> {
    let (code, detail, advice) = match health {
        NodeHealth::Ready => return None,
        NodeHealth::Recovering => (
            "recovering",
            "The state is being rebuilt from the journal; nothing new is taken until then.",
            "Wait. If it does not end, look at the log.",
        ),
        NodeHealth::StorageFull => (
            "storage_full",
            "The disk is full: nothing new is recorded.",
            "Make room on the disk; the server goes on by itself.",
        ),
        NodeHealth::StorageFailed => (
            "storage_failed",
            "The disk failed: nothing is recorded, and the server stops.",
            "Check the disk, then start the server again; the journal is replayed.",
        ),
        NodeHealth::Stopping => {
            ("stopping", "The server is stopping.", "Start it again when it should serve.")
        }
    };
    Some(alarm(code, AlarmLevel::Problem, detail.to_owned(), advice))
}

fn jumped(seconds: i64) -> SystemAlarm {
    let detail = format!("The clock of the machine jumped by {seconds} s and is not followed.");
    let advice = "Set the clock right, or start the server again to go by it.";
    alarm("clock_jumped", AlarmLevel::Problem, detail, advice)
}

fn low(disk: &DiskUse) -> Option<SystemAlarm> {
    let free = disk.free_bytes / 1_000_000;
    if disk.free_bytes < FREE_BYTES_MIN {
        let detail = format!("Only {free} MB are free on the disk.");
        let advice = "Make room now; a full disk refuses events until there is space.";
        return Some(alarm("disk_low", AlarmLevel::Problem, detail, advice));
    }
    (disk.free_bytes < disk.database_bytes.saturating_mul(2)).then(|| {
        let detail = format!("{free} MB are free, less than twice what the data take.");
        let advice = "Make room: an erasure needs as much as the database again.";
        alarm("disk_low", AlarmLevel::Warning, detail, advice)
    })
}

fn switched(switch: &ThrownSwitch) -> SystemAlarm {
    let course = switch.course.as_deref().unwrap_or("all courses");
    let reason = switch.reason.trim_end_matches('.');
    let detail = format!("The kill switch is on in {course}, by {}: {reason}.", switch.by);
    let advice = "When the reason is over, release it on the page of the policy.";
    alarm("kill_switch", AlarmLevel::Warning, detail, advice)
}

fn streams(report: &SystemReport) -> Vec<SystemAlarm> {
    let mut found = Vec::new();
    for source in &report.sources {
        let (code, level, what) = match source.activity {
            SourceActivity::Failed => ("source_failed", AlarmLevel::Problem, "is read no more"),
            SourceActivity::Waiting => ("source_waits", AlarmLevel::Warning, "waits"),
            SourceActivity::Idle | SourceActivity::Running | SourceActivity::Ended => continue,
        };
        let problem = source.last_error.as_ref().map_or("", |problem| problem.detail.as_str());
        let detail = format!("The source {} {what}: {problem}", source.source);
        let advice = match source.activity {
            SourceActivity::Failed => "Mend what it says, then start the server again.",
            _ => "Mend what it says; it goes on by itself.",
        };
        found.push(alarm(code, level, detail, advice));
    }
    for sink in report.sinks.iter().filter(|sink| sink.activity == SinkActivity::Waiting) {
        let problem = sink.last_error.as_deref().unwrap_or("");
        let detail = format!("What the sink {} delivers is not taken: {problem}", sink.sink);
        let advice = "Look at its receiver; nothing is lost, and it tries again.";
        found.push(alarm("sink_waits", AlarmLevel::Warning, detail, advice));
    }
    found
}

/// Keys that expire soon. That keys cannot be read, each request says itself.
fn keys(state: &AppState) -> Vec<SystemAlarm> {
    let now = Clock::system().now();
    let records = state.keys.records().unwrap_or_default();
    let ends = records.iter().filter(|key| key.revoked_at.is_none()).filter_map(|key| {
        let days = (key.expires_at?.0 - now.0).div_euclid(DAY_MICROS);
        (0..KEY_DAYS_MIN).contains(&days).then_some((key, days))
    });
    let words = |days: i64| match days {
        0 => "today".to_owned(),
        1 => "in 1 day".to_owned(),
        days => format!("in {days} days"),
    };
    let told = ends.map(|(key, days)| {
        let detail = format!("The key {:?} ({}) expires {}.", key.name, key.id, words(days));
        let advice =
            "Make another one with `nexus key create`, give it to the site, then revoke this one.";
        alarm("key_expires", AlarmLevel::Warning, detail, advice)
    });
    told.collect()
}
