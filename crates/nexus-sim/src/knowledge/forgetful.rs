//! Forgetful: memory with a stability for each skill (`docs/science.md` 6.3, F4).
//!
//! * start: no skill was ever met; `m = e^N(0, 0.4)` (memory), `dec ~ U(0.15, 0.6)` (decay);
//! * recall after D days at stability S: `R = (1 + (0.9^(-1/dec) - 1) D / S)^(-dec)`, so that
//!   R = 0.9 at D = S;
//! * answer: `p = 0.05 + 0.93 R (1 - 0.08 d)`, d the difficulty from 0 to 2; the chance of
//!   guessing, at most 0.1, when the skill was never met;
//! * practice: first meeting `S = m rd (1 + 0.2 d)`; right
//!   `S *= 1 + 2.5 m rd (e^(1.2 (1 - R)) - 1) (1 + 0.15 d) S^(-0.15)`, plus 0.02; wrong
//!   `S = max(0.3, S / 2)`; either way the answer is read, so D starts anew;
//! * study: a first meeting as above at d = 0 and a wrong answer's floor otherwise: it refreshes
//!   (D starts anew) and strengthens by 0.3 of what a right answer would, times how well the
//!   activity teaches. Telling is a weaker memory than remembering;
//! * study, for doers: worth u questions, it strengthens by u / 2 of what a right answer would (a
//!   wrong one weakens), and D becomes `(1 - min(1, u)) D`. A first meeting leaves `u m rd`, and
//!   the first answer after it counts as a first meeting if that leaves more;
//! * known from before: S of 90 days.
//!
//! `rd = 0.3 + 0.7 product of R` over prerequisites. A right answer given when much has faded
//! strengthens most: spaced review pays, massed practice does not.

use super::{Knowledge, Practice, Study, Temper};
use crate::truth::{CourseTruth, StudySetting};
use nexus_engine::time::Timestamp;
use nexus_stats::math::{exp, pow};
use nexus_stats::random::Stream;
use std::sync::Arc;

/// Standard deviation of the logarithm of memory.
pub const MEMORY_SPREAD: f64 = 0.4;
/// The least and the greatest decay.
pub const DECAY: (f64, f64) = (0.15, 0.6);
/// The least chance of a right answer to what was met.
pub const SUCCESS_LEAST: f64 = 0.05;
/// How much recall adds to it.
pub const SUCCESS_RECALL: f64 = 0.93;
/// What a unit of difficulty takes from it.
pub const SUCCESS_DIFFICULTY: f64 = 0.08;
/// The greatest chance of a right answer to what was never met.
pub const UNMET_MAX: f64 = 0.1;
/// The least stability after a wrong answer, in days.
pub const STABILITY_LEAST: f64 = 0.3;
/// The greatest stability, in days.
pub const STABILITY_MAX: f64 = 3_650.0;
/// What a right answer adds to stability in any case, in days.
pub const STABILITY_STEP: f64 = 0.02;
/// Share of a right answer's strengthening that studying gives.
pub const STUDY_FACTOR: f64 = 0.3;
/// Share of it that a usual question gives: a wrong answer weakens.
pub const USUAL_QUESTION: f64 = 0.5;
/// Stability of a skill that is known from before the course, in days.
pub const STABILITY_KNOWN: f64 = 90.0;

/// A mind of this family.
#[derive(Clone, Debug)]
pub struct Forgetful {
    truth: Arc<CourseTruth>,
    memory: f64,
    decay: f64,
    traces: Vec<Option<Trace>>,
}

/// What is left of a skill that was met.
#[derive(Clone, Copy, Debug)]
struct Trace {
    stability_days: f64,
    refreshed_at: Timestamp,
    /// Whether it was ever answered, not only watched or read.
    answered: bool,
}

impl Forgetful {
    /// A learner who is new to the course.
    #[must_use]
    pub fn new(truth: &Arc<CourseTruth>, stream: &mut Stream) -> Self {
        let (least, most) = DECAY;
        Self {
            truth: Arc::clone(truth),
            memory: exp(MEMORY_SPREAD * stream.normal()),
            decay: least + (most - least) * stream.uniform(),
            traces: vec![None; truth.course.skills.len()],
        }
    }

    /// Probability that a skill is remembered; 0 when it was never met.
    #[must_use]
    pub fn recall(&self, skill: usize, at: Timestamp) -> f64 {
        let Some(trace) = self.traces[skill] else { return 0.0 };
        let days = at.days_since(trace.refreshed_at);
        let scale = pow(0.9, -1.0 / self.decay) - 1.0;
        pow(1.0 + scale * days / trace.stability_days, -self.decay)
    }

    fn chance(&self, skill: usize, question: Option<usize>, at: Timestamp) -> f64 {
        let (difficulty, guess) = question.map_or((1.0, 0.0), |question| {
            let guess = self.truth.course.questions[question].guess;
            (self.truth.grade_of_difficulty(question), guess)
        });
        if self.traces[skill].is_none() {
            return guess.clamp(SUCCESS_LEAST, UNMET_MAX);
        }
        let remembered = SUCCESS_RECALL * self.recall(skill, at);
        SUCCESS_LEAST + remembered * (1.0 - SUCCESS_DIFFICULTY * difficulty)
    }

