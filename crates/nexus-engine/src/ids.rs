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
/// The longest id of a learner, in characters: that of a subject of OpenID Connect.
pub const LEARNER_CHARS_MAX: usize = 255;
/// The longest id of an event or a decision, in characters: a learner's token puts the learner's id
/// before its own.
pub const MADE_ID_CHARS_MAX: usize = 400;

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
    /// The text is longer than so many characters.
    #[error("this id has at most {0} characters")]
    TooManyCharacters(usize),
    /// The text holds control characters, or has blanks at its ends.
    #[error(
        "this id may hold letters and signs of all scripts, but no control characters, and no blanks at its ends"
    )]
    Unprintable,
}

/// Checks the id of a learner: whatever an identity provider calls its subject.
fn check_learner(text: &str) -> Result<(), IdRefusal> {
    check_wide(text, LEARNER_CHARS_MAX)
}

/// Checks the id of an event or a decision, which may hold that of a learner.
fn check_made(text: &str) -> Result<(), IdRefusal> {
    check_wide(text, MADE_ID_CHARS_MAX)
}

fn check_wide(text: &str, chars_max: usize) -> Result<(), IdRefusal> {
    if text.is_empty() {
        return Err(IdRefusal::Empty);
    }
    if text.chars().count() > chars_max {
        return Err(IdRefusal::TooManyCharacters(chars_max));
    }
    // Both break a line where only a line feed should.
    let breaks = |letter: char| matches!(letter, '\u{2028}' | '\u{2029}');
    let bad = text.trim() != text || text.contains(|it: char| it.is_control() || breaks(it));
    if bad { Err(IdRefusal::Unprintable) } else { Ok(()) }
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
        id!($(#[$doc])* $name, check);
    };
    ($(#[$doc:meta])* $name:ident, $check:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the text and makes the id.
            ///
            /// Errors: [`IdRefusal`] when the text is empty, too long, or holds another character.
            pub fn new(text: &str) -> Result<Self, IdRefusal> {
                $check(text)?;
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
    /// The one who learns: an opaque name that the learning site or its identity provider made.
    LearnerId, check_learner
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
    EventId, check_made
);
id!(
    /// One draw of a policy.
    DecisionId, check_made
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
    /// enough. What is longer than [`ID_BYTES_MAX`], or holds other letters than the ids of a course,
    /// is named by its BLAKE3 hash.
    #[must_use]
    pub fn derived(prefix: &str, about: impl fmt::Display) -> Self {
        let about = about.to_string();
        let plain = format!("{prefix}:{about}");
        if check(&plain).is_ok() {
            return Self(Arc::from(plain));
        }
        let hash = blake3::hash(about.as_bytes()).to_hex();
        Self(Arc::from(format!("{prefix}:{hash}")))
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
        assert_eq!(CourseId::new(""), Err(IdRefusal::Empty));
        assert_eq!(CourseId::new(&"x".repeat(129)), Err(IdRefusal::TooLong));
        assert_eq!(CourseId::new("a b"), Err(IdRefusal::Character));
        assert_eq!(CourseId::new("zoë"), Err(IdRefusal::Character));
        assert_eq!(CourseId::new("ada-1@x").map(|id| id.to_string()), Ok("ada-1@x".into()));
        assert_eq!(LearnerId::new(""), Err(IdRefusal::Empty));
        for text in [" ada", "ada ", "a\nb", "a\u{0}b", "a\u{2028}b", "\u{a0}"] {
            assert_eq!(LearnerId::new(text), Err(IdRefusal::Unprintable), "{text:?}");
        }
        let long = LearnerId::new(&"ü".repeat(256));
        assert_eq!(long, Err(IdRefusal::TooManyCharacters(LEARNER_CHARS_MAX)));
    }

    #[test]
    fn learners_are_called_what_identity_providers_call_them() {
        let longest = ["s".repeat(255), "\u{5b66}".repeat(255)];
        let names = [
            "auth0|5f7c8ec7c33c6c004bbafe82",
            "google-oauth2|103547991597142817347",
            "ada+test@school.example",
            "a+b/c==",
            "Zoë",
            "\u{5b66}\u{751f}1",
            "\u{637}\u{627}\u{644}\u{628}",
            "ada\u{1f600}",
            "Ada L",
            "CN=Ada,OU=S",
            "https://idp.example/users/7?x=1#me",
            "{3F2504E0-4F89-11D3-9A0C-0305E82C3301}",
        ];
        for name in names.into_iter().chain(longest.iter().map(String::as_str)) {
            assert_eq!(LearnerId::new(name).map(|id| id.to_string()), Ok(name.to_owned()));
            // Their tokens make ids of events and decisions that begin with them.
            assert!(EventId::new(&format!("{name}:answer-1")).is_ok(), "{name}");
            assert!(DecisionId::new(&format!("{name}:decision-1")).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_nexus_derives_keeps_its_id() {
        assert_eq!(EventId::derived("shown", "d-1").as_str(), "shown:d-1");
        let long = EventId::derived("shown", "d".repeat(123));
        assert_eq!((long.as_str().len(), &long.as_str()[..6]), (6 + 64, "shown:"));
        assert_eq!(EventId::derived("shown", "auth0|7:1").as_str().len(), 6 + 64);
    }
}
