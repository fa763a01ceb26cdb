//! The node's loop: take what waits, apply it, commit it together, answer.

use super::backlog::Backlog;
use super::erasure::EraseFault;
use super::handle::{Committed, Health, NodeRequest, Queued, TurnCounts};
use super::messages::{CorrectAsk, Corrected, EraseAsk, Erased, NodeError, NodeFault};
use super::{Node, fault_of_append};
use nexus_store::fault::AppendFault;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, watch};

/// How long the loop waits for a request before it looks after itself.
const IDLE: Duration = Duration::from_millis(100);
/// How often a full disk is tried again.
const SPACE_PROBE: Duration = Duration::from_secs(1);
/// How often old bytes of erased learners that could not be overwritten are tried again.
const SCRUB: Duration = Duration::from_secs(60);

/// Where what is durable is told.
pub(super) struct News {
    pub feed: broadcast::Sender<Arc<Committed>>,
    pub turns: Arc<TurnCounts>,
}

impl News {
    fn tell(&self, committed: Committed) {
        committed.turns.iter().for_each(|(_, turn)| self.turns.count(*turn));
        // The stream may have no listener: the journal has it.
        let _ = self.feed.send(Arc::new(committed));
    }
}

/// Runs the node until it is told to finish, the last handle is gone, or the disk fails.
pub(super) fn run(
    mut node: Node,
    requests: &Receiver<Queued>,
    backlog: &Backlog,
    news: &News,
    health: &watch::Sender<Health>,
) -> Health {
    let now = Instant::now();
    let mut loop_state = Loop { node: &mut node, news, health, probed_at: now, scrubbed_at: now };
    loop_state.set(Health::Ready);
    loop {
        let group = match next_group(requests, backlog, loop_state.node.config.group_max) {
            Group::Requests(group) => group,
            Group::Disconnected => break,
        };
        let finish = group.iter().any(|request| matches!(request, NodeRequest::Finish));
        loop_state.serve(group);
        if loop_state.failed() {
            return Health::StorageFailed;
        }
        if finish {
            break;
        }
    }
    loop_state.finish()
}

enum Group {
    Requests(Vec<NodeRequest>),
    Disconnected,
}

/// What waits now, at most `group_max` requests; nothing when nothing comes for a while.
fn next_group(requests: &Receiver<Queued>, backlog: &Backlog, group_max: usize) -> Group {
    let first = match requests.recv_timeout(IDLE) {
        Ok(queued) => queued,
        Err(RecvTimeoutError::Timeout) => return Group::Requests(Vec::new()),
        Err(RecvTimeoutError::Disconnected) => return Group::Disconnected,
    };
    let oldest = first.sent_at.elapsed();
    let mut group = vec![first.request];
    while group.len() < group_max {
        match requests.try_recv() {
            Ok(queued) => group.push(queued.request),
            Err(_) => break,
        }
    }
    backlog.take(group.len(), oldest);
    Group::Requests(group)
}

struct Loop<'a> {
    node: &'a mut Node,
    news: &'a News,
    health: &'a watch::Sender<Health>,
    probed_at: Instant,
    scrubbed_at: Instant,
}

