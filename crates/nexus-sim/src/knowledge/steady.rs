//! Steady: item response theory with desirable difficulty (`docs/science.md` 6.4, F5).
//!
//! * start: `theta_k = -1.5 + N(0, 0.3) + 0.7 [k has no prerequisite]`, `ability ~ N(0, 0.5)`;
//! * answer: `p = c + (1 - c) sigma(mean theta_k + ability - b)`, c the chance of guessing;
//! * practice: `theta_k += alpha e^(-(p - p*)^2 / 0.045) (0.15 + 0.85 ready_k) (3 - theta_k) / 4`,
//!   shared evenly between the skills of the question; `alpha = 0.25 e^N(0, 0.3)`, and the sweet
//!   spot `p* ~ U(0.5, 0.9)` is the learner's own;
//! * study: the same with 2 in place of the exponential, times how well the activity teaches; for
//!   doers with half a question for each question that it is worth, as a usual question misses the
//!   sweet spot by so much;
//! * known from before: `theta_k` at least 2.
//!
//! `ready_k` is the product over prerequisites j of `sigma(theta_j + ability)`. Nothing is
//! forgotten; what hurts is practice that is too easy or too hard, and giving up.

use super::{Knowledge, Practice, Study, Temper};
use crate::truth::CourseTruth;
use nexus_engine::time::Timestamp;
use nexus_stats::math::{exp, logistic};
use nexus_stats::random::Stream;
use std::sync::Arc;

/// Mean level of a skill before the course, in logits.
pub const LEVEL_START: f64 = -1.5;
/// Standard deviation of that level between learners.
pub const LEVEL_START_SPREAD: f64 = 0.3;
/// How much higher a skill without prerequisites starts.
pub const LEVEL_ROOT: f64 = 0.7;
/// Standard deviation of general ability.
pub const ABILITY_SPREAD: f64 = 0.5;
pub const RATE: f64 = 0.25;
/// Standard deviation of its logarithm.
pub const RATE_SPREAD: f64 = 0.3;
/// The least and the greatest sweet spot.
pub const SWEET_SPOT: (f64, f64) = (0.5, 0.9);
/// Twice the squared width of the sweet spot.
pub const SWEET_SPOT_WIDTH: f64 = 0.045;
/// Share of the rate that is left when no prerequisite is known.
pub const UNREADY: f64 = 0.15;
/// The level that learning approaches.
pub const LEVEL_MAX: f64 = 3.0;
/// How many perfectly chosen questions a first look at a film or reading is worth.
pub const STUDY_FACTOR: f64 = 2.0;
/// What a usual question is worth in perfectly chosen ones: the mean of the exponential over
/// successes from 0.2 to 0.95 and all sweet spots.
pub const USUAL_QUESTION: f64 = 0.5;
/// Least level, in logits, of a skill that is known from before the course.
pub const LEVEL_KNOWN: f64 = 2.0;

/// A mind of this family.
#[derive(Clone, Debug)]
pub struct Steady {
    truth: Arc<CourseTruth>,
    level: Vec<f64>,
    ability: f64,
    rate: f64,
    sweet_spot: f64,
}

impl Steady {
    /// A learner who is new to the course.
    #[must_use]
    pub fn new(truth: &Arc<CourseTruth>, stream: &mut Stream) -> Self {
        let skills = truth.course.skills.iter();
        let level = skills
            .map(|skill| {
                let root = if skill.requires.is_empty() { LEVEL_ROOT } else { 0.0 };
                LEVEL_START + root + LEVEL_START_SPREAD * stream.normal()
            })
            .collect();
        let (least, most) = SWEET_SPOT;
        Self {
            truth: Arc::clone(truth),
            level,
            ability: ABILITY_SPREAD * stream.normal(),
            rate: RATE * exp(RATE_SPREAD * stream.normal()),
            sweet_spot: least + (most - least) * stream.uniform(),
        }
    }

    /// The success at which this learner learns most from practice.
    #[must_use]
    pub fn sweet_spot(&self) -> f64 {
        self.sweet_spot
    }

    fn ready(&self, skill: usize) -> f64 {
        let known = |needed: &usize| logistic(self.level[*needed] + self.ability);
        self.truth.course.skills[skill].requires.iter().map(known).product()
    }

    fn learn(&mut self, skill: usize, strength: f64) {
        let ready = UNREADY + (1.0 - UNREADY) * self.ready(skill);
        let room = (LEVEL_MAX - self.level[skill]) / 4.0;
        // A strength above what fills the room would overshoot the greatest level.
        self.level[skill] += (self.rate * strength * ready).min(4.0) * room;
    }
}

impl Knowledge for Steady {
    fn success(&self, question: usize, _at: Timestamp) -> f64 {
        let guess = self.truth.course.questions[question].guess;
        let level = self.truth.mean_over_skills(question, |skill| self.level[skill]);
        guess + (1.0 - guess) * logistic(level + self.ability - self.truth.difficulty[question])
    }

    fn practise(&mut self, practice: Practice, at: Timestamp, _stream: &mut Stream) {
        let question = practice.question;
        let distance = self.success(question, at) - self.sweet_spot;
        let strength = practice.effect() * exp(-distance * distance / SWEET_SPOT_WIDTH);
        let truth = Arc::clone(&self.truth);
        let skills = &truth.course.questions[question].skills;
        for skill in skills {
            self.learn(*skill, strength / skills.len() as f64);
        }
    }

    fn study(&mut self, study: Study, _at: Timestamp, _stream: &mut Stream) {
        let truth = Arc::clone(&self.truth);
        let skills = &truth.course.activities[study.activity].skills;
        let strength = truth.study_strength(&study, STUDY_FACTOR, USUAL_QUESTION);
        for skill in skills {
            self.learn(*skill, strength / skills.len() as f64);
        }
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
        Temper { frustration: 4.0, boredom: 6.0, discouragement: 0.0 }
    }

    fn copy(&self) -> Box<dyn Knowledge> {
        Box::new(self.clone())
    }
}
