//! The clock: the one place where Nexus asks what time it is.
//!
//! The wall clock is compared with the time that the machine has been running. When it jumps against
//! that by more than an hour, it is not followed: time goes on from where it was, so that no window
//! of a decision ends by it, and the server says so until both agree again or it is started anew.

use nexus_engine::time::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// A larger step of the wall clock is a jump, in microseconds. A smaller one is a correction.
const JUMP_MIN: i64 = 3_600 * 1_000_000;

/// Tells the time. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Source>);

#[derive(Debug)]
enum Source {
    Watched(Watch),
    Scaled(ScaledTime),
    Still(Timestamp),
}

/// A time that runs faster than the machine's.
#[derive(Debug)]
struct ScaledTime {
    run: Mutex<Run>,
    factor: watch::Sender<f64>,
}

/// Since when it runs at one speed.
#[derive(Clone, Copy, Debug)]
struct Run {
    start: Timestamp,
    began: Instant,
    factor: f64,
}

impl Run {
    fn now(&self) -> Timestamp {
        let micros = self.began.elapsed().as_secs_f64() * self.factor * 1e6;
        self.start.plus_micros(micros as i64)
    }
}

impl ScaledTime {
    /// A panic elsewhere leaves the run whole.
    fn run(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock {
    /// The time of this machine.
    #[must_use]
    pub fn system() -> Self {
        Self::watched(Wall::System)
    }

    /// The time of a wall clock that a test sets, in microseconds since 1970.
    #[doc(hidden)]
    #[must_use]
    pub fn given(wall: Arc<AtomicI64>) -> Self {
        Self::watched(Wall::Given(wall))
    }

    fn watched(wall: Wall) -> Self {
        let anchor = Anchor { at: wall.now(), running: running() };
        Self(Arc::new(Source::Watched(Watch { wall, anchor: Mutex::new(anchor) })))
    }

    /// A clock that starts now and runs `factor` times as fast: a demonstration's days pass in
    /// minutes. `factor` is at least 1.
    #[must_use]
    pub fn scaled(factor: f64) -> Self {
        let factor = factor.max(1.0);
        let run = Run { start: system_now(), began: Instant::now(), factor };
        let factor = watch::Sender::new(factor);
        Self(Arc::new(Source::Scaled(ScaledTime { run: Mutex::new(run), factor })))
    }

    /// From now on, a scaled clock runs `factor` times as fast; others are what they are. It never
    /// jumps.
    pub fn run_at(&self, factor: f64) {
        let Source::Scaled(time) = &*self.0 else { return };
        let mut run = time.run();
        *run = Run { start: run.now(), began: Instant::now(), factor: factor.max(1.0) };
        time.factor.send_replace(run.factor);
    }

    /// Hears of every change of [`Clock::factor`]; `None` when there never is one.
    #[must_use]
    pub fn factor_changes(&self) -> Option<watch::Receiver<f64>> {
        match &*self.0 {
            Source::Watched(_) | Source::Still(_) => None,
            Source::Scaled(time) => Some(time.factor.subscribe()),
        }
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
            Source::Watched(watch) => watch.look().0,
            Source::Still(at) => *at,
            Source::Scaled(time) => time.run().now(),
        }
    }

    /// By how many seconds the wall clock is ahead of the time that is told, when it has jumped;
    /// behind it when negative.
    #[must_use]
    pub fn jump_seconds(&self) -> Option<i64> {
        match &*self.0 {
            Source::Watched(watch) => watch.look().1.map(|micros| micros / 1_000_000),
            Source::Scaled { .. } | Source::Still(_) => None,
        }
    }

    /// How many times faster than the machine's clock it runs.
    #[must_use]
    pub fn factor(&self) -> f64 {
        match &*self.0 {
            Source::Watched(_) | Source::Still(_) => 1.0,
            Source::Scaled(time) => time.run().factor,
        }
    }
}

/// A wall clock beside the time that the machine has been running.
#[derive(Debug)]
struct Watch {
    wall: Wall,
    anchor: Mutex<Anchor>,
}

/// A moment at which both agreed.
#[derive(Debug)]
struct Anchor {
    at: Timestamp,
    running: Duration,
}

#[derive(Debug)]
enum Wall {
    System,
    Given(Arc<AtomicI64>),
}

impl Wall {
    fn now(&self) -> Timestamp {
        match self {
            Self::System => system_now(),
            Self::Given(micros) => Timestamp(micros.load(Ordering::Relaxed)),
        }
    }
}

impl Watch {
    /// The time to go by, and how far the wall clock is ahead of it when it has jumped.
    fn look(&self) -> (Timestamp, Option<i64>) {
        // Nothing that holds it can panic.
        let mut anchor = self.anchor.lock().unwrap_or_else(PoisonError::into_inner);
        let (wall, now) = (self.wall.now(), running());
        let passed = now.saturating_sub(anchor.running).as_micros();
        let steady = anchor.at.plus_micros(i64::try_from(passed).unwrap_or(i64::MAX));
        let ahead = wall.0.saturating_sub(steady.0);
        if ahead.saturating_abs() > JUMP_MIN {
            return (steady, Some(ahead));
        }
        // Small corrections add up over months, and are no jump.
        *anchor = Anchor { at: wall, running: now };
        (wall, None)
    }
}

/// How long the machine has been running, with the time that it slept: to wake up is no jump.
#[cfg(target_os = "linux")]
fn running() -> Duration {
    let since = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(since.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(since.tv_nsec).unwrap_or(0))
}

/// How long this program has been running.
#[cfg(not(target_os = "linux"))]
fn running() -> Duration {
    static BEGAN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    BEGAN.get_or_init(Instant::now).elapsed()
}

fn system_now() -> Timestamp {
    // A clock before 1970 is a broken machine; zero keeps it running and visible.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600 * 1_000_000;
    const START: i64 = 500_000 * HOUR;

    /// A clock before and after its wall clock is moved by so much.
    fn check(step: i64, jumps: bool) -> (Arc<AtomicI64>, Clock) {
        let wall = Arc::new(AtomicI64::new(START));
        let clock = Clock::given(wall.clone());
        assert_eq!((clock.now().0, clock.jump_seconds()), (START, None));
        wall.store(START + step, Ordering::Relaxed);
        assert_eq!(clock.jump_seconds().is_some(), jumps, "{step}");
        // A test may be slow, but not by half an hour.
        let told = if jumps { START } else { START + step };
        assert!((clock.now().0 - told).abs() < HOUR / 2, "{step}: {}", clock.now().0);
        (wall, clock)
    }

    #[test]
    fn a_correction_is_followed_and_a_jump_is_not() {
        for step in [HOUR / 2, -HOUR / 2, 10_000_000] {
            check(step, false);
        }
        for step in [2 * HOUR, -2 * HOUR, 24 * 365 * HOUR, i64::MAX - START, -START] {
            check(step, true);
        }
    }

    #[test]
    fn corrections_add_up_and_a_clock_that_comes_back_is_followed_again() {
        let (wall, clock) = check(HOUR / 2, false);
        for halves in 2..9 {
            wall.store(START + halves * HOUR / 2, Ordering::Relaxed);
            assert_eq!(clock.jump_seconds(), None, "{halves}");
        }
        wall.store(START + 100 * HOUR, Ordering::Relaxed);
        let ahead = clock.jump_seconds().expect("a jump");
        assert!((ahead - 96 * 3_600).abs() < 1_800, "{ahead}");
        wall.store(START + 4 * HOUR, Ordering::Relaxed);
        assert_eq!((clock.jump_seconds(), clock.now().0), (None, START + 4 * HOUR));
    }

    #[test]
    fn the_clock_of_this_machine_agrees_with_itself() {
        assert_eq!(Clock::system().jump_seconds(), None);
    }

    #[test]
    fn a_scaled_clock_changes_its_speed_and_never_jumps() {
        let clock = Clock::scaled(1e6);
        let mut changes = clock.factor_changes().unwrap();
        let before = clock.now();
        clock.run_at(1.0);
        let slowed = clock.now();
        assert!(slowed >= before);
        assert_eq!((clock.factor(), *changes.borrow_and_update()), (1.0, 1.0));
        clock.run_at(2e6);
        assert!(clock.now() >= slowed && changes.has_changed().unwrap());
        assert!(Clock::system().factor_changes().is_none());
    }
}
