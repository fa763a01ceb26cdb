//! Corrections: which entries count otherwise, and as what.

use super::belief::{BeliefBody, EvidenceBody};
use super::number::Number;
use super::{RecordFault, VERSION, from_json, id, to_json, versioned};
use nexus_engine::event::Event;
use nexus_engine::event::correction::{Amended, Correction, CorrectionKind};
use nexus_engine::learner::placement::Stopped;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CorrectedBody {
    v: u32,
    learner: String,
    /// The word of the kind.
    kind: String,
    targets: Vec<u64>,
    amended: Vec<AmendedBody>,
    reason: String,
    by: String,
}

/// What one entry counts as. With nothing but its place, as nothing.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AmendedBody {
    seq: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<AmendedAnswerBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<BeliefBody>,
    /// The kind and the body of an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instead: Option<(String, String)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AmendedAnswerBody {
    grade: Number,
    attempt: u16,
    evidence: EvidenceBody,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    placement_stopped: Option<String>,
}

versioned!(CorrectedBody);

pub(super) fn encode(correction: &Correction) -> String {
    let Correction { learner, kind, targets, amended, reason, by } = correction;
    let amended = amended.iter().map(|(seq, amended)| body(*seq, amended));
    to_json(&CorrectedBody {
        v: VERSION,
        learner: learner.to_string(),
        kind: kind.word().to_owned(),
        targets: targets.clone(),
        amended: amended.collect(),
        reason: reason.clone(),
        by: by.clone(),
    })
}

fn body(seq: u64, amended: &Amended) -> AmendedBody {
    let mut body = AmendedBody { seq, ..AmendedBody::default() };
    match amended {
        Amended::Nothing => {}
        Amended::Answer { grade, attempt, evidence, placement_stopped } => {
            body.answer = Some(AmendedAnswerBody {
                grade: Number(*grade),
                attempt: *attempt,
                evidence: EvidenceBody::from(*evidence),
                placement_stopped: placement_stopped.map(|it| it.word().to_owned()),
            });
        }
        Amended::Believed(before) => body.before = Some(BeliefBody::from(&**before)),
        Amended::Instead(event) => {
            body.instead = Some((event.word().to_owned(), super::encode(event)));
        }
    }
    body
}

pub(super) fn decode(text: &str) -> Result<Event, RecordFault> {
    let CorrectedBody { learner, kind, targets, amended, reason, by, .. } = from_json(text)?;
    let kind = CorrectionKind::from_word(&kind).ok_or(RecordFault::Meaning { field: "kind" })?;
    let amended = amended.into_iter().map(|body| Ok((body.seq, counts_as(body)?)));
    Ok(Event::Corrected(Box::new(Correction {
        learner: id("learner", &learner)?,
        kind,
        targets,
        amended: amended.collect::<Result<_, RecordFault>>()?,
        reason,
        by,
    })))
}

fn counts_as(body: AmendedBody) -> Result<Amended, RecordFault> {
    Ok(match body {
        AmendedBody { answer: None, before: None, instead: None, .. } => Amended::Nothing,
        AmendedBody { answer: Some(answer), before: None, instead: None, .. } => {
            let AmendedAnswerBody { grade, attempt, evidence, placement_stopped } = answer;
            let stopped = |word: &str| {
                Stopped::from_word(word).ok_or(RecordFault::Meaning { field: "placement_stopped" })
            };
            Amended::Answer {
                grade: grade.0,
                attempt,
                evidence: evidence.into(),
                placement_stopped: placement_stopped.as_deref().map(stopped).transpose()?,
            }
        }
        AmendedBody { before: Some(before), answer: None, instead: None, .. } => {
            Amended::Believed(Box::new(before.into()))
        }
        AmendedBody { instead: Some((kind, body)), answer: None, before: None, .. } => {
            // What counts instead of an entry is no correction: that would have no end.
            if kind == "corrected" {
                return Err(RecordFault::Meaning { field: "instead" });
            }
            Amended::Instead(Box::new(super::decode(&kind, &body)?))
        }
        _ => return Err(RecordFault::Meaning { field: "amended" }),
    })
}
