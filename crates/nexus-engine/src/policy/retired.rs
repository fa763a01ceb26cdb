//! Policies that left the product. All of this is here for old journals.
//!
//! A retired policy decides nothing: where an old journal promoted it or an experiment names it,
//! the course's own path is served (`SharedState::stand_in`), and no new entry may name it. What it
//! decided before still folds: it learns from the rewards of its old decisions, and its versions
//! are kept, exactly as before, so that the state stays the same bit for bit. Why each left:
//! `docs/decisions/0007-policies-that-left.md`.

mod ensemble;

pub use ensemble::{HEADS, Heads};

use super::kind::PolicyKind;
use super::linear_model::{LinearModel, RewardObservation};
use super::{Distribution, Policy, Rewarded, Scene};
use crate::ids::PolicyId;
use crate::words;
use ensemble::RetiredEnsemble;
use nexus_stats::math::logistic;
use nexus_stats::random::Stream;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetiredKind {
    /// Linear Thompson sampling under one of sixteen strategies.
    Strategic,
    /// A table of what each of twelve steps is worth in the long run, trained before it served.
    DoubleQ,
    /// The same, linear in what is seen of the learner.
    FittedQ,
    /// Uniform over what was open and not mastered.
    GatedRandom,
    /// Thompson sampling in logits.
    LogisticThompson,
    /// The benefit of the doubt.
    LinearUcb,
    /// The best estimate, and now and then anything.
    EpsilonGreedy,
    /// The vote of ten opinions.
    Ensemble,
}

words!(RetiredKind {
    Strategic => "strategic",
    DoubleQ => "double-q",
    FittedQ => "fitted-q",
    GatedRandom => "gated-random",
    LogisticThompson => "logistic-ts",
    LinearUcb => "linucb",
    EpsilonGreedy => "epsilon-greedy",
    Ensemble => "ensemble",
});

/// The greatest number that a trained policy may have had.
const TRAINED_MAX: f64 = 1e3;
/// The greatest logit that `logistic-ts` believed.
const LOGIT_MAX: f64 = 8.0;

impl RetiredKind {
    /// What to use in its place.
    #[must_use]
    pub fn successor(self) -> PolicyKind {
        match self {
            Self::Strategic
            | Self::DoubleQ
            | Self::FittedQ
            | Self::LogisticThompson
            | Self::LinearUcb
            | Self::EpsilonGreedy
            | Self::Ensemble => PolicyKind::LinearThompson,
            Self::GatedRandom => PolicyKind::Random,
        }
    }

    /// Whether it learned from rewards while it served.
    #[must_use]
    pub fn learned(self) -> bool {
        match self {
            Self::Strategic
            | Self::LogisticThompson
            | Self::LinearUcb
            | Self::EpsilonGreedy
            | Self::Ensemble => true,
            Self::DoubleQ | Self::FittedQ | Self::GatedRandom => false,
        }
    }

    /// Whether its monitor watched how far it spread its choices. See
    /// [`PolicyKind::spreads_by_doubt`].
    #[must_use]
    pub fn spread_by_doubt(self) -> bool {
        match self {
            Self::LogisticThompson | Self::Ensemble => true,
            Self::Strategic
            | Self::DoubleQ
            | Self::FittedQ
            | Self::GatedRandom
            | Self::LinearUcb
            | Self::EpsilonGreedy => false,
        }
    }

    /// How many numbers it was trained to: values of 240 states times twelve steps, or weights of
    /// nine numbers times twelve steps.
    #[must_use]
    pub fn trained_numbers(self) -> usize {
        match self {
            Self::DoubleQ => 240 * 12,
            Self::FittedQ => 9 * 12,
            Self::Strategic
            | Self::GatedRandom
            | Self::LogisticThompson
            | Self::LinearUcb
            | Self::EpsilonGreedy
            | Self::Ensemble => 0,
        }
    }

    /// How many visits it counted in training.
    #[must_use]
    pub fn trained_visits(self) -> usize {
        match self {
            Self::DoubleQ => 240 * 12,
            Self::Strategic
            | Self::FittedQ
            | Self::GatedRandom
            | Self::LogisticThompson
            | Self::LinearUcb
            | Self::EpsilonGreedy
            | Self::Ensemble => 0,
        }
    }
}

/// Whether a policy left the product.
#[must_use]
pub fn is_retired(policy: &PolicyId) -> bool {
    RetiredKind::from_word(policy.as_str()).is_some()
}

/// Whether a policy spreads its choices by what it does not know, or did so while it served.
#[must_use]
pub fn spreads_by_doubt(policy: &PolicyId) -> bool {
    match RetiredKind::from_word(policy.as_str()) {
        Some(retired) => retired.spread_by_doubt(),
        None => PolicyKind::of(policy).is_some_and(PolicyKind::spreads_by_doubt),
    }
}

