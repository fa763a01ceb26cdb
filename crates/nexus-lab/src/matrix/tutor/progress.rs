//! `zpdes`: a bandit over skills and one over the difficulties of each, both paid by progress in
//! the learner's own success (Clement, Roy, Oudeyer and Lopes 2015; written from its formulas).

use super::{Answered, MatrixQuestion, Sight, Tutor};
use crate::matrix::graph::SkillGraph;
use nexus_stats::random::Stream;

/// How much of a weight stays at an update.
const KEEP: f64 = 0.2;
/// How many results the reward and the retirement look at.
const WINDOW: usize = 6;
/// Mean success from which the next value of a flat group is opened.
const OPEN_ABOVE: f64 = 0.5;
/// Mean success at what a skill needs from which the skill is opened.
const SKILL_ABOVE: f64 = 0.3;
/// Weight of a skill that opens, by the least weight of what it needs.
const SKILL_WEIGHT: f64 = 0.25;
/// Success from which the best value of a flat group is retired.
const RETIRE_ABOVE: f64 = 0.7;
/// Weight of a value alone.
const ALONE: f64 = 0.05;
/// The least weight of what is open: 0 would mean closed.
const WEIGHT_MIN: f64 = 1e-300;

/// One bandit over the values of a parameter.
#[derive(Clone, Debug)]
struct Group {
    weights: Vec<f64>,
    results: Vec<Vec<f64>>,
}

impl Group {
    /// The first value alone is open.
    fn new(values: usize) -> Self {
        let mut weights = vec![0.0; values];
        weights.iter_mut().take(1).for_each(|weight| *weight = ALONE);
        Self { weights, results: vec![Vec::new(); values] }
    }

    fn open(&self) -> impl DoubleEndedIterator<Item = usize> + Clone {
        (0..self.weights.len()).filter(|value| self.weights[*value] > 0.0)
    }

    fn choose(&mut self, stream: &mut Stream) -> usize {
        let mut open = self.open();
        if let (Some(only), None) = (open.next(), open.next()) {
            drop(open);
            self.weights[only] = ALONE;
        }
        let sum: f64 = self.weights.iter().sum();
        let share = |weight: &f64| if *weight > 0.0 { weight + sum / 10.0 } else { 0.0 };
        let shares: Vec<f64> = self.weights.iter().map(share).collect();
        let total: f64 = shares.iter().sum();
        let shares: Vec<f64> = shares.iter().map(|share| share / total).collect();
        stream.categorical(&shares)
    }

    fn observe(&mut self, value: usize, right: bool) {
        self.results[value].push(f64::from(u8::from(right)));
        let weight = self.weights[value];
        let reward = self.progress(value).unwrap_or(weight);
        self.weights[value] = (KEEP * weight + (1.0 - KEEP) * reward).max(WEIGHT_MIN);
    }

    /// How much better the later half of the last results is than the earlier one.
    fn progress(&self, value: usize) -> Option<f64> {
        let results = &self.results[value];
        let count = results.len();
        if count <= 2 {
            return None;
        }
        let seen = WINDOW.min(count);
        let half = seen / 2;
        let late = mean(&results[count - half..]);
        Some((late - mean(&results[count - seen..count - half])).max(0.0))
    }

    fn rate(&self, value: usize, last: usize) -> f64 {
        let results = &self.results[value];
        if results.len() < 2 { 0.0 } else { mean(&results[results.len().saturating_sub(last)..]) }
    }

    /// The expansion of a flat group: opens the next value and retires the best.
    fn expand(&mut self) {
        let count = self.open().count().max(1) as f64;
        let rate = self.open().map(|value| self.rate(value, WINDOW / 2)).sum::<f64>() / count;
        let next = self.results.iter().position(Vec::is_empty);
        if let Some(next) = next.filter(|_| rate > OPEN_ABOVE) {
            let least = self.open().map(|value| self.weights[value]);
            self.weights[next] = least.fold(f64::INFINITY, f64::min);
        }
        let full = self.open().filter(|value| self.results[*value].len() >= WINDOW);
        let rate = |value: usize| self.rate(value, WINDOW);
        let best = full.max_by(|a, b| rate(*a).total_cmp(&rate(*b)));
        let best = best.filter(|best| rate(*best) > RETIRE_ABOVE && self.open().count() > 1);
        if let Some(best) = best {
            self.weights[best] = 0.0;
        }
    }
}

/// A group of skills and one of difficulties for each, for one learner. With one difficulty the
/// skills are a flat group; else they are opened by the graph and never retired.
#[derive(Clone, Debug)]
pub struct ProgressTutor {
    graph: SkillGraph,
    skills: Group,
    difficulties: Vec<Group>,
}

impl ProgressTutor {
    #[must_use]
    pub fn new(graph: &SkillGraph) -> Self {
        let mut skills = Group::new(graph.skills());
        if graph.difficulties > 1 {
            for (weight, needs) in skills.weights.iter_mut().zip(graph.requires) {
                *weight = if needs.is_empty() { ALONE } else { 0.0 };
            }
        }
        let difficulties = vec![Group::new(graph.difficulties); graph.skills()];
        Self { graph: *graph, skills, difficulties }
    }

    /// Opens the skills whose needs succeed often enough.
    fn expand_skills(&mut self) {
        for (skill, needs) in self.graph.requires.iter().enumerate() {
            if self.skills.weights[skill] > 0.0 {
                continue;
            }
            if needs.iter().all(|needed| self.skills.rate(*needed, WINDOW / 2) > SKILL_ABOVE) {
                let weights = needs.iter().map(|needed| self.skills.weights[*needed]);
                let weight = SKILL_WEIGHT * weights.fold(f64::INFINITY, f64::min);
                self.skills.weights[skill] = weight.max(WEIGHT_MIN);
            }
        }
    }
}

impl Tutor for ProgressTutor {
    fn choose(&mut self, _sight: &Sight, stream: &mut Stream) -> MatrixQuestion {
        let skill = self.skills.choose(stream);
        let difficulty = self.difficulties[skill].choose(stream);
        MatrixQuestion { skill, difficulty }
    }

    fn observe(&mut self, answered: &Answered) {
        let MatrixQuestion { skill, difficulty } = answered.activity;
        self.skills.observe(skill, answered.right);
        if self.graph.difficulties == 1 {
            self.skills.expand();
            return;
        }
        self.difficulties[skill].observe(difficulty, answered.right);
        self.difficulties[skill].expand();
        self.expand_skills();
    }
}

fn mean(numbers: &[f64]) -> f64 {
    if numbers.is_empty() { 0.0 } else { numbers.iter().sum::<f64>() / numbers.len() as f64 }
}
