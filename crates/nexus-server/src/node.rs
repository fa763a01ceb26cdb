//! The node: one thread that owns all state, and the handle by which all other threads reach it.
//!
//! request -> admit or decide -> apply in memory -> journal (one group commit) -> answer. Requests
//! wait in a bounded queue; the thread takes as many as are there, applies them, commits them
//! together, and only then answers. When the commit fails, nothing is answered as done and memory
//! is rebuilt from the journal.
//!
//! [`Node`] is all state, and how each request changes it. It knows no channels but the answers it
//! gives after a commit.

mod consent;
mod constraints;
mod courses;
mod decisions;
mod erasure;
mod events;
mod experiments;
pub mod handle;
mod kill_switches;
mod learners;
mod lives;
pub mod messages;
mod reader;
mod recovery;
mod run;
pub mod start;
mod tracing_versions;

pub use handle::{Committed, ErasureCounts, Health, NodeHandle, Reader, TurnCounts};
pub use lives::id_of as policy_version_id;
pub use messages::{
    Decided, DecisionAsk, EraseAsk, Erased, Incoming, NodeError, NodeFault, PolicySource,
    PolicyVersionAsk, PolicyVersioned, Published, Receipt, ReportAsk, RequestHash, Started,
    TracingAsk, TracingPublished,
};
pub use start::{NodeConfig, NodeThread, StartFault, start};

use handle::NodeRequest;
use learners::Learners;
use nexus_engine::decision::Decision;
use nexus_engine::decision::attribution::Attribution;
use nexus_engine::event::{Entry, Event};
use nexus_engine::ids::{CourseId, EventId, LearnerId, SkillKey};
use nexus_engine::learner::turn::SkillTurn;
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::{Applied, SharedState};
use nexus_store::fault::{AppendFault, StoreFault};
use nexus_store::journal::NewRecord;
use nexus_store::secret::ServerKey;
use nexus_store::store::Store;
use run::refusal_of;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// Learners whose reward windows end are settled at most so many at a time.
const SWEEP_MAX: usize = 200;

/// What is done once the commit is known to have worked, or to have failed.
type Deferred = Box<dyn FnOnce(Result<(), NodeFault>, &Node) + Send>;

/// All state of a node.
struct Node {
    pub config: NodeConfig,
    pub store: Store,
    pub state: SharedState,
    pub learners: Learners,
    pub erasures: Arc<ErasureCounts>,
    server_key: ServerKey,
    /// The group that is being built: applied in memory, not yet durable.
    group: Vec<NewRecord>,
    /// What each record of the group turned in its learner's skills.
    group_turns: Vec<Vec<(SkillKey, SkillTurn)>>,
    /// Ids in the group, with their request hashes and places.
    group_ids: BTreeMap<EventId, (RequestHash, u64)>,
    /// Decisions in the group.
    group_decisions: BTreeMap<EventId, Arc<Decision>>,
    deferred: Vec<Deferred>,
    checkpoint_seq: u64,
    checkpoint_at: Instant,
    checkpoint_failed: bool,
    /// A snapshot did not match the journal: memory must be rebuilt before it is trusted.
    pub damaged: bool,
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
            erasures,
            server_key,
            group: Vec::new(),
            group_turns: Vec::new(),
            group_ids: BTreeMap::new(),
            group_decisions: BTreeMap::new(),
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

    /// Takes one request into the group.
    pub fn take(&mut self, request: NodeRequest, health: Health) {
        let refused = refusal_of(health);
        match request {
            NodeRequest::Record(batch, answer) => {
                let receipts = refused.map_or_else(|| self.record(batch), Err);
                self.defer(answer, receipts, |fault, _| Err(fault));
            }
            NodeRequest::Decide(ask, answer) => {
                let (learner, course) = (ask.learner.clone(), ask.course.clone());
                if refused.is_some() {
                    // Only to know what comes next on the path; a fault here changes nothing.
                    let _ = self.learners.load(&self.store, &learner);
                }
                let decided = match refused {
                    None => self.decide(*ask),
                    Some(fault) => Err(fault.into()),
                };
                let shown = |fault: NodeFault, node: &Self| NodeError::Fault {
                    fault,
                    static_activity: node.static_activity(&learner, &course),
                };
                let decided = decided.map_err(|error| match error {
                    NodeError::Fault { fault, .. } => shown(fault, self),
                    other => other,
                });
                self.defer(answer, decided, move |fault, node| {
                    Err(NodeError::Fault {
                        fault,
                        static_activity: node.static_activity(&learner, &course),
                    })
                });
            }
            NodeRequest::Expose(id, hash, decision, occurred_at, answer) => {
                self.take_unless(refused, answer, |node| {
                    node.expose(id, hash, &decision, occurred_at)
                });
            }
            NodeRequest::Report(ask, answer) => {
                self.take_unless(refused, answer, |node| node.report(*ask));
            }
            NodeRequest::Checkpoint(answer) => {
                let saved = self.checkpoint_now();
                self.defer(answer, saved, |fault, _| Err(fault));
            }
            other => self.take_order(other, refused),
        }
    }

