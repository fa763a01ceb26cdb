//! Logistic regression learned one answer at a time: what PFA and Best-LR are made of.
//!
//! Every weight has a step of its own, AdaGrad (Duchi, Hazan and Singer 2011): `w -= rate * g /
//! sqrt(sum of g^2)`. Rare features keep large steps, frequent ones settle.

use std::collections::BTreeMap;

/// Step of a weight whose gradients were all as large as a surprise of one.
const RATE: f64 = 0.25;
/// Squared gradients that every weight begins with, so that its first step is no leap.
const PRIOR_SQUARES: f64 = 0.5;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Weight {
    /// Its value, in logits a unit of the feature.
    pub value: f64,
    squares: f64,
}

impl Default for Weight {
    fn default() -> Self {
        Self { value: 0.0, squares: PRIOR_SQUARES }
    }
}

impl Weight {
    /// Moves the weight of a feature after a surprise `y - p`.
    pub fn step(&mut self, feature: f64, surprise: f64) {
        let gradient = -feature * surprise;
        self.squares += gradient * gradient;
        self.value -= RATE * gradient / self.squares.sqrt();
    }

    /// The same, for a weight that must not become negative.
    pub fn step_up(&mut self, feature: f64, surprise: f64) {
        self.step(feature, surprise);
        self.value = self.value.max(0.0);
    }
}

/// The value in a table of weights; a weight that was never moved is 0.
pub(super) fn value<K: Ord>(weights: &BTreeMap<K, Weight>, key: &K) -> f64 {
    weights.get(key).map_or(0.0, |weight| weight.value)
}
