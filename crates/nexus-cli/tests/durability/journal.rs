//! The journal as outsiders read it: over HTTP while the server runs, and with the store's own
//! reader when it does not.

use crate::client::Client;
use crate::ledger::Recorded;
use nexus_api::journal::JournalEntry;
use nexus_store::store::{OpenOptions, Store};
use serde_json::Value;
use std::path::Path;

/// Entries of one page.
const PAGE: usize = 500;

/// The content of an event as it is sent: what the ledger keeps of it.
pub fn content_sent(event: &Value) -> String {
    content(&event["type"], &event["learner"], event)
}

/// The content of a request for a decision.
pub fn content_asked(learner: &str) -> String {
    content(&"decision_made".into(), &learner.into(), &Value::Null)
}

/// The answer to a request for a decision: what must stand in the journal.
pub fn answer(decision: &Value) -> String {
    format!("{} {}", decision["activity"], decision["propensity"])
}

/// All that is sent and must come back. What the server fills in by itself is left out.
fn content(kind: &Value, learner: &Value, fields: &Value) -> String {
    let mut text = format!("{} {}", plain(kind), plain(learner));
    for name in ["activity", "question", "response", "comment", "decision_id"] {
        if let Some(value) = fields.get(name) {
            text.push_str(&format!(" {name}={}", plain(value)));
        }
    }
    text
}

fn plain(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// An entry as the journal's page shows it.
fn recorded(entry: &Value) -> Recorded {
    let (kind, data) = (plain(&entry["type"]), &entry["data"]);
    let is_decision = kind == "decision_made";
    let fields = if is_decision { &Value::Null } else { data };
    Recorded {
        seq: entry["seq"].as_u64().unwrap_or_default(),
        id: plain(&entry["id"]).to_owned(),
        kind: kind.to_owned(),
        learner: plain(&entry["learner"]).to_owned(),
        content: content(&entry["type"], &entry["learner"], fields),
        answer: is_decision.then(|| answer(data)),
        decision: data.get("decision_id").and_then(Value::as_str).map(str::to_owned),
    }
}

/// Reads the entries over HTTP that are not in `known` yet, at most to the head of this moment.
///
/// # Errors
/// What the server said instead of a page, or that it is gone.
pub fn follow(client: &mut Client, known: &mut Vec<Recorded>) -> Result<(), String> {
    loop {
        let after = known.last().map_or(0, |entry| entry.seq);
        let path = format!("/v1/journal?after={after}&limit={PAGE}");
        let page = client.ask("GET", &path, None).map_err(|error| format!("{error:?}"))?;
        if page.status != 200 {
            return Err(format!("{path} answered {} {}", page.status, page.body));
        }
        let entries = page.body["entries"].as_array().map_or(&[][..], Vec::as_slice);
        known.extend(entries.iter().map(recorded));
        if page.body["next"].is_null() {
            return Ok(());
        }
    }
}

/// Reads the whole journal of a directory that no server uses, without HTTP.
pub fn read_directory(directory: &Path) -> Vec<Recorded> {
    let store = Store::open(directory, &OpenOptions::default()).expect("the store opens");
    let mut all = Vec::new();
    loop {
        let after = all.last().map_or(0, |entry: &Recorded| entry.seq);
        let page = store.entries(after, PAGE).expect("the journal can be read");
        if page.is_empty() {
            return all;
        }
        all.extend(page.iter().map(|stored| {
            let entry = JournalEntry::new(&stored.entry, None);
            recorded(&serde_json::to_value(entry).expect("an entry has a JSON form"))
        }));
    }
}