impl Loop<'_> {
    fn serve(&mut self, group: Vec<NodeRequest>) {
        self.probe_space();
        if *self.health.borrow() == Health::Ready {
            self.node.sweep();
        }
        let mut reads = Vec::new();
        for request in group {
            match request {
                NodeRequest::Read(look) => reads.push(look),
                NodeRequest::Finish => {}
                NodeRequest::Erase(ask, answer) => {
                    let erased = self.erase(*ask);
                    // The asker may have gone away; the work is done all the same.
                    let _ = answer.send(erased);
                }
                NodeRequest::Correct(ask, answer) => {
                    let corrected = self.correct(*ask);
                    // The asker may have gone away; the work is done all the same.
                    let _ = answer.send(corrected);
                }
                NodeRequest::Change(change) => change(self.node, *self.health.borrow()),
            }
            if self.node.group_len() >= self.node.config.group_max {
                self.commit();
            }
        }
        self.commit();
        if self.failed() {
            // What cannot be read is not shown as empty: waiting requests fail.
            return;
        }
        self.heal();
        for look in reads {
            look(self.node);
        }
        self.heal();
        if self.scrubbed_at.elapsed() >= SCRUB && *self.health.borrow() == Health::Ready {
            self.scrub();
        }
        self.node.learners.trim(self.node.config.cached_learners_max);
        if self.node.checkpoint_due() {
            self.checkpoint();
        }
    }

    fn commit(&mut self) {
        match self.node.commit() {
            Ok(committed) => {
                committed.into_iter().for_each(|committed| self.news.tell(committed));
            }
            Err(fault) => self.fell(&fault),
        }
        self.notice_poison();
    }

    /// A checkpoint changes nothing in memory, so a failed one costs only the next start's time;
    /// it is tried again after the usual interval.
    fn checkpoint(&mut self) {
        match self.node.checkpoint() {
            Ok(()) => {}
            Err(fault @ AppendFault::SyncFailed) => self.fell(&fault),
            Err(fault) => tracing::warn!(%fault, "a checkpoint failed; it will be tried again"),
        }
        self.notice_poison();
    }

    /// Erases a learner between two groups, and overwrites the old bytes before it answers.
    /// Everybody else waits meanwhile.
    fn erase(&mut self, ask: EraseAsk) -> Result<Erased, NodeError> {
        self.commit();
        if let Some(fault) = refusal_of(*self.health.borrow()) {
            return Err(fault.into());
        }
        match self.node.erase(ask) {
            Ok((mut erased, committed)) => {
                committed.into_iter().for_each(|committed| self.news.tell(committed));
                self.scrub();
                erased.bytes_gone = !self.node.store.scrub_due();
                Ok(erased)
            }
            Err(EraseFault::Node(error)) => Err(error),
            Err(EraseFault::Append(fault)) => {
                let answer = fault_of_append(&fault);
                self.fell(&fault);
                self.notice_poison();
                Err(answer.into())
            }
        }
    }

    /// Corrects what the journal says between two groups, and rebuilds everything with it before it
    /// answers. Everybody else waits meanwhile.
    fn correct(&mut self, ask: CorrectAsk) -> Result<Corrected, NodeError> {
        self.commit();
        if let Some(fault) = refusal_of(*self.health.borrow()) {
            return Err(fault.into());
        }
        let worked = self.node.work_out(ask)?;
        if worked.told.dry_run || worked.told.learners.is_empty() {
            return Ok(worked.told);
        }
        let told = self.node.write_correction(worked)?;
        match self.node.commit() {
            Ok(committed) => committed.into_iter().for_each(|it| self.news.tell(it)),
            Err(fault) => {
                let answer = fault_of_append(&fault);
                self.fell(&fault);
                self.notice_poison();
                return Err(answer.into());
            }
        }
        self.node.damaged = true;
        self.heal();
        self.notice_poison();
        if let Some(fault) = refusal_of(*self.health.borrow()) {
            return Err(fault.into());
        }
        self.checkpoint();
        Ok(told)
    }

    /// Overwrites old bytes of erased learners, if there are any.
    fn scrub(&mut self) {
        self.scrubbed_at = Instant::now();
        if !self.node.store.scrub_due() {
            return;
        }
        match self.node.store.scrub() {
            Ok(true) => {}
            Ok(false) => tracing::warn!(
                "another process reads the journal; erased bytes remain until it finishes"
            ),
            Err(fault @ AppendFault::SyncFailed) => self.fell(&fault),
            Err(fault) => tracing::warn!(%fault, "erased bytes remain; it will be tried again"),
        }
        self.node.erasures.set_remains(self.node.store.scrub_due());
        self.notice_poison();
    }

    /// Rebuilds memory from the journal when a snapshot turned out to be damaged.
    fn heal(&mut self) {
        if !self.node.damaged {
            return;
        }
        self.set(Health::Recovering);
        match self.node.rebuild() {
            Ok(()) => self.set(Health::Ready),
            Err(fault) => {
                tracing::error!(%fault, "the journal could not be replayed");
                self.set(Health::StorageFailed);
            }
        }
    }

    /// A write that succeeded may be followed by one behind it that did not, when SQLite's log is
    /// merged. What was answered is durable; nothing more may be answered.
    fn notice_poison(&self) {
        if self.node.store.is_poisoned() {
            self.set(Health::StorageFailed);
        }
    }

    /// A write failed: nothing of the group was answered as done; rebuild from the journal.
    fn fell(&mut self, fault: &AppendFault) {
        tracing::error!(%fault, "a commit failed");
        let full = matches!(fault, AppendFault::StorageFull);
        if matches!(fault, AppendFault::SyncFailed) {
            self.set(Health::StorageFailed);
        } else if let Err(fault) = self.node.recover() {
            tracing::error!(%fault, "the state could not be rebuilt from the journal");
            self.set(Health::StorageFailed);
        } else if full {
            self.set(Health::StorageFull);
        }
    }

    fn probe_space(&mut self) {
        let full = *self.health.borrow() == Health::StorageFull;
        if !full || self.probed_at.elapsed() < SPACE_PROBE {
            return;
        }
        self.probed_at = Instant::now();
        match self.node.store.probe_space() {
            Ok(()) => self.set(Health::Ready),
            Err(AppendFault::SyncFailed) => self.set(Health::StorageFailed),
            Err(_) => {}
        }
    }

    fn failed(&self) -> bool {
        *self.health.borrow() == Health::StorageFailed
    }

    fn set(&self, health: Health) {
        if self.health.send_replace(health) != health {
            tracing::info!(?health, "the node's health changed");
        }
    }

    fn finish(mut self) -> Health {
        if !self.failed() {
            self.set(Health::Stopping);
            self.checkpoint();
        }
        *self.health.borrow()
    }
}

/// How a health that does not take writes is answered.
pub(super) fn refusal_of(health: Health) -> Option<NodeFault> {
    match health {
        Health::Ready => None,
        Health::StorageFull => Some(NodeFault::StorageFull),
        Health::StorageFailed => Some(NodeFault::StorageFailed),
        Health::Recovering | Health::Stopping => Some(NodeFault::Stopping),
    }
}
