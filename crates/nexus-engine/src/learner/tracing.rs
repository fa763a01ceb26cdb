//! HKT: the hierarchical online filter that turns each answer into a better belief.
//!
//! Whether an answer is right depends on a linear predictor, a sum of independent Gaussians in
//! logits: the learner's ability and their level in each skill of the question, scaled by how much
//! the question tells the able from the unable; the easiness of the question, its skills and their
//! combination; what practice and recent surprises on a skill count; and fourteen shared weights
//! of history features. One assumed-density step an answer moves every term of the sum at once (a
//! hierarchical, multi-skill Glicko; `docs/science.md` 1 has the definition, `docs/evaluation.md`
//! its accuracy on public data sets and what each part is worth).
//!
//! Two halves, so that replay needs no model: [`TracingModel::predict`] and
//! [`TracingModel::evidence`] look at the parameters of the moment and freeze what an answer says
//! into an [`Evidence`]; [`TracingModel::absorb`] then uses that evidence, the counts and the
//! clock of the event, and for the learner nothing that was learned since. (What `mastery` makes of
//! it afterwards asks the parameters of that place in the journal.)

mod parameters;
mod prediction_inputs;

pub use parameters::{
    QUESTION_VARIANCE, QuestionParameters, SKILL_TERMS, SkillParameters, SkillSetKey,
};

use super::belief::{Belief, Gaussian, QuestionCount, SkillBelief};
use crate::catalog::Question;
use crate::catalog::course::difficulty_logits;
use crate::ids::{QuestionKey, SkillKey};
use crate::time::Timestamp;
use nexus_stats::math::logistic;
use parameters::{DISCRIMINATION, SET_VARIANCE};
use prediction_inputs::{PredictionInputs, lasting, lasting_loadings};
use std::collections::BTreeMap;
use std::f64::consts::PI;

/// Prior variance of general ability, in squared logits.
pub const ABILITY_VARIANCE: f64 = 0.5;
/// Prior variance of a learner's level in a skill, in squared logits.
pub const LEVEL_VARIANCE: f64 = 0.3;
/// Prior variance of a shared weight, in squared logits.
pub const WEIGHT_VARIANCE: f64 = 0.5;
/// Prior variance of the weight of the cohort, in squared logits.
pub const COHORT_VARIANCE: f64 = 0.1;
/// What each answer adds to the variance of ability: ability drifts.
pub const ABILITY_DRIFT: f64 = 0.0005;
/// What each answer adds to the variance of the level in its skills: practice teaches.
pub const LEVEL_DRIFT: f64 = 0.01;
/// Chance of a slip: a wrong answer in spite of knowing.
pub const SLIP: f64 = 0.005;
/// The least chance of guessing right, even when the answer is free text.
pub const GUESS_MIN: f64 = 0.001;
/// The greatest chance of guessing right, that of a yes-or-no question.
pub const GUESS_MAX: f64 = 0.5;
/// Days after which half of the level in a skill is left.
pub const FORGETTING_DAYS: f64 = 30.0;
/// Means stay within this many logits of zero.
pub const MEAN_MAX: f64 = 8.0;
/// Variances never fall below this, so that every belief can still be moved.
pub const VARIANCE_MIN: f64 = 1e-6;
/// Variances never rise above this, ten times the prior of a level. Drift would push them up for
/// ever while a learner is right all the time, because such answers say almost nothing.
pub const VARIANCE_MAX: f64 = 4.0;
/// History features, and so shared weights.
pub const WEIGHTS: usize = 14;
/// The least and the most that the learner's side of the predictor is scaled by. Above 0, so that
/// no answer ever moves ability or a level against itself.
pub const DISCRIMINATION_RANGE: (f64, f64) = (0.25, 2.5);
/// What one answer weighs in the surprise of late over all answers.
const RECENT_RATE: f64 = 0.1;
/// What one answer weighs in the surprise of late on its skills.
const SURPRISE_RATE: f64 = 0.3;
/// What the first answer of a learner weighs in how able the cohort is.
const COHORT_RATE: f64 = 0.003;
/// Answers after which an answer of the same learner weighs half as much there.
const COHORT_ANSWERS: f64 = 10.0;

