//! The control group: whether a fall of rewards is the policy's, or that of all policies.
//!
//! Rewards fall for reasons that are no policy's: a class comes to the hard part of a course, a
//! site answers late, questions change. Then those of the course's other policies fall too. So
//! the policies of the same course that do not learn are the control group (its own path, say): a
//! fall is held against a policy only as far as it goes beyond theirs, a
//! difference in differences. Policies that learn are not asked: what harms one may harm them all.

use super::CourseLife;
use super::monitor::{BEFORE_MIN, COLLAPSE_FALL, CRASH_FALL, Cause, Fall, Monitor, RecentReward};
use crate::ids::PolicyId;
use crate::policy::kind::PolicyKind;
use crate::time::Timestamp;

/// Rewards of a policy of the control group, in the same time, that a comparison needs.
pub const CONTROL_GROUP_MIN: usize = 100;
/// By how many standard errors a fall must exceed that of the control group.
pub const BEYOND_ERRORS: f64 = 3.0;

impl CourseLife {
    /// What stops a policy now, if something does. The course's own path is never stopped: it is
    /// what is served instead.
    #[must_use]
    pub fn cause(&self, policy: &PolicyId) -> Option<Cause> {
        let monitor = &self.policies.get(policy)?.monitor;
        let cause = monitor.cause()?;
        let fall = match cause {
            _ if PolicyKind::of(policy)?.follows_path() => return None,
            Cause::Errors { .. } => return Some(cause),
            Cause::Crash { .. } => CRASH_FALL,
            Cause::Collapse { .. } => COLLAPSE_FALL,
        };
        if self.is_past(policy, monitor) {
            return None;
        }
        let beyond = self.fall_beyond_control_group(policy, monitor, fall);
        let own = beyond.is_none_or(|beyond| beyond.exceeds(BEYOND_ERRORS, fall));
        own.then_some(cause)
    }

    /// Whether a policy earns no more: another has earned as many rewards since its last one as a
    /// comparison needs. It is not stopped for a time that the control group begins to forget.
    fn is_past(&self, policy: &PolicyId, monitor: &Monitor) -> bool {
        let last = monitor.recent.last().map(|reward| reward.at);
        let others = self.policies.iter().filter(|(other, _)| *other != policy);
        let since = |recent: &[RecentReward]| {
            recent.iter().rev().take_while(|reward| Some(reward.at) > last).count()
        };
        others.map(|(_, life)| since(&life.monitor.recent)).any(|count| count >= CONTROL_GROUP_MIN)
    }

    /// The fall of a policy's rewards less that of the control group's, when enough is known of theirs.
    fn fall_beyond_control_group(
        &self,
        policy: &PolicyId,
        monitor: &Monitor,
        least: f64,
    ) -> Option<Fall> {
        let own = monitor.fall(least)?;
        let (since, until) = (monitor.recent.first()?.at, monitor.recent.last()?.at);
        let control_group = self.fall_of_control_group(policy, since, until)?;
        // A rise of the control group is none of this policy's doing either.
        let fell = (control_group.before - control_group.recent).max(0.0);
        Some(Fall {
            recent: own.recent + fell,
            before: own.before,
            variance: own.variance + control_group.variance,
            learners: own.learners.min(control_group.learners),
        })
    }

    /// The fall of the policies that do not learn, in the time of a policy's latest rewards: of each
    /// within itself, for their levels differ, and of all the mean by their rewards in that time.
    fn fall_of_control_group(
        &self,
        policy: &PolicyId,
        since: Timestamp,
        until: Timestamp,
    ) -> Option<Fall> {
        let mut all = Fall { recent: 0.0, before: 0.0, variance: 0.0, learners: f64::MAX };
        let mut rewards = 0.0;
        for (other, life) in self.policies.iter().filter(|(other, _)| *other != policy) {
            if PolicyKind::of(other).is_none_or(PolicyKind::learns) {
                continue;
            }
            let Some((fall, count)) = fall_of_control(&life.monitor, since, until) else {
                continue;
            };
            all.recent += count * fall.recent;
            all.before += count * fall.before;
            all.variance += count * count * fall.variance;
            all.learners = all.learners.min(fall.learners);
            rewards += count;
        }
        (rewards > 0.0).then(|| Fall {
            recent: all.recent / rewards,
            before: all.before / rewards,
            variance: all.variance / (rewards * rewards),
            learners: all.learners,
        })
    }
}

