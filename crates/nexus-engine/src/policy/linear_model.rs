//! What is believed of the weights of a linear model: the statistics behind every policy that
//! scores candidates by their features.
//!
//! The expected reward of a candidate with features `phi` is `phi' theta`, and what is believed
//! of `theta` is `N(A^-1 b, v^2 A^-1)`. Evidence of weight `w` with response `y` moves
//! `A <- g A + (1 - g) lambda I + w phi phi'` and `b <- g b + y phi`: old rewards fade, the prior
//! does not (`docs/science.md` 2.3). The factor and the weights are computed from A and b alone,
//! so a model rebuilt from its parts draws the same numbers. Because A never lies below
//! `lambda I` and rewards lie in [-1, 1], the weights of a least-squares model are never longer
//! than `1 / sqrt(lambda (1 - g))`, 32 for the constants here, whatever it is fed.

use super::context::FEATURES;
use super::{Rewarded, Scene};
use nexus_stats::matrix::{Cholesky, packed_length, product};

/// Prior precision of each weight: lambda.
pub const PRIOR_PRECISION: f64 = 1.0;
/// What is left of the weight of a reward after the next one: g. Half is left after 693.
pub const DISCOUNT: f64 = 0.999;
/// The greatest size of a feature that is believed.
pub const FEATURE_MAX: f64 = 8.0;
/// How far one reward may move the weights, as a length. Least squares moves them by half the
/// surprise at most, so an honest reward comes nowhere near; a reward that would move them further
/// counts for less, until it does not.
pub const STEP_MAX: f64 = 1.0;
/// Halvings after which a reward that still moves the weights too far is refused.
const HALVINGS_MAX: u32 = 30;
/// The most features a model may have: what fits on the stack of one decision.
pub const WIDTH_MAX: usize = 64;
/// Numbers in the packed lower triangle of the precision of the product's models.
pub const PACKED: usize = packed_length(FEATURES);

/// Discounted ridge statistics with what is computed from them.
#[derive(Clone, Debug)]
pub struct LinearModel {
    discount: f64,
    precision: Vec<f64>,
    response: Vec<f64>,
    version: u64,
    refused: u64,
    clipped: u64,
    /// The lower triangle L of `A = L L'` with the columns of A in reverse, so that a draw of the
    /// first columns needs no others. Computed, as the weights are: no part of what is equal or stored.
    factor: Cholesky,
    weights: Vec<f64>,
}

/// What one reward says about the weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RewardObservation {
    /// Precision it adds along its features, at least 0; 1 for a least-squares model.
    pub weight: f64,
    /// What it adds to the response along its features; the reward for a least-squares model.
    pub response: f64,
}

impl LinearModel {
    /// A model of this many features (at least 1, at most [`WIDTH_MAX`]) that has seen nothing
    /// and forgets by [`DISCOUNT`]; `None` for any other width.
    #[must_use]
    pub fn new(width: usize) -> Option<Self> {
        let factor = Cholesky::scaled_identity(width, PRIOR_PRECISION)?;
        let mut precision = Vec::with_capacity(packed_length(width));
        for column in 0..width {
            precision.push(PRIOR_PRECISION);
            precision.resize(precision.len() + width - column - 1, 0.0);
        }
        let zeros = vec![0.0; width];
        (width <= WIDTH_MAX).then(|| Self {
            discount: DISCOUNT,
            precision,
            response: zeros.clone(),
            version: 0,
            refused: 0,
            clipped: 0,
            factor,
            weights: zeros,
        })
    }

    /// The same with another discount in (0, 1]; 1 forgets nothing. Anything else is ignored.
    #[must_use]
    pub fn discounted(self, discount: f64) -> Self {
        let valid = discount > 0.0 && discount <= 1.0;
        Self { discount: if valid { discount } else { self.discount }, ..self }
    }

