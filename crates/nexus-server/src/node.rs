//! The node: one thread that owns all state, and the handle by which all other threads reach it.
//!
//! request -> admit or decide -> apply in memory -> journal (one group commit) -> answer. Requests
//! wait in a bounded queue; the thread takes as many as are there, applies them, commits them
//! together, and only then answers. When the commit fails, nothing is answered as done and memory
//! is rebuilt from the journal.
//!
//! [`Node`] is all state, and how each request changes it. It knows no channels but the answers it
//! gives after a commit.

mod backlog;
mod corrections;
mod decisions;
mod erasure;
mod events;
pub mod handle;
mod learners;
pub mod messages;
mod orders;
mod reader;
mod recovery;
mod run;
pub mod sources;
pub mod start;
mod statements;
mod supports;
mod versions;

pub use handle::{Committed, ErasureCounts, Health, NodeHandle, Reader, TurnCounts};
pub use messages::{
    CorrectAsk, Corrected, CorrectionWanted, Decided, DecisionAsk, EraseAsk, Erased, ExposureAsk,
    GuidanceReply, Incoming, LearnerCorrected, NodeError, NodeFault, PolicySource,
    PolicyVersionAsk, PolicyVersioned, Published, Receipt, ReportAsk, RequestHash, Started,
    SupportAsk, Supported, TracingAsk, TracingPublished,
};
pub use sources::{BatchTaken, SourceBatch, SourcePlaces, Taken};
pub use start::{NodeConfig, NodeThread, StartFault, start};
pub use statements::{StatementIncoming, voidable};

use handle::Reply;
use learners::Learners;
use nexus_engine::decision::Decision;
use nexus_engine::event::Event;
use nexus_engine::ids::{CourseId, EventId, LearnerId, SkillKey};
use nexus_engine::learner::turn::SkillTurn;
use nexus_engine::lifecycle::apprentice::PolicyGraduated;
use nexus_engine::seed::Seed;
use nexus_engine::workspace::SharedState;
use nexus_engine::workspace::automatic_actions::NEXUS;
use nexus_engine::workspace::protocol::{
    Circumstances, Command, CommandAnswer, CommandFault, Outcome, Recorded,
};
use nexus_store::fault::{AppendFault, StoreFault};
use nexus_store::journal::NewRecord;
use nexus_store::secret::ServerKey;
use nexus_store::statements::StatementKept;
use nexus_store::store::Store;
use run::refusal_of;
use sources::Positions;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// Learners whose reward windows end are settled at most so many at a time.
const SWEEP_MAX: usize = 200;

/// What is done once the commit is known to have worked, or to have failed.
type Deferred = Box<dyn FnOnce(Result<(), NodeFault>, &Node) + Send>;

/// All state of a node.
pub(crate) struct Node {
    config: NodeConfig,
    store: Store,
    state: SharedState,
    learners: Learners,
    /// How far the sources have come.
    positions: Positions,
    erasures: Arc<ErasureCounts>,
    server_key: ServerKey,
    /// The group that is being built: applied in memory, not yet durable.
    group: Vec<NewRecord>,
    /// What each record of the group turned in its learner's skills.
    group_turns: Vec<Vec<(SkillKey, SkillTurn)>>,
    /// Ids in the group, with their request hashes and places.
    group_ids: BTreeMap<EventId, (RequestHash, u64)>,
    /// Decisions in the group.
    group_decisions: BTreeMap<EventId, Arc<Decision>>,
    /// Statements of the group, kept with it.
    group_statements: Vec<StatementKept>,
    deferred: Vec<Deferred>,
    checkpoint_seq: u64,
    checkpoint_at: Instant,
    checkpoint_failed: bool,
    /// A snapshot did not match the journal: memory must be rebuilt before it is trusted.
    damaged: bool,
}

/// An id that came before.
enum Before {
    No,
    Same { seq: u64 },
    Other,
}

