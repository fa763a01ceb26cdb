//! How fast the journal takes entries, by the size of the batch: for `nexus bench`.

use nexus_engine::event::{Action, Answer, Entry, Event, Happening};
use nexus_engine::ids::{ActivityId, CourseId, EventId, IdRefusal, LearnerId, QuestionId};
use nexus_engine::learner::tracing::Evidence;
use nexus_engine::time::Timestamp;
use nexus_store::{AppendFault, NewRecord, OpenOptions, Store};
use std::path::Path;
use std::time::{Duration, Instant};

/// The batch sizes that are worth comparing.
pub const BATCHES: [usize; 4] = [1, 16, 64, 256];

/// Learners whose answers are appended.
const LEARNERS: u64 = 500;

/// What a run of appends took.
#[derive(Clone, Debug, PartialEq)]
pub struct AppendRun {
    /// Entries appended, all durable.
    pub entries: u64,
    /// Wall time of the whole run, encoding included.
    pub elapsed: Duration,
}

impl AppendRun {
    /// Durable entries a second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        self.entries as f64 / self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// Appends answers in batches of one size to a store in `directory`, for at least `duration`.
///
/// Errors: as [`Store::append`].
pub fn append_throughput(
    directory: &Path,
    batch: usize,
    duration: Duration,
) -> Result<AppendRun, AppendFault> {
    let mut store = Store::open(directory, &OpenOptions::default())?;
    let mut streams = vec![0; LEARNERS as usize];
    let mut entries = 0;
    let run = store.head().seq;
    let began = Instant::now();
    while began.elapsed() < duration {
        let first = store.head().seq + 1;
        let records: Option<Vec<NewRecord>> = (first..first + batch.max(1) as u64)
            .map(|seq| sample(run, seq, &mut streams).ok())
            .collect();
        let records = records.unwrap_or_default();
        store.append(&records)?;
        entries += records.len() as u64;
    }
    Ok(AppendRun { entries, elapsed: began.elapsed() })
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
        let mut before = 0;
        for batch in [1, 16] {
            let run =
                append_throughput(directory.path(), batch, Duration::from_millis(30)).unwrap();
            let store = Store::open(directory.path(), &OpenOptions::default()).unwrap();
            assert_eq!(store.head().seq - before, run.entries);
            assert_eq!(run.entries % batch as u64, 0);
            assert!(run.per_second() > 0.0);
            before = store.head().seq;
        }
    }
}