/// What the engine believed before an answer, and how far that answer moves every belief it
/// touches. Frozen into the event: `mean += variance * loading * gradient` and
/// `variance -= (variance * loading)^2 * curvature` for every component.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// Predicted probability of a right answer, before it was seen.
    pub predicted: f64,
    /// Derivative of the answer's log likelihood by the linear predictor, in [0, 1] after a right
    /// answer and in [-1, 0] after a wrong one.
    pub gradient: f64,
    /// Expected curvature of the log likelihood, in [0, 0.25].
    pub curvature: f64,
    /// What the learner's side of the predictor was scaled by: the loading of ability, in [0.25, 2.5].
    pub loading: f64,
}

/// A question as the filter sees it.
#[derive(Clone, Copy, Debug)]
pub struct QuestionView<'a> {
    pub question: QuestionKey,
    /// Its skills, at least one, each once.
    pub skills: &'a [SkillKey],
    /// Author's difficulty in logits; the prior mean of the question is its negative.
    pub difficulty: f64,
    /// Chance of guessing right, in [0, 0.5].
    pub guess: f64,
}

/// What the filter expects of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Probability of a right answer, in [guess, 1 - slip].
    pub predicted: f64,
    /// Mean of the linear predictor, in logits.
    pub logit: f64,
    /// Variance of the linear predictor, in squared logits.
    pub variance: f64,
    /// Chance of guessing right that was assumed, in [0.001, 0.5].
    pub guess: f64,
    /// What the learner's side of the predictor is scaled by, in [0.25, 2.5].
    pub loading: f64,
}

/// What all answers taught about questions and skills: shared between learners.
#[derive(Clone, Debug, PartialEq)]
pub struct TracingModel {
    /// Parameters of each question that was ever answered.
    pub questions: BTreeMap<QuestionKey, QuestionParameters>,
    /// Parameters of each skill that was ever exercised.
    pub skills: BTreeMap<SkillKey, SkillParameters>,
    /// Easiness of each set of two or more skills that was ever exercised together.
    pub sets: BTreeMap<SkillSetKey, Gaussian>,
    /// Weights of the history features: constant; ln(1+) attempts and wins at the question;
    /// ln(1+) attempts and wins in all; centred share of wins; lag since its skills were last
    /// exercised; share of its skills exercised before; surprise of late; surprise of the answer
    /// before on the same skills; three of the pause since any answer; the cohort.
    pub weights: [Gaussian; WEIGHTS],
    /// How able the learners who answer of late are, in logits above the prior. A newcomer is
    /// likely to be like them.
    pub cohort: f64,
}

/// The predictor of a skill's reference question, in logits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Predictor {
    /// Mean of all terms.
    pub mean: f64,
    /// The part of its variance that is the learner's.
    pub learner_variance: f64,
    /// What a logit of the level counts.
    pub loading: f64,
}

impl Default for TracingModel {
    fn default() -> Self {
        let mut weights = [Gaussian { mean: 0.0, variance: WEIGHT_VARIANCE }; WEIGHTS];
        weights[WEIGHTS - 1].variance = COHORT_VARIANCE;
        Self {
            questions: BTreeMap::new(),
            skills: BTreeMap::new(),
            sets: BTreeMap::new(),
            weights,
            cohort: 0.0,
        }
    }
}

impl Prediction {
    /// The prediction of a question that is so many logits easier.
    #[must_use]
    pub fn moved_by(&self, logits: f64) -> Self {
        let logit = self.logit + logits;
        Self { predicted: success(logit, self.variance, self.guess), logit, ..*self }
    }
}

impl<'a> QuestionView<'a> {
    /// A question of a course, with the keys of its skills.
    #[must_use]
    pub fn of(question: &Question, skills: &'a [SkillKey]) -> Self {
        Self {
            question: question.key,
            skills,
            difficulty: difficulty_logits(question.difficulty),
            guess: question.guess,
        }
    }
}

impl TracingModel {
    /// Predicts an answer at a moment. Skills fade in the prediction as if `at` had been reached;
    /// the belief itself is not touched.
    #[must_use]
    pub fn predict(&self, belief: &Belief, view: &QuestionView<'_>, at: Timestamp) -> Prediction {
        let inputs = PredictionInputs::new(belief, view, at);
        let question = self.question(view);
        let loading = self.loading(view);
        let set = self.set(view.skills);
        let mut mean = loading * inputs.theta + question.easiness.mean + set.mean;
        let mut variance = loading * loading * inputs.variance
            + question.easiness.variance
            + inputs.theta * inputs.theta * question.discrimination.variance
            + set.variance;
        for skill in view.skills {
            let loadings = inputs.skill_loadings(*skill);
            let (skill_mean, skill_variance) = weigh(&self.skill(*skill).terms, &loadings);
            mean +=
                skill_mean - loadings[DISCRIMINATION] * self.skill(*skill).discrimination().mean;
            variance += skill_variance;
        }
        let (weighed, weighed_variance) = weigh(&self.weights, &inputs.features(self.cohort));
        let (logit, variance) = (mean + weighed, variance + weighed_variance);
        let guess = bounded_guess(view.guess);
        let predicted = success(logit, variance, guess);
        Prediction { predicted, logit, variance, guess, loading }
    }

