//! What must never be false: one function an invariant, used by tests, simulation and the node.
//!
//! Ids are permanent; `docs/invariants.md` says them in words.

use crate::decision::Decision;
use crate::decision::candidates::Exclusion;
use crate::decision::reward::RewardJoined;
use crate::learner::LearnerState;

/// A broken invariant, with what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its id.
    pub id: &'static str,
    /// What was seen.
    pub seen: String,
}

fn ensure(id: &'static str, holds: bool, seen: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation { id, seen: seen() }) }
}

/// LRN-1: belief is finite, and its variances are positive.
///
/// # Errors
/// The violation.
pub fn lrn_1(learner: &LearnerState) -> Result<(), Violation> {
    let belief = &learner.belief;
    let levels = belief.skills.iter().map(|skill| &skill.level);
    let mut gaussians = levels.chain([&belief.ability]);
    let sound = gaussians.all(|gaussian| {
        gaussian.mean.is_finite() && gaussian.variance.is_finite() && gaussian.variance > 0.0
    });
    ensure("LRN-1", sound, || format!("belief of {}: {belief:?}", learner.id))
}

/// DEC-1: the probabilities of a decision sum to 1 over exactly its candidates.
///
/// # Errors
/// The violation.
pub fn dec_1(decision: &Decision) -> Result<(), Violation> {
    let sum: f64 = decision.candidates.iter().map(|candidate| candidate.probability).sum();
    let eligible = decision.exclusions.iter().filter(|reason| **reason == Exclusion::Eligible);
    let same_set = eligible.count() == decision.candidates.len();
    ensure("DEC-1", (sum - 1.0).abs() <= 1e-9 && same_set, || {
        format!("decision {}: sum {sum} over {}", decision.id, decision.candidates.len())
    })
}

/// DEC-2: each candidate's probability is at least its share of the exploration floor.
///
/// # Errors
/// The violation.
pub fn dec_2(decision: &Decision) -> Result<(), Violation> {
    let share = decision.floor / decision.candidates.len() as f64;
    let least = decision.candidates.iter().map(|candidate| candidate.probability);
    let least = least.fold(f64::INFINITY, f64::min);
    ensure("DEC-2", least >= share - 1e-12, || {
        format!("decision {}: least {least}, floor share {share}", decision.id)
    })
}

/// DEC-4: the chosen activity is one of the candidates, with a propensity in (0, 1].
///
/// # Errors
/// The violation.
pub fn dec_4(decision: &Decision) -> Result<(), Violation> {
    let chosen = decision.candidates.get(decision.chosen);
    let valid =
        chosen.is_some_and(|chosen| chosen.probability > 0.0 && chosen.probability <= 1.0 + 1e-12);
    ensure("DEC-4", valid, || format!("decision {}: chosen {chosen:?}", decision.id))
}

/// RWD-1: a reward is finite, in [-1, 1], and its decision's propensity in (0, 1].
///
/// # Errors
/// The violation.
pub fn rwd_1(joined: &RewardJoined) -> Result<(), Violation> {
    let valid = (-1.0..=1.0).contains(&joined.value)
        && joined.propensity > 0.0
        && joined.propensity <= 1.0 + 1e-12;
    ensure("RWD-1", valid, || format!("reward of {}: {}", joined.decision, joined.value))
}

/// All invariants of a decision.
///
/// # Errors
/// The first violation.
pub fn decision(decision: &Decision) -> Result<(), Violation> {
    dec_1(decision)?;
    dec_2(decision)?;
    dec_4(decision)
}
