//! The monitor of a policy in a course: what would make a careful person stop it, looked at after
//! every decision and every reward, and said to the kill switch.
//!
//! Three things stop a policy. *Errors*: it gave no distribution in several of its latest
//! decisions, which no sound policy ever does. *A crash*: the mean of its latest rewards lies far
//! below that of all before, by a two-sample comparison so strict that it may be made after every
//! reward for years. Rewards of one learner hang together, so learners are what is counted, not
//! rewards: the variance of the recent mean is that of clusters. *A collapse*: a policy that
//! spreads its choices by what it does not know has stopped spreading them, and its rewards have
//! fallen. A policy that has rightly made up its mind also spreads little, but its rewards do not
//! fall; so a low entropy alone never stops anything.
//!
//! Plans have a monitor of their own: their rewards, gains by probes, are on another scale than
//! those of decisions, and come once in weeks. It sees the rewards of learners' first plans
//! (`workspace::strategies`) and applies the same rule for a crash, which holds for them as well: a gain
//! by two to six probes has a deviation of about 0.25, less than that of rewards.

use crate::decision::{Decision, Fallback};
use crate::policy::retired::spreads_by_doubt;
use crate::time::Timestamp;
use nexus_stats::assignment::bucket;
use nexus_stats::math::{ln, normal_cdf, student_cdf};
use nexus_stats::moments::{ExactMoments, Summary};
use std::collections::BTreeMap;
use std::fmt;

/// Decisions among which errors are counted: the latest ones.
pub const ERRORS_AMONG: u32 = 50;
/// Errors among them that stop a policy.
pub const ERRORS_MAX: u32 = 5;
/// Rewards that are recent.
pub const RECENT: usize = 200;
/// Rewards before the recent ones that a comparison needs.
pub const BEFORE_MIN: u64 = 300;
/// How far the recent mean must lie below the mean before, in standard errors of the difference.
/// At 5, one comparison in 3.5 million is wrong by chance, and the comparisons of one window of
/// rewards are nearly one. So it is with many learners; with few, whose variance is uncertain too,
/// as many more as make a t distribution that rare (7.3 with twenty).
pub const CRASH_ERRORS: f64 = 5.0;
/// How far it must lie below in rewards besides: with many rewards also a trifle is beyond chance.
pub const CRASH_FALL: f64 = 0.15;
/// Learners behind the recent rewards that a comparison needs, in effect: what a few learners do
/// says little of a policy, and the variance between a few clusters says little of itself. One who
/// brings most rewards counts as the few they weigh (Kish's effective number).
pub const LEARNERS_MIN: f64 = 20.0;
/// Share of what is left of the mean entropy after the next decision.
const ENTROPY_KEPT: f64 = 0.99;
/// Decisions with a choice before the mean entropy is believed: what it began with has faded then.
pub const ENTROPY_MIN: u64 = 600;
/// A mean normalized entropy below this counts as none.
pub const ENTROPY_LEAST: f64 = 0.01;
/// A fall of rewards that makes a low entropy suspicious, in standard errors of the difference. As
/// many as of a crash: this too is asked after every reward, for ever.
pub const COLLAPSE_ERRORS: f64 = 5.0;
/// The same in rewards.
pub const COLLAPSE_FALL: f64 = 0.05;

/// What a monitor has seen since it began.
#[derive(Clone, Debug, PartialEq)]
pub struct Monitor {
    /// Decisions the policy made, or failed to make.
    pub decisions: u64,
    /// The latest 64 of them, the newest in the lowest bit: 1 is an error.
    pub errors: u64,
    /// Decisions in which it had a choice.
    pub choices: u64,
    /// How much it spread its probability in them before the floor: entropy divided by that of
    /// equal chances, from 0 to 1, a mean that fades by one hundredth a decision.
    pub normalized_entropy: f64,
    /// Its latest rewards, the oldest first, at most [`RECENT`].
    pub recent: Vec<RecentReward>,
    pub recent_moments: ExactMoments,
    /// Moments of all rewards before.
    pub before: ExactMoments,
}