    /// What a right or wrong answer says, given what was predicted.
    ///
    /// With `z = logistic(kappa * logit)` and `d = (1 - g - s) z (1 - z) kappa`, the gradient is
    /// `d / p` or `-d / (1 - p)` and the curvature `d^2 / (p (1 - p))`.
    #[must_use]
    pub fn evidence(&self, prediction: &Prediction, right: bool) -> Evidence {
        let Prediction { predicted, logit, variance, guess, loading } = *prediction;
        let shrink = shrink(variance);
        let known = logistic(shrink * logit);
        let slope = (1.0 - guess - SLIP) * known * (1.0 - known) * shrink;
        let gradient = if right { slope / predicted } else { -slope / (1.0 - predicted) };
        let curvature = slope * slope / (predicted * (1.0 - predicted));
        Evidence { predicted, gradient, curvature, loading }
    }

    /// Makes one answer true: for the parameters that are shared, and for the learner.
    ///
    /// Uses the frozen evidence and the counts before the answer, never the values of the
    /// parameters, so that replay gives the same numbers whatever was learned meanwhile. `at`
    /// must be the moment the evidence was predicted for. The learner's ability and levels (faded
    /// to `at`) never fall after a right answer and never rise after a wrong one.
    pub fn absorb(
        &mut self,
        belief: &mut Belief,
        view: &QuestionView<'_>,
        evidence: &Evidence,
        right: bool,
        at: Timestamp,
    ) {
        // What is shared comes first: its loadings are the counts of before the answer.
        self.absorb_shared(belief, view, Step::of(evidence, right), at);
        self.absorb_learner(belief, view, evidence, right, at);
    }

    /// Makes one answer true for the learner alone; what is shared rests.
    pub fn absorb_learner(
        &self,
        belief: &mut Belief,
        view: &QuestionView<'_>,
        evidence: &Evidence,
        right: bool,
        at: Timestamp,
    ) {
        belief.absorb(view, evidence, right, at);
    }

    /// The parameters of a skill: learned, or those every skill begins with.
    #[must_use]
    pub fn skill(&self, skill: SkillKey) -> SkillParameters {
        self.skills.get(&skill).copied().unwrap_or_default()
    }

    /// The parameters of a question: learned, or what its author believed.
    #[must_use]
    pub fn question(&self, view: &QuestionView<'_>) -> QuestionParameters {
        let known = self.questions.get(&view.question).copied();
        known.unwrap_or_else(|| QuestionParameters::prior(view.difficulty))
    }

    /// The easiness of a set of skills; nothing for one skill, which has its own.
    fn set(&self, skills: &[SkillKey]) -> Gaussian {
        if skills.len() < 2 {
            return Gaussian { mean: 0.0, variance: 0.0 };
        }
        self.sets.get(&SkillSetKey::of(skills)).copied().unwrap_or(NEW_SET)
    }

    /// What the learner's side is scaled by: one, and what the question and its skills add.
    fn loading(&self, view: &QuestionView<'_>) -> f64 {
        let discriminations = view.skills.iter().map(|skill| self.skill(*skill).discrimination());
        let sum: f64 = discriminations.map(|term| term.mean).sum();
        let skills = sum / view.skills.len().max(1) as f64;
        bounded_loading(1.0 + self.question(view).discrimination.mean + skills)
    }

    /// The predictor of a question of no difficulty on one skill, never met before and asked in
    /// the middle of work on that skill: what a report is made from.
    ///
    /// `lasting` is [`Self::lasting`], the same for every skill.
    pub(super) fn reference(
        &self,
        belief: &Belief,
        lasting: f64,
        skill: SkillKey,
        at: Timestamp,
    ) -> Predictor {
        let entry = belief.skill(skill);
        let level = entry.map_or(NEW_LEVEL, |entry| entry.level_at(at));
        let theta = belief.ability.mean + level.mean;
        let parameters = self.skill(skill);
        let loading = bounded_loading(1.0 + parameters.discrimination().mean);
        let mut loadings = lasting_loadings(entry, theta);
        loadings[DISCRIMINATION] = 0.0;
        let (practice, _) = weigh(&parameters.terms, &loadings);
        Predictor {
            mean: loading * theta + practice + lasting,
            learner_variance: loading * loading * (belief.ability.variance + level.variance),
            loading,
        }
    }

