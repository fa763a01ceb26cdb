//! Linear Thompson sampling with features shared by all activities (Agrawal and Goyal 2013).
//!
//! The expected reward of a candidate with features `phi` is `phi' theta`, and what is believed
//! of `theta` after some rewards is `N(mean, v^2 A^-1)` with `mean = A^-1 b`. A reward `r` moves
//! `A <- g A + (1 - g) lambda I + phi phi'` and `b <- g b + r phi`: old rewards fade, the prior
//! does not (`docs/science.md` 2.3). A candidate's probability is the share of [`DRAWS`] posterior
//! draws in which it is best. The activity is then drawn from these probabilities and not by one
//! more posterior draw, so the stored propensity is exact.

use super::context::FEATURES;
use super::{Distribution, Policy, Rewarded, Scene};
use nexus_stats::matrix::Cholesky;
use nexus_stats::random::Stream;

/// Prior precision of each weight: lambda.
pub const PRIOR_PRECISION: f64 = 1.0;
/// Standard deviation of a reward around its expectation: v.
pub const NOISE: f64 = 0.25;
/// What is left of the weight of a reward after the next one: g. Half is left after 693.
pub const DISCOUNT: f64 = 0.999;
/// Posterior draws behind each distribution: M.
pub const DRAWS: usize = 64;
/// Posterior draws made of one set of normal numbers, which are what a draw costs. The negatives
/// of independent normal numbers, and the same numbers in another order, are as likely as the
/// numbers themselves: each of the four draws has exactly the posterior distribution.
const DRAWS_A_SET: usize = 4;
/// Probability that is spread evenly over the candidates.
pub const FLOOR: f64 = 0.10;
/// The greatest size of a feature that is believed.
pub const FEATURE_MAX: f64 = 8.0;
/// Numbers in the packed lower triangle of the precision.
pub const PACKED: usize = FEATURES * (FEATURES + 1) / 2;

type Row = [f64; FEATURES];

/// Linear Thompson sampling with its statistics.
#[derive(Clone, Debug)]
pub struct LinearThompson {
    precision: [f64; PACKED],
    response: Row,
    version: u64,
    refused: u64,
    /// Computed from the others, so no part of what is equal or stored.
    posterior: Posterior,
}

/// The belief about the weights, ready to draw from.
#[derive(Clone, Debug)]
struct Posterior {
    mean: Row,
    /// `v L^-T`, where `A = L L'`: entry `[j][i]` is row i of column j, zero for i > j.
    spread: [Row; FEATURES],
}

impl LinearThompson {
    /// The policy with these statistics, as [`Self::precision`] and the others gave them; it
    /// draws exactly as the one they were taken from. `None` unless all are finite and the
    /// precision is positive definite.
    #[must_use]
    pub fn from_parts(
        precision: [f64; PACKED],
        response: [f64; FEATURES],
        version: u64,
        refused: u64,
    ) -> Option<Self> {
        let posterior = Posterior::of(&precision, &response)?;
        Some(Self { precision, response, version, refused, posterior })
    }

    /// Lower triangle of A, column by column: A11, A21, ... Ad1, A22, A32, ...
    #[must_use]
    pub fn precision(&self) -> &[f64; PACKED] {
        &self.precision
    }

    /// The discounted sum of rewards times features: b.
    #[must_use]
    pub fn response(&self) -> &[f64; FEATURES] {
        &self.response
    }

    /// How many rewards were not learned from because their numbers were not sound.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Expected weight of each feature: `A^-1 b`.
    #[must_use]
    pub fn weights(&self) -> &[f64; FEATURES] {
        &self.posterior.mean
    }

    /// The policy after a reward; `None` when its numbers are not sound.
    fn after(&self, rewarded: &Rewarded<'_>) -> Option<Self> {
        let features: &Row = rewarded.features.try_into().ok()?;
        if !is_sound(features) || rewarded.value.is_nan() {
            return None;
        }
        let value = rewarded.value.clamp(-1.0, 1.0);
        let mut precision = self.precision;
        let mut rest = precision.as_mut_slice();
        for (column, feature) in features.iter().enumerate() {
            let (entries, later) = rest.split_at_mut(FEATURES - column);
            for (entry, other) in entries.iter_mut().zip(&features[column..]) {
                *entry = DISCOUNT * *entry + feature * other;
            }
            entries[0] += (1.0 - DISCOUNT) * PRIOR_PRECISION;
            rest = later;
        }
        let mut response = self.response;
        for (sum, feature) in response.iter_mut().zip(features) {
            *sum = DISCOUNT * *sum + value * feature;
        }
        Self::from_parts(precision, response, self.version.saturating_add(1), self.refused)
    }

