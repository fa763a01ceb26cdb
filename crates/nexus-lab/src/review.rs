//! Reviews: answers that come a day or more after the last exercise of their skill, and how well
//! models of recall foresee them.
//!
//! A decision asks [`Memory`] when a review is due. Here that memory is held against simpler ideas
//! on real answers: a constant, a recent share of right answers, half-life regression (Settles and
//! Meeder 2016) and the one curve of the filter. A model of recall speaks of remembering, an answer
//! also of knowing and of the question; so each is scored as it stands, and once more after a
//! logistic scale of two numbers fitted to other learners, which is the fairer comparison.

use crate::tracer::Answers;
use nexus_engine::ids::SkillKey;
use nexus_engine::learner::memory::Memory;
use nexus_engine::learner::tracing::retained;
use nexus_engine::time::Timestamp;
use nexus_stats::classification::{auc, cross_entropy};
use nexus_stats::math::{exp, ln, logistic, logit};
use nexus_stats::matrix::Cholesky;
use std::collections::BTreeMap;

/// Days between two exercises of a skill from which on the second is a review.
pub const REVIEW_DAYS_MIN: f64 = 1.0;
/// Models of recall, in the order of [`Score`]s.
pub const MODELS: [&str; 5] = ["constant", "recent-share", "half-life", "one-curve", "fsrs-6"];

/// What was known of a skill's memory when it was reviewed, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Review {
    /// Whether the answer was right.
    pub right: bool,
    /// Days since the last exercise.
    pub days: f64,
    pub wins: f64,
    pub losses: f64,
    /// Share of right answers before, the latest counting most.
    pub recent_share: f64,
    /// The memory that the engine would have had.
    pub memory: Memory,
}

/// How well a model of recall foresees reviews of learners it has not seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    pub model: &'static str,
    /// Mean log loss as it stands, in nats.
    pub log_loss: f64,
    /// Mean log loss after the logistic scale fitted to other learners.
    pub log_loss_scaled: f64,
    /// Chance that it ranks a right review above a wrong one; `None` when all ended alike.
    pub auc: Option<f64>,
}

/// How much each older answer counts less than the next in [`Review::recent_share`].
const RECENT_DECAY: f64 = 0.7;
/// Predictions stay this far from 0 and 1.
const MARGIN: f64 = 1e-4;

/// Every review of a log, once for each skill of its question. Answers without a time are none.
#[must_use]
pub fn reviews(answers: &Answers) -> Vec<Review> {
    let mut known: BTreeMap<(u32, SkillKey), Known> = BTreeMap::new();
    let mut found = Vec::new();
    for answer in &answers.rows {
        let Some(at) = answer.at else { continue };
        let skills = answers.skill_sets.get(answer.skills as usize);
        for skill in skills.into_iter().flatten() {
            let known = known.entry((answer.learner, *skill)).or_insert_with(|| Known::new(at));
            let review = known.review(answer.right, at);
            if review.days >= REVIEW_DAYS_MIN {
                found.push(review);
            }
            known.add(answer.right, at);
        }
    }
    found
}

/// One learner and skill.
struct Known {
    memory: Memory,
    last_at: Timestamp,
    wins: f64,
    losses: f64,
    recent: f64,
    recent_weight: f64,
}

impl Known {
    fn new(at: Timestamp) -> Self {
        let memory = Memory::default();
        Self { memory, last_at: at, wins: 0.0, losses: 0.0, recent: 0.0, recent_weight: 0.0 }
    }

    fn review(&self, right: bool, at: Timestamp) -> Review {
        Review {
            right,
            days: at.days_since(self.last_at),
            wins: self.wins,
            losses: self.losses,
            // One answer of each kind before the first, so that nothing is certain.
            recent_share: (self.recent + 0.5) / (self.recent_weight + 1.0),
            memory: self.memory,
        }
    }

    fn add(&mut self, right: bool, at: Timestamp) {
        let won = f64::from(u8::from(right));
        self.memory = self.memory.after(right, at.days_since(self.last_at));
        self.last_at = self.last_at.max(at);
        self.wins += won;
        self.losses += 1.0 - won;
        self.recent = RECENT_DECAY * self.recent + won;
        self.recent_weight = RECENT_DECAY * self.recent_weight + 1.0;
    }
}

