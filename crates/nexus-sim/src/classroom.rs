//! A classroom: who comes, when, and what mind they bring.

use crate::knowledge::Family;
use crate::learner::SimulatedLearner;
use crate::truth::{CourseTruth, StudySetting};
use nexus_engine::catalog::Course;
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
    /// Under which conditions they learn.
    pub conditions: Conditions,
}

/// Under which conditions the learners of a classroom learn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Conditions {
    /// How much films and readings teach.
    pub setting: StudySetting,
    /// Minutes of learning that each of them has; without them, they stop when they have finished.
    pub minutes: Option<f64>,
    /// Which learners know some of the course before it; Nexus is not told.
    pub prior: Option<PriorKnowledge>,
}

/// Knowledge from before the course: some learners know its first skills already.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PriorKnowledge {
    /// The share of learners who know any.
    pub share: f64,
    /// The greatest share of the skills that they know; how many is drawn evenly, from none on.
    pub most: f64,
}

impl PriorKnowledge {
    /// Six learners in ten know the first 0 to 10 sixteenths of the skills.
    pub const USUAL: Self = Self { share: 0.6, most: 10.0 / 16.0 };

    /// How many of so many skills a learner knows.
    fn draw(&self, skills: usize, stream: &mut Stream) -> usize {
        if stream.uniform() >= self.share {
            return 0;
        }
        let most = (self.most * skills as f64) as u64;
        stream.below(most + 1) as usize
    }
}

impl Classroom {
    /// A classroom of so many: half of them steady, three in ten forgetful, two in ten guessers.
    #[must_use]
    pub fn mixed(learners: usize, arrival_days: f64, seed: u64) -> Self {
        let mix = vec![(Family::Steady, 0.5), (Family::Forgetful, 0.3), (Family::Guesser, 0.2)];
        let conditions = Conditions::default();
        Self { learners, first_number: 1, arrival_days, mix, seed, conditions }
    }

    /// The same with one family only.
    #[must_use]
    pub fn of(family: Family, learners: usize, arrival_days: f64, seed: u64) -> Self {
        Self { mix: vec![(family, 1.0)], ..Self::mixed(learners, arrival_days, seed) }
    }

    /// The same classroom under other conditions.
    #[must_use]
    pub fn under(self, conditions: Conditions) -> Self {
        Self { conditions, ..self }
    }

    /// The truth about a course that its learners live by.
    #[must_use]
    pub fn truth(&self, course: &Arc<Course>) -> Arc<CourseTruth> {
        Arc::new(CourseTruth::within(course, self.seed, self.conditions.setting))
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
        let family = self.family(number);
        let mut learner = SimulatedLearner::new(family, truth, self.seed, &id, arrives_at);
        if let Some(minutes) = self.conditions.minutes {
            learner = learner.with_minutes(minutes);
        }
        if let Some(prior) = self.conditions.prior {
            let mut stream = Stream::keyed(self.seed, &format!("prior/{number}"));
            let known = prior.draw(truth.course.skills.len(), &mut stream);
            let mut skills = truth.teaching_order();
            skills.truncate(known);
            learner = learner.who_knows(&skills, arrives_at);
        }
        learner
    }

    fn family(&self, number: usize) -> Family {
        let sum: f64 = self.mix.iter().map(|(_, share)| share.max(0.0)).sum();
        let shares: Vec<f64> = self.mix.iter().map(|(_, share)| share.max(0.0) / sum).collect();
        let drawn = Stream::keyed(self.seed, &format!("family/{number}")).categorical(&shares);
        self.mix.get(drawn).map_or(Family::Steady, |(family, _)| *family)
    }
}
