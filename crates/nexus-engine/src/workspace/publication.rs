//! Publishing tracing parameters: whether a version may be published, and what that changes.

use super::{Refusal, SharedState};
use crate::event::Entry;
use crate::learner::tracing_version::{
    LINEAGE_MAX, TracingLineage, TracingOrigin, TracingPublication, TracingVersion,
};

impl SharedState {
    /// The version of the tracing parameters that serve; 0 when none was ever published.
    #[must_use]
    pub fn tracing_version(&self) -> u32 {
        self.tracing_versions.last().map_or(0, |published| published.lineage.version)
    }

    /// Says whether a version may be published.
    ///
    /// Errors: a [`Refusal`]: another version came first, the fit has read what is not there, or its
    /// parameters are not possible or belong to nothing.
    pub fn admit_tracing(&self, proposed: &TracingVersion) -> Result<(), Refusal> {
        let TracingLineage { version, parent, through, origin, .. } = &proposed.lineage;
        let current = self.tracing_version();
        if *parent != current {
            return Err(Refusal::TracingParentReplaced { parent: *parent, current });
        }
        let next = current.saturating_add(1);
        if *version != next {
            return Err(Refusal::TracingVersionOutOfOrder { version: *version, next });
        }
        if *through > self.head {
            return Err(Refusal::TracingAhead { through: *through, head: self.head });
        }
        if let TracingOrigin::Trained(run) = origin
            && !run.report.is_finite()
        {
            return Err(Refusal::TracingOutOfRange { place: "the report".to_owned() });
        }
        if let Some(place) = proposed.model.out_of_range() {
            return Err(Refusal::TracingOutOfRange { place });
        }
        self.check_keys(proposed)
    }

    /// Keys are handed out in sequence, so the greatest one tells.
    fn check_keys(&self, proposed: &TracingVersion) -> Result<(), Refusal> {
        let question = proposed.model.questions.last_key_value().map(|(key, _)| *key);
        if let Some(key) = question.filter(|key| key.index() >= self.names.questions_len()) {
            return Err(Refusal::TracingUnknownKey { place: format!("question number {}", key.0) });
        }
        let skill = proposed.model.skills.last_key_value().map(|(key, _)| *key);
        if let Some(key) = skill.filter(|key| key.index() >= self.names.skills_len()) {
            return Err(Refusal::TracingUnknownKey { place: format!("skill number {}", key.0) });
        }
        Ok(())
    }

    /// Puts a version in the place of the parameters that serve. Beliefs stay as they are.
    pub(super) fn swap_tracing(&mut self, published: &TracingVersion, entry: &Entry) {
        self.tracing = published.model.clone();
        self.tracing_versions.push(TracingPublication {
            seq: entry.seq,
            at: entry.received_at,
            lineage: published.lineage.clone(),
        });
        if self.tracing_versions.len() > LINEAGE_MAX {
            self.tracing_versions.remove(0);
        }
    }
}
