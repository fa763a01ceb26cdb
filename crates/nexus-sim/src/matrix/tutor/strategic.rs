//! A strategy of the engine in the seat of a tutor, over beliefs of its own: a Gaussian level and
//! a traced probability for each skill, and a half-life that grows with each right answer.

use super::{Activity, Answered, Sight, Tutor};
use crate::matrix::graph::{DIFFICULTIES_MAX, SKILLS_MAX};
use nexus_engine::strategy::{SkillSight, Strategy};
use nexus_stats::math::{exp, logistic};
use nexus_stats::random::Stream;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constants {
    pub guess: f64,
    pub hardness: f64,
    pub mean: f64,
    pub variance: f64,
    pub drift: f64,
    pub noise: f64,
    pub bkt: [f64; 2],
    pub g: [f64; 3],
    pub s: [f64; 3],
    pub shared: f64,
}
pub const DEFAULT: Constants = Constants { guess: 0.12, hardness: 1.2, mean: -1.0, variance: 1.0, drift: 0.1, noise: 0.02, bkt: [0.1, 0.12], g: [0.3, 0.2, 0.12], s: [0.05, 0.1, 0.2], shared: 0.0 };

/// One learner's beliefs under one strategy.
#[derive(Clone, Copy, Debug)]
pub struct Strategic {
    strategy: Strategy,
    c: Constants,
    level: [f64; SKILLS_MAX],
    variance: [f64; SKILLS_MAX],
    known: [f64; SKILLS_MAX],
    attempts: [u32; SKILLS_MAX],
    met: [u64; SKILLS_MAX],
    day: [f64; SKILLS_MAX],
    half_life: [f64; SKILLS_MAX],
    answers: u64,
    ability: f64,
    ability_variance: f64,
}

impl Strategic {
    /// Nothing answered yet.
    #[must_use]
    pub fn new(strategy: Strategy, c: Constants) -> Self {
        Self { strategy, c, level: [c.mean; SKILLS_MAX], variance: [c.variance; SKILLS_MAX], known: [c.bkt[0]; SKILLS_MAX],
            attempts: [0; SKILLS_MAX], met: [0; SKILLS_MAX], day: [0.0; SKILLS_MAX], half_life: [1.0; SKILLS_MAX], answers: 0, ability: 0.0, ability_variance: c.shared }
    }
    fn success(&self, skill: usize, difficulty: usize, n: usize) -> f64 {
        let b = if n == 1 { 0.0 } else { self.c.hardness * (difficulty as f64 - 1.0) };
        let k = 1.0 / (1.0 + std::f64::consts::PI * (self.variance[skill] + self.ability_variance) / 8.0).sqrt();
        self.c.guess + (1.0 - self.c.guess) * logistic(k * (self.level[skill] + self.ability - b))
    }
}

impl Tutor for Strategic {
    fn choose(&mut self, sight: &Sight, _stream: &mut Stream) -> Activity {
        let n = sight.graph.skills();
        let nd = sight.graph.difficulties;
        let mut success = [[0.0; DIFFICULTIES_MAX]; SKILLS_MAX];
        for k in 0..n { for d in 0..nd { success[k][d] = self.success(k, d, nd); } }
        let mut sights: [SkillSight<'_>; SKILLS_MAX] = [SkillSight { ready: 1.0, known: 0.0, success: &[], attempts: 0, recall: 0.0, met: 0 }; SKILLS_MAX];
        let m = |k: usize| match self.strategy.mastery { nexus_engine::strategy::MasteryRule::Success(_) => success[k][nd / 2], _ => self.known[k] };
        for k in 0..n {
            let ready = sight.graph.requires[k].iter().map(|p| m(*p)).fold(1.0, f64::min);
            let gone = sight.day - self.day[k];
            let recall = exp(-0.105 * gone / self.half_life[k]);
            sights[k] = SkillSight { ready, known: self.known[k], success: &success[k][..nd], attempts: self.attempts[k], recall, met: self.met[k] };
        }
        let c = self.strategy.choose(&sights[..n]).map_or((0, 0), |c| (c.skill, c.difficulty));
        Activity { skill: c.0, difficulty: c.1 }
    }
    fn observe(&mut self, a: &Answered) {
        let Activity { skill: k, difficulty: d } = a.activity;
        self.answers += 1;
        let b = self.c.hardness * (d as f64 - 1.0);
        let v = self.variance[k];
        let kap = 1.0 / (1.0 + std::f64::consts::PI * (v + self.ability_variance) / 8.0).sqrt();
        let z = logistic(kap * (self.level[k] + self.ability - b));
        let p = self.c.guess + (1.0 - self.c.guess) * z;
        let dd = (1.0 - self.c.guess) * z * (1.0 - z) * kap;
        let grad = if a.right { dd / p } else { -dd / (1.0 - p) };
        self.level[k] += v * grad + self.c.drift;
        self.ability += self.ability_variance * grad;
        let av = self.ability_variance; self.ability_variance = av / (1.0 + av * dd * dd / (p * (1.0 - p)));
        self.variance[k] = v / (1.0 + v * dd * dd / (p * (1.0 - p))) + self.c.noise;
        let (g, s) = (self.c.g[d], self.c.s[d]);
        let q = self.known[k];
        let (x, y) = if a.right { (1.0 - s, g) } else { (s, 1.0 - g) };
        let post = q * x / (q * x + (1.0 - q) * y);
        self.known[k] = post + (1.0 - post) * self.c.bkt[1];
        let gone = a.day - self.day[k];
        if self.attempts[k] > 0 { let r = exp(-0.105 * gone / self.half_life[k]);
        self.half_life[k] = if a.right { self.half_life[k] * (1.0 + 4.0 * (1.0 - r)) } else { (self.half_life[k] / 2.0).max(0.5) }; }
        self.day[k] = a.day;
        self.attempts[k] += 1;
        self.met[k] = self.answers;
    }
}
