//! The kill switch, turned on or off. Without a course it is that of all courses.

use super::{RecordFault, VERSION, from_json, id, to_json, versioned};
use nexus_engine::event::Event;
use nexus_engine::lifecycle::kill_switch::KillSwitchTurned;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TurnedBody {
    v: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    course: Option<String>,
    thrown: bool,
    reason: String,
    by: String,
}

versioned!(TurnedBody);

pub(super) fn encode(turned: &KillSwitchTurned) -> String {
    let KillSwitchTurned { course, thrown, reason, by } = turned;
    to_json(&TurnedBody {
        v: VERSION,
        course: course.as_ref().map(ToString::to_string),
        thrown: *thrown,
        reason: reason.clone(),
        by: by.clone(),
    })
}

pub(super) fn decode(body: &str) -> Result<Event, RecordFault> {
    let TurnedBody { course, thrown, reason, by, .. } = from_json(body)?;
    let course = course.map(|course| id("course", &course)).transpose()?;
    Ok(Event::KillSwitchTurned(KillSwitchTurned { course, thrown, reason, by }))
}
