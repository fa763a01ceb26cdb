//! `pace`: what teaches most a minute.
//!
//! A linear model expects of each skill of a candidate the gain `phi' theta`, with the columns of
//! [`super::gain`]. A candidate with n skills and c minutes is worth `n phi' theta / c` a minute;
//! what is expected to harm is worth less the longer it lasts. Thompson sampling: a candidate's
//! probability is the share of [`DRAWS`] draws of `theta` in which it is worth most, the floor mixed
//! in. The policy learns from measured gains alone: what was not measured says nothing.
//!
//! It is born with a prior that was trained in simulation ([`prior`]). A prior of strength
//! [`PRIOR_STRENGTH`] counts as so many measured gains.

mod prior;

use super::gain::{CHANGE_MINUTES, GAIN_COLUMNS, GainRow};
use super::linear_model::{LinearModel, PRIOR_PRECISION, RewardObservation};
use super::{Distribution, Policy, Rewarded, Scene};
use nexus_stats::matrix::packed_length;
use nexus_stats::random::Stream;

/// Probability that is spread evenly over the candidates.
pub const FLOOR: f64 = 0.10;
/// Posterior draws behind each distribution.
pub const DRAWS: usize = 64;
/// Standard deviation of a measured gain around its expectation, in posterior draws.
pub const NOISE: f64 = 0.05;
/// Measured gains that the prior counts as.
pub const PRIOR_STRENGTH: f64 = 2_000.0;
/// What is left of the weight of a measured gain after the next one. Half is left after 6,931.
pub const DISCOUNT: f64 = 0.9999;

/// What simulation taught of gains: how rows are distributed, and the weights that fit best.
#[derive(Clone, Debug, PartialEq)]
pub struct GainPriorFit {
    /// Expected weight of each column.
    pub weights: Vec<f64>,
    /// Lower triangle, column by column, of the mean of `phi phi'`.
    pub moments: Vec<f64>,
}

impl GainPriorFit {
    /// The prior that is shipped. Where it comes from stands beside it.
    #[must_use]
    pub fn shipped() -> Self {
        Self { weights: prior::WEIGHTS.to_vec(), moments: prior::MOMENTS.to_vec() }
    }

    /// The model that a policy with this prior is born with; `None` when the numbers are not sound.
    #[must_use]
    pub fn model(&self) -> Option<LinearModel> {
        let width = GAIN_COLUMNS;
        if self.weights.len() != width || self.moments.len() != packed_length(width) {
            return None;
        }
        let mut precision = Vec::with_capacity(self.moments.len());
        let mut response = vec![0.0; width];
        let mut moments = self.moments.iter();
        for column in 0..width {
            for (row, moment) in (column..width).zip(&mut moments) {
                let evidence = PRIOR_STRENGTH * moment;
                let ridge = if row == column { PRIOR_PRECISION } else { 0.0 };
                precision.push(evidence + ridge);
                response[row] += (evidence + ridge) * self.weights[column];
                if row != column {
                    response[column] += evidence * self.weights[row];
                }
            }
        }
        LinearModel::from_parts(precision, response, 0, 0, 0)
    }
}

/// The policy with its statistics.
#[derive(Clone, Debug, PartialEq)]
pub struct PacePolicy {
    model: LinearModel,
}

impl Default for PacePolicy {
    /// The policy as it is born.
    fn default() -> Self {
        // invariant: a test builds the model of the prior that is shipped.
        Self::with(GainPriorFit::shipped().model().expect("the prior that is shipped is sound"))
    }
}

impl PacePolicy {
    /// The policy that decides by this model.
    #[must_use]
    pub fn with(model: LinearModel) -> Self {
        Self { model: model.discounted(DISCOUNT) }
    }

    /// Its belief about what each column is worth.
    #[must_use]
    pub fn model(&self) -> &LinearModel {
        &self.model
    }

