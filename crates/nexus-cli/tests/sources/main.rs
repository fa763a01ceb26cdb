//! Sources seen from outside: the real programs, killed and frozen while they read.

mod stage;

mod file;
#[cfg(feature = "kafka")]
mod kafka;
#[cfg(not(feature = "kafka"))]
mod plain_build;
mod replayed_log;