    /// Gives their share to the best candidates of two posterior draws, that of these normal
    /// numbers and that of their negatives. Of equals the first wins.
    fn count_best_of_pair(&self, rows: &[Row], normals: &Row, out: &mut Distribution) {
        let departure = self.posterior.departure(normals);
        let (mut above, mut below) = (0, 0);
        let (mut most_above, mut most_below) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for (position, (row, estimate)) in rows.iter().zip(&out.estimates).enumerate() {
            let change = product(row, &departure);
            if estimate + change > most_above {
                most_above = estimate + change;
                above = position;
            }
            if estimate - change > most_below {
                most_below = estimate - change;
                below = position;
            }
        }
        for best in [above, below] {
            if let Some(mass) = out.probabilities.get_mut(best) {
                *mass += 1.0 / DRAWS as f64;
            }
        }
    }
}

impl Default for LinearThompson {
    fn default() -> Self {
        let mut precision = [0.0; PACKED];
        let mut start = 0;
        for column in 0..FEATURES {
            precision[start] = PRIOR_PRECISION;
            start += FEATURES - column;
        }
        let mut spread = [[0.0; FEATURES]; FEATURES];
        for (column, entries) in spread.iter_mut().enumerate() {
            entries[column] = NOISE / PRIOR_PRECISION.sqrt();
        }
        let posterior = Posterior { mean: [0.0; FEATURES], spread };
        Self { precision, response: [0.0; FEATURES], version: 0, refused: 0, posterior }
    }
}

impl PartialEq for LinearThompson {
    fn eq(&self, other: &Self) -> bool {
        self.precision == other.precision
            && self.response == other.response
            && self.version == other.version
            && self.refused == other.refused
    }
}

impl Posterior {
    fn of(precision: &[f64; PACKED], response: &Row) -> Option<Self> {
        let finite = precision.iter().chain(response).all(|number| number.is_finite());
        let factor = Cholesky::of(FEATURES, precision).filter(|_| finite)?;
        let mut mean = *response;
        factor.solve(&mut mean);
        let mut spread = [[0.0; FEATURES]; FEATURES];
        for (column, entries) in spread.iter_mut().enumerate() {
            entries[column] = NOISE;
            factor.solve_lower_transposed(entries);
        }
        let drawable = spread.iter().flatten().chain(&mean).all(|number| number.is_finite());
        drawable.then_some(Self { mean, spread })
    }

    /// The weights' departure from their mean that independent standard normal numbers make.
    fn departure(&self, normals: &Row) -> Row {
        let mut departure = [0.0; FEATURES];
        for (column, normal) in self.spread.iter().zip(normals) {
            for (sum, entry) in departure.iter_mut().zip(column) {
                *sum += entry * normal;
            }
        }
        departure
    }
}

impl Policy for LinearThompson {
    fn floor(&self) -> f64 {
        FLOOR
    }

    /// Leaves no probability at all when the features are not one sound row a candidate, so that
    /// `draw::finish` refuses it and the static path is served.
    fn distribute(&self, scene: &Scene<'_>, stream: &mut Stream, out: &mut Distribution) {
        let (rows, rest) = scene.features.as_chunks::<FEATURES>();
        let matched = rest.is_empty() && rows.len() == scene.candidates.len();
        if !matched || !rows.iter().all(is_sound) {
            out.reset(0);
            return;
        }
        out.reset(rows.len());
        out.estimates.extend(rows.iter().map(|row| product(row, &self.posterior.mean)));
        for _ in 0..DRAWS / DRAWS_A_SET {
            let mut normals = [0.0; FEATURES];
            normals.iter_mut().for_each(|normal| *normal = stream.normal());
            self.count_best_of_pair(rows, &normals, out);
            normals.rotate_left(FEATURES / 2);
            self.count_best_of_pair(rows, &normals, out);
        }
    }

    fn learn(&mut self, rewarded: &Rewarded<'_>) {
        match self.after(rewarded) {
            Some(after) => *self = after,
            None => self.refused = self.refused.saturating_add(1),
        }
    }

    fn version(&self) -> u64 {
        self.version
    }
}

fn is_sound(features: &Row) -> bool {
    // A NaN is in no range.
    features.iter().all(|feature| (-FEATURE_MAX..=FEATURE_MAX).contains(feature))
}

/// Four sums at once, in a fixed order: the same bits everywhere, and no waiting for each sum.
fn product(left: &Row, right: &Row) -> f64 {
    let mut sums = [0.0; 4];
    for (left, right) in left.chunks_exact(4).zip(right.chunks_exact(4)) {
        for lane in 0..4 {
            sums[lane] += left[lane] * right[lane];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}
