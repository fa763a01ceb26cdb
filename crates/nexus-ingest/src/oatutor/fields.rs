//! ForeignFields of foreign JSON: read for what they can mean, whatever type somebody's script gave them.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Reads JSON as scripts of other languages write it: where a text is no JSON, numbers and words
/// that JSON does not know (`NaN`, `Infinity`, `None`, `1e999`) are read as null, and halves of a
/// surrogate pair as the mark for what cannot be read.
///
/// Errors: what is wrong with a text that stays unreadable.
pub(super) fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text)
        .or_else(|error| serde_json::from_str(&mended(text)).map_err(|_| error))
}

/// The text with null in the place of each bare word or number that JSON does not know.
fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let bare = |letter: char| letter.is_ascii_alphanumeric() || "+-._".contains(letter);
        let length = match first {
            '"' => quoted_length(rest),
            _ if bare(first) => rest.find(|letter| !bare(letter)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (part, after) = rest.split_at(length);
        match first {
            '"' => out.push_str(&without_half_pairs(part)),
            _ if bare(first) && serde_json::from_str::<Value>(part).is_err() => {
                out.push_str("null")
            }
            _ => out.push_str(part),
        }
        rest = after;
    }
    out
}

/// Bytes of the quoted text at the beginning.
fn quoted_length(text: &str) -> usize {
    let mut escaped = false;
    for (place, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return place + 1,
            _ => {}
        }
    }
    text.len()
}

/// A quoted text whose escapes all stand for letters.
fn without_half_pairs(quoted: &str) -> String {
    if serde_json::from_str::<String>(quoted).is_ok() {
        return quoted.to_owned();
    }
    let unit = |at: usize| -> Option<u32> {
        let hex = quoted.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(hex, 16).ok()
    };
    let (mut out, mut at) = (String::with_capacity(quoted.len()), 0);
    while let Some(letter) = quoted.get(at..).and_then(|rest| rest.chars().next()) {
        let length = match (unit(at), unit(at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str("\\ufffd");
                at += 6;
                continue;
            }
            // The letter behind a backslash belongs to it.
            _ if letter == '\\' => {
                let escaped = quoted.get(at + 1..).and_then(|rest| rest.chars().next());
                1 + escaped.map_or(0, char::len_utf8)
            }
            _ => letter.len_utf8(),
        };
        out.push_str(&quoted[at..at + length]);
        at += length;
    }
    out
}

/// One object of a collection, and the names of its fields that mean nothing.
pub(super) struct ForeignFields<'a> {
    object: &'a Map<String, Value>,
    odd: Vec<&'static str>,
}

impl<'a> ForeignFields<'a> {
    /// `None` when the value is no object.
    pub(super) fn new(value: &'a Value) -> Option<Self> {
        Some(Self { object: value.as_object()?, odd: Vec::new() })
    }

    /// The value of a field; null is as if it were absent.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// A field as one text: a number or a flag is its spelling, a list of one is its element, and
    /// what has no meaning as a text is empty.
    pub(super) fn text(&mut self, name: &'static str) -> String {
        let mut texts = self.texts(name).into_iter();
        match (texts.next(), texts.next()) {
            (Some(text), None) => text,
            (None, _) => String::new(),
            (Some(_), Some(_)) => {
                self.odd.push(name);
                String::new()
            }
        }
    }

    /// A field that says where something comes from. A number there is an empty cell of a table.
    pub(super) fn note(&mut self, name: &'static str) -> String {
        let number = self.get(name).is_some_and(Value::is_number);
        if number { String::new() } else { self.text(name) }
    }

    /// A field as texts: one alone is a list of one, and lists in lists are one list.
    pub(super) fn texts(&mut self, name: &'static str) -> Vec<String> {
        let mut texts = Vec::new();
        if self.get(name).is_some_and(|value| !gather(value, &mut texts)) {
            self.odd.push(name);
        }
        texts
    }

    /// A field as a list of values.
    pub(super) fn list(&mut self, name: &'static str) -> &'a [Value] {
        match self.get(name) {
            None => &[],
            Some(Value::Array(list)) => list,
            Some(_) => {
                self.odd.push(name);
                &[]
            }
        }
    }

    /// The names in a field: the keys of an object, or the texts of a list.
    pub(super) fn names(&mut self, name: &'static str) -> Vec<String> {
        match self.get(name) {
            Some(Value::Object(object)) => object.keys().cloned().collect(),
            _ => self.texts(name),
        }
    }

    /// The fields that meant nothing so far.
    pub(super) fn odd(self) -> Vec<&'static str> {
        self.odd
    }
}

/// The texts of any value.
pub(super) fn texts(value: &Value) -> Vec<String> {
    let mut texts = Vec::new();
    gather(value, &mut texts);
    texts
}

/// Whether all of a value means something as texts.
fn gather(value: &Value, texts: &mut Vec<String>) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => {
            texts.push(flag.to_string());
            true
        }
        Value::Number(number) => {
            texts.push(number.to_string());
            true
        }
        Value::String(text) => {
            texts.push(text.clone());
            true
        }
        Value::Array(list) => {
            let meant = list.iter().filter(|value| gather(value, texts)).count();
            meant == list.len()
        }
        Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_of_other_languages_is_read() {
        for (text, value) in [
            (r#"{"a": NaN}"#, json!({"a": null})),
            (r#"{"a": -Infinity, "b": 1}"#, json!({"a": null, "b": 1})),
            (r#"[None, 1e999, "NaN"]"#, json!([null, null, "NaN"])),
            (
                r#"["\ud83d", "\ud83d\ude00", "\\ud83d"]"#,
                json!(["\u{fffd}", "\u{1f600}", "\\ud83d"]),
            ),
            ("\u{feff}[1]", json!([1])),
            (r#"["say \"NaN\"", NaN]"#, json!(["say \"NaN\"", null])),
        ] {
            assert_eq!(parsed::<Value>(text).ok(), Some(value), "{text}");
        }
        for text in ["", "{", "[1,]", "\"open", "[\"\\ud83d"] {
            assert!(parsed::<Value>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_field_is_read_for_what_it_can_mean() -> Result<(), Box<dyn std::error::Error>> {
        let value = json!({"text": " a ", "number": 7, "flag": true, "none": null, "one": ["3"],
            "nested": [["3"], 4, null], "two": ["a", "b"], "object": {"x": 1}});
        let mut fields = ForeignFields::new(&value).ok_or("an object")?;
        for (name, text) in [
            ("text", " a "),
            ("number", "7"),
            ("flag", "true"),
            ("none", ""),
            ("absent", ""),
            ("one", "3"),
            ("two", ""),
            ("object", ""),
        ] {
            assert_eq!(fields.text(name), text, "{name}");
        }
        assert_eq!(fields.note("number"), "");
        assert_eq!(fields.texts("nested"), ["3", "4"]);
        assert_eq!(fields.names("object"), ["x"]);
        assert_eq!(fields.list("text"), [] as [Value; 0]);
        assert_eq!(fields.odd(), ["two", "object", "text"]);
        assert!(ForeignFields::new(&json!("no object")).is_none());
        Ok(())
    }
}
