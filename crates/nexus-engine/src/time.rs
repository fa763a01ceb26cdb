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

/// Days from 0001-01-01 to 1970-01-01.
const DAYS_BEFORE_1970: i64 = 719_162;

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

    /// The first moment of a day written as `2027-06-30`, in UTC; `None` when it names no day.
    #[must_use]
    pub fn of_date(date: &str) -> Option<Self> {
        let [year, month, day] = date.split('-').collect::<Vec<_>>()[..] else { return None };
        let number = |text: &str, digits: usize| -> Option<i64> {
            let written = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
            if written { text.parse().ok() } else { None }
        };
        let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let position = usize::try_from(month - 1).ok()?;
        let length = *lengths.get(position)?;
        if year < 1 || !(1..=length).contains(&day) {
            return None;
        }
        let past = year - 1;
        let days_before = past * 365 + past / 4 - past / 100 + past / 400;
        let in_year: i64 = lengths[..position].iter().sum::<i64>() + day - 1;
        Some(Self((days_before + in_year - DAYS_BEFORE_1970) * DAY_MICROS))
    }

    /// The number of the UTC day.
    #[must_use]
    pub fn day_number(self) -> i64 {
        self.0.div_euclid(DAY_MICROS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_first_moment_of_its_day() {
        // `date -u -d DATE +%s` of GNU coreutils, in days.
        for (date, days) in [
            ("1970-01-01", 0),
            ("2000-02-29", 11_016),
            ("2027-06-30", 20_999),
            ("1969-12-31", -1),
            ("2100-03-01", 47_541),
        ] {
            assert_eq!(Timestamp::of_date(date), Some(Timestamp(days * DAY_MICROS)), "{date}");
        }
        for wrong in ["2027-02-29", "2100-02-29", "2027-13-01", "2027-00-10", "2027-6-30", "soon"] {
            assert_eq!(Timestamp::of_date(wrong), None, "{wrong}");
        }
    }
}
