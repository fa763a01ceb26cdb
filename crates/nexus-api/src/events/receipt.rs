//! Receipts: what became of each event of a batch.

use super::UnreadEvent;
use crate::field::{FieldProblem, shorten};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What became of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptStatus {
    /// The event is new and durable.
    Accepted,
    /// The same id and body came before, or the same answer under another id; nothing was done
    /// again.
    Duplicate,
    /// It was not recorded; `code` says why. Sending it again unchanged does not help.
    Rejected,
}

/// What was mended, or is odd, in an event that was taken all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventRemark {
    /// The place inside the event, as a JSON pointer.
    pub pointer: String,
    /// What was done, a stable word: `rounded`, `read_as_text` or `left_out`; or `contradicts_response`:
    /// the course marks the response otherwise than `correct` or `grade`, which counts.
    pub code: String,
    /// What was done, for people.
    pub detail: String,
}

/// The receipt of one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventReceipt {
    /// The event's id, when it could be read.
    pub id: Option<String>,
    /// What became of it.
    pub status: ReceiptStatus,
    /// Its place in the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Of a duplicate: the id of the event that told the same answer before, when that is another one.
    /// The answer counts once, and this event is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<String>,
    /// Whether it named a decision that no longer waited: kept, and never learned from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<bool>,
    /// Whether something later had come of this learner before: kept with its own time, it counts as
    /// if it happened when that did. Send events in the order of their times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_of_order: Option<bool>,
    /// What was mended: an optional field that cannot be used costs no event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<EventRemark>,
    /// Why it was rejected: a stable word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why it was rejected, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The place inside the event, as a JSON pointer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
}

/// The receipts of a batch, in the order of its events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventReceipts {
    /// Events that are durable now.
    pub accepted: u32,
    /// Events that came before.
    pub duplicate: u32,
    /// Events that were not recorded.
    pub rejected: u32,
    /// One receipt an event.
    pub receipts: Vec<EventReceipt>,
}

impl EventRemark {
    /// What a site says of an answer is not what its course says of the response.
    #[must_use]
    pub fn contradicts_response() -> Self {
        let detail = "the course marks this response otherwise; the mark that was sent counts, so look \
             at the answer key, or leave out `correct` and `grade`";
        let (pointer, code) = ("/response".to_owned(), "contradicts_response".to_owned());
        Self { pointer, code, detail: detail.to_owned() }
    }
}

impl EventReceipt {
    /// The receipt of an event that is durable.
    #[must_use]
    pub fn accepted(id: &str, seq: u64, late: bool) -> Self {
        let late = late.then_some(true);
        Self { seq: Some(seq), late, ..Self::bare(Some(id), ReceiptStatus::Accepted) }
    }

    /// The same, with what else there is to say of an event that is durable.
    #[must_use]
    pub fn remarked(mut self, remarks: &[EventRemark]) -> Self {
        if self.status == ReceiptStatus::Accepted {
            self.remarks.extend_from_slice(remarks);
        }
        self
    }

    /// The same id and body came before.
    #[must_use]
    pub fn duplicate(id: &str, seq: u64) -> Self {
        Self { seq: Some(seq), ..Self::bare(Some(id), ReceiptStatus::Duplicate) }
    }

    /// It was not recorded.
    #[must_use]
    pub fn rejected(id: Option<&str>, code: &str, detail: &str) -> Self {
        Self {
            code: Some(code.to_owned()),
            detail: Some(shorten(detail).to_owned()),
            ..Self::bare(id, ReceiptStatus::Rejected)
        }
    }

    /// It could not be read.
    #[must_use]
    pub fn unread(unread: &UnreadEvent) -> Self {
        let FieldProblem { pointer, code, detail } = &unread.problem;
        let pointer = Some(pointer.clone());
        Self { pointer, ..Self::rejected(unread.id.as_deref(), code, detail) }
    }

    fn bare(id: Option<&str>, status: ReceiptStatus) -> Self {
        let id = id.map(str::to_owned);
        Self {
            id,
            status,
            seq: None,
            duplicate_of: None,
            late: None,
            out_of_order: None,
            remarks: Vec::new(),
            code: None,
            detail: None,
            pointer: None,
        }
    }
}

impl FromIterator<EventReceipt> for EventReceipts {
    fn from_iter<T: IntoIterator<Item = EventReceipt>>(receipts: T) -> Self {
        let mut all = Self { receipts: receipts.into_iter().collect(), ..Self::default() };
        for receipt in &all.receipts {
            let count = match receipt.status {
                ReceiptStatus::Accepted => &mut all.accepted,
                ReceiptStatus::Duplicate => &mut all.duplicate,
                ReceiptStatus::Rejected => &mut all.rejected,
            };
            *count += 1;
        }
        all
    }
}
