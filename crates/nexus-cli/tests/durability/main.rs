//! Crash tests of the product: the real binary, real SQLite, real files, seen from outside.
//!
//! Clients keep a ledger of what they sent and what they were told; after every crash the journal
//! must agree with it. What is promised, and how to run and to read these tests, is in
//! `docs/durability.md`.

mod ledger;

mod client;
mod course;
mod journal;
mod load;
mod randomness;
mod server;
mod target;

mod disk;
mod shim;

mod backup;
mod disk_full;
mod erasure;
mod failed_sync;
mod kill_storm;
mod power_cut;
mod second_process;
mod stop;