    /// Draws of the weights: one column a draw.
    fn draws(&self, stream: &mut Stream) -> [[f32; DRAWS]; GAIN_COLUMNS] {
        let mut draws = [[0.0_f32; DRAWS]; GAIN_COLUMNS];
        for row in &mut draws {
            row.iter_mut().for_each(|number| *number = NOISE as f32 * stream.normal_single());
        }
        self.model.spread_lanes(&mut draws);
        for (row, weight) in draws.iter_mut().zip(self.model.weights()) {
            row.iter_mut().for_each(|number| *number += *weight as f32);
        }
        draws
    }
}

/// What a minute of a candidate is worth of which so much is expected.
fn worth(gain: f64, minutes: f64) -> f64 {
    let cost = minutes + CHANGE_MINUTES;
    if gain > 0.0 { gain / cost } else { gain * cost }
}

/// The gain of a candidate under each draw.
fn gains(row: &GainRow, draws: &[[f32; DRAWS]; GAIN_COLUMNS]) -> [f32; DRAWS] {
    let mut gains = [0.0_f32; DRAWS];
    for (column, weights) in row.columns.iter().zip(draws) {
        if *column == 0.0 {
            continue;
        }
        let column = *column as f32;
        for (gain, weight) in gains.iter_mut().zip(weights) {
            *gain += column * weight;
        }
    }
    gains
}

impl Policy for PacePolicy {
    fn floor(&self) -> f64 {
        FLOOR
    }

    /// Leaves no probability at all when a row is not sound, so that `draw::finish` refuses it and
    /// the static path is served.
    fn distribute(&self, scene: &Scene<'_>, stream: &mut Stream, out: &mut Distribution) {
        out.reset(scene.candidates.len());
        let sound = scene.candidates.iter().all(|candidate| candidate.gain.is_sound());
        if self.model.width() != GAIN_COLUMNS || !sound {
            return out.reset(0);
        }
        out.estimates.reserve_exact(scene.candidates.len());
        let draws = self.draws(stream);
        let mut leaders = [(f64::NEG_INFINITY, 0_usize); DRAWS];
        for (position, candidate) in scene.candidates.iter().enumerate() {
            let row = &candidate.gain;
            let expected = row.skills * self.model.score(&row.columns);
            out.estimates.push(worth(expected, row.minutes));
            for (leader, gain) in leaders.iter_mut().zip(gains(row, &draws)) {
                let worth = worth(row.skills * f64::from(gain), row.minutes);
                if worth > leader.0 {
                    *leader = (worth, position);
                }
            }
        }
        for (_, position) in leaders {
            if let Some(mass) = out.probabilities.get_mut(position) {
                *mass += 1.0 / DRAWS as f64;
            }
        }
    }

    /// Learns from a measured gain. A decision whose gain was not measured only lets time pass.
    fn learn(&mut self, rewarded: &Rewarded<'_>) {
        let observed = match rewarded.gain {
            Some(gain) => RewardObservation { weight: 1.0, response: gain.clamp(-1.0, 1.0) },
            None => RewardObservation { weight: 0.0, response: 0.0 },
        };
        self.model.learn(rewarded, |_, _| observed);
    }

