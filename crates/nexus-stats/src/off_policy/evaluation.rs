//! A whole evaluation: gates, then every estimator with its intervals, and the target against what
//! was served.
//!
//! No decision is judged by a model that has seen it. For one look at the end the decisions are cut
//! in two, whole units to one side, and each half is judged by the model of the other (cross-fitting;
//! Chernozhukov and others 2018). For looks at any time each decision is judged by a model of what
//! came before it, fitted anew whenever the log has doubled (Waudby-Smith, Wu, Ramdas, Karampatziakis
//! and Mineiro 2022).

use super::LoggedDecision;
use super::estimate::{Estimator, PolicyValue, WeighedReward};
use super::overlap::{DECISIONS_MIN, Gate, Overlap};
use super::reward_model::{Fitting, RewardModel};
use crate::hash::mix;
use crate::interval::Interval;
use crate::moments::Moments;
use crate::sequential::ConfidenceSequence;

/// Decisions at which the intervals that may be looked at any time are tightest.
pub const DECISIONS_PLANNED: u64 = 2_000;
/// Decisions before the first model of what came before; until then their mean is expected.
const FIRST_FIT: usize = 100;

/// A way to estimate, with all that it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The model, corrected by what was seen; the default.
    DoublyRobust,
    /// The same, with the correction normalised by its weights.
    SelfNormalisedDoublyRobust,
    /// Doubly robust, with the model that makes its variance least.
    MoreRobust,
    /// Doubly robust with weights that are shrunk.
    Shrinkage,
    /// Doubly robust where the weight is not too great, else the model.
    Switch,
    /// The reward model alone, without weights.
    Direct,
    /// Rewards by their weights, normalised by these.
    SelfNormalisedPropensity,
    /// Rewards by their weights.
    InversePropensity,
}

impl Method {
    /// All, the default first.
    pub const ALL: [Self; 8] = [
        Self::DoublyRobust,
        Self::SelfNormalisedDoublyRobust,
        Self::MoreRobust,
        Self::Shrinkage,
        Self::Switch,
        Self::Direct,
        Self::SelfNormalisedPropensity,
        Self::InversePropensity,
    ];

    /// Its name, for people and programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::DoublyRobust => "dr",
            Self::SelfNormalisedDoublyRobust => "sndr",
            Self::MoreRobust => "mrdr",
            Self::Shrinkage => "dr-os",
            Self::Switch => "switch",
            Self::Direct => "dm",
            Self::SelfNormalisedPropensity => "snips",
            Self::InversePropensity => "ips",
        }
    }

    /// Whether its error is noise alone, so that an interval can be built on it. The others give up
    /// some truth for less noise: they order targets, and their intervals would be too narrow.
    #[must_use]
    pub fn has_interval(self) -> bool {
        match self {
            Self::DoublyRobust
            | Self::SelfNormalisedDoublyRobust
            | Self::MoreRobust
            | Self::SelfNormalisedPropensity
            | Self::InversePropensity => true,
            Self::Shrinkage | Self::Switch | Self::Direct => false,
        }
    }

    fn estimator(self) -> Estimator {
        match self {
            Self::DoublyRobust | Self::MoreRobust => Estimator::DoublyRobust,
            Self::SelfNormalisedDoublyRobust => Estimator::SelfNormalisedDoublyRobust,
            Self::Shrinkage => Estimator::Shrinkage { shrinkage: f64::INFINITY },
            Self::Switch => Estimator::Switch { threshold: f64::INFINITY },
            Self::Direct => Estimator::Direct,
            Self::SelfNormalisedPropensity => Estimator::Snips,
            Self::InversePropensity => Estimator::Ips,
        }
    }
}

/// The estimate of one estimator, with its intervals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// How it was made.
    pub method: Method,
    /// The estimator, with its constant chosen.
    pub estimator: Estimator,
    /// The point estimate with its standard error.
    pub value: PolicyValue,
    /// For one look at the end; `None` of a method that has none.
    pub interval: Option<Interval>,
}

/// A mean with both of its intervals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WithIntervals {
    /// The cross-fitted, doubly robust estimate.
    pub value: PolicyValue,
    /// For one look at the end.
    pub interval: Interval,
    /// For looks at any time, around the estimate whose models know only the past; `None` where the log does not vary.
    pub always_valid: Option<Interval>,
}

/// What a target is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetWorth {
    /// All methods, the default first.
    pub estimates: Vec<Estimate>,
    /// What the target earns a decision.
    pub target: WithIntervals,
    /// How much more that is than what was served earned in the same decisions.
    pub above_served: WithIntervals,
    /// What was served earned.
    pub served: PolicyValue,
}

/// How much a log says of a target, and what.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetEvaluation {
    /// How much of the target the log has seen.
    pub overlap: Overlap,
    /// Why there is no number; empty when there is.
    pub missing: Vec<Gate>,
    /// `None` where a gate is not passed.
    pub worth: Option<TargetWorth>,
}