/// A retired policy with the statistics that it had.
#[derive(Clone, Debug, PartialEq)]
pub struct Retired {
    kind: RetiredKind,
    statistics: Statistics,
}

#[derive(Clone, Debug, PartialEq)]
enum Statistics {
    None,
    Learned(Box<LinearModel>),
    Ensemble(Box<RetiredEnsemble>),
    Trained(Box<TrainedNumbers>),
}

/// What a policy was trained to before it served; all zeros when it never was.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedNumbers {
    /// Decisions it was trained on.
    pub decisions: u64,
    /// Values of `double-q`, weights of `fitted-q`.
    pub numbers: Vec<f64>,
    /// How often each value of `double-q` was seen in training.
    pub visits: Vec<u32>,
}

impl Retired {
    /// A retired policy before it learned or was trained.
    #[must_use]
    pub fn new(kind: RetiredKind) -> Self {
        let statistics = match kind {
            RetiredKind::GatedRandom => Statistics::None,
            RetiredKind::Strategic
            | RetiredKind::LogisticThompson
            | RetiredKind::LinearUcb
            | RetiredKind::EpsilonGreedy => Statistics::Learned(Box::default()),
            RetiredKind::Ensemble => {
                Statistics::Ensemble(Box::new(RetiredEnsemble::around(LinearModel::default())))
            }
            RetiredKind::DoubleQ | RetiredKind::FittedQ => {
                Statistics::Trained(Box::new(TrainedNumbers {
                    decisions: 0,
                    numbers: vec![0.0; kind.trained_numbers()],
                    visits: vec![0; kind.trained_visits()],
                }))
            }
        };
        Self { kind, statistics }
    }

    /// One that was trained. `None` unless it is of a kind that was, and the numbers are those that it kept.
    #[must_use]
    pub fn trained(kind: RetiredKind, trained: TrainedNumbers) -> Option<Self> {
        let TrainedNumbers { decisions, numbers, visits } = &trained;
        let lengths =
            numbers.len() == kind.trained_numbers() && visits.len() == kind.trained_visits();
        let sound = numbers.iter().all(|number| number.abs() <= TRAINED_MAX);
        let was = matches!(kind, RetiredKind::DoubleQ | RetiredKind::FittedQ) && *decisions > 0;
        let statistics = Statistics::Trained(Box::new(trained));
        (was && lengths && sound).then_some(Self { kind, statistics })
    }

    /// Which policy it was.
    #[must_use]
    pub fn kind(&self) -> RetiredKind {
        self.kind
    }

    /// The same with another linear model, when it had one. The heads of an ensemble start without
    /// departures.
    #[must_use]
    pub fn with_model(self, model: LinearModel) -> Self {
        let statistics = match self.statistics {
            Statistics::Learned(_) => Statistics::Learned(Box::new(model)),
            Statistics::Ensemble(_) => {
                Statistics::Ensemble(Box::new(RetiredEnsemble::around(model)))
            }
            Statistics::None | Statistics::Trained(_) => self.statistics,
        };
        Self { statistics, ..self }
    }

    /// Its linear model, when it had one.
    #[must_use]
    pub fn model(&self) -> Option<&LinearModel> {
        match &self.statistics {
            Statistics::Learned(model) => Some(model),
            Statistics::Ensemble(ensemble) => Some(&ensemble.model),
            Statistics::None | Statistics::Trained(_) => None,
        }
    }

    /// The same ensemble with other departures, a row a feature. `None` unless it is an ensemble
    /// and they are sound.
    #[must_use]
    pub fn with_departures(self, departures: Vec<Heads>) -> Option<Self> {
        let Statistics::Ensemble(ensemble) = self.statistics else { return None };
        let ensemble = RetiredEnsemble::with(ensemble.model, departures)?;
        Some(Self { statistics: Statistics::Ensemble(Box::new(ensemble)), ..self })
    }

    /// What each head of an ensemble adds to the response, a row a feature.
    #[must_use]
    pub fn departures(&self) -> Option<&[Heads]> {
        match &self.statistics {
            Statistics::Ensemble(ensemble) => Some(&ensemble.departures),
            Statistics::None | Statistics::Learned(_) | Statistics::Trained(_) => None,
        }
    }

    /// What it was trained to, when it could be.
    #[must_use]
    pub fn training(&self) -> Option<&TrainedNumbers> {
        match &self.statistics {
            Statistics::Trained(trained) => Some(trained),
            Statistics::None | Statistics::Learned(_) | Statistics::Ensemble(_) => None,
        }
    }
}

