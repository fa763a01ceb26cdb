//! The laboratory: what measures and compares Nexus, and serves no learning site.
//!
//! Two kinds of rooms. The models and worlds that Nexus is held against: rival [`tracer`]s on an
//! [`answer_log`], models of recall at [`review`]s, bandits with one regression an arm in
//! [`disjoint`], simulated worlds without a course in the [`matrix`], a [`placement`] against the
//! truth. And the commands that run them: [`bench`], [`evaluate`], [`simulate`].
//!
//! The product never needs this crate. The command line reaches it through its feature `lab`.

pub mod answer_log;
pub mod beds;
pub mod disjoint;
pub mod matrix;
pub mod placement;
pub mod review;
pub mod tracer;
pub mod train;

pub mod bench;
pub mod evaluate;
pub mod simulate;
