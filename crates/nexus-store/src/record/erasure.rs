//! That a learner was erased, under the random name that is left.

use super::{RecordFault, VERSION, digest, from_json, hexadecimal, id, to_json, versioned};
use nexus_engine::erasure::{ErasureMark, LearnerErased};
use nexus_engine::event::Event;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ErasedBody {
    v: u32,
    learner: String,
    /// Keyed hash of the id that they had.
    mark: String,
    /// How many entries were redacted, and a digest of what is left of them.
    entries: u64,
    digest: String,
    reason: String,
    by: String,
}

versioned!(ErasedBody);

pub(super) fn encode(erased: &LearnerErased) -> String {
    let LearnerErased { learner, mark, entries, digest, reason, by } = erased;
    to_json(&ErasedBody {
        v: VERSION,
        learner: learner.to_string(),
        mark: hexadecimal(&mark.0),
        entries: *entries,
        digest: hexadecimal(digest),
        reason: reason.clone(),
        by: by.clone(),
    })
}

pub(super) fn decode(body: &str) -> Result<Event, RecordFault> {
    let body: ErasedBody = from_json(body)?;
    let mark = digest(&body.mark).ok_or(RecordFault::Meaning { field: "mark" })?;
    let left = digest(&body.digest).ok_or(RecordFault::Meaning { field: "digest" })?;
    Ok(Event::LearnerErased(Box::new(LearnerErased {
        learner: id("learner", &body.learner)?,
        mark: ErasureMark(mark),
        entries: body.entries,
        digest: left,
        reason: body.reason,
        by: body.by,
    })))
}
