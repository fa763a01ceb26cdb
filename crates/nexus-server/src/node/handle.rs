//! The handle: how HTTP handlers, the command line and tests reach the node.

use super::Node;
use super::backlog::Backlog;
use super::messages::{
    ConsentSaid, ConstraintSaid, CorrectAsk, Corrected, DecisionAsk, EraseAsk, Erased, ExposureAsk,
    GuidanceReply, Incoming, NodeError, NodeFault, PolicyVersionAsk, PolicyVersioned, Published,
    Receipt, ReportAsk, RequestHash, Started, SupportAsk, Supported, SwitchTurned, TracingAsk,
    TracingPublished,
};
use super::sources::{BatchTaken, SourceBatch, SourcePlaces};
use super::statements::StatementIncoming;
use nexus_engine::catalog::CourseDraft;
use nexus_engine::constraint::Constraint;
use nexus_engine::event::Entry;
use nexus_engine::experiment::definition::ExperimentDefinition;
use nexus_engine::experiment::life::ExperimentChanged;
use nexus_engine::ids::{ConstraintId, EventId, ExperimentId, LearnerId, PolicyId, SkillKey};
use nexus_engine::learner::consent::ConsentChanged;
use nexus_engine::learner::turn::SkillTurn;
use nexus_engine::lifecycle::holdout::HoldoutSet;
use nexus_engine::lifecycle::kill_switch::KillSwitchTurned;
use nexus_engine::lifecycle::mode::PolicyModeSet;
use nexus_engine::lifecycle::promotion::PromotionRequest;
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::corrections::Corrections;
use nexus_engine::workspace::protocol::{Command, Defaults};
use nexus_engine::workspace::{LearnerState, SharedState};
use nexus_store::statements::{StatementFound, StatementQuery};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::Instant;
use tokio::sync::{broadcast, oneshot, watch};

/// A request in the queue.
pub(crate) struct Queued {
    pub sent_at: Instant,
    pub request: NodeRequest,
}

/// What is asked of the node's thread.
pub(crate) enum NodeRequest {
    /// Changes state, and answers after the commit.
    Change(Change),
    Erase(Box<EraseAsk>, Reply<Result<Erased, NodeError>>),
    Correct(Box<CorrectAsk>, Reply<Result<Corrected, NodeError>>),
    Read(Look),
    Finish,
}

/// A change on its way to the node's thread.
pub(crate) type Change = Box<dyn FnOnce(&mut Node, Health) + Send>;

/// An entry that is durable, and what it turned in its learner's skills.
#[derive(Clone, Debug, PartialEq)]
pub struct Committed {
    pub entry: Entry,
    /// What an answer turned in its skills; almost always empty.
    pub turns: Vec<(SkillKey, SkillTurn)>,
}

/// How often skills turned since the process began.
#[derive(Debug, Default)]
pub struct TurnCounts([AtomicU64; SkillTurn::ALL.len()]);

