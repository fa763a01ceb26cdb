//! The canonical form of a request body, and its hash: the same id with another body is a conflict.
//!
//! Two bodies are the same when they say the same, whatever the order of their keys, their blanks,
//! or the way a whole number is written (`1`, `1.0`, `1e0`).

use serde_json::Value;

/// The first 16 bytes of the BLAKE3 hash of a value's canonical form.
#[must_use]
pub fn hash(value: &Value) -> [u8; 16] {
    let mut text = String::new();
    write(value, &mut text);
    let mut first = [0; 16];
    first.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    first
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            // Sorted here, because a feature of serde_json elsewhere could keep another order.
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| name.as_str());
            write_all('{', '}', fields.into_iter(), out, |(name, value), out| {
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                write(value, out);
            });
        }
        Value::Array(values) => write_all('[', ']', values.iter(), out, write),
        Value::Number(number) => write_number(number, out),
        Value::Null | Value::Bool(_) | Value::String(_) => out.push_str(&value.to_string()),
    }
}

fn write_all<T>(
    open: char,
    close: char,
    parts: impl Iterator<Item = T>,
    out: &mut String,
    write_part: impl Fn(T, &mut String),
) {
    out.push(open);
    for (position, part) in parts.enumerate() {
        if position > 0 {
            out.push(',');
        }
        write_part(part, out);
    }
    out.push(close);
}

fn write_number(number: &serde_json::Number, out: &mut String) {
    /// Up to here every whole number is exact as a double.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    match number.as_f64() {
        Some(value) if number.is_f64() && value.fract() == 0.0 && value.abs() < EXACT_MAX => {
            out.push_str(&(value as i64).to_string());
        }
        _ => out.push_str(&number.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, same: bool) {
        let hash_of = |text: &str| hash(&serde_json::from_str(text).unwrap());
        assert_eq!(hash_of(left) == hash_of(right), same, "{left} and {right}");
    }

    #[test]
    fn what_says_the_same_is_the_same() {
        check(r#"{"a":1,"b":[1.0,-0.0]}"#, r#"{ "b": [1, 0], "a": 1e0 }"#, true);
        check(r#"{"a":"\u0041"}"#, r#"{"a":"A"}"#, true);
        check(r#"{"a":1}"#, r#"{"a":"1"}"#, false);
        check(r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#, false);
        check(r#"{"a":0.1}"#, r#"{"a":0.10000000000000002}"#, false);
        check(r#"{"a":null}"#, r"{}", false);
    }
}
