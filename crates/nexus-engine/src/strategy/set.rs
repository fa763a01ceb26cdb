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
    /// The 16 shipped strategies: twelve picked in simulation from 192 points spread evenly over
    /// all that a strategy can be, so that in each of twenty worlds one of them is as good as any
    /// point, and four that lie furthest from those (`docs/decisions/0007-sixteen-strategies.md`).
    fn default() -> Self {
        let [known, success] = [MasteryRule::Known, MasteryRule::Success];
        let strategies = vec![
            frontier(success(0.76), 13.0, 0.45, 0.75, 0.0),
            frontier(success(0.67), 7.0, 0.95, 0.0, 0.0),
            frontier(success(0.82), 10.0, 0.65, 0.15, 0.3),
            frontier(known(0.88), 16.0, 0.35, 0.0, 0.1),
            turns(success(0.93), 14.0, 0.95, 0.0),
            frontier(success(0.65), 8.0, 0.4, 0.25, 0.0),
            frontier(success(0.87), 14.0, 0.65, 0.0, 0.45),
            frontier(success(0.82), 14.0, 0.7, 0.0, 0.0),
            frontier(known(0.61), 6.0, 0.6, 0.7, 0.15),
            turns(known(0.87), 7.0, 0.45, 0.25),
            frontier(known(0.83), 12.0, 0.35, 0.35, 0.0),
            frontier(success(0.62), 17.0, 0.45, 0.65, 0.0),
            turns(success(0.75), 10.0, 0.15, 0.0),
            turns(known(0.65), 9.0, 0.9, 0.55),
            turns(success(0.63), 10.0, 0.4, 0.75),
            turns(known(0.88), 8.0, 0.9, 0.05),
        ];
        Self { strategies }
    }
}

/// Mastery in order: the rule, its cap, the target, from where on to review, and the focus.
fn frontier(
    mastery: MasteryRule,
    attempt_cap: f64,
    target_success: f64,
    review_below: f64,
    focus: f64,
) -> Strategy {
    let (path, open_from) = (Path::Frontier, 0.0);
    Strategy { path, mastery, attempt_cap, target_success, review_below, open_from, focus }
}

/// Taking turns: the rule by which needs are known, a cap that says nothing here, the target, and
/// from where on a skill is opened.
fn turns(mastery: MasteryRule, attempt_cap: f64, target_success: f64, open_from: f64) -> Strategy {
    let (path, review_below, focus) = (Path::Turns, 0.0, 0.0);
    Strategy { path, mastery, attempt_cap, target_success, review_below, open_from, focus }
}

fn is_sound(strategy: &Strategy) -> bool {
    let (MasteryRule::Success(level) | MasteryRule::Known(level)) = strategy.mastery;
    let shares = [level, strategy.target_success, strategy.review_below, strategy.open_from];
    let positive = strategy.attempt_cap > 0.0 && strategy.attempt_cap.is_finite();
    shares.iter().all(|share| (0.0..=1.0).contains(share))
        && positive
        && (0.0..=10.0).contains(&strategy.focus)
}