    /// The model with these statistics, as [`Self::precision`] and the others gave them. `None`
    /// unless their lengths fit a width, all are finite and the precision is positive definite.
    #[must_use]
    pub fn from_parts(
        precision: Vec<f64>,
        response: Vec<f64>,
        version: u64,
        refused: u64,
        clipped: u64,
    ) -> Option<Self> {
        if response.len() > WIDTH_MAX {
            return None;
        }
        let (factor, weights) = posterior(&precision, &response)?;
        let discount = DISCOUNT;
        Some(Self { discount, precision, response, version, refused, clipped, factor, weights })
    }

    /// What is left of the weight of a reward after the next one: g.
    #[must_use]
    pub fn discount(&self) -> f64 {
        self.discount
    }

    #[must_use]
    pub fn width(&self) -> usize {
        self.response.len()
    }

    /// Lower triangle of A, column by column: A11, A21, ... Ad1, A22, A32, ...
    #[must_use]
    pub fn precision(&self) -> &[f64] {
        &self.precision
    }

    /// The discounted sum of responses times features: b.
    #[must_use]
    pub fn response(&self) -> &[f64] {
        &self.response
    }

    /// Expected weight of each feature: `A^-1 b`.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Makes draws with covariance `A^-1` of `N` vectors of independent standard normal numbers,
    /// given entry by entry; of the first columns alone when there are fewer rows than columns.
    pub fn spread_lanes<const N: usize>(&self, rows: &mut [[f32; N]]) {
        rows.reverse();
        self.factor.solve_lower_transposed_lanes(rows);
        rows.reverse();
    }

    /// How many rewards it learned from.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// How many rewards were not learned from because their numbers were not sound.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// How many rewards counted for less, because they would have moved the weights too far.
    #[must_use]
    pub fn clipped(&self) -> u64 {
        self.clipped
    }

    /// How many rewards the statistics are worth: `sum of g^i`, at most `1 / (1 - g)`.
    #[must_use]
    pub fn effective_rewards(&self) -> f64 {
        let seen = self.version as f64;
        if self.discount >= 1.0 {
            return seen;
        }
        let left = nexus_stats::math::pow(self.discount, seen);
        (1.0 - left) / (1.0 - self.discount)
    }

