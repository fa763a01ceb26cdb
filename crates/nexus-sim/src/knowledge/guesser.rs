//! Guesser: Bayesian knowledge tracing with prerequisites (`docs/science.md` 6.2, F1).
//!
//! * start: a skill is known with chance 0.3 when it has no prerequisite, else 0.05;
//! * answer: `1 - s_d` when known, `g_d` when not, with g = (0.35, 0.2, 0.1) and
//!   s = (0.05, 0.1, 0.2) at difficulty d = 0, 1, 2 and lines between; the mean over skills;
//! * practice: an unknown skill becomes known with chance
//!   `min(0.95, T_k lambda_d 0.1^missing)`, `T_k = clip(N(0.25, 0.07), 0.05, 0.6) u`,
//!   `u = e^N(0, 0.4)`, lambda = (0.6, 1, 0.8), missing the number of unknown prerequisites;
//! * study: the same with 1.5 in place of lambda, times how well the activity teaches; for doers
//!   with 1 for each question that it is worth.

use super::{Knowledge, Practice, Study, Temper};
use crate::truth::CourseTruth;
use nexus_engine::time::Timestamp;
use nexus_stats::math::exp;
use nexus_stats::random::Stream;
use std::sync::Arc;

/// Chance that a skill without prerequisites is known before the course.
pub const KNOWN_ROOT: f64 = 0.3;
/// Chance that another skill is.
pub const KNOWN_OTHER: f64 = 0.05;
/// Chance of a right answer without the skill, at difficulty 0, 1, 2.
pub const GUESS: [f64; 3] = [0.35, 0.2, 0.1];
/// Chance of a wrong answer with the skill.
pub const SLIP: [f64; 3] = [0.05, 0.1, 0.2];
/// How well questions of each difficulty teach.
pub const LESSON: [f64; 3] = [0.6, 1.0, 0.8];
/// Standard deviation of the logarithm of speed.
pub const SPEED_SPREAD: f64 = 0.4;
/// The greatest chance of learning at once.
pub const CHANCE_MAX: f64 = 0.95;
/// What each unknown prerequisite leaves of that chance.
pub const MISSING_FACTOR: f64 = 0.1;
/// How many questions a first look at a film or reading is worth.
pub const STUDY_FACTOR: f64 = 1.5;
/// How well a usual question teaches.
pub const USUAL_QUESTION: f64 = LESSON[1];

/// A mind of this family.
#[derive(Clone, Debug)]
pub struct Guesser {
    truth: Arc<CourseTruth>,
    /// Of each skill, whether it is known: 1 or 0; of an average mind, with which chance.
    known: Vec<f64>,
    transit: Vec<f64>,
    /// Whether chances take the place of luck.
    average: bool,
}

impl Guesser {
    /// A learner who is new to the course.
    #[must_use]
    pub fn new(truth: &Arc<CourseTruth>, stream: &mut Stream) -> Self {
        let speed = exp(SPEED_SPREAD * stream.normal());
        let mut known = Vec::with_capacity(truth.course.skills.len());
        let mut transit = Vec::with_capacity(truth.course.skills.len());
        for skill in &truth.course.skills {
            let chance = if skill.requires.is_empty() { KNOWN_ROOT } else { KNOWN_OTHER };
            known.push(f64::from(u8::from(stream.uniform() < chance)));
            transit.push((0.25 + 0.07 * stream.normal()).clamp(0.05, 0.6) * speed);
        }
        Self { truth: Arc::clone(truth), known, transit, average: false }
    }

    fn chance(&self, skill: usize, question: Option<usize>) -> f64 {
        let difficulty = question.map_or(1.0, |it| self.truth.grade_of_difficulty(it));
        let known = self.known[skill];
        known * (1.0 - between(&SLIP, difficulty)) + (1.0 - known) * between(&GUESS, difficulty)
    }

    fn learn(&mut self, skill: usize, strength: f64, stream: &mut Stream) {
        // Drawn even when already known, so that knowing more never shifts later draws.
        let draw = stream.uniform();
        let needed = self.truth.course.skills[skill].requires.iter();
        let left = |needed: &usize| {
            let known = self.known[*needed];
            known + (1.0 - known) * MISSING_FACTOR
        };
        let held_back: f64 = needed.map(left).product();
        let chance = (self.transit[skill] * strength * held_back).min(CHANCE_MAX);
        if self.average {
            self.known[skill] += (1.0 - self.known[skill]) * chance;
        } else if draw < chance {
            self.known[skill] = 1.0;
        }
    }
}

/// A number given at 0, 1 and 2, with lines between.
fn between(at: &[f64; 3], difficulty: f64) -> f64 {
    let difficulty = difficulty.clamp(0.0, 2.0);
    if difficulty < 1.0 {
        at[0] + (at[1] - at[0]) * difficulty
    } else {
        at[1] + (at[2] - at[1]) * (difficulty - 1.0)
    }
}

impl Knowledge for Guesser {
    fn success(&self, question: usize, _at: Timestamp) -> f64 {
        self.truth.mean_over_skills(question, |skill| self.chance(skill, Some(question)))
    }

    fn practise(&mut self, practice: Practice, _at: Timestamp, stream: &mut Stream) {
        let truth = Arc::clone(&self.truth);
        let difficulty = truth.grade_of_difficulty(practice.question);
        let lesson = practice.effect() * between(&LESSON, difficulty);
        for skill in &truth.course.questions[practice.question].skills {
            self.learn(*skill, lesson, stream);
        }
    }

    fn study(&mut self, study: Study, _at: Timestamp, stream: &mut Stream) {
        let truth = Arc::clone(&self.truth);
        let strength = truth.study_strength(&study, STUDY_FACTOR, USUAL_QUESTION);
        for skill in &truth.course.activities[study.activity].skills {
            self.learn(*skill, strength, stream);
        }
    }

    fn skill_success(&self, skill: usize, _at: Timestamp) -> f64 {
        self.chance(skill, self.truth.median[skill])
    }

    fn know(&mut self, skills: &[usize], _at: Timestamp) {
        for skill in skills {
            self.known[*skill] = 1.0;
        }
    }

    fn temper(&self) -> Temper {
        Temper { frustration: 4.0, boredom: 0.0, discouragement: 0.0 }
    }

    fn copy(&self) -> Box<dyn Knowledge> {
        Box::new(self.clone())
    }

    fn average(&self) -> Box<dyn Knowledge> {
        Box::new(Self { average: true, ..self.clone() })
    }
}
