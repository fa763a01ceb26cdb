//! Ways in: course files, answer files, and foreign formats become events or rejections.
//!
//! Everything here reads; nothing decides. A course file becomes a draft that the engine checks;
//! a line of an answer file becomes an event on the wire or a rejection that says why.

pub mod fault;
pub mod file;

pub mod course_file;
pub mod oatutor;
pub mod onnx;
mod slug;

pub mod answers;
pub mod course_from_answers;
pub mod decision_table;
pub mod fingerprint;
pub mod foreign;
pub mod mapping;
pub mod openedx;
mod order;
pub mod pump;
pub mod rejection;
pub mod resume;
pub mod row_log;
pub mod skill_table;
pub mod source;
mod table;
pub mod xapi;

pub use fault::Fault;
