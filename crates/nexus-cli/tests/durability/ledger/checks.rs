//! The comparison: each entry against what was sent, and each acknowledgement against the entries.

use super::{Attempts, Extent, Recorded, Violation};
use std::collections::BTreeMap;

type Operations = BTreeMap<String, BTreeMap<String, Attempts>>;

/// Everything in which the operations and the journal disagree.
pub(super) fn compare(
    operations: &Operations,
    journal: &[Recorded],
    extent: Extent,
) -> Vec<Violation> {
    let mut found = Found::default();
    found.numbering(journal);
    let mut by_id: BTreeMap<&str, &Recorded> = BTreeMap::new();
    for entry in journal {
        if let Some(first) = by_id.insert(&entry.id, entry) {
            let told = operations.get(&entry.id);
            let done = told.is_some_and(|told| told.values().any(|body| body.done.is_some()));
            let invariant = if done { "I1" } else { "I3" };
            let seen = format!("{} is entry {} and entry {}", entry.id, first.seq, entry.seq);
            found.add(invariant, seen);
        }
        match entry.kind.as_str() {
            "reward_joined" | "reward_closed" => {}
            "course_published" => found.published(entry),
            _ => found.sent(operations.get(&entry.id), entry),
        }
    }
    found.rewards(journal);
    let last = journal.last().map_or(0, |entry| entry.seq);
    for (id, bodies) in operations {
        for acknowledged in bodies.values().filter_map(|attempts| attempts.done.as_ref()) {
            let reached = extent == Extent::Whole || acknowledged.seq <= last;
            if reached && !by_id.contains_key(id.as_str()) {
                let seen =
                    format!("{id} was acknowledged as entry {} and is lost", acknowledged.seq);
                found.add("I1", seen);
            }
        }
    }
    found.0
}

#[derive(Default)]
struct Found(Vec<Violation>);

impl Found {
    fn add(&mut self, id: &'static str, seen: String) {
        self.0.push(Violation { id, seen });
    }

    fn numbering(&mut self, journal: &[Recorded]) {
        for (expected, entry) in (1..).zip(journal) {
            if entry.seq != expected {
                let seen = format!("entry {} stands where entry {expected} belongs", entry.seq);
                // One gap shifts everything after it: the first says enough.
                return self.add("I4", seen);
            }
        }
    }

    /// The server publishes nothing by itself, and the harness publishes one course.
    fn published(&mut self, entry: &Recorded) {
        if entry.id != crate::course::ENTRY_ID {
            self.add("I2", format!("entry {} publishes {}", entry.seq, entry.id));
        }
    }

    fn sent(&mut self, told: Option<&BTreeMap<String, Attempts>>, entry: &Recorded) {
        let Recorded { seq, id, content, .. } = entry;
        let Some(bodies) = told else {
            return self.add("I2", format!("entry {seq} is {id}, which nobody sent"));
        };
        let Some(attempts) = bodies.get(content) else {
            return self.add("I2", format!("entry {seq} is {id} with {content}, not as sent"));
        };
        if !attempts.may_stand() {
            self.add("I2", format!("entry {seq} is {id}, of which we heard that it was not done"));
        }
        let others = bodies.iter().filter(|(body, _)| *body != content);
        for (body, acknowledged) in
            others.filter_map(|(body, told)| Some((body, told.done.as_ref()?)))
        {
            let seen = format!(
                "{id} was acknowledged with {body} as entry {}, but entry {seq} is {content}",
                acknowledged.seq
            );
            self.add("I1", seen);
        }
        let Some(acknowledged) = &attempts.done else { return };
        if acknowledged.seq != *seq {
            let told = acknowledged.seq;
            self.add("I1", format!("{id} was acknowledged as entry {told} and is entry {seq}"));
        }
        if acknowledged.answer != entry.answer {
            let (told, stands) = (&acknowledged.answer, &entry.answer);
            self.add("I7", format!("{id} was answered as {told:?} and recorded as {stands:?}"));
        }
    }

    fn rewards(&mut self, journal: &[Recorded]) {
        let mut decisions: BTreeMap<&str, &Recorded> = BTreeMap::new();
        let mut settled: BTreeMap<&str, u64> = BTreeMap::new();
        for entry in journal {
            match entry.kind.as_str() {
                "decision_made" => {
                    decisions.insert(&entry.id, entry);
                }
                "reward_joined" | "reward_closed" => {
                    let decision = entry.decision.as_deref().unwrap_or_default();
                    let made = decisions.get(decision);
                    if made.is_none_or(|made| made.learner != entry.learner) {
                        let seen = format!("entry {} settles {decision:?}", entry.seq);
                        self.add("I7", format!("{seen}, no earlier decision of its learner"));
                    }
                    if let Some(first) = settled.insert(decision, entry.seq) {
                        let seen = format!("{decision} is settled by entries {first}");
                        self.add("I7", format!("{seen} and {}", entry.seq));
                    }
                }
                _ => {}
            }
        }
    }
}
