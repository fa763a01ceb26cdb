//! Optional fields of an answer, mended: none of them ever costs the answer.
//!
//! Browsers measure time in fractions of milliseconds, clocks are set back, tabs stay open for weeks,
//! and sites send what a learner chose as a number or a list. What can be used is used, what cannot
//! is left out, and the receipt says so. What the answer *is* (who, which question, how right) is
//! never mended.

use super::receipt::EventRemark;
use crate::text::WORDS_CHARS_MAX;
use serde_json::{Map, Number, Value};

/// The event with its optional fields mended, and what was mended; `None` when nothing was.
pub(super) fn mended(event: &Value) -> (Option<Value>, Vec<EventRemark>) {
    let answered = event.get("type").and_then(Value::as_str) == Some("question_answered");
    let Some(fields) = event.as_object().filter(|_| answered) else { return (None, Vec::new()) };
    let mut mending = Mending { fields: fields.clone(), remarks: Vec::new(), changed: false };
    mending.whole("duration_ms", 0, u32::MAX);
    mending.whole("hints", 0, u16::MAX.into());
    mending.whole("attempt", 1, u16::MAX.into());
    mending.flag("probe");
    mending.text("response");
    let Mending { fields, remarks, changed } = mending;
    (changed.then_some(Value::Object(fields)), remarks)
}

struct Mending {
    fields: Map<String, Value>,
    remarks: Vec<EventRemark>,
    changed: bool,
}

impl Mending {
    /// A whole number in a range.
    fn whole(&mut self, field: &str, least: u32, most: u32) {
        let Some(value) = self.fields.get(field).filter(|value| !value.is_null()) else { return };
        let range = u64::from(least)..=u64::from(most);
        if value.as_u64().is_some_and(|whole| range.contains(&whole)) {
            return;
        }
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse::<f64>().ok(),
            _ => None,
        };
        let rounded = number.map(f64::round);
        let fits = |number: &f64| (f64::from(least)..=f64::from(most)).contains(number);
        match rounded.filter(fits) {
            Some(rounded) => {
                // `8200.0` is the same number.
                let same = number == Some(rounded) && value.is_number();
                let rounded = rounded as u32;
                self.change(field, Some(Value::Number(Number::from(rounded))));
                if !same {
                    self.remark(field, "rounded", format!("taken as {rounded}"));
                }
            }
            None => {
                let detail = format!("left out: it is no number from {least} to {most}");
                self.leave_out(field, detail);
            }
        }
    }

    fn flag(&mut self, field: &str) {
        let odd = |value: &&Value| !value.is_null() && !value.is_boolean();
        if self.fields.get(field).filter(odd).is_some() {
            self.leave_out(field, "left out: it is neither true nor false".to_owned());
        }
    }

    /// A text: other simple values are written as one. Where the site says how right the answer was,
    /// a response that is no text is left out.
    fn text(&mut self, field: &str) {
        let Some(value) = self.fields.get(field) else { return };
        let graded = ["correct", "grade"]
            .iter()
            .any(|mark| self.fields.get(*mark).is_some_and(|mark| !mark.is_null()));
        let text = match value {
            Value::Null => return,
            Value::String(text) if text.chars().count() <= WORDS_CHARS_MAX => return,
            Value::String(_) => None,
            value => plain(value).filter(|text| text.chars().count() <= WORDS_CHARS_MAX),
        };
        match text {
            Some(text) => {
                let detail = format!("taken as the text {text:?}");
                self.change(field, Some(Value::String(text)));
                self.remark(field, "read_as_text", detail);
            }
            // Without it, such an answer cannot be graded: then it is refused with its place.
            None if graded => {
                let detail =
                    format!("left out: it is no text of at most {WORDS_CHARS_MAX} characters");
                self.leave_out(field, detail);
            }
            None => {}
        }
    }

    fn leave_out(&mut self, field: &str, detail: String) {
        self.change(field, None);
        self.remark(field, "left_out", detail);
    }

    fn change(&mut self, field: &str, value: Option<Value>) {
        self.changed = true;
        match value {
            Some(value) => self.fields.insert(field.to_owned(), value),
            None => self.fields.remove(field),
        };
    }

    fn remark(&mut self, field: &str, code: &str, detail: String) {
        let (pointer, code) = (format!("/{field}"), code.to_owned());
        self.remarks.push(EventRemark { pointer, code, detail });
    }
}

/// A number or a flag as text, or a list of them and of texts with commas between.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Array(parts) => {
            let simple = |part: &Value| (!part.is_array()).then(|| plain(part)).flatten();
            let texts: Option<Vec<String>> = parts.iter().map(simple).collect();
            texts.map(|texts| texts.join(","))
        }
        Value::Null | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(field: &str, value: &Value, expected: &Value, code: Option<&str>) {
        let mut event = json!({"type": "question_answered", "question": "q", "correct": true});
        event[field] = value.clone();
        let (mended, remarks) = mended(&event);
        let found = mended.as_ref().unwrap_or(&event)[field].clone();
        assert_eq!(&found, expected, "{field}: {value}");
        let codes: Vec<&str> = remarks.iter().map(|remark| remark.code.as_str()).collect();
        assert_eq!(codes, code.into_iter().collect::<Vec<_>>(), "{field}: {value}");
        assert!(remarks.iter().all(|remark| remark.pointer == format!("/{field}")));
    }

    #[test]
    fn an_odd_optional_field_is_rounded_or_left_out() {
        let (rounded, left_out, as_text) =
            (Some("rounded"), Some("left_out"), Some("read_as_text"));
        let nothing = Value::Null;
        for (value, expected, code) in [
            (json!(8_200), json!(8_200), None),
            (json!(8_200.3), json!(8_200), rounded),
            (json!(8_200.0), json!(8_200), None),
            (json!("8200"), json!(8_200), rounded),
            (json!(-0.2), json!(0), rounded),
            (json!(-3_000), nothing.clone(), left_out),
            (json!(5_184_000_000_u64), nothing.clone(), left_out),
            (json!(1e300), nothing.clone(), left_out),
            (json!("soon"), nothing.clone(), left_out),
            (json!({}), nothing.clone(), left_out),
            (nothing.clone(), nothing.clone(), None),
        ] {
            check("duration_ms", &value, &expected, code);
        }
        check("hints", &json!(2.0), &json!(2), None);
        check("hints", &json!(2.4), &json!(2), rounded);
        check("hints", &json!(-1), &nothing, left_out);
        check("hints", &json!(70_000), &nothing, left_out);
        check("hints", &json!(true), &nothing, left_out);
        check("attempt", &json!(0), &nothing, left_out);
        check("attempt", &json!("2"), &json!(2), rounded);
        check("probe", &json!("yes"), &nothing, left_out);
        check("probe", &json!(false), &json!(false), None);
        check("response", &json!(42), &json!("42"), as_text);
        check("response", &json!(true), &json!("true"), as_text);
        check("response", &json!(["a", "c"]), &json!("a,c"), as_text);
        check("response", &json!({"x": 1}), &nothing, left_out);
        check("response", &json!("x".repeat(WORDS_CHARS_MAX + 1)), &nothing, left_out);
    }

    #[test]
    fn what_the_answer_is_stays_as_it_was_sent() {
        for event in [
            json!({"type": "question_answered", "question": 7, "correct": 1, "grade": "1"}),
            json!({"type": "question_answered", "question": "q", "response": {"x": 1}}),
            json!({"type": "feedback", "activity": "a", "rating": 3.5}),
            json!([1, 2]),
        ] {
            assert_eq!(mended(&event), (None, Vec::new()), "{event}");
        }
    }
}
