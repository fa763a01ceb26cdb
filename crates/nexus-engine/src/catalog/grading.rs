//! Grading a response by the course.
//!
//! | kind | how a response is written | grade |
//! |---|---|---|
//! | single | the option's id | 1 or 0 |
//! | multiple | option ids, in any order, between commas, semicolons or blanks | see below |
//! | numeric | `0.75`, `0,75`, `3/4`, `75%`, `1e-3`, with an optional sign | 1 or 0 |
//! | text | anything; blanks are collapsed, letter case does not count | 1 or 0 |
//!
//! A multiple choice is one decision an option: chosen or not. Its grade is the share of right
//! decisions minus the share of wrong ones, never below 0; so ticking everything, nothing or at
//! random earns nothing on average, and only the exact set earns 1. An id that is no option is
//! one more wrong decision.
//!
//! A lone comma in a number is a decimal comma: `1,234` is a little more than one. Beside a point,
//! commas group thousands: `1,234.5`.

use super::course::{Question, QuestionKind};
use std::collections::BTreeSet;

/// Responses longer than this are wrong without being read.
pub const RESPONSE_BYTES_MAX: usize = 16_384;

/// The grade of a response from 0 to 1; `None` when the learning site must grade.
#[must_use]
pub fn grade(question: &Question, response: &str) -> Option<f64> {
    let right = |right: bool| Some(if right { 1.0 } else { 0.0 });
    if response.len() > RESPONSE_BYTES_MAX && question.kind != QuestionKind::Ungraded {
        return Some(0.0);
    }
    match &question.kind {
        QuestionKind::Ungraded => None,
        QuestionKind::Single { answer, .. } => right(response.trim() == answer),
        QuestionKind::Multiple { options, answer } => {
            Some(grade_multiple(options, answer, response))
        }
        QuestionKind::Numeric { answer, tolerance } => {
            right(number(response).is_some_and(|given| near(given, *answer, *tolerance)))
        }
        QuestionKind::Text { accepted } => {
            let given = folded(response);
            right(accepted.iter().any(|text| folded(text) == given))
        }
    }
}

fn grade_multiple(options: &[String], answer: &[String], response: &str) -> f64 {
    let separator = |letter: char| letter == ',' || letter == ';' || letter.is_whitespace();
    let given: BTreeSet<&str> = response.split(separator).filter(|id| !id.is_empty()).collect();
    if given.is_empty() || options.is_empty() {
        return 0.0;
    }
    let decided = |option: &&String| given.contains(option.as_str()) == answer.contains(option);
    let right = options.iter().filter(decided).count();
    let strange = given.iter().filter(|id| options.iter().all(|option| option != **id)).count();
    let wrong = options.len() - right + strange;
    let share = (right as f64 - wrong as f64) / options.len() as f64;
    share.clamp(0.0, 1.0)
}

/// Whether two numbers are the same within a tolerance. The last bits never decide: `0.1 + 0.2`
/// is as right as `0.3` even when the author allows no distance.
fn near(given: f64, answer: f64, tolerance: f64) -> bool {
    const ROUNDING: f64 = 1e-12;
    (given - answer).abs() <= tolerance + ROUNDING * answer.abs().max(1e-300)
}

/// The number a learner wrote; `None` when it is none, or not finite.
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    let plain: String =
        text.trim().chars().map(|letter| if letter == '\u{2212}' { '-' } else { letter }).collect();
    let value = if let Some(share) = plain.strip_suffix('%') {
        number_or_fraction(share)? / 100.0
    } else {
        number_or_fraction(&plain)?
    };
    value.is_finite().then_some(value)
}

fn number_or_fraction(text: &str) -> Option<f64> {
    let Some((above, below)) = text.split_once('/') else { return decimal(text) };
    let below = decimal(below)?;
    if below == 0.0 {
        return None;
    }
    Some(decimal(above)? / below)
}

fn decimal(text: &str) -> Option<f64> {
    let text = text.trim();
    // The standard parser also takes words such as `inf`; a learner's number has digits.
    let known = |byte: u8| byte.is_ascii_digit() || b"+-.,eE".contains(&byte);
    if !text.bytes().all(known) || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let plain = match (text.matches(',').count(), text.split_once('.')) {
        (0, _) => text.to_owned(),
        (1, None) => text.replace(',', "."),
        (_, Some((whole, rest))) if !rest.contains(',') => ungrouped(whole)? + "." + rest,
        _ => return None,
    };
    plain.parse().ok()
}

