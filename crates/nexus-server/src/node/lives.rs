//! The life of policies: versions of their statistics, promotions, and modes.

use super::messages::{NodeError, PolicySource, PolicyVersionAsk, PolicyVersioned, RequestHash};
use super::{Before, Node, derived_id};
use nexus_engine::event::Event;
use nexus_engine::ids::{CourseId, EventId, ExperimentId, PolicyId};
use nexus_engine::lifecycle::automatic_actions::NEXUS;
use nexus_engine::lifecycle::holdout::HoldoutSet;
use nexus_engine::lifecycle::mode::PolicyModeSet;
use nexus_engine::lifecycle::promotion::PolicyPromoted;
use nexus_engine::lifecycle::version::{PolicyLineage, PolicyOrigin, PolicyVersion};
use nexus_engine::lifecycle::{LifecycleRefusal, PolicyLife};
use nexus_engine::policy::parts::PolicyParts;
use nexus_engine::workspace::Refusal;
use nexus_store::codec;

impl Node {
    pub(super) fn make_policy_version(
        &mut self,
        ask: PolicyVersionAsk,
    ) -> Result<PolicyVersioned, NodeError> {
        let PolicyVersionAsk { course, policy, source, parent, asked_by, reason } = ask;
        let (parts, through, origin) = self.source(&course, &policy, source)?;
        let life = self.state.life(&course, &policy);
        let (current, digest) = (life.map_or(0, PolicyLife::version), codec::policy_digest(&parts));
        let latest = life.and_then(|life| life.versions.last());
        if let Some(latest) = latest
            && origin == PolicyOrigin::Saved
            && latest.lineage.digest == digest
        {
            let (version, seq) = (current, latest.seq);
            return Ok(PolicyVersioned { version, seq, digest, duplicate: true });
        }
        let parent = parent.unwrap_or(current);
        let version = parent.saturating_add(1);
        let lineage = PolicyLineage { version, parent, through, origin, asked_by, reason, digest };
        let id = id_of(&course, &policy, version);
        let made = PolicyVersion { course, policy, lineage, parts };
        self.state.admit_policy_version(&made)?;
        let seq = self.push_once(id, Event::PolicyVersioned(Box::new(made)))?;
        Ok(PolicyVersioned { version, seq, digest, duplicate: false })
    }

    /// The statistics that are asked for, the last entry that they know of, and where they are
    /// from.
    fn source(
        &mut self,
        course: &CourseId,
        policy: &PolicyId,
        source: PolicySource,
    ) -> Result<(PolicyParts, u64, PolicyOrigin), NodeError> {
        if self.state.course(course.as_str()).is_none() {
            return Err(Refusal::UnknownCourse { course: course.to_string() }.into());
        }
        match source {
            PolicySource::Learned => {
                let state = self
                    .state
                    .policy(course, policy)
                    .ok_or_else(|| Refusal::no_policy(policy.as_str()))?;
                Ok((state.parts(), self.state.head, PolicyOrigin::Saved))
            }
            PolicySource::Trained { parts, through } => Ok((parts, through, PolicyOrigin::Trained)),
            PolicySource::Older { version } => {
                let stored = self.store.entry_by_id(&id_of(course, policy, version));
                let stored = stored.map_err(|fault| self.fault_of(&fault))?;
                let policy = policy.to_string();
                let unknown = LifecycleRefusal::UnknownVersion { policy, version };
                match stored.map(|stored| stored.entry.event) {
                    Some(Event::PolicyVersioned(older)) => {
                        let origin = PolicyOrigin::Restored { version };
                        Ok((older.parts, older.lineage.through, origin))
                    }
                    _ => Err(Refusal::from(unknown).into()),
                }
            }
        }
    }

    pub(super) fn promote_policy(
        &mut self,
        promoted: PolicyPromoted,
    ) -> Result<Option<u64>, NodeError> {
        if !self.state.admit_promotion(&promoted)? {
            return Ok(None);
        }
        let id = self.next_id();
        self.push_once(id, Event::PolicyPromoted(promoted)).map(Some)
    }

    pub(super) fn set_policy_mode(&mut self, set: PolicyModeSet) -> Result<Option<u64>, NodeError> {
        if !self.state.admit_mode(&set)? {
            return Ok(None);
        }
        let id = self.next_id();
        self.push_once(id, Event::PolicyModeSet(set)).map(Some)
    }

    pub(super) fn set_holdout(&mut self, set: HoldoutSet) -> Result<Option<u64>, NodeError> {
        if !self.state.admit_holdout(&set)? {
            return Ok(None);
        }
        let id = self.next_id();
        self.push_once(id, Event::HoldoutSet(set)).map(Some)
    }

    /// Makes the configured share of those held out the course's own before an experiment deals
    /// anybody, unless it has one of its own: the next start may be configured otherwise, and must
    /// not move learners between a variant and the holdout.
    pub(super) fn keep_share(
        &mut self,
        course: &CourseId,
        experiment: &ExperimentId,
    ) -> Result<(), NodeError> {
        let life = self.state.lives.get(course);
        if life.is_some_and(|life| life.holdout.is_some()) {
            return Ok(());
        }
        let set = HoldoutSet {
            course: course.clone(),
            share: self.config.holdout_share,
            reason: format!("while experiment {experiment} runs, the same learners are held out"),
            by: NEXUS.to_owned(),
        };
        let id = self.next_id();
        self.push_once(id, Event::HoldoutSet(set)).map(drop)
    }

    /// The same for an experiment that was started by a version that did not do so.
    pub(super) fn keep_share_of_running(&mut self, course: &CourseId) -> Result<(), NodeError> {
        let running = self.state.running_experiment(course.as_str());
        match running.map(|running| running.definition.id.clone()) {
            Some(experiment) => self.keep_share(course, &experiment),
            None => Ok(()),
        }
    }

    /// What may happen any number of times is named by its place in the journal.
    fn next_id(&self) -> EventId {
        derived_id("policy", &(self.state.head + 1).to_string())
    }

    /// Journals an event of Nexus' own. A client of an older version may have taken the id; that
    /// must not spoil a whole group.
    fn push_once(&mut self, id: EventId, event: Event) -> Result<u64, NodeError> {
        if !matches!(self.before(&id, &RequestHash::default())?, Before::No) {
            return Err(NodeError::Conflict { id: id.to_string() });
        }
        let now = self.config.clock.now();
        Ok(self.push(id, RequestHash::default(), event, now).seq)
    }
}

/// The id of the event that made a version.
#[must_use]
pub fn id_of(course: &CourseId, policy: &PolicyId, version: u32) -> EventId {
    derived_id("policy-version", &format!("{version}:{policy}:{course}"))
}
