//! What must never be false: one function an invariant, used by tests, simulation and the node.
//!
//! Ids are permanent; `docs/invariants.md` says them in words.
#![warn(missing_docs)]

use crate::decision::Decision;
use crate::decision::attribution::AnswerUse;
use crate::decision::candidates::Exclusion;
use crate::decision::reward::RewardJoined;
use crate::ids::LearnerId;
use crate::learner::belief::Belief;
use crate::report::CourseReport;
use crate::strategy::StrategyAssigned;
use crate::support::{CourseSupports, SupportChosen};

/// A broken invariant, with what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The permanent id of the invariant.
    pub id: &'static str,
    /// What was seen that breaks it.
    pub seen: String,
}

fn ensure(id: &'static str, holds: bool, seen: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation { id, seen: seen() }) }
}

/// LRN-1: belief is finite, and its variances are positive.
///
/// Errors: the violation of this invariant.
pub fn lrn_1(learner: &LearnerId, belief: &Belief) -> Result<(), Violation> {
    let levels = belief.skills.iter().map(|skill| &skill.level);
    let mut gaussians = levels.chain([&belief.ability]);
    let sound = gaussians.all(|gaussian| {
        gaussian.mean.is_finite() && gaussian.variance.is_finite() && gaussian.variance > 0.0
    });
    ensure("LRN-1", sound, || format!("belief of {learner}: {belief:?}"))
}

/// DEC-1: the probabilities of a decision sum to 1 over exactly its candidates.
///
/// Errors: the violation of this invariant.
pub fn dec_1(decision: &Decision) -> Result<(), Violation> {
    let choice = &decision.choice;
    let sum: f64 = choice.candidates.iter().map(|candidate| candidate.probability).sum();
    let eligible =
        decision.rules.exclusions.iter().filter(|reason| **reason == Exclusion::Eligible);
    let same_set = eligible.count() == choice.candidates.len();
    ensure("DEC-1", (sum - 1.0).abs() <= 1e-9 && same_set, || {
        format!("decision {}: sum {sum} over {}", decision.origin.id, choice.candidates.len())
    })
}

/// DEC-2: each candidate's probability is at least its share of the exploration floor. Where
/// nothing was left to chance (no consent, beyond a budget, a pin, a fallback) the floor is 0 and
/// the chosen one has all of the probability.
///
/// Errors: the violation of this invariant.
pub fn dec_2(decision: &Decision) -> Result<(), Violation> {
    let choice = &decision.choice;
    let share = choice.floor / choice.candidates.len() as f64;
    let least = choice.candidates.iter().map(|candidate| candidate.probability);
    let least = least.fold(f64::INFINITY, f64::min);
    let certain =
        choice.withheld.is_some() || choice.fallback.is_some() || choice.overridden_by.is_some();
    let whole =
        decision.choice.candidates.get(choice.chosen).is_some_and(|it| it.probability == 1.0);
    let kept = !certain || (choice.floor == 0.0 && whole);
    ensure("DEC-2", least >= share - 1e-12 && kept, || {
        format!("decision {}: least {least}, floor share {share}, kept {kept}", decision.origin.id)
    })
}

/// DEC-4: the chosen activity is one of the candidates, with a propensity in (0, 1].
///
/// Errors: the violation of this invariant.
pub fn dec_4(decision: &Decision) -> Result<(), Violation> {
    let chosen = decision.choice.candidates.get(decision.choice.chosen);
    let valid =
        chosen.is_some_and(|chosen| chosen.probability > 0.0 && chosen.probability <= 1.0 + 1e-12);
    ensure("DEC-4", valid, || format!("decision {}: chosen {chosen:?}", decision.origin.id))
}

/// STR-1: the probabilities of an assigned plan sum to 1, none lies below its share of the floor,
/// and the plan that was drawn is one of them.
///
/// Errors: the violation of this invariant.
pub fn str_1(assigned: &StrategyAssigned) -> Result<(), Violation> {
    let sum: f64 = assigned.probabilities.iter().sum();
    let share = assigned.floor / assigned.probabilities.len() as f64;
    let floored = assigned.probabilities.iter().all(|probability| *probability >= share - 1e-12);
    let valid = (sum - 1.0).abs() <= 1e-9 && floored && assigned.propensity() > 0.0;
    ensure("STR-1", valid, || {
        format!("plan {}: sum {sum}, position {}", assigned.id, assigned.position)
    })
}

/// SUP-1: the probabilities of a choice of a support sum to 1, none lies below its share of the
/// floor, and the chosen one is a candidate that could be chosen.
///
/// Errors: the violation of this invariant.
pub fn sup_1(chosen: &SupportChosen) -> Result<(), Violation> {
    let choice = &chosen.choice;
    let sum: f64 = choice.candidates.iter().map(|candidate| candidate.probability).sum();
    let share = choice.floor / choice.candidates.len() as f64;
    let floored = choice.candidates.iter().all(|it| it.probability >= share - 1e-12);
    let possible = choice.candidates.get(choice.chosen).is_some_and(|it| it.probability > 0.0);
    ensure("SUP-1", (sum - 1.0).abs() <= 1e-9 && floored && possible, || {
        format!("support {}: sum {sum}, position {}", chosen.id, choice.chosen)
    })
}

/// SUP-2: every support that was chosen in a course waits (`waiting` of them do), was rewarded, or
/// is missing.
///
/// Errors: the violation of this invariant.
pub fn sup_2(supports: &CourseSupports, waiting: u64) -> Result<(), Violation> {
    ensure("SUP-2", supports.waiting() == waiting, || {
        let CourseSupports { chosen, rewarded, missing, .. } = supports;
        format!("{chosen} chosen, {waiting} wait, {rewarded} rewarded, {missing} missing")
    })
}

/// RWD-1: a reward is finite, in [-1, 1], and its decision's propensity in (0, 1].
///
/// Errors: the violation of this invariant.
pub fn rwd_1(joined: &RewardJoined) -> Result<(), Violation> {
    let valid = (-1.0..=1.0).contains(&joined.value)
        && joined.propensity > 0.0
        && joined.propensity <= 1.0 + 1e-12;
    ensure("RWD-1", valid, || format!("reward of {}: {}", joined.decision, joined.value))
}

/// RWD-2: what became of decisions and answers adds up to what was sent. Every decision of a course
/// waits (`waiting` of them do), was joined with a reward, or was closed for a reason; every answer
/// had one use; every reported value joined its decision or was late.
///
/// Errors: the violation of this invariant.
pub fn rwd_2(report: &CourseReport, waiting: u64) -> Result<(), Violation> {
    let settled = report.rewards_joined + report.closed.total();
    ensure("RWD-2", report.decisions == waiting + settled, || {
        let (made, joined) = (report.decisions, report.rewards_joined);
        format!("{made} decisions, {waiting} wait, {joined} joined, {:?}", report.closed)
    })?;
    let seen = &report.answers_seen;
    let used: u64 = AnswerUse::ALL.iter().map(|used| seen.of(*used)).sum();
    ensure("RWD-2", seen.total == used, || format!("answers {seen:?}"))?;
    let reports = &report.reports_seen;
    let counted = reports.joined + reports.late;
    ensure("RWD-2", reports.total == counted, || format!("reported values {reports:?}"))
}

/// All invariants of a decision.
///
/// Errors: the first violation.
pub fn decision(decision: &Decision) -> Result<(), Violation> {
    dec_1(decision)?;
    dec_2(decision)?;
    dec_4(decision)
}
