//! A model of rewards for off-policy evaluation: linear, and as simple as its use allows.
//!
//! First a ridge regression on the columns of the candidate, which all actions share; then, on what
//! is left, one for each action, on 1 and the columns of the context, drawn towards 0 by
//! [`ACTION_PRECISION`]. An action of which little is known so has what its columns say. The
//! estimators that are corrected need no more: they hold with any model that has not seen the
//! decision, and only their width hangs on how good it is.

use super::LoggedDecision;
use crate::matrix::{Cholesky, packed_length, product};
use std::collections::BTreeMap;

/// Columns of a candidate and of a context that the model takes, each.
pub const COLUMNS_MAX: usize = 256;
/// The precision of each shared slope, per unit of spread of its column, in decisions.
pub const SHARED_PRECISION: f64 = 1.0;
/// The precision of what an action has of its own, in decisions.
pub const ACTION_PRECISION: f64 = 20.0;

/// What a model is fitted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fitting {
    /// The least squared error on the log.
    LeastSquares,
    /// The least variance of the corrected estimate (Farajtabar, Chow and Ghavamzadeh 2018):
    /// squared errors weighted by `p (1 - b) / b^2`, with the probabilities `p` of the target and
    /// `b` of the log. This is their weight for a target that always chooses one action, taken in
    /// the mean for one that does not.
    LeastVariance,
}

impl Fitting {
    fn weight(self, decision: &LoggedDecision) -> f64 {
        let propensity = decision.propensity;
        match self {
            Self::LeastSquares => 1.0,
            Self::LeastVariance => {
                decision.target_of_chosen() * (1.0 - propensity) / (propensity * propensity)
            }
        }
    }
}

/// What rewards are expected, of which candidate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RewardModel {
    mean: f64,
    /// A slope for each column of a candidate.
    shared: Vec<f64>,
    /// By action: what it has above that, and its slopes on the context.
    own: BTreeMap<u32, Vec<f64>>,
}

impl RewardModel {
    /// The model of the decisions that are wanted. With none of them, or none that counts, it
    /// expects 0 of everything.
    #[must_use]
    pub fn fit(
        decisions: &[LoggedDecision],
        fitting: Fitting,
        wanted: impl Fn(usize, &LoggedDecision) -> bool,
    ) -> Self {
        let all = decisions.iter().enumerate();
        let kept = all.filter(|(place, decision)| wanted(*place, decision));
        let weighed =
            kept.map(|(_, it)| (fitting.weight(it), it)).filter(|(weight, _)| *weight > 0.0);
        let mut weighed: Vec<(f64, &LoggedDecision)> = weighed.collect();
        let sum: f64 = weighed.iter().map(|(weight, _)| weight).sum();
        if weighed.is_empty() || !sum.is_finite() {
            return Self::default();
        }
        // A mean weight of 1: then a precision means as many decisions under each way of fitting.
        let scale = weighed.len() as f64 / sum;
        weighed.iter_mut().for_each(|(weight, _)| *weight *= scale);
        let mut model = Self::shared(&weighed);
        model.own = model.own_parts(&weighed);
        model
    }

    /// The regression on the candidate's columns.
    fn shared(weighed: &[(f64, &LoggedDecision)]) -> Self {
        let n = weighed.len() as f64;
        let reward = weighed.iter().map(|(weight, it)| weight * it.reward).sum::<f64>() / n;
        let columns = weighed[0].1.features.len().min(COLUMNS_MAX);
        let (means, spreads) = columns_of(weighed, columns);
        let mut sums = Sums::new(columns, SHARED_PRECISION);
        let mut row = vec![0.0; columns];
        for (weight, it) in weighed {
            let standard = it.features.iter().zip(&means).zip(&spreads);
            for (entry, ((value, mean), spread)) in row.iter_mut().zip(standard) {
                *entry = (value - mean) / spread;
            }
            sums.add(*weight, &row, it.reward - reward);
        }
        let slopes = sums.solved();
        let slopes = slopes.iter().zip(&spreads).map(|(slope, spread)| slope / spread);
        let shared: Vec<f64> = slopes.collect();
        Self { mean: reward - product(&shared, &means), shared, own: BTreeMap::new() }
    }

