//! How many tests passed, failed and were skipped, read from what the runners print.

use std::fmt;

/// A sum over test runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// Reads `test result: ok. 12 passed; 0 failed; 1 ignored; ...`; any other line is no tally.
    pub fn from_cargo(line: &str) -> Option<Tally> {
        let (_, counts) = line.trim().strip_prefix("test result: ")?.split_once(". ")?;
        from_parts(counts.split(';'), "ignored")
    }

    /// Reads `12 passed, 0 failed, 1 skipped`; any other line is no tally.
    pub fn from_browser(line: &str) -> Option<Tally> {
        from_parts(line.split(','), "skipped")
    }

    /// Reads the last line of pytest, such as `1 failed, 12 passed, 2 skipped in 3.21s`; any other
    /// line is no tally.
    pub fn from_pytest(line: &str) -> Option<Tally> {
        let (counts, _) = line.trim().trim_matches('=').trim().rsplit_once(" in ")?;
        let mut tally = Tally::default();
        for part in counts.split(", ") {
            let (count, what) = part.split_once(' ')?;
            let count: u64 = count.parse().ok()?;
            match what {
                "passed" => tally.passed += count,
                "failed" | "error" | "errors" => tally.failed += count,
                "skipped" => tally.skipped += count,
                "warning" | "warnings" => {}
                _ => return None,
            }
        }
        Some(tally)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

fn from_parts<'a>(mut parts: impl Iterator<Item = &'a str>, skipped: &str) -> Option<Tally> {
    let mut next = |word: &str| -> Option<u64> {
        parts.next()?.trim().strip_suffix(word)?.trim_end().parse().ok()
    };
    Some(Tally { passed: next("passed")?, failed: next("failed")?, skipped: next(skipped)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_of_cargo_test_is_read() {
        let line = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out";
        let expected = Tally { passed: 12, failed: 0, skipped: 1 };
        assert_eq!(Tally::from_cargo(line), Some(expected));
        let line = "test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured";
        assert_eq!(Tally::from_cargo(line), Some(Tally { passed: 2, failed: 3, skipped: 0 }));
    }

    #[test]
    fn a_tally_reads_what_it_prints() {
        let tally = Tally { passed: 7, failed: 0, skipped: 2 };
        assert_eq!(Tally::from_browser(&tally.to_string()), Some(tally));
    }

    #[test]
    fn the_last_line_of_pytest_is_read() {
        let expected = Tally { passed: 12, failed: 1, skipped: 2 };
        let line = "1 failed, 12 passed, 2 skipped, 1 warning in 3.21s";
        assert_eq!(Tally::from_pytest(line), Some(expected));
        let line = "===== 3 passed in 0.10s =====";
        assert_eq!(Tally::from_pytest(line), Some(Tally { passed: 3, failed: 0, skipped: 0 }));
    }

    #[test]
    fn other_lines_are_no_tally() {
        for line in ["", "running 3 tests", "test a ... ok", "3 passed", "ok, 2 failed, 1 skipped"]
        {
            assert_eq!(Tally::from_cargo(line), None, "{line}");
            assert_eq!(Tally::from_browser(line), None, "{line}");
            assert_eq!(Tally::from_pytest(line), None, "{line}");
        }
    }
}
