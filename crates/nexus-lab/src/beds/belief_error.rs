//! How far the engine's belief is from the truth: what it expects of the skills that a decision could
//! choose, against what the learner truly knows of them then.

use super::EVERY_DECISIONS;
use nexus_engine::learner::mastery::Looking;
use nexus_sim::school::occasion::{Advice, Adviser, Occasion};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// Sums over skills that were looked at: expected and true success.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BeliefError {
    /// Skills, each as often as it was looked at.
    pub count: u64,
    expected: f64,
    truth: f64,
    expected_squares: f64,
    truth_squares: f64,
    products: f64,
}

impl BeliefError {
    fn add(&mut self, expected: f64, truth: f64) {
        self.count += 1;
        self.expected += expected;
        self.truth += truth;
        self.expected_squares += expected * expected;
        self.truth_squares += truth * truth;
        self.products += expected * truth;
    }

    /// The error over the looks of both.
    #[must_use]
    pub fn joined(self, other: &Self) -> Self {
        Self {
            count: self.count + other.count,
            expected: self.expected + other.expected,
            truth: self.truth + other.truth,
            expected_squares: self.expected_squares + other.expected_squares,
            truth_squares: self.truth_squares + other.truth_squares,
            products: self.products + other.products,
        }
    }

    /// Mean of expected less true success, in [-1, 1]; `None` when nothing was looked at.
    #[must_use]
    pub fn bias(&self) -> Option<f64> {
        (self.count > 0).then(|| (self.expected - self.truth) / self.count as f64)
    }

    /// Root of the mean squared difference, in [0, 1]; `None` when nothing was looked at.
    #[must_use]
    pub fn rmse(&self) -> Option<f64> {
        let squares = self.expected_squares - 2.0 * self.products + self.truth_squares;
        (self.count > 0).then(|| (squares / self.count as f64).max(0.0).sqrt())
    }

    /// Correlation of expected and true success, in [-1, 1]; `None` when one of them never differs.
    #[must_use]
    pub fn correlation(&self) -> Option<f64> {
        let count = self.count as f64;
        let covariance = count * self.products - self.expected * self.truth;
        let expected = count * self.expected_squares - self.expected * self.expected;
        let truth = count * self.truth_squares - self.truth * self.truth;
        let spread = (expected * truth).sqrt();
        (self.count > 1 && spread > 0.0).then(|| (covariance / spread).clamp(-1.0, 1.0))
    }
}

/// What was seen of each learner, by id.
pub(super) type BeliefErrors = Arc<Mutex<BTreeMap<String, BeliefError>>>;

/// Watches the choices of another adviser.
#[derive(Debug)]
pub(super) struct Onlooker {
    /// Who chooses; the engine when absent.
    pub chooser: Option<Box<dyn Adviser>>,
    pub errors: BeliefErrors,
    decisions: u64,
}

impl Onlooker {
    pub(super) fn beside(chooser: Option<Box<dyn Adviser>>, errors: &BeliefErrors) -> Self {
        Self { chooser, errors: Arc::clone(errors), decisions: 0 }
    }

    fn look(&self, occasion: &Occasion<'_>) {
        let Occasion { workspace, course, learner, at, .. } = *occasion;
        let Some(state) = occasion.state() else { return };
        let positions = occasion.candidates().unwrap_or_default();
        let skills = positions.iter().flat_map(|position| &course.activities[*position].skills);
        let skills: BTreeSet<usize> = skills.copied().collect();
        let looking = Looking::at(&state.belief, &workspace.state.tracing, at);
        // invariant: only this onlooker holds the lock, and it does not panic while it adds.
        let mut errors = self.errors.lock().expect("the errors are whole");
        let error = errors.entry(learner.id().to_owned()).or_default();
        for skill in skills {
            let expected = looking.view(&course.skills[skill].reference()).expected_success;
            error.add(expected, learner.true_skill(skill, at));
        }
    }
}

impl Adviser for Onlooker {
    fn advise(&mut self, occasion: &Occasion<'_>) -> Advice {
        self.decisions += 1;
        if self.decisions.is_multiple_of(EVERY_DECISIONS) {
            self.look(occasion);
        }
        match &mut self.chooser {
            Some(chooser) => chooser.advise(occasion),
            None => Advice::AsItComes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_stats::random::Stream;

    /// Numbers with a known line between them: expected = truth / 2 + 0.3, and noise of 0.1.
    #[test]
    fn errors_are_those_of_a_direct_computation() {
        let mut stream = Stream::new(8);
        let pairs: Vec<(f64, f64)> = (0..2_000)
            .map(|_| {
                let truth = stream.uniform();
                (0.3 + 0.5 * truth + 0.1 * stream.normal(), truth)
            })
            .collect();
        let (first, second) = pairs.split_at(700);
        let of = |pairs: &[(f64, f64)]| {
            let mut error = BeliefError::default();
            pairs.iter().for_each(|(expected, truth)| error.add(*expected, *truth));
            error
        };
        let error = of(first).joined(&of(second));
        let n = pairs.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
        let bias = mean(|(expected, truth)| expected - truth);
        let rmse = mean(|(expected, truth)| (expected - truth) * (expected - truth)).sqrt();
        assert!((error.bias().unwrap() - bias).abs() < 1e-9);
        assert!((error.rmse().unwrap() - rmse).abs() < 1e-9);
        // Of the line: 0.5 sd(truth) / sqrt(0.25 var(truth) + 0.01) with var(truth) = 1/12.
        let expected = 0.5 / (0.25_f64 + 0.01 * 12.0).sqrt();
        assert!((error.correlation().unwrap() - expected).abs() < 0.02, "{error:?}");
        let empty = BeliefError::default();
        assert_eq!((empty.bias(), empty.rmse(), empty.correlation()), (None, None, None));
    }
}