    fn own_parts(&self, weighed: &[(f64, &LoggedDecision)]) -> BTreeMap<u32, Vec<f64>> {
        let mut sums = BTreeMap::<u32, Sums>::new();
        for (weight, it) in weighed {
            let row = own_row(it);
            let left = it.reward - self.expected_of_columns(&it.features, 1.0);
            let own = sums.entry(it.chosen);
            let own = own.or_insert_with(|| Sums::new(row.len(), ACTION_PRECISION));
            own.add(*weight, &row, left);
        }
        sums.into_iter().map(|(action, sums)| (action, sums.solved())).collect()
    }

    fn expected_of_columns(&self, columns: &[f64], mass: f64) -> f64 {
        let slopes = self.shared.iter().zip(columns).map(|(slope, value)| slope * value);
        self.mean * mass + slopes.sum::<f64>()
    }

    fn own(&self, action: u32, row: &[f64]) -> f64 {
        let own = self.own.get(&action);
        own.map_or(0.0, |own| own.iter().zip(row).map(|(slope, value)| slope * value).sum())
    }

    /// What is expected of what was chosen, and of the target.
    #[must_use]
    pub fn expected(&self, decision: &LoggedDecision) -> (f64, f64) {
        let row = own_row(decision);
        let chosen = self.expected_of_columns(&decision.features, 1.0);
        let mass = decision.supported();
        let mut target = self.expected_of_columns(&decision.target_features, mass);
        for (action, probability) in &decision.target {
            target += probability * self.own(*action, &row);
        }
        (chosen + self.own(decision.chosen, &row), target)
    }
}

/// What an action has slopes of its own for: 1, and the context.
fn own_row(decision: &LoggedDecision) -> Vec<f64> {
    let context = decision.context.iter().take(COLUMNS_MAX - 1);
    std::iter::once(1.0).chain(context.copied()).collect()
}

/// Mean and spread of each column; a spread of 1 where it does not vary.
fn columns_of(weighed: &[(f64, &LoggedDecision)], columns: usize) -> (Vec<f64>, Vec<f64>) {
    let n = weighed.len() as f64;
    let (mut means, mut spreads) = (vec![0.0; columns], vec![0.0; columns]);
    for (weight, it) in weighed {
        for (mean, value) in means.iter_mut().zip(&it.features) {
            *mean += weight * value / n;
        }
    }
    for (weight, it) in weighed {
        for ((spread, mean), value) in spreads.iter_mut().zip(&means).zip(&it.features) {
            *spread += weight * (value - mean) * (value - mean) / n;
        }
    }
    for (spread, mean) in spreads.iter_mut().zip(&means) {
        let varies = *spread > 1e-18 * (1.0 + mean * mean);
        *spread = if varies { spread.sqrt() } else { 1.0 };
    }
    (means, spreads)
}

/// The sums of a ridge regression.
struct Sums {
    /// Lower triangle of the precision, column by column.
    precision: Vec<f64>,
    response: Vec<f64>,
}

impl Sums {
    fn new(columns: usize, ridge: f64) -> Self {
        let mut precision = vec![0.0; packed_length(columns)];
        let mut place = 0;
        for column in 0..columns {
            precision[place] = ridge;
            place += columns - column;
        }
        Self { precision, response: vec![0.0; columns] }
    }

    fn add(&mut self, weight: f64, row: &[f64], response: f64) {
        let mut entries = self.precision.iter_mut();
        for (column, value) in row.iter().enumerate() {
            let scaled = weight * value;
            // The row first: where it ends, no entry must be taken for nothing.
            for (other, entry) in row[column..].iter().zip(entries.by_ref()) {
                *entry += scaled * other;
            }
        }
        for (sum, value) in self.response.iter_mut().zip(row) {
            *sum += weight * value * response;
        }
    }

