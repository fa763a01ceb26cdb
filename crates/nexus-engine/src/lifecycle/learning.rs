//! Learning: whether a reward reaches the statistics of the policy that made its decision, and
//! which counter says so when it does not.

use crate::decision::reward::RewardJoined;
use crate::policy::Rewarded;
use crate::policy::registry::PolicyState;

/// What became of the rewards of a policy that learns. They add up to the rewards joined to its decisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Learning {
    /// It learned from them, or let them pass because nothing was measured that counts.
    pub learned: u64,
    /// Their numbers were not sound.
    pub refused: u64,
    /// Their learner had taught enough in that day.
    pub capped: u64,
    pub frozen: u64,
    /// It had not chosen: a teacher's pin or the course's own path was served in its place.
    pub not_chosen: u64,
}

/// Lets a policy learn; the version of its model says whether it did.
pub(crate) fn learns(policy: &mut PolicyState, joined: &RewardJoined) -> bool {
    let schema = policy.schema();
    let policy = policy.policy_mut();
    let before = policy.version();
    // A row of another schema says nothing under this one, even when it is as long: it is handed
    // over as no row at all, which every model refuses and counts.
    let known = joined.schema == schema;
    let rewarded = Rewarded {
        features: if known { &joined.features } else { &[] },
        value: joined.value,
        propensity: joined.propensity,
        gain: joined.gain.map(|gain| gain.surprise),
    };
    if joined.unmeasured {
        policy.pass(&rewarded);
    } else {
        policy.learn(&rewarded);
    }
    policy.version() != before
}
