//! What a site says of the moment of a decision: read from a request, and shown with its part in
//! the estimate.

use crate::field::FieldProblem;
use nexus_engine::catalog::Course;
use nexus_engine::decision::Decision;
use nexus_engine::ids::LearnerId;
use nexus_engine::policy::context::hashed_of;
use nexus_engine::policy::crossing::{CrossedWith, parts};
use nexus_engine::policy::site_context::{
    ENTRIES_MAX, KEY_CHARS_MAX, NUMBER_MAX, SiteContext, SiteValue, TEXT_CHARS_MAX,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

const POINTER: &str = "/context";

/// What only the site knows of the moment, by key. Never anything that says who the learner is: an
/// entry that holds the learner's id is `identifies_learner`.
#[derive(Clone, Copy, Debug)]
pub struct SiteContextBody;

impl PartialSchema for SiteContextBody {
    fn schema() -> RefOr<Schema> {
        let key = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
        let key = key.min_length(Some(1)).max_length(Some(KEY_CHARS_MAX)).build();
        let value = Ref::from_schema_name(ContextValue::name());
        ObjectBuilder::new()
            .property_names(Some(key))
            .additional_properties(Some(value))
            .max_properties(Some(ENTRIES_MAX))
            .description(Some(
                "What only the site knows of the moment, by key. Never anything that says who the \
                 learner is: an entry that holds the learner's id is `identifies_learner`.",
            ))
            .examples([json!({"device": "phone", "time_of_day": "evening", "class_size": 24})])
            .into()
    }
}

impl ToSchema for SiteContextBody {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((ContextValue::name().into_owned(), ContextValue::schema()));
    }
}

/// A word, a number or yes and no, said of the moment of a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ContextValue {
    /// A flag: true or false.
    Flag(bool),
    /// At most 1e15 in size.
    Number(f64),
    /// At most 128 characters.
    Text(String),
}

impl PartialSchema for ContextValue {
    fn schema() -> RefOr<Schema> {
        let of = |kind| ObjectBuilder::new().schema_type(SchemaType::new(kind));
        OneOfBuilder::new()
            .item(of(Type::Boolean))
            .item(of(Type::Number).minimum(Some(-NUMBER_MAX)).maximum(Some(NUMBER_MAX)))
            .item(of(Type::String).max_length(Some(TEXT_CHARS_MAX)))
            .description(Some("A word, a number or yes and no, said of the moment of a decision."))
            .into()
    }
}

impl ToSchema for ContextValue {}

/// What the site said of the moment, as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContextRecord {
    /// The entries, in the order of their keys.
    pub entries: Vec<ContextEntryRecord>,
    /// A hash of all entries, 16 hexadecimal digits; `docs/features.md` says how to compute it.
    pub hash: String,
    /// The part of the context in the estimate of the chosen activity, when a model decided: what
    /// the columns `context_0` to `context_7` contributed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contribution: Option<f64>,
}

/// One thing that the site said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContextEntryRecord {
    /// The key of the entry.
    pub key: String,
    /// The value under this name.
    pub value: ContextValue,
    /// Its own part of the contribution, when a model decided: for the chosen activity, against
    /// saying nothing. The parts sum to the whole but for rounding, and but for the rare column
    /// that was held within its range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contribution: Option<f64>,
}

/// Reads a context; `None` when it is absent, null or empty.
pub(super) fn read(
    sent: Option<&Value>,
    learner: &LearnerId,
) -> Result<Option<SiteContext>, FieldProblem> {
    let fields = match sent {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(fields)) => fields,
        Some(_) => {
            let detail = r#"a context is an object of a few entries, such as {"device": "phone"}"#;
            return Err(FieldProblem::new(POINTER, "schema_violation", detail));
        }
    };
    let entries = entries(fields, learner)?;
    SiteContext::new(entries).map_err(|refusal| {
        let pointer = refusal.key().map_or_else(|| POINTER.to_owned(), pointer_to);
        FieldProblem::new(pointer, refusal.code(), refusal.to_string())
    })
}

fn entries(
    fields: &Map<String, Value>,
    learner: &LearnerId,
) -> Result<Vec<(String, SiteValue)>, FieldProblem> {
    let entry = |(key, value): (&String, &Value)| {
        if names(learner, key, value) {
            let detail = "this is the learner's id: a context never says who the learner is";
            return Err(FieldProblem::new(pointer_to(key), "identifies_learner", detail));
        }
        let value = match value {
            Value::String(text) => SiteValue::Text(text.clone()),
            Value::Bool(flag) => SiteValue::Flag(*flag),
            // Every number of JSON is one, a very large whole one as the nearest float.
            Value::Number(number) => SiteValue::Number(number.as_f64().unwrap_or(f64::NAN)),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                return Err(FieldProblem::new(pointer_to(key), "schema_violation", shape(value)));
            }
        };
        Ok((key.clone(), value))
    };
    fields.iter().map(entry).collect()
}

/// Whether an entry says the learner's id: as its key, as a text or as a number.
fn names(learner: &LearnerId, key: &str, value: &Value) -> bool {
    let says = match value {
        Value::String(text) => text == learner.as_str(),
        Value::Number(number) => number.to_string() == learner.as_str(),
        _ => false,
    };
    says || key == learner.as_str()
}

