//! What the retired policy `ensemble` learned: ten opinions made of the same rewards, each counting
//! every reward so often as chance says (Oza and Russell 2001).
//!
//! All heads share the precision A of one linear model and differ in what they add to its
//! response. With the residual `e = r - phi' theta` of each reward at its time,
//! `d_h <- g d_h + (w_h - 1) e phi`, where the weights `w_h` are Poisson numbers of mean 1.

use crate::policy::Rewarded;
use crate::policy::linear_model::{DISCOUNT, FEATURE_MAX, LinearModel, RewardObservation};
use nexus_stats::math::exp;
use nexus_stats::random::Stream;

pub const HEADS: usize = 10;
/// The greatest weight that a head gave a reward: more comes once in ten million.
const WEIGHT_MAX: u32 = 10;

/// One number a head.
pub type Heads = [f64; HEADS];

/// The statistics of the ensemble.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RetiredEnsemble {
    pub(super) model: LinearModel,
    /// What each head adds to the response, a row a feature: `d_h`.
    pub(super) departures: Vec<Heads>,
}

impl RetiredEnsemble {
    /// Heads that all think what the model says.
    pub(super) fn around(model: LinearModel) -> Self {
        let departures = vec![[0.0; HEADS]; model.width()];
        Self { model, departures }
    }

    /// The ensemble around a model with these departures, a row a feature. `None` unless there is
    /// one row a feature and all are finite and of a size that rewards can bring about.
    pub(super) fn with(model: LinearModel, departures: Vec<Heads>) -> Option<Self> {
        // A residual is at most 2 in a model of any use; 32 sqrt(64) 8 bounds even a useless one.
        let most = f64::from(WEIGHT_MAX) * 2_100.0 * FEATURE_MAX / (1.0 - DISCOUNT);
        let sound = departures.iter().flatten().all(|departure| departure.abs() <= most);
        (departures.len() == model.width() && sound).then_some(Self { model, departures })
    }

    /// The weights of a reward come from the version it makes, so the same rewards in the same
    /// order make the same ensemble.
    pub(super) fn learn(&mut self, rewarded: &Rewarded<'_>) {
        let mut stream = Stream::keyed(self.model.version(), "ensemble");
        let mut residual = 0.0;
        let learned = self.model.learn(rewarded, |model, response| {
            residual = response - model.score(rewarded.features);
            RewardObservation { weight: 1.0, response }
        });
        if learned {
            let pulls: Heads =
                std::array::from_fn(|_| (f64::from(poisson(&mut stream)) - 1.0) * residual);
            self.depart(rewarded.features, pulls);
        }
    }

    /// Lets a reward pass in which nothing that counts was measured.
    pub(super) fn pass(&mut self, rewarded: &Rewarded<'_>) {
        if self.model.pass(rewarded) {
            self.depart(rewarded.features, [0.0; HEADS]);
        }
    }

    fn depart(&mut self, features: &[f64], pulls: Heads) {
        let discount = self.model.discount();
        for (departures, feature) in self.departures.iter_mut().zip(features) {
            for (departure, pull) in departures.iter_mut().zip(pulls) {
                *departure = discount * *departure + pull * feature;
            }
        }
    }
}

/// A Poisson number of mean 1, by inversion of one uniform draw.
fn poisson(stream: &mut Stream) -> u32 {
    let draw = stream.uniform();
    let mut mass = exp(-1.0);
    let (mut cumulative, mut number) = (mass, 0);
    while draw >= cumulative && number < WEIGHT_MAX {
        number += 1;
        mass /= f64::from(number);
        cumulative += mass;
    }
    number
}
