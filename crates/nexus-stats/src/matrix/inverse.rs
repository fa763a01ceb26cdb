//! Ridge regression that keeps the inverse of its precision: one reward, one rank-one update, for
//! models that are asked often and are too many to factorise each time.

use super::product;

/// Numbers a row takes: the width, filled up with zeros so that rows fall into fours.
#[must_use]
pub const fn padded(width: usize) -> usize {
    width.div_ceil(4) * 4
}

/// Recursive least squares: `A^-1` and the weights `A^-1 b`, where A starts as `ridge` times the
/// identity (Sherman and Morrison 1950).
///
/// With a discount g below 1, `A <- g A + x x'` lets the prior fade; what it lost is given back
/// to one coordinate after the other, so that it stays between `ridge g^d` and `ridge`.
/// Vectors have [`padded`] length and zeros after the width; methods panic at another length.
#[derive(Clone, Debug, PartialEq)]
pub struct RidgeInverse {
    width: usize,
    ridge: f64,
    discount: f64,
    rows: Vec<f64>,
    weights: Vec<f64>,
    /// `A^-1 x` of the update under way.
    gain: Vec<f64>,
    /// The coordinate that gets its prior back next.
    turn: usize,
    /// At least the greatest eigenvalue of the inverse.
    bound: f64,
}

impl RidgeInverse {
    /// A regression on `width` features; `None` unless 1 <= width <= 512, the ridge is positive
    /// and finite, and the discount lies in (0, 1].
    #[must_use]
    pub fn new(width: usize, ridge: f64, discount: f64) -> Option<Self> {
        let sound = ridge > 0.0 && ridge.is_finite() && discount > 0.0 && discount <= 1.0;
        if !sound || !(1..=super::Cholesky::DIMENSION_MAX).contains(&width) {
            return None;
        }
        let stride = padded(width);
        let mut rows = vec![0.0; width * stride];
        (0..width).for_each(|i| rows[i * stride + i] = 1.0 / ridge);
        let zeros = vec![0.0; stride];
        let (weights, gain, bound) = (zeros.clone(), zeros, 1.0 / ridge);
        Some(Self { width, ridge, discount, rows, weights, gain, turn: 0, bound })
    }

    /// The number of features.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The weights, padded to whole lanes.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// What is expected at `x`.
    #[must_use]
    pub fn score(&self, x: &[f64]) -> f64 {
        product(x, &self.weights)
    }

    /// `x' A^-1 x`, at least 0.
    #[must_use]
    pub fn variance(&self, x: &[f64]) -> f64 {
        let mut sum = 0.0;
        for (i, (row, entry)) in self.rows.chunks_exact(x.len()).zip(x).enumerate() {
            // What lies left of the four on the diagonal is counted by twice what lies right of
            // them: the inverse is symmetric.
            let (start, end) = (i / 4 * 4, i / 4 * 4 + 4);
            let middle = product(&row[start..end], &x[start..end]);
            sum += entry * (middle + 2.0 * product(&row[end..], &x[end..]));
        }
        sum.max(0.0)
    }

    /// A number that [`Self::variance`] divided by `x' x` never exceeds.
    #[must_use]
    pub fn variance_bound(&self) -> f64 {
        self.bound
    }

    /// Learns that `x`, whose entries are finite, was worth `value`.
    pub fn learn(&mut self, x: &[f64], value: f64) {
        assert_eq!(x.len(), self.weights.len(), "a vector must have the padded length");
        for (gain, row) in self.gain.iter_mut().zip(self.rows.chunks_exact(x.len())) {
            *gain = product(row, x);
        }
        let factor = 1.0 / (self.discount + product(&self.gain, x));
        let miss = value - self.score(x);
        self.step(factor, factor * miss, 1.0 / self.discount);
        if self.discount < 1.0 {
            self.restore_prior();
        }
    }

    fn restore_prior(&mut self) {
        let (turn, stride) = (self.turn, self.weights.len());
        self.turn = (turn + 1) % self.width;
        let lost = crate::math::pow(self.discount, self.width as f64);
        let added = self.ridge * (1.0 - lost);
        self.gain.copy_from_slice(&self.rows[turn * stride..][..stride]);
        let factor = added / (1.0 + added * self.gain[turn]);
        self.step(factor, -factor * self.weights[turn], 1.0);
    }

