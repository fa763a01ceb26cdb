//! Sources: streams of events that Nexus reads itself, and how far it has come in each.

use crate::events::{LearnerEvent, ReceiptStatus};
use crate::examples;
use crate::field::{FieldProblem, shorten};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// The most records of one batch.
pub const RECORDS_MAX: usize = 500;
/// The longest name of a source, and of one of its partitions, in bytes.
pub const NAME_BYTES_MAX: usize = 300;

/// Every source that this server reads, or has read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SourceList {
    /// In the order of their names.
    pub sources: Vec<SourceReport>,
}

/// What a source does at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceActivity {
    /// Nothing of this server reads it; its positions are known from earlier, or from other programs.
    #[default]
    Idle,
    /// Its records are being read.
    Running,
    /// It is read again as soon as what `last_error` says is over.
    Waiting,
    /// It came to its end: standard input was closed.
    Ended,
    /// It is read no more until the server starts again; `last_error` says why and what to do.
    Failed,
}

/// A source, and what became of its records. Counts are of this run of the server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SourceReport {
    /// Its name in the configuration.
    pub source: String,
    /// `file` or `kafka` when this server reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What it does at the moment.
    pub activity: SourceActivity,
    /// Records a second, over the last ten seconds.
    pub records_per_second: f64,
    /// What is left to be read, as far as it is known: records, or bytes of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag: Option<u64>,
    /// Events that were new.
    pub accepted: u64,
    /// Events whose id and body came before.
    pub duplicate: u64,
    /// Records that were put aside as dead letters.
    pub rejected: u64,
    /// Records that were delivered again behind the position, and had no effect.
    pub behind: u64,
    /// What went wrong last, if anything did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<SourceProblem>,
    /// How far it has come.
    pub partitions: Vec<PartitionPlace>,
}

/// How far a source has come in one of its partitions, durably.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartitionPlace {
    /// A topic and a number, or the mark of a file.
    pub partition: String,
    /// The position of the first record that is not taken yet: an offset, or a byte of a file.
    pub position: u64,
    /// Where the partition ended when it was last looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<u64>,
}

/// What went wrong with a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceProblem {
    /// When, in RFC 3339.
    #[schema(format = DateTime)]
    pub at: String,
    /// What, for people, and what to do.
    pub detail: String,
}

/// Records of one partition, in order, from a program that reads a source for this server.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = examples::source_batch)]
pub struct RecordBatch {
    /// A topic and a number, or the mark of a file.
    #[schema(min_length = 1, max_length = 300)]
    pub partition: String,
    /// The position behind the last record of the batch, also of those that were no events.
    #[schema(maximum = 9007199254740991_u64)]
    pub next: u64,
    /// The records that are events, in order.
    #[schema(max_items = 500)]
    pub records: Vec<EventRecord>,
    /// How many records were put aside since the last batch, for the counters.
    #[serde(default)]
    #[schema(required = false)]
    pub put_aside: u32,
}

/// An event and its place in its partition.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventRecord {
    /// Its position in the partition.
    #[schema(maximum = 9007199254740991_u64)]
    pub position: u64,
    /// The event as it came, as `POST /v1/events` takes it.
    #[schema(value_type = Object)]
    pub event: LearnerEvent,
}

/// A batch as it is read: its events are still texts.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawBatch {
    /// A topic and a number, or the mark of a file.
    pub partition: String,
    /// The position behind the last record.
    pub next: u64,
    /// The records that are events, in order.
    pub records: Vec<RawRecord>,
    /// How many records were put aside since the last batch.
    #[serde(default)]
    pub put_aside: u32,
}

/// A record whose event is still a text.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRecord {
    /// Its position in the partition.
    pub position: u64,
    /// The text of the event.
    pub event: Box<RawValue>,
}

impl RawBatch {
    /// Checks what holds for every batch.
    ///
    /// Errors: the first thing that is wrong.
    pub fn check(&self) -> Result<(), FieldProblem> {
        name(&self.partition, "/partition")?;
        if self.next > (1 << 53) - 1 {
            return Err(FieldProblem::new("/next", "out_of_range", "no position is that large"));
        }
        let mut after = 0;
        for (index, record) in self.records.iter().enumerate() {
            if record.position < after || record.position >= self.next {
                let pointer = format!("/records/{index}/position");
                let detail = "positions grow from record to record and stay below `next`";
                return Err(FieldProblem::new(pointer, "out_of_order", detail));
            }
            if !record.event.get().starts_with('{') {
                let pointer = format!("/records/{index}/event");
                return Err(FieldProblem::new(
                    pointer,
                    "schema_violation",
                    "an event is an object",
                ));
            }
            after = record.position + 1;
        }
        Ok(())
    }
}

/// Checks the name of a source or of a partition: printable ASCII without quotes.
///
/// Errors: that it is none.
pub fn name(text: &str, pointer: &str) -> Result<(), FieldProblem> {
    let fine = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    if text.is_empty() || text.len() > NAME_BYTES_MAX || !text.bytes().all(fine) {
        let detail = format!(
            "{:?} is no name: 1 to {NAME_BYTES_MAX} visible ASCII characters without quotes",
            shorten(text)
        );
        return Err(FieldProblem::new(pointer, "invalid_id", detail));
    }
    Ok(())
}

/// What became of the records of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchReceipt {
    /// How far the source has come in the partition, durably. Less than `next` when a record was
    /// rejected: put it aside, and then send an empty batch with the same `next`.
    pub position: u64,
    /// One receipt a record, in their order.
    pub receipts: Vec<RecordReceipt>,
}

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordReceipt {
    /// Its position in the partition.
    pub position: u64,
    /// What became of it; absent when it lies behind the position and had no effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ReceiptStatus>,
    /// Why it was rejected: a stable word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why it was rejected, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
