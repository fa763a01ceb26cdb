//! A difference of means when some values are missing: the bounds of Lee (2009, "Training, wages,
//! and sample selection", Rev. Econ. Stud. 76).
//!
//! When one side keeps a larger share of its members than the other, its extra members may be its
//! best or its worst. Trimming that share from either end of its values bounds the difference among
//! those who would have stayed on both sides. It assumes that being on one side makes no learner stay
//! away who would have come on the other.

use crate::interval::Interval;
use std::collections::BTreeMap;

/// The values of one side by size, each with how often it was seen, and how many members it has.
#[derive(Clone, Copy, Debug)]
pub struct ObservedSide<'a> {
    /// How often each value was seen, in thousandths.
    pub counts: &'a BTreeMap<u16, u64>,
    /// Members of the side, with a value or without; at least as many as there are values.
    pub members: u64,
}

impl ObservedSide<'_> {
    fn seen(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The mean of this share of the values, from the smallest up or from the largest down.
    fn mean_of(&self, share: f64, from_above: bool) -> Option<f64> {
        let wanted = share * self.seen() as f64;
        let (mut left, mut sum) = (wanted, 0.0);
        let mut take = |(value, count): (&u16, &u64)| {
            let taken = left.min(*count as f64);
            left -= taken;
            sum += taken * f64::from(*value) / 1e3;
        };
        match from_above {
            true => self.counts.iter().rev().for_each(&mut take),
            false => self.counts.iter().for_each(&mut take),
        }
        (wanted > 0.0).then(|| sum / wanted)
    }
}

/// Bounds of the mean of the treatment less that of the control; `None` while a side has no value.
/// Where both sides keep the same share, both ends are the plain difference.
#[must_use]
pub fn lee_bounds(treatment: &ObservedSide<'_>, control: &ObservedSide<'_>) -> Option<Interval> {
    if treatment.seen() == 0 || control.seen() == 0 {
        return None;
    }
    let kept = |side: &ObservedSide<'_>| side.seen() as f64 / side.members.max(side.seen()) as f64;
    let (of_treatment, of_control) = (kept(treatment), kept(control));
    // The side that keeps more is trimmed to the share that the other one keeps.
    let share_of_treatment = (of_control / of_treatment).min(1.0);
    let share_of_control = (of_treatment / of_control).min(1.0);
    Some(Interval {
        low: treatment.mean_of(share_of_treatment, false)?
            - control.mean_of(share_of_control, true)?,
        high: treatment.mean_of(share_of_treatment, true)?
            - control.mean_of(share_of_control, false)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(values: &[u16]) -> BTreeMap<u16, u64> {
        let mut counts = BTreeMap::new();
        values.iter().for_each(|value| *counts.entry(*value).or_insert(0) += 1);
        counts
    }

    #[track_caller]
    fn check(treatment: (&[u16], u64), control: (&[u16], u64), expected: (f64, f64)) {
        let (treated, held) = (counts(treatment.0), counts(control.0));
        let treatment = ObservedSide { counts: &treated, members: treatment.1 };
        let control = ObservedSide { counts: &held, members: control.1 };
        let found = lee_bounds(&treatment, &control).unwrap();
        let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(near(found.low, expected.0) && near(found.high, expected.1), "{found:?}");
    }

    #[test]
    fn the_side_that_keeps_more_is_trimmed() {
        // Same shares: the plain difference, 0.6 - 0.5.
        check((&[400, 800], 4), (&[500], 2), (0.1, 0.1));
        // All four of the treatment came, half of the control: the worst and the best two.
        check((&[200, 400, 600, 800], 4), (&[500, 500], 4), (0.3 - 0.5, 0.7 - 0.5));
        // The other way round the bounds change sides and signs.
        check((&[500, 500], 4), (&[200, 400, 600, 800], 4), (0.5 - 0.7, 0.5 - 0.3));
        // Shares of a value: three of four kept against one half, two thirds of three values.
        check((&[0, 300, 900], 4), (&[500], 2), (0.15 - 0.5, 0.6 - 0.5));
    }

    #[test]
    fn nothing_is_bounded_without_values() {
        let (none, one) = (counts(&[]), counts(&[500]));
        let side = |counts| ObservedSide { counts, members: 3 };
        assert_eq!(lee_bounds(&side(&none), &side(&one)), None);
        assert_eq!(lee_bounds(&side(&one), &side(&none)), None);
    }

    #[test]
    fn more_values_than_members_is_everybody() {
        check((&[400], 0), (&[300], 0), (0.1, 0.1));
    }
}
