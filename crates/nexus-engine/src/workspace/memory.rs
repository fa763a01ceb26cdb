//! A whole workspace in memory: state, learners and journal. Simulators and tests use it; the node
//! keeps its learners and its journal on disk.

use super::SharedState;
use super::protocol::{Circumstances, Command, CommandAnswer, CommandFault, Defaults, Outcome};
use crate::event::Entry;
use crate::ids::{CourseId, EventId, LearnerId};
use crate::seed::Seed;
use crate::time::Timestamp;
use crate::workspace::LearnerState;
use std::collections::BTreeMap;

/// State, learners, and every entry that made them.
#[derive(Clone, Debug)]
pub struct Workspace {
    pub state: SharedState,
    pub learners: BTreeMap<LearnerId, LearnerState>,
    /// Everything that happened, in order.
    pub journal: Vec<Entry>,
    /// How the workspace decides where nothing in the journal says otherwise.
    pub defaults: Defaults,
}

impl Workspace {
    #[must_use]
    pub fn new(defaults: Defaults) -> Self {
        let (state, learners, journal) = (SharedState::default(), BTreeMap::new(), Vec::new());
        Self { state, learners, journal, defaults }
    }

    /// Carries a command out, and keeps its entries in the journal.
    ///
    /// Errors: a [`CommandFault`]; then nothing has changed.
    pub fn handle(
        &mut self,
        command: Command,
        at: Timestamp,
        seed: Seed,
    ) -> Result<Handled<'_>, CommandFault> {
        let Self { state, learners, journal, defaults } = self;
        let circumstances = Circumstances { at, seed, defaults, is_taken: &|_: &EventId| false };
        let id = command.learner().cloned();
        let mut known =
            id.map(|id| learners.entry(id).or_insert_with_key(|id| LearnerState::new(id.clone())));
        let handled = state.handle(known.as_deref_mut(), command, &circumstances);
        if let Some(LearnerState { id, entries: 0, .. }) = known {
            // Nothing happened to this learner, so the journal does not know them.
            let id = id.clone();
            learners.remove(&id);
        }
        let Outcome { events, answer } = handled?;
        let first = journal.len();
        journal.extend(events.into_iter().map(|recorded| recorded.entry));
        Ok(Handled { entries: &journal[first..], answer })
    }

    /// Settles every decision whose reward window has ended by a moment.
    pub fn settle_ended(&mut self, at: Timestamp) {
        let ended: Vec<(LearnerId, CourseId)> = self.state.windows_ended(at).cloned().collect();
        for (learner, course) in ended {
            // Settling is never refused.
            let _ = self.handle(Command::Settle { learner, course }, at, Seed(0));
        }
    }

    /// The workspace that the journal folds to, from nothing.
    #[must_use]
    pub fn replayed(&self) -> Self {
        let mut again = Self::new(self.defaults.clone());
        for entry in &self.journal {
            let learner = entry.event.learner().map(|id| {
                let known = again.learners.entry(id.clone());
                known.or_insert_with(|| LearnerState::new(id.clone()))
            });
            again.state.apply(learner, entry);
        }
        again.journal = self.journal.clone();
        again
    }
}

/// What came of a command in a workspace in memory.
#[derive(Debug)]
pub struct Handled<'a> {
    /// The entries that it made, in order.
    pub entries: &'a [Entry],
    pub answer: CommandAnswer,
}
