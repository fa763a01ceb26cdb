//! Strategies by rule and not by hand: points spread evenly over everything a strategy can be, built
//! without looking at any family. The shipped set was picked from them (`examples/strategy_pick`),
//! and what it gains by having been picked with the families in view is measured against the
//! first 32 of them.

use nexus_engine::strategy::{MasteryRule, Path, Strategy, StrategySet};

/// Strategies in the set that follows from the rule.
pub const GENERIC: u32 = 32;
/// The first primes: bases of the radical inverses (Halton 1960).
const BASES: [u32; 8] = [2, 3, 5, 7, 11, 13, 17, 19];

/// How many points there were to pick from.
pub const POOL: u32 = 192;
/// The points of the shipped set, by number from 1.
pub const PICKED: [u32; 16] =
    [102, 120, 72, 68, 109, 190, 18, 172, 50, 113, 178, 180, 121, 65, 135, 43];
/// What the same rule picks when it never sees F1, F2, and so on.
pub const PICKED_WITHOUT: [[u32; 16]; 5] = [
    [192, 109, 190, 72, 18, 172, 50, 113, 180, 121, 65, 135, 44, 43, 142, 154],
    [102, 120, 72, 68, 109, 18, 172, 178, 121, 135, 149, 65, 77, 142, 99, 43],
    [180, 120, 72, 68, 109, 172, 50, 113, 178, 190, 121, 65, 135, 43, 142, 99],
    [102, 72, 68, 190, 18, 172, 50, 113, 178, 180, 109, 121, 65, 135, 43, 142],
    [102, 109, 68, 18, 190, 72, 50, 113, 178, 180, 121, 65, 135, 43, 142, 99],
];

/// Halton's first points over: path, rule, its level, cap, target, review, opening, focus, rounded
/// to what a person would say.
///
/// Ranges are those the fields allow or, where they are open, what a teacher might say: a rule
/// from 0.6 to 0.98, a cap from 4 to 20 answers, a target from 0.15 to 0.95; half of all never
/// review, half never wait, half have no focus.
#[must_use]
pub fn points(count: u32) -> Vec<Strategy> {
    (1..=count).map(point).collect()
}

#[must_use]
pub fn set() -> StrategySet {
    // invariant: every number lies within what a strategy may be, and there are 32 of them.
    StrategySet::new(points(GENERIC)).expect("a generic set is sound")
}

/// The shipped set, as points of the lattice.
#[must_use]
pub fn shipped() -> StrategySet {
    // invariant: every point is sound, and there are sixteen.
    of(&PICKED).expect("a picked set is sound")
}

/// The set of these points, by number from 1; `None` when there is none.
#[must_use]
pub fn of(points: &[u32]) -> Option<StrategySet> {
    StrategySet::new(points.iter().copied().map(point).collect())
}

fn point(number: u32) -> Strategy {
    let [path, rule, level, cap, target, review, opening, focus] =
        BASES.map(|base| radical_inverse(number, base));
    let hundredths = |value: f64| (100.0 * value).round() / 100.0;
    let twentieths = |value: f64| (20.0 * value).round() / 20.0;
    let half = |share: f64, most: f64| twentieths(((2.0 * share - 1.0) * most).max(0.0));
    let level = hundredths(0.6 + 0.38 * level);
    let turns = path >= 0.5;
    // What says nothing under a path is 0, so that two points that do the same are the same.
    let only = |needed: bool, value: f64| if needed { value } else { 0.0 };
    Strategy {
        path: if turns { Path::Turns } else { Path::Frontier },
        mastery: if rule < 0.5 { MasteryRule::Success(level) } else { MasteryRule::Known(level) },
        attempt_cap: (4.0 + 16.0 * cap).round(),
        target_success: twentieths(0.15 + 0.8 * target),
        review_below: only(!turns, half(review, 0.95)),
        open_from: only(turns, half(opening, 0.8)),
        focus: only(!turns, half(focus, 0.5)),
    }
}

/// The digits of a number in a base, mirrored at the point: in [0, 1).
fn radical_inverse(mut number: u32, base: u32) -> f64 {
    let (mut value, mut place) = (0.0, 1.0 / f64::from(base));
    while number > 0 {
        value += f64::from(number % base) * place;
        number /= base;
        place /= f64::from(base);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrored_digits() {
        // 6 is 110 in base 2 and 20 in base 3.
        assert!((radical_inverse(6, 2) - 0.375).abs() < 1e-15);
        assert!((radical_inverse(6, 3) - 2.0 / 9.0).abs() < 1e-15);
        assert_eq!(set().strategies().len(), GENERIC as usize);
    }

    #[test]
    fn the_shipped_set_is_what_was_picked() {
        assert_eq!(of(&PICKED), Some(StrategySet::default()));
    }
}
