//! The node: one thread that owns all state, and the handle by which everybody else reaches it.
//!
//! request -> admit or decide -> apply in memory -> journal (one group commit) -> answer. Requests
//! wait in a bounded queue; the thread takes as many as are there, applies them, commits them
//! together, and only then answers. When the commit fails, nothing is answered as done and memory
//! is rebuilt from the journal.

mod desk;
pub mod handle;
mod learners;
pub mod messages;
mod reader;
mod run;
pub mod start;

pub use desk::{derived_id, policy_version_id};
pub use handle::{Committed, ErasureCounts, Health, NodeHandle, Reader, TurnCounts};
pub use messages::{
    Decided, DecisionAsk, EraseAsk, Erased, Incoming, NodeError, NodeFault, PolicySource,
    PolicyVersionAsk, PolicyVersioned, Published, Receipt, ReportAsk, RequestHash, Started,
    TracingAsk, TracingPublished,
};
pub use start::{NodeConfig, NodeThread, StartFault, start};
