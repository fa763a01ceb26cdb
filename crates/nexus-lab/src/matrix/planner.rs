//! Planners: policies that look to the end of a course, trained before they serve and never while
//! they do. They decide about twelve steps and not about activities: a role of the skill times a
//! difficulty, valued by where the learner stands.
//!
//! Activities outnumber data; steps do not. So a planner trained elsewhere can act in any course:
//! the probability goes to the best step that is present among the candidates, and is spread
//! evenly over the candidates of that step. Both planners were policies of the product once and
//! lost to simpler ones (`docs/simulators.md`); here they are still trained and measured.

pub mod double_q;
pub mod fitted_q;

use double_q::DoubleQ;
use fitted_q::FittedQ;
use nexus_engine::policy::Distribution;
use nexus_engine::policy::parts::PolicyParts;
use nexus_engine::words;

/// What a planner may look at for one decision.
#[derive(Clone, Copy, Debug)]
pub struct StepScene<'a> {
    /// The step that each candidate is; at least one.
    pub steps: &'a [Step],
    /// Where the learner stands.
    pub prospect: Prospect,
}

/// A policy that plans.
pub trait Planner {
    /// Fills `out` for the candidates of a scene.
    fn distribute(&self, scene: &StepScene<'_>, out: &mut Distribution);

    /// How many decisions it was trained on; 0 when it never was.
    fn decisions(&self) -> u64;
}

/// Probability that is spread evenly over the candidates.
pub const FLOOR: f64 = 0.10;

/// A planner that was trained.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainedPlanner {
    /// A table of what each step is worth.
    DoubleQ(DoubleQ),
    /// The same, linear in what is seen of the learner.
    FittedQ(Box<FittedQ>),
}

impl TrainedPlanner {
    /// The planner behind the trait.
    #[must_use]
    pub fn planner(&self) -> &dyn Planner {
        match self {
            Self::DoubleQ(planner) => planner,
            Self::FittedQ(planner) => &**planner,
        }
    }

    /// What it was trained to, as plain data.
    #[must_use]
    pub fn parts(&self) -> PolicyParts {
        let mut parts = PolicyParts::default();
        match self {
            Self::DoubleQ(planner) => {
                let visits = planner.visits().iter().copied().map(f64::from).collect();
                parts.word = "double-q".to_owned();
                parts.numbers.insert("values".to_owned(), planner.values().to_vec());
                parts.numbers.insert("visits".to_owned(), visits);
            }
            Self::FittedQ(planner) => {
                let weights = planner.weights().as_flattened().to_vec();
                parts.word = "fitted-q".to_owned();
                parts.numbers.insert("weights".to_owned(), weights);
            }
        }
        parts.counts.insert("decisions".to_owned(), self.planner().decisions());
        parts
    }
}

/// Why a skill would be next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// It is the skill practised last.
    Continue,
    /// Another one that may begin or go on.
    #[default]
    Next,
    /// It was mastered and is due.
    Review,
    /// The skill practised last goes badly and builds on it.
    Repair,
}

/// One of twelve things to do next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The role of the activity's skill.
    pub role: Role,
    /// Its difficulty: 0 easy, 1 middle, 2 hard.
    pub tier: usize,
}

/// Difficulties of a step.
pub const TIERS: usize = 3;
/// How many steps there are.
pub const STEPS: usize = 4 * TIERS;

/// Where a learner stands in a course, as far as a planner looks. Shares and
/// probabilities lie in [0, 1].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Prospect {
    /// Probability of mastery of the skill practised last; 0 before the first.
    pub focus_mastery: f64,
    /// Answers on it, at least 0.
    pub focus_attempts: f64,
    /// Mean probability of mastery over the skills of the course.
    pub mastery: f64,
    /// Share of skills that may be practised and are not mastered.
    pub ready: f64,
    /// Share of skills that are due for review.
    pub due: f64,
    /// Share of the way that lies ahead.
    pub ahead: f64,
}

words!(Role {
    Continue => "continue",
    Next => "next",
    Review => "review",
    Repair => "repair",
});

impl Step {
    /// Its number, below [`STEPS`]; a tier that does not exist is taken as the hardest.
    #[must_use]
    pub fn number(self) -> usize {
        let role = Role::ALL.iter().position(|role| *role == self.role).unwrap_or_default();
        role * TIERS + self.tier.min(TIERS - 1)
    }

    /// The tier of a difficulty from 0 to 1: thirds.
    #[must_use]
    pub fn tier(difficulty: f64) -> usize {
        ((difficulty * TIERS as f64).max(0.0) as usize).min(TIERS - 1)
    }
}

/// Which steps the candidates are: bit n for step number n.
#[must_use]
pub fn present(steps: &[Step]) -> u16 {
    steps.iter().fold(0, |mask, step| mask | 1 << step.number())
}

/// Puts all mass on the step of the greatest value among those present, evenly over its
/// candidates; steps of the same value share it evenly. A step without a value is chosen only when
/// none has one. Leaves nothing, which `draw::finish` refuses, when a value is not finite.
pub fn spread(steps: &[Step], values: &[Option<f64>; STEPS], out: &mut Distribution) {
    let mut counts = [0_u32; STEPS];
    for step in steps {
        counts[step.number()] += 1;
    }
    let here = |step: usize| (counts[step] > 0).then_some(values[step]).flatten();
    if (0..STEPS).filter_map(here).any(|value| !value.is_finite()) {
        out.reset(0);
        return;
    }
    let most = (0..STEPS).filter_map(here).fold(f64::NEG_INFINITY, f64::max);
    let valued = most.is_finite();
    let wins = |step: usize| counts[step] > 0 && (!valued || here(step) == Some(most));
    let winners = (0..STEPS).filter(|step| wins(*step)).count();
    out.reset(steps.len());
    for (mass, step) in out.probabilities.iter_mut().zip(steps) {
        let step = step.number();
        *mass = if wins(step) { 1.0 / (winners as f64 * f64::from(counts[step])) } else { 0.0 };
    }
    out.estimates.extend(steps.iter().map_while(|step| values[step.number()]));
    if out.estimates.len() < steps.len() {
        out.estimates.clear();
    }
}
