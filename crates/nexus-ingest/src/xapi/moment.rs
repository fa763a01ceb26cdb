//! Moments and durations as statements write them: ISO 8601.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use nexus_engine::time::Timestamp;

/// A moment with date and time, such as `2008-09-15T15:53:00.601+02:00`. One without a zone is in
/// UTC, which xAPI 1.0.3 leaves to the receiver; `-00:00` says that nobody knows, and is refused.
pub(crate) fn moment(text: &str, zone_needed: bool) -> Option<Timestamp> {
    let (date, time) = text.split_once(['T', 't'])?;
    let dated = date.len() == 10 && date.bytes().filter(|byte| *byte == b'-').count() == 2;
    let zone_at = time.find(['Z', 'z', '+', '-']);
    let (clock, zone) = time.split_at(zone_at.unwrap_or(time.len()));
    let told = clock.len() >= 5 && clock.bytes().filter(|byte| *byte == b':').count() >= 1;
    if !dated || !told {
        return None;
    }
    let offset = match zone {
        "" if zone_needed => return None,
        "" | "Z" | "z" => Offset::UTC,
        zone => offset(zone)?,
    };
    let civil: DateTime = format!("{date}T{}", clock.replace(',', ".")).parse().ok()?;
    let zoned = civil.to_zoned(TimeZone::fixed(offset)).ok()?;
    Some(Timestamp(zoned.timestamp().as_microsecond()))
}

/// An offset such as `+02:00`, `+0200` or `+02`.
fn offset(zone: &str) -> Option<Offset> {
    let digits: String = zone.get(1..)?.chars().filter(|letter| *letter != ':').collect();
    let shaped = match zone.len() {
        3 | 5 => !zone.contains(':'),
        6 => zone.as_bytes()[3] == b':',
        _ => false,
    };
    if !shaped || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 =
        digits.get(2..).filter(|rest| !rest.is_empty()).unwrap_or("0").parse().ok()?;
    let seconds = hours * 3_600 + minutes * 60;
    let west = zone.starts_with('-');
    if hours > 23 || minutes > 59 || (west && seconds == 0) {
        return None;
    }
    Offset::from_seconds(if west { -seconds } else { seconds }).ok()
}

/// How long something took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum IsoDuration {
    Seconds(f64),
    /// Years or months are in it: nobody knows how long they are.
    Calendar,
}

/// A duration such as `PT4H35M59.14S`, `P1DT2H` or `P4W`; only the last of its numbers may have a
/// fraction.
pub(super) fn duration(text: &str) -> Option<IsoDuration> {
    let rest = text.strip_prefix('P')?;
    let (days, clock) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((days, clock)) => (days, clock),
        None => (rest, ""),
    };
    let mut fraction = false;
    let (date, date_parts) = numbers(days, &["Y", "M", "W", "D"], &mut fraction)?;
    let (time, time_parts) = numbers(clock, &["H", "M", "S"], &mut fraction)?;
    let weeks = date[2].is_some();
    if date_parts + time_parts == 0 || (weeks && date_parts + time_parts > 1) {
        return None;
    }
    if date[0].is_some_and(|years| years > 0.0) || date[1].is_some_and(|months| months > 0.0) {
        return Some(IsoDuration::Calendar);
    }
    let of = |part: Option<f64>, seconds: f64| part.unwrap_or(0.0) * seconds;
    let seconds = of(date[2], 604_800.0) + of(date[3], 86_400.0);
    let clock = of(time[0], 3_600.0) + of(time[1], 60.0) + of(time[2], 1.0);
    Some(IsoDuration::Seconds(seconds + clock))
}

/// Numbers, each with its letter, in the order of the letters.
fn numbers(
    mut text: &str,
    letters: &[&str],
    fraction: &mut bool,
) -> Option<([Option<f64>; 4], usize)> {
    let (mut found, mut count, mut next) = ([None; 4], 0, 0);
    while !text.is_empty() {
        let end = text.find(|letter: char| letter.is_ascii_alphabetic())?;
        let place = letters.iter().position(|letter| text[end..].starts_with(letter))?;
        // Nothing may come behind a fraction.
        if place < next || *fraction {
            return None;
        }
        let written = text[..end].replace(',', ".");
        let (whole, parts) = written.split_once('.').unwrap_or((&written, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
        if !digits(whole) || !digits(parts) {
            return None;
        }
        *fraction |= written.contains('.');
        found[place] = Some(written.parse().ok()?);
        (text, next, count) = (&text[end + 1..], place + 1, count + 1);
    }
    Some((found, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_as_statements_write_them() {
        // 2008-09-15 was 14,137 days after 1970-01-01.
        let noon = Some(Timestamp((14_137 * 86_400 + 12 * 3_600) * 1_000_000));
        for text in [
            "2008-09-15T12:00:00Z",
            "2008-09-15T14:00:00+02:00",
            "2008-09-15T14:00:00.000000+0200",
            "2008-09-15T09:00-03",
            "2008-09-15t12:00:00z",
            "2008-09-15T12:00:00",
        ] {
            assert_eq!(moment(text, false), noon, "{text}");
        }
        assert_eq!(moment("2008-09-15T12:00:00", true), None, "xAPI 2.0 wants a zone");
        for no in [
            "should fail",
            "01/011/2015",
            "2008-09-15",
            "2008-09-15T15:53:00.601-00",
            "2008-09-15T15:53:00.601-0000",
            "2008-09-15T15:53:00.601-00:00",
            "2008-09-15T25:53:00Z",
            "2008-02-30T12:00:00Z",
            "2008-09-15T12:00:00+2:00",
            "",
        ] {
            assert_eq!(moment(no, false), None, "{no}");
        }
    }

    #[test]
    fn durations_as_statements_write_them() {
        for (text, seconds) in [
            ("PT4H35M59.14S", 16_559.14),
            ("PT0S", 0.0),
            ("P1DT2H", 93_600.0),
            ("P4W", 2_419_200.0),
            ("PT1,5H", 5_400.0),
            ("P0Y0M0DT5S", 5.0),
            ("PT90M", 5_400.0),
        ] {
            assert_eq!(duration(text), Some(IsoDuration::Seconds(seconds)), "{text}");
        }
        for text in ["P1Y", "P1M", "P3Y1M29DT4H35M59.14S", "P3Y", "P1YT1S"] {
            assert_eq!(duration(text), Some(IsoDuration::Calendar), "{text}");
        }
        for no in [
            "",
            "P",
            "PT",
            "P1DT",
            "4H",
            "PA1H0M0S",
            "P4W1D",
            "PT1S1H",
            "PT1.5H30M",
            "PT1",
            "P1H",
            "PT-1S",
            "PT.5S",
            "PT1.S",
            "should fail",
        ] {
            assert_eq!(duration(no), None, "{no}");
        }
    }
}