impl TurnCounts {
    pub(crate) fn count(&self, turn: SkillTurn) {
        self.0[turn as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How often it was this turn.
    #[must_use]
    pub fn of(&self, turn: SkillTurn) -> u64 {
        self.0[turn as usize].load(Ordering::Relaxed)
    }
}

/// What erasures come to since the process began.
#[derive(Debug, Default)]
pub struct ErasureCounts {
    refused: AtomicU64,
    remains: AtomicBool,
}

impl ErasureCounts {
    pub(crate) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn set_remains(&self, remains: bool) {
        self.remains.store(remains, Ordering::Relaxed);
    }

    /// How often something was refused because its learner was erased.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Whether old bytes of erased learners may still be in the files.
    #[must_use]
    pub fn remains(&self) -> bool {
        self.remains.load(Ordering::Relaxed)
    }
}

/// A read on its way to the node's thread.
pub(crate) type Look = Box<dyn FnOnce(&mut dyn Reader) + Send>;

/// Where the answer to a request is sent.
pub(crate) type Reply<T> = oneshot::Sender<T>;

/// What a read may look at, on the node's thread, between two commits.
pub trait Reader {
    fn state(&self) -> &SharedState;
    /// Whether a learner was erased, by the id that they had or by the name that is left.
    fn is_erased(&mut self, id: &LearnerId) -> bool;
    /// A learner's state, when the learner is known.
    fn learner(&mut self, id: &LearnerId) -> Option<LearnerState>;
    /// Shows a learner's state to `show`, when the learner is known, and leaves memory as it was:
    /// for reads that walk over many learners. Says whether the learner is known.
    fn peek(&mut self, id: &LearnerId, show: &mut dyn FnMut(&LearnerState, &SharedState)) -> bool;
    /// At most `limit` ids of known learners after one of them, in order.
    fn learner_ids(&mut self, after: Option<&LearnerId>, limit: usize) -> Vec<LearnerId>;
    /// Committed entries after a place in the journal, in order.
    fn entries(&mut self, after_seq: u64, limit: usize) -> Vec<Entry>;
    /// Committed entries of some kinds between two places, both left out, in order.
    fn entries_of_kinds(&mut self, after_seq: u64, before_seq: u64, kinds: &[&str]) -> Vec<Entry>;
    /// One committed entry by the id of its event.
    fn entry(&mut self, id: &EventId) -> Option<Entry>;
    /// Committed entries of a learner, newest first, before a place in the journal.
    fn history(&mut self, learner: &LearnerId, before_seq: u64, limit: usize) -> Vec<Entry>;
    /// The statement of another system with this id.
    fn statement(&mut self, id: &str) -> Option<StatementFound>;
    /// Statements of other systems that were not taken back.
    fn statements(&mut self, query: &StatementQuery) -> Vec<StatementFound>;
    /// What a learner's entries count as, where it is not what they say.
    fn corrections(&mut self, learner: &LearnerId) -> Corrections;
    fn now(&self) -> Timestamp;
}

/// How the node is doing, for `/readyz` and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Ready,
    /// It rebuilds its state from the journal.
    Recovering,
    /// The disk is full; it serves reads and tries again.
    StorageFull,
    /// The disk failed; it stops.
    StorageFailed,
    Stopping,
}

/// A handle to the node. Cloning is cheap.
#[derive(Clone)]
pub struct NodeHandle {
    pub(crate) queue: SyncSender<Queued>,
    pub(crate) backlog: Arc<Backlog>,
    pub(crate) queue_max: usize,
    pub(crate) feed: broadcast::Sender<Arc<Committed>>,
    pub(crate) turns: Arc<TurnCounts>,
    pub(crate) erasures: Arc<ErasureCounts>,
    pub(crate) health: watch::Receiver<Health>,
    pub(crate) directory: Arc<Path>,
    pub(crate) defaults: Defaults,
}

impl NodeHandle {
    /// Records learner events. One receipt an event, in their order; durable when it returns.
    ///
    /// Errors: a [`NodeFault`] when it is not known what of the batch was recorded: send it again with the same ids.
    pub async fn record(&self, batch: Vec<Incoming>) -> Result<Vec<Receipt>, NodeFault> {
        self.change(|node| node.record(batch)).await
    }

    /// Takes a batch of a source: its events and how far they take it are durable together when it
    /// returns, or neither is.
    ///
    /// Errors: a [`NodeFault`] when it is not known what was taken: send it again.
    pub async fn take_batch(&self, batch: SourceBatch) -> Result<BatchTaken, NodeFault> {
        self.change(|node| node.take_batch(batch)).await
    }

    /// How far every source has come, by partition: the position of the first record not taken yet.
    ///
    /// Errors: a fault when the node cannot be asked.
    pub async fn source_positions(&self) -> Result<SourcePlaces, NodeFault> {
        self.change(move |node| Ok(node.source_places())).await
    }

