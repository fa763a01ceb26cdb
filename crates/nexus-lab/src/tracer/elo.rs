//! Elo for learning, with several skills: a rating each for learner, skill and question.
//!
//! Pelanek (2016), "Applications of the Elo rating system in adaptive educational systems": every
//! answer moves the ratings by its surprise, `theta += U(n) (y - p)` and `d -= U(n) (y - p)`, and
//! the step shrinks with the answers seen, `U(n) = a / (1 + b n)`. With several skills,
//! `p = g + (1 - g) logistic(theta + mean of the levels in the skills - d)`.

use super::{Asked, Promise, Tracer, held, held_guess, share};
use nexus_engine::ids::{QuestionKey, SkillKey};
use nexus_stats::math::logistic;
use std::collections::BTreeMap;

/// Step of the first answer, in logits.
pub const STEP: f64 = 1.0;
/// How fast steps shrink.
pub const SHRINKING: f64 = 0.05;

/// A rating and how many answers it is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Rating {
    value: f64,
    answers: u32,
}

/// What is known of one learner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EloLearner {
    ability: Rating,
    levels: BTreeMap<SkillKey, Rating>,
}

/// Elo ratings of questions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Elo {
    /// Difficulties, relative to what the author says.
    questions: BTreeMap<QuestionKey, Rating>,
}

impl Rating {
    fn step(&mut self, surprise: f64) {
        self.value += STEP / (1.0 + SHRINKING * f64::from(self.answers)) * surprise;
        self.answers = self.answers.saturating_add(1);
    }
}

impl Tracer for Elo {
    type Learner = EloLearner;

    fn promise(&self) -> Promise {
        Promise::Monotone
    }

    fn predict(&self, learner: &EloLearner, asked: &Asked<'_>) -> f64 {
        let level = |skill: &SkillKey| learner.levels.get(skill).map_or(0.0, |level| level.value);
        let levels: f64 = asked.skills.iter().map(level).sum();
        let learned = self.questions.get(&asked.question).map_or(0.0, |rating| rating.value);
        let author = if asked.difficulty.is_finite() { asked.difficulty } else { 0.0 };
        let eta = learner.ability.value + share(asked.skills) * levels - learned - author;
        let guess = held_guess(asked.guess);
        held(guess + (1.0 - guess) * logistic(eta))
    }

    fn observe(&self, learner: &mut EloLearner, asked: &Asked<'_>, right: bool) {
        let surprise = f64::from(u8::from(right)) - self.predict(learner, asked);
        learner.ability.step(surprise);
        for skill in asked.skills {
            learner.levels.entry(*skill).or_default().step(surprise);
        }
    }

    fn absorb(&mut self, learner: &mut EloLearner, asked: &Asked<'_>, right: bool) {
        let surprise = f64::from(u8::from(right)) - self.predict(learner, asked);
        self.observe(learner, asked, right);
        self.questions.entry(asked.question).or_default().step(-surprise);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_answers_by_hand() {
        let asked = Asked {
            question: QuestionKey(0),
            skills: &[SkillKey(0), SkillKey(1)],
            guess: 0.0,
            difficulty: 0.0,
            at: None,
        };
        let (mut elo, mut learner) = (Elo::default(), EloLearner::default());
        assert_eq!(elo.predict(&learner, &asked), 0.5);
        elo.absorb(&mut learner, &asked, true);
        // All four ratings moved by 1/2: eta = 0.5 + (0.5 + 0.5) / 2 + 0.5 = 1.5.
        let first = logistic(1.5);
        assert!((elo.predict(&learner, &asked) - first).abs() < 1e-12);
        elo.absorb(&mut learner, &asked, false);
        // Now by first / 1.05 downwards, and eta falls by three times that.
        let second = logistic(1.5 - 3.0 * first / 1.05);
        assert!((elo.predict(&learner, &asked) - second).abs() < 1e-12);
    }
}
