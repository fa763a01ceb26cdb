//! The difference of two means, looked at once: at the planned end of an experiment.
//!
//! Repeated looks need [`crate::sequential`]; this interval would then miss the truth
//! far more often than it says.

use crate::interval::Interval;
use crate::math;
use crate::moments::Summary;

/// How far the mean of one sample lies above that of another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanDifference {
    /// Mean of the treatment less mean of the control.
    pub estimate: f64,
    /// Standard error of the estimate, positive.
    pub standard_error: f64,
    /// Degrees of freedom of Student's t, by Welch and Satterthwaite.
    pub degrees: f64,
    /// Two-sided interval with error rate `alpha`.
    pub interval: Interval,
    /// Probability of an estimate at least this far from 0 if the true means are equal.
    pub p_value: f64,
}

/// Welch's comparison of two independent samples, with error rate `alpha` in (0, 1).
///
/// Welch 1947, with Satterthwaite's degrees of freedom. `None` when a sample has fewer than two
/// values, when neither varies (then nothing says how certain the difference is), or when a
/// number is not finite.
#[must_use]
pub fn welch(treatment: &Summary, control: &Summary, alpha: f64) -> Option<MeanDifference> {
    if treatment.n < 2 || control.n < 2 || !(alpha > 0.0 && alpha < 1.0) {
        return None;
    }
    let estimate = treatment.mean - control.mean;
    let of_treatment = treatment.variance / treatment.n as f64;
    let of_control = control.variance / control.n as f64;
    let variance = of_treatment + of_control;
    if !(estimate.is_finite() && variance.is_finite() && variance > 0.0) {
        return None;
    }
    let standard_error = variance.sqrt();
    // Shares instead of squares: a tiny variance would underflow when squared.
    let share_of = |part: f64, n: u64| (part / variance) * (part / variance) / (n - 1) as f64;
    let degrees = 1.0 / (share_of(of_treatment, treatment.n) + share_of(of_control, control.n));
    let reach = -math::student_quantile(0.5 * alpha, degrees);
    Some(MeanDifference {
        estimate,
        standard_error,
        degrees,
        interval: Interval::around(estimate, reach * standard_error),
        p_value: 2.0 * math::student_cdf(-(estimate / standard_error).abs(), degrees),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn summary(n: u64, mean: f64, variance: f64) -> Summary {
        Summary { n, mean, variance }
    }

    /// Expected: estimate, standard error, degrees, low, high, p-value.
    #[track_caller]
    fn check(treatment: Summary, control: Summary, alpha: f64, expected: [f64; 6]) {
        let found = welch(&treatment, &control, alpha).unwrap();
        let Interval { low, high } = found.interval;
        let numbers =
            [found.estimate, found.standard_error, found.degrees, low, high, found.p_value];
        for (number, value) in numbers.iter().zip(&expected) {
            assert!((number - value).abs() <= 1e-10 * value.abs(), "{found:?}");
        }
    }

    #[test]
    fn against_gbstats() {
        // gbstats 0.8.0, TwoSidedTTest, absolute; bench/golden/abtest/frequentist.json: prop_small,
        // prop_mid, mean_mid, mean_heavy. It takes p (1 - p) for the variance of a proportion.
        let of_share = |n: u64, successes: f64| {
            let share = successes / n as f64;
            summary(n, share, share * (1.0 - share))
        };
        check(
            of_share(118, 41.0),
            of_share(120, 30.0),
            0.05,
            [
                0.097_457_627_118_644_09,
                0.059_024_974_926_284_56,
                233.101_627_911_992,
                -0.018_832_972_063_242_914,
                0.213_748_226_300_531_1,
                0.100_059_558_897_373_61,
            ],
        );
        check(
            of_share(5100, 680.0),
            of_share(5000, 600.0),
            0.01,
            [
                0.013_333_333_333_333_336,
                0.006_616_490_918_131_512,
                10_091.576_671_023_806,
                -0.003_712_841_943_750_69,
                0.030_379_508_610_417_362,
                0.043_913_631_771_125_984,
            ],
        );
        check(
            summary(4100, 12.9, 70.56),
            summary(4000, 12.5, 64.0),
            0.05,
            [
                0.4,
                0.182_235_441_387_126_9,
                8_093.306_797_724_696_5,
                0.042_771_674_343_357_546,
                0.757_228_325_656_643_2,
                0.028_194_573_984_439_12,
            ],
        );
        check(
            summary(251_000, 3.35, 1892.25),
            summary(250_000, 3.21, 1681.0),
            0.05,
            [
                0.14,
                0.119_427_151_944_245_68,
                499_479.665_459_496_43,
                -0.094_073_483_805_744_2,
                0.374_073_483_805_744_46,
                0.241_092_146_391_825,
            ],
        );
    }

    #[test]
    fn what_cannot_be_compared() {
        let sound = summary(20, 1.0, 2.0);
        let constant = summary(20, 1.0, 0.0);
        assert_eq!(welch(&constant, &constant, 0.05), None);
        assert_eq!(welch(&summary(1, 1.0, 2.0), &sound, 0.05), None);
        assert_eq!(welch(&sound, &sound, 0.0), None);
        assert_eq!(welch(&sound, &summary(20, f64::NAN, 2.0), 0.05), None);
        assert!(welch(&sound, &constant, 0.05).is_some());
    }

    proptest! {
        #[test]
        fn swapping_sides_mirrors_the_answer(
            n in 2u64..10_000, m in 2u64..10_000,
            mean in -5.0..5.0f64, v in 0.01..9.0f64, w in 0.01..9.0f64,
        ) {
            let (left, right) = (summary(n, mean, v), summary(m, 0.0, w));
            let forth = welch(&left, &right, 0.05).unwrap();
            let back = welch(&right, &left, 0.05).unwrap();
            prop_assert_eq!(forth.interval.low, -back.interval.high);
            prop_assert!((forth.p_value - back.p_value).abs() < 1e-12);
            // The interval leaves out 0 exactly when the p-value is below alpha.
            prop_assert_eq!(forth.interval.contains(0.0), forth.p_value >= 0.05);
        }
    }
}