    /// From the trace and the sum of squares of d eigenvalues none exceeds `mean + deviation
    /// sqrt(d - 1)` (Wolkowicz and Styan 1980).
    fn eigenvalue_bound(&self, squares: f64) -> f64 {
        let (stride, count) = (self.weights.len(), self.width as f64);
        let trace: f64 = (0..self.width).map(|i| self.rows[i * stride + i]).sum();
        let mean = trace / count;
        let variance = (squares / count - mean * mean).max(0.0);
        // What the difference of two near numbers lost is a tiny share of their size.
        mean + ((variance + 1e-12 * mean * mean) * (count - 1.0)).sqrt()
    }

    /// The inverse loses `factor` times the gain's outer product and is scaled; the weights move along the gain.
    fn step(&mut self, factor: f64, along: f64, scale: f64) {
        let gain = &self.gain;
        let mut squares = [0.0_f64; 4];
        for (row, own) in self.rows.chunks_exact_mut(gain.len()).zip(gain) {
            let (fours, _) = row.as_chunks_mut::<4>();
            let (gains, _) = gain.as_chunks::<4>();
            for (four, gains) in fours.iter_mut().zip(gains) {
                for lane in 0..4 {
                    // The product of the two gains first: so the inverse stays symmetric to the
                    // last bit, and forgetting, which enlarges what is not, has nothing to do.
                    four[lane] = (four[lane] - factor * (own * gains[lane])) * scale;
                    squares[lane] += four[lane] * four[lane];
                }
            }
        }
        self.weights.iter_mut().zip(gain).for_each(|(weight, gain)| *weight += along * gain);
        let squares = (squares[0] + squares[1]) + (squares[2] + squares[3]);
        self.bound = self.eigenvalue_bound(squares);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::{Cholesky, packed_length};
    use crate::random::Stream;
    use proptest::prelude::*;

    /// The slow way: the sums themselves, factorised at the end.
    fn check(width: usize, discount: f64, count: usize, seed: u64) {
        let mut stream = Stream::new(seed);
        let mut found = RidgeInverse::new(width, 0.5, discount).unwrap();
        let mut dense = vec![0.0; width * width];
        (0..width).for_each(|i| dense[i * width + i] = 0.5);
        let mut response = vec![0.0; width];
        for turn in 0..count {
            let mut x: Vec<f64> = (0..width).map(|_| stream.normal()).collect();
            let value = stream.normal();
            for (i, left) in x.iter().enumerate() {
                response[i] = discount * response[i] + value * left;
                for (j, right) in x.iter().enumerate() {
                    dense[i * width + j] = discount * dense[i * width + j] + left * right;
                }
            }
            let place = turn % width;
            dense[place * width + place] += 0.5 * (1.0 - crate::math::pow(discount, width as f64));
            x.resize(padded(width), 0.0);
            found.learn(&x, value);
        }
        let lower = (0..width).flat_map(|j| (j..width).map(move |i| i * width + j));
        let packed: Vec<f64> = lower.map(|place| dense[place]).collect();
        assert_eq!(packed.len(), packed_length(width));
        let factor = Cholesky::of(width, &packed).unwrap();
        factor.solve(&mut response);
        let mut x: Vec<f64> = (0..width).map(|_| stream.normal()).collect();
        let mut half = x.clone();
        factor.solve_lower(&mut half);
        x.resize(padded(width), 0.0);
        let variance = product(&half, &half);
        assert!((found.variance(&x) - variance).abs() < 1e-8 * (1.0 + variance));
        assert!(found.variance(&x) <= found.variance_bound() * product(&x, &x) * (1.0 + 1e-9));
        let score = product(&response, &x[..width]);
        assert!((found.score(&x) - score).abs() < 1e-8 * (1.0 + score.abs()));
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_sums(width in 1usize..12, count in 0usize..60, seed: u64) {
            for discount in [1.0, 0.999, 0.9] {
                check(width, discount, count, seed);
            }
        }
    }

    #[test]
    fn a_hundred_thousand_updates_do_not_drift() {
        check(21, 0.999, 100_000, 1);
        check(21, 1.0, 100_000, 2);
    }

    #[test]
    fn unsound_settings_are_refused() {
        assert!(RidgeInverse::new(0, 1.0, 1.0).is_none());
        assert!(RidgeInverse::new(3, 0.0, 1.0).is_none());
        assert!(RidgeInverse::new(3, 1.0, 1.001).is_none());
        assert!(RidgeInverse::new(3, 1.0, f64::NAN).is_none());
    }
}
