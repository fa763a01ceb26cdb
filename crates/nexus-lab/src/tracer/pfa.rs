//! PFA, performance factors analysis: a skill's ease, and what each win and each failure is worth.
//!
//! Pavlik, Cen and Koedinger (2009): `p = logistic(sum over skills of b + g wins + r failures)`.
//! Here the worth of a win is written as that of a failure and something on top, never negative,
//! so that a right answer can never be worth less than a wrong one. Counts enter as they are; the
//! weights are learned online and shared by all learners. Questions themselves are not modelled.

use super::logistic::Weight;
use super::{AnswerTally, Answers, Asked, Promise, Tracer, held, run};
use nexus_engine::ids::SkillKey;
use nexus_stats::math::logistic;
use std::collections::BTreeMap;

/// Counts are measured in tens, so that their weights are of the size of the others.
const UNIT: f64 = 0.1;

/// Passes over the training answers; `docs/evaluation.md` says when and why it is not one.
const PASSES: usize = 5;

/// The weights of one skill.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct SkillWeights {
    ease: Weight,
    /// Of an answer, right or wrong.
    attempt: Weight,
    /// Of a right answer on top of that; at least 0.
    win: Weight,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pfa {
    bias: Weight,
    skills: BTreeMap<SkillKey, SkillWeights>,
    /// Of skills that were never seen in training.
    typical: SkillWeights,
}

impl Tracer for Pfa {
    type Learner = AnswerTally;

    fn promise(&self) -> Promise {
        Promise::Ordered
    }

    fn fit(&mut self, training: &Answers) {
        for _ in 0..PASSES {
            run::pass(self, training);
        }
    }

    fn predict(&self, learner: &AnswerTally, asked: &Asked<'_>) -> f64 {
        let mut eta = self.bias.value;
        for skill in asked.skills {
            let weights = self.skills.get(skill).unwrap_or(&self.typical);
            let count = learner.skill(*skill);
            eta += weights.ease.value
                + weights.attempt.value * UNIT * f64::from(count.attempts)
                + weights.win.value * UNIT * f64::from(count.wins);
        }
        held(logistic(eta))
    }

    fn observe(&self, learner: &mut AnswerTally, asked: &Asked<'_>, right: bool) {
        learner.add(asked, right);
    }

    fn absorb(&mut self, learner: &mut AnswerTally, asked: &Asked<'_>, right: bool) {
        let surprise = f64::from(u8::from(right)) - self.predict(learner, asked);
        self.bias.step(1.0, surprise);
        for skill in asked.skills {
            let count = learner.skill(*skill);
            let typical = self.typical;
            let own = self.skills.entry(*skill).or_insert(typical);
            for weights in [own, &mut self.typical] {
                weights.ease.step(1.0, surprise);
                weights.attempt.step(UNIT * f64::from(count.attempts), surprise);
                weights.win.step_up(UNIT * f64::from(count.wins), surprise);
            }
        }
        learner.add(asked, right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_engine::ids::QuestionKey;

    /// The same model with plain numbers, each step written out.
    #[test]
    fn four_answers_against_plain_numbers() {
        let asked = Asked {
            question: QuestionKey(1),
            skills: &[SkillKey(2)],
            guess: 0.0,
            difficulty: 0.0,
            at: None,
        };
        let (mut tracer, mut learner) = (Pfa::default(), AnswerTally::default());
        // Bias, ease, attempts in tens, wins in tens.
        let (mut weights, mut squares) = ([0.0f64; 4], [0.5f64; 4]);
        let (mut attempts, mut wins) = (0.0, 0.0);
        for right in [true, true, false, true] {
            let x = [1.0, 1.0, attempts / 10.0, wins / 10.0];
            let eta: f64 = (0..4).map(|place| weights[place] * x[place]).sum();
            let p = logistic(eta);
            assert!((tracer.predict(&learner, &asked) - p).abs() < 1e-12);
            let y = f64::from(u8::from(right));
            for place in 0..4 {
                let gradient = (p - y) * x[place];
                squares[place] += gradient * gradient;
                weights[place] -= 0.25 * gradient / squares[place].sqrt();
            }
            weights[3] = weights[3].max(0.0);
            tracer.absorb(&mut learner, &asked, right);
            (attempts, wins) = (attempts + 1.0, wins + y);
        }
    }
}
