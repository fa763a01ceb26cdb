//! The board: which training runs, and what became of the last one. One runs at a time.

use super::{TrainingAsk, TrainingOutcome, TrainingProgress, run};
use crate::clock::Clock;
use crate::node::NodeHandle;
use nexus_engine::time::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Debug)]
pub struct Job {
    /// Its number, from 1.
    pub number: u64,
    /// What was asked, and by whom.
    pub ask: TrainingAsk,
    pub started_at: Timestamp,
    /// How far it is.
    pub progress: Arc<TrainingProgress>,
    ended: Mutex<Option<(Timestamp, TrainingOutcome)>>,
}

/// The latest training of this process.
#[derive(Debug, Default)]
pub struct TrainingBoard {
    last: Mutex<Option<Arc<Job>>>,
}

impl Job {
    /// When it ended, and how; `None` while it runs.
    #[must_use]
    pub fn ended(&self) -> Option<(Timestamp, TrainingOutcome)> {
        lock(&self.ended).clone()
    }
}

impl TrainingBoard {
    /// The training that runs, or else the last one.
    #[must_use]
    pub fn last(&self) -> Option<Arc<Job>> {
        lock(&self.last).clone()
    }

    /// Starts a training in the background, unless one runs.
    ///
    /// Errors: the training that runs.
    pub fn start(
        &self,
        node: NodeHandle,
        ask: TrainingAsk,
        clock: Clock,
    ) -> Result<Arc<Job>, Arc<Job>> {
        let mut last = lock(&self.last);
        if let Some(running) = last.as_ref().filter(|job| job.ended().is_none()) {
            return Err(Arc::clone(running));
        }
        let job = Arc::new(Job {
            number: last.as_ref().map_or(0, |job| job.number) + 1,
            ask,
            started_at: clock.now(),
            progress: Arc::default(),
            ended: Mutex::new(None),
        });
        *last = Some(Arc::clone(&job));
        let working = Arc::clone(&job);
        tokio::spawn(async move {
            let (by, dry_run) = (&working.ask.asked_by, working.ask.dry_run);
            tracing::info!(by, dry_run, job = working.number, "a training began");
            let outcome = run(&node, &working.ask, &working.progress).await;
            tracing::info!(by, job = working.number, ?outcome, "a training ended");
            *lock(&working.ended) = Some((clock.now(), outcome));
        });
        Ok(job)
    }
}

/// What is behind these locks is whole at any moment, also after a panic elsewhere.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
