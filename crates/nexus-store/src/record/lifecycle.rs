//! The life of policies: versions of their statistics, promotions, modes and graduations.

mod evidence;

use super::number::{Number, floats, list};
use super::{RecordFault, VERSION, from_json, id, to_json, versioned};
use evidence::ProofBody;
use nexus_engine::event::Event;
use nexus_engine::lifecycle::apprentice::{Apprenticeship, Batch, Graduation, PolicyGraduated};
use nexus_engine::lifecycle::holdout::HoldoutSet;
use nexus_engine::lifecycle::mode::{Mode, PolicyModeSet};
use nexus_engine::lifecycle::promotion::{PolicyPromoted, Proof};
use nexus_engine::lifecycle::version::{PolicyLineage, PolicyOrigin, PolicyVersion};
use nexus_engine::policy::parts::PolicyParts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionBody {
    v: u32,
    course: String,
    policy: String,
    policy_version: u32,
    parent: u32,
    through: u64,
    /// `saved`, `trained` or `restored`.
    origin: String,
    /// The version that was restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    restored: Option<u32>,
    asked_by: String,
    reason: String,
    digest: String,
    /// The statistics by name.
    counts: BTreeMap<String, u64>,
    numbers: BTreeMap<String, Vec<Number>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PromotedBody {
    v: u32,
    course: String,
    policy: String,
    /// All learners when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    share: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evidence: Option<ProofBody>,
    /// Whether a person overruled the gate.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    overridden: bool,
    reason: String,
    by: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModeBody {
    v: u32,
    course: String,
    policy: String,
    mode: String,
    /// The terms of an apprentice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    apprentice: Option<TermsBody>,
    reason: String,
    by: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TermsBody {
    baseline: String,
    agreement: Number,
    decisions: u32,
    learners: u32,
    graduation: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GraduatedBody {
    v: u32,
    course: String,
    policy: String,
    baseline: String,
    decisions: u32,
    agreed: u32,
    undecided: u32,
    learners: u32,
    out_of_reach: u32,
    by: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HoldoutBody {
    v: u32,
    course: String,
    share: Number,
    reason: String,
    by: String,
}

versioned!(VersionBody, PromotedBody, ModeBody, GraduatedBody, HoldoutBody);

pub(super) fn encode_version(version: &PolicyVersion) -> String {
    let PolicyVersion { course, policy, lineage, parts } = version;
    let restored = match lineage.origin {
        PolicyOrigin::Restored { version } => Some(version),
        PolicyOrigin::Saved | PolicyOrigin::Trained => None,
    };
    let numbers = parts.numbers.iter();
    to_json(&VersionBody {
        v: VERSION,
        course: course.to_string(),
        policy: policy.to_string(),
        policy_version: lineage.version,
        parent: lineage.parent,
        through: lineage.through,
        origin: lineage.origin.word().to_owned(),
        restored,
        asked_by: lineage.asked_by.clone(),
        reason: lineage.reason.clone(),
        digest: super::hexadecimal(&lineage.digest),
        counts: parts.counts.clone(),
        numbers: numbers.map(|(name, numbers)| (name.clone(), list(numbers))).collect(),
    })
}

pub(super) fn decode_version(body: &str) -> Result<Event, RecordFault> {
    let body: VersionBody = from_json(body)?;
    let origin = match (body.origin.as_str(), body.restored) {
        ("saved", None) => PolicyOrigin::Saved,
        ("trained", None) => PolicyOrigin::Trained,
        ("restored", Some(version)) => PolicyOrigin::Restored { version },
        _ => return Err(RecordFault::Meaning { field: "origin" }),
    };
    let lineage = PolicyLineage {
        version: body.policy_version,
        parent: body.parent,
        through: body.through,
        origin,
        asked_by: body.asked_by,
        reason: body.reason,
        digest: super::digest(&body.digest).ok_or(RecordFault::Meaning { field: "digest" })?,
    };
    let numbers = body.numbers.into_iter().map(|(name, numbers)| (name, floats(numbers)));
    let parts =
        PolicyParts { word: body.policy.clone(), counts: body.counts, numbers: numbers.collect() };
    Ok(Event::PolicyVersioned(Box::new(PolicyVersion {
        course: id("course", &body.course)?,
        policy: id("policy", &body.policy)?,
        lineage,
        parts,
    })))
}

pub(super) fn encode_promoted(promoted: &PolicyPromoted) -> String {
    let PolicyPromoted { course, policy, share, proof, reason, by } = promoted;
    let evidence = match proof {
        Proof::Evidence(evidence) => Some(ProofBody::from(&**evidence)),
        Proof::None | Proof::Override => None,
    };
    to_json(&PromotedBody {
        v: VERSION,
        course: course.to_string(),
        policy: policy.to_string(),
        share: (*share != 1.0).then_some(Number(*share)),
        evidence,
        overridden: *proof == Proof::Override,
        reason: reason.clone(),
        by: by.clone(),
    })
}

pub(super) fn decode_promoted(body: &str) -> Result<Event, RecordFault> {
    let PromotedBody { course, policy, share, evidence, overridden, reason, by, .. } =
        from_json(body)?;
    let proof = match evidence {
        Some(evidence) => Proof::Evidence(Box::new(evidence.read()?)),
        None if overridden => Proof::Override,
        None => Proof::None,
    };
    Ok(Event::PolicyPromoted(PolicyPromoted {
        course: id("course", &course)?,
        policy: id("policy", &policy)?,
        share: share.map_or(1.0, |share| share.0),
        proof,
        reason,
        by,
    }))
}

pub(super) fn encode_mode(set: &PolicyModeSet) -> String {
    let PolicyModeSet { course, policy, mode, apprentice, reason, by } = set;
    to_json(&ModeBody {
        v: VERSION,
        course: course.to_string(),
        policy: policy.to_string(),
        mode: mode.word().to_owned(),
        apprentice: apprentice.as_ref().map(TermsBody::from),
        reason: reason.clone(),
        by: by.clone(),
    })
}

pub(super) fn decode_mode(body: &str) -> Result<Event, RecordFault> {
    let body: ModeBody = from_json(body)?;
    let mode = Mode::from_word(&body.mode).ok_or(RecordFault::Meaning { field: "mode" })?;
    Ok(Event::PolicyModeSet(PolicyModeSet {
        course: id("course", &body.course)?,
        policy: id("policy", &body.policy)?,
        mode,
        apprentice: body.apprentice.map(TryInto::try_into).transpose()?,
        reason: body.reason,
        by: body.by,
    }))
}

impl From<&Apprenticeship> for TermsBody {
    fn from(terms: &Apprenticeship) -> Self {
        let Apprenticeship { baseline, agreement, decisions, learners, graduation } = terms;
        Self {
            baseline: baseline.to_string(),
            agreement: Number(*agreement),
            decisions: *decisions,
            learners: *learners,
            graduation: graduation.word().to_owned(),
        }
    }
}

impl TryFrom<TermsBody> for Apprenticeship {
    type Error = RecordFault;

    fn try_from(body: TermsBody) -> Result<Self, RecordFault> {
        let TermsBody { baseline, agreement, decisions, learners, graduation } = body;
        let graduation = Graduation::from_word(&graduation);
        let graduation = graduation.ok_or(RecordFault::Meaning { field: "graduation" })?;
        let baseline = id("baseline", &baseline)?;
        Ok(Self { baseline, agreement: agreement.0, decisions, learners, graduation })
    }
}

pub(super) fn encode_graduated(graduated: &PolicyGraduated) -> String {
    let PolicyGraduated { course, policy, baseline, batch, by } = graduated;
    let Batch { decisions, agreed, undecided, learners, out_of_reach } = *batch;
    to_json(&GraduatedBody {
        v: VERSION,
        course: course.to_string(),
        policy: policy.to_string(),
        baseline: baseline.to_string(),
        decisions,
        agreed,
        undecided,
        learners,
        out_of_reach,
        by: by.clone(),
    })
}

pub(super) fn decode_graduated(body: &str) -> Result<Event, RecordFault> {
    let body: GraduatedBody = from_json(body)?;
    let GraduatedBody { decisions, agreed, undecided, learners, out_of_reach, .. } = body;
    Ok(Event::PolicyGraduated(PolicyGraduated {
        course: id("course", &body.course)?,
        policy: id("policy", &body.policy)?,
        baseline: id("baseline", &body.baseline)?,
        batch: Batch { decisions, agreed, undecided, learners, out_of_reach },
        by: body.by,
    }))
}

pub(super) fn encode_holdout(set: &HoldoutSet) -> String {
    let HoldoutSet { course, share, reason, by } = set;
    to_json(&HoldoutBody {
        v: VERSION,
        course: course.to_string(),
        share: Number(*share),
        reason: reason.clone(),
        by: by.clone(),
    })
}

pub(super) fn decode_holdout(body: &str) -> Result<Event, RecordFault> {
    let HoldoutBody { course, share, reason, by, .. } = from_json(body)?;
    let course = id("course", &course)?;
    Ok(Event::HoldoutSet(HoldoutSet { course, share: share.0, reason, by }))
}
