//! Grading a response by the course.
//!
//! | kind | how a response is written | grade |
//! |---|---|---|
//! | single | the option's id | 1 or 0 |
//! | multiple | option ids, in any order, between commas, semicolons or blanks | see below |
//! | numeric | as people type numbers: [`super::numeral`] | 1 or 0 |
//! | text | anything; blanks, letter case and ways to write a letter do not count | 1 or 0 |
//!
//! A multiple choice is one decision an option: chosen or not. Its grade is the share of right
//! decisions minus the share of wrong ones, never below 0; so ticking everything, nothing or at
//! random earns nothing on average, and only the exact set earns 1. An id that is no option is
//! one more wrong decision.
//!
//! A number that can be read in more than one way is right when one of them is: `1,234` may be a
//! little more than one, or a thousand and more. A text counts as its compatibility form (NFKC,
//! Unicode Standard Annex 15), with straight quotes and plain dashes, and without marks that cannot
//! be seen.
//!
//! A grade is given once, when an answer is admitted, and stands in its event for ever. So what is
//! written here may change, and no answer of the past gets another grade.

use super::course::{Question, QuestionKind};
use super::numeral;
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

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
            let near = |given: f64| near(given, *answer, *tolerance);
            right(numeral::readings(response).into_iter().any(near))
        }
        QuestionKind::Text { accepted } => {
            let given = [folded(response), folded(&raised(response))];
            let same =
                |text: &String| given[0] == folded(text) || given[1] == folded(&raised(text));
            right(accepted.iter().any(same))
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

/// A text in the form in which texts are compared.
fn folded(text: &str) -> String {
    let seen = |letter: &char| !invisible(*letter);
    let compatible: String = text.chars().map(straight).nfkc().filter(seen).collect();
    let lower = compatible.to_lowercase().replace('\u{3c2}', "\u{3c3}");
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text with `^` before raised digits, which would be plain ones in the compatibility form.
fn raised(text: &str) -> String {
    let mut raised = String::with_capacity(text.len());
    let mut up = false;
    for letter in text.chars() {
        let digit = matches!(letter, '\u{b2}' | '\u{b3}' | '\u{b9}' | '\u{2070}'..='\u{207b}');
        if digit && !up {
            raised.push('^');
        }
        up = digit;
        raised.push(letter);
    }
    raised
}

/// Marks that take no place: soft hyphens, zero-width letters, marks of direction.
fn invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// A quote, an apostrophe or a dash as a keyboard types it.
fn straight(letter: char) -> char {
    match letter {
        '\u{2018}'..='\u{201b}'
        | '\u{2032}'
        | '\u{2bc}'
        | '\u{60}'
        | '\u{b4}'
        | '\u{2039}'
        | '\u{203a}' => '\'',
        '\u{201c}'..='\u{201f}' | '\u{2033}' | '\u{ab}' | '\u{bb}' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        letter => letter,
    }
}

/// How far from full or from no marks a grade may lie by rounding. Systems store a third with five
/// digits, and three of them are full marks.
const FULL_MARKS_ROUNDING: f64 = 1e-4;
/// How far below 0 a sum of floating-point numbers may lie.
const NO_MARKS_ROUNDING: f64 = 1e-9;

/// A site's grade without rounding errors: within 1e-4 of 1 it is 1. What lies outside 0 to 1
/// otherwise stays there.
#[must_use]
pub fn rounded(grade: f64) -> f64 {
    if (grade - 1.0).abs() <= FULL_MARKS_ROUNDING {
        1.0
    } else if (-NO_MARKS_ROUNDING..0.0).contains(&grade) {
        0.0
    } else {
        grade
    }
}

/// Whether a grade of an event counts as a right answer: only full marks do. A site's grade is
/// [`rounded`] before it becomes an event's.
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
    fn a_number_is_right_when_one_of_its_readings_is() {
        let kind = QuestionKind::Numeric { answer: 0.75, tolerance: 7.5e-7 };
        for right in ["0.75", "0,75", ".75", "3/4", "6 / 8", "75%", "75 %", "+0.750", "7.5e-1"] {
            check(&kind, right, Some(1.0));
        }
        for wrong in
            ["", "0.76", "3/0", "abc", "nan", "inf", "--3", "-0.75", "1/2/3", "75", "0.75%"]
        {
            check(&kind, wrong, Some(0.0));
        }
        let exact = |answer: f64| QuestionKind::Numeric { answer, tolerance: 0.0 };
        check(&exact(-1234.5), "\u{2212}1,234.5", Some(1.0));
        check(&exact(0.3), "3/10", Some(1.0));
        check(&exact(1.234), "1,234", Some(1.0));
        check(&exact(1234.0), "1,234", Some(1.0));
        check(&exact(1234.0), "1.234", Some(1.0));
        check(&exact(75.0), "75%", Some(1.0));
        check(&exact(0.0), "0", Some(1.0));
        check(&exact(6.022e23), "6.022\u{d7}10\u{b2}\u{b3}", Some(1.0));
    }

    #[test]
    fn texts_ignore_case_blanks_and_ways_to_write_a_letter() {
        let kind = |text: &str| QuestionKind::Text { accepted: vec!["other".into(), text.into()] };
        for (accepted, response) in [
            ("Sample  Space", "  sample space "),
            ("\u{3a9}", "\u{3c9}"),
            ("don't", "don\u{2019}t"),
            ("\"yes\"", "\u{201e}Yes\u{201c}"),
            ("\u{201c}yes\u{201d}", "\"yes\""),
            ("caf\u{e9}", "cafe\u{301}"),
            ("office", "o\u{fb03}ce"),
            ("abc 12", "\u{ff21}\u{ff22}\u{ff23}\u{3000}\u{ff11}\u{ff12}"),
            ("photosynthesis", "photo\u{ad}synthesis\u{200b}"),
            ("\u{feff}word", "word"),
            ("well-known", "well\u{2010}known"),
            ("2010-2020", "2010\u{2013}2020"),
            ("H\u{2082}O", "h2o"),
            ("x\u{b2}", "x^2"),
            ("m\u{b2}", "m2"),
            ("to be...", "to be\u{2026}"),
            ("\u{3c3}\u{3bf}\u{3c6}\u{3cc}\u{3c2}", "\u{3a3}\u{39f}\u{3a6}\u{38c}\u{3a3}"),
        ] {
            check(&kind(accepted), response, Some(1.0));
        }
        for (accepted, response) in [
            ("sample space", "samplespace"),
            ("resume", "r\u{e9}sum\u{e9}"),
            ("x^2", "x2"),
            ("a", "b"),
        ] {
            check(&kind(accepted), response, Some(0.0));
        }
        check(&kind("x"), &"x".repeat(RESPONSE_BYTES_MAX + 1), Some(0.0));
    }

    #[test]
    fn rounding_is_no_mistake() {
        for full in
            [1.0, 0.999_999_9, 0.33333 * 3.0, 0.1 * 3.0 + 0.7, 1.000_000_000_000_000_2, 1.0001]
        {
            assert_eq!(rounded(full), 1.0, "{full}");
        }
        assert_eq!(rounded(-1e-17), 0.0);
        for other in [0.0, 0.5, 0.999, 1.001, 4.0, -0.1] {
            assert_eq!(rounded(other), other, "{other}");
        }
        assert!(rounded(f64::NAN).is_nan());
    }

    #[test]
    fn the_site_grades_what_the_course_cannot() {
        check(&QuestionKind::Ungraded, "anything", None);
    }
}
