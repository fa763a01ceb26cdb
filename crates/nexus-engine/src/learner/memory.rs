//! The memory of one skill: how stable it is, how much of it is left now, when a review is due.
//!
//! FSRS-6 (Ye, Su and Cao 2022; the formulas of the open-spaced-repetition project, version 6)
//! with its published default weights. A wrong answer counts as the grade "again" and a right one
//! as "good". Answers less than a day after the one before are not reviews: they move stability by
//! the rule for the same day, which hardly rewards a right answer. What this model is for, and how
//! it compares with half-life regression on real answers, is in `docs/science.md` 1.7.

use nexus_stats::math::{exp, pow};

/// The published default weights of FSRS-6, `w0` to `w20`.
const WEIGHTS: [f64; 21] = [
    0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796, 1.4835,
    0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
];
/// Stability never falls below this many days.
pub const STABILITY_DAYS_MIN: f64 = 0.001;
/// Stability never rises above this many days, a hundred years.
pub const STABILITY_DAYS_MAX: f64 = 36_500.0;
/// Grade of a wrong answer: "again".
const AGAIN: f64 = 1.0;
/// Grade of a right answer: "good".
const GOOD: f64 = 3.0;

/// What is remembered of one skill. Eight bytes, because there is one for each learner and skill.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Memory {
    /// Days after which 90 % is left; 0 before the first answer.
    pub stability_days: f32,
    /// How hard it is to make it more stable, in [1, 10]; 0 before the first answer.
    pub difficulty: f32,
}

impl Memory {
    /// Probability that the skill is remembered so many days after its last exercise, in (0, 1];
    /// 1 before the first answer, when there is nothing to forget.
    ///
    /// `R = (1 + F t / S)^(-w20)` with `F = 0.9^(-1 / w20) - 1`, so that `R(S) = 0.9`.
    #[must_use]
    pub fn recall(&self, days: f64) -> f64 {
        if self.stability_days <= 0.0 || days.is_nan() || days <= 0.0 {
            return 1.0;
        }
        pow(1.0 + CURVE * days / f64::from(self.stability_days), -WEIGHTS[20])
    }

    /// Days after the last exercise at which recall has fallen to `retention`, at least 0. The
    /// inverse of [`Self::recall`]; `retention` in (0, 1].
    #[must_use]
    pub fn days_until(&self, retention: f64) -> f64 {
        let stability = f64::from(self.stability_days);
        stability / CURVE * (pow(retention, -1.0 / WEIGHTS[20]) - 1.0)
    }

    /// The memory after an answer, so many days after the one before it.
    #[must_use]
    pub fn after(self, right: bool, days: f64) -> Self {
        let grade = if right { GOOD } else { AGAIN };
        if self.stability_days <= 0.0 {
            let stability = WEIGHTS[if right { 2 } else { 0 }];
            return Self::of(stability, first_difficulty(grade));
        }
        let (stability, difficulty) = (f64::from(self.stability_days), f64::from(self.difficulty));
        let next = match (days >= 1.0, right) {
            (false, _) => same_day(stability, grade),
            (true, true) => recalled(stability, difficulty, self.recall(days)),
            (true, false) => lapsed(stability, difficulty, self.recall(days)),
        };
        Self::of(next, next_difficulty(difficulty, grade))
    }

    fn of(stability: f64, difficulty: f64) -> Self {
        Self {
            stability_days: stability.clamp(STABILITY_DAYS_MIN, STABILITY_DAYS_MAX) as f32,
            difficulty: difficulty.clamp(1.0, 10.0) as f32,
        }
    }
}

/// `F = 0.9^(-1 / w20) - 1`, which makes stability the days after which 90 % is left.
const CURVE: f64 = 0.9803464944134797;

/// `D0(G) = w4 - e^(w5 (G - 1)) + 1`.
fn first_difficulty(grade: f64) -> f64 {
    (WEIGHTS[4] - exp(WEIGHTS[5] * (grade - 1.0)) + 1.0).clamp(1.0, 10.0)
}

/// `D' = w7 D0(easy) + (1 - w7) (D - w6 (G - 3) (10 - D) / 9)`: the step shrinks near the top, and
/// everything drifts towards the difficulty of an easy first answer (grade 4).
fn next_difficulty(difficulty: f64, grade: f64) -> f64 {
    let easy = WEIGHTS[4] - exp(WEIGHTS[5] * 3.0) + 1.0;
    let moved = difficulty - WEIGHTS[6] * (grade - 3.0) * (10.0 - difficulty) / 9.0;
    WEIGHTS[7] * easy + (1.0 - WEIGHTS[7]) * moved
}

/// `S' = S (1 + e^w8 (11 - D) S^-w9 (e^(w10 (1 - R)) - 1))`: the more was forgotten, the more a right answer stabilises.
fn recalled(stability: f64, difficulty: f64, recall: f64) -> f64 {
    let growth = exp(WEIGHTS[8])
        * (11.0 - difficulty)
        * pow(stability, -WEIGHTS[9])
        * (exp(WEIGHTS[10] * (1.0 - recall)) - 1.0);
    stability * (1.0 + growth)
}

