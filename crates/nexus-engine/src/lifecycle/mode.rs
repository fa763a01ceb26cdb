//! The mode of a policy in a course: whether it serves, and whether it learns.

use super::apprentice::{Apprenticeship, BASELINE_DEFAULT};
use super::has_reason;
use super::refusal::LifecycleRefusal;
use super::shadow::{SHADOWS_MAX, ShadowWorth};
use crate::event::Entry;
use crate::ids::{CourseId, PolicyId};
use crate::policy::retired::is_retired;
use crate::words;
use crate::workspace::{Refusal, SharedState};

/// Whether a policy serves and learns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It serves and learns.
    #[default]
    Live,
    /// It serves, and learns nothing.
    Frozen,
    /// It decides beside the one that serves, and learns; see [`super::shadow`].
    Shadow,
    /// Its baseline serves in its place until it agrees, and it learns; see
    /// [`super::apprentice`].
    Apprentice,
}

words!(Mode {
    Live => "live",
    Frozen => "frozen",
    Shadow => "shadow",
    Apprentice => "apprentice",
});

/// Someone set the mode of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyModeSet {
    /// In which course.
    pub course: CourseId,
    /// Of which policy.
    pub policy: PolicyId,
    /// The mode.
    pub mode: Mode,
    /// The terms of an apprentice; the usual ones when absent, and nothing of any other mode.
    pub apprentice: Option<Apprenticeship>,
    /// Why, in the words of whoever did it.
    pub reason: String,
    /// Who did it, in words.
    pub by: String,
}

impl SharedState {
    /// The mode of a policy in a course.
    #[must_use]
    pub fn mode(&self, course: &CourseId, policy: &PolicyId) -> Mode {
        self.life(course, policy).map_or(Mode::Live, |life| life.mode)
    }

    /// The policy that decides in the place of another: the baseline of an apprentice, and the
    /// course's own path in the place of a shadow, or of a policy that left the product, which only
    /// an old journal names. `None` when the policy itself decides.
    #[must_use]
    pub fn stand_in(&self, course: &CourseId, policy: &PolicyId) -> Option<PolicyId> {
        let baseline = self.baseline(course, policy);
        let decides = baseline.unwrap_or(policy);
        if is_retired(decides) || self.mode(course, decides) == Mode::Shadow {
            // invariant: the word of a policy is an id.
            return Some(PolicyId::new(BASELINE_DEFAULT).expect("a policy's word is an id"));
        }
        baseline.cloned()
    }

    /// Says whether a mode may be set. `Ok(false)` when it is so already: then there is nothing to
    /// journal.
    ///
    /// # Errors
    /// A [`Refusal`]: an unknown course or policy, no reason, or one that cannot be a shadow
    /// or an apprentice.
    pub fn admit_mode(&self, set: &PolicyModeSet) -> Result<bool, Refusal> {
        self.known_policy(&set.course, &set.policy)?;
        has_reason(&set.reason)?;
        let held = self.mode(&set.course, &set.policy);
        let changes = held != set.mode || self.changes_terms(set);
        match set.mode {
            Mode::Shadow if changes => self.may_be_shadow(&set.course, &set.policy)?,
            Mode::Apprentice if changes => self.may_be_apprentice(set)?,
            _ => {}
        }
        Ok(changes)
    }

    /// Whether an apprentice would go on under other terms.
    fn changes_terms(&self, set: &PolicyModeSet) -> bool {
        let life = self.life(&set.course, &set.policy);
        let held = life.and_then(|life| life.apprentice.as_ref()).map(|known| &known.terms);
        let asked = set.apprentice.clone().unwrap_or_default();
        set.mode == Mode::Apprentice && held.is_some_and(|held| *held != asked)
    }

    /// Whether a policy is a side of the experiment that runs in a course.
    pub(super) fn is_side(&self, course: &CourseId, policy: &PolicyId) -> bool {
        let experiment = self.running_experiment(course.as_str());
        let mut sides = experiment.into_iter().flat_map(|running| &running.definition.variants);
        sides.any(|side| side.policy == *policy)
    }

    /// A shadow does not serve: neither by promotion, nor as a side of what runs, nor in the place
    /// of an apprentice.
    fn may_be_shadow(&self, course: &CourseId, policy: &PolicyId) -> Result<(), LifecycleRefusal> {
        let word = || policy.to_string();
        let promotion = self.lives.get(course).and_then(|life| life.promotion.as_ref());
        let promoted = promotion.is_some_and(|promotion| promotion.policy == *policy);
        let stands_in = self.apprentice_of(course, policy).is_some();
        if promoted || stands_in || self.is_side(course, policy) {
            return Err(LifecycleRefusal::ShadowServes { policy: word() });
        }
        if self.shadows(course).count() >= SHADOWS_MAX {
            return Err(LifecycleRefusal::ShadowsFull);
        }
        Ok(())
    }

    pub(crate) fn set_mode(&mut self, set: &PolicyModeSet, entry: &Entry) {
        let life = self.life_mut(&set.course, &set.policy);
        if set.mode == Mode::Shadow && life.mode != Mode::Shadow {
            life.worth = ShadowWorth::default();
        }
        life.mode = set.mode;
        if set.mode == Mode::Apprentice {
            self.begin_apprenticeship(set, entry);
        }
    }
}
