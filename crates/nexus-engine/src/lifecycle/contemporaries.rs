//! Whether a fall of rewards is the policy's, or everybody's.
//!
//! Rewards fall for reasons that are no policy's: a class comes to the hard part of a course, a
//! site answers late, questions change. Then those of the course's other policies fall too. So
//! where policies that do not learn decide in the same course (its own path as the control of an
//! experiment, say), a fall is held against a policy only as far as it goes beyond theirs, a
//! difference in differences. Policies that learn are not asked: what harms one may harm them all.

use super::CourseLife;
use super::monitor::{
    BEFORE_MIN, COLLAPSE_ERRORS, COLLAPSE_FALL, CRASH_FALL, Cause, Fall, Monitor, RecentReward,
};
use crate::ids::PolicyId;
use crate::policy::registry::PolicyState;
use crate::time::Timestamp;
use nexus_stats::moments::ExactMoments;

/// Rewards of the others in the same time that a comparison needs.
pub const CONTEMPORARIES_MIN: usize = 100;

impl CourseLife {
    /// What stops a policy now, if something does. The course's own path is never stopped: it is
    /// what is served instead.
    #[must_use]
    pub fn cause(&self, policy: &PolicyId) -> Option<Cause> {
        let monitor = &self.policies.get(policy)?.monitor;
        let cause = monitor.cause()?;
        let fall = match cause {
            _ if PolicyState::fresh(policy.as_str())?.follows_path() => return None,
            Cause::Errors { .. } => return Some(cause),
            Cause::Crash { .. } => CRASH_FALL,
            Cause::Collapse { .. } => COLLAPSE_FALL,
        };
        let beyond = self.fall_beyond_others(policy, monitor, fall);
        let own = beyond.is_none_or(|beyond| beyond.exceeds(COLLAPSE_ERRORS, fall));
        own.then_some(cause)
    }

    /// The fall of a policy's rewards less that of the others', when enough is known of theirs.
    fn fall_beyond_others(&self, policy: &PolicyId, monitor: &Monitor, least: f64) -> Option<Fall> {
        let own = monitor.fall(least)?;
        let since = monitor.recent.first()?.at;
        let others = self.fall_of_others(policy, since)?;
        // A rise of the others is none of this policy's doing either.
        let fell = (others.before - others.recent).max(0.0);
        Some(Fall {
            recent: own.recent + fell,
            before: own.before,
            variance: own.variance + others.variance,
        })
    }

    fn fall_of_others(&self, policy: &PolicyId, since: Timestamp) -> Option<Fall> {
        let (mut now, mut before): (Vec<RecentReward>, _) = (Vec::new(), ExactMoments::default());
        for (other, life) in self.policies.iter().filter(|(other, _)| *other != policy) {
            if PolicyState::fresh(other.as_str()).is_none_or(|state| state.learns()) {
                continue;
            }
            before.merge(&life.monitor.before);
            for reward in &life.monitor.recent {
                if reward.at >= since {
                    now.push(*reward);
                } else {
                    before.add(reward.value);
                }
            }
        }
        let before = before.summary().filter(|before| before.n >= BEFORE_MIN)?;
        if now.len() < CONTEMPORARIES_MIN { None } else { Fall::of(&now, &before) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::monitor::RECENT;
    use super::*;

    /// Rewards around one mean and then around another: of which policy, how many of the second
    /// kind, and the two means.
    type Told = (&'static str, usize, f64, f64);

    /// What stops the first of these policies.
    fn check(told: &[Told], stops: bool) {
        let mut life = CourseLife::default();
        for (word, count, first, second) in told {
            let monitor = &mut life.policies.entry(policy(word)).or_default().monitor;
            let mut tell = |number: usize, mean: f64| {
                let value = mean + 0.3 * ((number % 7) as f64 / 3.0 - 1.0);
                monitor.rewarded(value, number as u64 % 60, Timestamp(number as i64));
            };
            (0..600).for_each(|number| tell(number, *first));
            (600..600 + *count).for_each(|number| tell(number, *second));
        }
        let cause = life.cause(&policy(told[0].0));
        assert_eq!(cause.is_some(), stops, "{told:?}: {cause:?}");
    }

    fn policy(word: &str) -> PolicyId {
        PolicyId::new(word).unwrap()
    }

    #[test]
    fn what_befalls_all_is_held_against_none() {
        let fell: Told = ("lin-ts", RECENT, 0.3, -0.1);
        check(&[fell], true);
        check(&[fell, ("static", RECENT, 0.2, -0.2)], false);
        check(&[fell, ("static", RECENT, 0.2, 0.2)], true);
        // The others fell too, but by far less.
        check(&[fell, ("static", RECENT, 0.2, 0.1)], true);
        // Of the others' rise nobody is guilty.
        check(&[fell, ("static", RECENT, 0.2, 0.5)], true);
    }

    #[test]
    fn who_learns_is_no_witness_and_few_rewards_are_none() {
        let fell: Told = ("lin-ts", RECENT, 0.3, -0.1);
        check(&[fell, ("linucb", RECENT, 0.3, -0.1)], true);
        check(&[fell, ("static", CONTEMPORARIES_MIN - 1, 0.2, -0.2)], true);
        check(&[fell, ("static", CONTEMPORARIES_MIN, 0.2, -0.2)], false);
    }

    #[test]
    fn the_path_itself_is_never_stopped() {
        check(&[("static", RECENT, 0.3, -0.5)], false);
    }
}
