//! Everything that HTTP promises, over real connections to a real node on a temporary directory.

mod bad_requests;
mod clock_jump;
mod closing_check;
mod consent;
mod constraints;
mod context;
mod contract;
mod cors;
mod course_edits;
mod credentials;
mod erasure;
mod harness;
mod intake;
mod learning;
mod lessons;
mod placement;
mod poison;
mod policies;
mod rewards;
mod slow_clients;
mod sources;
mod supports;
mod surface;
mod switch;
mod teaching;
mod training;
