//! What the server says of a problem that was checked.

use super::tracking::TrackingEvent;
use serde_json::Value;

/// How far a grade may be from full marks and still be them: what is left of rounding.
const FULL_MARKS_DISTANCE: f64 = 1e-4;

/// Help with a problem since its last answer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Help {
    pub(super) hints: u16,
    /// Whether the answer was shown: the next one says nothing of what a learner knows.
    pub(super) shown: bool,
}

/// How one input was.
pub(super) struct Mark {
    /// The name of the input, such as `a0effb954cca4759994f1ac9e9434bf4_2_1`.
    pub(super) input: String,
    pub(super) correct: Option<bool>,
    pub(super) grade: Option<f64>,
    pub(super) response: Option<String>,
}

/// The mark of each input, in the order of their names. A grade is that of a whole problem, so it is
/// only used where there is one input.
pub(super) fn marks(told: &TrackingEvent) -> Vec<Mark> {
    let Some(Value::Object(inputs)) = told.said().get("correct_map") else { return Vec::new() };
    let grade = grade(told).filter(|_| inputs.len() == 1);
    let mark = |(input, map): (&String, &Value)| {
        let correct = match map.get("correctness").and_then(Value::as_str) {
            Some("correct") => Some(true),
            Some("incorrect") => Some(false),
            _ => None,
        };
        Mark {
            input: input.clone(),
            correct: correct.filter(|_| grade.is_none()),
            grade,
            response: response(told, input),
        }
    };
    inputs.iter().map(mark).collect()
}

/// The share of the points; a problem without points says none.
fn grade(told: &TrackingEvent) -> Option<f64> {
    let (grade, max) = (told.number("grade")?, told.number("max_grade")?);
    let share = (max > 0.0).then(|| (grade / max).clamp(0.0, 1.0))?;
    Some(if 1.0 - share <= FULL_MARKS_DISTANCE { 1.0 } else { share })
}

/// What was entered, or the options that were chosen, with commas between them.
fn response(told: &TrackingEvent, input: &str) -> Option<String> {
    let answers = told.said().get("answers").and_then(|answers| answers.get(input));
    let submitted = || told.said().get("submission")?.get(input)?.get("answer");
    match answers.or_else(submitted)? {
        Value::String(text) => Some(text.clone()),
        Value::Array(chosen) => {
            let chosen: Vec<&str> = chosen.iter().filter_map(Value::as_str).collect();
            Some(chosen.join(","))
        }
        _ => None,
    }
}
