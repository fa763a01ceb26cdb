//! What was believed of a learner, and how far an answer moved it.

use super::number::Number;
use nexus_engine::ids::{QuestionKey, SkillKey};
use nexus_engine::learner::belief::{Belief, Gaussian, QuestionCount, SkillBelief};
use nexus_engine::learner::tracing::{Evidence, SkillSetKey};
use nexus_engine::time::Timestamp;
use serde::{Deserialize, Serialize};

pub(super) type GaussianBody = (Number, Number);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BeliefBody {
    ability: GaussianBody,
    attempts: u32,
    wins: u32,
    /// What follows is absent in records of before it was known.
    #[serde(default)]
    recent_surprise: f32,
    #[serde(default)]
    last_surprise: f32,
    #[serde(default)]
    last_skills: u64,
    #[serde(default)]
    last_at: i64,
    skills: Vec<SkillBody>,
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
    #[serde(default)]
    answered_at: u32,
    #[serde(default)]
    surprise: f32,
    /// Attempts and wins of the last hour.
    #[serde(default)]
    hour: (f32, f32),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EvidenceBody {
    predicted: Number,
    gradient: Number,
    curvature: Number,
    #[serde(default = "one")]
    loading: Number,
}

/// The loading of ability before questions could discriminate.
fn one() -> Number {
    Number(1.0)
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
            recent_surprise: belief.recent_surprise,
            last_surprise: belief.last_surprise,
            last_skills: belief.last_skills.0,
            last_at: belief.last_at.0,
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
            recent_surprise: body.recent_surprise,
            last_surprise: body.last_surprise,
            last_skills: SkillSetKey(body.last_skills),
            last_at: Timestamp(body.last_at),
            skills: body.skills.into_iter().map(SkillBelief::from).collect(),
            questions: questions.collect(),
        }
    }
}

impl From<&SkillBelief> for SkillBody {
    fn from(belief: &SkillBelief) -> Self {
        Self {
            key: belief.skill.0,
            attempts: belief.attempts,
            wins: belief.wins,
            level: gaussian_body(belief.level),
            last_at: belief.last_at.0,
            mastered: belief.mastered,
            answered_at: belief.answered_at,
            surprise: belief.surprise,
            hour: (belief.hour_attempts, belief.hour_wins),
        }
    }
}

impl From<SkillBody> for SkillBelief {
    fn from(body: SkillBody) -> Self {
        Self {
            attempts: body.attempts,
            wins: body.wins,
            level: gaussian(body.level),
            mastered: body.mastered,
            answered_at: body.answered_at,
            surprise: body.surprise,
            hour_attempts: body.hour.0,
            hour_wins: body.hour.1,
            ..Self::new(SkillKey(body.key), Timestamp(body.last_at))
        }
    }
}

impl From<Evidence> for EvidenceBody {
    fn from(evidence: Evidence) -> Self {
        let Evidence { predicted, gradient, curvature, loading } = evidence;
        Self {
            predicted: Number(predicted),
            gradient: Number(gradient),
            curvature: Number(curvature),
            loading: Number(loading),
        }
    }
}

impl From<EvidenceBody> for Evidence {
    fn from(body: EvidenceBody) -> Self {
        Self {
            predicted: body.predicted.0,
            gradient: body.gradient.0,
            curvature: body.curvature.0,
            loading: body.loading.0,
        }
    }
}
