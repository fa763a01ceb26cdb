//! A classroom: who comes, when, and what mind they bring.

use crate::knowledge::Family;
use crate::learner::SimulatedLearner;
use crate::truth::CourseTruth;
use nexus_engine::time::{DAY_MICROS, Timestamp};
use nexus_stats::random::Stream;
use std::sync::Arc;

/// A population that arrives over time.
#[derive(Clone, Debug)]
pub struct Classroom {
    /// How many learners come.
    pub learners: usize,
    /// Number of the first: ids are `sim-<n>`.
    pub first_number: usize,
    /// Over how many days they arrive, evenly at random.
    pub arrival_days: f64,
    /// The share of each family; they need not sum to 1.
    pub mix: Vec<(Family, f64)>,
    /// What all randomness comes from.
    pub seed: u64,
}

impl Classroom {
    /// A classroom of so many: half of them steady, three in ten forgetful, two in ten guessers.
    #[must_use]
    pub fn mixed(learners: usize, arrival_days: f64, seed: u64) -> Self {
        let mix = vec![(Family::Steady, 0.5), (Family::Forgetful, 0.3), (Family::Guesser, 0.2)];
        Self { learners, first_number: 1, arrival_days, mix, seed }
    }

    /// The same with one family only.
    #[must_use]
    pub fn of(family: Family, learners: usize, arrival_days: f64, seed: u64) -> Self {
        Self { mix: vec![(family, 1.0)], ..Self::mixed(learners, arrival_days, seed) }
    }

    /// The learners in the order of their numbers; the first arrives at `opens_at`.
    #[must_use]
    pub fn learners(&self, truth: &Arc<CourseTruth>, opens_at: Timestamp) -> Vec<SimulatedLearner> {
        let numbers = self.first_number..self.first_number + self.learners;
        let mut arrivals: Vec<f64> = numbers
            .clone()
            .map(|number| Stream::keyed(self.seed, &format!("arrival/{number}")).uniform())
            .collect();
        arrivals.sort_by(f64::total_cmp);
        let first = arrivals.first().copied().unwrap_or(0.0);
        let learner = |(number, arrival): (usize, f64)| {
            let micros = (arrival - first) * self.arrival_days * DAY_MICROS as f64;
            self.learner(number, truth, opens_at.plus_micros(micros as i64))
        };
        numbers.zip(arrivals).map(learner).collect()
    }

    /// The learner of a number, who arrives at a moment: for callers that admit them one by one.
    #[must_use]
    pub fn learner(
        &self,
        number: usize,
        truth: &Arc<CourseTruth>,
        arrives_at: Timestamp,
    ) -> SimulatedLearner {
        let id = format!("sim-{number}");
        SimulatedLearner::new(self.family(number), truth, self.seed, &id, arrives_at)
    }

    fn family(&self, number: usize) -> Family {
        let sum: f64 = self.mix.iter().map(|(_, share)| share.max(0.0)).sum();
        let shares: Vec<f64> = self.mix.iter().map(|(_, share)| share.max(0.0) / sum).collect();
        let drawn = Stream::keyed(self.seed, &format!("family/{number}")).categorical(&shares);
        self.mix.get(drawn).map_or(Family::Steady, |(family, _)| *family)
    }
}
