//! The board: what each sink does, for people and metrics.

use nexus_api::sinks::{SinkActivity, SinkReport};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Every sink of this run of the server.
#[derive(Debug, Default)]
pub struct SinkBoard(Mutex<BTreeMap<String, Arc<SinkStatus>>>);

/// What a sink does, and what became of its entries.
#[derive(Debug)]
pub(super) struct SinkStatus {
    kind: &'static str,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    activity: SinkActivity,
    delivered: u64,
    put_aside: u64,
    retries: u64,
    problem: Option<String>,
}

impl SinkBoard {
    pub(super) fn begin(&self, name: &str, kind: &'static str) -> Arc<SinkStatus> {
        let status = Arc::new(SinkStatus { kind, seen: Mutex::default() });
        self.known().insert(name.to_owned(), Arc::clone(&status));
        status
    }

    /// All sinks in the order of their names. `positions` says how far each has come; `head` is the
    /// last entry of the journal.
    #[must_use]
    pub fn reports(&self, positions: &BTreeMap<String, u64>, head: u64) -> Vec<SinkReport> {
        let known = self.known();
        let report = |(name, status): (&String, &Arc<SinkStatus>)| {
            // A position is the place of the first entry that is not delivered yet.
            let delivered_to = positions.get(name).map(|next| next.saturating_sub(1));
            let seen = status.seen();
            SinkReport {
                sink: name.clone(),
                kind: status.kind.to_owned(),
                activity: seen.activity,
                seq: delivered_to,
                lag: delivered_to.map(|seq| head.saturating_sub(seq)),
                delivered: seen.delivered,
                put_aside: seen.put_aside,
                retries: seen.retries,
                last_error: seen.problem.clone(),
            }
        };
        known.iter().map(report).collect()
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Arc<SinkStatus>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SinkStatus {
    pub(super) fn delivered(&self, entries: u64) {
        let mut seen = self.seen();
        seen.delivered += entries;
        seen.activity = SinkActivity::Running;
    }

    /// An entry was refused for good.
    pub(super) fn put_aside(&self, reason: &str) {
        let mut seen = self.seen();
        seen.put_aside += 1;
        seen.problem = Some(reason.to_owned());
    }

    /// A delivery failed and is tried again.
    pub(super) fn waits(&self, reason: &str) {
        let mut seen = self.seen();
        if seen.activity != SinkActivity::Waiting {
            tracing::warn!(reason, "a sink could not deliver; it tries again");
        }
        seen.activity = SinkActivity::Waiting;
        seen.retries += 1;
        seen.problem = Some(reason.to_owned());
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
