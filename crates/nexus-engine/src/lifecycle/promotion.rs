//! Promotion: a policy becomes what decides in a course whenever no experiment runs there.

use super::mode::Mode;
use super::{LifecycleRefusal, has_reason};
use crate::event::Entry;
use crate::ids::{CourseId, PolicyId};
use crate::policy::health;
use crate::time::Timestamp;
use crate::workspace::{Refusal, SharedState};

/// Someone promoted a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPromoted {
    /// In which course.
    pub course: CourseId,
    /// Which policy.
    pub policy: PolicyId,
    /// Why, in the words of whoever did it.
    pub reason: String,
    /// Who did it, in words.
    pub by: String,
}

/// The promotion that holds in a course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promotion {
    /// Which policy decides.
    pub policy: PolicyId,
    /// Place in the journal of the event that promoted it.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// Who did it.
    pub by: String,
}

impl SharedState {
    /// The policy that decides in a course when no experiment runs: the promoted one, or else
    /// `default`, the node's.
    #[must_use]
    pub fn serving<'a>(&'a self, course: &CourseId, default: &'a PolicyId) -> &'a PolicyId {
        let promotion = self.lives.get(course).and_then(|life| life.promotion.as_ref());
        promotion.map_or(default, |promotion| &promotion.policy)
    }

    /// Says whether a policy may be promoted. `Ok(false)` when it is already: then there is
    /// nothing to journal.
    ///
    /// # Errors
    /// A [`Refusal`]: an unknown course or policy, no reason, a shadow, or a policy that fails its
    /// health check.
    pub fn admit_promotion(&self, promoted: &PolicyPromoted) -> Result<bool, Refusal> {
        let PolicyPromoted { course, policy, reason, .. } = promoted;
        let state = self.known_policy(course, policy)?;
        has_reason(reason)?;
        if self.mode(course, policy) == Mode::Shadow {
            let policy = policy.to_string();
            return Err(LifecycleRefusal::ShadowServes { policy }.into());
        }
        let sick = |sickness| LifecycleRefusal::Unhealthy { policy: policy.to_string(), sickness };
        health::check(&state).map_err(sick)?;
        let promotion = self.lives.get(course).and_then(|life| life.promotion.as_ref());
        Ok(promotion.is_none_or(|held| held.policy != *policy))
    }

    pub(crate) fn promote(&mut self, promoted: &PolicyPromoted, entry: &Entry) {
        let PolicyPromoted { course, policy, reason, by } = promoted.clone();
        let (seq, at) = (entry.seq, entry.received_at);
        let promotion = Promotion { policy, seq, at, reason, by };
        self.lives.entry(course).or_default().promotion = Some(promotion);
    }
}
