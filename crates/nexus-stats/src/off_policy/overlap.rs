//! How much of the target a log has seen, and whether that is enough to say a number.
//!
//! The gates are those at which intervals were measured to hold in simulation, also where the
//! policy that was served learned while it served (`docs/science.md`).

use super::LoggedDecision;

/// Fewest decisions with a reward.
pub const DECISIONS_MIN: u64 = 500;
/// Least effective sample size.
pub const EFFECTIVE_MIN: f64 = 100.0;
/// Greatest share of all weight that one decision may have.
pub const SHARE_MAX: f64 = 0.10;
/// Greatest mass of the target outside of what could have been chosen.
pub const UNSUPPORTED_MAX: f64 = 0.01;
/// How far the mean weight may lie from 1.
pub const MEAN_WEIGHT_OFF: f64 = 0.1;

/// How much of the target the log has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Overlap {
    /// Decisions with a reward.
    pub decisions: u64,
    /// The effective sample size (Kish 1965): decisions of the target's own that say as much.
    pub effective: f64,
    /// The greatest importance weight.
    pub weight_max: f64,
    /// Its share of the sum of all, in [0, 1].
    pub share_max: f64,
    /// The mean weight: 1 where propensities are right and everything is supported.
    pub weight_mean: f64,
    /// Mean probability of the target for what could not have been chosen, in [0, 1].
    pub unsupported: f64,
}

impl Overlap {
    /// Measures how much a log says about the target.
    #[must_use]
    pub fn of(decisions: &[LoggedDecision]) -> Self {
        let (mut sum, mut squares, mut weight_max, mut unsupported) = (0.0, 0.0, 0.0_f64, 0.0);
        for decision in decisions {
            let weight = decision.weight();
            sum += weight;
            squares += weight * weight;
            weight_max = weight_max.max(weight);
            unsupported += decision.unsupported;
        }
        let n = decisions.len() as f64;
        let over = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        Self {
            decisions: decisions.len() as u64,
            effective: over(sum * sum, squares),
            weight_max,
            share_max: over(weight_max, sum),
            weight_mean: over(sum, n),
            unsupported: over(unsupported, n),
        }
    }

    /// What is missing before a number may be said; empty when nothing is.
    #[must_use]
    pub fn missing(&self) -> Vec<Gate> {
        let mut missing = Vec::new();
        if self.decisions < DECISIONS_MIN {
            missing.push(Gate::Decisions);
        }
        if self.effective < EFFECTIVE_MIN {
            missing.push(Gate::Effective);
        }
        if self.share_max > SHARE_MAX {
            missing.push(Gate::Share);
        }
        if self.unsupported > UNSUPPORTED_MAX {
            missing.push(Gate::Unsupported);
        }
        if (self.weight_mean - 1.0).abs() > MEAN_WEIGHT_OFF {
            missing.push(Gate::MeanWeight);
        }
        missing
    }

    /// Decisions with a reward that would be enough at the same overlap; `None` when no number of
    /// them would.
    #[must_use]
    pub fn decisions_needed(&self) -> Option<u64> {
        if self.effective <= 0.0 {
            return None;
        }
        let for_effective = EFFECTIVE_MIN * self.decisions as f64 / self.effective;
        let for_share = self.decisions as f64 * self.share_max / SHARE_MAX;
        Some(DECISIONS_MIN.max(for_effective.max(for_share).ceil() as u64))
    }
}

/// What a log must have before it says a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// At least [`DECISIONS_MIN`] decisions with a reward.
    Decisions,
    /// An effective sample size of at least [`EFFECTIVE_MIN`].
    Effective,
    /// No decision with more than [`SHARE_MAX`] of all weight.
    Share,
    /// At most [`UNSUPPORTED_MAX`] of the target outside of what could have been chosen.
    Unsupported,
    /// A mean weight within [`MEAN_WEIGHT_OFF`] of 1.
    MeanWeight,
}

impl Gate {
    /// All gates, in the order in which they are asked.
    pub const ALL: [Self; 5] =
        [Self::Decisions, Self::Effective, Self::Share, Self::Unsupported, Self::MeanWeight];

    /// The gate of a name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gate| gate.word() == word)
    }

    /// Its name, for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Decisions => "decisions",
            Self::Effective => "effective_sample_size",
            Self::Share => "largest_weight",
            Self::Unsupported => "unsupported_mass",
            Self::MeanWeight => "mean_weight",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(weights: impl Iterator<Item = f64>) -> Vec<LoggedDecision> {
        let decision = |weight: f64| LoggedDecision {
            propensity: 0.5,
            target: vec![(0, 0.5 * weight)],
            ..LoggedDecision::default()
        };
        weights.map(decision).collect()
    }

    #[test]
    fn a_target_that_was_served_has_its_own_sample_size() {
        let overlap = Overlap::of(&log(std::iter::repeat_n(1.0, 500)));
        assert_eq!((overlap.effective, overlap.weight_mean, overlap.weight_max), (500.0, 1.0, 1.0));
        assert_eq!((overlap.share_max, overlap.missing()), (0.002, vec![]));
    }

    /// Weights 0, 0, 0, 4 over and over: a quarter of the log says all, so 400 decisions are worth 100.
    #[test]
    fn what_the_target_would_not_choose_says_nothing() {
        let weights = |n: usize| (0..n).map(|at| if at % 4 == 3 { 4.0 } else { 0.0 });
        let little = Overlap::of(&log(weights(396)));
        assert_eq!((little.effective, little.weight_mean), (99.0, 1.0));
        assert_eq!(little.missing(), [Gate::Decisions, Gate::Effective]);
        assert_eq!(little.decisions_needed(), Some(500));
        let enough = Overlap::of(&log(weights(500)));
        assert_eq!((enough.effective, enough.missing()), (125.0, vec![]));
    }

    /// 999 decisions of weight 0.9 and one of 101: 8.99 times the others' sum is 0.101 of all.
    #[test]
    fn one_decision_may_not_speak_for_all() {
        let weights = std::iter::repeat_n(0.9, 999).chain([101.0]);
        let overlap = Overlap::of(&log(weights));
        assert!((overlap.share_max - 101.0 / (899.1 + 101.0)).abs() < 1e-12);
        assert!(overlap.missing().contains(&Gate::Share));
        // 100 effective decisions at this overlap: 1000.1^2 / (809.19 + 10201) = 90.84 of 1,000.
        assert_eq!(overlap.decisions_needed(), Some(1101));
    }

    #[test]
    fn a_target_outside_of_the_log_is_refused() {
        let mut outside = log(std::iter::repeat_n(0.98, 600));
        outside.iter_mut().for_each(|decision| decision.unsupported = 0.02);
        assert_eq!(Overlap::of(&outside).missing(), [Gate::Unsupported]);
        let elsewhere = Overlap::of(&log(std::iter::repeat_n(0.0, 600)));
        assert_eq!(elsewhere.missing(), [Gate::Effective, Gate::MeanWeight]);
        assert_eq!(elsewhere.decisions_needed(), None);
        assert_eq!(Overlap::of(&[]).decisions, 0);
    }
}
