//! The life of a policy as its scientist would tell it: saved, published, restored, promoted,
//! frozen, stopped. What is expected follows from the words of each event.

mod apprentice;
mod guards;
mod holdout;
mod retired;
mod scientist;
mod shadow;
mod stages;
mod trips;
mod versions;
