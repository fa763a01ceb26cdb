//! Where the server is now. It moves with every restart, and clients wait here while it is gone.

use std::net::SocketAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long clients wait for a server before the test is called stuck.
const WAIT_SECONDS_MAX: u64 = 60;

/// One life of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Which one.
    pub number: u32,
    /// Where it listens.
    pub address: SocketAddr,
}

#[derive(Debug, Default)]
struct Place {
    life: Option<Life>,
    stopped: bool,
}

/// The server's address, shared with all clients.
#[derive(Debug, Default)]
pub struct Target {
    place: Mutex<Place>,
    changed: Condvar,
}

impl Target {
    fn lock(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends clients to a new life of the server.
    pub fn aim(&self, address: SocketAddr) {
        let mut place = self.lock();
        let number = place.life.map_or(0, |life| life.number) + 1;
        place.life = Some(Life { number, address });
        self.changed.notify_all();
    }

    /// Tells clients to stop.
    pub fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    /// Whether clients are to stop.
    pub fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// The life that clients were sent to last, also after the end.
    pub fn last(&self) -> Option<Life> {
        self.lock().life
    }

    /// The present life, or once it is known to be over, the one after it. `None` is the end.
    pub fn next(&self, over: Option<Life>) -> Option<Life> {
        let deadline = Instant::now() + Duration::from_secs(WAIT_SECONDS_MAX);
        let mut place = self.lock();
        loop {
            if place.stopped {
                return None;
            }
            if place.life.is_some() && place.life != over {
                return place.life;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no server for {WAIT_SECONDS_MAX} s");
            let waited = self.changed.wait_timeout(place, left);
            place = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
