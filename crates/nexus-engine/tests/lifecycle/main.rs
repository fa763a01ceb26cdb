//! The life of a policy as its scientist would tell it: saved, published, restored, promoted,
//! frozen. What is expected follows from the words of each event.

mod room;
mod versions;
