//! Who decides in a course: promotions, modes, the holdout, and the versions of what policies
//! learned.

use super::{Refusal, SharedState};
use crate::event::{Entry, Event};
use crate::ids::{CourseId, PolicyId};
use crate::lifecycle::apprentice::BASELINE_DEFAULT;
use crate::lifecycle::holdout::{HoldoutSet, HoldoutShare, HoldoutTally, SHARE_MAX};
use crate::lifecycle::mode::{Mode, PolicyModeSet};
use crate::lifecycle::shadow::{SHADOWS_MAX, ShadowWorth};
use crate::lifecycle::version::{LINEAGE_MAX, PolicyOrigin, PolicyPublication, PolicyVersion};
use crate::lifecycle::{LifecycleRefusal, PolicyLife};
use crate::policy::health;
use crate::policy::kind::PolicyKind;
use crate::policy::registry::PolicyState;
use crate::policy::retired::is_retired;

impl SharedState {
    /// The life of a policy in a course, if anything was ever said of it.
    #[must_use]
    pub fn life(&self, course: &CourseId, policy: &PolicyId) -> Option<&PolicyLife> {
        self.lives.get(course).and_then(|life| life.policies.get(policy))
    }

    /// Makes an entry true that says something of a policy; any other changes nothing here.
    pub(crate) fn apply_to_lives(&mut self, entry: &Entry) {
        match &entry.event {
            Event::PolicyVersioned(version) => self.keep_policy_version(version, entry),
            Event::PolicyPromoted(promoted) => self.promote(promoted, entry),
            Event::PolicyModeSet(set) => self.set_mode(set, entry),
            Event::PolicyGraduated(graduated) => self.graduated(graduated, entry),
            Event::HoldoutSet(set) => self.set_holdout(set, entry),
            _ => {}
        }
    }

    pub(crate) fn life_mut(&mut self, course: &CourseId, policy: &PolicyId) -> &mut PolicyLife {
        let life = self.lives.entry(course.clone()).or_default();
        life.policies.entry(policy.clone()).or_default()
    }

    /// A policy of a published course, with its statistics. Nothing new is said of one that left the product.
    pub(crate) fn known_policy(
        &self,
        course: &CourseId,
        policy: &PolicyId,
    ) -> Result<PolicyState, Refusal> {
        if self.course(course.as_str()).is_none() {
            return Err(Refusal::UnknownCourse { course: course.to_string() });
        }
        let kind = PolicyKind::named(policy.as_str())?;
        Ok(self.policy(course, policy).unwrap_or_else(|| PolicyState::new(kind)))
    }

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

    /// Says whether a mode may be set. `Ok(false)` when it is so already: then there is nothing to journal.
    ///
    /// Errors: a [`Refusal`]: an unknown course or policy, no reason, or one that cannot be a shadow or an apprentice.
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