    /// Takes what people and programs order besides the traffic of lessons.
    fn take_order(&mut self, request: NodeRequest, refused: Option<NodeFault>) {
        match request {
            NodeRequest::Publish(draft, answer) => {
                self.take_unless(refused, answer, |node| node.publish(*draft));
            }
            NodeRequest::Start(definition, answer) => {
                self.take_unless(refused, answer, |node| node.start_experiment(*definition));
            }
            NodeRequest::Stop(id, reason, answer) => {
                self.take_unless(refused, answer, |node| node.stop_experiment(&id, reason));
            }
            NodeRequest::PublishTracing(ask, answer) => {
                self.take_unless(refused, answer, |node| node.publish_tracing(*ask));
            }
            NodeRequest::RestoreTracing(version, asked_by, answer) => {
                self.take_unless(refused, answer, |node| node.restore_tracing(version, asked_by));
            }
            NodeRequest::SetConstraint(constraint, hash, answer) => {
                self.take_unless(refused, answer, |node| node.set_constraint(*constraint, hash));
            }
            NodeRequest::LiftConstraint(id, reason, by, answer) => {
                self.take_unless(refused, answer, |node| node.lift_constraint(&id, reason, by));
            }
            NodeRequest::ChangeConsent(changed, answer) => {
                self.take_unless(refused, answer, |node| node.change_consent(changed));
            }
            NodeRequest::TurnKillSwitch(turned, answer) => {
                self.take_unless(refused, answer, |node| node.turn_kill_switch(turned));
            }
            NodeRequest::MakePolicyVersion(ask, answer) => {
                self.take_unless(refused, answer, |node| node.make_policy_version(*ask));
            }
            NodeRequest::PromotePolicy(promoted, answer) => {
                self.take_unless(refused, answer, |node| node.promote_policy(promoted));
            }
            NodeRequest::SetHoldout(set, answer) => {
                self.take_unless(refused, answer, |node| node.set_holdout(set));
            }
            NodeRequest::SetPolicyMode(set, answer) => {
                self.take_unless(refused, answer, |node| node.set_policy_mode(set));
            }
            // Lessons are taken above; reads and the end are the loop's.
            NodeRequest::Record(..)
            | NodeRequest::Decide(..)
            | NodeRequest::Expose(..)
            | NodeRequest::Report(..)
            | NodeRequest::Checkpoint(_)
            | NodeRequest::Erase(..)
            | NodeRequest::Read(_)
            | NodeRequest::Finish => {}
        }
    }

