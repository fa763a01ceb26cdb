//! Where statements are translated: one translator, which knows which sittings have begun.

use super::super::error::Failure;
use crate::node::{Incoming, StatementIncoming};
use nexus_api::{canonical, events, time};
use nexus_engine::time::Timestamp;
use nexus_ingest::foreign::{ActorKey, IriIndex, Translated, Translator};
use nexus_ingest::xapi::{XapiTranslator, XapiVersion, actor_of, happened_at, people};
use nexus_store::secret::ServerKey;
use nexus_store::statements::StatementKept;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Different names of which it is counted how often they came.
const COUNTED_MAX: usize = 1_000;

/// What the server remembers of statements between two requests.
#[derive(Default)]
pub struct XapiDesk {
    /// Made with the first request.
    at_work: Mutex<Option<(ActorKey, XapiTranslator)>>,
    unknown: Mutex<BTreeMap<String, u64>>,
}

/// What is remembered of the statements of one request, once they are taken.
#[derive(Default)]
pub(super) struct Marks {
    /// Sittings that begin with them.
    begun: BTreeSet<String>,
    /// Things that no course knows, as often as they are named.
    unknown: Vec<String>,
}

/// Statements ready to be taken.
pub(super) struct Translation {
    /// In the order in which they were sent.
    pub(super) ids: Vec<String>,
    /// In the order of their times.
    pub(super) batch: Vec<StatementIncoming>,
    /// Ids of statements that are taken back.
    pub(super) voids: Vec<String>,
    pub(super) marks: Marks,
}

impl XapiDesk {
    /// Names of things that no course knows, and how often they came.
    pub(super) fn unknown_objects(&self) -> BTreeMap<String, u64> {
        locked(&self.unknown).clone()
    }

    /// Statements were taken. Of what was refused, or went away on its way, nothing is remembered: it is
    /// translated anew when it is sent again.
    pub(super) fn taken(&self, marks: Marks) {
        let Marks { begun, unknown } = marks;
        if let Some((_, translator)) = locked(&self.at_work).as_mut() {
            translator.keep_begun(&begun);
        }
        let mut counted = locked(&self.unknown);
        for name in unknown {
            if counted.len() < COUNTED_MAX || counted.contains_key(&name) {
                *counted.entry(name).or_default() += 1;
            }
        }
    }

    /// Gives statements what they lack, and says what they become.
    ///
    /// Errors: when the key of the data cannot be read.
    pub(super) fn translate(
        &self,
        directory: &Path,
        iris: IriIndex,
        statements: Vec<Value>,
        version: XapiVersion,
        by: &str,
        now: Timestamp,
    ) -> Result<Translation, Failure> {
        let mut at_work = locked(&self.at_work);
        if at_work.is_none() {
            let key = ServerKey::open(directory).map_err(|fault| {
                tracing::error!(%fault, "the server key cannot be read");
                Failure::Internal
            })?;
            let key = ActorKey::new(key.actors());
            *at_work = Some((key.clone(), XapiTranslator::new(key, IriIndex::default())));
        }
        let Some((key, translator)) = at_work.as_mut() else { return Err(Failure::Internal) };
        translator.set_iris(iris);
        let filled: Result<Vec<_>, Failure> =
            statements.into_iter().map(|it| Filled::new(it, version, by, now)).collect();
        let mut filled = filled?;
        let ids = filled.iter().map(|it| it.id.clone()).collect();
        filled.sort_by_key(|it| happened_at(&it.body));
        let (mut batch, mut voids) = (Vec::with_capacity(filled.len()), Vec::new());
        let mut marks = Marks::default();
        for filled in filled {
            let said = translator.say(&filled.body).said;
            let mut kept = filled.kept(key, now);
            let mut incoming = Vec::new();
            match said {
                Ok(Translated::Events { events, .. }) => {
                    incoming = events.iter().filter_map(read).collect();
                }
                Ok(Translated::Void(id)) => {
                    let id = id.to_ascii_lowercase();
                    kept.voids = Some(id.clone());
                    voids.push(id);
                }
                Ok(Translated::Unused(_)) => {}
                Err(problem) => marks.unknown.extend(unknown_of(&kept, &problem)),
            }
            batch.push(StatementIncoming { kept, events: incoming });
        }
        marks.begun = translator.hold_begun();
        Ok(Translation { ids, batch, voids, marks })
    }
}

