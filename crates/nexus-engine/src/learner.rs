//! What Nexus knows of one learner: what they have done, and what they seem to know.

pub mod belief;
pub mod closing_check;
pub mod consent;
pub mod influence;
pub mod mastery;
pub mod memory;
pub mod own_record;
pub mod placement;
pub mod progress;
pub mod remedy;
pub mod results;
pub mod session;
pub mod tracing;
pub mod tracing_version;
pub mod training;
pub mod turn;
pub mod viewing;
pub mod window;