/// One of the latest rewards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecentReward {
    /// When it was settled.
    pub at: Timestamp,
    /// One of ten thousand groups of learners: enough to tell most apart, and too few to identify one.
    pub group: u16,
    /// The reward, in [-1, 1].
    pub value: f64,
}

impl RecentReward {
    /// The reward of the learner who began the course with entry `began`.
    pub(super) fn of(value: f64, began: u64, at: Timestamp) -> Self {
        let group = (bucket("monitor", &began.to_string()) * 10_000.0) as u16;
        Self { at, group, value }
    }
}

/// How far the mean of some rewards has fallen below that of those before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fall {
    /// The mean of the recent ones.
    pub recent: f64,
    /// The mean of those before.
    pub before: f64,
    /// The variance of their difference, with learners as clusters.
    pub variance: f64,
    /// How many learners the recent ones are of, in effect.
    pub learners: f64,
}

/// What stops a policy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// It gave no distribution in so many of its latest [`ERRORS_AMONG`] decisions.
    Errors { errors: u32 },
    Crash {
        /// Mean of the recent rewards.
        recent: f64,
        /// Mean of those before.
        before: f64,
    },
    /// It stopped exploring, and its rewards fell.
    Collapse {
        /// The mean normalized entropy.
        normalized_entropy: f64,
        /// Mean of the recent rewards.
        recent: f64,
        /// Mean of those before.
        before: f64,
    },
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Errors { errors } => write!(
                f,
                "it gave no distribution in {errors} of its latest {ERRORS_AMONG} decisions"
            ),
            Self::Crash { recent, before } => write!(
                f,
                "the mean of its latest {RECENT} rewards is {recent:.3}, of all before {before:.3}"
            ),
            Self::Collapse { normalized_entropy, recent, before } => write!(
                f,
                "it explores no more (normalized entropy {normalized_entropy:.4}), and the mean of its latest {RECENT} \
                 rewards is {recent:.3}, of all before {before:.3}"
            ),
        }
    }
}

impl Default for Monitor {
    fn default() -> Self {
        Self {
            decisions: 0,
            errors: 0,
            choices: 0,
            normalized_entropy: 1.0,
            recent: Vec::new(),
            recent_moments: ExactMoments::default(),
            before: ExactMoments::default(),
        }
    }
}

impl Monitor {
    /// Takes in a decision that was the policy's to make. What a teacher or the kill switch chose was not.
    pub fn decided(&mut self, decision: &Decision) {
        if decision.choice.overridden_by.is_some()
            || decision.choice.fallback == Some(Fallback::KillSwitch)
        {
            return;
        }
        let error = decision.choice.fallback.is_some();
        self.decisions += 1;
        self.errors = self.errors << 1 | u64::from(error);
        // What was withheld from chance says nothing of how the policy explores.
        if !error && decision.choice.withheld.is_none() && decision.choice.candidates.len() > 1 {
            let policy = &decision.origin.decider.policy;
            let seen = if spreads_by_doubt(policy) { normalized_entropy(decision) } else { 1.0 };
            self.choices += 1;
            self.normalized_entropy =
                ENTROPY_KEPT * self.normalized_entropy + (1.0 - ENTROPY_KEPT) * seen;
        }
    }

    /// Takes in a reward of a decision that the policy made for the learner who began the course
    /// with entry `began`. Not by name: what is left of an erased learner must fold to the same.
    pub fn rewarded(&mut self, value: f64, began: u64, at: Timestamp) {
        if !value.is_finite() {
            return;
        }
        if self.recent.len() == RECENT {
            let oldest = self.recent.remove(0).value;
            self.recent_moments.remove(oldest);
            self.before.add(oldest);
        }
        self.recent.push(RecentReward::of(value, began, at));
        self.recent_moments.add(value);
    }