/// Scores every model on the reviews of some learners, after fitting what it fits to those of
/// others. Empty when either has none.
#[must_use]
pub fn compare(training: &[Review], scored: &[Review]) -> Vec<Score> {
    if training.is_empty() || scored.is_empty() {
        return Vec::new();
    }
    let rights = training.iter().filter(|review| review.right).count();
    let constant = (rights as f64 + 0.5) / (training.len() as f64 + 1.0);
    let half_life = HalfLife::fitted(training);
    let score = |model, recall: &dyn Fn(&Review) -> f64| score(model, recall, training, scored);
    vec![
        score(MODELS[0], &|_| constant),
        score(MODELS[1], &|review| review.recent_share),
        score(MODELS[2], &|review| half_life.recall(review)),
        score(MODELS[3], &|review| retained(review.days)),
        score(MODELS[4], &|review| review.memory.recall(review.days)),
    ]
}

fn score(
    model: &'static str,
    recall: &dyn Fn(&Review) -> f64,
    training: &[Review],
    scored: &[Review],
) -> Score {
    let bounded = |review: &Review| recall(review).clamp(MARGIN, 1.0 - MARGIN);
    let known = training.iter().map(|review| (bounded(review), review.right));
    let scale = Scale::fitted(&known.collect::<Vec<_>>());
    let raw: Vec<f64> = scored.iter().map(bounded).collect();
    let scaled: Vec<f64> = raw.iter().map(|recall| scale.of(*recall)).collect();
    let outcomes: Vec<bool> = scored.iter().map(|review| review.right).collect();
    let loss = |predictions| cross_entropy(predictions, &outcomes).unwrap_or(f64::NAN);
    Score { model, log_loss: loss(&raw), log_loss_scaled: loss(&scaled), auc: auc(&raw, &outcomes) }
}

/// `logistic(offset + slope logit(recall))`.
struct Scale {
    offset: f64,
    slope: f64,
}

impl Scale {
    /// By Newton's method on the log likelihood, with a ridge that keeps it finite.
    fn fitted(pairs: &[(f64, bool)]) -> Self {
        let mut scale = Self { offset: 0.0, slope: 1.0 };
        for _ in 0..25 {
            let (mut g0, mut g1) = (0.0, 1e-3 * (1.0 - scale.slope));
            let (mut h00, mut h01, mut h11) = (1e-3, 0.0, 1e-3);
            for (recall, right) in pairs {
                let x = logit(*recall);
                let p = scale.of(*recall);
                let (miss, weight) = (f64::from(u8::from(*right)) - p, p * (1.0 - p));
                g0 += miss;
                g1 += miss * x;
                h00 += weight;
                h01 += weight * x;
                h11 += weight * x * x;
            }
            let determinant = h00 * h11 - h01 * h01;
            if determinant <= 0.0 {
                break;
            }
            scale.offset += ((h11 * g0 - h01 * g1) / determinant).clamp(-1.0, 1.0);
            scale.slope += ((h00 * g1 - h01 * g0) / determinant).clamp(-1.0, 1.0);
        }
        scale
    }

    fn of(&self, recall: f64) -> f64 {
        logistic(self.offset + self.slope * logit(recall))
    }
}

/// Half-life regression: `recall = 2^(-days / half-life)` with
/// `half-life = 2^(w . (1, sqrt(1 + wins), sqrt(1 + losses)))` days.
struct HalfLife {
    weights: [f64; 3],
}

/// Half-lives stay between a quarter of an hour and nine months, as in Settles and Meeder (2016).
const HALF_LIFE_DAYS: (f64, f64) = (15.0 / (24.0 * 60.0), 274.0);
/// Steps of the fit.
const STEPS: usize = 40;
/// The longest step of one weight.
const STEP_MAX: f64 = 0.5;
/// Prior precision of each weight.
const RIDGE: f64 = 0.01;

impl HalfLife {
    /// By Fisher scoring on the log likelihood, with a weak ridge.
    fn fitted(training: &[Review]) -> Self {
        let mut model = Self { weights: [3.0, 0.0, 0.0] };
        for _ in 0..STEPS {
            let Some(step) = model.step(training) else { break };
            for (weight, step) in model.weights.iter_mut().zip(step) {
                *weight += step.clamp(-STEP_MAX, STEP_MAX);
            }
        }
        model
    }

    fn step(&self, training: &[Review]) -> Option<[f64; 3]> {
        let mut slope = [0.0; 3];
        let mut information = Cholesky::scaled_identity(3, RIDGE)?;
        for review in training {
            let recall = self.recall(review).clamp(MARGIN, 1.0 - MARGIN);
            // d recall / d log2(half-life) = recall * -ln(recall) * ln(2)
            let by_exponent = recall * -ln(recall) * std::f64::consts::LN_2;
            let deviation = (recall * (1.0 - recall)).sqrt();
            let miss = (f64::from(u8::from(review.right)) - recall) / deviation;
            let mut reach = features(review).map(|feature| feature * by_exponent / deviation);
            slope.iter_mut().zip(reach).for_each(|(sum, reach)| *sum += miss * reach);
            information.update(&mut reach);
        }
        information.solve(&mut slope);
        Some(slope)
    }

