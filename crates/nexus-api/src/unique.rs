//! JSON in which every key of an object occurs once.
//!
//! Readers differ in which of two values of one key they believe, so an event that has a key twice
//! is refused, and so is a decision's context. Errors carry the place, also that of a number that
//! is not finite.

use crate::field::{self, FieldProblem};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// How serde's message begins when a key occurs twice.
const REPEATED: &str = "a key may occur once";

/// Whether a message says that a key occurs twice.
pub(crate) fn is_repeated(message: &str) -> bool {
    message.starts_with(REPEATED)
}

/// Reads a text as a JSON value.
///
/// Errors: `non_finite_number`, `duplicate_key` or `malformed_json`, with its place.
pub fn read(text: &str) -> Result<Value, FieldProblem> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
    let value = Any { repeated: false }.deserialize(tracked);
    value.map_err(|error| {
        let detail = error.to_string();
        let code = match &detail {
            detail if field::is_not_finite(detail) => "non_finite_number",
            detail if is_repeated(detail) => "duplicate_key",
            _ => "malformed_json",
        };
        FieldProblem::new(field::pointer(&track.path()), code, detail)
    })
}

/// Reads a field of a body as a JSON value, for serde.
pub(crate) fn optional<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Value>, D::Error> {
    Any { repeated: false }.deserialize(reader).map(Some)
}

/// Any value; refused before it is looked at when its key came before.
#[derive(Clone, Copy)]
struct Any {
    repeated: bool,
}

impl<'de> DeserializeSeed<'de> for Any {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        if self.repeated {
            return Err(D::Error::custom(REPEATED));
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = parts.next_element_seed(Self { repeated: false })? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = parts.next_key::<String>()? {
            let repeated = fields.contains_key(&name);
            let value = parts.next_value_seed(Self { repeated })?;
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(), (&str, &str)>) {
        let read = read(text);
        if let Ok(value) = &read {
            assert_eq!(*value, serde_json::from_str::<Value>(text).unwrap());
        }
        let said = read.as_ref().map(|_| ());
        let said = said.map_err(|problem| (problem.pointer.as_str(), problem.code.as_str()));
        assert_eq!(said, expected, "{text}");
    }

    #[test]
    fn values_are_those_of_serde_json() {
        check(r#"{"a":[1,-1,1.5,1e3,true,null,"\u0041",{}],"b":18446744073709551615}"#, Ok(()));
        check("-0.0", Ok(()));
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        check(r#"{"a":1,"b":{"c":2,"c":2}}"#, Err(("/b/c", "duplicate_key")));
        check(r#"{"a":1,"\u0061":2}"#, Err(("/a", "duplicate_key")));
        check(r#"{"a":[1,2],"b":[0,{"c/d":1e999}]}"#, Err(("/b/1/c~1d", "non_finite_number")));
        check("-1e999", Err(("", "non_finite_number")));
        check(r#"{"a":"\ud800"}"#, Err(("/a", "malformed_json")));
    }
}
