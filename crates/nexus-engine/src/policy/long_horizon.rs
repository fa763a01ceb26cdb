//! What long-horizon policies decide about: not activities, but twelve steps, a role of the skill
//! times a difficulty, valued by where the learner stands (design science, 5.4).
//!
//! Activities outnumber data; steps do not. So a policy trained elsewhere can act in any course:
//! the probability goes to the best step that is present among the candidates, and is spread
//! evenly over the candidates of that step.

use super::{Distribution, Scene};
use crate::words;

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

/// Where a learner stands in a course, as far as a long-horizon policy looks. Shares and
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

/// Which steps the candidates of a scene are: bit n for step number n.
#[must_use]
pub fn present(scene: &Scene<'_>) -> u16 {
    scene.candidates.iter().fold(0, |mask, candidate| mask | 1 << candidate.step.number())
}

/// Puts all mass on the step of the greatest value among those present, evenly over its
/// candidates; steps of the same value share it evenly. A step without a value is chosen only when
/// none has one. Leaves nothing, which `draw::finish` refuses, when a value is not finite.
pub fn spread(scene: &Scene<'_>, values: &[Option<f64>; STEPS], out: &mut Distribution) {
    let mut counts = [0_u32; STEPS];
    for candidate in scene.candidates {
        counts[candidate.step.number()] += 1;
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
    out.reset(scene.candidates.len());
    for (mass, candidate) in out.probabilities.iter_mut().zip(scene.candidates) {
        let step = candidate.step.number();
        *mass = if wins(step) { 1.0 / (winners as f64 * f64::from(counts[step])) } else { 0.0 };
    }
    let estimates = scene.candidates.iter().map_while(|candidate| values[candidate.step.number()]);
    // Its length is not known before, so the room for it is asked for at once.
    out.estimates.reserve(scene.candidates.len());
    out.estimates.extend(estimates);
    if out.estimates.len() < scene.candidates.len() {
        out.estimates.clear();
    }
}
