//! Where in a statement something stands, and what is wrong with it.

use nexus_api::FieldProblem;
use serde_json::{Map, Value};

/// The way to a part of a statement. It becomes a text only when something is wrong there.
#[derive(Clone, Copy)]
pub(super) enum StatementPlace<'a> {
    Root,
    Key(&'a StatementPlace<'a>, &'a str),
    Index(&'a StatementPlace<'a>, usize),
}

impl<'a> StatementPlace<'a> {
    pub(super) fn key(&'a self, key: &'a str) -> Self {
        Self::Key(self, key)
    }

    pub(super) fn index(&'a self, position: usize) -> Self {
        Self::Index(self, position)
    }

    /// The place as a JSON pointer (RFC 6901).
    pub(super) fn pointer(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Key(outer, key) => {
                format!("{}/{}", outer.pointer(), key.replace('~', "~0").replace('/', "~1"))
            }
            Self::Index(outer, position) => format!("{}/{position}", outer.pointer()),
        }
    }

    /// What is wrong here.
    pub(super) fn wrong(&self, code: &str, detail: impl Into<String>) -> FieldProblem {
        FieldProblem::new(self.pointer(), code, detail)
    }
}

pub(super) type Checked<T = ()> = Result<T, FieldProblem>;

/// The parts of an object, all of which are known.
pub(super) fn object<'a>(
    value: &'a Value,
    at: StatementPlace<'_>,
    known: &[&str],
) -> Checked<&'a Map<String, Value>> {
    let Value::Object(map) = value else {
        return Err(at.wrong("wrong_type", format!("an object belongs here, not {}", kind(value))));
    };
    if let Some(key) = map.keys().find(|key| !known.contains(&key.as_str())) {
        let alike = known.iter().find(|known| known.eq_ignore_ascii_case(key));
        let advice = match alike {
            Some(known) => format!("; upper and lower case count: write {known:?}"),
            None => format!("; known here: {}", known.join(", ")),
        };
        let detail = format!("{:?} is no property of this object{advice}", short(key));
        return Err(at.key(key).wrong("unknown_property", detail));
    }
    Ok(map)
}

/// A part that must be there.
pub(super) fn needed<'a>(
    map: &'a Map<String, Value>,
    key: &str,
    at: StatementPlace<'_>,
) -> Checked<&'a Value> {
    map.get(key).ok_or_else(|| at.wrong("missing_property", format!("{key:?} is missing here")))
}

pub(super) fn list<'a>(value: &'a Value, at: StatementPlace<'_>) -> Checked<&'a [Value]> {
    let Value::Array(list) = value else {
        return Err(at.wrong("wrong_type", format!("an array belongs here, not {}", kind(value))));
    };
    Ok(list)
}

pub(super) fn text<'a>(value: &'a Value, at: StatementPlace<'_>) -> Checked<&'a str> {
    let found = value.as_str();
    found.ok_or_else(|| {
        at.wrong("wrong_type", format!("a string belongs here, not {}", kind(value)))
    })
}

pub(super) fn truth(value: &Value, at: StatementPlace<'_>) -> Checked<bool> {
    let found = value.as_bool();
    found.ok_or_else(|| {
        at.wrong("wrong_type", format!("true or false belongs here, not {}", kind(value)))
    })
}

pub(super) fn number(value: &Value, at: StatementPlace<'_>) -> Checked<f64> {
    let found = value.as_f64();
    found.ok_or_else(|| {
        at.wrong("wrong_type", format!("a number belongs here, not {}", kind(value)))
    })
}

/// One of a few words, letter by letter.
pub(super) fn word<'a>(
    value: &'a Value,
    at: StatementPlace<'_>,
    words: &[&str],
) -> Checked<&'a str> {
    let found = text(value, at)?;
    if words.contains(&found) {
        return Ok(found);
    }
    let detail = format!("{:?} is not one of {}", short(found), words.join(", "));
    Err(at.wrong("unknown_value", detail))
}

/// A text of the sender for a message.
pub(super) fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