/// `S' = min(w11 D^-w12 ((S + 1)^w13 - 1) e^(w14 (1 - R)), S / e^(w17 w18))`.
fn lapsed(stability: f64, difficulty: f64, recall: f64) -> f64 {
    let again = WEIGHTS[11]
        * pow(difficulty, -WEIGHTS[12])
        * (pow(stability + 1.0, WEIGHTS[13]) - 1.0)
        * exp(WEIGHTS[14] * (1.0 - recall));
    again.min(stability / exp(WEIGHTS[17] * WEIGHTS[18]))
}

/// `S' = S e^(w17 (G - 3 + w18)) S^-w19`, by a factor of at least 1 after a right answer.
fn same_day(stability: f64, grade: f64) -> f64 {
    let factor = exp(WEIGHTS[17] * (grade - 3.0 + WEIGHTS[18])) * pow(stability, -WEIGHTS[19]);
    stability * if grade >= GOOD { factor.max(1.0) } else { factor }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Stability and difficulty come from py-fsrs 6.3.2 with the default weights, the reviews on
    // different days: right = grade 3, wrong = grade 1.
    #[track_caller]
    fn check(history: &[(bool, f64)], stability: f64, difficulty: f64, after_7_days: f64) {
        let answers = history.iter();
        let memory =
            answers.fold(Memory::default(), |memory, (right, days)| memory.after(*right, *days));
        let near = |found: f64, expected: f64| (found - expected).abs() <= 2e-6 * expected.abs();
        assert!(near(f64::from(memory.stability_days), stability), "{memory:?}");
        assert!(near(f64::from(memory.difficulty), difficulty), "{memory:?}");
        assert!(near(memory.recall(7.0), after_7_days), "{}", memory.recall(7.0));
    }

    #[test]
    fn histories_match_the_published_implementation() {
        let first = (true, 0.0);
        check(&[first], 2.3065, 2.118_103_970_459_016, 0.808_309_940_237_555);
        check(&[(false, 0.0)], 0.212, 6.4133, 0.582_235_404_677_392);
        check(&[first, (true, 56.0)], 44.559_991_343_8, 2.111_214_235_8, 0.978_154_868_9);
        check(&[(false, 0.0), (true, 20.0)], 4.246_315_312_7, 6.402_115_069_3, 0.862_180_051_4);
        let lapse = [first, (true, 8.0), (false, 42.0)];
        check(&lapse, 2.348_094_914_4, 7.392_238_132_3, 0.809_975_223_3);
        let long = [first, (false, 15.0), (false, 7.0), (true, 2.0), (true, 42.0)];
        check(&long, 8.005_023_601_2, 9.101_032_138_5, 0.908_949_287_4);
    }

    #[test]
    fn the_curve_is_that_of_its_weight() {
        assert!((CURVE - (pow(0.9, -1.0 / WEIGHTS[20]) - 1.0)).abs() < 1e-15);
    }

    #[test]
    fn recall_is_nine_tenths_after_the_stability_and_a_review_is_due_when_it_says_so() {
        for stability_days in [0.01, 0.5, 3.0, 40.0, 2_000.0] {
            let memory = Memory { stability_days, difficulty: 5.0 };
            assert!((memory.recall(f64::from(stability_days)) - 0.9).abs() < 1e-12);
            for retention in [0.95, 0.8, 0.5] {
                let recall = memory.recall(memory.days_until(retention));
                assert!((recall - retention).abs() < 1e-9, "{recall} is not {retention}");
            }
        }
    }

    #[test]
    fn a_right_answer_never_destabilises_and_nothing_leaves_its_range() {
        let mut memory = Memory::default();
        for step in 0..2_000_u32 {
            let days = f64::from(step * 7_919 % 400) / 10.0;
            let right = step * 31 % 7 != 0;
            let next = memory.after(right, days);
            assert!(!right || next.stability_days >= memory.stability_days, "{step}: {next:?}");
            assert!((1.0..=10.0).contains(&next.difficulty), "{step}: {next:?}");
            let stability = f64::from(next.stability_days);
            assert!((9e-4..=STABILITY_DAYS_MAX).contains(&stability), "{step}: {next:?}");
            assert!((0.0..=1.0).contains(&next.recall(days)), "{step}");
            memory = next;
        }
    }

    #[test]
    fn ten_right_answers_in_one_sitting_are_no_ten_reviews() {
        let sitting = (0..10).fold(Memory::default(), |memory, _| memory.after(true, 0.0));
        let weeks = (0..10).fold(Memory::default(), |memory, _| memory.after(true, 7.0));
        assert!(sitting.days_until(0.8) < 10.0, "{sitting:?}");
        assert!(weeks.days_until(0.8) > 365.0, "{weeks:?}");
    }
}
