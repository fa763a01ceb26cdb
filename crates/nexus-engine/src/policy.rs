//! Policies: maps from what may be looked at to a probability for every candidate.
//!
//! A policy sees a [`Scene`] and nothing else: no learner id, no experiment, no clock. It fills a
//! distribution; the floor and the draw come after it, the same for all (`draw`). So the stored
//! propensity is exact by construction.

pub mod context;
pub mod crossing;
pub mod draw;
pub mod gain;
pub mod health;
pub mod kind;
pub mod linear;
pub mod linear_model;
pub mod mastery;
pub mod network;
pub mod pace;
pub mod parts;
pub mod popular;
pub mod popularity;
pub mod random;
pub mod registry;
pub mod retired;
pub mod site_context;
pub mod spaced;
pub mod static_path;
pub mod votes;
pub mod zpdes;

use crate::learner::results::Results;
use gain::GainRow;
use linear_model::LinearModel;
use nexus_stats::random::Stream;

/// What a policy may look at for one decision.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The candidates, in path order; at least one.
    pub candidates: &'a [SceneCandidate],
    /// Their feature vectors, one row a candidate: `context::FEATURES` columns for the product's
    /// policies, and as many as its model has for any other.
    pub features: &'a [f64],
}

/// What a policy may know of a candidate besides its features.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SceneCandidate {
    /// Its rank on the static path among all activities of the course, from 0.
    pub path_rank: usize,
    /// Recent completions by all learners, decayed, at least 0.
    pub popularity: f64,
    /// The least probability, over its skills, that the skill is mastered.
    pub mastered_probability: f64,
    /// Whether the course requires it and the learner has not completed it.
    pub required: bool,
    /// Its main skill, by place in the course: the first that its author named.
    pub skill: usize,
    /// Whether the learner ever began it.
    pub tried: bool,
    /// Whether it asks anything.
    pub asks: bool,
    /// The learner's latest results in it.
    pub results: Results,
    /// The learner's latest results in its main skill, in any activity.
    pub skill_results: Results,
    /// What it may teach, and what it costs.
    pub gain: GainRow,
}

impl Default for SceneCandidate {
    /// The first of the path, of which nothing is known.
    fn default() -> Self {
        Self {
            path_rank: 0,
            popularity: 0.0,
            mastered_probability: 0.0,
            required: false,
            skill: 0,
            tried: false,
            asks: true,
            results: Results::NONE,
            skill_results: Results::NONE,
            gain: GainRow::default(),
        }
    }
}

/// What a policy makes of a scene. The buffers are reused between decisions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Distribution {
    /// Probability of each candidate before the floor; at least 0, summing to 1.
    pub probabilities: Vec<f64>,
    /// The policy's expected reward of each candidate, when it has one; else empty.
    pub estimates: Vec<f64>,
}

impl Scene<'_> {
    /// Position of the candidate that comes first on the static path among those wanted; of equal
    /// ranks the first in the list.
    #[must_use]
    pub fn first_on_path(&self, wanted: impl Fn(&SceneCandidate) -> bool) -> Option<usize> {
        let all = self.candidates.iter().enumerate();
        let wanted = all.filter(|(_, candidate)| wanted(candidate));
        wanted.min_by_key(|(_, candidate)| candidate.path_rank).map(|(position, _)| position)
    }
}

impl Distribution {
    /// Makes room for this many candidates, with no mass and no estimates.
    pub fn reset(&mut self, candidates: usize) {
        self.probabilities.clear();
        self.probabilities.resize(candidates, 0.0);
        self.estimates.clear();
    }

    /// Makes room for the candidates of a scene and estimates each by a model. When the features
    /// are not one sound row a candidate, nothing is left and the answer is no: `draw::finish`
    /// refuses that, and the static path is served.
    pub fn estimate(&mut self, model: &LinearModel, scene: &Scene<'_>) -> bool {
        let rows = model.rows(scene);
        self.reset(rows.as_ref().map_or(0, ExactSizeIterator::len));
        let Some(rows) = rows else { return false };
        self.estimates.extend(rows.map(|row| model.score(row)));
        true
    }

    /// Position of the greatest estimate; of equals the first. `None` when there is none.
    #[must_use]
    pub fn best_estimate(&self) -> Option<usize> {
        let (mut best, mut most) = (None, f64::NEG_INFINITY);
        for (position, estimate) in self.estimates.iter().enumerate() {
            if *estimate > most {
                (best, most) = (Some(position), *estimate);
            }
        }
        best
    }

    /// All mass on one of this many candidates; none at all when `position` is not among them,
    /// which is refused later.
    pub fn put_all_on(&mut self, position: Option<usize>, candidates: usize) {
        self.reset(candidates);
        if let Some(mass) = position.and_then(|position| self.probabilities.get_mut(position)) {
            *mass = 1.0;
        }
    }
}

/// A reward that a policy may learn from.
#[derive(Clone, Copy, Debug)]
pub struct Rewarded<'a> {
    /// Feature vector of the activity that was chosen.
    pub features: &'a [f64],
    /// The reward, in [-1, 1].
    pub value: f64,
    /// Probability with which it was chosen, in (0, 1].
    pub propensity: f64,
    /// The learning gain that was measured, in [-1, 1] unless the course declares a sum; `None`
    /// when nothing measured it.
    pub gain: Option<f64>,
}

/// A map from scenes to distributions, which may learn from rewards.
pub trait Policy {
    /// The exploration floor: this much probability is spread evenly over the candidates.
    fn floor(&self) -> f64;

    /// Fills `out` for the candidates of `scene`, with randomness from `stream` alone.
    fn distribute(&self, scene: &Scene<'_>, stream: &mut Stream, out: &mut Distribution);

    /// Learns from one reward. Policies that do not learn ignore it.
    fn learn(&mut self, _reward: &Rewarded<'_>) {}

    /// Takes a reward in which nothing that counts was measured, so that its value says nothing. A
    /// policy that learns from the gain alone need not tell the two apart.
    fn pass(&mut self, reward: &Rewarded<'_>) {
        self.learn(reward);
    }

    /// Number of rewards learned from; grows by one with each, and names the model's version.
    fn version(&self) -> u64 {
        0
    }
}
