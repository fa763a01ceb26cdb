//! `network`: a small neural network that was trained elsewhere scores each candidate.

pub mod row;
