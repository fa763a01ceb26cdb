//! Count, mean and variance of a stream of numbers, in floating point and exactly.

/// What an interval needs to know about a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Observations, at least 2.
    pub n: u64,
    /// The mean of the values.
    pub mean: f64,
    /// Their unbiased variance (divisor n - 1), at least 0.
    pub variance: f64,
}

/// Running moments in floating point (Welford 1962; merge of Chan, Golub, LeVeque 1979).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    n: u64,
    mean: f64,
    deviations: f64,
}

impl Moments {
    /// Adds one value to the moments.
    pub fn add(&mut self, value: f64) {
        self.n += 1;
        let before = value - self.mean;
        self.mean += before / self.n as f64;
        self.deviations += before * (value - self.mean);
    }

    /// Adds everything the other has seen.
    pub fn merge(&mut self, other: &Self) {
        if other.n == 0 {
            return;
        }
        let n = (self.n + other.n) as f64;
        let gap = other.mean - self.mean;
        let share = other.n as f64 / n;
        self.mean += gap * share;
        self.deviations += other.deviations + gap * gap * self.n as f64 * share;
        self.n += other.n;
    }

    /// The number of values.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Mean of the values; `None` before the first.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then_some(self.mean)
    }

    /// Unbiased variance (divisor n - 1); `None` before the second value.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        (self.n > 1).then(|| self.deviations / (self.n - 1) as f64)
    }

    /// All three at once; `None` before the second value.
    #[must_use]
    pub fn summary(&self) -> Option<Summary> {
        Some(Summary { n: self.n, mean: self.mean()?, variance: self.variance()? })
    }
}

/// Moments in whole numbers of millionths: order, grouping and later removal never change a bit.
///
/// A value is rounded to the nearest millionth and held within ±[`ExactMoments::LIMIT`]; one that
/// is not finite is ignored, by removal as by addition. Sums cannot overflow below 10^10 values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExactMoments {
    /// The number of values.
    pub n: u64,
    /// Sum of the values, in millionths.
    pub sum: i128,
    /// Sum of the squared values, in millionths of millionths.
    pub sum_squares: i128,
}

impl ExactMoments {
    /// Values beyond this size are held at it.
    pub const LIMIT: f64 = 1e8;

    /// Adds one value to the moments.
    pub fn add(&mut self, value: f64) {
        if let Some(units) = millionths(value) {
            self.n += 1;
            self.sum += units;
            self.sum_squares += units * units;
        }
    }

    /// Takes back one value that was added before.
    pub fn remove(&mut self, value: f64) {
        if let Some(units) = millionths(value) {
            debug_assert!(self.n > 0, "removed a value that was never added");
            self.n = self.n.saturating_sub(1);
            self.sum -= units;
            self.sum_squares -= units * units;
        }
    }

    /// Puts a new value in the place of one that was added before.
    pub fn replace(&mut self, old: f64, new: f64) {
        self.remove(old);
        self.add(new);
    }

    /// Adds everything the other holds.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.sum += other.sum;
        self.sum_squares += other.sum_squares;
    }

    /// Mean of the values; `None` when there is none.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let n = i128::from(self.n);
        if n == 0 {
            return None;
        }
        // Whole part and remainder apart: a quotient of two large floats would round twice.
        let (whole, rest) = (self.sum.div_euclid(n), self.sum.rem_euclid(n));
        Some((whole as f64 + rest as f64 / n as f64) / UNITS)
    }

    /// Unbiased variance (divisor n - 1), at least 0; `None` below two values.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        if self.n < 2 {
            return None;
        }
        Some(self.deviations() / (self.n - 1) as f64 / (UNITS * UNITS))
    }

    /// All three at once; `None` below two values.
    #[must_use]
    pub fn summary(&self) -> Option<Summary> {
        Some(Summary { n: self.n, mean: self.mean()?, variance: self.variance()? })
    }

    /// Sum of squared distances from the mean, in millionths of millionths.
    ///
    /// With sum = whole * n + rest, the squared distances from `whole` are an integer, and the
    /// distance of `whole` from the mean costs rest^2 / n of them. No product here is larger than
    /// the sum of squares, except the last, and where that one overflows nothing can cancel.
    fn deviations(&self) -> f64 {
        let n = i128::from(self.n);
        let (whole, rest) = (self.sum.div_euclid(n), self.sum.rem_euclid(n));
        let around_whole = self.sum_squares - whole * (self.sum + rest);
        // Both factors are below 2^64, so the square fits 128 bits without a sign.
        let square = rest.unsigned_abs() * rest.unsigned_abs();
        let (cost, left) = (square / n.unsigned_abs(), square % n.unsigned_abs());
        let kept = around_whole - cost as i128;
        match kept.checked_mul(n) {
            Some(product) => ((product - left as i128) as f64 / n as f64).max(0.0),
            None => kept as f64,
        }
    }
}

const UNITS: f64 = 1e6;

