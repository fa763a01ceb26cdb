//! HKT: the hierarchical online filter that turns each answer into a better belief.
//!
//! Whether an answer is right depends on a linear predictor, a sum of independent Gaussians in
//! logits: the learner's ability and their level in each skill of the question, the question's
//! easiness, the skills' easiness and practice slopes, and nine shared weights of history
//! features. One assumed-density step an answer moves every term of the sum at once (a
//! hierarchical, multi-skill Glicko; `docs/science.md` 1 has the definition and its accuracy on
//! public data sets).
//!
//! Two halves, so that replay needs no model: [`TracingModel::predict`] and
//! [`TracingModel::evidence`] look at the parameters of the moment and freeze what an answer says
//! into an [`Evidence`]; [`TracingModel::absorb`] then uses that evidence, the counts and the
//! clock of the event, and nothing that was learned since.

use super::belief::{Belief, Gaussian, QuestionCount, SkillBelief};
use crate::catalog::Question;
use crate::catalog::course::difficulty_logits;
use crate::ids::{QuestionKey, SkillKey};
use crate::time::Timestamp;
use nexus_stats::math::{ln_1p, logistic};
use std::collections::BTreeMap;
use std::f64::consts::PI;

/// Prior variance of general ability, in squared logits.
pub const ABILITY_VARIANCE: f64 = 0.5;
/// Prior variance of a learner's level in a skill, in squared logits.
pub const LEVEL_VARIANCE: f64 = 0.4;
/// Prior variance of a question's easiness, in squared logits.
pub const QUESTION_VARIANCE: f64 = 0.9;
/// Prior variance of a skill's easiness, in squared logits.
pub const EASINESS_VARIANCE: f64 = 0.9;
/// Prior variance of a skill's slopes, in squared logits.
pub const SLOPE_VARIANCE: f64 = 0.2;
/// Prior variance of a shared weight, in squared logits.
pub const WEIGHT_VARIANCE: f64 = 0.5;
/// What each answer adds to the variance of ability: ability drifts.
pub const ABILITY_DRIFT: f64 = 0.002;
/// What each answer adds to the variance of the level in its skills: practice teaches.
pub const LEVEL_DRIFT: f64 = 0.02;
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
pub const WEIGHTS: usize = 9;

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
}

/// A question as the filter sees it.
#[derive(Clone, Copy, Debug)]
pub struct QuestionView<'a> {
    /// Which question.
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
}

/// What all answers taught about questions and skills: shared between learners.
#[derive(Clone, Debug, PartialEq)]
pub struct TracingModel {
    /// Easiness of each question that was ever answered; the prior mean is minus its difficulty.
    pub questions: BTreeMap<QuestionKey, Gaussian>,
    /// Parameters of each skill that was ever exercised.
    pub skills: BTreeMap<SkillKey, SkillParameters>,
    /// Weights of the history features, in the order of [`history`]; the last is a spare.
    pub weights: [Gaussian; WEIGHTS],
}

/// What all answers taught about one skill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkillParameters {
    /// How much easier than others its questions are.
    pub easiness: Gaussian,
    /// Logits gained a unit of ln(1 + attempts).
    pub attempt_slope: Gaussian,
    /// Logits gained a unit of ln(1 + wins).
    pub win_slope: Gaussian,
}

/// The linear predictor without the question's own term.
#[derive(Clone, Copy, Debug)]
pub(super) struct Predictor {
    /// Mean of all terms.
    pub mean: f64,
    /// Variance of what is believed of the learner.
    pub learner_variance: f64,
    /// Variance of what is believed of skills and weights.
    pub shared_variance: f64,
}

impl Default for SkillParameters {
    fn default() -> Self {
        let slope = Gaussian { mean: 0.0, variance: SLOPE_VARIANCE };
        Self {
            easiness: Gaussian { mean: 0.0, variance: EASINESS_VARIANCE },
            attempt_slope: slope,
            win_slope: slope,
        }
    }
}

