//! What is wrong with one field of a request, and the checks that say so.

use crate::objects::Objects;
use crate::text::REASON_CHARS_MAX;
use crate::unique;
use nexus_engine::ids::{ActivityId, CourseId, DecisionId, EventId, ExperimentId, IdRefusal};
use nexus_engine::ids::{LearnerId, PolicyId, QuestionId, VariantName};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_path_to_error::Segment;
use utoipa::ToSchema;

/// The longest piece of a request that an answer repeats, in bytes.
pub const ECHO_BYTES_MAX: usize = 200;

/// How the ids begin that Nexus itself gives to events; no client may take one of them first.
pub(crate) const RESERVED: [&str; 15] = [
    "rwd:",
    "course:",
    "experiment:",
    "experiment-stop:",
    "experiment-change:",
    "shown:",
    "tracing-version:",
    "constraint:",
    "constraint-lift:",
    "kill-switch:",
    "learner-erased:",
    "correction:",
    "consent:",
    "policy:",
    "policy-version:",
];

/// One thing that is wrong with a request, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldProblem {
    /// JSON pointer to the place in the request body (RFC 6901); empty for the whole.
    #[schema(example = "/events/0/learner")]
    pub pointer: String,
    /// A stable word for programs.
    #[schema(example = "invalid_id")]
    pub code: String,
    /// What is wrong, for people.
    pub detail: String,
}

impl FieldProblem {
    /// A problem at a place.
    #[must_use]
    pub fn new(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        let (pointer, detail): (String, String) = (pointer.into(), detail.into());
        Self {
            pointer: shorten(&pointer).to_owned(),
            code: code.to_owned(),
            detail: shorten(&detail).to_owned(),
        }
    }

    /// The same problem, seen from the body that holds the part at `prefix`.
    #[must_use]
    pub fn under(self, prefix: &str) -> Self {
        Self { pointer: format!("{prefix}{}", self.pointer), ..self }
    }
}