    /// What a learner's history counts in every report: the features that last.
    pub(super) fn lasting(&self, belief: &Belief) -> f64 {
        weigh(&self.weights, &lasting(belief, self.cohort)).0
    }

    /// Moves what is shared. `belief` is still that of before the answer.
    fn absorb_shared(
        &mut self,
        belief: &Belief,
        view: &QuestionView<'_>,
        step: Step,
        at: Timestamp,
    ) {
        let inputs = PredictionInputs::new(belief, view, at);
        for (weight, feature) in self.weights.iter_mut().zip(inputs.features(self.cohort)) {
            weight.step(feature, step);
        }
        let prior = || QuestionParameters::prior(view.difficulty);
        let question = self.questions.entry(view.question).or_insert_with(prior);
        question.easiness.step(1.0, step);
        question.discrimination.step(inputs.theta, step);
        for skill in view.skills {
            let parameters = self.skills.entry(*skill).or_default();
            for (term, loading) in parameters.terms.iter_mut().zip(inputs.skill_loadings(*skill)) {
                term.step(loading, step);
            }
        }
        if view.skills.len() > 1 {
            let set = self.sets.entry(SkillSetKey::of(view.skills)).or_insert(NEW_SET);
            set.step(1.0, step);
        }
        let standing = 0.5 * (inputs.theta + belief.ability.mean);
        let rate = COHORT_RATE / (1.0 + f64::from(belief.attempts) / COHORT_ANSWERS);
        self.cohort += rate * (standing - self.cohort);
    }
}

/// Mean and variance of a sum of terms, each as often as it counts.
fn weigh<const N: usize>(terms: &[Gaussian; N], loadings: &[f64; N]) -> (f64, f64) {
    let (mut mean, mut variance) = (0.0, 0.0);
    for (term, loading) in terms.iter().zip(loadings) {
        mean += loading * term.mean;
        variance += loading * loading * term.variance;
    }
    (mean, variance)
}

fn bounded_loading(loading: f64) -> f64 {
    let (least, most) = DISCRIMINATION_RANGE;
    if loading.is_nan() { 1.0 } else { loading.clamp(least, most) }
}

/// The share of a level that is left after some days without practice, in (0, 1].
///
/// A power law, `(1 + days / 30)^-1`: people forget fast at first and slowly later (Wixted and
/// Carpenter 2007); the exponent of 1 comes from `docs/science.md` 1.5.
#[must_use]
pub fn retained(days: f64) -> f64 {
    1.0 / (1.0 + days.max(0.0) / FORGETTING_DAYS)
}

/// Probability of a right answer when the linear predictor is Gaussian: guessing, slipping, and
/// MacKay's (1992) approximation of the logistic-normal integral in between.
pub(super) fn success(logit: f64, variance: f64, guess: f64) -> f64 {
    guess + (1.0 - guess - SLIP) * logistic(shrink(variance) * logit)
}

/// The chance of guessing that the filter assumes, whatever the course says.
pub(super) fn bounded_guess(guess: f64) -> f64 {
    if guess.is_nan() { GUESS_MIN } else { guess.clamp(GUESS_MIN, GUESS_MAX) }
}

/// What is believed of a level before the first answer.
pub(super) const NEW_LEVEL: Gaussian = Gaussian { mean: 0.0, variance: LEVEL_VARIANCE };

/// What is believed of a set of skills before its first answer.
const NEW_SET: Gaussian = Gaussian { mean: 0.0, variance: SET_VARIANCE };

/// How much uncertainty draws a predicted probability towards one half.
pub(super) fn shrink(variance: f64) -> f64 {
    1.0 / (1.0 + PI * variance / 8.0).sqrt()
}

/// Right (1) or not (0), minus what was predicted; 0 when a damaged record predicts nothing.
fn surprise(evidence: &Evidence, right: bool) -> f64 {
    let predicted = evidence.predicted;
    let outcome = f64::from(u8::from(right));
    if predicted.is_finite() { outcome - predicted.clamp(0.0, 1.0) } else { 0.0 }
}

