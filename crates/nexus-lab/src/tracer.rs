//! Tracers: models of what a learner knows, behind one trait, so that they can be compared.
//!
//! A tracer predicts an answer before it is seen and absorbs it afterwards. The engine itself uses
//! one of them ([`hkt`]); the others are rivals for honest comparison. Each keeps two things apart:
//! what it knows of one learner ([`Tracer::Learner`]) and what it knows of questions and skills
//! (itself). [`run`] scores a tracer on answers it has not seen, [`evaluation`] says how good the
//! scores are, and [`registry`] has the list of all tracers.

pub mod best_lr;
pub mod bkt;
pub mod elo;
pub mod evaluation;
pub mod hkt;
mod logistic;
pub mod pfa;
pub mod registry;
pub mod run;
pub mod yardstick;

use nexus_engine::ids::{QuestionKey, SkillKey};
use nexus_engine::time::Timestamp;
use std::collections::BTreeMap;

/// Predictions stay this far from 0 and 1.
pub const MARGIN: f64 = 1e-6;

/// What is asked of a learner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked<'a> {
    pub question: QuestionKey,
    /// Its skills, each once; a question may have none.
    pub skills: &'a [SkillKey],
    /// Chance of guessing right, in [0, 0.5].
    pub guess: f64,
    /// Author's difficulty in logits; 0 when nothing is known of it.
    pub difficulty: f64,
    /// When; `None` when only the order of answers is known.
    pub at: Option<Timestamp>,
}

/// One answer of a log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoggedAnswer {
    pub learner: u32,
    pub question: QuestionKey,
    /// Its skills, as an index of [`Answers::skill_sets`].
    pub skills: u32,
    /// Whether the answer was right.
    pub right: bool,
    /// When; `None` when only the order is known.
    pub at: Option<Timestamp>,
}

/// A log of answers; those of one learner stand in the order in which they were given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    pub rows: Vec<LoggedAnswer>,
    /// The combinations of skills that occur.
    pub skill_sets: Vec<Vec<SkillKey>>,
    /// Chance of guessing any of these questions, in [0, 0.5].
    pub guess: f64,
}

/// What a tracer promises of its predictions, whatever it has learned before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// A right answer never lowers the prediction for the same question, a wrong one never raises it.
    Monotone,
    /// After a right answer the prediction for the same question is never lower than it would be
    /// after a wrong one. Both may rise, because practice itself teaches, or fall, because what was known fades.
    Ordered,
    /// Nothing of predictions: what an answer is worth for the next one is itself learned, and
    /// answers can teach that it is worth less than nothing. What holds of the learner is said
    /// where the tracer is.
    Learned,
}

/// A model of what learners know.
pub trait Tracer {
    /// What is known of one learner; the default is a learner without answers.
    type Learner: Clone + Default;

    /// What holds of its predictions.
    fn promise(&self) -> Promise;

    /// Learns from answers of other learners. Unless a tracer says otherwise, one online pass.
    fn fit(&mut self, training: &Answers) {
        run::pass(self, training);
    }

    /// Probability of a right answer, in (0, 1).
    fn predict(&self, learner: &Self::Learner, asked: &Asked<'_>) -> f64;

    /// Absorbs an answer into what is known of the learner, and into nothing else.
    fn observe(&self, learner: &mut Self::Learner, asked: &Asked<'_>, right: bool);

    /// Absorbs an answer into what is known of the learner, questions and skills, as while
    /// serving. The learner afterwards is the one [`Self::observe`] would have given.
    fn absorb(&mut self, learner: &mut Self::Learner, asked: &Asked<'_>, right: bool) {
        self.observe(learner, asked, right);
    }
}

impl Answers {
    /// What was asked in an answer of this log. Skills that the log does not list are none.
    #[must_use]
    pub fn asked(&self, answer: &LoggedAnswer) -> Asked<'_> {
        let skills = self.skill_sets.get(answer.skills as usize);
        Asked {
            question: answer.question,
            skills: skills.map_or(&[], Vec::as_slice),
            guess: self.guess,
            difficulty: 0.0,
            at: answer.at,
        }
    }
}

/// Answers and right answers of one learner: in all, by skill and by question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnswerTally {
    pub all: Count,
    pub skills: BTreeMap<SkillKey, Count>,
    pub questions: BTreeMap<QuestionKey, Count>,
}

/// How often something was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub attempts: u32,
    pub wins: u32,
}

impl Count {
    pub fn add(&mut self, right: bool) {
        self.attempts = self.attempts.saturating_add(1);
        self.wins = self.wins.saturating_add(u32::from(right));
    }

    #[must_use]
    pub fn losses(self) -> u32 {
        self.attempts.saturating_sub(self.wins)
    }
}

impl AnswerTally {
    pub fn add(&mut self, asked: &Asked<'_>, right: bool) {
        self.all.add(right);
        self.questions.entry(asked.question).or_default().add(right);
        for skill in asked.skills {
            self.skills.entry(*skill).or_default().add(right);
        }
    }

    /// How often a skill was answered.
    #[must_use]
    pub fn skill(&self, skill: SkillKey) -> Count {
        self.skills.get(&skill).copied().unwrap_or_default()
    }

    /// How often a question was answered.
    #[must_use]
    pub fn question(&self, question: QuestionKey) -> Count {
        self.questions.get(&question).copied().unwrap_or_default()
    }
}

/// A probability that is neither 0 nor 1; what is not a number becomes one half.
fn held(p: f64) -> f64 {
    if p.is_nan() { 0.5 } else { p.clamp(MARGIN, 1.0 - MARGIN) }
}

/// The chance of guessing that a tracer assumes, whatever the course says.
fn held_guess(guess: f64) -> f64 {
    if guess.is_nan() { 0.0 } else { guess.clamp(0.0, 0.5) }
}

/// The share of one skill in a question with so many.
fn share(skills: &[SkillKey]) -> f64 {
    1.0 / skills.len().max(1) as f64
}

#[cfg(test)]
mod conformance;
