//! For tests only: three courses, builders of courses, and stories that a teacher could read.
//!
//! Tests of every crate may use it. The unit tests of `nexus-engine` may not: they would see two
//! copies of the engine's types.

pub mod course;
mod courses;
mod fold;
pub mod ids;
pub mod said;
mod story;

#[cfg(feature = "shipped")]
pub use courses::shipped;
pub use courses::{TINY, large, tiny};
pub use fold::FoldedState;
pub use story::{LearnerStory, NOW, RIGHT, Story, WRONG};
