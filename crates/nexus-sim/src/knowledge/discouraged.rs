//! Discouraged: what is learned from an answer depends on confidence, and failure takes it away.
//!
//! * start: `theta_k = -1.2 + N(0, 0.4) + 0.6 [k has no prerequisite]`, `ability ~ N(0, 0.5)`,
//!   `alpha = 0.3 e^N(0, 0.3)`, confidence `c = 0.7`;
//! * answer: `p = g + (1 - g) sigma(mean theta_k + ability - b)`, g the chance of guessing;
//! * practice: `theta_k += alpha c w (0.15 + 0.85 ready_k) (3 - theta_k) / 4`, w = 1 after a right
//!   answer and 0.3 after a wrong one, shared evenly between the skills of the question; then
//!   `c = 0.85 c + 0.15 [right]`;
//! * study: the same with 1.2 in place of w, times how well the activity teaches, whatever the
//!   confidence; for doers with half a question for each question that it is worth. A quarter of
//!   the way, c comes back to 0.7: there is nothing to fail at;
//! * known from before: `theta_k` at least 2.
//!
//! `ready_k` is the product over prerequisites j of `sigma(theta_j + ability)`. Nothing is forgotten.
//! Above a share of failures f of 0.5, each answer may be the last for 3 to 10 days, with chance
//! `0.4 (f - 0.5)`: the learner stops in the middle of the activity, and begins anew in an even
//! mood. So a path that is too hard costs weeks, not learners.

use super::{Knowledge, Practice, Study, Temper};
use crate::truth::CourseTruth;
use nexus_engine::time::Timestamp;
use nexus_stats::math::{exp, logistic};
use nexus_stats::random::Stream;
use std::sync::Arc;

/// Mean level of a skill before the course, in logits.
pub const LEVEL_START: f64 = -1.2;
/// Standard deviation of that level between learners.
pub const LEVEL_START_SPREAD: f64 = 0.4;
/// How much higher a skill without prerequisites starts.
pub const LEVEL_ROOT: f64 = 0.6;
/// The level that learning approaches.
pub const LEVEL_MAX: f64 = 3.0;
/// Least level of a skill that is known from before the course.
pub const LEVEL_KNOWN: f64 = 2.0;
/// Standard deviation of general ability.
pub const ABILITY_SPREAD: f64 = 0.5;
/// Median rate of learning.
pub const RATE: f64 = 0.3;
/// Standard deviation of its logarithm.
pub const RATE_SPREAD: f64 = 0.3;
/// Share of the rate that is left when no prerequisite is known.
pub const UNREADY: f64 = 0.15;
/// Confidence at the beginning.
pub const CONFIDENCE: f64 = 0.7;
/// Weight of the past in confidence.
pub const CONFIDENCE_MEMORY: f64 = 0.85;
/// Share of the way back to [`CONFIDENCE`] that a look at a film or reading brings.
pub const CONFIDENCE_BACK: f64 = 0.25;
/// What a wrong answer teaches beside a right one.
pub const WRONG: f64 = 0.3;
/// What a first look at a film or reading teaches beside a right answer.
pub const STUDY_FACTOR: f64 = 1.2;
/// The same of a usual question, given in the confidence that is usual.
pub const USUAL_QUESTION: f64 = 0.5;
/// Weight of failures on the chance of giving up for some days.
pub const DISCOURAGEMENT: f64 = 0.4;

/// A mind of this family.
#[derive(Clone, Debug)]
pub struct Discouraged {
    truth: Arc<CourseTruth>,
    level: Vec<f64>,
    ability: f64,
    rate: f64,
    confidence: f64,
}

impl Discouraged {
    /// A learner who is new to the course.
    #[must_use]
    pub fn new(truth: &Arc<CourseTruth>, stream: &mut Stream) -> Self {
        let mut level = Vec::with_capacity(truth.course.skills.len());
        for skill in &truth.course.skills {
            let root = if skill.requires.is_empty() { LEVEL_ROOT } else { 0.0 };
            level.push(LEVEL_START + root + LEVEL_START_SPREAD * stream.normal());
        }
        Self {
            truth: Arc::clone(truth),
            level,
            ability: ABILITY_SPREAD * stream.normal(),
            rate: RATE * exp(RATE_SPREAD * stream.normal()),
            confidence: CONFIDENCE,
        }
    }

    /// How sure of themselves the learner is, from 0 to 1.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        self.confidence
    }

    fn learn(&mut self, skill: usize, strength: f64) {
        let needed = self.truth.course.skills[skill].requires.iter();
        let ready: f64 = needed.map(|it| logistic(self.level[*it] + self.ability)).product();
        let strength = self.rate * strength * (UNREADY + (1.0 - UNREADY) * ready);
        // A strength above what fills the room would overshoot the greatest level.
        self.level[skill] += strength.min(4.0) * (LEVEL_MAX - self.level[skill]) / 4.0;
    }
}

impl Knowledge for Discouraged {
    fn success(&self, question: usize, _at: Timestamp) -> f64 {
        let guess = self.truth.course.questions[question].guess;
        let level = self.truth.mean_over_skills(question, |skill| self.level[skill]);
        guess + (1.0 - guess) * logistic(level + self.ability - self.truth.difficulty[question])
    }

    fn practise(&mut self, practice: Practice, _at: Timestamp, _stream: &mut Stream) {
        let truth = Arc::clone(&self.truth);
        let skills = &truth.course.questions[practice.question].skills;
        let lesson = if practice.right { 1.0 } else { WRONG };
        let strength = practice.effect() * self.confidence * lesson;
        for skill in skills {
            self.learn(*skill, strength / skills.len() as f64);
        }
        let right = f64::from(u8::from(practice.right));
        self.confidence = CONFIDENCE_MEMORY * self.confidence + (1.0 - CONFIDENCE_MEMORY) * right;
    }

    fn study(&mut self, study: Study, _at: Timestamp, _stream: &mut Stream) {
        let truth = Arc::clone(&self.truth);
        let skills = &truth.course.activities[study.activity].skills;
        let strength = truth.study_strength(&study, STUDY_FACTOR, USUAL_QUESTION);
        for skill in skills {
            self.learn(*skill, strength / skills.len() as f64);
        }
        self.confidence += CONFIDENCE_BACK * (CONFIDENCE - self.confidence);
    }

    fn skill_success(&self, skill: usize, at: Timestamp) -> f64 {
        match self.truth.median[skill] {
            Some(question) => self.success(question, at),
            None => logistic(self.level[skill] + self.ability),
        }
    }

    fn know(&mut self, skills: &[usize], _at: Timestamp) {
        for skill in skills {
            self.level[*skill] = self.level[*skill].max(LEVEL_KNOWN);
        }
    }

    fn temper(&self) -> Temper {
        // Who gives up for days need not leave for good.
        Temper { frustration: 0.0, boredom: 0.0, discouragement: DISCOURAGEMENT }
    }

    fn copy(&self) -> Box<dyn Knowledge> {
        Box::new(self.clone())
    }
}