/// How far the rewards of one policy of the control group, in a time, lie below its own before, and
/// how many they are; `None` when there are too few on either side.
fn fall_of_control(monitor: &Monitor, since: Timestamp, until: Timestamp) -> Option<(Fall, f64)> {
    let (mut now, mut before) = (Vec::new(), monitor.before.clone());
    for reward in &monitor.recent {
        if reward.at < since {
            before.add(reward.value);
        } else if reward.at <= until {
            now.push(RecentReward { ..*reward });
        }
    }
    let before = before.summary().filter(|before| before.n >= BEFORE_MIN)?;
    let count = now.len();
    let fall = if count < CONTROL_GROUP_MIN { None } else { Fall::of(&now, &before) };
    fall.map(|fall| (fall, count as f64))
}

#[cfg(test)]
mod tests {
    use super::super::monitor::RECENT;
    use super::*;
    use std::ops::Range;

    /// Rewards around one mean and then around another: of which policy, how many of the second
    /// kind, and the two means.
    type Told = (&'static str, usize, f64, f64);

    /// What stops the first of these policies.
    fn check(told: &[Told], stops: bool) {
        let mut life = CourseLife::default();
        for (word, count, first, second) in told {
            tell(&mut life, word, 0..600, *first);
            tell(&mut life, word, 600..600 + *count, *second);
        }
        let cause = life.cause(&policy(told[0].0));
        assert_eq!(cause.is_some(), stops, "{told:?}: {cause:?}");
    }

    /// Rewards around a mean, one a moment.
    fn tell(life: &mut CourseLife, word: &str, moments: Range<usize>, mean: f64) {
        let monitor = &mut life.policies.entry(policy(word)).or_default().monitor;
        for number in moments {
            let value = mean + 0.3 * ((number % 7) as f64 / 3.0 - 1.0);
            monitor.rewarded(value, number as u64 % 60, Timestamp(number as i64));
        }
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
        // Policies of another level are compared with themselves.
        check(&[fell, ("random", RECENT, -0.2, -0.2), ("static", RECENT, 0.2, 0.2)], true);
        check(&[fell, ("random", RECENT, -0.2, -0.6), ("static", RECENT, 0.2, -0.2)], false);
        // A rise of the others excuses and accuses no policy.
        check(&[fell, ("static", RECENT, 0.2, 0.5)], true);
    }

    #[test]
    fn a_policy_that_learns_or_has_few_rewards_is_no_control() {
        let fell: Told = ("lin-ts", RECENT, 0.3, -0.1);
        check(&[fell, ("squarecb", RECENT, 0.3, -0.1)], true);
        check(&[fell, ("static", CONTROL_GROUP_MIN - 1, 0.2, -0.2)], true);
        check(&[fell, ("static", CONTROL_GROUP_MIN, 0.2, -0.2)], false);
    }

    #[test]
    fn the_path_itself_is_never_stopped() {
        check(&[("static", RECENT, 0.3, -0.5)], false);
    }

    /// A policy whose experiment is over keeps its last rewards for ever. The control group of that time is
    /// gone, so these rewards stop no policy.
    #[test]
    fn what_is_past_stops_nobody() {
        let mut life = CourseLife::default();
        for (word, from, count, mean) in [
            ("lin-ts", 0, 600, 0.3),
            ("lin-ts", 600, RECENT, -0.1),
            ("static", 0, 600, 0.2),
            ("static", 600, RECENT, -0.2),
        ] {
            tell(&mut life, word, from..from + count, mean);
        }
        assert_eq!(life.cause(&policy("lin-ts")), None, "both fell");
        for end in 1..=2 * RECENT {
            tell(&mut life, "static", 799 + end..800 + end, 0.2);
            assert_eq!(life.cause(&policy("lin-ts")), None, "{end} rewards later");
        }
    }
}