impl Node {
    pub fn new(
        config: NodeConfig,
        store: Store,
        erasures: Arc<ErasureCounts>,
    ) -> Result<Self, StartFault> {
        let server_key = ServerKey::open(&config.data_dir)?;
        Ok(Self {
            config,
            store,
            state: SharedState::default(),
            learners: Learners::default(),
            positions: Positions::default(),
            erasures,
            server_key,
            group: Vec::new(),
            group_turns: Vec::new(),
            group_ids: BTreeMap::new(),
            group_decisions: BTreeMap::new(),
            group_statements: Vec::new(),
            deferred: Vec::new(),
            checkpoint_seq: 0,
            checkpoint_at: Instant::now(),
            checkpoint_failed: false,
            damaged: false,
        })
    }

    pub fn group_len(&self) -> usize {
        self.group.len()
    }

    /// Does what is asked, unless the node's health refuses it, and answers after the commit.
    fn take<T: Send + 'static, E: From<NodeFault> + Send + 'static>(
        &mut self,
        health: Health,
        to: Reply<Result<T, E>>,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) {
        if to.is_closed() {
            // The client does not wait for the answer any more, so nothing is done; a client that still wants
            // it asks again.
            return;
        }
        let done = match refusal_of(health) {
            None => work(self),
            Some(fault) => Err(fault.into()),
        };
        self.defer(to, done, |fault, _| Err(fault.into()));
    }

    /// Answers after the commit: with `answer` when it worked, else with what `failed` makes.
    fn defer<T: Send + 'static>(
        &mut self,
        to: Reply<T>,
        answer: T,
        failed: impl FnOnce(NodeFault, &Node) -> T + Send + 'static,
    ) {
        self.deferred.push(Box::new(move |outcome, node| {
            // The asker may have gone away; the work is done all the same.
            let _ = match outcome {
                Ok(()) => to.send(answer),
                Err(fault) => to.send(failed(fault, node)),
            };
        }));
    }

    /// Makes the group durable and answers. On a fault everybody is told, and memory is stale.
    pub fn commit(&mut self) -> Result<Vec<Committed>, AppendFault> {
        let group = std::mem::take(&mut self.group);
        let turns = std::mem::take(&mut self.group_turns);
        self.group_ids.clear();
        self.group_decisions.clear();
        let moved = self.positions.take_moved();
        let kept = std::mem::take(&mut self.group_statements);
        let appended = self.store.append_from(&group, &moved, &kept).map(drop);
        let outcome = match &appended {
            Ok(()) => Ok(()),
            Err(fault) => Err(fault_of_append(fault)),
        };
        for deferred in std::mem::take(&mut self.deferred) {
            deferred(outcome, self);
        }
        appended?;
        let committed = group.into_iter().zip(turns);
        Ok(committed.map(|(record, turns)| Committed { entry: record.entry, turns }).collect())
    }

    /// What is known of an id.
    fn before(&self, id: &EventId, hash: &RequestHash) -> Result<Before, NodeFault> {
        let known = match self.group_ids.get(id) {
            Some((known, seq)) => Some((*known, *seq)),
            None => match self.store.find(id).map_err(|fault| fault_of_store(&fault))? {
                // What was sent with it is not known any more, so nothing can be the same.
                Some(found) if found.erased => return Ok(Before::Other),
                found => found.map(|found| (found.request_hash, found.seq)),
            },
        };
        Ok(match known {
            None => Before::No,
            Some((known, seq)) if known == *hash => Before::Same { seq },
            Some(_) => Before::Other,
        })
    }

    /// Carries a command out and adds its events to the group. `hash` is that of the request that
    /// made the command's own event; what follows from it has none.
    fn handle(&mut self, command: Command, hash: RequestHash) -> Result<CommandAnswer, NodeError> {
        let own = self.state.event_id(&command);
        let seed = match &command {
            Command::Decide(ask) => self.server_key.seed_for(&ask.id),
            _ => 0,
        };
        let fault = Cell::new(None);
        let (group_ids, store) = (&self.group_ids, &self.store);
        let is_taken = |id: &EventId| {
            group_ids.contains_key(id)
                || store.find(id).map_or_else(
                    |error| {
                        fault.set(Some(fault_of_store(&error)));
                        true
                    },
                    |found| found.is_some(),
                )
        };
        let circumstances = Circumstances {
            at: self.config.clock.now(),
            seed: Seed(seed),
            defaults: &self.config.defaults,
            is_taken: &is_taken,
        };
        let learner = command.learner().cloned();
        let state = learner.as_ref().and_then(|learner| self.learners.get_mut(learner));
        let handled = self.state.handle(state, command, &circumstances);
        let Outcome { events, answer } = handled.map_err(|error| not_done(error, fault.get()))?;
        if let Some(learner) = learner.filter(|_| !events.is_empty()) {
            self.learners.mark_changed(learner);
        }
        for recorded in events {
            let hash = if own.as_ref() == Some(&recorded.entry.id) { hash } else { NO_HASH };
            self.add(recorded, hash);
        }
        Ok(answer)
    }

    fn add(&mut self, recorded: Recorded, request_hash: RequestHash) {
        let Recorded { entry, learner_seq, turns } = recorded;
        tell_automatic_action(&entry.event);
        self.group_ids.insert(entry.id.clone(), (request_hash, entry.seq));
        self.group.push(NewRecord { entry, learner_seq, request_hash });
        self.group_turns.push(turns);
    }

    /// Settles decisions whose windows have ended. Not while it is uncertain what time it is:
    /// a window that was ended by mistake never opens again.
    pub fn sweep(&mut self) {
        if self.config.clock.jump_seconds().is_some() {
            return;
        }
        let now = self.config.clock.now();
        let ended: Vec<_> = self.state.windows_ended(now).take(SWEEP_MAX).cloned().collect();
        for (learner, course) in ended {
            let settled = self
                .load(&learner)
                .map_err(NodeError::from)
                .and_then(|()| self.handle(Command::Settle { learner, course }, NO_HASH).map(drop));
            if settled.is_err() {
                // The journal rebuilds the learner; the window is swept again after that.
                return;
            }
        }
    }
}

