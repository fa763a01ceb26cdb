//! Versions of what was learned: the statistics of policies, and the tracing parameters. A version
//! is made of what serves, of what another program learned, or of an older version.

use super::Node;
use super::messages::{
    NodeError, PolicySource, PolicyVersionAsk, PolicyVersioned, TracingAsk, TracingPublished,
};
use nexus_engine::event::Event;
use nexus_engine::ids::{CourseId, EventId, PolicyId};
use nexus_engine::learner::tracing_version::{TracingLineage, TracingOrigin, TracingVersion};
use nexus_engine::lifecycle::version::{PolicyLineage, PolicyOrigin, PolicyVersion};
use nexus_engine::lifecycle::{LifecycleRefusal, PolicyLife};
use nexus_engine::policy::kind::PolicyKind;
use nexus_engine::policy::parts::PolicyParts;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::workspace::Refusal;
use nexus_engine::workspace::protocol::{Command, policy_version_event_id, tracing_event_id};
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
        let made = PolicyVersion { course, policy, lineage, parts };
        let seq = self.order(Command::MakePolicyVersion(Box::new(made)))?.unwrap_or(0);
        Ok(PolicyVersioned { version, seq, digest, duplicate: false })
    }

    /// The statistics that are asked for, the last entry that they know of, and where they are from.
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
                let kind = PolicyKind::named(policy.as_str())?;
                let state = self.state.policy(course, policy);
                let state = state.unwrap_or_else(|| PolicyState::new(kind));
                Ok((state.parts(), self.state.head, PolicyOrigin::Saved))
            }
            PolicySource::Trained { parts, through } => Ok((parts, through, PolicyOrigin::Trained)),
            PolicySource::Older { version } => {
                match self.stored_event(&policy_version_event_id(course, policy, version))? {
                    Some(Event::PolicyVersioned(older)) => {
                        let origin = PolicyOrigin::Restored { version };
                        Ok((older.parts, older.lineage.through, origin))
                    }
                    _ => {
                        let policy = policy.to_string();
                        let unknown = LifecycleRefusal::UnknownVersion { policy, version };
                        Err(Refusal::from(unknown).into())
                    }
                }
            }
        }
    }

    pub(super) fn publish_tracing(
        &mut self,
        ask: TracingAsk,
    ) -> Result<TracingPublished, NodeError> {
        // What the fit did not read keeps what serving has learned.
        let model = ask.model.completed_from(&self.state.tracing);
        let version = ask.parent.saturating_add(1);
        let lineage = TracingLineage {
            version,
            parent: ask.parent,
            through: ask.through,
            origin: ask.origin,
            asked_by: ask.asked_by,
            digest: codec::tracing_digest(&model),
        };
        let made = TracingVersion { lineage, model };
        let seq = self.order(Command::PublishTracing(Box::new(made)))?.unwrap_or(0);
        Ok(TracingPublished { version, seq })
    }

    /// Publishes the parameters of an older version as a new one.
    pub(super) fn restore_tracing(
        &mut self,
        version: u32,
        asked_by: String,
    ) -> Result<TracingPublished, NodeError> {
        let stored = self.stored_event(&tracing_event_id(version))?;
        let Some(Event::TracingTrained(older)) = stored else {
            let version = version.to_string();
            return Err(Refusal::UnknownTracingVersion { version }.into());
        };
        self.publish_tracing(TracingAsk {
            parent: self.state.tracing_version(),
            through: older.lineage.through,
            origin: TracingOrigin::Restored { version },
            asked_by,
            model: older.model,
        })
    }

    fn stored_event(&mut self, id: &EventId) -> Result<Option<Event>, NodeError> {
        match self.store.entry_by_id(id) {
            Ok(stored) => Ok(stored.map(|stored| stored.entry.event)),
            Err(fault) => Err(self.fault_of(&fault).into()),
        }
    }
}
