//! Words on the wire, each typed by the list of the engine that it comes from.
//!
//! A field of such a type can hold no other word, and API documents list exactly these.

use nexus_engine::policy::registry::PolicyState;
use nexus_engine::words::Words;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{RefOr, schema};
use utoipa::{PartialSchema, ToSchema};

/// A text schema that allows some words and no others.
pub(crate) fn schema_of(words: &[&str], description: &str) -> RefOr<Schema> {
    let texts = ObjectBuilder::new().schema_type(schema::SchemaType::new(Type::String));
    texts.enum_values(Some(words.iter().copied())).description(Some(description)).into()
}

fn read<'de, T: Words, D: Deserializer<'de>>(reader: D) -> Result<&'static str, D::Error> {
    let text = String::deserialize(reader)?;
    let words = T::words();
    let known = words.iter().find(|word| **word == text);
    known.copied().ok_or_else(|| {
        de::Error::custom(format!("unknown word `{text}`, expected one of {}", words.join(", ")))
    })
}

macro_rules! wire_words {
    ($($(#[doc = $doc:literal])+ $name:ident = $type:ty;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(&'static str);

        impl $name {
            /// The word as JSON has it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                self.0
            }
        }

        impl From<$type> for $name {
            fn from(value: $type) -> Self {
                Self(Words::word(&value))
            }
        }

        impl From<&$type> for $name {
            fn from(value: &$type) -> Self {
                Self(Words::word(value))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.0)
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
                writer.serialize_str(self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
                read::<$type, D>(reader).map(Self)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                schema_of(&<$type as Words>::words(), concat!($($doc),+).trim())
            }
        }

        impl ToSchema for $name {}
    )+

        /// Every list, by its name in API documents.
        #[must_use]
        pub fn lists() -> Vec<(&'static str, Vec<&'static str>)> {
            vec![$((stringify!($name), <$type as Words>::words())),+]
        }
    };
}

wire_words! {
    /// How a learner stands towards an experiment.
    AssignmentStanding = nexus_engine::experiment::assignment::AssignmentStanding;
    /// What kind of thing an activity is.
    ActivityKind = nexus_engine::catalog::ActivityKind;
    /// How several values of a component of the reward come to one.
    Aggregation = nexus_engine::catalog::reward::Aggregation;
    /// What kind of constraint a teacher set.
    ConstraintRule = nexus_engine::constraint::Rule;
    /// What was corrected.
    CorrectionKind = nexus_engine::event::correction::CorrectionKind;
    /// What a journal entry says: the word of its type.
    EntryType = nexus_engine::event::Event;
    /// Why an activity could not be chosen.
    ExclusionReason = nexus_engine::decision::candidates::Exclusion;
    /// Whether a learner for whom there is nothing to do waits or is done.
    RestStatus = nexus_engine::decision::rest::RestStatus;
    /// Why the course's own path was served instead of what a policy chose.
    Fallback = nexus_engine::decision::Fallback;
    /// How far the rules were relaxed to find enough candidates.
    Relaxation = nexus_engine::decision::candidates::Relaxation;
    /// Why nothing was left to chance.
    WithheldReason = nexus_engine::decision::exploration::Withheld;
    /// Why a decision gets no reward.
    ClosedReason = nexus_engine::decision::reward::ClosedReason;
    /// What measured a learning gain.
    GainSource = nexus_engine::decision::reward::GainSource;
    /// How a question is answered: `single` (one option), `multiple` (several options), `numeric` or `text`.
    QuestionKind = nexus_engine::catalog::draft::AnswerForm;
    /// What was done with an experiment: its `share` was set, it was `concluded`, or `archived`.
    ExperimentChange = nexus_engine::experiment::life::ExperimentChange;
    /// A metric of an experiment.
    Metric = nexus_engine::experiment::analysis::Metric;
    /// What kind of help a support is: a `hint`, a `worked_example`, an `explanation`, or a
    /// `remedial_activity` of the course.
    SupportKind = nexus_engine::catalog::SupportKind;
    /// What chose a support: the `bandit`, or what else when there was no choice to make.
    SupportChooser = nexus_engine::support::SupportChooser;
    /// Why a learner gets help: it was `asked` for, or an answer was `wrong`.
    HelpReason = nexus_engine::support::HelpReason;
    /// Where a learner stands in a skill.
    SkillStatus = nexus_engine::learner::mastery::SkillStatus;
    /// What an answer did to a skill.
    SkillTurn = nexus_engine::learner::turn::SkillTurn;
    /// Why a placement stopped.
    PlacementStop = nexus_engine::learner::placement::Stopped;
    /// Whether a policy serves and learns: `live` (it serves and learns), `frozen` (it serves and
    /// learns nothing), `shadow` (it decides beside the one that serves, and learns) or
    /// `apprentice` (a baseline serves in its place until it agrees, and it learns).
    PolicyMode = nexus_engine::lifecycle::mode::Mode;
    /// What becomes of an apprentice that agrees: `itself` (it serves at once) or `asked` (it is
    /// said to be ready, and is set live by hand).
    Graduation = nexus_engine::lifecycle::apprentice::Graduation;
    /// A way through a course as a whole: `path` (the author's), `core_first` (the same, with what is
    /// advanced at the end), `breadth` (all study, then practice, then quizzes) or `pace` (step by step).
    PlanName = nexus_engine::plan::Plan;
    /// How a version came about: `saved` (as the policy had learned), `trained` (made by another program) or `restored`.
    VersionOrigin = nexus_engine::lifecycle::version::PolicyOrigin;
}

/// The words of all policies, for requests: who decides.
#[derive(Clone, Copy, Debug)]
pub struct PolicyName;

impl PartialSchema for PolicyName {
    fn schema() -> RefOr<Schema> {
        schema_of(&PolicyState::WORDS, "A policy; `docs/policies.md` describes them.")
    }
}

impl ToSchema for PolicyName {}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_engine::decision::candidates::Exclusion;

    #[test]
    fn words_go_there_and_back_and_no_other_is_read() {
        for exclusion in Exclusion::ALL {
            let reason = ExclusionReason::from(exclusion);
            let text = serde_json::to_string(&reason).unwrap();
            assert_eq!(text, format!("{:?}", exclusion.word()));
            assert_eq!(serde_json::from_str::<ExclusionReason>(&text).unwrap(), reason);
        }
        let error = serde_json::from_str::<Fallback>("\"bad_luck\"").unwrap_err().to_string();
        assert!(error.contains("expected one of invalid_distribution, kill_switch"), "{error}");
    }
}
