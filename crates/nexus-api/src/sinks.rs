//! Sinks: what Nexus sends on by itself, and how far it has come.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Every sink of this server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SinkList {
    /// In the order of their names.
    pub sinks: Vec<SinkReport>,
}

/// What a sink does at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SinkActivity {
    /// It delivers, or has nothing to deliver.
    #[default]
    Running,
    /// Its receiver does not take what it delivers; it tries again, and `last_error` says why.
    Waiting,
}

/// A sink, and what became of its entries. Counts are of this run of the server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SinkReport {
    /// Its name in the configuration.
    pub sink: String,
    /// Where it sends to: `webhook` or `kafka`.
    pub kind: String,
    /// What it does at the moment.
    pub activity: SinkActivity,
    /// The last entry of the journal that is done with; absent before it has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// How many entries of the journal lie behind that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag: Option<u64>,
    /// Entries that the receiver took.
    pub delivered: u64,
    /// Entries that it refused for good; their places are in the data directory.
    pub put_aside: u64,
    /// Deliveries that failed and were tried again.
    pub retries: u64,
    /// What went wrong last, if anything did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}
