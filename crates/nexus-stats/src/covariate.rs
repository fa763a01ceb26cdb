//! A difference of means adjusted for what was known before: the analysis of covariance, with one
//! slope for all groups.
//!
//! Each value is replaced by what it would be if everybody had begun equally:
//! `y - slope (x - mean of all x)`. The slope is that within groups, so it does not take a
//! difference between groups for one of the covariate. A value without a covariate stays as it is.
//! Where chance assigns the groups, the adjusted difference has the same expectation as the plain
//! one and a smaller variance (Fisher 1932; Lin 2013, "Agnostic notes on regression adjustments to
//! experimental data", Ann. Appl. Stat. 7). Everything comes from exact sums, so that a value that
//! is taken back leaves no trace.

use crate::moments::{ExactMoments, Summary};

/// Fewest values with a covariate, over all groups, before a slope is taken from them.
pub const PAIRS_MIN: u64 = 20;

const UNITS: f64 = 1e6;

/// Sums of the values that have a covariate, in whole millionths. Both lie in [-1, 1]; what lies
/// outside is held at the nearer end, and a pair that is not finite is ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExactPairs {
    /// The number of pairs.
    pub n: u64,
    /// Sum of the covariates, in millionths.
    pub sum_x: i128,
    /// Sum of the values, in millionths.
    pub sum_y: i128,
    /// Sum of the squared covariates, in millionths of millionths.
    pub sum_xx: i128,
    /// Sum of covariate times value, in millionths of millionths.
    pub sum_xy: i128,
}

impl ExactPairs {
    /// Adds a covariate with its value.
    pub fn add(&mut self, x: f64, y: f64) {
        let (Some(x), Some(y)) = (millionths(x), millionths(y)) else { return };
        self.n += 1;
        self.sum_x += x;
        self.sum_y += y;
        self.sum_xx += x * x;
        self.sum_xy += x * y;
    }

    /// `n` times the centred sums: of squared covariates, and of covariate times value.
    fn centred(&self) -> (i128, i128) {
        let n = i128::from(self.n);
        (n * self.sum_xx - self.sum_x * self.sum_x, n * self.sum_xy - self.sum_x * self.sum_y)
    }
}

fn millionths(value: f64) -> Option<i128> {
    value.is_finite().then(|| (value.clamp(-1.0, 1.0) * UNITS).round() as i128)
}

/// The values of one group: all of them, and those that have a covariate.
#[derive(Clone, Copy, Debug)]
pub struct CovariateGroup<'a> {
    /// Moments of all values.
    pub values: &'a ExactMoments,
    /// Those with a covariate.
    pub pairs: &'a ExactPairs,
}

/// Groups adjusted for the covariate.
#[derive(Clone, Debug, PartialEq)]
pub struct Adjusted {
    /// How much a value grows with its covariate, within groups; 0 while too little is known.
    pub slope: f64,
    /// The adjusted values of each group; `None` below two values.
    pub groups: Vec<Option<Summary>>,
}