    /// Keeps statements of other systems, and records the events that they become: all of them, durable
    /// together when it returns, or none. Answers with what became of the events of each.
    ///
    /// Errors: a conflict of ids, a refusal when one names somebody who was erased, or a fault.
    pub async fn take_statements(
        &self,
        batch: Vec<StatementIncoming>,
    ) -> Result<Vec<Vec<Receipt>>, NodeError> {
        self.change(|node| node.take_statements(batch)).await
    }

    /// Decides what comes next for a learner. Durable when it returns.
    ///
    /// Errors: a refusal, a conflict of ids, or a fault.
    pub async fn decide(&self, ask: DecisionAsk) -> Result<GuidanceReply, NodeError> {
        let take = |to| -> Change {
            Box::new(|node: &mut Node, health| node.take_decision(health, to, ask))
        };
        self.ask(|to| NodeRequest::Change(take(to))).await?
    }

    /// Chooses a support for a learner who needs help. Durable when it returns.
    ///
    /// Errors: a refusal, a conflict of ids, or a fault.
    pub async fn support(&self, ask: SupportAsk) -> Result<Supported, NodeError> {
        self.change(|node| node.support(ask)).await
    }

    /// Says that a decision's activity was shown.
    ///
    /// Errors: a refusal when the decision is unknown, or a fault.
    pub async fn expose(&self, ask: ExposureAsk) -> Result<Receipt, NodeError> {
        self.change(|node| node.expose(ask)).await
    }

    /// Records a value that the learning site reports of a decision.
    ///
    /// Errors: a refusal when there is no such decision or the course declares no such value, or a fault.
    pub async fn report(&self, ask: ReportAsk) -> Result<Receipt, NodeError> {
        self.change(|node| node.report(ask)).await
    }

    /// Publishes a course version: validated whole, refused whole.
    ///
    /// Errors: the draft's problems, a refusal, or a fault.
    pub async fn publish(&self, draft: CourseDraft) -> Result<Published, NodeError> {
        self.change(|node| node.publish(draft)).await
    }

    /// Starts an experiment. Errors: a refusal or a fault.
    pub async fn start(&self, definition: ExperimentDefinition) -> Result<Started, NodeError> {
        self.change(|node| node.start_experiment(definition)).await
    }

    /// Stops an experiment, with the reason.
    ///
    /// Errors: a refusal or a fault.
    pub async fn stop(&self, id: ExperimentId, reason: String) -> Result<Started, NodeError> {
        self.change(|node| node.stop_experiment(id, reason)).await
    }

    /// Does something with an experiment. Answers with the place in the journal; nothing when it
    /// stood as asked.
    ///
    /// Errors: a refusal or a fault.
    pub async fn change_experiment(
        &self,
        changed: ExperimentChanged,
    ) -> Result<Option<u64>, NodeError> {
        self.change(|node| node.change_experiment(changed)).await
    }

    /// Publishes tracing parameters as the version after `parent`.
    ///
    /// Errors: a refusal, also when another version came first, or a fault.
    pub async fn publish_tracing(&self, ask: TracingAsk) -> Result<TracingPublished, NodeError> {
        self.change(|node| node.publish_tracing(ask)).await
    }

    /// Publishes the parameters of an older version as the next one.
    ///
    /// Errors: a refusal when there is no such version, or a fault.
    pub async fn restore_tracing(
        &self,
        version: u32,
        asked_by: String,
    ) -> Result<TracingPublished, NodeError> {
        self.change(move |node| node.restore_tracing(version, asked_by)).await
    }

    /// Sets a teacher's constraint.
    ///
    /// Errors: a refusal, a conflict of ids, or a fault.
    pub async fn set_constraint(
        &self,
        constraint: Constraint,
        hash: RequestHash,
    ) -> Result<ConstraintSaid, NodeError> {
        self.change(move |node| node.set_constraint(constraint, hash)).await
    }

