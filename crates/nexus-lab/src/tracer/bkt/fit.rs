//! Fitting BKT by expectation and maximisation (Baum and others 1970), a skill at a time.
//!
//! The steps of a skill are sequences of right and wrong. Each round smooths them under the
//! parameters of the moment and takes the best parameters for what was smoothed, drawn towards
//! those of all skills together as if [`PRIOR_WEIGHT`] answers had said so, and held within
//! bounds. Within bounds the maximum of each chance is the bound nearest to the free one, so the
//! penalised likelihood never falls.

use super::{Answers, Parameters};
use nexus_engine::ids::SkillKey;
use nexus_stats::math::ln;
use std::collections::BTreeMap;

/// How many answers the parameters of all skills together are worth in a skill's own.
pub const PRIOR_WEIGHT: f64 = 10.0;
pub const ROUNDS_MAX: usize = 100;
/// Fitting ends when a round gains less than this in log likelihood.
pub const GAIN_MIN: f64 = 1e-3;

/// Answers of one learner at one skill, and how many learners gave exactly these.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// Right or wrong, in order.
    pub marks: Vec<bool>,
    pub times: f64,
}

/// Parameters of all skills together, and of each.
#[must_use]
pub fn all(training: &Answers, start: Parameters) -> (Parameters, BTreeMap<SkillKey, Parameters>) {
    let by_skill = sequences(training);
    let together = alike(by_skill.values().flatten().cloned().collect());
    let typical = fit(&together, start, start, 0.0);
    let own = |(skill, marks): (SkillKey, Vec<Sequence>)| {
        (skill, fit(&alike(marks), typical, typical, PRIOR_WEIGHT))
    };
    (typical, by_skill.into_iter().map(own).collect())
}

/// Fits one set of parameters, from `start` and drawn towards `prior`.
#[must_use]
pub fn fit(
    sequences: &[Sequence],
    start: Parameters,
    prior: Parameters,
    weight: f64,
) -> Parameters {
    let mut parameters = start.bounded();
    let mut before = f64::NEG_INFINITY;
    for _ in 0..ROUNDS_MAX {
        let expected = Expected::of(sequences, &parameters);
        let gained = expected.likelihood + penalty(&parameters, &prior, weight);
        if gained - before < GAIN_MIN {
            break;
        }
        before = gained;
        parameters = expected.best(&parameters, &prior, weight);
    }
    parameters
}

/// Answers by skill and learner, in their order.
fn sequences(training: &Answers) -> BTreeMap<SkillKey, Vec<Sequence>> {
    let mut marks: Vec<(SkillKey, u32, usize, bool)> = Vec::with_capacity(training.rows.len());
    for (place, row) in training.rows.iter().enumerate() {
        let skills = training.asked(row).skills;
        marks.extend(skills.iter().map(|skill| (*skill, row.learner, place, row.right)));
    }
    marks.sort_unstable();
    let mut by_skill: BTreeMap<SkillKey, Vec<Sequence>> = BTreeMap::new();
    for own in marks.chunk_by(|left, right| (left.0, left.1) == (right.0, right.1)) {
        let sequence = Sequence { marks: own.iter().map(|mark| mark.3).collect(), times: 1.0 };
        by_skill.entry(own[0].0).or_default().push(sequence);
    }
    by_skill
}

/// Equal sequences as one: short ones are many, and alike.
fn alike(mut sequences: Vec<Sequence>) -> Vec<Sequence> {
    sequences.sort_unstable_by(|left, right| left.marks.cmp(&right.marks));
    sequences.dedup_by(|next, kept| {
        let same = next.marks == kept.marks;
        if same {
            kept.times += next.times;
        }
        same
    });
    sequences
}

/// The logarithm of what [`PRIOR_WEIGHT`] answers at the prior's chances say of the parameters.
fn penalty(parameters: &Parameters, prior: &Parameters, weight: f64) -> f64 {
    let of = |chance: f64, expected: f64| {
        if expected == 0.0 {
            return 0.0;
        }
        weight * (expected * ln(chance) + (1.0 - expected) * ln(1.0 - chance))
    };
    of(parameters.prior, prior.prior)
        + of(parameters.learn, prior.learn)
        + of(parameters.forget, prior.forget)
        + of(parameters.guess, prior.guess)
        + of(parameters.slip, prior.slip)
}

