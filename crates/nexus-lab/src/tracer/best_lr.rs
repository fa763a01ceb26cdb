//! Best-LR: logistic regression on questions, skills and the logarithms of counts.
//!
//! The features of Gervet, Koedinger, Schneider and Mitchell (2020), "When is deep learning the
//! best approach to knowledge tracing?": a bias for each question and skill; for each skill the
//! weight of `ln(1 + attempts)` and of `ln(1 + wins)`; the same two for the question and for all
//! answers, shared by all. They fit it in batch; here it learns online, one answer at a time.
//!
//! Weights of wins never fall below 0, so that a right answer is never worth less than a wrong one.

use super::logistic::{Weight, value};
use super::{AnswerTally, Asked, Count, Promise, Tracer, held, share};
use nexus_engine::ids::{QuestionKey, SkillKey};
use nexus_stats::math::{ln_1p, logistic};
use std::collections::BTreeMap;

/// The weights of a count.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct CountWeights {
    attempts: Weight,
    wins: Weight,
}

/// Weights of all features.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BestLr {
    bias: Weight,
    questions: BTreeMap<QuestionKey, Weight>,
    skills: BTreeMap<SkillKey, Weight>,
    skill_counts: BTreeMap<SkillKey, CountWeights>,
    /// Of a skill's counts whatever the skill, which those of the skill depart from.
    every_skill: CountWeights,
    question_counts: CountWeights,
    all_counts: CountWeights,
}

impl CountWeights {
    fn sum(&self, count: Count) -> f64 {
        self.attempts.value * phi(count.attempts) + self.wins.value * phi(count.wins)
    }

    fn step(&mut self, count: Count, share: f64, surprise: f64) {
        self.attempts.step(share * phi(count.attempts), surprise);
        self.wins.step_up(share * phi(count.wins), surprise);
    }
}

fn phi(count: u32) -> f64 {
    ln_1p(f64::from(count))
}

impl Tracer for BestLr {
    type Learner = AnswerTally;

    fn promise(&self) -> Promise {
        Promise::Ordered
    }

    fn predict(&self, learner: &AnswerTally, asked: &Asked<'_>) -> f64 {
        let mut eta = self.bias.value + value(&self.questions, &asked.question);
        let share = share(asked.skills);
        for skill in asked.skills {
            let count = learner.skill(*skill);
            let own = self.skill_counts.get(skill).map_or(0.0, |weights| weights.sum(count));
            eta += share * (value(&self.skills, skill) + own + self.every_skill.sum(count));
        }
        eta += self.question_counts.sum(learner.question(asked.question));
        eta += self.all_counts.sum(learner.all);
        held(logistic(eta))
    }

    fn observe(&self, learner: &mut AnswerTally, asked: &Asked<'_>, right: bool) {
        learner.add(asked, right);
    }

    fn absorb(&mut self, learner: &mut AnswerTally, asked: &Asked<'_>, right: bool) {
        let surprise = f64::from(u8::from(right)) - self.predict(learner, asked);
        let share = share(asked.skills);
        self.bias.step(1.0, surprise);
        self.questions.entry(asked.question).or_default().step(1.0, surprise);
        for skill in asked.skills {
            let count = learner.skill(*skill);
            self.skills.entry(*skill).or_default().step(share, surprise);
            self.skill_counts.entry(*skill).or_default().step(count, share, surprise);
            self.every_skill.step(count, share, surprise);
        }
        self.question_counts.step(learner.question(asked.question), 1.0, surprise);
        self.all_counts.step(learner.all, 1.0, surprise);
        learner.add(asked, right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same model with its features in one plain list, each step written out.
    #[test]
    fn three_answers_against_a_plain_list_of_features() {
        let skills = [SkillKey(3), SkillKey(4)];
        let asked = Asked {
            question: QuestionKey(7),
            skills: &skills,
            guess: 0.0,
            difficulty: 0.0,
            at: None,
        };
        let (mut tracer, mut learner) = (BestLr::default(), AnswerTally::default());
        let mut weights = [0.0f64; 16];
        let mut squares = [0.5f64; 16];
        let (mut attempts, mut wins) = (0.0f64, 0.0f64);
        for right in [true, false, true] {
            let (a, w) = (ln_1p(attempts), ln_1p(wins));
            // Bias, question; by skill its bias, attempts, wins; all skills alike, which is met
            // twice; question counts; all counts.
            let x = [1., 1., 0.5, a / 2., w / 2., 0.5, a / 2., w / 2.];
            let all = [a / 2., w / 2., a / 2., w / 2., a, w, a, w];
            let x: Vec<f64> = x.into_iter().chain(all).collect();
            // Places 10 and 11 stand for the same weights as 8 and 9.
            let at = |place: usize| if place == 10 || place == 11 { place - 2 } else { place };
            let eta: f64 = (0..16).map(|place| x[place] * weights[at(place)]).sum();
            let p = logistic(eta);
            assert!((tracer.predict(&learner, &asked) - p).abs() < 1e-12);
            let y = f64::from(u8::from(right));
            for place in 0..16 {
                let gradient = (p - y) * x[place];
                squares[at(place)] += gradient * gradient;
                weights[at(place)] -= 0.25 * gradient / squares[at(place)].sqrt();
                let is_win = [4, 7, 9, 11, 13, 15].contains(&place);
                if is_win && weights[at(place)] < 0.0 {
                    weights[at(place)] = 0.0;
                }
            }
            tracer.absorb(&mut learner, &asked, right);
            attempts += 1.0;
            wins += y;
        }
    }
}
