//! Publishing tracing parameters: those of a fit, or those of an older version again.

use super::messages::{NodeError, RequestHash, TracingAsk, TracingPublished};
use super::{Before, Node, derived_id};
use nexus_engine::event::Event;
use nexus_engine::ids::EventId;
use nexus_engine::learner::tracing_version::{TracingLineage, TracingOrigin, TracingVersion};
use nexus_engine::workspace::Refusal;
use nexus_store::codec;

impl Node {
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
        let published = TracingVersion { lineage, model };
        self.state.admit_tracing(&published)?;
        let id = id_of(version);
        // A client of an older version may have taken the id; it must not spoil a whole group.
        if !matches!(self.before(&id, &RequestHash::default())?, Before::No) {
            return Err(NodeError::Conflict { id: id.to_string() });
        }
        let now = self.config.clock.now();
        let event = Event::TracingTrained(Box::new(published));
        let pushed = self.push(id, RequestHash::default(), event, now);
        Ok(TracingPublished { version, seq: pushed.seq })
    }

    /// Publishes the parameters of an older version as a new one.
    pub(super) fn restore_tracing(
        &mut self,
        version: u32,
        asked_by: String,
    ) -> Result<TracingPublished, NodeError> {
        let stored = self.store.entry_by_id(&id_of(version));
        let stored = stored.map_err(|fault| self.fault_of(&fault))?;
        let unknown = || Refusal::UnknownTracingVersion { version: version.to_string() };
        let Some(Event::TracingTrained(older)) = stored.map(|stored| stored.entry.event) else {
            return Err(unknown().into());
        };
        self.publish_tracing(TracingAsk {
            parent: self.state.tracing_version(),
            through: older.lineage.through,
            origin: TracingOrigin::Restored { version },
            asked_by,
            model: older.model,
        })
    }
}

fn id_of(version: u32) -> EventId {
    derived_id("tracing-version", &version.to_string())
}
