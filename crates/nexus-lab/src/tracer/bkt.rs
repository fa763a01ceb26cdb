//! BKT, Bayesian knowledge tracing: a skill is known or it is not, and practice may teach it.
//!
//! Corbett and Anderson (1994). With mastery `L`, a right answer has probability
//! `p = L (1 - S) + (1 - L) G`; seeing one makes `L (1 - S) / p` of it, a wrong one
//! `L S / (1 - p)`; then practice teaches: `L <- L (1 - F) + (1 - L) T`. In plain BKT nothing is
//! forgotten, `F = 0`. Of a question with several skills, each is traced alone and their
//! predictions are averaged. Questions themselves are not modelled.
//!
//! Parameters are [fitted](fit) to training answers, a set for each skill, and stay as they are
//! while serving.

pub mod fit;

use super::{Answers, Asked, Promise, Tracer, held};
use nexus_engine::ids::SkillKey;
use std::collections::BTreeMap;

/// The greatest chance of a right answer without knowing.
pub const GUESS_MAX: f64 = 0.3;
/// The greatest chance of a wrong answer in spite of knowing. With [`GUESS_MAX`] it makes sure
/// that a right answer never lowers mastery: knowing always helps, `1 - S > G`.
pub const SLIP_MAX: f64 = 0.1;
/// The greatest chance of learning, and of forgetting, at one answer; together at most 1.
pub const CHANGE_MAX: f64 = 0.5;
/// The least that any chance but forgetting in plain BKT is.
pub const CHANCE_MIN: f64 = 0.001;

/// The parameters of a skill; all chances.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters {
    /// Of knowing it before the first answer, in [0.001, 0.999].
    pub prior: f64,
    /// Of learning it at an answer, in [0.001, 0.5].
    pub learn: f64,
    /// Of forgetting it at an answer, in [0.001, 0.5], or 0 in plain BKT.
    pub forget: f64,
    /// Of a right answer without knowing, in [0.001, 0.3].
    pub guess: f64,
    /// Of a wrong answer in spite of knowing, in [0.001, 0.1].
    pub slip: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Bkt {
    /// Of skills that training did not have.
    typical: Parameters,
    skills: BTreeMap<SkillKey, Parameters>,
}

impl Default for Bkt {
    fn default() -> Self {
        Self { typical: Parameters::START, skills: BTreeMap::new() }
    }
}

impl Parameters {
    /// Where fitting begins, and what holds without any answers.
    pub const START: Self = Self { prior: 0.4, learn: 0.15, forget: 0.0, guess: 0.2, slip: 0.08 };

    /// Probability of a right answer at this mastery.
    #[must_use]
    pub fn success(&self, mastery: f64) -> f64 {
        mastery * (1.0 - self.slip) + (1.0 - mastery) * self.guess
    }

    /// Mastery once the answer is seen, before practice teaches.
    #[must_use]
    pub fn seen(&self, mastery: f64, right: bool) -> f64 {
        let p = self.success(mastery);
        if right { mastery * (1.0 - self.slip) / p } else { mastery * self.slip / (1.0 - p) }
    }

    #[must_use]
    pub fn practised(&self, mastery: f64) -> f64 {
        mastery * (1.0 - self.forget) + (1.0 - mastery) * self.learn
    }

    /// The nearest parameters that are allowed; what would make a right answer a bad sign is not.
    #[must_use]
    pub fn bounded(self) -> Self {
        let held = |chance: f64, most: f64| chance.clamp(CHANCE_MIN, most);
        Self {
            prior: held(self.prior, 1.0 - CHANCE_MIN),
            learn: held(self.learn, CHANGE_MAX),
            forget: if self.forget == 0.0 { 0.0 } else { held(self.forget, CHANGE_MAX) },
            guess: held(self.guess, GUESS_MAX),
            slip: held(self.slip, SLIP_MAX),
        }
    }
}

impl Bkt {
    /// The variant in which what was known may be forgotten.
    #[must_use]
    pub fn forgetting() -> Self {
        let typical = Parameters { forget: 0.02, ..Parameters::START };
        Self { typical, skills: BTreeMap::new() }
    }

    /// The parameters of a skill.
    #[must_use]
    pub fn parameters(&self, skill: SkillKey) -> Parameters {
        self.skills.get(&skill).copied().unwrap_or(self.typical)
    }
}

/// By skill: probability that the learner knows it.
pub type Mastery = BTreeMap<SkillKey, f64>;

impl Tracer for Bkt {
    type Learner = Mastery;

    fn promise(&self) -> Promise {
        Promise::Ordered
    }

    fn fit(&mut self, training: &Answers) {
        let (typical, skills) = fit::all(training, self.typical);
        (self.typical, self.skills) = (typical, skills);
    }

    fn predict(&self, learner: &Mastery, asked: &Asked<'_>) -> f64 {
        if asked.skills.is_empty() {
            return held(self.typical.success(self.typical.prior));
        }
        let success = |skill: &SkillKey| {
            let parameters = self.parameters(*skill);
            parameters.success(learner.get(skill).copied().unwrap_or(parameters.prior))
        };
        let sum: f64 = asked.skills.iter().map(success).sum();
        held(sum / asked.skills.len() as f64)
    }

    fn observe(&self, learner: &mut Mastery, asked: &Asked<'_>, right: bool) {
        for skill in asked.skills {
            let parameters = self.parameters(*skill);
            let mastery = learner.entry(*skill).or_insert(parameters.prior);
            *mastery = parameters.practised(parameters.seen(*mastery, right));
        }
    }
}

#[cfg(test)]
mod tests;
