//! The domain of Nexus: courses, learners, policies, decisions, rewards and experiments.
//!
//! Everything here is pure and synchronous. Time and randomness are arguments, errors are values,
//! and nothing iterates in hash order, so the same journal gives the same state, bit for bit, on
//! every machine. Three functions do all work:
//!
//! * `admit` says whether something may happen: an event or a refusal. It changes nothing;
//! * `decide` says what a learner should do next: a decision or a refusal. It changes nothing;
//! * `apply` changes the state by one event. It cannot fail.
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

pub mod strategy;

pub mod plan;

pub mod decision;

pub mod support;

pub mod experiment;

pub mod lifecycle;

pub mod report;

pub mod erasure;

pub mod event;

pub mod invariants;

pub mod workspace;
