//! Texts on the wire: ids, and what people write, each with its limits.
//!
//! These types only name and describe a text in API documents; [`crate::field`] and the engine's
//! `catalog::validation` enforce the limits, and a test of the server compares the two.

use crate::field::RESERVED;
use nexus_engine::ids::{ID_BYTES_MAX, LEARNER_CHARS_MAX, MADE_ID_CHARS_MAX};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// The longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 1_000;
/// The longest words for who asked for something, in characters.
pub const BY_CHARS_MAX: usize = 1_000;
/// The longest comment or response of a learner, in characters.
pub const WORDS_CHARS_MAX: usize = 4_000;

/// An id: ASCII letters, digits and a few signs.
fn id() -> ObjectBuilder {
    text(1, ID_BYTES_MAX).pattern(Some(format!("^[{ID_CHARACTERS}]+$")))
}

/// The id of a learner: letters and signs of all scripts.
fn learner() -> ObjectBuilder {
    text(1, LEARNER_CHARS_MAX).pattern(Some(format!("^{WIDE_CHARACTERS}+$")))
}

/// An id that a client makes: none of those that Nexus makes itself.
fn new_id() -> ObjectBuilder {
    let reserved = RESERVED.join("|");
    text(1, MADE_ID_CHARS_MAX).pattern(Some(format!("^(?!(?:{reserved})){WIDE_CHARACTERS}+$")))
}

/// An id inside a course file.
pub(crate) fn course_part() -> ObjectBuilder {
    text(1, 64).pattern(Some("^[a-z0-9-]+$"))
}

/// A text that must say something.
fn said(chars_max: usize) -> ObjectBuilder {
    text(1, chars_max).pattern(Some("\\S"))
}

fn text(chars_min: usize, chars_max: usize) -> ObjectBuilder {
    let text = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
    text.min_length(Some(chars_min)).max_length(Some(chars_max))
}

const ID_CHARACTERS: &str = "A-Za-z0-9_.:~@/=-";
/// Everything but control characters; blanks at the ends are refused besides.
const WIDE_CHARACTERS: &str = "[^\\u0000-\\u001F\\u007F-\\u009F]";

macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $name:ident: $schema:expr, $example:literal;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let described = $schema.description(Some(concat!($($doc),+).trim()));
                described.examples([$example]).into()
            }
        }

        impl ToSchema for $name {}
    )+};
}

texts! {
    /// The one who learns: an opaque name that the learning site made.
    LearnerId: learner(), "learner-1";
    /// The id of a course.
    CourseId: id(), "fractions";
    /// An activity of a course.
    ActivityId: id(), "halves-practice";
    /// A question of a course.
    QuestionId: id(), "half-of-four";
    /// A decision. The client may make the id, so that a retry gets the same decision.
    DecisionId: new_id(), "decision-1";
    /// An event. The client makes the id, unique for ever, so that it may be sent again safely.
    EventId: new_id(), "event-1";
    /// The id of an experiment.
    ExperimentId: id(), "path-or-bandit";
    /// One side of an experiment.
    VariantName: id(), "control";
    /// The id of a constraint.
    ConstraintId: id(), "no-quiz-today";
    /// An id inside a course file, unique among its kind.
    CoursePartId: course_part(), "halves";
    /// A title for people.
    Title: said(300), "Halves and quarters";
    /// One line: an option, an accepted answer, or a web address.
    Line: said(4_000), "2";
    /// A prompt or a hint, Markdown.
    Paragraph: said(20_000), "What is half of four?";
    /// A reading or a narration, Markdown.
    LongText: said(200_000), "A quarter is half of a half.";
    /// Why, for those who read the journal later.
    Reason: said(REASON_CHARS_MAX), "the parents asked for it";
    /// Who asked for it, in words. The journal keeps the caller beside it.
    AskedBy: said(BY_CHARS_MAX), "the school office";
}
