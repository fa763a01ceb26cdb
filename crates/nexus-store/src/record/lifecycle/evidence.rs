//! The evidence of a promotion, as the journal keeps it.

use crate::record::RecordFault;
use crate::record::number::Number;
use nexus_engine::lifecycle::evidence::{
    FamilyEvidence, Guardrail, LogEvidence, PromotionEvidence,
};
use nexus_stats::interval::Interval;
use nexus_stats::off_policy::overlap::Gate;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProofBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    families: Vec<FamilyBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log: Option<LogBody>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FamilyBody {
    family: String,
    /// Above each of what it is compared with: the ends of the interval.
    above: [Option<[Number; 2]>; 2],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogBody {
    missing: Vec<String>,
    gain: Option<[Number; 2]>,
    guardrails: Vec<(String, Option<[Number; 2]>)>,
}

fn ends(interval: Option<Interval>) -> Option<[Number; 2]> {
    interval.map(|interval| [Number(interval.low), Number(interval.high)])
}

fn interval(ends: Option<[Number; 2]>) -> Option<Interval> {
    ends.map(|[low, high]| Interval { low: low.0, high: high.0 })
}

impl From<&PromotionEvidence> for ProofBody {
    fn from(evidence: &PromotionEvidence) -> Self {
        let family = |it: &FamilyEvidence| FamilyBody {
            family: it.family.clone(),
            above: it.above.map(ends),
        };
        let log = evidence.log.as_ref().map(|log| LogBody {
            missing: log.missing.iter().map(|gate| gate.word().to_owned()).collect(),
            gain: ends(log.gain_above_served),
            guardrails: log
                .guardrails
                .iter()
                .map(|(guardrail, interval)| (guardrail.word().to_owned(), ends(*interval)))
                .collect(),
        });
        let families = evidence.families.iter().map(family).collect();
        Self { version: evidence.version, families, log }
    }
}

impl ProofBody {
    /// Errors: [`RecordFault`] for a gate or a guardrail that this program does not know.
    pub(super) fn read(self) -> Result<PromotionEvidence, RecordFault> {
        let family =
            |it: FamilyBody| FamilyEvidence { family: it.family, above: it.above.map(interval) };
        let log = self.log.map(LogBody::read).transpose()?;
        let families = self.families.into_iter().map(family).collect();
        Ok(PromotionEvidence { version: self.version, families, log })
    }
}

impl LogBody {
    fn read(self) -> Result<LogEvidence, RecordFault> {
        let mut missing = Vec::new();
        for word in &self.missing {
            missing.push(Gate::from_word(word).ok_or(RecordFault::Meaning { field: "gate" })?);
        }
        let mut guardrails = Vec::new();
        for (word, ends) in self.guardrails {
            let known = Guardrail::from_word(&word);
            let known = known.ok_or(RecordFault::Meaning { field: "guardrail" })?;
            guardrails.push((known, interval(ends)));
        }
        Ok(LogEvidence { missing, gain_above_served: interval(self.gain), guardrails })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::lifecycle::{decode_promoted, encode_promoted};
    use nexus_engine::event::Event;
    use nexus_engine::ids::{CourseId, PolicyId};
    use nexus_engine::lifecycle::promotion::{PolicyPromoted, Proof};

    fn promoted(share: f64, proof: Proof) -> PolicyPromoted {
        PolicyPromoted {
            course: CourseId::new("sums").unwrap(),
            policy: PolicyId::new("squarecb").unwrap(),
            share,
            proof,
            reason: "it passed".into(),
            by: "key 3b9x2k1m".into(),
        }
    }

    fn evidence() -> PromotionEvidence {
        let interval = |low| Some(Interval { low, high: low + 0.125 });
        PromotionEvidence {
            version: Some(2),
            families: vec![
                FamilyEvidence { family: "steady".into(), above: [interval(0.25), None] },
                FamilyEvidence { family: "mixed".into(), above: [interval(f64::NEG_INFINITY); 2] },
            ],
            log: Some(LogEvidence {
                missing: Gate::ALL.to_vec(),
                gain_above_served: None,
                guardrails: Guardrail::ALL.map(|guardrail| (guardrail, interval(0.5))).to_vec(),
            }),
        }
    }

    #[test]
    fn what_a_promotion_rests_on_is_kept() {
        let without_log = PromotionEvidence { log: None, version: None, ..evidence() };
        for it in [
            promoted(1.0, Proof::None),
            promoted(0.0, Proof::None),
            promoted(0.5, Proof::Override),
            promoted(0.01, Proof::Evidence(Box::new(evidence()))),
            promoted(0.01, Proof::Evidence(Box::new(without_log))),
        ] {
            let body = encode_promoted(&it);
            assert_eq!(decode_promoted(&body).unwrap(), Event::PolicyPromoted(it), "{body}");
        }
    }

    /// Entries of before there were stages keep their bytes and their meaning.
    #[test]
    fn a_promotion_of_before_is_one_for_all_learners() {
        let old = "{\"v\":1,\"course\":\"sums\",\"policy\":\"squarecb\",\"reason\":\"it passed\",\
                   \"by\":\"key 3b9x2k1m\"}";
        let it = promoted(1.0, Proof::None);
        assert_eq!(decode_promoted(old).unwrap(), Event::PolicyPromoted(it.clone()));
        assert_eq!(encode_promoted(&it), old);
    }

    #[test]
    fn a_gate_of_a_newer_program_is_refused() {
        let body = encode_promoted(&promoted(0.1, Proof::Evidence(Box::new(evidence()))));
        assert!(decode_promoted(&body.replace("mean_weight", "lucky_number")).is_err());
        assert!(decode_promoted(&body.replace("\"finished\"", "\"happy\"")).is_err());
    }
}
