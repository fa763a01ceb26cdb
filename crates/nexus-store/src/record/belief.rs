//! What was believed of a learner, and how far an answer moved it.

use super::number::Number;
use nexus_engine::ids::{QuestionKey, SkillKey};
use nexus_engine::learner::belief::{Belief, Gaussian, QuestionCount, SkillBelief};
use nexus_engine::learner::tracing::Evidence;
use nexus_engine::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Mean and variance.
pub(super) type GaussianBody = (Number, Number);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BeliefBody {
    ability: GaussianBody,
    attempts: u32,
    wins: u32,
    skills: Vec<SkillBody>,
    /// Key, attempts, wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    questions: Vec<(u32, u16, u16)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SkillBody {
    key: u32,
    attempts: u16,
    wins: u16,
    level: GaussianBody,
    last_at: i64,
    mastered: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EvidenceBody {
    predicted: Number,
    gradient: Number,
    curvature: Number,
}

pub(super) fn gaussian_body(gaussian: Gaussian) -> GaussianBody {
    (Number(gaussian.mean), Number(gaussian.variance))
}

pub(super) fn gaussian((mean, variance): GaussianBody) -> Gaussian {
    Gaussian { mean: mean.0, variance: variance.0 }
}

impl From<&Belief> for BeliefBody {
    fn from(belief: &Belief) -> Self {
        let questions = belief.questions.iter();
        Self {
            ability: gaussian_body(belief.ability),
            attempts: belief.attempts,
            wins: belief.wins,
            skills: belief.skills.iter().map(SkillBody::from).collect(),
            questions: questions.map(|q| (q.question.0, q.attempts, q.wins)).collect(),
        }
    }
}

impl From<BeliefBody> for Belief {
    fn from(body: BeliefBody) -> Self {
        let questions = body.questions.into_iter().map(|(key, attempts, wins)| QuestionCount {
            question: QuestionKey(key),
            attempts,
            wins,
        });
        Self {
            ability: gaussian(body.ability),
            attempts: body.attempts,
            wins: body.wins,
            skills: body.skills.into_iter().map(SkillBelief::from).collect(),
            questions: questions.collect(),
        }
    }
}

impl From<&SkillBelief> for SkillBody {
    fn from(belief: &SkillBelief) -> Self {
        let SkillBelief { skill, attempts, wins, level, last_at, mastered, .. } = *belief;
        let (key, level, last_at) = (skill.0, gaussian_body(level), last_at.0);
        Self { key, attempts, wins, level, last_at, mastered }
    }
}

impl From<SkillBody> for SkillBelief {
    fn from(body: SkillBody) -> Self {
        Self {
            attempts: body.attempts,
            wins: body.wins,
            level: gaussian(body.level),
            mastered: body.mastered,
            ..Self::new(SkillKey(body.key), Timestamp(body.last_at))
        }
    }
}

impl From<Evidence> for EvidenceBody {
    fn from(evidence: Evidence) -> Self {
        let Evidence { predicted, gradient, curvature } = evidence;
        Self {
            predicted: Number(predicted),
            gradient: Number(gradient),
            curvature: Number(curvature),
        }
    }
}

impl From<EvidenceBody> for Evidence {
    fn from(body: EvidenceBody) -> Self {
        Self { predicted: body.predicted.0, gradient: body.gradient.0, curvature: body.curvature.0 }
    }
}
