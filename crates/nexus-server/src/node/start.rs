//! Starting a node: open the store, rebuild the state, give out the handle.

use super::Node;
use super::backlog::Backlog;
use super::handle::{ErasureCounts, Health, NodeHandle, TurnCounts};
use super::run::News;
use crate::clock::Clock;
use nexus_engine::ids::PolicyId;
use nexus_engine::policy::kind::PolicyKind;
use nexus_engine::workspace::protocol::Defaults;
use nexus_store::fault::StoreFault;
use nexus_store::store::{OpenOptions, Store};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{broadcast, watch};

/// Places in the queue that are kept for what is asked also while others are refused.
const URGENT_MAX: usize = 64;

/// How to run a node.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Where the data is.
    pub data_dir: PathBuf,
    /// What time it is.
    pub clock: Clock,
    /// How to decide where nothing in the journal says otherwise.
    pub defaults: Defaults,
    /// Requests that may wait; more are refused as overload.
    pub queue_max: usize,
    /// Entries in one commit, about.
    pub group_max: usize,
    /// Entries after which a checkpoint is written.
    pub checkpoint_entries: u64,
    /// Time after which a checkpoint is written.
    pub checkpoint_interval: Duration,
    /// Learners kept in memory besides those that changed since the last checkpoint.
    pub cached_learners_max: usize,
    /// How to open the store.
    pub store: OpenOptions,
}

impl NodeConfig {
    /// The defaults, for a data directory and a clock.
    ///
    /// Errors: never for these defaults; the type of the policy's id asks.
    pub fn new(data_dir: PathBuf, clock: Clock) -> Result<Self, nexus_engine::ids::IdRefusal> {
        Ok(Self {
            data_dir,
            clock,
            defaults: Defaults::of(PolicyId::new(PolicyKind::DEFAULT.word())?),
            queue_max: 4_096,
            group_max: 256,
            checkpoint_entries: 50_000,
            checkpoint_interval: Duration::from_secs(30),
            cached_learners_max: 100_000,
            store: OpenOptions::default(),
        })
    }
}

/// Why a node did not start.
#[derive(Debug, Error)]
pub enum StartFault {
    /// The store did not open, or could not be read.
    #[error("the data directory cannot be used")]
    Store(#[from] StoreFault),
    /// A write during recovery failed.
    #[error("the state could not be written")]
    Append(#[from] nexus_store::fault::AppendFault),
    /// A learner on the erasure list could not be erased again.
    #[error("a learner on the erasure list could not be erased from this journal: {0:?}")]
    Erasure(super::messages::NodeError),
    /// The thread could not be made.
    #[error("the node's thread could not be started")]
    Thread(#[source] std::io::Error),
}

/// The node's thread, to wait for.
#[derive(Debug)]
pub struct NodeThread(JoinHandle<Health>);

impl NodeThread {
    /// Waits until the node has stopped: after `stop_node`, or when the last handle is gone, or
    /// when the disk failed. Answers with the last state of health.
    #[must_use]
    pub fn join(self) -> Health {
        self.0.join().unwrap_or(Health::StorageFailed)
    }
}

/// Opens the data directory, rebuilds the state, and starts the node's thread.
///
/// Errors: a [`StartFault`] that says what is wrong with the directory.
pub fn start(config: NodeConfig) -> Result<(NodeHandle, NodeThread), StartFault> {
    let store = Store::open(&config.data_dir, &config.store)?;
    let (queue, requests) = sync_channel(config.queue_max + URGENT_MAX);
    let (health_sender, health) = watch::channel(Health::Recovering);
    let (feed, _) = broadcast::channel(4_096);
    let backlog = Arc::new(Backlog::default());
    let turns = Arc::new(TurnCounts::default());
    let erasures = Arc::new(ErasureCounts::default());
    let handle = NodeHandle {
        queue,
        backlog: Arc::clone(&backlog),
        queue_max: config.queue_max,
        feed: feed.clone(),
        turns: Arc::clone(&turns),
        erasures: Arc::clone(&erasures),
        health,
        directory: Arc::from(config.data_dir.as_path()),
        defaults: config.defaults.clone(),
    };
    let mut node = Node::new(config, store, erasures)?;
    node.recover()?;
    node.erase_again()?;
    let thread = std::thread::Builder::new().name("nexus-node".into());
    let news = News { feed, turns };
    let run = move || super::run::run(node, &requests, &backlog, &news, &health_sender);
    let thread = thread.spawn(run).map_err(StartFault::Thread)?;
    Ok((handle, NodeThread(thread)))
}