/// The whole part of a number without the commas between its groups of three digits.
fn ungrouped(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next()?.trim_start_matches(['+', '-']);
    let thousands = |group: &str| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit());
    ((1..=3).contains(&first.len()) && groups.all(thousands)).then(|| whole.replace(',', ""))
}

fn folded(text: &str) -> String {
    let lower = text.to_lowercase();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a grade counts as a right answer: only full marks do.
#[must_use]
pub fn is_right(grade: f64) -> bool {
    grade >= 1.0 - 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{QuestionId, QuestionKey};

    #[track_caller]
    fn check(kind: &QuestionKind, response: &str, expected: Option<f64>) {
        let Ok(id) = QuestionId::new("q1") else { panic!("q1 is an id") };
        let question = Question {
            id,
            key: QuestionKey(0),
            activity: 0,
            kind: kind.clone(),
            skills: vec![0],
            difficulty: 0.5,
            guess: 0.25,
            supports: Vec::new(),
        };
        assert_eq!(grade(&question, response), expected, "response {response:?}");
    }

    fn ids(list: &str) -> Vec<String> {
        list.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn single_choice() {
        let kind = QuestionKind::Single { options: ids("a b c"), answer: "b".into() };
        check(&kind, "b", Some(1.0));
        check(&kind, " b\n", Some(1.0));
        check(&kind, "a", Some(0.0));
        check(&kind, "", Some(0.0));
        check(&kind, "b c", Some(0.0));
    }

    #[test]
    fn multiple_choice_counts_right_minus_wrong_decisions() {
        let kind = QuestionKind::Multiple { options: ids("a b c d"), answer: ids("a c") };
        check(&kind, "a,c", Some(1.0));
        check(&kind, "c  a", Some(1.0));
        check(&kind, "c; a", Some(1.0));
        check(&kind, "a", Some(0.5));
        check(&kind, "a b c", Some(0.5));
        check(&kind, "a b c d", Some(0.0));
        check(&kind, "", Some(0.0));
        check(&kind, "b d", Some(0.0));
        check(&kind, "a c z", Some(0.75));
    }

    #[test]
    fn numbers_as_people_write_them() {
        let kind = QuestionKind::Numeric { answer: 0.75, tolerance: 1e-6 };
        for right in ["0.75", "0,75", ".75", "3/4", "6 / 8", "75%", "75 %", "+0.750", "7.5e-1"] {
            check(&kind, right, Some(1.0));
        }
        for wrong in ["", "0.76", "3/0", "abc", "nan", "inf", "--3", "-0.75", "1/2/3", "75"] {
            check(&kind, wrong, Some(0.0));
        }
        check(&QuestionKind::Numeric { answer: -1234.5, tolerance: 0.0 }, "−1,234.5", Some(1.0));
        check(&QuestionKind::Numeric { answer: 0.3, tolerance: 0.0 }, "3/10", Some(1.0));
        check(&QuestionKind::Numeric { answer: 1.234, tolerance: 0.0 }, "1,234", Some(1.0));
        check(&QuestionKind::Numeric { answer: 0.0, tolerance: 0.0 }, "0", Some(1.0));
        assert_eq!(number("12,34.5"), None);
        assert_eq!(number("1,2,3"), None);
        assert_eq!(number("1e999"), None);
        assert_eq!(number("e"), None);
    }

    #[test]
    fn texts_ignore_case_and_blanks() {
        let kind = QuestionKind::Text { accepted: vec!["Sample  Space".into(), "Ω".into()] };
        check(&kind, "  sample space ", Some(1.0));
        check(&kind, "ω", Some(1.0));
        check(&kind, "samplespace", Some(0.0));
        check(&kind, &"x".repeat(RESPONSE_BYTES_MAX + 1), Some(0.0));
    }

    #[test]
    fn the_site_grades_what_the_course_cannot() {
        check(&QuestionKind::Ungraded, "anything", None);
    }
}