/// Adjusts groups that chance assigned.
#[must_use]
pub fn adjust(groups: &[CovariateGroup<'_>]) -> Adjusted {
    let pairs: u64 = groups.iter().map(|group| group.pairs.n).sum();
    let slope = if pairs >= PAIRS_MIN { slope_within(groups) } else { 0.0 };
    let sum_x: i128 = groups.iter().map(|group| group.pairs.sum_x).sum();
    let mean_x = if pairs > 0 { sum_x as f64 / pairs as f64 / UNITS } else { 0.0 };
    let summary = |group: &CovariateGroup<'_>| adjusted(group, slope, mean_x);
    Adjusted { slope, groups: groups.iter().map(summary).collect() }
}

fn slope_within(groups: &[CovariateGroup<'_>]) -> f64 {
    let (mut xx, mut xy) = (0.0, 0.0);
    for group in groups.iter().filter(|group| group.pairs.n > 0) {
        let (centred_xx, centred_xy) = group.pairs.centred();
        let n = group.pairs.n as f64;
        xx += centred_xx as f64 / n;
        xy += centred_xy as f64 / n;
    }
    if xx > 0.0 { xy / xx } else { 0.0 }
}

fn adjusted(group: &CovariateGroup<'_>, slope: f64, mean_x: f64) -> Option<Summary> {
    let plain = group.values.summary()?;
    let n = plain.n as f64;
    let pairs = group.pairs;
    let (m, sum_x, sum_y) =
        (pairs.n as f64, pairs.sum_x as f64 / UNITS, pairs.sum_y as f64 / UNITS);
    let (sum_xx, sum_xy) =
        (pairs.sum_xx as f64 / UNITS / UNITS, pairs.sum_xy as f64 / UNITS / UNITS);
    // Sums of the covariate's distance from its mean: itself, its square, and times the value's
    // distance from the mean of its group.
    let distance = sum_x - m * mean_x;
    let squares = sum_xx - 2.0 * mean_x * sum_x + m * mean_x * mean_x;
    let products = (sum_xy - mean_x * sum_y) - plain.mean * distance;
    let deviations = plain.variance * (n - 1.0) - 2.0 * slope * products
        + slope * slope * (squares - distance * distance / n);
    Some(Summary {
        n: plain.n,
        mean: plain.mean - slope * distance / n,
        variance: (deviations / (n - 1.0)).max(0.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;
    use proptest::prelude::*;

    type Values = Vec<(Option<f64>, f64)>;

    fn sums(values: &Values) -> (ExactMoments, ExactPairs) {
        let (mut moments, mut pairs) = (ExactMoments::default(), ExactPairs::default());
        for (x, y) in values {
            moments.add(*y);
            if let Some(x) = x {
                pairs.add(*x, *y);
            }
        }
        (moments, pairs)
    }

    fn adjust_all(groups: &[Values]) -> Adjusted {
        let sums: Vec<_> = groups.iter().map(sums).collect();
        let groups: Vec<_> =
            sums.iter().map(|(values, pairs)| CovariateGroup { values, pairs }).collect();
        adjust(&groups)
    }

    /// The obvious way: value by value.
    fn slow(groups: &[Values]) -> Adjusted {
        let pairs = |group: &Values| -> Vec<(f64, f64)> {
            group.iter().filter_map(|(x, y)| Some(((*x)?, *y))).collect()
        };
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let (mut xx, mut xy) = (0.0, 0.0);
        for group in groups.iter().map(pairs) {
            let mean_x = mean(&group.iter().map(|pair| pair.0).collect::<Vec<_>>());
            let mean_y = mean(&group.iter().map(|pair| pair.1).collect::<Vec<_>>());
            xx += group.iter().map(|(x, _)| (x - mean_x) * (x - mean_x)).sum::<f64>();
            xy += group.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>();
        }
        let slope = if xx > 0.0 { xy / xx } else { 0.0 };
        let all: Vec<f64> = groups.iter().flat_map(pairs).map(|pair| pair.0).collect();
        let mean_x = mean(&all);
        let summary = |group: &Values| {
            let values: Vec<f64> =
                group.iter().map(|(x, y)| y - x.map_or(0.0, |x| slope * (x - mean_x))).collect();
            let mean = mean(&values);
            let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
            let n = values.len() as u64;
            Some(Summary { n, mean, variance: squares / (n as f64 - 1.0) })
        };
        Adjusted { slope, groups: groups.iter().map(summary).collect() }
    }

    fn value() -> impl Strategy<Value = (Option<f64>, f64)> {
        let share = || (0..=1000_u32).prop_map(|thousandths| f64::from(thousandths) / 1000.0);
        (prop::option::weighted(0.8, share()), share())
    }

    proptest! {
        #[test]
        fn sums_say_what_the_values_say(
            first in prop::collection::vec(value(), 40..80),
            second in prop::collection::vec(value(), 40..80),
        ) {
            let groups = [first, second];
            let (found, expected) = (adjust_all(&groups), slow(&groups));
            prop_assert!((found.slope - expected.slope).abs() < 1e-9);
            for (found, expected) in found.groups.iter().zip(&expected.groups) {
                let (found, expected) = (found.unwrap(), expected.unwrap());
                prop_assert_eq!(found.n, expected.n);
                prop_assert!((found.mean - expected.mean).abs() < 1e-9);
                prop_assert!((found.variance - expected.variance).abs() < 1e-9);
            }
        }
    }

    /// Both groups grow by half of the covariate; the second truly lies 0.1 higher, and began lower.
    #[test]
    fn a_worse_beginning_is_taken_out_and_the_variance_falls() {
        let mut stream = Stream::keyed(5, "covariate");
        let mut group = |begins: f64, effect: f64| -> Values {
            let one = |_| {
                let x = begins + 0.1 * stream.normal();
                (Some(x), 0.2 + 0.5 * x + effect + 0.02 * stream.normal())
            };
            (0..2_000).map(one).collect()
        };
        let groups = [group(0.5, 0.0), group(0.4, 0.1)];
        let plain: Vec<_> = groups.iter().map(|group| sums(group).0.summary().unwrap()).collect();
        let found = adjust_all(&groups);
        let [control, treatment] = [found.groups[0].unwrap(), found.groups[1].unwrap()];
        assert!((found.slope - 0.5).abs() < 0.02, "{}", found.slope);
        assert!((plain[1].mean - plain[0].mean - 0.05).abs() < 0.01);
        assert!((treatment.mean - control.mean - 0.1).abs() < 0.005);
        assert!(treatment.variance < 0.3 * plain[1].variance);
    }

    #[test]
    fn without_enough_pairs_nothing_is_adjusted() {
        let group = |n: usize| -> Values { (0..n).map(|i| (Some(i as f64 / 20.0), 0.5)).collect() };
        let without: Values = vec![(None, 0.2), (None, 0.4)];
        let found = adjust_all(&[group(19), without.clone()]);
        assert_eq!(found.slope, 0.0);
        assert_eq!(found.groups[1], sums(&without).0.summary());
        assert_eq!(adjust_all(&[vec![], vec![(None, 1.0)]]).groups, [None, None]);
    }
}
