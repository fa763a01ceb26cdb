//! The words on the wire: request and response types, and their conversions to the engine.
//!
//! One file a resource. These types are the only ones strangers see; they change only in ways old
//! clients survive. What comes in is checked here field by field, so that a refusal can point at
//! the place ([`FieldProblem`]); what goes out is built here from the engine's values.
#![warn(missing_docs)]

pub mod assignment;
pub mod canonical;
pub mod examples;
pub mod field;
pub mod objects;
pub mod problem;
pub mod text;
pub mod time;
pub mod unique;
pub mod words;

pub mod class;
pub mod closing_check;
pub mod consent;
pub mod constraints;
pub mod corrections;
pub mod course;
pub mod decisions;
pub mod erasure;
pub mod events;
pub mod experiments;
pub mod history;
pub mod journal;
pub mod keys;
pub mod learners;
pub mod lessons;
pub mod live;
pub mod placement;
pub mod plans;
pub mod policies;
pub mod report;
pub mod reviews;
pub mod session;
pub mod sinks;
pub mod sources;
pub mod standing;
pub mod strategies;
pub mod supports;
pub mod switch;
pub mod system;
pub mod takeout;
pub mod teaching;
pub mod tracing;

pub use field::FieldProblem;
pub use problem::Problem;
