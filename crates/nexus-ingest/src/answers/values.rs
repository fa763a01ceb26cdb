//! Cells of a table as programs and people write them.

/// Why a text cannot be used, and what to do.
pub(super) const NOT_UTF8: &str = "is not UTF-8; convert the file first, for example with \
                                   `iconv -f WINDOWS-1252 -t UTF-8`";

/// How far from full marks a grade may lie by rounding: three thirds of five digits are full marks.
const ROUNDING: f64 = 1e-4;

/// Whether a cell stands for a missing value: what R, pandas, SQL and Moodle write for one.
pub(super) fn is_missing(text: &str) -> bool {
    let words =
        ["NA", "N/A", "#N/A", "<NA>", "NaN", "nan", "NULL", "Null", "null", "None", "\\N", "-"];
    text.is_empty() || words.contains(&text)
}

/// The numbers that a cell may mean: none, one, or two where a comma may be a decimal comma or
/// group thousands. A point is a decimal point, unless a comma follows it.
pub(super) fn readings(text: &str) -> Vec<f64> {
    let text = text.trim().replace('\u{2212}', "-");
    let known = |letter: char| letter.is_ascii_digit() || "+-.,eE".contains(letter);
    if !text.chars().all(known) || !text.contains(|letter: char| letter.is_ascii_digit()) {
        return Vec::new();
    }
    let forms = match (text.rfind(','), text.rfind('.')) {
        (None, _) => vec![text],
        (Some(comma), Some(point)) if point < comma => {
            grouped(&text, '.').map(|text| text.replace(',', ".")).into_iter().collect()
        }
        (Some(_), Some(_)) => grouped(&text, ',').into_iter().collect(),
        (Some(first), None) if text.find(',') == Some(first) => {
            let decimal = text.replace(',', ".");
            std::iter::once(decimal).chain(grouped(&text, ',')).collect()
        }
        (Some(_), None) => grouped(&text, ',').into_iter().collect(),
    };
    forms
        .iter()
        .filter_map(|form| form.parse().ok())
        .filter(|value: &f64| value.is_finite())
        .collect()
}

/// The only number that a cell may mean.
pub(super) fn number(text: &str) -> Option<f64> {
    match readings(text).as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

/// A number without the marks between its groups of three digits; `None` when these are no groups.
fn grouped(text: &str, mark: char) -> Option<String> {
    let whole = text
        .split(|letter: char| letter != mark && !letter.is_ascii_digit() && !"+-".contains(letter));
    let mut groups = whole.into_iter().next()?.split(mark);
    let first = groups.next()?.trim_start_matches(['+', '-']);
    let led = (1..=3).contains(&first.len()) && !first.starts_with('0');
    let rest = text.matches(mark).count();
    let groups: Vec<&str> = groups.collect();
    let sound = led && groups.len() == rest && groups.iter().all(|group| group.len() == 3);
    sound.then(|| text.replace(mark, ""))
}

/// Whether an answer was right. Errors: why the cell does not say so.
pub(super) fn correct(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "right" | "correct" | "pass" | "passed" => return Ok(true),
        "false" | "f" | "no" | "n" | "wrong" | "incorrect" | "fail" | "failed" => return Ok(false),
        _ => {}
    }
    let share = share(text).or_else(|| number(text));
    match share {
        Some(1.0) => Ok(true),
        Some(0.0) => Ok(false),
        Some(part) if part > 0.0 && part < 1.0 => {
            Err(format!("`correct` is {text:?}, a part of full marks: map the column as `grade`"))
        }
        _ => Err("`correct` is neither 1 nor 0, true nor false, yes nor no".to_owned()),
    }
}

/// A grade from 0 to 1, given the best one. Percent and fractions are shares whatever the best is.
///
/// Errors: why the cell is no grade.
pub(super) fn grade(text: &str, max: f64) -> Result<f64, String> {
    let bad = || format!("the grade is no number from 0 to {max}");
    let found: Vec<f64> = match share(text) {
        Some(share) => vec![share],
        None => readings(text).into_iter().map(|value| value / max).collect(),
    };
    let fits = |grade: &f64| (0.0..=1.0 + ROUNDING).contains(grade);
    let mut fitting = found.into_iter().filter(fits).map(|grade| grade.min(1.0));
    match (fitting.next(), fitting.next()) {
        (Some(grade), None) => Ok(grade),
        (Some(_), Some(_)) => Err(format!(
            "the grade {text:?} may have a decimal comma or group thousands; write it with a point"
        )),
        (None, _) => Err(bad()),
    }
}

/// A share, written in percent or as a fraction.
fn share(text: &str) -> Option<f64> {
    if let Some(percent) = text.strip_suffix(['%', '\u{ff05}', '\u{66a}']) {
        return number(percent).map(|percent| percent / 100.0);
    }
    let (above, below) = text.split_once('/')?;
    let below = number(below).filter(|below| *below > 0.0)?;
    number(above).map(|above| above / below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_points_commas_and_groups() {
        for (text, expected) in [
            ("0.5", vec![0.5]),
            ("0,5", vec![0.5]),
            ("1,00", vec![1.0]),
            ("1.000", vec![1.0]),
            ("1,234", vec![1.234, 1234.0]),
            ("1,234.5", vec![1234.5]),
            ("1.234,5", vec![1234.5]),
            ("1,234,567", vec![1_234_567.0]),
            ("0,123", vec![0.123]),
            ("\u{2212}3", vec![-3.0]),
            ("1e3", vec![1000.0]),
            ("1,2,3", vec![]),
            ("12,34.5", vec![]),
            ("inf", vec![]),
            ("NaN", vec![]),
            ("e", vec![]),
            ("1 apple", vec![]),
        ] {
            assert_eq!(readings(text), expected, "{text}");
        }
    }

    #[test]
    fn marks_as_programs_write_them() {
        for text in ["1", "1.00", "1,0", "Y", "yes", "TRUE", "t", "Right", "100%", "passed", "1/1"]
        {
            assert_eq!(correct(text), Ok(true), "{text}");
        }
        for text in ["0", "0.000", "0,0", "N", "no", "False", "F", "wrong", "0%", "failed"] {
            assert_eq!(correct(text), Ok(false), "{text}");
        }
        for text in ["0.5", "50%", "2", "-1", "maybe", "10", "1,000"] {
            assert!(correct(text).is_err(), "{text}");
        }
    }

    #[test]
    fn grades_as_programs_write_them() {
        for (text, max, expected) in [
            ("0,5", 1.0, 0.5),
            ("50%", 10.0, 0.5),
            ("50 %", 1.0, 0.5),
            ("100%", 1.0, 1.0),
            ("8/10", 1.0, 0.8),
            ("7,5", 10.0, 0.75),
            ("1,000", 1.0, 1.0),
            ("1.0000000000000002", 1.0, 1.0),
            ("0", 1.0, 0.0),
        ] {
            assert_eq!(grade(text, max), Ok(expected), "{text} of {max}");
        }
        for (text, max) in
            [("11", 10.0), ("-1", 1.0), ("150%", 1.0), ("1,000", 2000.0), ("A", 1.0), ("3/0", 1.0)]
        {
            assert!(grade(text, max).is_err(), "{text} of {max}");
        }
    }

    #[test]
    fn missing_values_have_many_names() {
        for text in ["", "NA", "N/A", "NaN", "NULL", "\\N", "None", "-"] {
            assert!(is_missing(text), "{text}");
        }
        for text in ["0", "Na", "no", "naive", "--"] {
            assert!(!is_missing(text), "{text}");
        }
    }
}
