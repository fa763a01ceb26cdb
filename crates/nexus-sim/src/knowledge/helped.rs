//! Helped: a wrong answer teaches nothing by itself; help does, most of all after a failure.
//!
//! * start: `theta_k = -1.4 + N(0, 0.3) + 0.7 [k has no prerequisite]`, `ability ~ N(0, 0.5)`,
//!   `alpha = 0.35 e^N(0, 0.3)`; no failure is open, `w_k = 0`;
//! * answer: `p = g + (1 - g) sigma(mean theta_k + ability - b)`, g the chance of guessing;
//! * practice: `theta_k += alpha v (0.15 + 0.85 ready_k) (3 - theta_k) / 4`, shared evenly between
//!   the skills of the question: v = 0.6 after a right answer, 0 after a wrong one without help, 1
//!   after a wrong one with help. A wrong answer without help opens a failure: `w_k = min(3, w_k + 1)`;
//! * study: the same with v = `(1 + w_k) / 2`, times how well the activity teaches (twice as much in
//!   the kind setting; for doers once for each question that it is worth). Then no failure is open;
//! * known from before: `theta_k` at least 2.
//!
//! `ready_k` is the product over prerequisites j of `sigma(theta_j + ability)`. Nothing is
//! forgotten. A film before any failure teaches as usual; after three open ones, four times as much.

use super::{Knowledge, Practice, Study, Temper};
use crate::truth::CourseTruth;
use nexus_engine::time::Timestamp;
use nexus_stats::math::{exp, logistic};
use nexus_stats::random::Stream;
use std::sync::Arc;

/// Mean level of a skill before the course, in logits.
pub const LEVEL_START: f64 = -1.4;
/// Standard deviation of that level between learners.
pub const LEVEL_START_SPREAD: f64 = 0.3;
/// How much higher a skill without prerequisites starts.
pub const LEVEL_ROOT: f64 = 0.7;
/// The level that learning approaches.
pub const LEVEL_MAX: f64 = 3.0;
/// Least level of a skill that is known from before the course.
pub const LEVEL_KNOWN: f64 = 2.0;
/// Standard deviation of general ability.
pub const ABILITY_SPREAD: f64 = 0.5;
/// Median rate of learning.
pub const RATE: f64 = 0.35;
/// Standard deviation of its logarithm.
pub const RATE_SPREAD: f64 = 0.3;
/// Share of the rate that is left when no prerequisite is known.
pub const UNREADY: f64 = 0.15;
/// What a right answer teaches beside a wrong one with help.
pub const RIGHT: f64 = 0.6;
/// Open failures that count at most.
pub const FAILURES_MAX: f64 = 3.0;
/// What a first look at a film or reading is worth in the kind setting.
pub const STUDY_FACTOR: f64 = 2.0;
/// What a usual question is worth in the same unit.
pub const USUAL_QUESTION: f64 = 1.0;
/// What a look teaches while no failure is open, and what each open failure adds.
pub const EXPLANATION: f64 = 0.5;

/// A mind of this family.
#[derive(Clone, Debug)]
pub struct Helped {
    truth: Arc<CourseTruth>,
    level: Vec<f64>,
    ability: f64,
    rate: f64,
    /// Open failures of each skill.
    failures: Vec<f64>,
}

impl Helped {
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
            failures: vec![0.0; level.len()],
            level,
            ability: ABILITY_SPREAD * stream.normal(),
            rate: RATE * exp(RATE_SPREAD * stream.normal()),
        }
    }

    fn learn(&mut self, skill: usize, strength: f64) {
        let needed = self.truth.course.skills[skill].requires.iter();
        let ready: f64 = needed.map(|it| logistic(self.level[*it] + self.ability)).product();
        let strength = self.rate * strength * (UNREADY + (1.0 - UNREADY) * ready);
        // A strength above what fills the room would overshoot the greatest level.
        self.level[skill] += strength.min(4.0) * (LEVEL_MAX - self.level[skill]) / 4.0;
    }
}

impl Knowledge for Helped {
    fn success(&self, question: usize, _at: Timestamp) -> f64 {
        let guess = self.truth.course.questions[question].guess;
        let level = self.truth.mean_over_skills(question, |skill| self.level[skill]);
        guess + (1.0 - guess) * logistic(level + self.ability - self.truth.difficulty[question])
    }

    fn practise(&mut self, practice: Practice, _at: Timestamp, _stream: &mut Stream) {
        let truth = Arc::clone(&self.truth);
        let skills = &truth.course.questions[practice.question].skills;
        for skill in skills {
            let lesson = match (practice.right, practice.helped) {
                (true, _) => RIGHT,
                (false, true) => 1.0,
                (false, false) => {
                    self.failures[*skill] = (self.failures[*skill] + 1.0).min(FAILURES_MAX);
                    continue;
                }
            };
            self.learn(*skill, practice.effect() * lesson / skills.len() as f64);
        }
    }

    fn study(&mut self, study: Study, _at: Timestamp, _stream: &mut Stream) {
        let truth = Arc::clone(&self.truth);
        let skills = &truth.course.activities[study.activity].skills;
        let strength = truth.study_strength(&study, STUDY_FACTOR, USUAL_QUESTION);
        for skill in skills {
            let explained = EXPLANATION * (1.0 + self.failures[*skill]);
            self.learn(*skill, explained * strength / skills.len() as f64);
            self.failures[*skill] = 0.0;
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
        Temper { frustration: 4.0, boredom: 0.0, discouragement: 0.0 }
    }

    fn copy(&self) -> Box<dyn Knowledge> {
        Box::new(self.clone())
    }
}
