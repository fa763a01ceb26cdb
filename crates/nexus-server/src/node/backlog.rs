//! What waits for the node's thread, and how old it is.
//!
//! A queue that is bounded by its length alone can hold more than a client's patience: the node
//! would work for clients that have gone. So requests are refused at the door while the oldest one
//! had to wait for longer than [`AGE_MAX`] when its turn came.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// How long a request may wait for its turn before newcomers are refused.
pub(crate) const AGE_MAX: Duration = Duration::from_secs(1);

/// How many requests wait, and how long the oldest had waited when the node's thread took it last.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    waiting: AtomicUsize,
    age_micros: AtomicU64,
}

impl Backlog {
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Whether what waits is so old that nothing more should be put behind it.
    pub fn is_old(&self) -> bool {
        let age = Duration::from_micros(self.age_micros.load(Ordering::Relaxed));
        self.waiting() > 0 && age > AGE_MAX
    }

    pub fn enter(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
    }

    /// A request that was counted did not get in.
    pub fn leave(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// So many requests are taken, of which the oldest has waited so long.
    pub fn take(&self, requests: usize, oldest: Duration) {
        self.waiting.fetch_sub(requests, Ordering::Relaxed);
        let micros = u64::try_from(oldest.as_micros()).unwrap_or(u64::MAX);
        self.age_micros.store(micros, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backlog_is_old_while_something_waits_behind_what_waited_too_long() {
        let backlog = Backlog::default();
        backlog.enter();
        backlog.enter();
        assert!(!backlog.is_old(), "nothing was taken yet");
        backlog.take(1, AGE_MAX * 2);
        assert!(backlog.is_old());
        backlog.take(1, AGE_MAX * 2);
        assert!(!backlog.is_old(), "nothing waits");
        backlog.enter();
        backlog.take(0, AGE_MAX / 2);
        assert!(!backlog.is_old());
    }
}