    fn recall(&self, review: &Review) -> f64 {
        let weighted = self.weights.iter().zip(features(review)).map(|(w, x)| w * x);
        let exponent = weighted.sum::<f64>().clamp(-20.0, 20.0);
        let half_life = exp(std::f64::consts::LN_2 * exponent);
        let half_life = half_life.clamp(HALF_LIFE_DAYS.0, HALF_LIFE_DAYS.1);
        exp(-std::f64::consts::LN_2 * review.days / half_life)
    }
}

fn features(review: &Review) -> [f64; 3] {
    [1.0, (1.0 + review.wins).sqrt(), (1.0 + review.losses).sqrt()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracer::LoggedAnswer;
    use nexus_engine::ids::QuestionKey;
    use nexus_engine::time::DAY_MICROS;
    use nexus_stats::random::Stream;

    fn answer(learner: u32, right: bool, days: f64) -> LoggedAnswer {
        let at = Some(Timestamp((days * DAY_MICROS as f64) as i64));
        LoggedAnswer { learner, question: QuestionKey(0), skills: 0, right, at }
    }

    fn log(rows: Vec<LoggedAnswer>) -> Answers {
        Answers { rows, skill_sets: vec![vec![SkillKey(0)]], guess: 0.0 }
    }

    #[test]
    fn only_answers_on_another_day_are_reviews() {
        let rows = vec![
            answer(0, true, 0.0),
            answer(0, false, 0.5),
            answer(1, true, 5.0),
            answer(0, true, 3.5),
        ];
        let found = reviews(&log(rows));
        assert_eq!(found.len(), 1);
        let Review { right, days, wins, losses, recent_share, memory } = found[0];
        assert_eq!((right, days, wins, losses), (true, 3.0, 1.0, 1.0));
        // One right answer that counts 0.7 and a wrong one that counts 1, and one of each kind.
        assert!((recent_share - (0.7 + 0.5) / (1.7 + 1.0)).abs() < 1e-12);
        assert_eq!(memory, Memory::default().after(true, 0.0).after(false, 0.5));
        assert!(reviews(&log(vec![LoggedAnswer { at: None, ..answer(0, true, 0.0) }])).is_empty());
    }

    /// Learners who remember by half-life regression with known weights, reviewing at random gaps.
    fn forgetful(seed: u64, learners: u32, weights: [f64; 3]) -> Vec<Review> {
        let truth = HalfLife { weights };
        let mut stream = Stream::keyed(seed, "half-life");
        let mut rows = Vec::new();
        for learner in 0..learners {
            let mut known = Known::new(Timestamp(0));
            let mut days = 0.0;
            for step in 0..12 {
                let at = Timestamp((days * DAY_MICROS as f64) as i64);
                let recall = truth.recall(&known.review(true, at));
                let right = step == 0 || stream.uniform() < recall;
                rows.push(answer(learner, right, days));
                known.add(right, at);
                days += 1.0 + 20.0 * stream.uniform();
            }
        }
        reviews(&log(rows))
    }

    // The oracle is the simulator: where memory is half-life regression, that model finds its
    // weights and nothing foresees reviews better.
    #[test]
    fn the_true_model_of_memory_wins_and_its_weights_are_found() {
        let weights = [2.0, 0.8, -0.4];
        let (training, scored) = (forgetful(1, 600, weights), forgetful(2, 600, weights));
        for (found, truth) in HalfLife::fitted(&training).weights.into_iter().zip(weights) {
            assert!((found - truth).abs() < 0.15, "{found} is not {truth}");
        }
        let scores = compare(&training, &scored);
        let best = scores.iter().min_by(|a, b| a.log_loss.total_cmp(&b.log_loss));
        assert_eq!(best.map(|score| score.model), Some("half-life"), "{scores:?}");
        let names: Vec<_> = scores.iter().map(|score| score.model).collect();
        assert_eq!(names, MODELS);
        assert!(scores.iter().all(|score| score.log_loss_scaled <= score.log_loss + 0.005));
    }

    #[test]
    fn nothing_to_fit_or_to_score_is_no_score() {
        assert!(compare(&[], &forgetful(1, 2, [2.0, 0.8, -0.4])).is_empty());
        assert!(compare(&forgetful(1, 2, [2.0, 0.8, -0.4]), &[]).is_empty());
    }
}
