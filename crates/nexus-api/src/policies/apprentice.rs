//! Apprentices on the wire: their terms, how far they are, and what they would have chosen.

use crate::field::{self, FieldProblem};
use crate::{time, words};
use nexus_engine::decision::beside::Imitation;
use nexus_engine::lifecycle::PolicyLife;
use nexus_engine::lifecycle::apprentice::{Apprenticeship, Batch, Graduation, Verdict};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The terms of an apprentice; what is left out is as usual.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ApprenticeTerms {
    /// Who decides in its place: a policy with preferences of its own.
    #[schema(value_type = words::PolicyName, default = "static")]
    pub baseline: String,
    /// The share of a batch in which it must agree with the baseline.
    #[schema(minimum = 0.5, maximum = 1, default = 0.8)]
    pub agreement: f64,
    /// Compared decisions of a batch.
    #[schema(minimum = 100, maximum = 10_000, default = 500)]
    pub decisions: u32,
    /// Learners of a batch at least, and no more than its decisions.
    #[schema(minimum = 10, maximum = 1_000, default = 30)]
    pub learners: u32,
    /// What becomes of it when it agrees.
    #[schema(value_type = words::Graduation, default = "asked")]
    pub graduation: String,
}

impl Default for ApprenticeTerms {
    fn default() -> Self {
        Self::from(&Apprenticeship::default())
    }
}

impl From<&Apprenticeship> for ApprenticeTerms {
    fn from(terms: &Apprenticeship) -> Self {
        let Apprenticeship { baseline, agreement, decisions, learners, graduation } = terms;
        Self {
            baseline: baseline.to_string(),
            agreement: *agreement,
            decisions: *decisions,
            learners: *learners,
            graduation: graduation.word().to_owned(),
        }
    }
}

impl ApprenticeTerms {
    pub(super) fn read(self) -> Result<Apprenticeship, FieldProblem> {
        let Self { baseline, agreement, decisions, learners, graduation } = self;
        let unknown = || {
            let detail = format!("an apprentice graduates by itself or asked, not {graduation:?}");
            FieldProblem::new("/apprentice/graduation", "unknown_graduation", detail)
        };
        Ok(Apprenticeship {
            baseline: field::policy_id(&baseline, "/apprentice/baseline")?,
            agreement,
            decisions,
            learners,
            graduation: Graduation::from_word(&graduation).ok_or_else(unknown)?,
        })
    }
}

/// How far an apprentice is, since it last became one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApprenticeSummary {
    /// The terms of the apprenticeship.
    pub terms: ApprenticeTerms,
    /// What the latest full batch says.
    pub verdict: ApprenticeVerdict,
    /// The latest full batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<BatchSummary>,
    /// The batch that is being filled. A policy that learns is compared from its hundredth reward on.
    pub batch: BatchSummary,
    /// Batches that are full and judged.
    pub batches: u32,
    /// Rewards of its baseline's decisions that it learned from.
    pub learned: u64,
    /// Rewards it did not learn from: their learner had taught 200 in that day already.
    pub capped: u64,
    /// Rewards it did not learn from: their numbers were not sound.
    pub refused: u64,
    /// Rewards of its baseline's decisions that came after the apprenticeship ended; it did
    /// not learn from them. With those learned from, capped and refused, these are all.
    pub after: u64,
    /// When Nexus set it live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub graduated_at: Option<String>,
    /// Place in the journal of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graduated_seq: Option<u64>,
}

/// What the latest full batch of an apprentice says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprenticeVerdict {
    /// It agreed, as did the batch before.
    Ready,
    /// It agreed; the batch before did not, or there was none.
    Agrees,
    /// It did not agree.
    Differs,
    /// It agreed, and fails the health check.
    Unhealthy,
    /// No batch is full yet.
    #[serde(rename = "not enough evidence")]
    NotEnoughEvidence,
}

nexus_engine::words!(ApprenticeVerdict {
    Ready => "ready",
    Agrees => "agrees",
    Differs => "differs",
    Unhealthy => "unhealthy",
    NotEnoughEvidence => "not enough evidence",
});

impl From<Option<Verdict>> for ApprenticeVerdict {
    fn from(verdict: Option<Verdict>) -> Self {
        match verdict {
            Some(Verdict::Ready) => Self::Ready,
            Some(Verdict::Agrees) => Self::Agrees,
            Some(Verdict::Differs) => Self::Differs,
            Some(Verdict::Unhealthy) => Self::Unhealthy,
            None => Self::NotEnoughEvidence,
        }
    }
}

/// Decisions in which an apprentice was compared with its baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BatchSummary {
    /// Decisions that were compared.
    pub decisions: u32,
    /// Those in which its most probable activity was the baseline's.
    pub agreed: u32,
    /// Those in which it preferred nothing, which count as disagreement.
    pub undecided: u32,
    /// Different learners among them.
    pub learners: u32,
    /// Decisions besides that could not be compared: what the baseline preferred was no candidate
    /// of the apprentice's, or the baseline preferred nothing.
    pub out_of_reach: u32,
    /// The share in which it agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<f64>,
}

impl From<Batch> for BatchSummary {
    fn from(batch: Batch) -> Self {
        let Batch { decisions, agreed, undecided, learners, out_of_reach } = batch;
        let agreement = batch.agreement();
        Self { decisions, agreed, undecided, learners, out_of_reach, agreement }
    }
}

impl ApprenticeSummary {
    pub(super) fn of(life: &PolicyLife) -> Option<Self> {
        let known = life.apprentice.as_ref()?;
        Some(Self {
            terms: ApprenticeTerms::from(&known.terms),
            verdict: known.verdict().into(),
            last: known.last.map(|(batch, _)| batch.into()),
            batch: known.batch.into(),
            batches: known.batches,
            learned: known.learned,
            capped: known.capped,
            refused: known.refused,
            after: known.after,
            graduated_at: known.graduated.map(|(_, at)| time::print(at)),
            graduated_seq: known.graduated.map(|(seq, _)| seq),
        })
    }
}

/// What an apprentice would have chosen where its baseline decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImitationSummary {
    /// The word of the policy.
    pub policy: String,
    /// How many rewards it had learned from.
    pub version: u64,
    /// Candidates it had; below two nothing is compared.
    pub choices: u32,
    /// Whether the baseline preferred one activity and that is among these candidates; else nothing is compared.
    pub in_reach: bool,
    /// Its most probable activity; absent when it preferred none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<String>,
    /// Whether that was also the baseline's most probable one.
    pub agreed: bool,
}

impl From<&Imitation> for ImitationSummary {
    fn from(imitation: &Imitation) -> Self {
        let Imitation { policy, version, choices, in_reach, preferred, agreed } = imitation;
        Self {
            policy: policy.to_string(),
            version: *version,
            choices: *choices,
            in_reach: *in_reach,
            preferred: preferred.as_ref().map(ToString::to_string),
            agreed: *agreed,
        }
    }
}
