//! Scoring a tracer on answers that it has not seen: each is predicted, and only then absorbed.

use super::{Answers, Tracer};
use nexus_engine::words;
use std::collections::{BTreeMap, BTreeSet};

/// What a tracer may do with the answers it is tested on, once they were predicted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conduct {
    /// It goes on learning of learners, questions and skills, as it does while serving.
    #[default]
    Serving,
    /// It goes on learning of learners; what it knows of questions and skills is that of training.
    Frozen,
    /// It learns nothing: every answer is predicted from training alone. Meant for tables without
    /// order, whose learners are in the training answers.
    Blind,
}

words!(Conduct {
    Serving => "serving",
    Frozen => "frozen",
    Blind => "blind",
});

/// A tracer whose kind of learner is forgotten, so that different ones fit into one list.
pub trait Contestant {
    /// Learns from the training answers; see [`Tracer::fit`].
    fn train(&mut self, training: &Answers);

    /// Predicts every test answer in turn, from the training answers and from those before it.
    /// `tick` is told how many are done, now and then.
    fn score(
        &mut self,
        training: &Answers,
        test: &Answers,
        conduct: Conduct,
        tick: &mut dyn FnMut(usize),
    ) -> Vec<f64>;
}

impl<T: Tracer> Contestant for T {
    fn train(&mut self, training: &Answers) {
        self.fit(training);
    }

    fn score(
        &mut self,
        training: &Answers,
        test: &Answers,
        conduct: Conduct,
        tick: &mut dyn FnMut(usize),
    ) -> Vec<f64> {
        let mut learners = known(self, training, test);
        let mut predictions = Vec::with_capacity(test.rows.len());
        for (done, row) in test.rows.iter().enumerate() {
            let asked = test.asked(row);
            let learner = learners.entry(row.learner).or_default();
            predictions.push(self.predict(learner, &asked));
            match conduct {
                Conduct::Serving => self.absorb(learner, &asked, row.right),
                Conduct::Frozen => self.observe(learner, &asked, row.right),
                Conduct::Blind => {}
            }
            if done % 4_096 == 0 {
                tick(done);
            }
        }
        predictions
    }
}

/// Test learners who are in the training answers too, as these leave them: seen once more with
/// what the tracer knows of questions and skills after training.
fn known<T: Tracer>(tracer: &T, training: &Answers, test: &Answers) -> BTreeMap<u32, T::Learner> {
    let wanted: BTreeSet<u32> = test.rows.iter().map(|row| row.learner).collect();
    let mut learners: BTreeMap<u32, T::Learner> = BTreeMap::new();
    for row in training.rows.iter().filter(|row| wanted.contains(&row.learner)) {
        let learner = learners.entry(row.learner).or_default();
        tracer.observe(learner, &training.asked(row), row.right);
    }
    learners
}

/// One online pass over a log, every learner new at its beginning.
pub(super) fn pass<T: Tracer + ?Sized>(tracer: &mut T, answers: &Answers) {
    let mut learners: BTreeMap<u32, T::Learner> = BTreeMap::new();
    for row in &answers.rows {
        let learner = learners.entry(row.learner).or_default();
        tracer.absorb(learner, &answers.asked(row), row.right);
    }
}
