//! Supports: which one a learner got, and what came of it.

use super::belief::BeliefBody;
use super::experiment::AssignmentBody;
use super::number::Number;
use super::{RecordFault, VERSION, from_json, id, to_json, versioned};
use nexus_engine::catalog::SupportKind;
use nexus_engine::event::Event;
use nexus_engine::seed::Seed;
use nexus_engine::support::{
    FollowUp, HelpReason, SupportCandidate, SupportChoice, SupportChooser, SupportChosen,
    SupportOutcome, SupportRewarded,
};
use nexus_engine::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A candidate is `[support, kind, probability, estimate]`.
type CandidateBody = (String, String, Number, Number);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChosenBody {
    v: u32,
    at: i64,
    choice: String,
    learner: String,
    course: String,
    course_version: u32,
    question: String,
    reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decision: Option<String>,
    window_ends_at: i64,
    seed: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assignment: Option<AssignmentBody>,
    chooser: String,
    model_version: u64,
    floor: Number,
    candidates: Vec<CandidateBody>,
    chosen: u64,
    before: BeliefBody,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RewardedBody {
    v: u32,
    at: i64,
    choice: String,
    learner: String,
    course: String,
    question: String,
    support: String,
    kind: String,
    propensity: Number,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assignment: Option<AssignmentBody>,
    teaches: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<OutcomeBody>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutcomeBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry: Option<AnswerBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<AnswerBody>,
    value: Number,
    weight: Number,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerBody {
    right: bool,
    surprise: Number,
}

versioned!(ChosenBody, RewardedBody);

pub(super) fn encode_chosen(chosen: &SupportChosen) -> String {
    let choice = &chosen.choice;
    let mut candidates = Vec::with_capacity(choice.candidates.len());
    for it in &choice.candidates {
        let (support, kind) = (it.support.to_string(), it.kind.word().to_owned());
        candidates.push((support, kind, Number(it.probability), Number(it.estimate)));
    }
    to_json(&ChosenBody {
        v: VERSION,
        at: chosen.chosen_at.0,
        choice: chosen.id.to_string(),
        learner: chosen.learner.to_string(),
        course: chosen.course.to_string(),
        course_version: chosen.course_version,
        question: chosen.question.to_string(),
        reason: chosen.reason.word().to_owned(),
        decision: chosen.decision.as_ref().map(ToString::to_string),
        window_ends_at: chosen.window_ends_at.0,
        seed: format!("{:016x}", choice.seed.0),
        assignment: chosen.assignment.as_ref().map(AssignmentBody::from),
        chooser: choice.chooser.word().to_owned(),
        model_version: choice.model_version,
        floor: Number(choice.floor),
        candidates,
        chosen: choice.chosen as u64,
        before: BeliefBody::from(&chosen.before),
    })
}

pub(super) fn decode_chosen(body: &str) -> Result<Event, RecordFault> {
    let body: ChosenBody = from_json(body)?;
    let mut candidates = Vec::with_capacity(body.candidates.len());
    for (support, kind, probability, estimate) in body.candidates {
        candidates.push(SupportCandidate {
            support: id("support", &support)?,
            kind: kind_of(&kind)?,
            probability: probability.0,
            estimate: estimate.0,
        });
    }
    let chosen = usize::try_from(body.chosen).ok().filter(|at| *at < candidates.len());
    let seed = u64::from_str_radix(&body.seed, 16).ok().filter(|_| body.seed.len() == 16);
    let choice = SupportChoice {
        seed: Seed(seed.ok_or(RecordFault::Meaning { field: "seed" })?),
        chooser: SupportChooser::from_word(&body.chooser)
            .ok_or(RecordFault::Meaning { field: "chooser" })?,
        model_version: body.model_version,
        floor: body.floor.0,
        chosen: chosen.ok_or(RecordFault::Meaning { field: "chosen" })?,
        candidates,
    };
    Ok(Event::SupportChosen(Box::new(SupportChosen {
        id: id("choice", &body.choice)?,
        learner: id("learner", &body.learner)?,
        course: id("course", &body.course)?,
        course_version: body.course_version,
        question: id("question", &body.question)?,
        reason: HelpReason::from_word(&body.reason)
            .ok_or(RecordFault::Meaning { field: "reason" })?,
        decision: body.decision.as_deref().map(|text| id("decision", text)).transpose()?,
        chosen_at: Timestamp(body.at),
        window_ends_at: Timestamp(body.window_ends_at),
        assignment: body.assignment.map(TryInto::try_into).transpose()?,
        choice,
        before: body.before.into(),
    })))
}

pub(super) fn encode_rewarded(rewarded: &SupportRewarded) -> String {
    to_json(&RewardedBody {
        v: VERSION,
        at: rewarded.settled_at.0,
        choice: rewarded.choice.to_string(),
        learner: rewarded.learner.to_string(),
        course: rewarded.course.to_string(),
        question: rewarded.question.to_string(),
        support: rewarded.support.to_string(),
        kind: rewarded.kind.word().to_owned(),
        propensity: Number(rewarded.propensity),
        assignment: rewarded.assignment.as_ref().map(AssignmentBody::from),
        teaches: rewarded.teaches,
        outcome: rewarded.outcome.as_ref().map(OutcomeBody::from),
    })
}

pub(super) fn decode_rewarded(body: &str) -> Result<Event, RecordFault> {
    let body: RewardedBody = from_json(body)?;
    Ok(Event::SupportRewarded(Box::new(SupportRewarded {
        learner: id("learner", &body.learner)?,
        course: id("course", &body.course)?,
        choice: id("choice", &body.choice)?,
        question: id("question", &body.question)?,
        support: id("support", &body.support)?,
        kind: kind_of(&body.kind)?,
        propensity: body.propensity.0,
        assignment: body.assignment.map(TryInto::try_into).transpose()?,
        teaches: body.teaches,
        settled_at: Timestamp(body.at),
        outcome: body.outcome.map(SupportOutcome::from),
    })))
}

fn kind_of(word: &str) -> Result<SupportKind, RecordFault> {
    SupportKind::from_word(word).ok_or(RecordFault::Meaning { field: "kind" })
}

impl From<&SupportOutcome> for OutcomeBody {
    fn from(outcome: &SupportOutcome) -> Self {
        Self {
            retry: outcome.retry.map(AnswerBody::from),
            next: outcome.next.map(AnswerBody::from),
            value: Number(outcome.value),
            weight: Number(outcome.weight),
        }
    }
}

impl From<OutcomeBody> for SupportOutcome {
    fn from(body: OutcomeBody) -> Self {
        Self {
            retry: body.retry.map(FollowUp::from),
            next: body.next.map(FollowUp::from),
            value: body.value.0,
            weight: body.weight.0,
        }
    }
}

impl From<FollowUp> for AnswerBody {
    fn from(answer: FollowUp) -> Self {
        Self { right: answer.right, surprise: Number(answer.surprise) }
    }
}

impl From<AnswerBody> for FollowUp {
    fn from(body: AnswerBody) -> Self {
        Self { right: body.right, surprise: body.surprise.0 }
    }
}
