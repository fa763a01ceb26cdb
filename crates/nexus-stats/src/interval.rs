//! A range of values that the data do not rule out.

use crate::math;

/// All numbers from `low` to `high`, ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end of the interval.
    pub low: f64,
    /// Upper end, not below the lower.
    pub high: f64,
}

impl Interval {
    /// The interval that reaches `half_width` >= 0 to both sides of `centre`.
    #[must_use]
    pub fn around(centre: f64, half_width: f64) -> Self {
        Self { low: centre - half_width, high: centre + half_width }
    }

    /// Whether `x` lies inside or at an end.
    #[must_use]
    pub fn contains(&self, x: f64) -> bool {
        self.low <= x && x <= self.high
    }

    /// Upper end less lower end.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.high - self.low
    }
}

/// Wilson's interval for a proportion: `successes` of `n`, with error rate `alpha` in (0, 1).
///
/// Wilson 1927. Unlike the textbook interval it stays inside [0, 1] and has a width at 0 and at
/// `n` successes. The whole of [0, 1] when `n` is 0; more successes than `n` count as `n`.
#[must_use]
pub fn wilson(successes: u64, n: u64, alpha: f64) -> Interval {
    if n == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let successes = successes.min(n);
    let (n, share) = (n as f64, successes as f64 / n as f64);
    let z = -math::normal_quantile(0.5 * alpha);
    let pull = z * z / n;
    let centre = (share + 0.5 * pull) / (1.0 + pull);
    let spread = (share * (1.0 - share) / n + 0.25 * pull / n).sqrt();
    let around = Interval::around(centre, z * spread / (1.0 + pull));
    // At the ends the formula gives exactly 0 and 1, and rounding does not.
    Interval {
        low: if share == 0.0 { 0.0 } else { around.low.max(0.0) },
        high: if share == 1.0 { 1.0 } else { around.high.min(1.0) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(successes: u64, n: u64, alpha: f64, low: f64, high: f64) {
        let found = wilson(successes, n, alpha);
        assert!((found.low - low).abs() < 1e-13 && (found.high - high).abs() < 1e-13, "{found:?}");
    }

    #[test]
    fn wilson_against_statsmodels() {
        // statsmodels 0.15.0, proportion_confint, wilson; bench/golden/abtest/classic.json.
        check(0, 10, 0.05, 0.0, 0.277_532_799_862_889_26);
        check(1, 10, 0.05, 0.017_876_213_095_072_924, 0.404_150_026_795_238_54);
        check(10, 10, 0.01, 0.601_145_906_695_091_7, 1.0);
        check(30, 120, 0.05, 0.181_098_216_568_095_66, 0.334_411_366_641_256_15);
        check(600, 5000, 0.01, 0.108_663_106_242_465_99, 0.132_344_061_550_056_57);
        check(12, 40_000, 0.05, 0.000_171_627_013_145_849_8, 0.000_524_342_618_904_453_9);
    }

    #[test]
    fn wilson_of_nothing() {
        check(0, 0, 0.05, 0.0, 1.0);
        check(7, 0, 0.05, 0.0, 1.0);
    }

    proptest! {
        #[test]
        fn wilson_holds_the_share(
            n in 1u64..1_000_000, part in 0.0..=1.0f64, alpha in 0.001..0.5f64,
        ) {
            let successes = (part * n as f64) as u64;
            let found = wilson(successes, n, alpha);
            prop_assert!(found.contains(successes as f64 / n as f64));
            prop_assert!(0.0 <= found.low && found.high <= 1.0 && found.width() > 0.0);
        }
    }
}
