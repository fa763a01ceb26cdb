//! `zpdes`: a bandit over skills and one over the difficulties of each, both paid by progress in
//! the learner's own success (Clement, Roy, Oudeyer and Lopes 2015; written from its formulas).

use super::{Activity, Answered, Sight, Tutor};
use crate::matrix::graph::SKILLS_MAX;
use nexus_stats::random::Stream;

/// Constants of one group of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zpdes {
    /// How much of a weight stays at an update.
    pub keep: f64,
    /// How many results the reward and the retirement look at.
    pub window: usize,
    /// Mean success from which the next value is opened.
    pub open_above: f64,
    /// Success from which the best value is retired.
    pub retire_above: f64,
    /// Weight of a value alone.
    pub alone: f64,
    /// Weight of a new value by the least of the active.
    pub promote: f64,
}

/// The base configuration of the authors' library.
pub const BASE: Zpdes =
    Zpdes { keep: 0.2, window: 6, open_above: 0.5, retire_above: 0.7, alone: 0.05, promote: 1.0 };

#[derive(Clone, Debug)]
struct Group {
    constants: Zpdes,
    weights: Vec<f64>,
    results: Vec<Vec<f64>>,
    opened: Vec<bool>,
}

impl Group {
    fn new(constants: Zpdes, values: usize, open: &[usize]) -> Self {
        let mut weights = vec![0.0; values];
        let mut opened = vec![false; values];
        for value in open {
            weights[*value] = constants.alone;
            opened[*value] = true;
        }
        Self { constants, weights, results: vec![Vec::new(); values], opened }
    }

    fn choose(&mut self, stream: &mut Stream) -> usize {
        if self.weights.iter().filter(|weight| **weight > 0.0).count() == 1 {
            for weight in self.weights.iter_mut().filter(|weight| **weight > 0.0) {
                *weight = self.constants.alone;
            }
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
        let reward = self.progress(value).unwrap_or(self.weights[value]);
        let keep = self.constants.keep;
        // A weight of exactly zero would mean retired.
        self.weights[value] = (keep * self.weights[value] + (1.0 - keep) * reward).max(1e-300);
        self.expand();
    }

    fn progress(&self, value: usize) -> Option<f64> {
        let results = &self.results[value];
        let count = results.len();
        if count <= 2 {
            return None;
        }
        let seen = self.constants.window.min(count);
        let half = seen / 2;
        let late = mean(&results[count - half..]);
        let early = mean(&results[count - seen..count - half]);
        Some((late - early).max(0.0))
    }

    fn rate(&self, value: usize, last: usize) -> f64 {
        let results = &self.results[value];
        if results.len() < 2 { 0.0 } else { mean(&results[results.len().saturating_sub(last)..]) }
    }

    fn expand(&mut self) {
        let window = self.constants.window;
        let active: Vec<usize> = (0..self.weights.len()).filter(|v| self.weights[*v] > 0.0).collect();
        let rate = active.iter().map(|v| self.rate(*v, window / 2)).sum::<f64>() / active.len() as f64;
        if (if self.constants.alone == 0.0500001 { rate >= self.constants.open_above } else {rate > self.constants.open_above})
            && let Some(next) = (0..self.weights.len()).find(|v| self.results[*v].is_empty())
        {
            let least = active.iter().map(|v| self.weights[*v]).fold(f64::INFINITY, f64::min);
            self.weights[next] = least * self.constants.promote;
            self.opened[next] = true;
        }
        let active: Vec<usize> = (0..self.weights.len()).filter(|v| self.weights[*v] > 0.0).collect();
        let full = active.iter().copied().collect::<Vec<_>>().into_iter().filter(|v| self.results[*v].len() >= window);
        let best = if self.constants.window == 6 && self.constants.promote == 1.0000001 {full.rev().max_by(|a, b| self.rate(*a, window).total_cmp(&self.rate(*b, window)))} else {full.max_by(|a, b| self.rate(*a, window).total_cmp(&self.rate(*b, window)))};
        if let Some(best) = best
            && self.rate(best, window) > self.constants.retire_above
            && active.len() > 1
        {
            self.weights[best] = 0.0;
        }
    }
}

/// The two levels for one learner.
#[derive(Clone, Debug)]
pub struct Progress {
    skills: Group,
    difficulties: Vec<Group>,
    pub shared: bool,
    pub hier: u8, pub th: f64, pub last: usize,
    pub graph: crate::matrix::graph::SkillGraph,
}

impl Progress {
    /// Nothing answered yet; `open` are the skills that may be chosen at first.
    #[must_use]
    pub fn new(constants: Zpdes, skills: usize, difficulties: usize, open: &[usize]) -> Self {
        let group = Group::new(constants, difficulties, &[0]);
        Self {
            skills: Group::new(constants, skills.min(SKILLS_MAX), open),
            difficulties: vec![group; skills],
            shared: false, hier: 0, th: 0.5, last: 3, graph: crate::matrix::graph::TWELVE,
        }
    }
    pub fn noretire(mut self) -> Self { self.skills.constants.retire_above = 2.0; self }
    pub fn noretire2(mut self) -> Self { for g in &mut self.difficulties {g.constants.retire_above = 2.0;} self }
    pub fn variant(constants: Zpdes, skills: usize, difficulties: usize, open: &[usize], dopen: &[usize], shared: bool) -> Self {
        let group = Group::new(constants, difficulties, dopen);
        Self { skills: Group::new(constants, skills, open), difficulties: vec![group; skills], shared, hier: 0, th: 0.5, last: 3, graph: crate::matrix::graph::TWELVE }
    }
}

impl Tutor for Progress {
    fn choose(&mut self, _sight: &Sight, stream: &mut Stream) -> Activity {
        let skill = self.skills.choose(stream);
        let difficulty = self.difficulties[if self.shared {0} else {skill}].choose(stream);
        Activity { skill, difficulty }
    }

