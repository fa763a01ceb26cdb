//! The board: what each source does, and what became of its records, for people and metrics.

use crate::clock::Clock;
use nexus_api::sources::{PartitionPlace, SourceActivity, SourceProblem, SourceReport};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Over how long rates are taken.
const RATE_WINDOW: Duration = Duration::from_secs(10);

/// Every source of this run of the server.
#[derive(Debug, Default)]
pub struct SourceBoard {
    sources: Mutex<BTreeMap<String, Arc<SourceStatus>>>,
}

impl SourceBoard {
    /// The status of a source, from now on if it had none.
    #[must_use]
    pub fn of(&self, source: &str) -> Arc<SourceStatus> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(sources.entry(source.to_owned()).or_default())
    }

    /// All sources in the order of their names, with how far the journal knows them.
    #[must_use]
    pub fn reports(
        &self,
        mut places: BTreeMap<String, BTreeMap<String, u64>>,
    ) -> Vec<SourceReport> {
        let known = self.sources.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for name in known.keys() {
            places.entry(name.clone()).or_default();
        }
        let report = |(name, places): (String, BTreeMap<String, u64>)| match known.get(&name) {
            Some(status) => status.report(name, places),
            None => SourceStatus::default().report(name, places),
        };
        places.into_iter().map(report).collect()
    }
}

/// What a source does, and what became of its records.
#[derive(Debug, Default)]
pub struct SourceStatus(Mutex<Seen>);

/// What became of the records of one batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceCounts {
    pub accepted: u64,
    pub duplicate: u64,
    /// Records that were put aside as dead letters.
    pub rejected: u64,
    pub behind: u64,
}

impl SourceCounts {
    fn add(&mut self, more: Self) {
        self.accepted += more.accepted;
        self.duplicate += more.duplicate;
        self.rejected += more.rejected;
        self.behind += more.behind;
    }

    fn records(self) -> u64 {
        self.accepted + self.duplicate + self.rejected + self.behind
    }
}

#[derive(Debug, Default)]
struct Seen {
    kind: Option<&'static str>,
    clock: Option<Clock>,
    activity: SourceActivity,
    counts: SourceCounts,
    /// Sums of records, at most one a second.
    samples: VecDeque<(Instant, u64)>,
    ends: BTreeMap<String, u64>,
    problem: Option<SourceProblem>,
}

impl SourceStatus {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This server reads it from now on.
    pub fn begin(&self, kind: &'static str, clock: Clock) {
        let mut seen = self.seen();
        (seen.kind, seen.clock) = (Some(kind), Some(clock));
        seen.activity = SourceActivity::Running;
    }

    /// What became of some records.
    pub fn count(&self, counts: SourceCounts) {
        let (mut seen, now) = (self.seen(), Instant::now());
        if seen.samples.back().is_none_or(|(at, _)| now - *at >= Duration::from_secs(1)) {
            let sum = seen.counts.records();
            seen.samples.push_back((now, sum));
        }
        seen.counts.add(counts);
        while seen.samples.front().is_some_and(|(at, _)| now - *at > RATE_WINDOW) {
            seen.samples.pop_front();
        }
    }

    /// Where a partition ends now.
    pub fn ends_at(&self, partition: &str, end: u64) {
        self.seen().ends.insert(partition.to_owned(), end);
    }

    /// It is read, or it came to its end.
    pub fn is(&self, activity: SourceActivity) {
        self.seen().activity = activity;
    }

    /// Something went wrong: it waits, or it is read no more.
    pub fn went_wrong(&self, activity: SourceActivity, detail: &str) {
        let mut seen = self.seen();
        let at = seen.clock.as_ref().map_or_else(|| Clock::system().now(), Clock::now);
        if seen.activity != activity {
            tracing::warn!(detail, "a source could not be read on");
        }
        seen.activity = activity;
        seen.problem =
            Some(SourceProblem { at: nexus_api::time::print(at), detail: detail.to_owned() });
    }

    /// What it waited for is there again.
    pub fn recovered(&self) {
        let mut seen = self.seen();
        if seen.activity == SourceActivity::Waiting {
            seen.activity = SourceActivity::Running;
        }
    }

    /// The counts so far.
    #[must_use]
    pub fn counts(&self) -> SourceCounts {
        self.seen().counts
    }

    fn report(&self, source: String, places: BTreeMap<String, u64>) -> SourceReport {
        let seen = self.seen();
        let place = |(partition, position)| {
            let end = seen.ends.get(&partition).copied();
            PartitionPlace { partition, position, end }
        };
        let mut partitions: Vec<_> = places.into_iter().map(place).collect();
        for (partition, end) in &seen.ends {
            if !partitions.iter().any(|known| known.partition == *partition) {
                let (partition, end) = (partition.clone(), Some(*end));
                partitions.push(PartitionPlace { partition, position: 0, end });
            }
        }
        let left = |place: &PartitionPlace| Some(place.end?.saturating_sub(place.position));
        let SourceCounts { accepted, duplicate, rejected, behind } = seen.counts;
        SourceReport {
            source,
            kind: seen.kind.map(str::to_owned),
            activity: seen.activity,
            records_per_second: seen.rate(),
            lag: partitions.iter().filter_map(left).reduce(|sum, left| sum + left),
            accepted,
            duplicate,
            rejected,
            behind,
            last_error: seen.problem.clone(),
            partitions,
        }
    }
}

impl Seen {
    fn rate(&self) -> f64 {
        let recent = |(at, _): &&(Instant, u64)| at.elapsed() <= RATE_WINDOW;
        let Some((began, sum)) = self.samples.iter().find(recent) else { return 0.0 };
        let seconds = began.elapsed().as_secs_f64().max(1.0);
        (self.counts.records() - sum) as f64 / seconds
    }
}
