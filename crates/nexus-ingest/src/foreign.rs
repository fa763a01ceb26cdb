//! Records of other systems: what every one of them needs to become events.
//!
//! People become keyed hashes ([`ActorKey`]), so that no address and no name enters the journal.
//! Things become activities and questions by the names that courses were published with
//! ([`IriIndex`]). A record becomes events, is of no use, or is rejected with a reason and a place.

mod actor;
mod decoder;
mod iri_index;

pub use actor::ActorKey;
pub use decoder::{ForeignDecoder, UnusedRecords};
pub use iri_index::{IriIndex, NamedThing, Thing};

use crate::Fault;
use nexus_api::FieldProblem;
use nexus_api::events::{LearnerAction, LearnerEvent};
use nexus_engine::time::Timestamp;

/// The formats of other systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignFormat {
    /// Statements of the Experience API.
    Xapi,
    /// Tracking events of Open edX.
    Openedx,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq)]
pub enum Translated {
    /// Events, one or two.
    Events {
        events: Vec<LearnerEvent>,
        /// Optional values that could not be used and were left out.
        dropped: u32,
    },
    /// What an earlier record said never happened: its id.
    Void(String),
    /// Nothing that is looked at: why, in a word or two.
    Unused(String),
}

/// What was read of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignRecord {
    /// Whose it is, when it says so readably, whatever else is wrong with it.
    pub learner: Option<String>,
    /// What it says, or what is wrong with it.
    pub said: Result<Translated, FieldProblem>,
}

/// Reads the records of one system, in order.
pub trait Translator: Send {
    /// The time of a record, when it says one.
    fn moment(&self, text: &str) -> Option<Timestamp>;

    /// Takes what courses call things from now on.
    fn set_iris(&mut self, iris: IriIndex);

    /// What a record says.
    fn translate(&mut self, text: &str) -> ForeignRecord;
}

impl ForeignFormat {
    /// A translator of this format.
    #[must_use]
    pub fn translator(self, key: ActorKey, iris: IriIndex) -> Box<dyn Translator> {
        match self {
            Self::Xapi => Box::new(crate::xapi::XapiTranslator::new(key, iris)),
            Self::Openedx => Box::new(crate::openedx::OpenedxTranslator::new(key, iris)),
        }
    }
}

/// An event of a learner in the course that a thing belongs to.
pub(crate) fn event(
    id: String,
    learner: &str,
    course: &str,
    at: Option<Timestamp>,
    action: LearnerAction,
) -> LearnerEvent {
    LearnerEvent {
        id,
        v: None,
        learner: learner.to_owned(),
        course: course.to_owned(),
        course_version: None,
        occurred_at: at.map(nexus_api::time::print),
        decision_id: None,
        action,
    }
}

/// Things that were seen lately: a set that forgets the oldest half when it is full.
#[derive(Debug, Default)]
pub(crate) struct Lately {
    young: std::collections::BTreeSet<[u8; 16]>,
    old: std::collections::BTreeSet<[u8; 16]>,
}

impl Lately {
    /// Things of each half: 16 bytes each, some megabytes in all.
    const HALF: usize = 100_000;

    /// Notes a thing, and says whether it is new.
    pub(crate) fn note(&mut self, thing: &str) -> bool {
        let mut mark = [0; 16];
        mark.copy_from_slice(&blake3::hash(thing.as_bytes()).as_bytes()[..16]);
        if self.old.contains(&mark) || !self.young.insert(mark) {
            return false;
        }
        if self.young.len() >= Self::HALF {
            self.old = std::mem::take(&mut self.young);
        }
        true
    }
}

/// The text as one JSON value in which every key of an object is there once.
pub(crate) fn json(text: &str) -> Result<serde_json::Value, FieldProblem> {
    nexus_api::unique::read(text)
}

/// A format and what it needs.
pub struct Foreign {
    pub format: ForeignFormat,
    pub key: ActorKey,
    pub iris: IriIndex,
}

impl Foreign {
    /// Its decoder.
    ///
    /// Errors: [`Fault::Mapping`] when no course names anything.
    pub fn decoder(&self) -> Result<ForeignDecoder, Fault> {
        if self.iris.is_empty() {
            let detail = "no course has `iris`, so nothing in these records is known; publish a \
                          course with them first (docs/how-to/connect-xapi-and-open-edx.md)";
            return Err(Fault::Mapping { detail: detail.to_owned() });
        }
        Ok(ForeignDecoder::new(self.format.translator(self.key.clone(), self.iris.clone())))
    }
}
