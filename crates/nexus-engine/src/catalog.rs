//! Courses: what can be shown, what it teaches, and in which order it may be met.

pub mod course;
pub mod draft;
pub mod grading;
pub mod iris;
pub mod names;
pub mod numeral;
pub mod outcome;
pub mod reward;
pub mod validation;

pub use course::{Activity, ActivityKind, Course, Module, PlacementRules};
pub use course::{Question, QuestionKind, Skill, Support, SupportKind};
pub use draft::CourseDraft;
pub use iris::{IriMatch, IriTable, IriTarget};
pub use names::Names;
pub use outcome::{Ends, Goal};
pub use reward::RewardDeclaration;
pub use validation::{CourseProblem, Place};
