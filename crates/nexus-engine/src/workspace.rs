//! The whole fold: everything that is shared between learners, and how an event changes it.
//!
//! State is two things: one [`SharedState`], and one [`LearnerState`] a learner. An entry of the
//! journal changes the shared state and at most one learner, in journal order, and nothing else
//! ever changes either. So replaying the journal rebuilds both, bit for bit.

pub mod admit;
pub mod answers_given;
mod apply;
mod apprentices;
pub mod automatic_actions;
pub mod closing_check;
mod constraints;
pub mod corrections;
mod decide;
mod erasure;
mod experiments;
mod kill_switch;
pub mod learner_state;
mod learning;
mod lives;
pub mod memory;
pub mod off_policy;
pub mod placement;
mod plans;
mod promotions;
pub mod protocol;
mod publication;
pub mod redaction;
pub mod reported;
pub mod reviews;
mod settle;
mod shared_state;
pub mod strategies;
mod supports;
pub mod teaching;

pub use crate::refusal::Refusal;
pub use admit::{Proposal, ProposedAction, ProposedAnswer};
pub use apply::{ANSWER_MS_MIN, Applied};
pub use learner_state::{LearnerCourse, LearnerState};
pub use reported::ProposedReport;
pub use shared_state::SharedState;
pub use strategies::CourseStrategies;
