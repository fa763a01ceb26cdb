//! Erasing a learner.

use crate::field::{self, FieldProblem};
use crate::{examples, text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Erases a learner. It cannot be undone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::erase)]
pub struct EraseRequest {
    /// Why, without saying who: the journal keeps it.
    #[schema(value_type = text::Reason)]
    pub reason: String,
    /// Who asked, in words; the caller when absent. The journal keeps the caller beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::AskedBy>)]
    pub by: Option<String>,
}

impl EraseRequest {
    /// The reason and who asks; `caller` is the credential it came with.
    ///
    /// Errors: the first field that is not possible.
    pub fn read(self, caller: &str) -> Result<(String, String), FieldProblem> {
        let reason = field::reason(self.reason)?;
        let by = match self.by {
            None => caller.to_owned(),
            Some(by) => {
                let by = field::said(by, text::BY_CHARS_MAX, "/by", "who asked")?;
                format!("{by}, with {caller}")
            }
        };
        Ok((reason, by))
    }
}

/// That a learner is erased, durably.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EraseReceipt {
    /// Place in the journal of the entry that says so.
    pub seq: u64,
    /// Whether they were erased before; then nothing was journaled.
    pub duplicate: bool,
    /// How many of their entries were redacted; absent when they were erased before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted_entries: Option<u64>,
    /// Whether no byte of them is left in the files of the data directory. While it is `false`, it
    /// is tried again every minute and at every start; asking again tries at once.
    pub bytes_gone: bool,
}
