//! Events: what learners do, as learning sites report it.
//!
//! A batch is read event by event: one that cannot be read is rejected alone. Unknown fields of an
//! event are ignored, so that a site may send more than we know; an unknown `type` is refused.

mod action;
mod mend;
mod receipt;

pub use action::{
    ActivityNamed, ActivityRated, EventType, LearnerAction, LearnerEnrolled, QuestionAnswered,
    QuizCompleted, VideoProgressed,
};
pub use receipt::{EventReceipt, EventReceipts, EventRemark, ReceiptStatus};

use crate::field::{self, FieldProblem};
use crate::{canonical, examples, text, time, unique};
use nexus_engine::ids::EventId;
use nexus_engine::workspace::Proposal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::openapi::schema::{
    ArrayBuilder, Discriminator, Object, ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// The most events of one batch.
pub const BATCH_MAX: usize = 500;
/// The version of the event schema.
pub const SCHEMA_VERSION: u32 = 1;

/// One event: what every event has, and the fields that belong to its `type`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LearnerEvent {
    /// Made by the client: the same id and body may be sent again safely.
    pub id: String,
    /// Version of the event schema; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub v: Option<u32>,
    /// Who: an opaque name that the learning site made.
    pub learner: String,
    /// The id of the course.
    pub course: String,
    /// Under which version of the course; the latest when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course_version: Option<u32>,
    /// When, as RFC 3339; the moment of receipt when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<String>,
    /// The decision it follows, when the site knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_id: Option<String>,
    /// What happened: `type` and the fields that belong to it.
    #[serde(flatten)]
    pub action: LearnerAction,
}

impl PartialSchema for LearnerEvent {
    fn schema() -> RefOr<Schema> {
        let mut one_of = OneOfBuilder::new().description(Some(
            "One event; `type` says which. Fields that it does not know are ignored.",
        ));
        let mut mapping = Vec::new();
        for kind in EventType::ALL {
            let reference = Ref::from_schema_name(component_of(kind));
            mapping.push((kind.word(), reference.ref_location.clone()));
            one_of = one_of.item(reference);
        }
        one_of.discriminator(Some(Discriminator::with_mapping("type", mapping))).into()
    }
}

impl ToSchema for LearnerEvent {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Envelope::schemas(schemas);
        ActivityNamed::schemas(schemas);
        LearnerEnrolled::schemas(schemas);
        QuestionAnswered::schemas(schemas);
        for kind in EventType::ALL {
            schemas.push((component_of(kind), schema_of(kind)));
        }
    }
}

/// The name of the schema of a type of event, such as `QuizCompletedEvent`.
fn component_of(kind: EventType) -> String {
    format!("{kind:?}Event")
}

/// One flat object: what every event has, `type` with one word, and the fields that belong to it.
fn schema_of(kind: EventType) -> RefOr<Schema> {
    let (fields, description) = action::schema_of(kind);
    let mut whole = object(Envelope::schema());
    let word = ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .enum_values(Some([kind.word()]));
    whole.properties.insert("type".to_owned(), word.into());
    if let Some(fields) = fields {
        let fields = object(fields);
        whole.properties.extend(fields.properties);
        whole.required.extend(fields.required);
    }
    whole.description = Some(description.to_owned());
    whole.examples = vec![examples::event(kind)];
    whole.into()
}

fn object(schema: RefOr<Schema>) -> Object {
    match schema {
        RefOr::T(Schema::Object(object)) => object,
        // A struct with named fields has no other schema.
        _ => Object::new(),
    }
}

/// A batch of events.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(example = examples::events)]
pub struct EventBatch {
    /// The events, in the order in which they happened.
    #[schema(max_items = 500)]
    pub events: Vec<LearnerEvent>,
    /// Whether a rejected event makes the answer an error: 422 `events_rejected`, with the receipts. What
    /// was accepted stays, and is a duplicate when the batch is sent again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strict: bool,
}

/// What `POST /v1/events` takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum EventsBody {
    /// A batch of events, in `events`.
    Batch(EventBatch),
    /// The list of events alone.
    Bare(Vec<LearnerEvent>),
}

impl PartialSchema for EventsBody {
    fn schema() -> RefOr<Schema> {
        let bare = ArrayBuilder::new().items(Ref::from_schema_name(LearnerEvent::name()));
        OneOfBuilder::new()
            .item(Ref::from_schema_name(EventBatch::name()))
            .item(bare.max_items(Some(BATCH_MAX)).description(Some("The events alone.")))
            .into()
    }
}

impl ToSchema for EventsBody {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((EventBatch::name().into_owned(), EventBatch::schema()));
        EventBatch::schemas(schemas);
    }
}

/// An event that was read and may be proposed to the engine.
#[derive(Clone, Debug)]
pub struct ReadEvent {
    /// The id that the client chose.
    pub id: EventId,
    /// Hash of its canonical body.
    pub hash: [u8; 16],
    /// What is said to have happened.
    pub proposal: Proposal,
    /// What was mended in it.
    pub remarks: Vec<EventRemark>,
}

/// What could not be read as an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadEvent {
    /// Its id, when it has one.
    pub id: Option<String>,
    /// What is wrong, and where.
    pub problem: FieldProblem,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "{\"events\": [...]} or an array of events")]
