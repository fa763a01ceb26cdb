//! How people behave around learning: how long they sit, when they come back, when they have had
//! enough. The same for all families of minds but for their temper.

use crate::knowledge::Temper;
use nexus_engine::time::{DAY_MICROS, HOUR_MICROS, MINUTE_MICROS};
use nexus_stats::math::exp;
use nexus_stats::random::Stream;

/// The shortest and the longest session, in minutes.
pub const SESSION_MINUTES: (f64, f64) = (20.0, 60.0);
/// Median pause between sessions, in hours.
pub const PAUSE_HOURS: f64 = 23.0;
/// Standard deviation of its logarithm.
pub const PAUSE_SPREAD: f64 = 0.35;
/// The shortest and the longest pause, in hours.
pub const PAUSE_HOURS_RANGE: (f64, f64) = (6.0, 96.0);
/// Chance of skipping an activity that was never done.
pub const SKIP: f64 = 0.02;
/// How much each earlier round adds to the chance of skipping a film or a reading.
pub const SKIP_REPEATED: f64 = 0.25;
/// The greatest chance of skipping.
pub const SKIP_MAX: f64 = 0.6;
/// Seconds that a question of a placement takes at a usual pace.
pub const PLACEMENT_SECONDS: f64 = 45.0;
/// Seconds until a learner skips.
pub const SKIP_SECONDS: f64 = 25.0;
/// Chance of stopping a film when its credits begin.
pub const CREDITS_SKIPPED: f64 = 0.35;
/// Chance of closing a film somewhere in the middle.
pub const FILM_ABANDONED: f64 = 0.04;
/// Standard deviation of the logarithm of a person's pace, and of one activity's.
pub const PACE_SPREAD: f64 = 0.2;
/// Chance of asking for a hint when the answer is not clear.
pub const HINT: f64 = 0.3;
/// True success below which the answer is not clear.
pub const HINT_BELOW: f64 = 0.6;
/// Share of the distance to certainty that a hint closes.
pub const HINT_HELP: f64 = 0.1;
/// Chance of trying again after a wrong answer in an exercise.
pub const RETRY: f64 = 0.4;
/// Share of the distance to certainty that one excluded answer closes.
pub const RETRY_HELP: f64 = 0.3;
/// Share of the distance to certainty that each earlier meeting with a question closes: its
/// explanation was read, and some of it is known by heart.
pub const FAMILIAR_HELP: f64 = 0.3;
/// Chance of rating an activity.
pub const RATING: f64 = 0.1;
/// Chance of leaving for good at each answer, in an even mood.
pub const LEAVE: f64 = 0.0015;
/// Weight of the past in the running share of failures.
pub const FAILURES_MEMORY: f64 = 0.8;
/// The share of failures from which on they frustrate.
pub const FAILURES_BORNE: f64 = 0.45;
/// Weight of the past in the running share of successes.
pub const SUCCESSES_MEMORY: f64 = 0.9;
/// The share of successes from which on they bore.
pub const SUCCESSES_BORNE: f64 = 0.93;
/// The share of failures from which on the discouraged may give up.
pub const FAILURES_BEFORE_GIVING_UP: f64 = 0.5;
/// Days that those stay away who gave up: at least, and at most.
pub const GIVEN_UP_DAYS: (f64, f64) = (3.0, 10.0);

/// How a learner feels about the course.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mood {
    temper: Temper,
    failures: f64,
    successes: f64,
}

impl Mood {
    /// The mood at the beginning: neither frustrated nor bored.
    #[must_use]
    pub fn new(temper: Temper) -> Self {
        Self { temper, failures: 0.3, successes: 0.5 }
    }

    /// Takes in an answer.
    pub fn answered(&mut self, right: bool) {
        let (wrong, right) = if right { (0.0, 1.0) } else { (1.0, 0.0) };
        self.failures = FAILURES_MEMORY * self.failures + (1.0 - FAILURES_MEMORY) * wrong;
        self.successes = SUCCESSES_MEMORY * self.successes + (1.0 - SUCCESSES_MEMORY) * right;
    }

    /// Chance of leaving for good now: `0.0015 e^(a (f - 0.45)+ + b (g - 0.93)+ / 0.07)`, where f
    /// and g are the running shares of failures and successes (`docs/science.md` 6.5).
    #[must_use]
    pub fn hazard(&self) -> f64 {
        let frustration = (self.failures - FAILURES_BORNE).max(0.0);
        let boredom = (self.successes - SUCCESSES_BORNE).max(0.0) / (1.0 - SUCCESSES_BORNE);
        let strain = self.temper.frustration * frustration + self.temper.boredom * boredom;
        (LEAVE * exp(strain)).min(1.0)
    }

    /// Chance of giving up for some days now: the weight of discouragement times how far the share
    /// of failures lies above [`FAILURES_BEFORE_GIVING_UP`]. `None` for those who never give up.
    #[must_use]
    pub fn giving_up(&self) -> Option<f64> {
        let beyond = (self.failures - FAILURES_BEFORE_GIVING_UP).max(0.0);
        let weight = self.temper.discouragement;
        (weight > 0.0).then_some((weight * beyond).min(1.0))
    }
}

/// Length of the next session, in microseconds.
#[must_use]
pub fn session_micros(stream: &mut Stream) -> i64 {
    let (least, most) = SESSION_MINUTES;
    let minutes = least + (most - least) * stream.uniform();
    (minutes * MINUTE_MICROS as f64) as i64
}

/// How long a learner who gave up stays away, in microseconds.
#[must_use]
pub fn given_up_micros(stream: &mut Stream) -> i64 {
    let (least, most) = GIVEN_UP_DAYS;
    ((least + (most - least) * stream.uniform()) * DAY_MICROS as f64) as i64
}

/// Length of the pause until the next session, in microseconds.
#[must_use]
pub fn pause_micros(stream: &mut Stream) -> i64 {
    let (least, most) = PAUSE_HOURS_RANGE;
    let hours = (PAUSE_HOURS * exp(PAUSE_SPREAD * stream.normal())).clamp(least, most);
    (hours * HOUR_MICROS as f64) as i64
}
