//! The ledger: what clients sent and what they were told, and its comparison with the journal.
//!
//! An operation is an id with a body. Every time it is sent it ends as *done*, *not done*, a
//! *conflict*, or *unknown*: the answer never came, or promised nothing. The names of the
//! violations are the invariants of `docs/durability.md`.

mod checks;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

/// What a client was told about something it sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is durable, as this entry; now, or since it was sent before.
    Done {
        /// The entry.
        seq: u64,
        /// Whether the server says that it came before.
        duplicate: bool,
        /// What else was answered and must stay so: the activity and propensity of a decision.
        answer: Option<String>,
    },
    /// The server says that nothing was done, or it was never reached.
    NotDone,
    /// The server says that the id is taken by another body.
    Conflict,
    /// Nobody knows.
    Unknown,
}

/// One broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The invariant.
    pub id: &'static str,
    /// What was seen.
    pub seen: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.id, self.seen)
    }
}

/// An entry of the journal, reduced to what the clients can know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Its place.
    pub seq: u64,
    /// Its id.
    pub id: String,
    /// The word of its type.
    pub kind: String,
    /// Whose it is.
    pub learner: String,
    /// Its content, in the form in which the ledger keeps what was sent.
    pub content: String,
    /// The activity and propensity of a decision.
    pub answer: Option<String>,
    /// The decision it belongs to.
    pub decision: Option<String>,
}

/// How much of the journal is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it: whatever is not there is lost.
    Whole,
    /// Its beginning: what was acknowledged at a later place cannot be looked for.
    Beginning,
}

/// What became of one body under one id, over all times it was sent.
#[derive(Clone, Debug, Default)]
struct Attempts {
    // Sent without a final word, or on its way now.
    unknown: u32,
    done: Option<Acknowledged>,
}

#[derive(Clone, Debug, PartialEq)]
struct Acknowledged {
    seq: u64,
    answer: Option<String>,
}

/// What clients sent and what they were told.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    // By id, then by content.
    operations: BTreeMap<String, BTreeMap<String, Attempts>>,
    // The newest entry that each client was told of as new.
    newest: BTreeMap<usize, u64>,
    violations: Vec<Violation>,
}

/// A ledger in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Ids.
    pub operations: usize,
    /// Acknowledged as durable.
    pub done: usize,
    /// Never acknowledged, and perhaps recorded.
    pub unknown: usize,
}

impl Ledger {
    /// Notes that something is about to be sent. Until its end is known it counts as unknown.
    pub fn begin(&mut self, id: &str, content: &str) {
        let bodies = self.operations.entry(id.to_owned()).or_default();
        bodies.entry(content.to_owned()).or_default().unknown += 1;
    }

    /// Notes how something that was begun ended, as far as `client` was told.
    pub fn end(&mut self, client: usize, id: &str, content: &str, outcome: &Outcome) {
        if *outcome == Outcome::Unknown {
            return;
        }
        let bodies = self.operations.entry(id.to_owned()).or_default();
        let attempts = bodies.entry(content.to_owned()).or_default();
        attempts.unknown = attempts.unknown.saturating_sub(1);
        let before = attempts.clone();
        let other = bodies.iter().any(|(body, attempts)| body != content && attempts.may_stand());
        match outcome {
            Outcome::Done { seq, duplicate, answer } => {
                let now = Acknowledged { seq: *seq, answer: answer.clone() };
                self.check_done(id, &before, &now, *duplicate);
                if !duplicate {
                    self.check_order(client, id, *seq);
                }
                let bodies = self.operations.entry(id.to_owned()).or_default();
                bodies.entry(content.to_owned()).or_default().done.get_or_insert(now);
            }
            Outcome::Conflict if before.done.is_some() => {
                self.violate("I5", format!("{id} was acknowledged, and is a conflict now"));
            }
            Outcome::Conflict if !other => {
                self.violate("I5", format!("{id} is a conflict, but no other body was sent"));
            }
            Outcome::Conflict | Outcome::NotDone | Outcome::Unknown => {}
        }
    }

    fn check_done(&mut self, id: &str, before: &Attempts, now: &Acknowledged, duplicate: bool) {
        let seq = now.seq;
        match &before.done {
            Some(first) if first != now => {
                self.violate("I5", format!("{id} was answered with {first:?}, then with {now:?}"));
            }
            Some(_) if !duplicate => {
                self.violate("I5", format!("{id} was sent again and done again, entry {seq}"));
            }
            None if duplicate && before.unknown == 0 => {
                self.violate("I5", format!("{id} is called a duplicate, but was not done before"));
            }
            _ => {}
        }
    }

    fn check_order(&mut self, client: usize, id: &str, seq: u64) {
        let newest = self.newest.entry(client).or_default();
        let before = std::mem::replace(newest, seq);
        if seq <= before {
            let seen = format!("client {client} was told {before}, then {seq} for the later {id}");
            self.violate("I4", seen);
        }
    }

    /// Notes something that a client saw and that must not be.
    pub fn violate(&mut self, id: &'static str, seen: String) {
        self.violations.push(Violation { id, seen });
    }

    /// The ledger in numbers.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals { operations: self.operations.len(), ..Totals::default() };
        for bodies in self.operations.values() {
            if bodies.values().any(|attempts| attempts.done.is_some()) {
                totals.done += 1;
            } else if bodies.values().any(|attempts| attempts.unknown > 0) {
                totals.unknown += 1;
            }
        }
        totals
    }

    /// Everything in which the clients' experience and the journal, from entry 1 on, disagree.
    #[must_use]
    pub fn compare(&self, journal: &[Recorded], extent: Extent) -> Vec<Violation> {
        let mut violations = self.violations.clone();
        violations.extend(checks::compare(&self.operations, journal, extent));
        violations
    }
}

impl Attempts {
    /// Whether it may be in the journal.
    fn may_stand(&self) -> bool {
        self.done.is_some() || self.unknown > 0
    }
}