/// Of so many occasions, so many are expected to have gone one way.
#[derive(Clone, Copy, Debug, Default)]
struct Share {
    times: f64,
    of: f64,
}

impl Share {
    fn add(&mut self, times: f64, of: f64) {
        self.times += times;
        self.of += of;
    }

    fn drawn(&self, prior: f64, weight: f64, old: f64) -> f64 {
        let of = self.of + weight;
        if of > 0.0 { (self.times + weight * prior) / of } else { old }
    }
}

/// What the hidden states are expected to have been.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    /// Log likelihood of the answers.
    pub likelihood: f64,
    prior: Share,
    learn: Share,
    forget: Share,
    guess: Share,
    slip: Share,
}

impl Expected {
    pub fn of(sequences: &[Sequence], parameters: &Parameters) -> Self {
        let mut expected = Self::default();
        let mut filtered = Vec::new();
        for sequence in sequences {
            expected.add(sequence, parameters, &mut filtered);
        }
        expected
    }

    /// Filters forwards, then smooths backwards (Rauch, Tung and Striebel's order of work, with
    /// two states). `filtered` is room for mastery before and after each answer was seen.
    fn add(&mut self, sequence: &Sequence, p: &Parameters, filtered: &mut Vec<(f64, f64)>) {
        let times = sequence.times;
        filtered.clear();
        let mut before = p.prior;
        // A product of few probabilities loses no digits, and costs one logarithm.
        let (mut product, mut factors) = (1.0, 0);
        for &right in &sequence.marks {
            let success = p.success(before);
            product *= if right { success } else { 1.0 - success };
            factors += 1;
            if factors == 64 {
                self.likelihood += times * ln(product);
                (product, factors) = (1.0, 0);
            }
            let after = p.seen(before, right);
            filtered.push((before, after));
            before = p.practised(after);
        }
        self.likelihood += times * ln(product);
        let mut next: Option<(f64, f64)> = None;
        for (&(before, after), &right) in filtered.iter().zip(&sequence.marks).rev() {
            let known = match next {
                None => after,
                Some(next) => self.step(after, next, p, times),
            };
            let (slipped, guessed) = if right { (0.0, 1.0 - known) } else { (known, 0.0) };
            self.slip.add(times * slipped, times * known);
            self.guess.add(times * guessed, times * (1.0 - known));
            next = Some((before, known));
        }
        if let Some((_, known)) = next {
            self.prior.add(times * known, times);
        }
    }

    /// From one answer to the next, whose mastery is `(predicted, smoothed)`: mastery smoothed.
    fn step(&mut self, after: f64, next: (f64, f64), p: &Parameters, times: f64) -> f64 {
        let known = next.1 / next.0;
        // What was predicted to be known rounds to certain in the end, where nothing is forgotten;
        // then no way leads to not knowing it.
        let unknown = if next.0 < 1.0 { (1.0 - next.1) / (1.0 - next.0) } else { 0.0 };
        let kept = after * (1.0 - p.forget) * known;
        let forgot = after * p.forget * unknown;
        let learned = (1.0 - after) * p.learn * known;
        let ignorant = (1.0 - after) * (1.0 - p.learn) * unknown;
        self.forget.add(times * forgot, times * (kept + forgot));
        self.learn.add(times * learned, times * (learned + ignorant));
        kept + forgot
    }

    /// The best parameters for these expectations.
    pub fn best(&self, old: &Parameters, prior: &Parameters, weight: f64) -> Parameters {
        let forget = match old.forget {
            0.0 => 0.0,
            chance => self.forget.drawn(prior.forget, weight, chance).max(f64::MIN_POSITIVE),
        };
        let best = Parameters {
            prior: self.prior.drawn(prior.prior, weight, old.prior),
            learn: self.learn.drawn(prior.learn, weight, old.learn),
            forget,
            guess: self.guess.drawn(prior.guess, weight, old.guess),
            slip: self.slip.drawn(prior.slip, weight, old.slip),
        };
        best.bounded()
    }
}
