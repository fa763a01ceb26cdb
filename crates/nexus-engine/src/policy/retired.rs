//! Policies that left the product. All of this is here for old journals.
//!
//! A retired policy decides nothing: where an old journal promoted it or an experiment names it,
//! the course's own path is served (`SharedState::stand_in`), and no new entry may name it. What it
//! decided before still folds: it learns from the rewards of its old decisions, and its versions
//! are kept, exactly as before, so that the state stays the same bit for bit. Why each left:
//! `docs/decisions/0007-policies-that-left.md`.

use super::kind::PolicyKind;
use super::linear_model::LinearModel;
use super::{Distribution, Policy, Rewarded, Scene};
use crate::ids::PolicyId;
use crate::words;
use nexus_stats::random::Stream;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetiredKind {
    /// Linear Thompson sampling under one of sixteen strategies.
    Strategic,
    /// A table of what each of twelve steps is worth in the long run, trained before it served.
    DoubleQ,
    /// The same, linear in what is seen of the learner.
    FittedQ,
}

words!(RetiredKind { Strategic => "strategic", DoubleQ => "double-q", FittedQ => "fitted-q" });

/// The greatest number that a trained policy may have had.
const TRAINED_MAX: f64 = 1e3;

impl RetiredKind {
    /// What to use in its place.
    #[must_use]
    pub fn successor(self) -> PolicyKind {
        match self {
            Self::Strategic | Self::DoubleQ | Self::FittedQ => PolicyKind::LinearThompson,
        }
    }

    /// Whether it learned from rewards while it served.
    #[must_use]
    pub fn learned(self) -> bool {
        match self {
            Self::Strategic => true,
            Self::DoubleQ | Self::FittedQ => false,
        }
    }

    /// How many numbers it was trained to: values of 240 states times twelve steps, or weights of
    /// nine numbers times twelve steps.
    #[must_use]
    pub fn trained_numbers(self) -> usize {
        match self {
            Self::Strategic => 0,
            Self::DoubleQ => 240 * 12,
            Self::FittedQ => 9 * 12,
        }
    }

    /// How many visits it counted in training.
    #[must_use]
    pub fn trained_visits(self) -> usize {
        match self {
            Self::DoubleQ => 240 * 12,
            Self::Strategic | Self::FittedQ => 0,
        }
    }
}

/// Whether a policy left the product.
#[must_use]
pub fn is_retired(policy: &PolicyId) -> bool {
    RetiredKind::from_word(policy.as_str()).is_some()
}

/// A retired policy with the statistics that it had.
#[derive(Clone, Debug, PartialEq)]
pub struct Retired {
    kind: RetiredKind,
    statistics: Statistics,
}

#[derive(Clone, Debug, PartialEq)]
enum Statistics {
    Learned(Box<LinearModel>),
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
            RetiredKind::Strategic => Statistics::Learned(Box::default()),
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
        let was = !kind.learned() && *decisions > 0;
        let statistics = Statistics::Trained(Box::new(trained));
        (was && lengths && sound).then_some(Self { kind, statistics })
    }

    /// Which policy it was.
    #[must_use]
    pub fn kind(&self) -> RetiredKind {
        self.kind
    }

    /// The same with another linear model, when it had one.
    #[must_use]
    pub fn with_model(self, model: LinearModel) -> Self {
        match self.statistics {
            Statistics::Learned(_) => {
                Self { statistics: Statistics::Learned(Box::new(model)), ..self }
            }
            Statistics::Trained(_) => self,
        }
    }

    /// Its linear model, when it had one.
    #[must_use]
    pub fn model(&self) -> Option<&LinearModel> {
        match &self.statistics {
            Statistics::Learned(model) => Some(model),
            Statistics::Trained(_) => None,
        }
    }

    /// What it was trained to, when it could be.
    #[must_use]
    pub fn training(&self) -> Option<&TrainedNumbers> {
        match &self.statistics {
            Statistics::Learned(_) => None,
            Statistics::Trained(trained) => Some(trained),
        }
    }
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
        if let Statistics::Learned(model) = &mut self.statistics {
            model.learn_reward(rewarded);
        }
    }

    fn version(&self) -> u64 {
        match &self.statistics {
            Statistics::Learned(model) => model.version(),
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
