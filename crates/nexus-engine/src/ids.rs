//! Names of things: one newtype each, so that a learner cannot be passed where a course is meant.
//!
//! Ids are made by clients and appear in events; they are cheap to clone. Keys are small integers
//! that the catalog hands out, in publication order, so that learner state stays compact.
#![warn(missing_docs)]

use std::fmt;
use std::sync::Arc;
use thiserror::Error;

/// The longest id that is accepted, in bytes.
pub const ID_BYTES_MAX: usize = 128;

/// Why a text is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IdRefusal {
    /// The text is empty.
    #[error("an id must not be empty")]
    Empty,
    /// The text is longer than [`ID_BYTES_MAX`] bytes.
    #[error("an id has at most {ID_BYTES_MAX} bytes")]
    TooLong,
    /// The text holds something else than ASCII letters, digits, and `- _ . : ~ @ / =`.
    #[error("an id may hold ASCII letters, digits, and - _ . : ~ @ / = only")]
    Character,
}

fn check(text: &str) -> Result<(), IdRefusal> {
    if text.is_empty() {
        return Err(IdRefusal::Empty);
    }
    if text.len() > ID_BYTES_MAX {
        return Err(IdRefusal::TooLong);
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:~@/=".contains(&byte);
    if text.bytes().all(allowed) { Ok(()) } else { Err(IdRefusal::Character) }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the text and makes the id.
            ///
            /// Errors: [`IdRefusal`] when the text is empty, too long, or holds another character.
            pub fn new(text: &str) -> Result<Self, IdRefusal> {
                check(text)?;
                Ok(Self(Arc::from(text)))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdRefusal;

            fn from_str(text: &str) -> Result<Self, IdRefusal> {
                Self::new(text)
            }
        }
    };
}

id!(
    /// The one who learns: an opaque name that the learning site made.
    LearnerId
);
id!(
    /// The id of a course.
    CourseId
);
id!(
    /// One thing that can be shown, inside a course.
    ActivityId
);
id!(
    /// One question, inside a course.
    QuestionId
);
id!(
    /// What an activity teaches or a question exercises, inside a course.
    SkillId
);
id!(
    /// One fact in the journal, named by the client that reported it.
    EventId
);
id!(
    /// One draw of a policy.
    DecisionId
);
id!(
    /// The id of an experiment.
    ExperimentId
);
id!(
    /// One side of an experiment.
    VariantName
);
id!(
    /// A teacher's pin, block or cap.
    ConstraintId
);
id!(
    /// One of the supports of a question.
    SupportId
);
id!(
    /// A component of the reward, as a course declares it.
    ComponentName
);
id!(
    /// A policy with its own statistics.
    PolicyId
);

impl EventId {
    /// The id of an event that Nexus itself makes about something: always the same, and short
    /// enough. What is too long for an id is named by its BLAKE3 hash.
    #[must_use]
    pub fn derived(prefix: &str, about: impl fmt::Display) -> Self {
        let about = about.to_string();
        Self::new(&format!("{prefix}:{about}")).unwrap_or_else(|_| {
            let hash = blake3::hash(about.as_bytes()).to_hex();
            // invariant: a prefix of Nexus' own and 64 hexadecimal digits are an id.
            Self::new(&format!("{prefix}:{hash}")).expect("a prefix and a hash are an id")
        })
    }
}

/// A decision stands in the journal under its own id.
impl From<&DecisionId> for EventId {
    fn from(decision: &DecisionId) -> Self {
        Self(Arc::clone(&decision.0))
    }
}

/// Which side of which experiment something happened under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The id of the experiment.
    pub experiment: ExperimentId,
    /// The version of its definition.
    pub version: u32,
    /// The variant of the learner.
    pub variant: VariantName,
}

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The key as a position in a table.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

key!(
    /// A skill of a published course; the same for all versions of that course.
    SkillKey
);
key!(
    /// An activity of a published course; the same for all versions of that course.
    ActivityKey
);
key!(
    /// A question of a published course; the same for all versions of that course.
    QuestionKey
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_say_why_they_refuse() {
        assert_eq!(LearnerId::new(""), Err(IdRefusal::Empty));
        assert_eq!(LearnerId::new(&"x".repeat(129)), Err(IdRefusal::TooLong));
        assert_eq!(LearnerId::new("a b"), Err(IdRefusal::Character));
        assert_eq!(LearnerId::new("zoë"), Err(IdRefusal::Character));
        assert_eq!(LearnerId::new("ada-1@x").map(|id| id.to_string()), Ok("ada-1@x".into()));
    }
}