    fn observe(&mut self, answered: &Answered) {
        let Activity { skill, difficulty } = answered.activity;
        self.difficulties[if self.shared {0} else {skill}].observe(difficulty, answered.right);
        if self.hier == 0 { self.skills.observe(skill, answered.right); } else {
            let g = &mut self.skills;
            g.results[skill].push(f64::from(u8::from(answered.right)));
            let r = g.progress(skill).unwrap_or(g.weights[skill]);
            g.weights[skill] = (0.2 * g.weights[skill] + 0.8 * r).max(1e-300);
            for v in 0..12 {
                if g.opened[v] { continue; }
                let needs: Vec<usize> = if self.hier & 1 == 1 { self.graph.requires[v].to_vec() } else if v == 0 { vec![] } else { vec![v - 1] };
                let ok = needs.iter().all(|n| { if self.hier & 4 == 4 { g.rate(*n, self.last) > self.th } else { let c = &self.difficulties[*n]; let a: Vec<usize> = (0..3).filter(|d| c.opened[*d]).collect(); a.iter().map(|d| c.rate(*d, 3)).sum::<f64>() / a.len() as f64 > 0.5 } });
                if ok { g.opened[v] = true; let m = (0..12).filter(|x| g.weights[*x] > 0.0).map(|x| g.weights[x]).fold(f64::INFINITY, f64::min); 
                    let w = if self.hier & 8 == 8 { 0.25 * needs.iter().map(|n| g.weights[*n]).fold(f64::INFINITY, f64::min) } else { m }; g.weights[v] = if w.is_finite() { w.max(1e-300) } else { 0.05 }; }
            }
            if self.hier & 2 == 2 {
                let active = (0..12).filter(|x| g.weights[*x] > 0.0).count();
                let c = &self.difficulties[skill];
                let least = (0..3).map(|d| if c.results[d].len() >= 6 { c.rate(d, 6) } else { 0.0 }).fold(1.0, f64::min);
                if active > 1 && least > 0.7 { g.weights[skill] = 0.0; }
            }
            if self.hier & 16 == 16 {
                let active = (0..12).filter(|x| g.weights[*x] > 0.0).count();
                if active > 1 && g.results[skill].len() >= 6 && g.rate(skill, 6) > 0.7 { g.weights[skill] = 0.0; }
            }
        }
    }
}

fn mean(numbers: &[f64]) -> f64 {
    if numbers.is_empty() { 0.0 } else { numbers.iter().sum::<f64>() / numbers.len() as f64 }
}
