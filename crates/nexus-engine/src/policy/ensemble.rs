//! A bootstrapped ensemble: ten opinions made of the same rewards, each counting every reward so
//! often as chance says (Oza and Russell 2001).
//!
//! All heads share the precision A of one linear model and differ in what they add to its
//! response: with the residual `e = r - phi' theta` of each reward at its time,
//! `d_h <- g d_h + (w_h - 1) e phi` and `theta_h = theta + A^-1 (d_h + u_h)`, where the weights
//! `w_h` are Poisson numbers of mean 1. It is the score bootstrap (Kline and Santos 2012): one
//! factorisation serves ten heads. Each `u_h`, fixed for ever, draws a head's opinion before any
//! reward from the prior, as randomised priors do (Osband, Aslanides and Cassirer 2018). A
//! candidate's probability is the share of heads that find it best.

use super::linear::NOISE;
use super::linear_model::{
    DISCOUNT, FEATURE_MAX, LinearModel, PRIOR_PRECISION, RewardObservation, WIDTH_MAX,
};
use super::{Distribution, Policy, Rewarded, Scene};
use nexus_stats::math::exp;
use nexus_stats::random::Stream;

pub const HEADS: usize = 10;
/// Probability that is spread evenly over the candidates.
pub const FLOOR: f64 = 0.10;
/// The greatest weight a head gives a reward: more comes once in ten million.
const WEIGHT_MAX: u32 = 10;

/// One number a head.
pub type Heads = [f64; HEADS];

/// The ensemble with its statistics.
#[derive(Clone, Debug)]
pub struct Ensemble {
    model: LinearModel,
    /// What each head adds to the response, a row a feature: `d_h`.
    departures: Vec<Heads>,
    /// What the prior adds to it, the same for ever: `u_h`.
    prior: Vec<Heads>,
}

impl Ensemble {
    /// An ensemble whose heads depart from a model by their prior alone.
    #[must_use]
    pub fn around(model: LinearModel) -> Self {
        let departures = vec![[0.0; HEADS]; model.width()];
        Self::of(model, departures)
    }

    /// The ensemble around a model with these departures, a row a feature. `None` unless there is
    /// one row a feature and all are finite and of a size that rewards can bring about.
    #[must_use]
    pub fn with(model: LinearModel, departures: Vec<Heads>) -> Option<Self> {
        // A residual is at most 2 in a model of any use; 32 sqrt(64) 8 bounds even a useless one.
        let most = f64::from(WEIGHT_MAX) * 2_100.0 * FEATURE_MAX / (1.0 - DISCOUNT);
        let sound = departures.iter().flatten().all(|departure| departure.abs() <= most);
        (departures.len() == model.width() && sound).then(|| Self::of(model, departures))
    }

    fn of(model: LinearModel, departures: Vec<Heads>) -> Self {
        let mut stream = Stream::keyed(0, "ensemble prior");
        let scale = NOISE * PRIOR_PRECISION.sqrt();
        let mut prior = vec![[0.0; HEADS]; departures.len()];
        prior.iter_mut().flatten().for_each(|number| *number = scale * stream.normal());
        Self { model, departures, prior }
    }

    /// The belief about the weights that all heads share.
    #[must_use]
    pub fn model(&self) -> &LinearModel {
        &self.model
    }

    /// What each head adds to the response, a row a feature.
    #[must_use]
    pub fn departures(&self) -> &[Heads] {
        &self.departures
    }

    /// The heads' weights minus the model's, a row a feature, in room for the widest model. Made
    /// for each decision: a model learns more often than it decides, or as often.
    fn opinions(&self) -> [Heads; WIDTH_MAX] {
        let mut opinions = [[0.0; HEADS]; WIDTH_MAX];
        let sources = self.departures.iter().zip(&self.prior);
        for (opinions, (departures, prior)) in opinions.iter_mut().zip(sources) {
            for (head, opinion) in opinions.iter_mut().enumerate() {
                *opinion = departures[head] + prior[head];
            }
        }
        self.model.solve_lanes(&mut opinions[..self.model.width()]);
        opinions
    }
}

impl Default for Ensemble {
    fn default() -> Self {
        Self::around(LinearModel::default())
    }
}

impl PartialEq for Ensemble {
    fn eq(&self, other: &Self) -> bool {
        self.model == other.model && self.departures == other.departures
    }
}

impl Policy for Ensemble {
    fn floor(&self) -> f64 {
        FLOOR
    }

    fn distribute(&self, scene: &Scene<'_>, _stream: &mut Stream, out: &mut Distribution) {
        if !out.estimate(&self.model, scene) {
            return;
        }
        let opinions = self.opinions();
        let (mut best, mut most) = ([0; HEADS], [f64::NEG_INFINITY; HEADS]);
        let rows = scene.features.chunks_exact(self.model.width()).zip(&out.estimates);
        for (position, (row, estimate)) in rows.enumerate() {
            let mut scores = [*estimate; HEADS];
            for (feature, opinions) in row.iter().zip(&opinions) {
                for (score, opinion) in scores.iter_mut().zip(opinions) {
                    *score += feature * opinion;
                }
            }
            for head in 0..HEADS {
                if scores[head] > most[head] {
                    (best[head], most[head]) = (position, scores[head]);
                }
            }
        }
        for best in best {
            if let Some(mass) = out.probabilities.get_mut(best) {
                *mass += 1.0 / HEADS as f64;
            }
        }
    }

    /// The weights of a reward come from the version it makes, so the same rewards in the same
    /// order make the same ensemble.
    fn learn(&mut self, rewarded: &Rewarded<'_>) {
        let mut stream = Stream::keyed(self.model.version(), "ensemble");
        let mut residual = 0.0;
        let learned = self.model.learn(rewarded, |model, response| {
            residual = response - model.score(rewarded.features);
            RewardObservation { weight: 1.0, response }
        });
        if !learned {
            return;
        }
        let pulls: Heads =
            std::array::from_fn(|_| (f64::from(poisson(&mut stream)) - 1.0) * residual);
        let discount = self.model.discount();
        for (departures, feature) in self.departures.iter_mut().zip(rewarded.features) {
            for (departure, pull) in departures.iter_mut().zip(pulls) {
                *departure = discount * *departure + pull * feature;
            }
        }
    }

    fn version(&self) -> u64 {
        self.model.version()
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
