//! Learners whose true knowledge is known, and a classroom to put them in.
//!
//! A [`SimulatedLearner`] knows things, forgets, gets bored and leaves, by formulas that share
//! nothing with Nexus's own model of learners; so a policy that looks good here does not look
//! good merely because it is judged by the model it was built on (Doroudi, Aleven and Brunskill
//! 2017). It says what it does as plain data, and its driver — over HTTP, against a node,
//! or inside [`school`] — only carries that to Nexus and the answers back.
//!
//! The rooms: [`truth`] holds what is true of a course, [`knowledge`] what is true of a mind, by
//! family, [`learner`] how such a mind behaves, [`classroom`] who comes when, and [`school`] runs
//! a classroom against the engine in simulated time, without a disk or a network. Two rooms model
//! no real learner: [`play`] follows a course to its end to find what is never reached, and
//! [`storm`] does everything at once, to try what the engine promises.

pub mod knowledge;
pub mod truth;

pub mod behaviour;
pub mod learner;
pub mod response;

pub mod classroom;

pub mod play;
pub mod school;
pub mod storm;

pub use classroom::{Classroom, Conditions, PriorKnowledge};
pub use knowledge::Family;
pub use learner::{Assigned, Happened, Move, SimulatedEvent, SimulatedLearner};
pub use truth::{CourseTruth, StudySetting};
