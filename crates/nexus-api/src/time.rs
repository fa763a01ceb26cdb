//! Moments on the wire: RFC 3339 in UTC.

use crate::field::FieldProblem;
use nexus_engine::time::Timestamp;

/// A moment as text. A moment outside the years jiff knows is shown at the edge of them.
#[must_use]
pub fn print(at: Timestamp) -> String {
    let clamped = jiff::Timestamp::from_microsecond(at.0).unwrap_or(if at.0 < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    });
    clamped.to_string()
}

/// A moment as text, unless it stands for "never".
#[must_use]
pub fn print_known(at: Timestamp) -> Option<String> {
    (at.0 != i64::MIN).then(|| print(at))
}

/// Reads a moment. Errors: a problem at `pointer` when the text is no RFC 3339 moment.
pub fn read(text: &str, pointer: &str) -> Result<Timestamp, FieldProblem> {
    let moment: Result<jiff::Timestamp, _> = text.parse();
    moment.map(|moment| Timestamp(moment.as_microsecond())).map_err(|_| {
        let detail = "expected an RFC 3339 moment such as 2026-11-22T09:30:00Z";
        FieldProblem::new(pointer, "invalid_time", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_go_there_and_back() {
        let moment = read("2026-11-22T10:30:00.5+01:00", "").unwrap();
        assert_eq!(print(moment), "2026-11-22T09:30:00.5Z");
        assert_eq!(read("yesterday", "/at").unwrap_err().code, "invalid_time");
        assert_eq!(print_known(Timestamp(i64::MIN)), None);
    }
}