fn shape(value: &Value) -> &'static str {
    match value {
        Value::Null => "a value is a text, a number, true or false: leave out what is not known",
        Value::Array(_) => {
            "a value is a text, a number, true or false: send a list as one entry each, such as \
             \"has_audio\": true"
        }
        _ => {
            "a value is a text, a number, true or false: send what is nested as entries of its \
             own, such as \"device.kind\": \"phone\""
        }
    }
}

/// The place of an entry as a JSON pointer.
fn pointer_to(key: &str) -> String {
    format!("{POINTER}/{}", key.replace('~', "~0").replace('/', "~1"))
}

impl From<&SiteValue> for ContextValue {
    fn from(value: &SiteValue) -> Self {
        match value {
            SiteValue::Text(text) => Self::Text(text.clone()),
            SiteValue::Number(number) => Self::Number(*number),
            SiteValue::Flag(flag) => Self::Flag(*flag),
        }
    }
}

impl ContextRecord {
    /// The context of a decision, with its part in the estimate as far as a model decided and the
    /// course is at hand.
    pub(super) fn of(decision: &Decision, course: Option<&Course>) -> Option<Self> {
        let context = decision.request.context.as_deref()?;
        let hashed = hashed_of(decision.origin.features.schema);
        let weights = decision.weights.get(hashed.clone()).filter(|weights| !weights.is_empty());
        let activity = course.and_then(|c| c.activity(decision.chosen().activity.as_str()));
        let with = course.zip(activity).map(|(course, activity)| {
            let (kind, minutes) = (activity.kind, activity.minutes);
            CrossedWith::new(kind, minutes, course.minutes_median, activity.difficulty)
        });
        let own: Vec<f64> = weights.zip(with.as_ref()).map_or_else(Vec::new, |(weights, with)| {
            parts(context, with).map(|columns| product(weights, &columns)).collect()
        });
        let entries = context.entries().iter().enumerate();
        let columns = decision.origin.features.values.get(hashed).unwrap_or_default();
        Some(Self {
            entries: entries
                .map(|(place, (key, value))| ContextEntryRecord {
                    key: key.clone(),
                    value: value.into(),
                    contribution: own.get(place).copied(),
                })
                .collect(),
            hash: format!("{:016x}", context.hash()),
            contribution: weights.map(|weights| product(weights, columns)),
        })
    }
}

fn product(weights: &[f64], columns: &[f64]) -> f64 {
    weights.iter().zip(columns).map(|(weight, value)| weight * value).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a context is refused with: pointer, code, and words of the detail.
    #[track_caller]
    fn check(context: &Value, expected: Option<(&str, &str, &str)>) {
        let learner = LearnerId::new("ada").unwrap();
        match (read(Some(context), &learner), expected) {
            (Ok(_), None) => {}
            (Err(problem), Some((pointer, code, words))) => {
                let said = (problem.pointer.as_str(), problem.code.as_str());
                assert_eq!(said, (pointer, code), "{context}");
                assert!(problem.detail.contains(words), "{}", problem.detail);
            }
            (found, _) => panic!("{context}: {found:?}"),
        }
    }

    #[test]
    fn what_may_be_sent() {
        check(&Value::Null, None);
        check(&json!({}), None);
        check(
            &json!({"device": "phone", "time_of_day": "evening", "class_size": 24,
                "accommodations": true, "temperature": -3.5, "note": ""}),
            None,
        );
        check(&json!({"k".repeat(64): "t".repeat(128)}), None);
    }

    #[test]
    fn what_is_refused_says_where_and_what_to_do() {
        let shape = "schema_violation";
        check(&json!("phone"), Some(("/context", shape, "such as {\"device\"")));
        check(&json!(["phone"]), Some(("/context", shape, "an object")));
        check(&json!({"a": null}), Some(("/context/a", shape, "leave out")));
        check(&json!({"a": [1]}), Some(("/context/a", shape, "one entry each")));
        check(&json!({"a": {"b": 1}}), Some(("/context/a", shape, "entries of its own")));
        check(&json!({"a/b~c": null}), Some(("/context/a~1b~0c", shape, "leave out")));
        check(&json!({"a": 1e308}), Some(("/context/a", "number_size", "at most 1e15")));
        check(&json!({"a": u64::MAX}), Some(("/context/a", "number_size", "another unit")));
        check(&json!({"": 1}), Some(("/context/", "key_length", "1 to 64")));
        let long = "k".repeat(65);
        let place = format!("/context/{long}");
        check(&json!({&long: 1}), Some((&place, "key_length", "1 to 64")));
        let wordy = "t".repeat(129);
        check(&json!({"a": wordy}), Some(("/context/a", "text_length", "send a word")));
        check(&json!({"who": "ada"}), Some(("/context/who", "identifies_learner", "never says")));
        check(&json!({"ada": true}), Some(("/context/ada", "identifies_learner", "never says")));
        let numbered = LearnerId::new("12345").unwrap();
        let Value::Object(fields) = json!({"user": 12345}) else { panic!("an object") };
        let refused = entries(&fields, &numbered).unwrap_err();
        assert_eq!(refused.pointer, "/context/user");
        let many: Map<String, Value> = (0..17).map(|n| (format!("k{n}"), json!(n))).collect();
        let many = Value::Object(many);
        check(&many, Some(("/context", "too_many", "at most 16 entries, not 17")));
    }
}