    /// Lifts a teacher's constraint, with the reason and who lifts it.
    ///
    /// Errors: a refusal when none of this id is in force, or a fault.
    pub async fn lift_constraint(
        &self,
        id: ConstraintId,
        reason: String,
        by: String,
    ) -> Result<ConstraintSaid, NodeError> {
        self.change(|node| node.lift_constraint(id, reason, by)).await
    }

    /// Turns the kill switch on or off, from the next decision on.
    ///
    /// Errors: a refusal when there is no such course or no reason, or a fault.
    pub async fn turn_kill_switch(
        &self,
        turned: KillSwitchTurned,
    ) -> Result<SwitchTurned, NodeError> {
        let work = |node: &mut Node| node.turn_kill_switch(turned);
        let take = |to| -> Change { Box::new(|node, health| node.take(health, to, work)) };
        self.ask_urgently(|to| NodeRequest::Change(take(to))).await?
    }

    /// Gives or withdraws a learner's consent to exploration.
    ///
    /// Errors: a refusal when there is no reason, or a fault.
    pub async fn change_consent(&self, changed: ConsentChanged) -> Result<ConsentSaid, NodeError> {
        self.change(|node| node.change_consent(changed)).await
    }

    /// Erases a learner: from the state, from the journal, and from every byte of the files.
    /// A second call changes nothing, but tries again to overwrite what remains.
    ///
    /// Errors: a refusal when nothing is known of the learner or the reason names them, or a fault.
    pub async fn erase(&self, ask: EraseAsk) -> Result<Erased, NodeError> {
        self.ask(|answer| NodeRequest::Erase(Box::new(ask), answer)).await?
    }

    /// Corrects what the journal says: everything is rebuilt with it, and everybody else waits.
    ///
    /// Errors: a refusal when something of it cannot be corrected: then nothing is; or a fault.
    pub async fn correct(&self, ask: CorrectAsk) -> Result<Corrected, NodeError> {
        self.ask(|answer| NodeRequest::Correct(Box::new(ask), answer)).await?
    }

    /// Saves, publishes or restores statistics of a policy as its next version.
    ///
    /// Errors: a refusal, also when they fail the health check, or a fault.
    pub async fn make_policy_version(
        &self,
        ask: PolicyVersionAsk,
    ) -> Result<PolicyVersioned, NodeError> {
        self.change(|node| node.make_policy_version(ask)).await
    }

    /// Makes a policy what decides in a course when no experiment runs. Answers with the place in
    /// the journal, or with none when it was so before.
    ///
    /// Errors: a refusal, also when the policy fails its health check, or a fault.
    pub async fn promote_policy(
        &self,
        request: PromotionRequest,
    ) -> Result<Option<u64>, NodeError> {
        self.change(|node| node.order(Command::PromotePolicy(request))).await
    }

    /// Sets the mode of a policy in a course. Answers with the place in the journal, or with none
    /// when it was so before.
    ///
    /// Errors: a refusal or a fault.
    pub async fn set_policy_mode(&self, set: PolicyModeSet) -> Result<Option<u64>, NodeError> {
        self.change(|node| node.order(Command::SetPolicyMode(set))).await
    }

    /// Sets the share of a course's learners who are held out. Answers with the place in the
    /// journal, or with none when it was so before.
    ///
    /// Errors: a refusal or a fault.
    pub async fn set_holdout(&self, set: HoldoutSet) -> Result<Option<u64>, NodeError> {
        self.change(|node| node.order(Command::SetHoldout(set))).await
    }

    /// The policy that decides where none was promoted.
    #[must_use]
    pub fn default_policy(&self) -> &PolicyId {
        &self.defaults.policy
    }

    /// The share of learners who are held out where a course has set no other.
    #[must_use]
    pub fn holdout_share(&self) -> f64 {
        self.defaults.holdout_share
    }

    /// The data directory, for readers of the journal beside the node.
    #[must_use]
    pub fn directory(&self) -> Arc<Path> {
        Arc::clone(&self.directory)
    }

