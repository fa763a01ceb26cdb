//! A node in this process, for commands that write to a data directory that no server uses.

use super::verify::expect_data;
use anyhow::Context;
use nexus_server::clock::Clock;
use nexus_server::node::{self, NodeConfig, NodeHandle, NodeThread};
use nexus_store::fault::StoreFault;
use std::path::Path;

/// A node that stops when it goes out of scope.
pub struct LocalNode {
    /// How to ask it.
    pub handle: NodeHandle,
    thread: Option<NodeThread>,
}

impl LocalNode {
    /// Starts it on data that is there. When a server uses them, the error says `instead`.
    ///
    /// Errors: when there are no data, or when they cannot be used.
    pub fn start(data: &Path, instead: &'static str) -> anyhow::Result<Self> {
        expect_data(data)?;
        let config = NodeConfig::new(data.to_owned(), Clock::system())?;
        let started = node::start(config)
            .with_context(|| format!("the data in {} cannot be used", data.display()));
        let (handle, thread) = started.map_err(|error| {
            let locked = |cause: &(dyn std::error::Error + 'static)| {
                matches!(cause.downcast_ref(), Some(StoreFault::Locked { .. }))
            };
            if error.chain().any(locked) { error.context(instead) } else { error }
        })?;
        Ok(Self { handle, thread: Some(thread) })
    }
}

impl Drop for LocalNode {
    fn drop(&mut self) {
        self.handle.stop_node();
        if let Some(thread) = self.thread.take() {
            // A node that stopped badly says so in the log; its journal is what counts.
            let _ = thread.join();
        }
    }
}