/// The hash of what no request asked for.
const NO_HASH: RequestHash = [0; 16];

/// What the client is told of a command that was not carried out. An id counts as taken while the
/// store cannot be read; then `fault` says so.
fn not_done(error: CommandFault, fault: Option<NodeFault>) -> NodeError {
    match error {
        CommandFault::Refused(refusal) => NodeError::Refused(refusal),
        CommandFault::InvalidCourse(problems) => NodeError::Invalid(problems),
        CommandFault::IdTaken(id) => {
            fault.map_or(NodeError::Conflict { id: id.to_string() }, NodeError::from)
        }
        CommandFault::Broken(violation) => {
            tracing::error!(id = violation.id, seen = %violation.seen, "an invariant is broken");
            NodeFault::Internal.into()
        }
    }
}

fn tell_automatic_action(event: &Event) {
    match event {
        Event::KillSwitchTurned(turned) if turned.by == NEXUS => {
            let course = turned.course.as_ref().map(CourseId::as_str);
            tracing::error!(course, reason = turned.reason, "the kill switch is on");
        }
        Event::PolicyGraduated(graduated) => {
            let PolicyGraduated { course, policy, baseline, .. } = graduated;
            tracing::info!(%course, %policy, %baseline, "an apprentice agrees and serves");
        }
        _ => {}
    }
}

fn fault_of_append(fault: &AppendFault) -> NodeFault {
    match fault {
        AppendFault::StorageFull => NodeFault::StorageFull,
        AppendFault::SyncFailed => NodeFault::StorageFailed,
        // The batch disagrees with the journal: the state was stale and is rebuilt; a retry works.
        AppendFault::Conflict(_) | AppendFault::Other(_) => NodeFault::Overloaded,
    }
}

impl Node {
    /// What a failed read means for the request. A damaged snapshot is rebuilt from the journal
    /// once the group is answered; the same request works then.
    fn fault_of(&mut self, fault: &StoreFault) -> NodeFault {
        tracing::error!(%fault, "the store could not be read");
        match fault {
            StoreFault::SnapshotDamaged { .. } => {
                self.damaged = true;
                NodeFault::Overloaded
            }
            _ => NodeFault::StorageFailed,
        }
    }

    /// Makes sure that a learner is in memory.
    pub fn load(&mut self, learner: &LearnerId) -> Result<(), NodeFault> {
        let loaded = self.learners.load(&self.store, learner);
        loaded.map_err(|fault| self.fault_of(&fault))
    }
}

fn fault_of_store(fault: &StoreFault) -> NodeFault {
    tracing::error!(%fault, "the journal could not be read");
    NodeFault::StorageFailed
}