/// Evaluates a target on a log, in the order in which it was served; `alpha` is the error rate of each
/// interval, in (0, 1).
#[must_use]
pub fn evaluate(decisions: &[LoggedDecision], alpha: f64) -> TargetEvaluation {
    let overlap = Overlap::of(decisions);
    let missing = overlap.missing();
    let worth = missing.is_empty().then(|| worth(decisions, alpha)).flatten();
    TargetEvaluation { overlap, missing, worth }
}

/// The same past all gates; `None` when a number is not finite, or all is one unit.
#[must_use]
pub fn worth(decisions: &[LoggedDecision], alpha: f64) -> Option<TargetWorth> {
    let rewards = cross_fitted(decisions, Fitting::LeastSquares);
    let least_variance = cross_fitted(decisions, Fitting::LeastVariance);
    let estimate = |method: Method| {
        let rewards = if method == Method::MoreRobust { &least_variance } else { &rewards };
        let estimator = method.estimator().tuned(rewards);
        let value = estimator.value(rewards)?;
        let interval = method.has_interval().then(|| value.interval(alpha));
        Some(Estimate { method, estimator, value, interval })
    };
    let estimates: Option<Vec<_>> = Method::ALL.into_iter().map(estimate).collect();
    let past = predicted(decisions);
    let served = decisions.iter().map(|it| (it.unit, it.reward));
    Some(TargetWorth {
        estimates: estimates?,
        target: with_intervals(&rewards, &past, alpha, |term, _| term)?,
        above_served: with_intervals(&rewards, &past, alpha, |term, reward| term - reward)?,
        served: PolicyValue::mean(&served.collect::<Vec<_>>())?,
    })
}

fn with_intervals(
    crossed: &[WeighedReward],
    past: &[WeighedReward],
    alpha: f64,
    of: impl Fn(f64, f64) -> f64,
) -> Option<WithIntervals> {
    let terms = |rewards: &[WeighedReward]| {
        let terms = Estimator::DoublyRobust.terms(rewards).into_iter().zip(rewards);
        terms.map(|(term, it)| (it.unit, of(term, it.reward))).collect::<Vec<_>>()
    };
    let value = PolicyValue::mean(&terms(crossed))?;
    let mut seen = Moments::default();
    terms(past).iter().for_each(|(_, term)| seen.add(*term));
    let sequence = ConfidenceSequence::planned(alpha, DECISIONS_PLANNED, DECISIONS_MIN);
    let always_valid = sequence.zip(seen.summary());
    let always_valid = always_valid.and_then(|(sequence, seen)| sequence.mean(&seen));
    Some(WithIntervals { value, interval: value.interval(alpha), always_valid })
}

/// The decisions, each judged by the model of the other half; by a model made elsewhere where every
/// decision has one.
#[must_use]
pub fn cross_fitted(decisions: &[LoggedDecision], fitting: Fitting) -> Vec<WeighedReward> {
    let elsewhere = decisions.iter().all(|it| it.given.is_some());
    if elsewhere && fitting == Fitting::LeastSquares {
        return judged(decisions, |_, it| it.given.unwrap_or_default());
    }
    let half = |decision: &LoggedDecision| (mix(decision.unit) & 1) as usize;
    let models = [0, 1]
        .map(|other| RewardModel::fit(decisions, fitting, |_, decision| half(decision) != other));
    judged(decisions, |_, decision| models[half(decision)].expected(decision))
}

/// The decisions, each judged by a model of what came before it.
#[must_use]
pub fn predicted(decisions: &[LoggedDecision]) -> Vec<WeighedReward> {
    if decisions.iter().all(|it| it.given.is_some()) {
        return judged(decisions, |_, it| it.given.unwrap_or_default());
    }
    let (mut model, mut refit, mut sum) = (None, FIRST_FIT, 0.0);
    judged(decisions, |place, decision| {
        if place == refit {
            model = Some(RewardModel::fit(&decisions[..place], Fitting::LeastSquares, |_, _| true));
            refit *= 2;
        }
        let mean = sum / place.max(1) as f64;
        sum += decision.reward;
        let of_target = mean * decision.supported();
        model.as_ref().map_or((mean, of_target), |model| model.expected(decision))
    })
}

fn judged(
    decisions: &[LoggedDecision],
    mut expects: impl FnMut(usize, &LoggedDecision) -> (f64, f64),
) -> Vec<WeighedReward> {
    let judged = decisions.iter().enumerate().map(|(place, decision)| {
        let (expected, expected_of_target) = expects(place, decision);
        WeighedReward {
            weight: decision.weight(),
            reward: decision.reward,
            expected,
            expected_of_target,
            unit: decision.unit,
        }
    });
    judged.collect()
}