    /// A shadow does not serve: neither by promotion, nor as a side of what runs, nor in the place of an apprentice.
    fn may_be_shadow(&self, course: &CourseId, policy: &PolicyId) -> Result<(), LifecycleRefusal> {
        let word = || policy.to_string();
        let promotion = self.lives.get(course).and_then(|life| life.promotion.as_ref());
        let promoted = promotion.is_some_and(|promotion| promotion.policy == *policy);
        let stands_in = self.apprentice_of(course, policy).is_some();
        if promoted || stands_in || self.is_side(course, policy) {
            return Err(LifecycleRefusal::ShadowServes { policy: word() });
        }
        if self.shadows(course).count() >= SHADOWS_MAX {
            return Err(LifecycleRefusal::ShadowsFull { max: SHADOWS_MAX });
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

    /// Says whether a version may be made.
    ///
    /// Errors: a [`Refusal`]: an unknown course or policy, no reason, another version that came first, or
    /// statistics that are not this policy's, know the future or fail the health check.
    pub fn admit_policy_version(&self, proposed: &PolicyVersion) -> Result<(), Refusal> {
        let PolicyVersion { course, policy, lineage, parts } = proposed;
        let known = self.known_policy(course, policy)?;
        has_reason(&lineage.reason)?;
        let policy_word = policy.to_string();
        if !known.kind().is_some_and(PolicyKind::has_versions) {
            return Err(LifecycleRefusal::NoStatistics { policy: policy_word }.into());
        }
        let current = self.life(course, policy).map_or(0, PolicyLife::version);
        if lineage.parent != current || lineage.version != current.saturating_add(1) {
            let parent = lineage.parent;
            let policy = policy_word;
            return Err(LifecycleRefusal::ParentReplaced { policy, parent, current }.into());
        }
        if lineage.through > self.head {
            let (through, head) = (lineage.through, self.head);
            return Err(LifecycleRefusal::Ahead { through, head }.into());
        }
        let state = PolicyState::from_parts(parts).filter(|_| parts.word == policy.as_str());
        let other = || LifecycleRefusal::OtherStatistics { policy: policy_word.clone() };
        let sick = |sickness: health::Sickness| LifecycleRefusal::Unhealthy {
            policy: policy_word.clone(),
            sickness: sickness.to_string(),
        };
        health::check(&state.ok_or_else(other)?).map_err(sick)?;
        Ok(())
    }

    /// Keeps a version's lineage, and puts it in the place of what serves unless it was only
    /// saved. A version of an older shape than this program's is kept in the journal alone.
    pub(crate) fn keep_policy_version(&mut self, version: &PolicyVersion, entry: &Entry) {
        let PolicyVersion { course, policy, lineage, parts } = version;
        if lineage.origin != PolicyOrigin::Saved
            && let Some(state) = PolicyState::from_parts(parts)
            && health::check(&state).is_ok()
        {
            let state = state.published_as(lineage.version);
            self.policies.insert((course.clone(), policy.clone()), state);
            let life = self.life_mut(course, policy);
            // A batch, and two in a row, are of one model.
            if life.mode == Mode::Apprentice
                && let Some(apprentice) = &mut life.apprentice
            {
                apprentice.compare_anew(entry.seq);
            }
        }
        let versions = &mut self.life_mut(course, policy).versions;
        versions.push(PolicyPublication {
            seq: entry.seq,
            at: entry.received_at,
            lineage: lineage.clone(),
        });
        if versions.len() > LINEAGE_MAX {
            versions.remove(0);
        }
    }

    /// The share of a course's learners who are held out: what was set for it, or else `default`, the node's.
    #[must_use]
    pub fn holdout_share(&self, course: &CourseId, default: f64) -> f64 {
        let set = self.lives.get(course).and_then(|life| life.holdout.as_ref());
        set.map_or(default, |set| set.share)
    }

    /// Says whether a share may be set. `Ok(false)` when it is so already: then there is nothing to journal.
    ///
    /// Errors: a [`Refusal`]: an unknown course, no reason, or a share out of range.
    pub fn admit_holdout(&self, set: &HoldoutSet) -> Result<bool, Refusal> {
        if self.course(set.course.as_str()).is_none() {
            return Err(Refusal::UnknownCourse { course: set.course.to_string() });
        }
        has_reason(&set.reason)?;
        if !(0.0..=SHARE_MAX).contains(&set.share) {
            return Err(LifecycleRefusal::HoldoutShare { share: set.share, max: SHARE_MAX }.into());
        }
        if let Some(running) = self.running_experiment(set.course.as_str()) {
            // Learners would move between a variant and the holdout under its eyes.
            let experiment = running.definition.id.to_string();
            return Err(Refusal::ExperimentRunning { experiment });
        }
        let held = self.lives.get(&set.course).and_then(|life| life.holdout.as_ref());
        Ok(held.is_none_or(|held| held.share.to_bits() != set.share.to_bits()))
    }

    pub(crate) fn groups_mut(&mut self, course: &CourseId) -> &mut HoldoutTally {
        &mut self.lives.entry(course.clone()).or_default().groups
    }

    pub(crate) fn set_holdout(&mut self, set: &HoldoutSet, entry: &Entry) {
        let HoldoutSet { course, share, reason, by } = set.clone();
        let (seq, at) = (entry.seq, entry.received_at);
        let holdout = HoldoutShare { share, seq, at, reason, by };
        self.lives.entry(course).or_default().holdout = Some(holdout);
    }
}

/// A reader of the journal must learn why.
pub(super) fn has_reason(reason: &str) -> Result<(), Refusal> {
    if reason.trim().is_empty() { Err(Refusal::ReasonMissing) } else { Ok(()) }
}
