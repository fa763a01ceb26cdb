//! The evidence of a promotion on the wire: what `nexus evaluate gate --json` prints, and what
//! `POST /v1/policies/{id}/promote` takes.

use crate::field::FieldProblem;
use nexus_engine::ids::{CourseId, PolicyId};
use nexus_engine::lifecycle::evidence::{
    FamilyEvidence, Gate, Guardrail, Interval, LogEvidence, PromotionEvidence,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most families that are read.
const FAMILIES_MAX: usize = 256;

/// What is known of a policy that is to be promoted. Nexus judges the numbers itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromotionEvidenceBody {
    /// The course in which it is to be promoted.
    pub course: String,
    /// The word of the policy.
    pub policy: String,
    /// The version of the policy that was evaluated; absent when it was taken as it had learned by
    /// each decision of the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// How it did with families of simulated learners.
    #[schema(max_items = 256)]
    pub families: Vec<FamilyEvidenceBody>,
    /// What the log of the course says of it; absent when no log was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogEvidenceBody>,
    /// What was lacking when the evidence was made. It is for people and not read.
    #[serde(default)]
    pub lacking: Vec<ShortfallBody>,
}

/// How a policy did with one family of simulated learners, in true success at the test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FamilyEvidenceBody {
    /// The family, with its bed.
    pub family: String,
    /// The policy less the course's own path; absent when it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above_static: Option<EvidenceInterval>,
    /// The policy less the mastery rule; absent when it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above_mastery: Option<EvidenceInterval>,
}

/// What the log of the course says of a policy, off-policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogEvidenceBody {
    /// The gates of off-policy evaluation that were not passed: `decisions`, `effective_sample_size`,
    /// `largest_weight`, `unsupported_mass` or `mean_weight`.
    pub refused: Vec<String>,
    /// The policy's learning gain a decision less that of what was served, for any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain_above_served: Option<EvidenceInterval>,
    /// The same of what must not get worse.
    pub guardrails: Vec<GuardrailBody>,
}

/// What must not get worse by more than a limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuardrailBody {
    /// `reward`, `success` or `finished`.
    pub guardrail: String,
    /// How much of it may be lost. It is for people and not read.
    #[serde(default)]
    pub limit: f64,
    /// The policy less what was served, for any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above_served: Option<EvidenceInterval>,
}

/// All numbers from `low` to `high`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceInterval {
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end, not below the lower.
    pub high: f64,
}

/// One thing that a policy lacks before it may be promoted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShortfallBody {
    /// What kind of evidence is lacking.
    pub code: String,
    /// The same in words.
    pub detail: String,
}

impl From<Interval> for EvidenceInterval {
    fn from(interval: Interval) -> Self {
        Self { low: interval.low, high: interval.high }
    }
}

impl From<EvidenceInterval> for Interval {
    fn from(body: EvidenceInterval) -> Self {
        Self { low: body.low, high: body.high }
    }
}

impl PromotionEvidenceBody {
    /// Evidence in words, with what is lacking.
    #[must_use]
    pub fn new(course: &str, policy: &str, evidence: &PromotionEvidence) -> Self {
        let mut families = Vec::new();
        for FamilyEvidence { family, above } in &evidence.families {
            let [above_static, above_mastery] = above.map(|it| it.map(EvidenceInterval::from));
            let family = family.clone();
            families.push(FamilyEvidenceBody { family, above_static, above_mastery });
        }
        let mut lacking = Vec::new();
        for shortfall in evidence.shortfalls() {
            let (code, detail) = (shortfall.word().to_owned(), shortfall.to_string());
            lacking.push(ShortfallBody { code, detail });
        }
        Self {
            course: course.to_owned(),
            policy: policy.to_owned(),
            version: evidence.version,
            families,
            log: evidence.log.as_ref().map(LogEvidenceBody::from),
            lacking,
        }
    }

    /// The evidence of a policy in a course.
    ///
    /// Errors: the first field that is not possible, or is of another course or policy.
    pub(super) fn read(
        self,
        course: &CourseId,
        policy: &PolicyId,
    ) -> Result<PromotionEvidence, FieldProblem> {
        let other = |pointer, found: &str, wanted: &str| {
            let detail = format!("this evidence is of {found:?}, and {wanted:?} is asked for");
            FieldProblem::new(pointer, "other_evidence", detail)
        };
        if self.course != course.as_str() {
            return Err(other("/evidence/course", &self.course, course.as_str()));
        }
        if self.policy != policy.as_str() {
            return Err(other("/evidence/policy", &self.policy, policy.as_str()));
        }
        if self.families.len() > FAMILIES_MAX {
            let detail = format!("at most {FAMILIES_MAX} families are read");
            return Err(FieldProblem::new("/evidence/families", "too_many", detail));
        }
        let mut families = Vec::new();
        for FamilyEvidenceBody { family, above_static, above_mastery } in self.families {
            let above = [above_static, above_mastery].map(|it| it.map(Interval::from));
            families.push(FamilyEvidence { family, above });
        }
        let log = self.log.map(LogEvidenceBody::read).transpose()?;
        Ok(PromotionEvidence { version: self.version, families, log })
    }
}

impl From<&LogEvidence> for LogEvidenceBody {
    fn from(log: &LogEvidence) -> Self {
        let mut guardrails = Vec::new();
        for (guardrail, above) in &log.guardrails {
            guardrails.push(GuardrailBody {
                guardrail: guardrail.word().to_owned(),
                limit: guardrail.limit(),
                above_served: above.map(EvidenceInterval::from),
            });
        }
        let mut refused = Vec::new();
        log.missing.iter().for_each(|gate| refused.push(gate.word().to_owned()));
        let gain_above_served = log.gain_above_served.map(EvidenceInterval::from);
        Self { refused, gain_above_served, guardrails }
    }
}

impl LogEvidenceBody {
    fn read(self) -> Result<LogEvidence, FieldProblem> {
        let unknown = |pointer: String, word: &str| {
            FieldProblem::new(&pointer, "unknown_word", format!("{word:?} is none that is known"))
        };
        let mut missing = Vec::new();
        for (place, word) in self.refused.iter().enumerate() {
            let gate = Gate::from_word(word);
            missing
                .push(gate.ok_or_else(|| unknown(format!("/evidence/log/refused/{place}"), word))?);
        }
        let mut guardrails = Vec::new();
        for (place, body) in self.guardrails.into_iter().enumerate() {
            let known = Guardrail::from_word(&body.guardrail).ok_or_else(|| {
                let pointer = format!("/evidence/log/guardrails/{place}/guardrail");
                unknown(pointer, &body.guardrail)
            })?;
            guardrails.push((known, body.above_served.map(Interval::from)));
        }
        let gain_above_served = self.gain_above_served.map(Interval::from);
        Ok(LogEvidence { missing, gain_above_served, guardrails })
    }
}
