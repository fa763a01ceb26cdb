//! Experiments: who gets which policy, who was really shown something, and what came of it.

pub mod analysis;
pub mod assignment;
pub mod checked;
pub mod definition;
pub mod exposure;
pub mod history;
pub mod life;
pub mod retention;
pub mod tally;