/// What one reward said to `logistic-ts`. A reward in [-1, 1] counts as the share
/// `y = (r + 1) / 2` of a success with the chance `z = logistic(phi' theta)`. One Newton step from
/// the mean adds the precision `h = z (1 - z)` and the response `h eta + y - z`, where
/// `eta = phi' theta` is held within [`LOGIT_MAX`].
fn logistic_observation(model: &LinearModel, features: &[f64], value: f64) -> RewardObservation {
    let eta = model.score(features).clamp(-LOGIT_MAX, LOGIT_MAX);
    let chance = logistic(eta);
    let weight = chance * (1.0 - chance);
    RewardObservation { weight, response: weight * eta + 0.5 * (value + 1.0) - chance }
}

impl Policy for Retired {
    fn floor(&self) -> f64 {
        0.0
    }

    /// Leaves no probability, which `draw::finish` refuses.
    fn distribute(&self, _scene: &Scene<'_>, _stream: &mut Stream, out: &mut Distribution) {
        out.reset(0);
    }

    fn learn(&mut self, rewarded: &Rewarded<'_>) {
        match &mut self.statistics {
            Statistics::Learned(model) if self.kind == RetiredKind::LogisticThompson => {
                model.learn(rewarded, |model, value| {
                    logistic_observation(model, rewarded.features, value)
                });
            }
            Statistics::Learned(model) => {
                model.learn_reward(rewarded);
            }
            Statistics::Ensemble(ensemble) => ensemble.learn(rewarded),
            Statistics::None | Statistics::Trained(_) => {}
        }
    }

    fn pass(&mut self, rewarded: &Rewarded<'_>) {
        match &mut self.statistics {
            Statistics::Learned(model) => {
                model.pass(rewarded);
            }
            Statistics::Ensemble(ensemble) => ensemble.pass(rewarded),
            Statistics::None | Statistics::Trained(_) => {}
        }
    }

    fn version(&self) -> u64 {
        match &self.statistics {
            Statistics::None => 0,
            Statistics::Learned(model) => model.version(),
            Statistics::Ensemble(ensemble) => ensemble.model.version(),
            Statistics::Trained(trained) => trained.decisions,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::context::FEATURES;
    use crate::policy::registry::PolicyState;

    #[test]
    fn what_left_is_no_policy_and_still_folds() {
        for kind in RetiredKind::ALL {
            let word = kind.word();
            assert_eq!(PolicyState::fresh(word), None, "{word}");
            let folded = PolicyState::folded(word).expect("old journals name it");
            assert_eq!((folded.word(), folded.kind()), (word, None));
            assert_eq!(folded, PolicyState::Retired(Retired::new(kind)));
            assert_eq!(folded.learns(), kind.learned());
        }
    }

    #[test]
    fn strategic_learns_from_late_rewards_as_linear_thompson_sampling_does() {
        let mut retired = Retired::new(RetiredKind::Strategic);
        let mut same = PolicyState::new(RetiredKind::Strategic.successor());
        for round in 0..30 {
            let mut features = [0.0; FEATURES];
            (features[0], features[1 + round % 3]) = (1.0, 1.0);
            let value = if round % 3 == 2 { 0.3 } else { 0.0 };
            let rewarded = Rewarded { features: &features, value, propensity: 0.3, gain: None };
            retired.learn(&rewarded);
            same.policy_mut().learn(&rewarded);
        }
        assert_eq!(retired.model(), same.model());
        assert_eq!(retired.version(), 30);
    }

    #[test]
    fn what_was_trained_is_kept_when_it_is_sound() {
        let zeros = Retired::new(RetiredKind::FittedQ).training().unwrap().clone();
        let trained = |change: &dyn Fn(&mut TrainedNumbers)| {
            let mut trained = TrainedNumbers { decisions: 7, ..zeros.clone() };
            change(&mut trained);
            Retired::trained(RetiredKind::FittedQ, trained)
        };
        assert_eq!(trained(&|it| it.numbers[3] = -1e3).unwrap().version(), 7);
        assert_eq!(trained(&|it| it.numbers[3] = f64::NAN), None);
        assert_eq!(trained(&|it| it.numbers[3] = 1e3 + 1.0), None);
        assert_eq!(trained(&|it| it.numbers.truncate(107)), None);
        assert_eq!(trained(&|it| it.visits.push(1)), None);
        assert_eq!(trained(&|it| it.decisions = 0), None);
        let strategic = TrainedNumbers { decisions: 7, numbers: Vec::new(), visits: Vec::new() };
        assert_eq!(Retired::trained(RetiredKind::Strategic, strategic), None);
    }
}