    /// Errors among the latest [`ERRORS_AMONG`] decisions.
    #[must_use]
    pub fn errors_lately(&self) -> u32 {
        (self.errors & ((1 << ERRORS_AMONG) - 1)).count_ones()
    }

    /// What stops the policy now, if something does.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        let errors = self.errors_lately();
        if errors >= ERRORS_MAX {
            return Some(Cause::Errors { errors });
        }
        let narrow = self.choices >= ENTROPY_MIN && self.normalized_entropy < ENTROPY_LEAST;
        let fall = self.fall(if narrow { COLLAPSE_FALL } else { CRASH_FALL })?;
        let Fall { recent, before, .. } = fall;
        if fall.exceeds(CRASH_ERRORS, CRASH_FALL) {
            return Some(Cause::Crash { recent, before });
        }
        let fallen = narrow && fall.exceeds(COLLAPSE_ERRORS, COLLAPSE_FALL);
        fallen.then_some(Cause::Collapse {
            normalized_entropy: self.normalized_entropy,
            recent,
            before,
        })
    }

    /// How far its rewards have fallen; `None` while there are too few, of too few learners, or
    /// they have fallen less than `least`: this is asked after every entry of the journal.
    pub(super) fn fall(&self, least: f64) -> Option<Fall> {
        let (recent, before) = (self.recent_moments.summary()?, self.before.summary()?);
        let enough = self.recent.len() == RECENT && before.n >= BEFORE_MIN;
        let matters = before.mean - recent.mean >= least;
        if enough && matters { Fall::of(&self.recent, &before) } else { None }
    }
}

impl Fall {
    /// Recent rewards against those before; `None` when they are in effect those of less than [`LEARNERS_MIN`] learners.
    ///
    /// The variance of the recent mean is that of clusters, `C / (C - 1) sum (sum of deviations of
    /// a cluster)^2 / n^2` (Liang and Zeger 1986), and never below that of independent rewards. The
    /// mean before is of rewards that hang together as much.
    pub fn of(recent: &[RecentReward], before: &Summary) -> Option<Self> {
        let mut moments = ExactMoments::default();
        recent.iter().for_each(|reward| moments.add(reward.value));
        let summary = moments.summary()?;
        // Of each learner the sum of deviations, and how many.
        let mut clusters: BTreeMap<u16, (f64, f64)> = BTreeMap::new();
        for reward in recent {
            let (sum, members) = clusters.entry(reward.group).or_default();
            *sum += reward.value - summary.mean;
            *members += 1.0;
        }
        let (count, rewards) = (clusters.len() as f64, summary.n as f64);
        let crowding: f64 = clusters.values().map(|(_, members)| members * members).sum();
        let learners = rewards * rewards / crowding;
        if learners < LEARNERS_MIN {
            return None;
        }
        let squares: f64 = clusters.values().map(|(sum, _)| sum * sum).sum();
        let clustered = count / (count - 1.0) * squares / (rewards * rewards);
        let independent = summary.variance / rewards;
        let effect = if independent > 0.0 { (clustered / independent).max(1.0) } else { 1.0 };
        let variance = effect * (independent + before.variance / before.n as f64);
        Some(Self { recent: summary.mean, before: before.mean, variance, learners })
    }

    /// Whether it is of so many rewards, and as rare by chance as so many standard errors are when
    /// the variance is known.
    pub fn exceeds(&self, errors: f64, fall: f64) -> bool {
        let fell = self.before - self.recent;
        let by_chance = || student_cdf(-fell / self.variance.sqrt(), self.learners - 1.0);
        fell >= fall && by_chance() <= normal_cdf(-errors)
    }
}