    /// Runs a read on the node's thread, where all state is consistent. Keep it short.
    ///
    /// Errors: a fault when the node cannot be asked.
    pub async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut dyn Reader) -> T + Send + 'static,
    ) -> Result<T, NodeFault> {
        let (sender, receiver) = oneshot::channel();
        let work = move |reader: &mut dyn Reader| {
            if !sender.is_closed() {
                // The request may go away meanwhile; then the answer is dropped.
                let _ = sender.send(look(reader));
            }
        };
        if self.is_overloaded() {
            return Err(NodeFault::Overloaded);
        }
        self.send(NodeRequest::Read(Box::new(work)))?;
        receiver.await.map_err(|_| NodeFault::Stopping)
    }

    /// Writes a checkpoint now and answers with its place in the journal.
    ///
    /// Errors: a fault of the node.
    pub async fn checkpoint(&self) -> Result<u64, NodeFault> {
        self.change(Node::checkpoint_now).await
    }

    /// Every entry from now on, once it is durable. A slow listener misses the oldest.
    #[must_use]
    pub fn feed(&self) -> broadcast::Receiver<Arc<Committed>> {
        self.feed.subscribe()
    }

    /// How often skills turned since the process began.
    #[must_use]
    pub fn turns(&self) -> &TurnCounts {
        &self.turns
    }

    /// What erasures come to since the process began.
    #[must_use]
    pub fn erasures(&self) -> &ErasureCounts {
        &self.erasures
    }

    /// How the node is doing.
    #[must_use]
    pub fn health(&self) -> Health {
        *self.health.borrow()
    }

    /// Waits until the node is in another state of health, and answers with it.
    pub async fn health_changed(&mut self) -> Health {
        // The node's thread holds the sender; when it is gone, the node has stopped.
        match self.health.changed().await {
            Ok(()) => *self.health.borrow_and_update(),
            Err(_) => Health::Stopping,
        }
    }

    /// Requests that wait in the queue.
    #[must_use]
    pub fn queue_len(&self) -> usize {
        self.backlog.waiting()
    }

    /// Tells the node to commit what it has, write a checkpoint and stop.
    pub fn stop_node(&self) {
        // A full queue is drained first; the thread also stops when the last handle is gone.
        let _ = self.send(NodeRequest::Finish);
    }

    /// Does something on the node's thread, and waits for the commit.
    async fn change<T: Send + 'static, E: From<NodeFault> + Send + 'static>(
        &self,
        work: impl FnOnce(&mut Node) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let take =
            |to| -> Change { Box::new(|node: &mut Node, health| node.take(health, to, work)) };
        self.ask(|to| NodeRequest::Change(take(to))).await?
    }

    async fn ask<T>(&self, request: impl FnOnce(Reply<T>) -> NodeRequest) -> Result<T, NodeFault> {
        if self.is_overloaded() {
            return Err(NodeFault::Overloaded);
        }
        self.ask_urgently(request).await
    }

    /// The same, also while others are refused.
    async fn ask_urgently<T>(
        &self,
        request: impl FnOnce(Reply<T>) -> NodeRequest,
    ) -> Result<T, NodeFault> {
        let (sender, receiver) = oneshot::channel();
        self.send(request(sender))?;
        receiver.await.map_err(|_| NodeFault::Stopping)
    }

    /// Whether so much waits, or what waits is so old, that more would wait in vain.
    fn is_overloaded(&self) -> bool {
        self.backlog.is_old() || self.backlog.waiting() >= self.queue_max
    }

    fn send(&self, request: NodeRequest) -> Result<(), NodeFault> {
        self.backlog.enter();
        let queued = Queued { sent_at: Instant::now(), request };
        self.queue.try_send(queued).map_err(|refused| {
            self.backlog.leave();
            match refused {
                TrySendError::Full(_) => NodeFault::Overloaded,
                TrySendError::Disconnected(_) => NodeFault::Stopping,
            }
        })
    }
}
