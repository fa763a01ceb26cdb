//! How fast the journal takes entries, by the size of the batch: for `nexus bench`.

use crate::fault::AppendFault;
use crate::journal::NewRecord;
use crate::store::{OpenOptions, Store};
use nexus_engine::event::{Action, Answer, Entry, Event, Happening};
use nexus_engine::ids::{ActivityId, CourseId, EventId, IdRefusal, LearnerId, QuestionId};
use nexus_engine::learner::tracing::Evidence;
use nexus_engine::time::Timestamp;
use std::path::Path;
use std::time::{Duration, Instant};

/// The batch sizes that are worth comparing.
pub const BATCHES: [usize; 4] = [1, 16, 64, 256];

/// Learners whose answers are appended.
const LEARNERS: u64 = 500;

/// What a run of appends took.
#[derive(Clone, Debug, PartialEq)]
pub struct AppendRun {
    /// Entries a batch.
    pub batch: usize,
    /// Entries appended, all durable.
    pub entries: u64,
    /// Wall time of the whole run, encoding included.
    pub elapsed: Duration,
    /// Wall time of each batch, the shortest first.
    pub commits: Vec<Duration>,
}

impl AppendRun {
    /// Durable entries a second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        self.entries as f64 / self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// The time within which this share of the batches was durable; `share` from 0 to 1.
    #[must_use]
    pub fn commit_within(&self, share: f64) -> Duration {
        let last = self.commits.len().saturating_sub(1);
        let position = (share.clamp(0.0, 1.0) * last as f64).round() as usize;
        self.commits.get(position).copied().unwrap_or_default()
    }
}

/// Appends answers in batches of one size to a store in `directory`, for at least `duration`.
///
/// # Errors
/// As [`Store::append`].
pub fn append_throughput(
    directory: &Path,
    batch: usize,
    duration: Duration,
) -> Result<AppendRun, AppendFault> {
    let mut store = Store::open(directory, &OpenOptions::default())?;
    let mut streams = vec![0; LEARNERS as usize];
    let (mut entries, mut commits) = (0, Vec::new());
    let run = store.head().seq;
    let began = Instant::now();
    while began.elapsed() < duration {
        let first = store.head().seq + 1;
        let records: Option<Vec<NewRecord>> = (first..first + batch.max(1) as u64)
            .map(|seq| sample(run, seq, &mut streams).ok())
            .collect();
        let records = records.unwrap_or_default();
        let before = Instant::now();
        store.append(&records)?;
        commits.push(before.elapsed());
        entries += records.len() as u64;
    }
    let elapsed = began.elapsed();
    commits.sort_unstable();
    Ok(AppendRun { batch, entries, elapsed, commits })
}

/// One answer, about as long as a real one. `run` keeps the learners of several runs apart.
fn sample(run: u64, seq: u64, streams: &mut [u64]) -> Result<NewRecord, IdRefusal> {
    let learner = seq % LEARNERS;
    let learner_seq = streams[learner as usize];
    streams[learner as usize] += 1;
    let answer = Answer {
        activity: ActivityId::new("practice-equations-2")?,
        question: QuestionId::new(&format!("question-{}", seq % 97))?,
        grade: (seq % 2) as f64,
        response: Some("b".to_owned()),
        duration_ms: Some(12_000 + (seq % 5_000) as u32),
        hints: 0,
        attempt: 1,
        probe: false,
        evidence: Evidence {
            predicted: 0.731_058_578,
            gradient: 0.25,
            curvature: 0.2,
            loading: 1.0,
        },
        placement_stopped: None,
    };
    let happening = Happening {
        learner: LearnerId::new(&format!("learner-{run}-{learner}"))?,
        course: CourseId::new("algebra")?,
        course_version: 1,
        occurred_at: Timestamp(seq as i64),
        decision: None,
        action: Action::QuestionAnswered(answer),
    };
    // Ids that grow with time, as clients are asked to make them.
    let id = EventId::new(&format!("0192f3a0-{seq:012x}"))?;
    let event = Event::Happened(happening);
    let entry = Entry { seq, id, received_at: Timestamp(seq as i64), event };
    Ok(NewRecord { entry, learner_seq: Some(learner_seq), request_hash: [7; 16] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_counts_what_it_appended() {
        let directory = tempfile::tempdir().unwrap();
        for batch in [1, 16] {
            let run =
                append_throughput(directory.path(), batch, Duration::from_millis(30)).unwrap();
            assert_eq!(run.entries as usize, run.commits.len() * batch);
            assert!(run.per_second() > 0.0);
            assert!(run.commit_within(0.5) <= run.commit_within(0.99));
        }
    }
}
