//! Versions of a policy's statistics: saved as they are, published by a program that learned
//! elsewhere, or restored. What is published or restored takes the place of what serves, after a
//! health check; what is saved changes nothing.

use super::mode::Mode;
use super::{LifecycleRefusal, has_reason};
use crate::event::Entry;
use crate::ids::{CourseId, PolicyId};
use crate::policy::health;
use crate::policy::parts::PolicyParts;
use crate::policy::registry::PolicyState;
use crate::time::Timestamp;
use crate::words;
use crate::workspace::{Refusal, SharedState};

/// The latest versions of a policy that are kept in the state; the journal has all.
pub const LINEAGE_MAX: usize = 100;

/// A version of a policy's statistics, whole, with its lineage.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyVersion {
    /// In which course.
    pub course: CourseId,
    /// Of which policy.
    pub policy: PolicyId,
    /// Where it comes from.
    pub lineage: PolicyLineage,
    /// The statistics.
    pub parts: PolicyParts,
}

/// Where a version comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyLineage {
    /// Its number: that of the one before plus one.
    pub version: u32,
    /// The version before; 0 for what the policy learned before any was saved.
    pub parent: u32,
    /// The last journal entry that it knows of.
    pub through: u64,
    /// How it came about.
    pub origin: PolicyOrigin,
    /// Who asked for it, in words.
    pub asked_by: String,
    /// Why, in the words of whoever asked.
    pub reason: String,
    /// A digest of the statistics, made outside of the engine.
    pub digest: [u8; 32],
}

/// How a version came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyOrigin {
    /// What the policy had learned was saved as it was.
    Saved,
    /// Another program made it, and it took the place of what served.
    Trained,
    /// An older version took the place of what served.
    Restored {
        /// Which one.
        version: u32,
    },
}

words!(PolicyOrigin:
    Self::Saved => "saved",
    Self::Trained => "trained",
    Self::Restored { .. } => "restored",
);

/// A version that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPublication {
    /// Its place in the journal.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Where it comes from.
    pub lineage: PolicyLineage,
}

impl SharedState {
    /// Says whether a version may be made.
    ///
    /// # Errors
    /// A [`Refusal`]: an unknown course or policy, no reason, another version that came first, or
    /// statistics that are not this policy's, know the future or fail the health check.
    pub fn admit_policy_version(&self, proposed: &PolicyVersion) -> Result<(), Refusal> {
        let PolicyVersion { course, policy, lineage, parts } = proposed;
        let known = self.known_policy(course, policy)?;
        has_reason(&lineage.reason)?;
        let policy_word = policy.to_string();
        if !known.keeps_statistics() {
            return Err(LifecycleRefusal::NoStatistics { policy: policy_word }.into());
        }
        let current = self.life(course, policy).map_or(0, super::PolicyLife::version);
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
        let sick = |sickness| LifecycleRefusal::Unhealthy { policy: policy_word.clone(), sickness };
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
}
