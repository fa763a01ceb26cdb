//! The domain of Nexus: courses, learners, policies, decisions, rewards and experiments.
//!
//! Everything here is pure and synchronous. Time and randomness are arguments, errors are values,
//! and nothing iterates in hash order, so the same journal gives the same state, bit for bit, on
//! every machine. The three verbs of the spine are
//!
//! * `admit` — may this happen? It answers with events or a refusal and changes nothing;
//! * `decide` — what next? It answers with a decision or a refusal and changes nothing;
//! * `apply` — make it true. It cannot fail.
//!
//! [`workspace::protocol`] puts them together: one function through which every command goes.
//!
//! The rooms depend in one direction, in the order below: each may use those above it and none of
//! those after it. `cargo xtask tidy` checks it.

pub mod ids;
pub mod seed;
pub mod time;
pub mod words;

pub mod refusal;

pub mod catalog;

pub mod constraint;

pub mod learner;

pub mod policy;

pub mod plan;

pub mod decision;

pub mod experiment;

pub mod lifecycle;

pub mod report;

pub mod erasure;

pub mod event;

pub mod invariants;

pub mod workspace;
