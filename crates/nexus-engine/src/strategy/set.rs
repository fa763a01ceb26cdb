//! The sixteen strategies: the strategies that the retired policy `strategic` assigned.
//!
//! All of this is here for old journals. An old entry carries the numbers of a strategy, its
//! position in the set and the identity of the set; the belief about a course's strategies starts from
//! how alike the sixteen strategies are ([`StrategySet::cold_prior`]). How a strategy chose
//! activities lives in the laboratory. Why they left: `docs/decisions/0007-policies-that-left.md`.

use super::bandit::StrategyBandit;
use super::prior::GainPrior;
use crate::words;
use nexus_stats::math::exp;

/// Which of two beliefs says that a skill is mastered, and from where on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MasteryRule {
    /// Expected success at middle difficulty, from 0 to 1.
    Success(f64),
    /// Probability of knowing the skill, traced from the latest results, from 0 to 1.
    Known(f64),
}

/// In which order skills are practised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// One skill at a time, where what it needs is known best; what is mastered rests.
    Frontier,
    /// All open skills in turn, mastered or not: the one that was met the longest ago.
    Turns,
}

/// How one learner is taught.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strategy {
    /// The order of skills.
    pub path: Path,
    /// When a skill counts as mastered.
    pub mastery: MasteryRule,
    /// Answers on one skill after which others come first; more than 0.
    pub attempt_cap: f64,
    /// The success that questions should have, in (0, 1).
    pub target_success: f64,
    /// Recall below which a mastered skill is reviewed, in [0, 1]; 0 for never.
    pub review_below: f64,
    /// How readily what is needed must be known before a skill is opened, in [0, 1].
    pub open_from: f64,
    /// How much staying with the last skill is worth, from 0.
    pub focus: f64,
}

impl MasteryRule {
    /// The word for the belief in the journal and on the wire, and from where on.
    #[must_use]
    pub fn word(self) -> (&'static str, f64) {
        match self {
            Self::Success(least) => ("success", least),
            Self::Known(least) => ("known", least),
        }
    }

    /// The rule that a word names, from a level on.
    #[must_use]
    pub fn from_word(word: &str, least: f64) -> Option<Self> {
        [Self::Success(least), Self::Known(least)].into_iter().find(|rule| rule.word().0 == word)
    }
}

words!(Path { Frontier => "frontier", Turns => "turns" });

/// Variance of the gain that all strategies share: how much a course teaches is not known.
const LEVEL_VARIANCE: f64 = 0.04;
/// Variance of what similar strategies share.
const KIN_VARIANCE: f64 = 0.004;
/// Variance that is a strategy's own.
const OWN_VARIANCE: f64 = 0.0016;

/// Strategies in a fixed order, at least one.
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
    /// point, and four that lie furthest from those (`docs/decisions/0007-policies-that-left.md`).
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

impl StrategySet {
    /// What is believed before anything was measured: strategies that look alike gain alike.
    #[must_use]
    pub fn cold_prior(&self) -> GainPrior {
        let count = self.strategies().len();
        let mut covariance = Vec::with_capacity(count * count);
        for (row, a) in self.strategies().iter().enumerate() {
            for (column, b) in self.strategies().iter().enumerate() {
                let own = if row == column { OWN_VARIANCE } else { 0.0 };
                covariance.push(LEVEL_VARIANCE + KIN_VARIANCE * a.likeness(b) + own);
            }
        }
        GainPrior { mean: vec![0.5; count], covariance }
    }

    /// The same, after learners were taught in other courses; see [`GainPrior::after_courses`].
    /// Their bandits must be of this set; those of another number of strategies are left out.
    #[must_use]
    pub fn shared_prior(&self, courses: &[&StrategyBandit]) -> GainPrior {
        self.cold_prior().after_courses(courses)
    }
}

/// FNV-1a, 64 bits.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

impl StrategySet {
    /// A number that changes whenever a strategy, its numbers or the order does.
    #[must_use]
    pub fn identity(&self) -> u64 {
        let bytes = self.strategies().iter().flat_map(numbers).flat_map(u64::to_le_bytes);
        bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
    }
}

fn numbers(strategy: &Strategy) -> [u64; 8] {
    let Strategy { path, mastery, attempt_cap, target_success, review_below, open_from, focus } =
        strategy;
    let (kind, level) = match mastery {
        MasteryRule::Success(level) => (0, level),
        MasteryRule::Known(level) => (1, level),
    };
    let path = match path {
        Path::Frontier => 0,
        Path::Turns => 1,
    };
    let bits = [level, attempt_cap, target_success, review_below, open_from, focus];
    let [level, cap, target, review, open, focus] = bits.map(|number| number.to_bits());
    [path, kind, level, cap, target, review, open, focus]
}

impl Strategy {
    /// How alike two strategies are, from 0 to 1: a Gaussian kernel over their numbers, each on
    /// the scale on which it starts to matter.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> f64 {
        let (a, b) = (coordinates(self), coordinates(other));
        let squared: f64 = a.iter().zip(&b).map(|(a, b)| (a - b) * (a - b)).sum();
        exp(-0.5 * squared)
    }
}

fn coordinates(strategy: &Strategy) -> [f64; 8] {
    let (kind, level) = match strategy.mastery {
        MasteryRule::Success(level) => (0.0, level / 0.15),
        MasteryRule::Known(level) => (1.0, level / 0.15),
    };
    let target = strategy.target_success / 0.2;
    match strategy.path {
        Path::Frontier => {
            let cap = strategy.attempt_cap.min(20.0) / 10.0;
            let (review, focus) = (strategy.review_below / 0.5, strategy.focus / 0.5);
            [0.0, kind, level, cap, target, review, 0.0, focus]
        }
        // Turns know neither cap nor review nor focus, and the rule of mastery says only when a
        // skill is opened.
        Path::Turns => {
            let open = strategy.open_from;
            let rule = if open > 0.0 { 1.0 } else { 0.0 };
            [2.0, rule * kind, rule * level, 0.0, target, 0.0, open / 0.3, 0.0]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Change<'a> = &'a dyn Fn(&mut Vec<Strategy>);

    #[test]
    fn every_number_and_the_order_count() {
        let shipped = StrategySet::default();
        let with = |change: Change<'_>| {
            let mut strategies = shipped.strategies().to_vec();
            change(&mut strategies);
            StrategySet::new(strategies).expect("a sound set").identity()
        };
        assert_eq!(with(&|_| ()), shipped.identity());
        let changes: [Change<'_>; 9] = [
            &|all| all.swap(0, 1),
            &|all| all.truncate(all.len() - 1),
            &|all| all[0].path = Path::Turns,
            &|all| all[0].mastery = MasteryRule::Known(0.75),
            &|all| all[0].attempt_cap += 1.0,
            &|all| all[0].target_success += 0.01,
            &|all| all[0].review_below += 0.01,
            &|all| all[0].open_from += 0.01,
            &|all| all[0].focus += 0.01,
        ];
        for (position, change) in changes.iter().enumerate() {
            assert_ne!(with(change), shipped.identity(), "change {position}");
        }
    }

    #[test]
    fn what_says_nothing_does_not_part_strategies() {
        let turns = StrategySet::default().strategies()[4];
        assert_eq!(turns.path, Path::Turns);
        let other = Strategy { attempt_cap: 3.0, focus: 0.4, review_below: 0.9, ..turns };
        assert_eq!(turns.likeness(&other), 1.0);
        assert!(turns.likeness(&Strategy { target_success: 0.5, ..turns }) < 0.9);
    }
}
