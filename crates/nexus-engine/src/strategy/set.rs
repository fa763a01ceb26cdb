//! Which strategies there are, and what is believed of them before any learner was taught.

use super::{MasteryRule, Path, Strategy};
use nexus_stats::math::exp;

/// The strategies a learner may be dealt, at least one, in a fixed order.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategySet {
    strategies: Vec<Strategy>,
}

/// What is believed of the gains of a set of strategies: jointly Gaussian.
#[derive(Clone, Debug, PartialEq)]
pub struct GainPrior {
    /// Expected gain of each strategy, as a share of right probes.
    pub mean: Vec<f64>,
    /// Covariance of the gains, row by row.
    pub covariance: Vec<f64>,
}

/// Variance of the gain that all strategies share: how much a course teaches is not known.
const LEVEL_VARIANCE: f64 = 0.04;
/// Variance of what similar strategies share.
const KIN_VARIANCE: f64 = 0.0025;
/// Variance that is a strategy's own.
const OWN_VARIANCE: f64 = 0.0002;
/// Share of what was measured elsewhere that is expected here.
const TRUST: f64 = 0.4;

impl StrategySet {
    /// A set of these; `None` when there are none or a number is out of range.
    #[must_use]
    pub fn new(strategies: Vec<Strategy>) -> Option<Self> {
        let sound = !strategies.is_empty() && strategies.iter().all(is_sound);
        sound.then_some(Self { strategies })
    }

    /// The strategies, in their order.
    #[must_use]
    pub fn strategies(&self) -> &[Strategy] {
        &self.strategies
    }

    /// What is believed before anything was measured: strategies that look alike gain alike.
    #[must_use]
    pub fn cold_prior(&self) -> GainPrior {
        let count = self.strategies.len();
        let mut covariance = Vec::with_capacity(count * count);
        for (row, a) in self.strategies.iter().enumerate() {
            for (column, b) in self.strategies.iter().enumerate() {
                let own = if row == column { OWN_VARIANCE } else { 0.0 };
                covariance.push(LEVEL_VARIANCE + KIN_VARIANCE * likeness(a, b) + own);
            }
        }
        GainPrior { mean: vec![0.5; count], covariance }
    }

    /// The same, after gains were measured in other worlds, one row a world. Worlds count as draws
    /// of one population: what was good in all is expected to be good, and what was good together
    /// is expected to be good together. Rows of another length or with numbers that are not finite
    /// are left out.
    #[must_use]
    pub fn warm_prior(&self, worlds: &[&[f64]]) -> GainPrior {
        let mut prior = self.cold_prior();
        let count = self.strategies.len();
        let usable = worlds.iter().filter(|row| row.len() == count);
        let usable = usable.filter(|row| row.iter().all(|gain| gain.is_finite()));
        let centred: Vec<Vec<f64>> = usable.map(|row| centred(row)).collect();
        if centred.is_empty() {
            return prior;
        }
        let share = 1.0 / centred.len() as f64;
        for row in &centred {
            for (mean, gain) in prior.mean.iter_mut().zip(row) {
                *mean += TRUST * share * gain;
            }
        }
        for row in &centred {
            for (position, entry) in prior.covariance.iter_mut().enumerate() {
                *entry += share * row[position / count] * row[position % count];
            }
        }
        prior
    }
}

impl Default for StrategySet {
    /// The 25 shipped strategies: mastery in order, by three rules and at six targets, and taking
    /// turns at several targets, with and without waiting for what a skill needs.
    fn default() -> Self {
        let mut strategies = Vec::new();
        let base = Strategy {
            path: Path::Frontier,
            mastery: MasteryRule::Known(0.9),
            attempt_cap: 14.0,
            target_success: 0.35,
            review_below: 0.0,
            open_from: 0.0,
            focus: 0.0,
        };
        for target_success in [0.2, 0.35, 0.5, 0.6, 0.7, 0.8] {
            for mastery in
                [MasteryRule::Success(0.75), MasteryRule::Success(0.85), MasteryRule::Known(0.95)]
            {
                strategies.push(Strategy { mastery, target_success, ..base });
            }
        }
        for target_success in [0.35, 0.5, 0.65, 0.8, 0.95] {
            strategies.push(Strategy { path: Path::Turns, target_success, ..base });
        }
        for target_success in [0.5, 0.7] {
            let path = Path::Turns;
            strategies.push(Strategy { path, target_success, open_from: 0.5, ..base });
        }
        Self { strategies }
    }
}

fn is_sound(strategy: &Strategy) -> bool {
    let (MasteryRule::Success(level) | MasteryRule::Known(level)) = strategy.mastery;
    let shares = [level, strategy.target_success, strategy.review_below, strategy.open_from];
    let positive = strategy.attempt_cap > 0.0 && strategy.attempt_cap.is_finite();
    shares.iter().all(|share| (0.0..=1.0).contains(share))
        && positive
        && (0.0..=10.0).contains(&strategy.focus)
}

/// How alike two strategies are, from 0 to 1: a Gaussian kernel over their numbers, each on the
/// scale on which it starts to matter.
fn likeness(a: &Strategy, b: &Strategy) -> f64 {
    let (a, b) = (coordinates(a), coordinates(b));
    let squared: f64 = a.iter().zip(&b).map(|(a, b)| (a - b) * (a - b)).sum();
    exp(-0.5 * squared)
}

fn coordinates(strategy: &Strategy) -> [f64; 8] {
    let (kind, level) = match strategy.mastery {
        MasteryRule::Success(level) => (0.0, level),
        MasteryRule::Known(level) => (1.0, level),
    };
    let (path, rule) = match strategy.path {
        Path::Frontier => (0.0, 1.0),
        // The rule of mastery changes nothing when all take turns.
        Path::Turns => (2.0, 0.0),
    };
    [
        path,
        rule * kind,
        rule * level / 0.15,
        rule * strategy.attempt_cap.min(20.0) / 10.0,
        strategy.target_success / 0.2,
        rule * strategy.review_below / 0.5,
        (1.0 - rule) * strategy.open_from / 0.3,
        strategy.focus / 0.5,
    ]
}

fn centred(row: &[f64]) -> Vec<f64> {
    let mean = row.iter().sum::<f64>() / row.len() as f64;
    row.iter().map(|gain| gain - mean).collect()
}