    /// The rows of a scene, one a candidate; `None` when they are not one sound row a candidate.
    #[must_use]
    pub fn rows<'a>(&self, scene: &Scene<'a>) -> Option<std::slice::ChunksExact<'a, f64>> {
        let matched = scene.features.len() == scene.candidates.len() * self.width();
        (matched && is_sound(scene.features)).then(|| scene.features.chunks_exact(self.width()))
    }

    /// Expected score of a row: `phi' theta`.
    #[must_use]
    pub fn score(&self, row: &[f64]) -> f64 {
        product(row, &self.weights)
    }

    /// Learns from one reward what `evidence` makes of its value, which is held in [-1, 1]. When
    /// the features or the value are not sound, the reward is counted as refused and nothing else changes.
    pub fn learn(
        &mut self,
        rewarded: &Rewarded<'_>,
        evidence: impl FnOnce(&Self, f64) -> RewardObservation,
    ) -> bool {
        let Rewarded { features, value, .. } = rewarded;
        let sound = features.len() == self.width() && is_sound(features) && !value.is_nan();
        let learned = sound && {
            let evidence = evidence(self, value.clamp(-1.0, 1.0));
            self.absorb(features, evidence)
        };
        if learned {
            self.version = self.version.saturating_add(1);
        } else {
            self.refused = self.refused.saturating_add(1);
        }
        learned
    }

    /// Least squares: the evidence of a reward is the reward.
    pub fn learn_reward(&mut self, rewarded: &Rewarded<'_>) -> bool {
        self.learn(rewarded, |_, response| RewardObservation { weight: 1.0, response })
    }

    /// Lets a reward pass in which nothing that counts was measured: old evidence fades, and nothing
    /// is learned.
    pub fn pass(&mut self, rewarded: &Rewarded<'_>) -> bool {
        self.learn(rewarded, |_, _| RewardObservation { weight: 0.0, response: 0.0 })
    }

    /// Takes in evidence, or the part of it that moves the weights no further than [`STEP_MAX`].
    fn absorb(&mut self, features: &[f64], evidence: RewardObservation) -> bool {
        let mut part = evidence;
        for _ in 0..HALVINGS_MAX {
            let Some(next) = self.after(features, part) else { return false };
            if distance(&next.weights, &self.weights) <= STEP_MAX {
                let clipped = self.clipped + u64::from(part != evidence);
                *self = Self { clipped, ..next };
                return true;
            }
            part = RewardObservation { weight: part.weight / 2.0, response: part.response / 2.0 };
        }
        false
    }

    /// The model after some evidence; `None` when its numbers are not sound.
    fn after(&self, features: &[f64], evidence: RewardObservation) -> Option<Self> {
        let RewardObservation { weight, response } = evidence;
        let (discount, prior) = (self.discount, (1.0 - self.discount) * PRIOR_PRECISION);
        let mut precision = self.precision.clone();
        let mut rest = precision.as_mut_slice();
        for (column, feature) in features.iter().enumerate() {
            let (entries, later) = rest.split_at_mut(features.len() - column);
            let scaled = weight * feature;
            for (entry, other) in entries.iter_mut().zip(&features[column..]) {
                *entry = discount * *entry + scaled * other;
            }
            entries[0] += prior;
            rest = later;
        }
        let mut responses = self.response.clone();
        for (sum, feature) in responses.iter_mut().zip(features) {
            *sum = discount * *sum + response * feature;
        }
        let (factor, weights) = posterior(&precision, &responses)?;
        let Self { discount, version, refused, clipped, .. } = *self;
        let response = responses;
        Some(Self { discount, precision, response, version, refused, clipped, factor, weights })
    }
}

impl Default for LinearModel {
    fn default() -> Self {
        // invariant: the product's width is one a model may have.
        Self::new(FEATURES).expect("the width of the feature schema fits a model")
    }
}

impl PartialEq for LinearModel {
    fn eq(&self, other: &Self) -> bool {
        self.precision == other.precision
            && self.response == other.response
            && self.version == other.version
            && self.refused == other.refused
            && self.clipped == other.clipped
    }
}

/// Length of the difference of two vectors.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f64>().sqrt()
}

fn posterior(precision: &[f64], response: &[f64]) -> Option<(Cholesky, Vec<f64>)> {
    let finite = precision.iter().chain(response).all(|number| number.is_finite());
    if !finite || precision.len() != packed_length(response.len()) {
        return None;
    }
    let factor = Cholesky::of(response.len(), &reversed(response.len(), precision))?;
    let mut weights = response.to_vec();
    weights.reverse();
    factor.solve(&mut weights);
    weights.reverse();
    weights.iter().all(|weight| weight.is_finite()).then_some((factor, weights))
}

/// A packed lower triangle with its rows and columns in reverse: the entry of row r and column c
/// comes to row `width - 1 - c` and column `width - 1 - r`.
fn reversed(width: usize, packed: &[f64]) -> Vec<f64> {
    let mut found = vec![0.0; packed.len()];
    let mut entries = packed.iter();
    for column in 0..width {
        // The last n columns of a triangle have n (n + 1) / 2 entries, and the row after this one
        // is in the column before.
        let mut place = packed.len() - (column + 1) * (column + 2) / 2;
        for (row, entry) in (column..width).zip(&mut entries) {
            found[place] = *entry;
            place = place.wrapping_sub(row + 1);
        }
    }
    found
}

fn is_sound(features: &[f64]) -> bool {
    // A NaN is in no range. No early way out, so that the loop is a few wide comparisons.
    features.iter().fold(true, |sound, feature| sound & (feature.abs() <= FEATURE_MAX))
}
