//! The monitor of a policy in a course: what would make a careful person stop it, looked at after
//! every decision and every reward, and said to the kill switch.
//!
//! Three things stop a policy. *Errors*: it gave no distribution in several of its latest
//! decisions, which no sound policy ever does. *A crash*: the mean of its latest rewards lies far
//! below that of all before, by a two-sample comparison so strict that it may be made after every
//! reward for years. *A collapse*: a policy that spreads its choices by what it does not know has
//! stopped spreading them, and its rewards have fallen. A policy that has rightly made up its mind
//! also spreads little, but its rewards do not fall; so little spread alone never stops anything.
//!
//! Strategies have a monitor of their own: what they are paid, gains by probes, is another scale
//! than rewards, and comes once in weeks. It is told the gains of learners' first deals
//! (`workspace::strategies`), by the same rule for a crash, which holds for them as well: a gain by
//! two to six probes has a deviation of about 0.25, less than that of rewards.

use crate::decision::{Decision, Fallback};
use nexus_stats::math::ln;
use nexus_stats::moments::{ExactMoments, Summary};
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
/// At 5, one comparison in 3.5 million is wrong by chance (normal tail), and the comparisons of
/// one window of rewards are nearly one.
pub const CRASH_ERRORS: f64 = 5.0;
/// How far it must lie below in rewards besides: with many rewards also a trifle is beyond chance.
pub const CRASH_FALL: f64 = 0.15;
/// Share of what is left of the mean spread after the next decision.
const SPREAD_KEPT: f64 = 0.99;
/// Decisions with a choice before the mean spread is believed: what it began with has faded then.
pub const SPREAD_MIN: u64 = 600;
/// A mean spread below this is none.
pub const SPREAD_LEAST: f64 = 0.01;
/// A fall of rewards that makes little spread suspicious, in standard errors of the difference.
pub const COLLAPSE_ERRORS: f64 = 3.0;
/// The same in rewards.
pub const COLLAPSE_FALL: f64 = 0.05;
/// The policies that spread their choices by what they do not know. All others put their mass on
/// one candidate by design, or spread it always.
const SPREADING: [&str; 4] = ["lin-ts", "logistic-ts", "squarecb", "ensemble"];

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
    pub spread: f64,
    /// Its latest rewards, the oldest first, at most [`RECENT`].
    pub recent: Vec<f64>,
    /// Moments of `recent`.
    pub recent_moments: ExactMoments,
    /// Moments of all rewards before.
    pub before: ExactMoments,
}

/// What stops a policy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// It gave no distribution in so many of its latest [`ERRORS_AMONG`] decisions.
    Errors {
        /// In how many.
        errors: u32,
    },
    /// Its rewards fell.
    Crash {
        /// Mean of the recent rewards.
        recent: f64,
        /// Mean of those before.
        before: f64,
    },
    /// It stopped exploring, and its rewards fell.
    Collapse {
        /// The mean spread.
        spread: f64,
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
            Self::Collapse { spread, recent, before } => write!(
                f,
                "it explores no more (spread {spread:.4}), and the mean of its latest {RECENT} \
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
            spread: 1.0,
            recent: Vec::new(),
            recent_moments: ExactMoments::default(),
            before: ExactMoments::default(),
        }
    }
}

impl Monitor {
    /// Takes in a decision that was the policy's to make. What a teacher or the kill switch chose
    /// was not.
    pub fn decided(&mut self, decision: &Decision) {
        if decision.overridden_by.is_some() || decision.fallback == Some(Fallback::KillSwitch) {
            return;
        }
        let error = decision.fallback.is_some();
        self.decisions += 1;
        self.errors = self.errors << 1 | u64::from(error);
        // What was withheld from chance says nothing of how the policy explores.
        if !error && decision.withheld.is_none() && decision.candidates.len() > 1 {
            let spreads = SPREADING.contains(&decision.policy.as_str());
            let seen = if spreads { spread(decision) } else { 1.0 };
            self.choices += 1;
            self.spread = SPREAD_KEPT * self.spread + (1.0 - SPREAD_KEPT) * seen;
        }
    }

