//! What all answers taught about questions, skills and sets of skills: shared between learners.

use super::{Step, VARIANCE_MAX};
use crate::ids::SkillKey;
use crate::learner::belief::Gaussian;

/// Prior variance of a question's easiness, in squared logits.
pub const QUESTION_VARIANCE: f64 = 0.9;
/// Prior variance of a question's discrimination.
pub const DISCRIMINATION_VARIANCE: f64 = 0.1;
/// Prior variance of the easiness of a set of two or more skills, in squared logits.
pub const SET_VARIANCE: f64 = 0.2;
/// Terms of a skill in the predictor.
pub const SKILL_TERMS: usize = 9;
/// Place of the discrimination among a skill's terms: it scales the learner instead of adding.
pub(super) const DISCRIMINATION: usize = 3;

/// Prior variances of [`SkillParameters::terms`], in their order.
const SKILL_VARIANCES: [f64; SKILL_TERMS] = [0.9, 0.1, 0.1, 0.02, 0.2, 0.05, 0.05, 0.05, 0.1];

/// What all answers taught about one question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuestionParameters {
    /// How much easier than others it is; the prior mean is minus its author's difficulty.
    pub easiness: Gaussian,
    /// How much more than others it tells the able from the unable: added to 1.
    pub discrimination: Gaussian,
}

/// What all answers taught about one skill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkillParameters {
    /// In this order: how much easier than others its questions are; logits gained a unit of
    /// ln(1 + attempts) and of ln(1 + wins); how much more it tells the able from the unable; what
    /// recent surprises on the skill count; attempts and wins of the last hour, by ln(1+); answers
    /// to other skills since; coming from another skill.
    pub terms: [Gaussian; SKILL_TERMS],
}

/// Which set of skills, whatever their order. Sixty-four mixed bits: sets of one course that
/// collide would share one easiness, which is harmless.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SkillSetKey(pub u64);

impl SkillSetKey {
    /// The key of some skills, each once.
    #[must_use]
    pub fn of(skills: &[SkillKey]) -> Self {
        // Steele, Lea and Flood (2014), the finaliser of SplitMix64; a sum forgets the order.
        let mixed = |skill: &SkillKey| {
            let mut bits = (u64::from(skill.0) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            bits ^ (bits >> 31)
        };
        Self(skills.iter().map(mixed).fold(0, u64::wrapping_add))
    }
}

impl QuestionParameters {
    #[must_use]
    pub fn terms(&self) -> [Gaussian; 2] {
        [self.easiness, self.discrimination]
    }

    /// A question without answers.
    #[must_use]
    pub fn prior(difficulty: f64) -> Self {
        let difficulty = if difficulty.is_nan() { 0.0 } else { difficulty };
        let mean = -difficulty.clamp(-super::MEAN_MAX, super::MEAN_MAX);
        Self {
            easiness: Gaussian { mean, variance: QUESTION_VARIANCE },
            discrimination: Gaussian { mean: 0.0, variance: DISCRIMINATION_VARIANCE },
        }
    }
}

impl Default for SkillParameters {
    fn default() -> Self {
        Self { terms: SKILL_VARIANCES.map(|variance| Gaussian { mean: 0.0, variance }) }
    }
}

impl SkillParameters {
    /// How much easier than others its questions are.
    #[must_use]
    pub fn easiness(&self) -> Gaussian {
        self.terms[0]
    }

    #[must_use]
    pub fn discrimination(&self) -> Gaussian {
        self.terms[DISCRIMINATION]
    }
}

impl Gaussian {
    /// One assumed-density step: `mean += v l G`, `v -= (v l)^2 I`.
    pub(super) fn step(&mut self, loading: f64, step: Step) {
        let reach = self.variance * loading;
        let mean = self.mean + reach * step.gradient;
        self.mean = mean.clamp(-super::MEAN_MAX, super::MEAN_MAX);
        let variance = self.variance - reach * reach * step.curvature;
        self.variance = variance.clamp(super::VARIANCE_MIN, VARIANCE_MAX);
    }

    pub(super) fn drift(&mut self, variance: f64) {
        self.variance = (self.variance + variance).min(VARIANCE_MAX);
    }
}
