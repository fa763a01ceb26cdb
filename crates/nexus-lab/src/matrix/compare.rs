//! Means with their intervals, and differences between two policies on the same learners.

use super::run::MatrixOutcome;
use nexus_stats::interval::Interval;
use nexus_stats::math::normal_quantile;
use nexus_stats::moments::Moments;

/// A mean over learners with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    pub mean: f64,
    pub interval: Interval,
}

/// Mean and 95 % interval, by the normal approximation; `None` below two numbers.
#[must_use]
pub fn measured(numbers: impl Iterator<Item = f64>) -> Option<Measured> {
    let mut moments = Moments::default();
    numbers.for_each(|number| moments.add(number));
    let summary = moments.summary()?;
    let half = normal_quantile(0.975) * (summary.variance / summary.n as f64).sqrt();
    Some(Measured { mean: summary.mean, interval: Interval::around(summary.mean, half) })
}

/// How much more the first policy left behind than the second, learner by learner.
#[must_use]
pub fn paired(first: &[MatrixOutcome], second: &[MatrixOutcome]) -> Option<Measured> {
    measured(first.iter().zip(second).map(|(first, second)| first.score - second.score))
}

/// The same over the quarter of learners who knew least before: by the second list's starts, which
/// are those of the first, since both taught the same learners.
#[must_use]
pub fn paired_lowest_quarter(
    first: &[MatrixOutcome],
    second: &[MatrixOutcome],
) -> Option<Measured> {
    let mut order: Vec<usize> = (0..first.len().min(second.len())).collect();
    // What was known before is often the same number in F1 and F4; probes then break the tie.
    let key = |at: usize| (second[at].start, second[at].probed.before.right);
    order.sort_by(|a, b| {
        let ((start, probed), (other, other_probed)) = (key(*a), key(*b));
        start.total_cmp(&other).then(probed.cmp(&other_probed)).then(a.cmp(b))
    });
    order.truncate(order.len().div_ceil(4));
    measured(order.iter().map(|at| first[*at].score - second[*at].score))
}

/// Spearman's rank correlation, equal values sharing their mean rank; 0 when one list is constant.
#[must_use]
pub fn rank_correlation(first: &[f64], second: &[f64]) -> f64 {
    let (first, second) = (ranks(first), ranks(second));
    let middle = (first.len() as f64 - 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - middle) * (b - middle)).sum()
    };
    let spread = (product(&first, &first) * product(&second, &second)).sqrt();
    if spread > 0.0 { product(&first, &second) / spread } else { 0.0 }
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |value: f64| {
        let below = values.iter().filter(|other| **other < value).count();
        let equal = values.iter().filter(|other| **other == value).count();
        below as f64 + (equal as f64 - 1.0) / 2.0
    };
    values.iter().map(|value| rank(*value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(first: &[f64], second: &[f64], expected: f64) {
        assert!((rank_correlation(first, second) - expected).abs() < 1e-12);
    }

    #[test]
    fn ranks_correlate() {
        check(&[1.0, 2.0, 3.0], &[10.0, 20.0, 30.0], 1.0);
        check(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0], -1.0);
        // By hand: ranks (0, 1, 2, 3) and (0.5, 0.5, 2, 3): 4.5 / sqrt(5 * 4.5).
        check(&[1.0, 2.0, 3.0, 4.0], &[1.0, 1.0, 2.0, 3.0], 0.9f64.sqrt());
        check(&[1.0, 2.0], &[5.0, 5.0], 0.0);
    }
}