    fn readiness(&self, skill: usize, at: Timestamp) -> f64 {
        let needed = self.truth.course.skills[skill].requires.iter();
        0.3 + 0.7 * needed.map(|needed| self.recall(*needed, at)).product::<f64>()
    }

    /// The stability after meeting a skill successfully, `weight` times as strong as an answer.
    fn strengthened(&self, skill: usize, difficulty: f64, weight: f64, at: Timestamp) -> f64 {
        let force = self.memory * self.readiness(skill, at);
        let Some(Trace { stability_days: before, .. }) = self.traces[skill] else {
            return self.first_stability(skill, difficulty, at);
        };
        let faded = exp(1.2 * (1.0 - self.recall(skill, at))) - 1.0;
        let slow = pow(before, -0.15);
        let gain = 2.5 * force * faded * (1.0 + 0.15 * difficulty) * slow;
        (before * (1.0 + weight * gain) + weight * STABILITY_STEP).min(STABILITY_MAX)
    }

    fn first_stability(&self, skill: usize, difficulty: f64, at: Timestamp) -> f64 {
        let force = self.memory * self.readiness(skill, at);
        (force * (1.0 + 0.2 * difficulty)).max(STABILITY_LEAST)
    }

    /// A look at a skill where a minute of watching teaches a sixth of a minute of answering.
    fn glance(&mut self, skill: usize, questions: f64, at: Timestamp) {
        let trace = match self.traces[skill] {
            None => {
                let force = questions.min(1.0) * self.memory * self.readiness(skill, at);
                let stability_days = force.max(STABILITY_LEAST);
                Trace { stability_days, refreshed_at: at, answered: false }
            }
            Some(trace) => {
                let weight = USUAL_QUESTION * questions;
                let elapsed = at.0.saturating_sub(trace.refreshed_at.0) as f64;
                let left = (1.0 - questions.min(1.0)) * elapsed;
                Trace {
                    stability_days: self.strengthened(skill, 0.0, weight, at),
                    refreshed_at: at.plus_micros(-(left as i64)),
                    answered: trace.answered,
                }
            }
        };
        self.traces[skill] = Some(trace);
    }
}

impl Knowledge for Forgetful {
    fn success(&self, question: usize, at: Timestamp) -> f64 {
        self.truth.mean_over_skills(question, |skill| self.chance(skill, Some(question), at))
    }

    fn practise(&mut self, practice: Practice, at: Timestamp, _stream: &mut Stream) {
        // Meeting the same question again is exactly how memory is trained, so it counts in full.
        let Practice { question, right, .. } = practice;
        let truth = Arc::clone(&self.truth);
        let difficulty = truth.grade_of_difficulty(question);
        for skill in &truth.course.questions[question].skills {
            let stability_days = match self.traces[*skill] {
                Some(trace) if !trace.answered && truth.setting == StudySetting::Doer => self
                    .strengthened(*skill, difficulty, 1.0, at)
                    .max(self.first_stability(*skill, difficulty, at)),
                Some(trace) if !right => (trace.stability_days / 2.0).max(STABILITY_LEAST),
                _ => self.strengthened(*skill, difficulty, 1.0, at),
            };
            let trace = Trace { stability_days, refreshed_at: at, answered: true };
            self.traces[*skill] = Some(trace);
        }
    }

    fn study(&mut self, study: Study, at: Timestamp, _stream: &mut Stream) {
        let truth = Arc::clone(&self.truth);
        let worth = truth.study_strength(&study, STUDY_FACTOR, 1.0);
        for skill in &truth.course.activities[study.activity].skills {
            match truth.setting {
                StudySetting::Doer => self.glance(*skill, worth, at),
                StudySetting::Kind => {
                    let stability_days = self.strengthened(*skill, 0.0, worth, at);
                    let answered = self.traces[*skill].is_some_and(|trace| trace.answered);
                    self.traces[*skill] =
                        Some(Trace { stability_days, refreshed_at: at, answered });
                }
            }
        }
    }

    fn skill_success(&self, skill: usize, at: Timestamp) -> f64 {
        self.chance(skill, self.truth.median[skill], at)
    }

    fn know(&mut self, skills: &[usize], at: Timestamp) {
        for skill in skills {
            let stability_days = STABILITY_KNOWN;
            let trace = Trace { stability_days, refreshed_at: at, answered: true };
            self.traces[*skill] = Some(trace);
        }
    }

    fn temper(&self) -> Temper {
        // Being right is no reason to leave for a learner who would otherwise forget.
        Temper { frustration: 4.0, boredom: 0.0, discouragement: 0.0 }
    }

    fn copy(&self) -> Box<dyn Knowledge> {
        Box::new(self.clone())
    }
}