/// Evidence that cannot do harm: a damaged record moves nothing, or moves it the right way.
#[derive(Clone, Copy, Debug)]
struct Step {
    gradient: f64,
    curvature: f64,
}

impl Step {
    fn of(evidence: &Evidence, right: bool) -> Self {
        let Evidence { gradient, curvature, .. } = *evidence;
        if !gradient.is_finite() || !curvature.is_finite() {
            return Self { gradient: 0.0, curvature: 0.0 };
        }
        let (least, most) = if right { (0.0, 1.0) } else { (-1.0, 0.0) };
        Self { gradient: gradient.clamp(least, most), curvature: curvature.clamp(0.0, 0.25) }
    }
}

impl SkillBelief {
    /// The level at a moment: what was known fades towards the prior.
    #[must_use]
    pub fn level_at(&self, at: Timestamp) -> Gaussian {
        let days = at.days_since(self.last_at);
        // No time, no fading: the bits must not change either.
        if days <= 0.0 {
            return self.level;
        }
        let left = retained(days);
        let faded = 1.0 - left * left;
        Gaussian {
            mean: left * self.level.mean,
            variance: left * left * self.level.variance + faded * LEVEL_VARIANCE,
        }
    }
}

impl SkillBelief {
    fn count(&mut self, answered: &Answered) {
        let Answered { right, surprise, asked_before, answers, at } = *answered;
        let days = at.days_since(self.last_at);
        self.count_hour(right, at);
        self.surprise += (SURPRISE_RATE * (surprise - f64::from(self.surprise))) as f32;
        self.answered_at = answers;
        self.recall_cap = match right {
            true => u8::MAX,
            false => (self.recall_at(at) * f64::from(u8::MAX)) as u8,
        };
        self.memory = self.memory.after(right, days);
        self.occasions = self.occasions.saturating_add(u8::from(!asked_before || days >= 1.0));
        self.attempts = self.attempts.saturating_add(1);
        self.wins = self.wins.saturating_add(u16::from(right));
        self.last_at = self.last_at.max(at);
    }
}

/// What an answer adds to the counts.
struct Answered {
    right: bool,
    /// Right (1) or not (0), minus what was predicted.
    surprise: f64,
    /// Whether the question was met before.
    asked_before: bool,
    /// Answers before this one, to any question.
    answers: u32,
    at: Timestamp,
}

impl Belief {
    fn absorb(&mut self, view: &QuestionView<'_>, evidence: &Evidence, right: bool, at: Timestamp) {
        let step = Step::of(evidence, right);
        let loading = bounded_loading(evidence.loading);
        let share = 1.0 / view.skills.len().max(1) as f64;
        let answered = Answered {
            right,
            surprise: surprise(evidence, right),
            asked_before: self.question(view.question).attempts > 0,
            answers: self.attempts,
            at,
        };
        self.ability.step(loading, step);
        self.ability.drift(ABILITY_DRIFT);
        for skill in view.skills {
            let entry = self.skill_mut(*skill, at);
            entry.level = entry.level_at(at);
            entry.level.step(loading * share, step);
            entry.level.drift(LEVEL_DRIFT);
            entry.count(&answered);
        }
        let count = self.question_mut(view.question);
        count.attempts = count.attempts.saturating_add(1);
        count.wins = count.wins.saturating_add(u16::from(right));
        self.attempts = self.attempts.saturating_add(1);
        self.wins = self.wins.saturating_add(u32::from(right));
        let recent = f64::from(self.recent_surprise);
        self.recent_surprise += (RECENT_RATE * (answered.surprise - recent)) as f32;
        self.last_surprise = answered.surprise as f32;
        self.last_skills = SkillSetKey::of(view.skills);
        self.last_at = self.last_at.max(at);
    }

    fn skill_mut(&mut self, skill: SkillKey, at: Timestamp) -> &mut SkillBelief {
        let position = match self.skills.binary_search_by_key(&skill, |entry| entry.skill) {
            Ok(position) => position,
            Err(position) => {
                self.skills.insert(position, SkillBelief::new(skill, at));
                position
            }
        };
        &mut self.skills[position]
    }

    fn question_mut(&mut self, question: QuestionKey) -> &mut QuestionCount {
        let position = match self.questions.binary_search_by_key(&question, |met| met.question) {
            Ok(position) => position,
            Err(position) => {
                self.questions.insert(position, QuestionCount { question, attempts: 0, wins: 0 });
                position
            }
        };
        &mut self.questions[position]
    }
}
