//! From records of another system to events on the wire.

use super::{ForeignRecord, Translated, Translator};
use crate::answers::{Decoded, wire};
use crate::rejection::Rejection;
use crate::source::Record;
use nexus_api::FieldProblem;
use nexus_engine::time::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Different things of which it is counted how often they came.
const COUNTED_MAX: usize = 1_000;

/// Turns records of another system into events, and counts what it has no use for.
pub struct ForeignDecoder {
    translator: Box<dyn Translator>,
    unused: UnusedRecords,
}

/// What there is no use for, and how often it came; at most 1,000 of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UnusedRecords {
    /// Records that say nothing that is looked at, by what they say.
    pub records: BTreeMap<String, u64>,
    /// Names of things that no course knows: who adds them to `iris` has their records.
    pub unknown_objects: BTreeMap<String, u64>,
}

impl ForeignDecoder {
    #[must_use]
    pub fn new(translator: Box<dyn Translator>) -> Self {
        Self { translator, unused: UnusedRecords::default() }
    }

    /// What there was no use for so far.
    #[must_use]
    pub fn unused(&self) -> &UnusedRecords {
        &self.unused
    }

    pub(crate) fn moment(&self, record: &Record) -> Option<Timestamp> {
        self.translator.moment(&record.text)
    }

    pub(crate) fn decode(&mut self, record: &Record) -> Vec<Decoded> {
        let original: Arc<str> = Arc::from(record.text.as_str());
        let ForeignRecord { learner, said } = self.translator.translate(&record.text);
        let said = match said {
            Ok(said) => said,
            Err(problem) => {
                self.note_unknown(&problem);
                let rejection = rejected(record, &problem).of(learner);
                return vec![Decoded::Rejected(rejection)];
            }
        };
        let (events, dropped) = match said {
            Translated::Events { events, dropped } => (events, dropped),
            Translated::Void(event) => return vec![Decoded::Void { line: record.line, event }],
            Translated::Unused(what) => {
                count(&mut self.unused.records, what);
                return vec![Decoded::Unused];
            }
        };
        let read = events.into_iter().enumerate().map(|(place, event)| {
            let json = serde_json::to_string(&event).map_err(|error| {
                Rejection::new(record.line, "not_json", error.to_string(), &original)
            });
            let read = json.and_then(|json| wire::read(record.line, json, &original));
            match read {
                Ok(mut read) => {
                    read.dropped = if place == 0 { dropped } else { 0 };
                    Decoded::Event(read)
                }
                Err(rejection) => Decoded::Rejected(rejection.of(learner.clone())),
            }
        });
        read.collect()
    }

    fn note_unknown(&mut self, problem: &FieldProblem) {
        if problem.code == "unknown_object" {
            let named = problem.detail.split('"').nth(1).unwrap_or_default();
            count(&mut self.unused.unknown_objects, named.to_owned());
        }
    }
}

fn rejected(record: &Record, problem: &FieldProblem) -> Rejection {
    let place = if problem.pointer.is_empty() { "" } else { ": " };
    let reason = format!("{}{place}{}", problem.pointer, problem.detail);
    Rejection::new(record.line, &problem.code, reason, &record.text)
}

fn count(counts: &mut BTreeMap<String, u64>, what: String) {
    if counts.len() < COUNTED_MAX || counts.contains_key(&what) {
        *counts.entry(what).or_default() += 1;
    }
}