impl Default for TracingModel {
    fn default() -> Self {
        Self {
            questions: BTreeMap::new(),
            skills: BTreeMap::new(),
            weights: [Gaussian { mean: 0.0, variance: WEIGHT_VARIANCE }; WEIGHTS],
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

    /// Each skill's share of the predictor: several skills compensate each other.
    fn share(&self) -> f64 {
        share(self.skills)
    }

    fn prior(&self) -> Gaussian {
        let difficulty = if self.difficulty.is_nan() { 0.0 } else { self.difficulty };
        Gaussian { mean: -difficulty.clamp(-MEAN_MAX, MEAN_MAX), variance: QUESTION_VARIANCE }
    }
}

impl TracingModel {
    /// Predicts an answer at a moment. Skills fade in the prediction as if `at` had been reached;
    /// the belief itself is not touched.
    #[must_use]
    pub fn predict(&self, belief: &Belief, view: &QuestionView<'_>, at: Timestamp) -> Prediction {
        let met = belief.question(view.question);
        let rest = self.predictor(belief, view.skills, met, at);
        let question = self.question(view);
        let logit = rest.mean + question.mean;
        let variance = rest.learner_variance + rest.shared_variance + question.variance;
        let guess = bounded_guess(view.guess);
        Prediction { predicted: success(logit, variance, guess), logit, variance, guess }
    }

    /// What a right or wrong answer says, given what was predicted.
    ///
    /// With `z = logistic(kappa * logit)` and `d = (1 - g - s) z (1 - z) kappa`, the gradient is
    /// `d / p` or `-d / (1 - p)` and the curvature `d^2 / (p (1 - p))`.
    #[must_use]
    pub fn evidence(&self, prediction: &Prediction, right: bool) -> Evidence {
        let Prediction { predicted, logit, variance, guess } = *prediction;
        let shrink = shrink(variance);
        let known = logistic(shrink * logit);
        let slope = (1.0 - guess - SLIP) * known * (1.0 - known) * shrink;
        let gradient = if right { slope / predicted } else { -slope / (1.0 - predicted) };
        let curvature = slope * slope / (predicted * (1.0 - predicted));
        Evidence { predicted, gradient, curvature }
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
        belief.absorb(view, Step::of(evidence, right), right, at);
    }

    /// The parameters of a skill: learned, or those every skill begins with.
    #[must_use]
    pub fn skill(&self, skill: SkillKey) -> SkillParameters {
        self.skills.get(&skill).copied().unwrap_or_default()
    }

    /// The easiness of a question: learned, or what its author believed.
    #[must_use]
    pub fn question(&self, view: &QuestionView<'_>) -> Gaussian {
        self.questions.get(&view.question).copied().unwrap_or_else(|| view.prior())
    }

    /// The linear predictor for some skills and a question met so often, its own term left out.
    pub(super) fn predictor(
        &self,
        belief: &Belief,
        skills: &[SkillKey],
        met: QuestionCount,
        at: Timestamp,
    ) -> Predictor {
        let share = share(skills);
        let mut mean = belief.ability.mean;
        let mut learner_variance = belief.ability.variance;
        let mut shared_variance = 0.0;
        for skill in skills {
            let entry = belief.skill(*skill);
            let level = entry.map_or(NEW_LEVEL, |entry| entry.level_at(at));
            mean += share * level.mean;
            learner_variance += share * share * level.variance;
            let parameters = self.skill(*skill);
            for (term, loading) in parameters.terms().into_iter().zip(loadings(share, entry)) {
                mean += loading * term.mean;
                shared_variance += loading * loading * term.variance;
            }
        }
        let history = history(belief, skills, met, at);
        for (weight, feature) in self.weights.iter().zip(history) {
            mean += feature * weight.mean;
            shared_variance += feature * feature * weight.variance;
        }
        Predictor { mean, learner_variance, shared_variance }
    }

    /// Moves what is shared. `belief` is still that of before the answer.
    fn absorb_shared(
        &mut self,
        belief: &Belief,
        view: &QuestionView<'_>,
        step: Step,
        at: Timestamp,
    ) {
        let met = belief.question(view.question);
        let history = history(belief, view.skills, met, at);
        for (weight, feature) in self.weights.iter_mut().zip(history) {
            weight.step(feature, step);
        }
        self.questions.entry(view.question).or_insert_with(|| view.prior()).step(1.0, step);
        for skill in view.skills {
            let loadings = loadings(view.share(), belief.skill(*skill));
            let parameters = self.skills.entry(*skill).or_default();
            parameters.easiness.step(loadings[0], step);
            parameters.attempt_slope.step(loadings[1], step);
            parameters.win_slope.step(loadings[2], step);
        }
    }
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

/// The history features of an answer, in the order of [`TracingModel::weights`]: constant; ln(1+)
/// attempts and wins at the question; ln(1+) attempts and wins in all; centred share of wins; lag
/// since its skills were last exercised; share of its skills exercised before; spare.
#[must_use]
pub fn history(
    belief: &Belief,
    skills: &[SkillKey],
    met: QuestionCount,
    at: Timestamp,
) -> [f64; WEIGHTS] {
    let (attempts, wins) = (f64::from(belief.attempts), f64::from(belief.wins));
    let won = if belief.attempts == 0 { 0.0 } else { (wins + 2.0) / (attempts + 3.0) - 0.66 };
    let share = share(skills);
    let mut lag = 0.0;
    let mut seen = 0.0;
    for entry in skills.iter().filter_map(|skill| belief.skill(*skill)) {
        lag += share * ln_1p(24.0 * at.days_since(entry.last_at)) / 5.0;
        seen += share;
    }
    [
        1.0,
        ln_1p(f64::from(met.attempts)),
        ln_1p(f64::from(met.wins)),
        ln_1p(attempts),
        ln_1p(wins),
        won,
        lag,
        seen,
        0.0,
    ]
}

/// What is believed of a level before the first answer.
pub(super) const NEW_LEVEL: Gaussian = Gaussian { mean: 0.0, variance: LEVEL_VARIANCE };

impl SkillParameters {
    /// Every term, in the order of their loadings.
    pub(super) fn terms(&self) -> [Gaussian; 3] {
        [self.easiness, self.attempt_slope, self.win_slope]
    }
}

/// How much each of [`SkillParameters::terms`] counts.
fn loadings(share: f64, entry: Option<&SkillBelief>) -> [f64; 3] {
    let (attempts, wins) = entry.map_or((0, 0), |entry| (entry.attempts, entry.wins));
    [share, share * ln_1p(f64::from(attempts)), share * ln_1p(f64::from(wins))]
}

fn share(skills: &[SkillKey]) -> f64 {
    1.0 / skills.len().max(1) as f64
}

/// How much uncertainty draws a predicted probability towards one half.
pub(super) fn shrink(variance: f64) -> f64 {
    1.0 / (1.0 + PI * variance / 8.0).sqrt()
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

impl Gaussian {
    fn step(&mut self, loading: f64, step: Step) {
        let reach = self.variance * loading;
        self.mean = (self.mean + reach * step.gradient).clamp(-MEAN_MAX, MEAN_MAX);
        let variance = self.variance - reach * reach * step.curvature;
        self.variance = variance.clamp(VARIANCE_MIN, VARIANCE_MAX);
    }

    fn drift(&mut self, variance: f64) {
        self.variance = (self.variance + variance).min(VARIANCE_MAX);
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
    fn count(&mut self, right: bool, asked_before: bool, at: Timestamp) {
        let days = at.days_since(self.last_at);
        self.memory = self.memory.after(right, days);
        self.occasions = self.occasions.saturating_add(u8::from(!asked_before || days >= 1.0));
        self.attempts = self.attempts.saturating_add(1);
        self.wins = self.wins.saturating_add(u16::from(right));
        self.last_at = self.last_at.max(at);
    }
}

impl Belief {
    fn absorb(&mut self, view: &QuestionView<'_>, step: Step, right: bool, at: Timestamp) {
        self.ability.step(1.0, step);
        self.ability.drift(ABILITY_DRIFT);
        let asked_before = self.question(view.question).attempts > 0;
        for skill in view.skills {
            let entry = self.skill_mut(*skill, at);
            entry.level = entry.level_at(at);
            entry.level.step(view.share(), step);
            entry.level.drift(LEVEL_DRIFT);
            entry.count(right, asked_before, at);
        }
        let count = self.question_mut(view.question);
        count.attempts = count.attempts.saturating_add(1);
        count.wins = count.wins.saturating_add(u16::from(right));
        self.attempts = self.attempts.saturating_add(1);
        self.wins = self.wins.saturating_add(u32::from(right));
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
