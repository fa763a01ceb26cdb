//! Starting and stopping experiments.

use super::messages::{NodeError, RequestHash, Started};
use super::{Node, derived_id, fault_of_store};
use nexus_engine::event::Event;
use nexus_engine::experiment::definition::ExperimentDefinition;
use nexus_engine::ids::{EventId, ExperimentId};
use nexus_engine::workspace::Refusal;

impl Node {
    pub(super) fn start_experiment(
        &mut self,
        definition: ExperimentDefinition,
    ) -> Result<Started, NodeError> {
        let id = derived_id("experiment", &format!("{}:{}", definition.id, definition.version));
        let known = self.state.experiments.get(&definition.id);
        let runs = known.is_some_and(|known| known.is_running() && known.definition == definition);
        if runs {
            return self.said_before(&id);
        }
        self.state.admit_experiment(&definition)?;
        self.keep_share(&definition.course, &definition.id)?;
        let now = self.config.clock.now();
        let event = Event::ExperimentStarted(definition);
        let pushed = self.push(id, RequestHash::default(), event, now);
        Ok(Started { seq: pushed.seq, duplicate: false })
    }

    pub(super) fn stop_experiment(
        &mut self,
        experiment: &ExperimentId,
        reason: String,
    ) -> Result<Started, NodeError> {
        let unknown = || Refusal::UnknownExperiment { experiment: experiment.to_string() };
        let known = self.state.experiments.get(experiment).ok_or_else(unknown)?;
        let version = known.definition.version;
        let id = derived_id("experiment-stop", &format!("{experiment}:{version}"));
        if !known.is_running() {
            return self.said_before(&id);
        }
        let now = self.config.clock.now();
        let event = Event::ExperimentStopped { experiment: experiment.clone(), reason };
        let pushed = self.push(id, RequestHash::default(), event, now);
        Ok(Started { seq: pushed.seq, duplicate: false })
    }

    fn said_before(&self, id: &EventId) -> Result<Started, NodeError> {
        let in_group = self.group_ids.get(id).map(|(_, seq)| *seq);
        let found = self.store.find(id).map_err(|fault| fault_of_store(&fault))?;
        let seq = in_group.or(found.map(|found| found.seq)).unwrap_or(0);
        Ok(Started { seq, duplicate: true })
    }
}
