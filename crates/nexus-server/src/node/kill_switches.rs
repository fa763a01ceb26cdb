//! Throwing and releasing the kill switch.

use super::messages::{NodeError, RequestHash, SwitchTurned};
use super::{Before, Node, derived_id};
use nexus_engine::event::Event;
use nexus_engine::workspace::KillSwitchTurned;

impl Node {
    pub(super) fn turn_kill_switch(
        &mut self,
        turned: KillSwitchTurned,
    ) -> Result<SwitchTurned, NodeError> {
        let mut seq = None;
        if self.state.admit_kill_switch(&turned)? {
            // It may be turned any number of times, so its place in the journal names it.
            let next = self.state.head + 1;
            let id = derived_id("kill-switch", &next.to_string());
            if !matches!(self.before(&id, &RequestHash::default())?, Before::No) {
                return Err(NodeError::Conflict { id: id.to_string() });
            }
            let now = self.config.clock.now();
            let event = Event::KillSwitchTurned(turned);
            seq = Some(self.push(id, RequestHash::default(), event, now).seq);
        }
        Ok(SwitchTurned { seq, thrown: self.state.kill_switches.clone() })
    }
}
