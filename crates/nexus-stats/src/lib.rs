//! Numbers only: plain data in, plain data out, the same bits everywhere.
//!
//! Nothing here knows what a learner is, reads a clock or touches a file. Every exponential and
//! logarithm goes through [`math`] (and so through libm), so a probability computed today can be
//! recomputed bit for bit on another machine in five years.
#![warn(missing_docs)]
#![cfg_attr(
    test,
    allow(
        clippy::excessive_precision,
        reason = "golden values stand as their source printed them"
    )
)]

pub mod hash;
pub mod math;

pub mod random;

pub mod moments;

pub mod matrix;

pub mod assignment;

pub mod interval;

pub mod covariate;
pub mod mean_difference;
pub mod missing;

pub mod sequential;

pub mod off_policy;

pub mod sample_ratio;

pub mod classification;
pub mod cluster_bootstrap;
