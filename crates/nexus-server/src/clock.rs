//! The clock: the one place where Nexus asks what time it is.

use nexus_engine::time::Timestamp;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Tells the time. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Source>);

#[derive(Debug)]
enum Source {
    System,
    Scaled { start: Timestamp, began: Instant, factor: f64 },
    Still(Timestamp),
}

impl Clock {
    /// The time of this machine.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(Source::System))
    }

    /// A clock that starts now and runs `factor` times as fast: a demonstration's days pass in
    /// minutes. `factor` is at least 1.
    #[must_use]
    pub fn scaled(factor: f64) -> Self {
        let factor = factor.max(1.0);
        Self(Arc::new(Source::Scaled { start: system_now(), began: Instant::now(), factor }))
    }

    /// A clock that stands still, for tests.
    #[doc(hidden)]
    #[must_use]
    pub fn still(at: Timestamp) -> Self {
        Self(Arc::new(Source::Still(at)))
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &*self.0 {
            Source::System => system_now(),
            Source::Still(at) => *at,
            Source::Scaled { start, began, factor } => {
                let micros = began.elapsed().as_secs_f64() * factor * 1e6;
                start.plus_micros(micros as i64)
            }
        }
    }

    /// How many times faster than the machine's clock it runs.
    #[must_use]
    pub fn factor(&self) -> f64 {
        match &*self.0 {
            Source::System | Source::Still(_) => 1.0,
            Source::Scaled { factor, .. } => *factor,
        }
    }
}

fn system_now() -> Timestamp {
    // A clock before 1970 is a broken machine; zero keeps it running and visible.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
