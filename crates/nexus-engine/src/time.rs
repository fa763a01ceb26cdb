//! Time as a value: the engine never asks what time it is.
#![warn(missing_docs)]

/// Microseconds since 1970-01-01T00:00:00Z. Ordered, and never read from a clock in this crate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// One second in microseconds.
pub const SECOND_MICROS: i64 = 1_000_000;
/// One minute in microseconds.
pub const MINUTE_MICROS: i64 = 60 * SECOND_MICROS;
/// One hour in microseconds.
pub const HOUR_MICROS: i64 = 60 * MINUTE_MICROS;
/// One day in microseconds.
pub const DAY_MICROS: i64 = 24 * HOUR_MICROS;

impl Timestamp {
    /// Days from `earlier` to `self`; zero when `earlier` lies later.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> f64 {
        let micros = self.0.saturating_sub(earlier.0).max(0);
        micros as f64 / DAY_MICROS as f64
    }

    /// Minutes from `earlier` to `self`; zero when `earlier` lies later.
    #[must_use]
    pub fn minutes_since(self, earlier: Self) -> f64 {
        let micros = self.0.saturating_sub(earlier.0).max(0);
        micros as f64 / MINUTE_MICROS as f64
    }

    /// This moment and `micros` more, kept inside the range of the type.
    #[must_use]
    pub fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// The number of the UTC day.
    #[must_use]
    pub fn day_number(self) -> i64 {
        self.0.div_euclid(DAY_MICROS)
    }
}
