//! Consent to exploration, given or withdrawn.

use super::{RecordFault, VERSION, from_json, id, to_json, versioned};
use nexus_engine::event::Event;
use nexus_engine::learner::consent::ConsentChanged;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangedBody {
    v: u32,
    learner: String,
    exploration: bool,
    reason: String,
    by: String,
}

versioned!(ChangedBody);

pub(super) fn encode(changed: &ConsentChanged) -> String {
    let ConsentChanged { learner, exploration, reason, by } = changed;
    to_json(&ChangedBody {
        v: VERSION,
        learner: learner.to_string(),
        exploration: *exploration,
        reason: reason.clone(),
        by: by.clone(),
    })
}

pub(super) fn decode(body: &str) -> Result<Event, RecordFault> {
    let ChangedBody { learner, exploration, reason, by, .. } = from_json(body)?;
    let learner = id("learner", &learner)?;
    Ok(Event::ConsentChanged(ConsentChanged { learner, exploration, reason, by }))
}
