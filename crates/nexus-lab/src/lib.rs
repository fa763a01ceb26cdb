//! The laboratory: what measures and compares Nexus, and serves no learning site.
//!
//! The product never needs this crate. The command line reaches it through its feature `lab`.
