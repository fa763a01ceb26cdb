//! Plans: which strategy a learner was assigned, what a decision says of it, and what came of it.

use super::belief::BeliefBody;
use super::experiment::AssignmentBody;
use super::number::{Number, floats, list};
use super::{RecordFault, VERSION, from_json, id, to_json, versioned};
use nexus_engine::event::Event;
use nexus_engine::seed::Seed;
use nexus_engine::strategy::{MasteryRule, Path, Strategy};
use nexus_engine::strategy::{StrategyAssigned, StrategyUsed};
use nexus_engine::strategy::{StrategyGain, StrategyOutcome, StrategyRewarded};
use nexus_engine::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The numbers of a strategy. The path is a word: `frontier` or `turns`; `mastered_by` is `success` or `known`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StrategyBody {
    path: String,
    mastered_by: String,
    mastered_from: Number,
    attempt_cap: Number,
    target_success: Number,
    review_below: Number,
    open_from: Number,
    focus: Number,
}

/// The strategy that a decision was made under.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UsedBody {
    deal: String,
    period: u32,
    position: u32,
    propensity: Number,
    numbers: StrategyBody,
    preferences: Vec<Number>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DealtBody {
    v: u32,
    at: i64,
    deal: String,
    learner: String,
    course: String,
    course_version: u32,
    window_ends_at: i64,
    seed: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assignment: Option<AssignmentBody>,
    period: u32,
    set: String,
    bandit_version: u64,
    floor: Number,
    probabilities: Vec<Number>,
    dealt: u64,
    numbers: StrategyBody,
    expected_success: Number,
    before: BeliefBody,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RewardedBody {
    v: u32,
    at: i64,
    learner: String,
    course: String,
    deal: String,
    set: String,
    position: u32,
    propensity: Number,
    outcome: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gain: Option<GainBody>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GainBody {
    probes: u32,
    right: u32,
    before: Number,
}

versioned!(DealtBody, RewardedBody);

pub(super) fn encode_assigned(assigned: &StrategyAssigned) -> String {
    to_json(&DealtBody {
        v: VERSION,
        at: assigned.assigned_at.0,
        deal: assigned.id.to_string(),
        learner: assigned.learner.to_string(),
        course: assigned.course.to_string(),
        course_version: assigned.course_version,
        window_ends_at: assigned.window_ends_at.0,
        seed: word(assigned.seed.0),
        assignment: assigned.assignment.as_ref().map(AssignmentBody::from),
        period: assigned.period,
        set: word(assigned.set),
        bandit_version: assigned.bandit_version,
        floor: Number(assigned.floor),
        probabilities: list(&assigned.probabilities),
        dealt: assigned.position as u64,
        numbers: StrategyBody::from(&assigned.strategy),
        expected_success: Number(assigned.expected_success),
        before: BeliefBody::from(&assigned.before),
    })
}

pub(super) fn decode_assigned(body: &str) -> Result<Event, RecordFault> {
    let body: DealtBody = from_json(body)?;
    let position = usize::try_from(body.dealt).ok().filter(|at| *at < body.probabilities.len());
    Ok(Event::StrategyAssigned(Box::new(StrategyAssigned {
        id: id("deal", &body.deal)?,
        learner: id("learner", &body.learner)?,
        course: id("course", &body.course)?,
        course_version: body.course_version,
        assigned_at: Timestamp(body.at),
        window_ends_at: Timestamp(body.window_ends_at),
        seed: Seed(number("seed", &body.seed)?),
        assignment: body.assignment.map(TryInto::try_into).transpose()?,
        period: body.period,
        set: number("set", &body.set)?,
        bandit_version: body.bandit_version,
        floor: body.floor.0,
        position: position.ok_or(RecordFault::Meaning { field: "dealt" })?,
        probabilities: floats(body.probabilities),
        strategy: body.numbers.try_into()?,
        expected_success: body.expected_success.0,
        before: body.before.into(),
    })))
}

pub(super) fn encode_rewarded(rewarded: &StrategyRewarded) -> String {
    let gain = match rewarded.outcome {
        StrategyOutcome::Measured(StrategyGain { probes, right, before }) => {
            Some(GainBody { probes, right, before: Number(before) })
        }
        StrategyOutcome::TooFewProbes | StrategyOutcome::TaughtOtherwise => None,
    };
    to_json(&RewardedBody {
        v: VERSION,
        at: rewarded.settled_at.0,
        learner: rewarded.learner.to_string(),
        course: rewarded.course.to_string(),
        deal: rewarded.assigned.to_string(),
        set: word(rewarded.set),
        position: rewarded.position,
        propensity: Number(rewarded.propensity),
        outcome: rewarded.outcome.word().to_owned(),
        gain,
    })
}

pub(super) fn decode_rewarded(body: &str) -> Result<Event, RecordFault> {
    let body: RewardedBody = from_json(body)?;
    let outcome = match (body.outcome.as_str(), body.gain) {
        ("measured", Some(GainBody { probes, right, before })) => {
            StrategyOutcome::Measured(StrategyGain { probes, right, before: before.0 })
        }
        ("too_few_probes", None) => StrategyOutcome::TooFewProbes,
        ("taught_otherwise", None) => StrategyOutcome::TaughtOtherwise,
        _ => return Err(RecordFault::Meaning { field: "outcome" }),
    };
    Ok(Event::StrategyRewarded(Box::new(StrategyRewarded {
        learner: id("learner", &body.learner)?,
        course: id("course", &body.course)?,
        assigned: id("deal", &body.deal)?,
        settled_at: Timestamp(body.at),
        set: number("set", &body.set)?,
        position: body.position,
        propensity: body.propensity.0,
        outcome,
    })))
}

/// Sixteen hexadecimal digits: many tools cannot hold 64-bit integers.
fn word(number: u64) -> String {
    format!("{number:016x}")
}

fn number(field: &'static str, text: &str) -> Result<u64, RecordFault> {
    let number = u64::from_str_radix(text, 16).ok().filter(|_| text.len() == 16);
    number.ok_or(RecordFault::Meaning { field })
}

impl From<&Strategy> for StrategyBody {
    fn from(strategy: &Strategy) -> Self {
        let (mastered_by, mastered_from) = strategy.mastery.word();
        Self {
            path: strategy.path.word().to_owned(),
            mastered_by: mastered_by.to_owned(),
            mastered_from: Number(mastered_from),
            attempt_cap: Number(strategy.attempt_cap),
            target_success: Number(strategy.target_success),
            review_below: Number(strategy.review_below),
            open_from: Number(strategy.open_from),
            focus: Number(strategy.focus),
        }
    }
}

impl TryFrom<StrategyBody> for Strategy {
    type Error = RecordFault;

    fn try_from(body: StrategyBody) -> Result<Self, RecordFault> {
        let mastery = MasteryRule::from_word(&body.mastered_by, body.mastered_from.0);
        let path = Path::from_word(&body.path);
        Ok(Self {
            path: path.ok_or(RecordFault::Meaning { field: "path" })?,
            mastery: mastery.ok_or(RecordFault::Meaning { field: "mastered_by" })?,
            attempt_cap: body.attempt_cap.0,
            target_success: body.target_success.0,
            review_below: body.review_below.0,
            open_from: body.open_from.0,
            focus: body.focus.0,
        })
    }
}

impl From<&StrategyUsed> for UsedBody {
    fn from(used: &StrategyUsed) -> Self {
        Self {
            deal: used.assigned.to_string(),
            period: used.period,
            position: used.position,
            propensity: Number(used.propensity),
            numbers: StrategyBody::from(&used.strategy),
            preferences: list(&used.preferences),
        }
    }
}

impl TryFrom<UsedBody> for StrategyUsed {
    type Error = RecordFault;

    fn try_from(body: UsedBody) -> Result<Self, RecordFault> {
        Ok(Self {
            assigned: id("strategy.deal", &body.deal)?,
            period: body.period,
            position: body.position,
            propensity: body.propensity.0,
            strategy: body.numbers.try_into()?,
            preferences: floats(body.preferences),
        })
    }
}
