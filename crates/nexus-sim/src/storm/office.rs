//! What is said of learners and policies in a storm: consent to exploration, the share that is held
//! out, and whether a policy serves, freezes, is a shadow or an apprentice of the path.

use super::Storm;
use nexus_engine::ids::{LearnerId, PolicyId};
use nexus_engine::learner::consent::ConsentChanged;
use nexus_engine::lifecycle::holdout::HoldoutSet;
use nexus_engine::lifecycle::mode::{Mode, PolicyModeSet};
use nexus_engine::workspace::protocol::Command;

/// Shares that come up: none, the default, and the most.
const SHARES: [f64; 3] = [0.0, 0.05, 0.10];

impl Storm {
    /// A learner withdraws consent to exploration, or gives it.
    pub(super) fn speak_of_consent(&mut self) {
        let (learner, exploration) = (self.some_learner(), self.stream.below(3) > 0);
        self.consent(&learner, exploration);
    }

    /// Says whether a learner consents to exploration, unless the same was said last.
    ///
    /// Panics: when the engine refuses it: a reason is given, and nothing else is asked for.
    pub fn consent(&mut self, learner: &LearnerId, exploration: bool) {
        let changed = ConsentChanged {
            learner: learner.clone(),
            exploration,
            reason: "the storm".to_owned(),
            by: "the parents".to_owned(),
        };
        if self.order_is_new(Command::ChangeConsent(changed)) {
            self.consents.insert(learner.clone(), exploration);
        }
    }

    /// Another share of learners is held out.
    pub(super) fn hold_out(&mut self) {
        let share = SHARES[self.stream.below(SHARES.len() as u64) as usize];
        self.set_held_out_share(share);
    }

    fn set_held_out_share(&mut self, share: f64) {
        let set = HoldoutSet {
            course: self.course.id.clone(),
            share,
            reason: "the storm".to_owned(),
            by: "an operator".to_owned(),
        };
        if self.order_is_new(Command::SetHoldout(set)) {
            self.held_out_share = share;
        }
    }

    /// A policy becomes a shadow or an apprentice, freezes, or serves and learns again.
    pub(super) fn set_some_mode(&mut self) {
        let policy = self.policies[self.stream.below(self.policies.len() as u64) as usize].clone();
        let mode = Mode::ALL[self.stream.below(Mode::ALL.len() as u64) as usize];
        self.set_mode(&policy, mode);
    }

    /// Sets the mode of a policy if the engine admits it, and says whether it changed.
    pub fn set_mode(&mut self, policy: &PolicyId, mode: Mode) -> bool {
        let set = PolicyModeSet {
            course: self.course.id.clone(),
            policy: policy.clone(),
            mode,
            apprentice: None,
            reason: "the storm".to_owned(),
            by: "an operator".to_owned(),
        };
        let changes = self.order_is_new(Command::SetPolicyMode(set));
        if changes {
            self.modes.insert(policy.clone(), mode);
            self.modes.retain(|_, mode| *mode != Mode::Live);
        }
        changes
    }

    /// Policies that decide beside those that serve, in the order of their words.
    pub fn shadows(&self) -> impl Iterator<Item = &PolicyId> {
        self.modes.iter().filter(|(_, mode)| **mode == Mode::Shadow).map(|(policy, _)| policy)
    }

    /// One policy of another mode serves and learns again.
    pub(super) fn wake_one(&mut self) {
        let count = self.modes.len() as u64;
        if count > 0 {
            let policy = self.modes.keys().nth(self.stream.below(count) as usize).cloned();
            self.set_mode(&policy.unwrap(), Mode::Live);
        }
    }

    /// Every policy serves and learns again.
    pub fn wake_all(&mut self) {
        while let Some(policy) = self.modes.keys().next().cloned() {
            self.set_mode(&policy, Mode::Live);
        }
    }

    /// Every learner consents, and none is held out.
    pub(super) fn let_everybody_in(&mut self) {
        let learners: Vec<LearnerId> = self.learners.keys().cloned().collect();
        learners.iter().for_each(|learner| self.consent(learner, true));
        self.set_held_out_share(0.0);
    }
}