/// The thing that no course knows, when that is why a statement says nothing.
fn unknown_of(kept: &StatementKept, problem: &nexus_api::FieldProblem) -> Option<String> {
    let activity = kept.activity.clone()?;
    if problem.code == "unknown_object" {
        return Some(activity);
    }
    tracing::info!(code = problem.code, detail = problem.detail, "a statement is kept only");
    None
}

/// A statement with everything that it is given back with.
struct Filled {
    id: String,
    hash: [u8; 16],
    body: Value,
}

impl Filled {
    /// What a sender may leave out, and what only the receiver says.
    fn new(sent: Value, version: XapiVersion, by: &str, now: Timestamp) -> Result<Self, Failure> {
        // What the receiver says is no part of what was sent: a retry may have it or not.
        let mut own = sent.as_object().cloned().unwrap_or_default();
        for told in ["stored", "authority", "version", "id"] {
            own.remove(told);
        }
        let hash = canonical::hash(&Value::Object(own));
        let mut map: Map<String, Value> = sent.as_object().cloned().unwrap_or_default();
        let id = match map.get("id").and_then(Value::as_str) {
            Some(id) => id.to_ascii_lowercase(),
            None => fresh_uuid()?,
        };
        let stored = time::print(now);
        map.insert("id".to_owned(), json!(id));
        map.insert("stored".to_owned(), json!(stored));
        map.entry("timestamp").or_insert_with(|| json!(stored));
        let spoken = if version == XapiVersion::V1 { "1.0.0" } else { "2.0.0" };
        map.entry("version").or_insert_with(|| json!(spoken));
        let account = json!({"homePage": "urn:nexus:callers", "name": by});
        map.entry("authority")
            .or_insert_with(|| json!({"objectType": "Agent", "account": account}));
        Ok(Self { id, hash, body: Value::Object(map) })
    }

    fn kept(&self, key: &ActorKey, now: Timestamp) -> StatementKept {
        let text = |pointer: &str| self.body.pointer(pointer).and_then(Value::as_str);
        let is_activity = text("/object/objectType").is_none_or(|kind| kind == "Activity");
        StatementKept {
            id: self.id.clone(),
            actor: actor_of(key, &self.body).ok(),
            people: people(key, &self.body).into_iter().collect(),
            verb: text("/verb/id").unwrap_or_default().to_owned(),
            activity: text("/object/id").filter(|_| is_activity).map(str::to_owned),
            registration: text("/context/registration").map(str::to_ascii_lowercase),
            voids: None,
            stored_at: now,
            hash: self.hash,
            body: self.body.to_string(),
        }
    }
}

/// An event as the node takes it.
fn read(event: &events::LearnerEvent) -> Option<Incoming> {
    let raw = serde_json::value::to_raw_value(event).ok()?;
    match events::read_raw(&raw) {
        Ok(read) => Some(Incoming { id: read.id, hash: read.hash, proposal: read.proposal }),
        Err(unread) => {
            let problem = unread.problem;
            tracing::info!(code = problem.code, detail = problem.detail, "no event of a statement");
            None
        }
    }
}

/// A random UUID (RFC 4122, version 4).
fn fresh_uuid() -> Result<String, Failure> {
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(|_| Failure::Internal)?;
    random[6] = (random[6] & 0x0f) | 0x40;
    random[8] = (random[8] & 0x3f) | 0x80;
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    Ok(parts.join("-"))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panicking request left is a set of marks or a count: at worst one is missing.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
