//! Yardsticks: predictions without any model. A model must be better than these.

use super::{Asked, Count, Promise, Tracer, held};
use nexus_engine::ids::QuestionKey;
use std::collections::BTreeMap;

/// Answers that a question's mean is worth at the beginning, at the mean of all questions.
pub const PRIOR_ANSWERS: f64 = 5.0;

/// The share of right answers so far, over all learners and questions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mean {
    all: Count,
}

/// The share of right answers to a question so far, drawn towards that of all questions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuestionMean {
    all: Mean,
    questions: BTreeMap<QuestionKey, Count>,
}

impl Mean {
    /// One right and one wrong answer are counted before the first.
    fn rate(&self) -> f64 {
        (f64::from(self.all.wins) + 1.0) / (f64::from(self.all.attempts) + 2.0)
    }
}

impl Tracer for Mean {
    type Learner = ();

    fn promise(&self) -> Promise {
        Promise::Monotone
    }

    fn predict(&self, _learner: &(), _asked: &Asked<'_>) -> f64 {
        held(self.rate())
    }

    fn observe(&self, _learner: &mut (), _asked: &Asked<'_>, _right: bool) {}

    fn absorb(&mut self, _learner: &mut (), _asked: &Asked<'_>, right: bool) {
        self.all.add(right);
    }
}

impl Tracer for QuestionMean {
    type Learner = ();

    fn promise(&self) -> Promise {
        Promise::Monotone
    }

    fn predict(&self, _learner: &(), asked: &Asked<'_>) -> f64 {
        let count = self.questions.get(&asked.question).copied().unwrap_or_default();
        let wins = f64::from(count.wins) + PRIOR_ANSWERS * self.all.rate();
        held(wins / (f64::from(count.attempts) + PRIOR_ANSWERS))
    }

    fn observe(&self, _learner: &mut (), _asked: &Asked<'_>, _right: bool) {}

    fn absorb(&mut self, _learner: &mut (), asked: &Asked<'_>, right: bool) {
        self.all.all.add(right);
        self.questions.entry(asked.question).or_default().add(right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_by_hand() {
        let asked = |question: u32| Asked {
            question: QuestionKey(question),
            skills: &[],
            guess: 0.0,
            difficulty: 0.0,
            at: None,
        };
        let mut tracer = QuestionMean::default();
        for right in [true, true, false, true] {
            tracer.absorb(&mut (), &asked(0), right);
        }
        // (3 + 1) / (4 + 2) of all answers; (3 + 5 * 2/3) / (4 + 5) of this question.
        assert!((tracer.predict(&(), &asked(1)) - 2.0 / 3.0).abs() < 1e-15);
        assert!((tracer.predict(&(), &asked(0)) - (3.0 + 10.0 / 3.0) / 9.0).abs() < 1e-15);
    }
}
