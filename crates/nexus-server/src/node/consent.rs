//! Changing a learner's consent to exploration.

use super::messages::{ConsentSaid, NodeError, NodeFault, RequestHash};
use super::{Before, Node, derived_id};
use nexus_engine::event::Event;
use nexus_engine::learner::consent::ConsentChanged;

impl Node {
    pub(super) fn change_consent(
        &mut self,
        changed: ConsentChanged,
    ) -> Result<ConsentSaid, NodeError> {
        self.refuse_erased(&changed.learner)?;
        let learner = self.learners.get(&changed.learner).ok_or(NodeFault::StorageFailed)?;
        if let (false, Some(said)) = (learner.admit_consent(&changed)?, learner.consent) {
            return Ok(ConsentSaid { seq: said.seq, duplicate: true });
        }
        // It may be changed any number of times, so its place in the journal names it.
        let next = self.state.head + 1;
        let id = derived_id("consent", &next.to_string());
        if !matches!(self.before(&id, &RequestHash::default())?, Before::No) {
            return Err(NodeError::Conflict { id: id.to_string() });
        }
        let now = self.config.clock.now();
        let event = Event::ConsentChanged(changed);
        let seq = self.push(id, RequestHash::default(), event, now).seq;
        Ok(ConsentSaid { seq, duplicate: false })
    }
}
