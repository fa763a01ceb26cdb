//! Supports: which help a learner gets with a question, and what came of it.
//!
//! A question may offer several supports ([`crate::catalog::Support`]). When a learner asks for help
//! or has answered wrongly, one of them is drawn ([`SupportChosen`]); it waits in the learner's
//! course ([`OpenSupport`]) for what the learner answers next, and its outcome is one event
//! ([`SupportRewarded`]) from which the course's [`CourseSupports`] learn. Formulas and sources are
//! in `docs/supports.md`.
#![warn(missing_docs)]

pub mod bandit;
pub mod choice;
pub mod explanation;
pub mod outcome;

pub use bandit::{CourseSupports, SupportEstimate, SupportSums};
pub use choice::{
    HelpReason, SupportCandidate, SupportChoice, SupportChooser, SupportChosen, SupportOffer,
};
pub use outcome::{FollowUp, OpenSupport, SupportOutcome, SupportRewarded};
