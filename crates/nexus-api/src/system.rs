//! The server itself: whether it works, and what it stands on.

use crate::live::NodeHealth;
use crate::sinks::SinkReport;
use crate::sources::SourceReport;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a server is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SystemReport {
    /// Whether nothing is wrong: no alarm is a `problem`.
    pub works: bool,
    /// What is wrong, or soon will be, the worst first; each with what to do.
    pub alarms: Vec<SystemAlarm>,
    /// The version of the program.
    pub version: String,
    /// When the process began, by the machine's clock.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// How long it has been running, in seconds.
    pub uptime_seconds: u64,
    /// The node's time, which runs faster in a demonstration.
    #[schema(format = DateTime)]
    pub at: String,
    /// Whether the node serves now.
    pub health: NodeHealth,
    /// The last committed journal entry.
    pub head: u64,
    /// Requests that wait for the node.
    pub queue: usize,
    /// Connections that are open.
    pub connections: usize,
    /// Event streams that are open.
    pub streams: usize,
    /// What the data take, and what is left; absent when the system does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<DiskUse>,
    /// The latest backup that was made of these data by `nexus backup` on this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<LastBackup>,
    /// The streams that the server reads, or that are read for it.
    pub sources: Vec<SourceReport>,
    /// What the server sends on by itself.
    pub sinks: Vec<SinkReport>,
}

/// Something that is wrong, or soon will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SystemAlarm {
    /// A stable word: the health of the node, `clock_jumped`, `disk_low`, `kill_switch`,
    /// `source_failed`, `source_waits`, `sink_waits`, `key_expires` or `policy_stopped`.
    #[schema(example = "disk_low")]
    pub code: String,
    /// How bad it is.
    pub level: AlarmLevel,
    /// What is the case, for people.
    pub detail: String,
    /// What to do about it.
    pub advice: String,
}

/// How bad an alarm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmLevel {
    /// Something does not work.
    Problem,
    /// Everything works, and somebody should look.
    Warning,
}

/// The disk under the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiskUse {
    /// Bytes that are free for the server.
    pub free_bytes: u64,
    /// Bytes that the disk has.
    pub total_bytes: u64,
    /// Bytes of the database with its log.
    pub database_bytes: u64,
}

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastBackup {
    /// When it was made.
    #[schema(format = DateTime)]
    pub at: String,
    /// The last journal entry that it holds.
    pub seq: u64,
    /// Where it was written.
    pub folder: String,
}