    /// Takes in a reward of a decision that the policy made.
    pub fn rewarded(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        if self.recent.len() == RECENT {
            let oldest = self.recent.remove(0);
            self.recent_moments.remove(oldest);
            self.before.add(oldest);
        }
        self.recent.push(value);
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
        let (recent, before) = (self.recent_moments.summary()?, self.before.summary()?);
        if self.recent.len() < RECENT || before.n < BEFORE_MIN {
            return None;
        }
        if has_fallen(&recent, &before, CRASH_ERRORS, CRASH_FALL) {
            return Some(Cause::Crash { recent: recent.mean, before: before.mean });
        }
        let narrow = self.choices >= SPREAD_MIN && self.spread < SPREAD_LEAST;
        let fallen = narrow && has_fallen(&recent, &before, COLLAPSE_ERRORS, COLLAPSE_FALL);
        let (spread, recent, before) = (self.spread, recent.mean, before.mean);
        fallen.then_some(Cause::Collapse { spread, recent, before })
    }
}

/// Whether the recent mean lies below the mean before by so many standard errors of the
/// difference (Welch's, which asks for no equal variances), and by so many rewards.
fn has_fallen(recent: &Summary, before: &Summary, errors: f64, fall: f64) -> bool {
    let variance = recent.variance / recent.n as f64 + before.variance / before.n as f64;
    let fell = before.mean - recent.mean;
    fell >= fall && fell >= errors * variance.sqrt()
}

/// Entropy of a decision's probabilities before the floor, divided by that of equal chances.
fn spread(decision: &Decision) -> f64 {
    let count = decision.candidates.len() as f64;
    let (floor, least) = (decision.floor, decision.floor / count);
    if floor >= 1.0 {
        return 1.0;
    }
    let surprise = |probability: f64| {
        let mass = (probability - least) / (1.0 - floor);
        if mass > 0.0 { -mass * ln(mass) } else { 0.0 }
    };
    let all = decision.candidates.iter().map(|candidate| surprise(candidate.probability));
    (all.sum::<f64>() / ln(count)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_stats::random::Stream;

    /// A monitor that was told so many rewards around a mean, of deviation 0.4 in [-1, 1].
    fn told(
        monitor: &mut Monitor,
        mean: f64,
        rewards: usize,
        stream: &mut Stream,
    ) -> Option<Cause> {
        for _ in 0..rewards {
            monitor.rewarded((mean + 0.4 * stream.normal()).clamp(-1.0, 1.0));
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

    /// The same without any choice left: a policy that has made up its mind is left alone.
    #[test]
    fn a_policy_that_has_converged_is_left_alone() {
        for seed in 0..3 {
            let (mut monitor, mut stream) = (Monitor::default(), Stream::new(seed));
            (monitor.choices, monitor.spread) = (SPREAD_MIN, 0.0);
            assert_eq!(told(&mut monitor, 0.1, 10_000, &mut stream), None, "seed {seed}");
        }
    }

    /// The gains of a hundred thousand first deals by six probes each, of which 0.6 come right
    /// where 0.4 were foretold, give or take what learners differ by: nobody is stopped. A fall of
    /// 0.3 is seen.
    #[test]
    fn gains_by_probes_are_noisy_and_a_fall_of_them_is_seen() {
        let gain = |chance: f64, stream: &mut Stream| {
            let chance = (chance + 0.12 * stream.normal()).clamp(0.0, 1.0);
            let right = (0..6).filter(|_| stream.uniform() < chance).count();
            right as f64 / 6.0 - 0.4
        };
        for seed in 0..3 {
            let (mut monitor, mut stream) = (Monitor::default(), Stream::new(seed));
            for _ in 0..100_000 {
                monitor.rewarded(gain(0.6, &mut stream));
                assert_eq!(monitor.cause(), None, "seed {seed}");
            }
            (0..RECENT).for_each(|_| monitor.rewarded(gain(0.3, &mut stream)));
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
        assert_eq!(told(&mut monitor, 0.2, 2_000, &mut stream), None);
        let mut narrow = monitor.clone();
        (narrow.choices, narrow.spread) = (SPREAD_MIN, 0.001);
        let luck = stream.clone();
        assert_eq!(told(&mut monitor, 0.08, RECENT, &mut stream), None);
        let cause = told(&mut narrow, 0.08, RECENT, &mut luck.clone());
        assert!(matches!(cause, Some(Cause::Collapse { .. })), "{cause:?}");
    }

    #[test]
    fn few_rewards_and_odd_ones_say_nothing() {
        let mut monitor = Monitor::default();
        (0..300).for_each(|_| monitor.rewarded(1.0));
        (0..199).for_each(|_| monitor.rewarded(-1.0));
        assert_eq!(monitor.cause(), None);
        monitor.rewarded(f64::NAN);
        assert_eq!(monitor.cause(), None);
        monitor.rewarded(-1.0);
        assert_eq!(monitor.cause(), Some(Cause::Crash { recent: -1.0, before: 1.0 }));
    }
}