/// The value in millionths; `None` when it is not finite.
fn millionths(value: f64) -> Option<i128> {
    let held = value.clamp(-ExactMoments::LIMIT, ExactMoments::LIMIT);
    value.is_finite().then(|| (held * UNITS).round() as i128)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The obvious two passes, over values rounded to millionths.
    fn slow(values: &[f64]) -> Summary {
        let rounded: Vec<f64> = values.iter().map(|value| (value * 1e6).round() / 1e6).collect();
        let n = rounded.len() as f64;
        let mean = rounded.iter().sum::<f64>() / n;
        let squares: f64 = rounded.iter().map(|value| (value - mean) * (value - mean)).sum();
        Summary { n: rounded.len() as u64, mean, variance: squares / (n - 1.0) }
    }

    fn exact(values: &[f64]) -> ExactMoments {
        let mut moments = ExactMoments::default();
        values.iter().for_each(|&value| moments.add(value));
        moments
    }

    fn running(values: &[f64]) -> Moments {
        let mut moments = Moments::default();
        values.iter().for_each(|&value| moments.add(value));
        moments
    }

    fn is_near(found: &Summary, expected: &Summary) -> bool {
        let scale = 1.0 + expected.mean.abs();
        found.n == expected.n
            && (found.mean - expected.mean).abs() <= 1e-9 * scale
            && (found.variance - expected.variance).abs() <= 1e-7 * (scale + expected.variance)
    }

    #[test]
    fn nothing_is_known_about_too_few_values() {
        let one = exact(&[3.0]);
        assert_eq!((exact(&[]).mean(), exact(&[]).variance()), (None, None));
        assert_eq!((one.mean(), one.variance(), one.summary()), (Some(3.0), None, None));
        assert_eq!((running(&[]).mean(), running(&[3.0]).variance()), (None, None));
    }

    #[test]
    fn a_tiny_variance_beside_a_huge_mean_does_not_cancel() {
        // n = 3, deviations -1, 0, 1 millionths: variance 1e-12 exactly, at a mean of 1e8 - 1.
        let huge = 99_999_999.0;
        let found = exact(&[huge - 1e-6, huge, huge + 1e-6]);
        assert_eq!(found.variance(), Some(1e-12));
        assert_eq!(found.mean(), Some(huge));
    }

    #[test]
    fn one_odd_value_among_very_many() {
        // n - 1 ones and a zero: sum of squared deviations (n - 1) / n, variance 1 / n.
        let n = 1_000_000_000_000u64;
        let sum = i128::from(n - 1);
        let found = ExactMoments { n, sum, sum_squares: sum };
        assert!((found.variance().unwrap() * 1e12 * n as f64 - 1.0).abs() < 1e-15);
    }

    #[test]
    fn the_largest_values_fit() {
        // Eight billion people, half of them at each limit.
        let mut found = exact(&[1e300, -1e300]);
        assert_eq!(found.sum_squares, 2 * 10i128.pow(28));
        for _ in 0..32 {
            let half = found.clone();
            found.merge(&half);
        }
        assert_eq!((found.n, found.mean()), (1 << 33, Some(0.0)));
        assert!((found.variance().unwrap() / 1e16 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn values_that_are_not_finite_are_ignored_in_both_directions() {
        let mut found = exact(&[1.0, 2.0]);
        let before = found.clone();
        found.add(f64::NAN);
        found.remove(f64::INFINITY);
        assert_eq!(found, before);
    }

    proptest! {
        #[test]
        fn both_agree_with_two_passes(values in prop::collection::vec(-1e4..1e4f64, 2..60)) {
            let expected = slow(&values);
            prop_assert!(is_near(&exact(&values).summary().unwrap(), &expected));
            let rounded: Vec<f64> = values.iter().map(|x| (x * 1e6).round() / 1e6).collect();
            prop_assert!(is_near(&running(&rounded).summary().unwrap(), &expected));
        }

        #[test]
        fn order_and_grouping_do_not_change_a_bit(
            values in prop::collection::vec(-1e4..1e4f64, 0..60), cut in 0usize..60,
        ) {
            let (left, right) = values.split_at(cut.min(values.len()));
            let mut merged = exact(right);
            merged.merge(&exact(left));
            prop_assert_eq!(merged, exact(&values));
        }

        #[test]
        fn merged_running_moments_agree(
            values in prop::collection::vec(-1e4..1e4f64, 2..60), cut in 0usize..60,
        ) {
            let (left, right) = values.split_at(cut.min(values.len()));
            let mut merged = running(left);
            merged.merge(&running(right));
            let whole = running(&values).summary().unwrap();
            prop_assert!(is_near(&merged.summary().unwrap(), &whole));
        }

        #[test]
        fn removal_undoes_addition(
            values in prop::collection::vec(-1e9..1e9f64, 0..60), old: f64, new: f64,
        ) {
            let before = exact(&values);
            let mut found = before.clone();
            found.add(old);
            if old.is_finite() == new.is_finite() {
                found.replace(old, new);
                found.remove(new);
            } else {
                found.remove(old);
            }
            prop_assert_eq!(found, before);
        }
    }
}
