//! A tracking event, in the old and in the new way of writing one.

use super::id_of;
use nexus_api::FieldProblem;
use nexus_engine::time::Timestamp;
use serde_json::Value;

/// One event. What happened stands under `event`, or `data`; it may be JSON in a string.
pub(super) struct TrackingEvent {
    whole: Value,
    said: Value,
}

impl TrackingEvent {
    pub(super) fn new(whole: Value) -> Self {
        let said = whole.get("event").or_else(|| whole.get("data")).cloned().unwrap_or_default();
        let said = match &said {
            Value::String(text) => serde_json::from_str(text).unwrap_or(said),
            _ => said,
        };
        Self { whole, said }
    }

    /// An event with a name and a time.
    ///
    /// Errors: what it lacks.
    pub(super) fn sound(whole: Value) -> Result<Self, FieldProblem> {
        if !whole.is_object() {
            return Err(FieldProblem::new("", "wrong_type", "a tracking event is an object"));
        }
        let told = Self::new(whole);
        if told.name().is_empty() {
            let detail = "the event has no name, and no event_type";
            return Err(FieldProblem::new("/name", "missing_property", detail));
        }
        if told.at().is_none() {
            let detail = "the event has no time that is a moment";
            return Err(FieldProblem::new("/time", "bad_timestamp", detail));
        }
        Ok(told)
    }

    fn part(&self, key: &str) -> Option<&Value> {
        let context = self.whole.get("context").and_then(|context| context.get(key));
        context.or_else(|| self.whole.get(key)).filter(|part| !part.is_null())
    }

    pub(super) fn name(&self) -> &str {
        let named = |key: &str| self.whole.get(key).and_then(Value::as_str);
        named("name").or_else(|| named("event_type")).unwrap_or_default()
    }

    pub(super) fn at(&self) -> Option<Timestamp> {
        let named = |key: &str| self.whole.get(key).and_then(Value::as_str);
        let written = named("time").or_else(|| named("timestamp"))?;
        crate::xapi::moment(written, false)
    }

    /// Whether the server says so, and not a browser.
    pub(super) fn is_of_server(&self) -> bool {
        self.part("event_source")
            .and_then(Value::as_str)
            .map_or(self.said.is_object(), |source| source == "server")
    }

    /// The number of the user it is about; never a name.
    pub(super) fn learner_number(&self) -> Option<String> {
        let written = |value: &Value| match value {
            Value::Number(number) => Some(number.to_string()),
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            _ => None,
        };
        let context = self.part("user_id").and_then(written);
        context.or_else(|| self.said.get("user_id").and_then(written))
    }

    pub(super) fn session(&self) -> &str {
        self.part("session").and_then(Value::as_str).unwrap_or_default()
    }

    /// The run of a course, such as `edX+DemoX+Demo_Course`.
    pub(super) fn course_run(&self) -> Option<&str> {
        let own = self.said.get("course_id").and_then(Value::as_str);
        let course = own.or_else(|| self.part("course_id").and_then(Value::as_str))?;
        course.split_once(':').map(|(_, run)| run)
    }

    /// What happened.
    pub(super) fn said(&self) -> &Value {
        &self.said
    }

    pub(super) fn text(&self, key: &str) -> &str {
        self.said.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn number(&self, key: &str) -> Option<f64> {
        self.said.get(key).and_then(Value::as_f64)
    }

    pub(super) fn id(&self) -> String {
        id_of(&self.whole)
    }
}