    fn version(&self) -> u64 {
        self.model.version()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::SceneCandidate;

    fn candidate(column: usize, value: f64, minutes: f64) -> SceneCandidate {
        let mut gain = GainRow { minutes, ..GainRow::default() };
        gain.columns[column] = value;
        SceneCandidate { gain, ..SceneCandidate::default() }
    }

    fn distribution(policy: &PacePolicy, candidates: &[SceneCandidate]) -> Distribution {
        let mut out = Distribution::default();
        let scene = Scene { candidates, features: &[] };
        policy.distribute(&scene, &mut Stream::new(3), &mut out);
        out
    }

    /// A policy that was taught that a unit of the first column gains a half.
    fn taught() -> PacePolicy {
        let fresh = LinearModel::new(GAIN_COLUMNS).unwrap();
        let mut policy = PacePolicy::with(fresh);
        let mut features = [0.0; GAIN_COLUMNS];
        features[0] = 1.0;
        for _ in 0..500 {
            let gain = Some(0.5);
            policy.learn(&Rewarded { features: &features, value: -1.0, gain, propensity: 0.5 });
        }
        policy
    }

    #[test]
    fn of_two_that_teach_alike_the_shorter_is_chosen() {
        let out = distribution(&taught(), &[candidate(0, 1.0, 10.0), candidate(0, 1.0, 2.0)]);
        assert_eq!(out.probabilities, [0.0, 1.0]);
        let expected = [0.5 / 10.5, 0.5 / 2.5].map(|worth| worth * 500.0 / 501.0);
        for (estimate, expected) in out.estimates.iter().zip(expected) {
            assert!((estimate - expected).abs() < 0.01 * expected, "{estimate} {expected}");
        }
    }

    #[test]
    fn what_is_not_sound_is_refused() {
        let fresh = PacePolicy::default();
        for odd in [f64::NAN, f64::INFINITY, 9.0] {
            let mut policy = fresh.clone();
            let mut features = [0.5; GAIN_COLUMNS];
            features[3] = odd;
            policy.learn(&Rewarded {
                features: &features,
                value: 0.0,
                gain: Some(0.1),
                propensity: 0.5,
            });
            assert_eq!((policy.version(), policy.model().refused()), (0, 1));
            let out = distribution(&fresh, &[candidate(3, odd, 1.0), candidate(3, 0.5, 1.0)]);
            assert!(out.probabilities.is_empty() && out.estimates.is_empty(), "{odd}");
        }
        for minutes in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(distribution(&fresh, &[candidate(3, 0.5, minutes)]).probabilities.is_empty());
        }
        let mut policy = fresh.clone();
        let row = [0.5; crate::policy::context::FEATURES];
        policy.learn(&Rewarded { features: &row, value: 0.0, gain: Some(0.1), propensity: 0.5 });
        assert_eq!((policy.version(), policy.model().refused()), (0, 1), "a row of another schema");
    }

    #[test]
    fn whatever_it_is_taught_its_numbers_stay_small() {
        let mut stream = Stream::new(5);
        for gain in [1.0, -1.0, f64::MAX, f64::MIN] {
            let mut policy = PacePolicy::default();
            for _ in 0..20_000 {
                let features: [f64; GAIN_COLUMNS] = std::array::from_fn(|_| stream.uniform());
                let gain = Some(gain);
                policy.learn(&Rewarded { features: &features, value: 0.0, gain, propensity: 0.1 });
            }
            assert_eq!(policy.version(), 20_000);
            let weights = policy.model().weights();
            let length = weights.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
            assert!(length < 5.0, "{gain}: {length}");
        }
    }

    #[test]
    fn of_two_that_harm_the_shorter_is_chosen_too() {
        let out = distribution(&taught(), &[candidate(0, -1.0, 10.0), candidate(0, -1.0, 2.0)]);
        assert_eq!(out.probabilities, [0.0, 1.0]);
    }

    #[test]
    fn what_was_not_measured_moves_no_weight() {
        let mut policy = PacePolicy::default();
        let before = policy.model().weights().to_vec();
        let features = [0.5; GAIN_COLUMNS];
        policy.learn(&Rewarded { features: &features, value: 1.0, gain: None, propensity: 0.5 });
        assert_eq!(policy.version(), 1);
        for (before, after) in before.iter().zip(policy.model().weights()) {
            assert!((before - after).abs() < 1e-4, "{before} {after}");
        }
    }

    #[test]
    fn the_prior_that_is_shipped_expects_its_weights() {
        let fit = GainPriorFit::shipped();
        let model = fit.model().unwrap();
        for (expected, found) in fit.weights.iter().zip(model.weights()) {
            assert!((expected - found).abs() < 1e-6, "{expected} {found}");
        }
    }
}