    /// Does what is asked, unless the node's health refuses it, and answers after the commit.
    fn take_unless<T: Send + 'static>(
        &mut self,
        refused: Option<NodeFault>,
        to: handle::Reply<Result<T, NodeError>>,
        work: impl FnOnce(&mut Self) -> Result<T, NodeError>,
    ) {
        let done = match refused {
            None => work(self),
            Some(fault) => Err(fault.into()),
        };
        self.defer(to, done, |fault, _| Err(fault.into()));
    }

    /// Answers after the commit: with `answer` when it worked, else with what `failed` makes.
    fn defer<T: Send + 'static>(
        &mut self,
        to: handle::Reply<T>,
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
        let appended = if group.is_empty() { Ok(()) } else { self.store.append(&group).map(drop) };
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

    /// Applies an event and adds it to the group, then settles what it made settle.
    fn push(&mut self, id: EventId, hash: RequestHash, event: Event, at: Timestamp) -> Pushed {
        let learner = event.learner().cloned();
        let course = course_of(&event).cloned();
        let pushed = self.push_one(id, hash, event, at);
        if let (Some(learner), Some(course)) = (learner, course) {
            self.settle(&learner, &course, at);
            self.automatic_actions(&course, at);
        }
        pushed
    }

    fn push_one(&mut self, id: EventId, hash: RequestHash, event: Event, at: Timestamp) -> Pushed {
        let seq = self.store.head().seq + self.group.len() as u64 + 1;
        let entry = Entry { seq, id: id.clone(), received_at: at, event };
        let (learner_seq, applied) = match entry.event.learner() {
            Some(learner) => {
                let learner = self.learners.change(learner);
                let learner_seq = learner.entries;
                (Some(learner_seq), self.state.apply(Some(learner), &entry))
            }
            None => (None, self.state.apply(None, &entry)),
        };
        let Applied { attribution, turns } = applied;
        self.group_ids.insert(id, (hash, seq));
        self.group.push(NewRecord { entry, learner_seq, request_hash: hash });
        self.group_turns.push(turns);
        Pushed { seq, attribution }
    }

    /// Journals the rewards of a learner's decisions that are complete.
    fn settle(&mut self, learner: &LearnerId, course: &CourseId, at: Timestamp) {
        let state = self.learners.get(learner);
        let Some(progress) = state.and_then(|state| state.courses.get(course)) else {
            return;
        };
        for event in self.state.settle(learner, course, progress, at) {
            let decision = match &event {
                Event::RewardJoined(joined) => joined.decision.as_str(),
                Event::RewardClosed(closed) => closed.decision.as_str(),
                Event::PlanRewarded(rewarded) => rewarded.assigned.as_str(),
                _ => continue,
            };
            let id = derived_id("rwd", decision);
            self.push_one(id, RequestHash::default(), event, at);
        }
    }

    /// Settles decisions whose windows have ended.
    pub fn sweep(&mut self) {
        let now = self.config.clock.now();
        let due: Vec<_> = self.state.windows_ended(now).take(SWEEP_MAX).cloned().collect();
        for (learner, course) in due {
            if self.load(&learner).is_err() {
                // The journal will rebuild them; the window is swept again after that.
                return;
            }
            self.settle(&learner, &course, now);
            self.automatic_actions(&course, now);
        }
    }

    /// Journals what the policies of a course ask for: that one is stopped, or that an apprentice
    /// serves.
    fn automatic_actions(&mut self, course: &CourseId, at: Timestamp) {
        let Some(event) = self.state.automatic_actions(course) else { return };
        let kind = match &event {
            Event::PolicyGraduated(_) => "policy",
            _ => "kill-switch",
        };
        let id = derived_id(kind, &(self.state.head + 1).to_string());
        if !matches!(self.before(&id, &RequestHash::default()), Ok(Before::No)) {
            // A client of an older version took the id; the next entry has another place.
            return;
        }
        if let Event::KillSwitchTurned(turned) = &event {
            tracing::error!(%course, reason = turned.reason, "the kill switch is thrown");
        }
        if let Event::PolicyGraduated(graduated) = &event {
            let (policy, baseline) = (&graduated.policy, &graduated.baseline);
            tracing::info!(%course, %policy, %baseline, "an apprentice agrees and serves");
        }
        self.push_one(id, RequestHash::default(), event, at);
    }
}

struct Pushed {
    seq: u64,
    attribution: Attribution,
}

fn course_of(event: &Event) -> Option<&CourseId> {
    match event {
        Event::Happened(happening) => Some(&happening.course),
        Event::DecisionMade(decision) => Some(&decision.course),
        Event::RewardReported(reported) => Some(&reported.course),
        _ => None,
    }
}

/// The id of an event that Nexus itself makes about something: short enough, and always the same.
#[must_use]
pub fn derived_id(prefix: &str, about: &str) -> EventId {
    let plain = EventId::new(&format!("{prefix}:{about}"));
    plain.unwrap_or_else(|_| {
        let hash = blake3::hash(about.as_bytes()).to_hex();
        // invariant: a prefix of ours and 64 hexadecimal digits are an id.
        EventId::new(&format!("{prefix}:{hash}")).expect("a derived id is an id")
    })
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
    /// What a failed read means for whoever asked. A damaged snapshot is rebuilt from the journal
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