/// Entropy of a decision's probabilities before the floor, divided by that of equal chances.
fn normalized_entropy(decision: &Decision) -> f64 {
    let count = decision.choice.candidates.len() as f64;
    let (floor, least) = (decision.choice.floor, decision.choice.floor / count);
    if floor >= 1.0 {
        return 1.0;
    }
    let surprise = |probability: f64| {
        let mass = (probability - least) / (1.0 - floor);
        if mass > 0.0 { -mass * ln(mass) } else { 0.0 }
    };
    let all = decision.choice.candidates.iter().map(|candidate| surprise(candidate.probability));
    (all.sum::<f64>() / ln(count)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_stats::random::Stream;

    fn learner(number: usize) -> u64 {
        number as u64
    }

    fn tell(monitor: &mut Monitor, value: f64, rewards: usize, learners: usize) {
        for number in 0..rewards {
            monitor.rewarded(value, learner(number % learners), Timestamp(number as i64));
        }
    }

    /// A monitor that was told so many rewards around a mean, of deviation 0.4 in [-1, 1].
    fn told(
        monitor: &mut Monitor,
        mean: f64,
        rewards: usize,
        stream: &mut Stream,
    ) -> Option<Cause> {
        told_around(monitor, (mean, 0.4), rewards, stream)
    }

    fn told_around(
        monitor: &mut Monitor,
        (mean, deviation): (f64, f64),
        rewards: usize,
        stream: &mut Stream,
    ) -> Option<Cause> {
        for number in 0..rewards {
            let value = (mean + deviation * stream.normal()).clamp(-1.0, 1.0);
            monitor.rewarded(value, learner(number % 150), Timestamp(number as i64));
            if let Some(cause) = monitor.cause() {
                return Some(cause);
            }
        }
        None
    }

    /// Three hundred thousand rewards of an unchanging world, and not one false alarm.
    #[test]
    fn chance_alone_stops_nothing() {
        for seed in 0..3 {
            let (mut monitor, mut stream) = (Monitor::default(), Stream::new(seed));
            assert_eq!(told(&mut monitor, 0.1, 100_000, &mut stream), None, "seed {seed}");
        }
    }

    /// A million of them without any choice left: a policy that has made up its mind is left alone.
    #[test]
    fn a_policy_that_has_converged_is_left_alone() {
        for seed in 0..20 {
            let (mut monitor, mut stream) = (Monitor::default(), Stream::new(seed));
            (monitor.choices, monitor.normalized_entropy) = (ENTROPY_MIN, 0.0);
            assert_eq!(told(&mut monitor, 0.1, 50_000, &mut stream), None, "seed {seed}");
        }
    }

    /// The gains of a hundred thousand first plans by six probes each, of which 0.6 come right
    /// where 0.4 were foretold, give or take what learners differ by: no policy is stopped. A fall of 0.3 is seen.
    #[test]
    fn gains_by_probes_are_noisy_and_a_fall_of_them_is_seen() {
        let gain = |chance: f64, stream: &mut Stream| {
            let chance = (chance + 0.12 * stream.normal()).clamp(0.0, 1.0);
            let right = (0..6).filter(|_| stream.uniform() < chance).count();
            right as f64 / 6.0 - 0.4
        };
        for seed in 0..3 {
            let (mut monitor, mut stream) = (Monitor::default(), Stream::new(seed));
            for number in 0..100_000 {
                let gained = gain(0.6, &mut stream);
                monitor.rewarded(gained, learner(number), Timestamp(number as i64));
                assert_eq!(monitor.cause(), None, "seed {seed}");
            }
            for number in 100_000..100_000 + RECENT {
                let gained = gain(0.3, &mut stream);
                monitor.rewarded(gained, learner(number), Timestamp(number as i64));
            }
            assert!(matches!(monitor.cause(), Some(Cause::Crash { .. })), "seed {seed}");
        }
    }

    #[test]
    fn a_crash_is_seen_within_a_window() {
        let (mut monitor, mut stream) = (Monitor::default(), Stream::new(1));
        assert_eq!(told(&mut monitor, 0.2, 2_000, &mut stream), None);
        let cause = told(&mut monitor, -0.3, RECENT, &mut stream);
        assert!(matches!(cause, Some(Cause::Crash { .. })), "{cause:?}");
        // A small fall is not a crash, but it is one of a policy that explores no more.
        let mut monitor = Monitor::default();
        assert_eq!(told_around(&mut monitor, (0.2, 0.2), 2_000, &mut stream), None);
        let mut narrow = monitor.clone();
        (narrow.choices, narrow.normalized_entropy) = (ENTROPY_MIN, 0.001);
        let luck = stream.clone();
        assert_eq!(told_around(&mut monitor, (0.08, 0.2), RECENT, &mut stream), None);
        let cause = told_around(&mut narrow, (0.08, 0.2), RECENT, &mut luck.clone());
        assert!(matches!(cause, Some(Cause::Collapse { .. })), "{cause:?}");
    }

    #[test]
    fn few_rewards_and_odd_ones_say_nothing() {
        let mut monitor = Monitor::default();
        tell(&mut monitor, 1.0, 300, 50);
        tell(&mut monitor, -1.0, 199, 50);
        assert_eq!(monitor.cause(), None);
        tell(&mut monitor, f64::NAN, 1, 1);
        assert_eq!(monitor.cause(), None);
        tell(&mut monitor, -1.0, 1, 1);
        assert_eq!(monitor.cause(), Some(Cause::Crash { recent: -1.0, before: 1.0 }));
    }

    /// One learner who does badly, or a few, say nothing of a policy.
    #[test]
    fn a_few_learners_stop_nobody() {
        for (learners, stops) in [(1, false), (9, false), (50, true)] {
            let mut monitor = Monitor::default();
            tell(&mut monitor, 0.5, 600, 50);
            tell(&mut monitor, -0.5, RECENT, learners);
            assert_eq!(monitor.cause().is_some(), stops, "{learners} learners");
        }
    }

    /// A child who skips and skips, beside others who bring a reward each.
    #[test]
    fn one_learner_among_others_stops_nobody() {
        for others in [9, 20, 40] {
            let mut monitor = Monitor::default();
            tell(&mut monitor, 0.5, 600, 50);
            tell(&mut monitor, -0.5, RECENT - others, 1);
            tell(&mut monitor, 0.5, others, others);
            assert_eq!(monitor.cause(), None, "{others} others");
        }
    }

    /// Rewards that come in fives, all of a learner and all alike: a few learners' luck looks like
    /// a fall by the count of rewards, and not by that of learners. Every alarm is false here.
    #[test]
    fn rewards_that_hang_together_raise_no_false_alarm() {
        let (mut alarms, mut by_rewards) = (0, 0);
        for seed in 0..20 {
            let (mut monitor, mut stream) = (Monitor::default(), Stream::new(seed));
            let mut naive_rang = false;
            for number in 0..4_000 {
                let value = (0.1 + 0.4 * stream.normal()).clamp(-1.0, 1.0);
                let who = learner(stream.below(1_000) as usize);
                (0..5).for_each(|_| monitor.rewarded(value, who, Timestamp(number)));
                alarms += usize::from(monitor.cause().is_some());
                let both = (monitor.recent_moments.summary(), monitor.before.summary());
                if let (Some(recent), Some(before)) = both {
                    let variance =
                        recent.variance / recent.n as f64 + before.variance / before.n as f64;
                    let fell = before.mean - recent.mean;
                    let enough = before.n >= BEFORE_MIN && fell >= CRASH_FALL;
                    naive_rang |= enough && fell >= CRASH_ERRORS * variance.sqrt();
                }
            }
            by_rewards += usize::from(naive_rang);
        }
        assert_eq!(alarms, 0);
        assert!(by_rewards >= 15, "by rewards alone {by_rewards} of 20 would have rung");
    }
}
