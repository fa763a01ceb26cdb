//! Which strategies there are.

use super::{MasteryRule, Path, Strategy};

/// The strategies a learner may be dealt, at least one, in a fixed order.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategySet {
    strategies: Vec<Strategy>,
}

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
