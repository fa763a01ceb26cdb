//! How a strategy teaches: from beliefs about skills to the next skill and difficulty, and the
//! trace by which it judges what is known. The strategies themselves are plain data of the engine
//! ([`nexus_engine::strategy::set`]), which old journals name.

pub mod choice;
pub mod trace;

pub use choice::{Chosen, SkillSight, choose};