/// The beginning of a text, so that an answer never repeats a long input.
#[must_use]
pub fn shorten(text: &str) -> &str {
    if text.len() <= ECHO_BYTES_MAX {
        return text;
    }
    let mut end = ECHO_BYTES_MAX;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Reads a value as a type; the problem points at the field that has the wrong shape.
///
/// Errors: the first field that is missing, unknown or of another type.
pub fn read<T: DeserializeOwned>(value: &serde_json::Value) -> Result<T, FieldProblem> {
    serde_path_to_error::deserialize(Objects(value)).map_err(|error| shape_problem(&error))
}

/// What serde says about a shape, with its place as a JSON pointer.
pub fn shape_problem(error: &serde_path_to_error::Error<serde_json::Error>) -> FieldProblem {
    let detail = without_type_names(error.inner().to_string());
    let code = match &detail {
        detail if is_not_finite(detail) => "non_finite_number",
        detail if unique::is_repeated(detail) => "duplicate_key",
        _ => "schema_violation",
    };
    FieldProblem::new(pointer(error.path()), code, detail)
}

/// Says "an object" where serde names a type of ours.
fn without_type_names(message: String) -> String {
    const NAMED: &str = ", expected struct ";
    let Some((before, after)) = message.rsplit_once(NAMED) else { return message };
    let place = after.find(" at line ").map_or("", |start| &after[start..]);
    format!("{before}, expected an object{place}")
}

/// Whether serde_json refuses a number because no finite number is meant by it, like `1e999`.
#[must_use]
pub fn is_not_finite(message: &str) -> bool {
    message.starts_with("number out of range")
}

/// A place in a body as a JSON pointer.
pub(crate) fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            // A variant is no step in the body, and an unknown step has no name.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

macro_rules! id_reader {
    ($(#[$doc:meta])* $name:ident, $type:ident) => {
        $(#[$doc])*
        /// Errors: a problem at `pointer` when the text is no id.
        pub fn $name(text: &str, pointer: &str) -> Result<$type, FieldProblem> {
            $type::new(text).map_err(|refusal| invalid_id(refusal, pointer))
        }
    };
}

id_reader!(
    /// Reads a learner's id.
    learner_id,
    LearnerId
);
id_reader!(
    /// Reads a course's id.
    course_id,
    CourseId
);
id_reader!(
    /// Reads an activity's id.
    activity_id,
    ActivityId
);
id_reader!(
    /// Reads a question's id.
    question_id,
    QuestionId
);
id_reader!(
    /// Reads an experiment's id.
    experiment_id,
    ExperimentId
);
id_reader!(
    /// Reads a policy's id.
    policy_id,
    PolicyId
);
id_reader!(
    /// Reads a variant's name.
    variant_name,
    VariantName
);

/// Reads the id that a client made for an event.
///
/// Errors: a problem at `pointer` when the text is no id, or one that Nexus makes itself.
pub fn event_id(text: &str, pointer: &str) -> Result<EventId, FieldProblem> {
    not_reserved(text, pointer)?;
    EventId::new(text).map_err(|refusal| invalid_id(refusal, pointer))
}

/// Reads a decision's id; it is also the id of the event that records the decision.
///
/// Errors: a problem at `pointer` when the text is no id, or one that Nexus makes itself.
pub fn decision_id(text: &str, pointer: &str) -> Result<DecisionId, FieldProblem> {
    not_reserved(text, pointer)?;
    DecisionId::new(text).map_err(|refusal| invalid_id(refusal, pointer))
}

fn not_reserved(text: &str, pointer: &str) -> Result<(), FieldProblem> {
    match RESERVED.iter().find(|prefix| text.starts_with(**prefix)) {
        None => Ok(()),
        Some(prefix) => {
            let detail = format!("ids that begin with {prefix:?} are made by Nexus");
            Err(FieldProblem::new(pointer, "reserved_id", detail))
        }
    }
}

/// Checks a text that must say something, in at most so many characters.
///
/// Errors: a problem at `pointer` when it is blank or too long; `what` begins its sentence.
pub fn said(
    text: String,
    chars_max: usize,
    pointer: &str,
    what: &str,
) -> Result<String, FieldProblem> {
    if text.trim().is_empty() || text.chars().count() > chars_max {
        let detail = format!("{what} has 1 to {chars_max} characters, and is not blank");
        return Err(FieldProblem::new(pointer, "invalid_length", detail));
    }
    Ok(text)
}

/// Checks the reason of a request.
///
/// Errors: a problem when it is blank or too long.
pub fn reason(text: String) -> Result<String, FieldProblem> {
    said(text, REASON_CHARS_MAX, "/reason", "a reason")
}

fn invalid_id(refusal: IdRefusal, pointer: &str) -> FieldProblem {
    FieldProblem::new(pointer, "invalid_id", refusal.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Deserialize, Debug)]
    #[expect(dead_code, reason = "only its shape is looked at")]
    struct Lesson {
        parts: Vec<[f64; 2]>,
    }

    #[test]
    fn a_wrong_shape_is_pointed_at() {
        let problem = read::<Lesson>(&json!({"parts": [[0, 1], [0, "x"]]})).unwrap_err();
        assert_eq!(
            (problem.pointer.as_str(), problem.code.as_str()),
            ("/parts/1/1", "schema_violation")
        );
    }

    #[test]
    fn no_type_of_ours_is_named() {
        for (value, expected) in [
            (json!("x"), r#"invalid type: string "x", expected an object"#),
            (
                json!([]),
                "an array stands where an object belongs: name the fields, like {\"parts\": ...}",
            ),
        ] {
            assert_eq!(read::<Lesson>(&value).unwrap_err().detail, expected);
        }
    }

    #[test]
    fn long_inputs_are_not_repeated() {
        let problem = FieldProblem::new("/a", "b", "é".repeat(300));
        assert!(problem.detail.len() <= ECHO_BYTES_MAX);
        assert_eq!(shorten("short"), "short");
    }
}
