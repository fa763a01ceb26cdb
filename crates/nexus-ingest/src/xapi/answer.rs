//! How an answer was, and what was answered.

use super::moment::{IsoDuration, duration};
use super::statement::at;
use nexus_api::events::QuestionAnswered;
use serde_json::Value;

/// How far a score may be from full marks and still be them: what is left of rounding.
const FULL_MARKS_DISTANCE: f64 = 1e-4;

/// The grade that a score says, from 0 to 1: `scaled`, or else `raw` between `min` and `max`. A
/// scale without length says none.
pub(super) fn grade(statement: &Value) -> Option<f64> {
    let score = at(statement, &["result", "score"])?;
    let part = |name: &str| score.get(name).and_then(Value::as_f64);
    let grade = part("scaled").or_else(|| {
        let (raw, max, min) = (part("raw")?, part("max")?, part("min").unwrap_or(0.0));
        (max > min).then(|| (raw - min) / (max - min))
    })?;
    let grade = grade.clamp(0.0, 1.0);
    Some(if 1.0 - grade <= FULL_MARKS_DISTANCE { 1.0 } else { grade })
}

/// The answer to a question, and how many values of it were of no use.
pub(super) fn answer(statement: &Value, question: &str) -> (QuestionAnswered, u32) {
    let result = statement.get("result").unwrap_or(&Value::Null);
    let correct = result.get("success").and_then(Value::as_bool);
    let kind = at(statement, &["object", "definition", "interactionType"]);
    let response = result.get("response").and_then(Value::as_str);
    let response =
        response.map(|text| response_text(text, kind.and_then(Value::as_str).unwrap_or_default()));
    let (duration_ms, dropped) = match result.get("duration").and_then(Value::as_str) {
        None => (None, 0),
        Some(written) => {
            let found = millis(written);
            (found, u32::from(found.is_none()))
        }
    };
    let answered = QuestionAnswered {
        question: question.to_owned(),
        correct,
        grade: if correct.is_none() { grade(statement) } else { None },
        response,
        duration_ms,
        ..QuestionAnswered::default()
    };
    (answered, dropped)
}

fn millis(written: &str) -> Option<u32> {
    match duration(written)? {
        IsoDuration::Seconds(seconds) => {
            let millis = (seconds * 1_000.0).round();
            (millis <= f64::from(u32::MAX)).then_some(millis as u32)
        }
        IsoDuration::Calendar => None,
    }
}

/// A response as courses grade it: the options of a choice with commas between them, a text
/// without the marks of its language and its letter case.
fn response_text(written: &str, interaction: &str) -> String {
    match interaction {
        "choice" => written.replace("[,]", ","),
        "fill-in" | "long-fill-in" => without_marks(written).to_owned(),
        _ => written.to_owned(),
    }
}

/// The text behind marks such as `{lang=en}{case_matters=false}`.
fn without_marks(written: &str) -> &str {
    let mut text = written;
    for mark in ["{case_matters=", "{order_matters=", "{lang=", "{case_matters="] {
        if let Some((_, behind)) = text.strip_prefix(mark).and_then(|rest| rest.split_once('}')) {
            text = behind;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scores_become_grades() {
        for (score, expected) in [
            (json!({"scaled": 0.75}), Some(0.75)),
            (json!({"scaled": 0.99995}), Some(1.0)),
            (json!({"scaled": 0.9998}), Some(0.9998)),
            (json!({"scaled": -0.5}), Some(0.0)),
            (json!({"raw": 15, "min": 10, "max": 20}), Some(0.5)),
            (json!({"raw": 3, "max": 4}), Some(0.75)),
            (json!({"scaled": 0.25, "raw": 4, "max": 4}), Some(0.25)),
            (json!({"raw": 4, "min": 4, "max": 4}), None),
            (json!({"raw": 4}), None),
            (json!({}), None),
        ] {
            assert_eq!(grade(&json!({"result": {"score": score}})), expected, "{score}");
        }
        assert_eq!(grade(&json!({})), None);
    }

    #[test]
    fn responses_are_read_by_the_type_of_the_interaction() {
        for (interaction, written, expected) in [
            ("choice", "golf[,]tetris", "golf,tetris"),
            ("choice", "golf", "golf"),
            ("numeric", "4.5", "4.5"),
            ("true-false", "true", "true"),
            ("fill-in", "{lang=en}Bob's your uncle", "Bob's your uncle"),
            ("fill-in", "{case_matters=false}{lang=fr}bonjour", "bonjour"),
            ("fill-in", "{not a mark} at all", "{not a mark} at all"),
            ("sequencing", "tim[,]mike[,]ells[,]ben", "tim[,]mike[,]ells[,]ben"),
            ("matching", "ben[.]3[,]chris[.]2", "ben[.]3[,]chris[.]2"),
            ("performance", "pong[.]1:[,]dg[.]:10", "pong[.]1:[,]dg[.]:10"),
            ("", "anything", "anything"),
        ] {
            assert_eq!(response_text(written, interaction), expected, "{interaction}");
        }
    }

    #[test]
    fn an_answer_says_success_before_a_score() {
        let of = |result: Value| {
            let (answer, dropped) = answer(&json!({"result": result}), "q");
            (answer.correct, answer.grade, answer.duration_ms, dropped)
        };
        let score = json!({"scaled": 0.5});
        assert_eq!(of(json!({"success": true, "score": score})), (Some(true), None, None, 0));
        assert_eq!(of(json!({"score": score})), (None, Some(0.5), None, 0));
        assert_eq!(of(json!({"duration": "PT1M30.5S"})), (None, None, Some(90_500), 0));
        assert_eq!(of(json!({"duration": "P1Y"})), (None, None, None, 1));
        assert_eq!(of(json!({"duration": "P8W"})), (None, None, None, 1), "more than 49 days");
    }
}