struct BatchParts<'a> {
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
    #[serde(default)]
    strict: bool,
}

/// A batch cut into the texts of its events.
#[derive(Clone, Debug)]
pub struct UnreadBatch<'a> {
    /// The events, unread.
    pub events: Vec<&'a RawValue>,
    /// Whether a rejected event makes the answer an error.
    pub strict: bool,
}

/// What every event has.
#[derive(Deserialize, ToSchema)]
struct Envelope {
    /// Made by the client, unique for ever: the same id and body may be sent again safely.
    #[schema(value_type = text::EventId)]
    id: String,
    /// Version of the event schema; 1 when absent.
    #[schema(minimum = 1, maximum = 1)]
    v: Option<u32>,
    /// The id of the learner.
    #[schema(value_type = text::LearnerId)]
    learner: String,
    /// The id of the course.
    #[schema(value_type = text::CourseId)]
    course: String,
    /// Under which version of the course; the latest when absent.
    #[schema(minimum = 1)]
    course_version: Option<u32>,
    /// When, as RFC 3339; the moment of receipt when absent.
    #[schema(format = DateTime)]
    occurred_at: Option<String>,
    /// The decision it follows, when the site knows.
    #[schema(value_type = Option<text::DecisionId>)]
    decision_id: Option<String>,
    /// What happened: the type of the event.
    #[serde(rename = "type")]
    kind: String,
}

/// Cuts a batch into the texts of its events, unread.
///
/// Errors: serde's error, with its place, when the body is neither an array nor `{"events": [...]}`.
pub fn split(body: &str) -> Result<UnreadBatch<'_>, serde_path_to_error::Error<serde_json::Error>> {
    let mut reader = serde_json::Deserializer::from_str(body);
    if body.trim_start().starts_with('[') {
        let events = serde_path_to_error::deserialize(&mut reader)?;
        return Ok(UnreadBatch { events, strict: false });
    }
    let BatchParts { events, strict } = serde_path_to_error::deserialize(&mut reader)?;
    Ok(UnreadBatch { events, strict })
}

/// Reads the text of one event, down to what the engine admits.
///
/// Errors: the first thing that is wrong with it, and its id when that could be read.
pub fn read_raw(raw: &RawValue) -> Result<ReadEvent, UnreadEvent> {
    let unread = |problem| UnreadEvent { id: id_of(raw), problem };
    let value = unique::read(raw.get()).map_err(unread)?;
    let (mended, remarks) = mend::mended(&value);
    let event = LearnerEvent::read(mended.as_ref().unwrap_or(&value));
    let (event_id, proposal) = event.and_then(|event| event.proposal()).map_err(unread)?;
    Ok(ReadEvent { id: event_id, hash: canonical::hash(&value), proposal, remarks })
}

/// The learner of an event, whatever else is wrong with it; `None` when it cannot be read, or has a
/// key twice.
#[must_use]
pub fn learner_of(raw: &RawValue) -> Option<String> {
    let value = unique::read(raw.get()).ok()?;
    value.get("learner")?.as_str().map(str::to_owned)
}

/// The id of an event, whatever else is wrong with it.
fn id_of(raw: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        id: String,
    }
    let named: Option<Named> = serde_json::from_str(raw.get()).ok();
    named.map(|named| field::shorten(&named.id).to_owned())
}

impl LearnerEvent {
    /// Reads an event; fields it does not know are ignored.
    ///
    /// Errors: the first field that is missing or has another shape, or an unknown type or version.
    pub fn read(value: &Value) -> Result<Self, FieldProblem> {
        if !value.is_object() {
            return Err(FieldProblem::new("", "schema_violation", "an event is an object"));
        }
        let envelope: Envelope = field::read(value)?;
        if let Some(version) = envelope.v.filter(|version| *version != SCHEMA_VERSION) {
            let detail = format!("this server knows version 1 of events, not {version}");
            return Err(FieldProblem::new("/v", "unknown_schema_version", detail));
        }
        Ok(Self {
            action: LearnerAction::read(&envelope.kind, value)?,
            id: envelope.id,
            v: envelope.v,
            learner: envelope.learner,
            course: envelope.course,
            course_version: envelope.course_version,
            occurred_at: envelope.occurred_at,
            decision_id: envelope.decision_id,
        })
    }

    /// The event as the engine takes it, with its id.
    ///
    /// Errors: the first field whose value is not possible.
    pub fn proposal(&self) -> Result<(EventId, Proposal), FieldProblem> {
        let occurred_at = self.occurred_at.as_deref();
        let decision = self.decision_id.as_deref();
        let proposal = Proposal {
            learner: field::learner_id(&self.learner, "/learner")?,
            course: field::course_id(&self.course, "/course")?,
            course_version: self.course_version,
            occurred_at: occurred_at.map(|at| time::read(at, "/occurred_at")).transpose()?,
            decision: decision.map(|id| field::decision_id(id, "/decision_id")).transpose()?,
            action: self.action.proposed()?,
        };
        Ok((field::event_id(&self.id, "/id")?, proposal))
    }
}

#[cfg(test)]
mod tests;
