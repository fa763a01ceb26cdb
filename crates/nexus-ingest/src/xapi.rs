//! Statements of the Experience API: whether they are sound, and what they say.
//!
//! The mapping, verb by verb, is in `docs/how-to/connect-xapi-and-open-edx.md`. Strictness lies in the form of a
//! statement; unknown verbs, types of activities and extensions are no errors.

mod answer;
mod moment;
mod people;
mod place;
mod statement;
mod translate;
mod validate;
mod video;

pub(crate) use moment::moment;
pub use people::people;
pub use statement::{actor_of, happened_at, learner_of_agent};
pub use translate::XapiTranslator;
pub use validate::{is_uuid, validate};

use std::fmt;

/// The verb of a statement that takes another one back.
pub const VOIDED: &str = "http://adlnet.gov/expapi/verbs/voided";

/// Versions of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XapiVersion {
    /// 1.0.0 to 1.0.3, and what may follow them.
    V1,
    /// 2.0, IEEE 9274.1.1.
    V2,
}

impl XapiVersion {
    /// The version that a text such as `1.0.3` names.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let patch = |rest: &str| {
            rest.is_empty()
                || rest.strip_prefix('.').is_some_and(|patch| {
                    !patch.is_empty() && patch.bytes().all(|byte| byte.is_ascii_digit())
                })
        };
        match (text.strip_prefix("1.0"), text.strip_prefix("2.0")) {
            (Some(rest), _) if patch(rest) => Some(Self::V1),
            (_, Some(rest)) if patch(rest) => Some(Self::V2),
            _ => None,
        }
    }
}

impl fmt::Display for XapiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "1.0.3",
            Self::V2 => "2.0.0",
        })
    }
}