    /// The slopes; all 0 where the numbers have none.
    fn solved(self) -> Vec<f64> {
        let columns = self.response.len();
        let mut slopes = self.response;
        match Cholesky::of(columns, &self.precision) {
            Some(factor) => factor.solve(&mut slopes),
            None => slopes.fill(0.0),
        }
        let sound = slopes.iter().all(|slope| slope.is_finite());
        if sound { slopes } else { vec![0.0; columns] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn decision(chosen: u32, column: f64, context: f64, reward: f64) -> LoggedDecision {
        LoggedDecision {
            chosen,
            propensity: 0.25,
            reward,
            target: vec![(0, 0.5), (1, 0.5)],
            features: vec![column],
            target_features: vec![2.0],
            context: vec![context],
            ..LoggedDecision::default()
        }
    }

    fn fit(decisions: &[LoggedDecision]) -> RewardModel {
        RewardModel::fit(decisions, Fitting::LeastSquares, |_, _| true)
    }

    /// Four decisions by hand. Columns -1, -1, 1, 1 (mean 0, spread 1), rewards 0, 0, 1, 1 (mean
    /// 0.5): the slope is sum(x (r - mean)) / (4 + 1) = 0.4.
    #[test]
    fn the_shared_slope_is_that_of_a_ridge() {
        let log = [(-1.0, 0.0), (-1.0, 0.0), (1.0, 1.0), (1.0, 1.0)];
        let log = log.map(|(column, reward)| decision(7, column, 0.0, reward));
        let (chosen, target) = fit(&log).expected(&log[3]);
        // What is left sums to 0 in the action, so it has nothing of its own.
        assert!((chosen - 0.9).abs() < 1e-12 && (target - 1.3).abs() < 1e-12, "{chosen} {target}");
    }

    /// Twenty decisions of an action that are all 0.3 above the rest count for half: 20 / (20 + 20).
    #[test]
    fn an_action_seen_little_is_drawn_towards_the_rest() {
        let mut log: Vec<_> = (0..20).map(|_| decision(1, 1.0, 0.0, 0.8)).collect();
        log.extend((0..60).map(|_| decision(0, 1.0, 0.0, 0.4)));
        // The mean is 0.5; action 1 is 0.3 above, action 0 is 0.1 below and seen 60 times.
        let model = fit(&log);
        assert!((model.expected(&log[0]).0 - (0.5 + 0.3 * 0.5)).abs() < 1e-12);
        assert!((model.expected(&log[79]).0 - (0.5 - 0.1 * 0.75)).abs() < 1e-12);
    }

    #[test]
    fn what_is_linear_is_found() {
        let mut stream = Stream::new(11);
        let log: Vec<_> = (0..20_000)
            .map(|_| {
                let (action, column, context) =
                    (stream.below(2) as u32, stream.normal(), stream.normal());
                let slope = if action == 1 { 0.5 } else { -0.2 };
                let reward = 3.0 + 0.7 * column + slope * context + 0.1 * stream.normal();
                decision(action, column, context, reward)
            })
            .collect();
        let (chosen, target) = fit(&log).expected(&decision(1, 3.0, 2.0, 0.0));
        assert!((chosen - (3.0 + 2.1 + 1.0)).abs() < 0.05, "{chosen}");
        assert!((target - (3.0 + 1.4 + 0.15 * 2.0)).abs() < 0.05, "{target}");
    }

    #[test]
    fn nothing_and_what_never_varies_have_a_model_too() {
        let log = vec![decision(0, 5.0, 1.0, 0.25); 8];
        assert!((fit(&log).expected(&log[0]).0 - 0.25).abs() < 1e-12);
        assert_eq!(fit(&[]).expected(&log[0]), (0.0, 0.0));
        let none = RewardModel::fit(&log, Fitting::LeastSquares, |_, _| false);
        assert_eq!(none, RewardModel::default());
    }

    /// Where the target never goes, its model does not look.
    #[test]
    fn least_variance_looks_where_the_target_goes() {
        let mut log: Vec<_> = (0..500).map(|_| decision(3, 0.0, 0.0, 1.0)).collect();
        log.extend((0..500).map(|_| decision(1, 0.0, 0.0, 0.25)));
        let model = RewardModel::fit(&log, Fitting::LeastVariance, |_, _| true);
        assert!((model.expected(&log[0]).0 - 0.25).abs() < 1e-12);
        assert!(fit(&log).expected(&log[0]).0 > 0.9);
    }
}
