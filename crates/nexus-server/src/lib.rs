//! HTTP, pages and the node: the only crate that knows the network, and the owner of the clock.

pub mod auth;
pub mod clock;
pub mod config;
pub mod http;
pub mod node;
pub mod sinks;
pub mod sources;
pub mod training;
